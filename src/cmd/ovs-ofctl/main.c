/* ovs-ofctl: looks at and changes OpenFlow switches. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "net/flow/field.h"
#include "openflow/message/flow_text.h"
#include "rpc/stream/tls.h"
#include "sys/log/log_config.h"
#include "sys/process/daemon.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

static void run_help(struct ofctl *, int argc, char *argv[]);
static void run_list_commands(struct ofctl *, int argc, char *argv[]);

/* Those without a function are not there yet. */
static const struct ofctl_command commands[] = {
    { "show", "switch", 1, 1, ofctl_show },
    { "monitor", "switch [misslen] [invalid_ttl] [watch:[...]]", 1, 3,
      ofctl_monitor },
    { "snoop", "switch", 1, 1, ofctl_snoop },
    { "dump-desc", "switch", 1, 1, ofctl_dump_desc },
    { "dump-tables", "switch", 1, 1, ofctl_dump_tables },
    { "dump-table-features", "switch", 1, 1, ofctl_dump_table_features },
    { "dump-table-desc", "switch", 1, 1, ofctl_dump_table_desc },
    { "dump-flows", "switch", 1, 2, ofctl_dump_flows },
    { "dump-aggregate", "switch", 1, 2, ofctl_dump_aggregate },
    { "queue-stats", "switch [port [queue]]", 1, 3, ofctl_queue_stats },
    { "queue-get-config", "switch [port [queue]]", 1, 3,
      ofctl_queue_get_config },
    { "add-flow", "switch flow", 2, 2, ofctl_add_flow },
    { "add-flows", "switch file", 2, 2, ofctl_add_flows },
    { "mod-flows", "switch flow", 2, 2, ofctl_mod_flows },
    { "del-flows", "switch [flow]", 1, 2, ofctl_del_flows },
    { "replace-flows", "switch file", 2, 2, ofctl_replace_flows },
    { "diff-flows", "source1 source2", 2, 2, ofctl_diff_flows },
    { "add-meter", "switch meter", 2, 2, ofctl_add_meter },
    { "mod-meter", "switch meter", 2, 2, ofctl_mod_meter },
    { "del-meter", "switch meter", 1, 2, ofctl_del_meters },
    { "del-meters", "switch", 1, 2, ofctl_del_meters },
    { "dump-meter", "switch meter", 1, 2, ofctl_dump_meters },
    { "dump-meters", "switch", 1, 2, ofctl_dump_meters },
    { "meter-stats", "switch [meter]", 1, 2, ofctl_meter_stats },
    { "meter-features", "switch", 1, 1, ofctl_meter_features },
    { "packet-out", "switch \"in_port=<port> packet=<hex data> actions=...\"",
      2, INT_MAX, ofctl_packet_out },
    { "dump-ports", "switch [port]", 1, 2, ofctl_dump_ports },
    { "dump-ports-desc", "switch [port]", 1, 2, ofctl_dump_ports_desc },
    { "mod-port", "switch iface act", 3, 3, ofctl_mod_port },
    { "mod-table", "switch mod", 3, 3, ofctl_mod_table },
    { "get-frags", "switch", 1, 1, ofctl_get_frags },
    { "set-frags", "switch frag_mode", 2, 2, ofctl_set_frags },
    { "probe", "target", 1, 1, ofctl_probe },
    { "ping", "target [n]", 1, 2, ofctl_ping },
    { "benchmark", "target n count", 3, 3, ofctl_benchmark },
    { "dump-ipfix-bridge", "switch", 1, 1, NULL },
    { "dump-ipfix-flow", "switch", 1, 1, NULL },
    { "ct-flush-zone", "switch zone", 2, 2, NULL },
    { "ct-flush",
      "switch [zone=N] [mark=X[/M]] [labels=Y[/N]] "
      "[ct-orig-tuple [ct-reply-tuple]]",
      1, 6, NULL },
    { "ofp-parse", "file", 1, 1, ofctl_ofp_parse },
    { "ofp-parse-pcap", "pcap", 1, INT_MAX, NULL },
    { "add-group", "switch group", 1, 2, ofctl_add_group },
    { "add-groups", "switch file", 1, 2, ofctl_add_groups },
    { "mod-group", "switch group", 1, 2, ofctl_mod_group },
    { "del-groups", "switch [group]", 1, 2, ofctl_del_groups },
    { "insert-buckets", "switch [group]", 1, 2, ofctl_insert_buckets },
    { "remove-buckets", "switch [group]", 1, 2, ofctl_remove_buckets },
    { "dump-groups", "switch [group]", 1, 2, ofctl_dump_groups },
    { "dump-group-stats", "switch [group]", 1, 2, ofctl_dump_group_stats },
    { "dump-group-features", "switch", 1, 1, ofctl_dump_group_features },
    { "bundle", "switch file", 2, 2, NULL },
    { "add-tlv-map", "switch map", 2, 2, NULL },
    { "del-tlv-map", "switch [map]", 1, 2, NULL },
    { "dump-tlv-map", "switch", 1, 1, NULL },
    { "help", NULL, 0, INT_MAX, run_help },
    { "list-commands", NULL, 0, INT_MAX, run_list_commands },
    { "parse-flow", NULL, 1, 1, ofctl_parse_flow },
    { "parse-flows", NULL, 1, 1, ofctl_parse_flows },
    { "parse-group", NULL, 1, 1, ofctl_parse_group },
    { "parse-nx-match", NULL, 0, 0, NULL },
    { "parse-nxm", NULL, 0, 0, NULL },
    { "parse-oxm", NULL, 1, 1, NULL },
    { "parse-actions", NULL, 1, 1, ofctl_parse_actions },
    { "parse-instructions", NULL, 1, 1, ofctl_parse_instructions },
    { "parse-ofp10-match", NULL, 0, 0, NULL },
    { "parse-ofp11-match", NULL, 0, 0, NULL },
    { "parse-pcap", NULL, 1, INT_MAX, NULL },
    { "check-vlan", NULL, 2, 2, NULL },
    { "print-error", NULL, 1, 1, ofctl_print_error },
    { "encode-error-reply", NULL, 2, 2, ofctl_encode_error_reply },
    { "ofp-print", NULL, 1, 2, ofctl_ofp_print },
    { "encode-hello", NULL, 1, 1, ofctl_encode_hello },
    { "parse-key-value", NULL, 1, INT_MAX, NULL },
    { "compose-packet", NULL, 1, 2, NULL },
    { "parse-packet", NULL, 0, 0, NULL },
};

void
ofctl_print_help(void)
{
    printf("%s: looks at and changes OpenFlow switches\n"
           "usage: %s [OPTIONS] COMMAND [ARG...]\n\nCommands:\n",
           program_name(), program_name());
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].usage && commands[i].run) {
            printf("  %-20s %s\n", commands[i].name, commands[i].usage);
        }
    }
    printf("\nA switch is the name of a local bridge, or a connection:\n");
    stream_print_help("OpenFlow", true, false);
    daemon_print_help();
    options_log_print_help();
    tls_print_help(false, false);
    printf("\nOther options:\n"
           "  -O, --protocols=LIST        OpenFlow versions to offer "
           "(OpenFlow10)\n"
           "  -F, --flow-format=FORMAT    ways in which flows may travel\n"
           "  -P, --packet-in-format=FRMT packet-ins to ask for\n"
           "  --strict                    flows must match exactly, with "
           "priority\n"
           "  --readd                     replace-flows also sends flows "
           "that are there\n"
           "  --may-create                mod-group adds the group if need "
           "be\n"
           "  -m, --more                  print more of packets\n"
           "  --timestamp                 print when messages come (monitor, "
           "snoop)\n"
           "  --sort[=FIELD], --rsort[=FIELD]  sort flows, rising or "
           "falling\n"
           "  --names, --no-names         names or numbers of ports and "
           "tables\n"
           "  --stats, --no-stats         print counters of flows, or not\n"
           "  --unixctl=SOCKET            control socket (monitor, snoop)\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  -o, --option                print all options\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
    exit(EXIT_SUCCESS);
}

static void
run_help(struct ofctl *ofctl UNUSED, int argc UNUSED, char *argv[] UNUSED)
{
    ofctl_print_help();
}

static void
run_list_commands(struct ofctl *ofctl UNUSED, int argc UNUSED,
                  char *argv[] UNUSED)
{
    printf("The available commands are:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %-23s %s\n", commands[i].name,
               commands[i].usage ? commands[i].usage : "");
    }
}

static void
run_command(struct ofctl *ofctl, int argc, char *argv[])
{
    if (!argc) {
        program_fatal(0, "missing command name; use --help for help");
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct ofctl_command *c = &commands[i];
        if (strcmp(argv[0], c->name)) {
            continue;
        }
        if (argc - 1 < c->min_args) {
            program_fatal(0, "'%s' command requires at least %d arguments",
                          c->name, c->min_args);
        } else if (argc - 1 > c->max_args) {
            program_fatal(0, "'%s' command takes at most %d arguments",
                          c->name, c->max_args);
        } else if (!c->run) {
            program_fatal(0, "%s is not supported yet", c->name);
        }
        c->run(ofctl, argc - 1, argv + 1);
        return;
    }
    program_fatal(0, "unknown command '%s'; use --help for help", argv[0]);
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    log_set_level(NULL, LOG_TO_SYSLOG, LOG_LEVEL_WARN);
    struct ofctl ofctl = {
        .versions = 1u << OF10_VERSION,
        .protocols = (1u << N_FLOW_PROTOCOLS) - 1,
        .packet_in_format = -1,
        .stats = true,
        .use_names = -1,
    };
    port_names_init(&ofctl.ports);
    port_names_init(&ofctl.tables);
    options_set_timeout(0);
    int i = ofctl_parse_options(&ofctl, argc, argv);
    ofctl.loop = loop_create();
    run_command(&ofctl, argc - i, argv + i);
    vec_uninit(&ofctl.sort_keys);
    port_names_uninit(&ofctl.ports);
    port_names_uninit(&ofctl.tables);
    loop_destroy(ofctl.loop);
    return EXIT_SUCCESS;
}
