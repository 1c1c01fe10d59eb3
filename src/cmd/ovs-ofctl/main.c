/* ovs-ofctl: looks at and changes OpenFlow switches. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "net/flow/field.h"
#include "openflow/message/flow_text.h"
#include "sys/log/log_config.h"
#include "sys/process/daemon.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

enum {
    OPT_TIMEOUT,
    OPT_STRICT,
    OPT_READD,
    OPT_FLOW_FORMAT,
    OPT_PACKET_IN_FORMAT,
    OPT_MORE,
    OPT_TIMESTAMP,
    OPT_SORT,
    OPT_RSORT,
    OPT_NAMES,
    OPT_NO_NAMES,
    OPT_STATS,
    OPT_NO_STATS,
    OPT_UNIXCTL,
    OPT_HELP,
    OPT_VERSION,
    OPT_OPTION,
    OPT_BUNDLE,
    OPT_COLOR,
    OPT_PROTOCOLS,
};

static const struct option_spec specs[] = {
    { "timeout", 't', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
    { "strict", 0, OPTION_NO_ARGUMENT, OPT_STRICT },
    { "readd", 0, OPTION_NO_ARGUMENT, OPT_READD },
    { "flow-format", 'F', OPTION_REQUIRED_ARGUMENT, OPT_FLOW_FORMAT },
    { "packet-in-format", 'P', OPTION_REQUIRED_ARGUMENT,
      OPT_PACKET_IN_FORMAT },
    { "more", 'm', OPTION_NO_ARGUMENT, OPT_MORE },
    { "timestamp", 0, OPTION_NO_ARGUMENT, OPT_TIMESTAMP },
    { "sort", 0, OPTION_OPTIONAL_ARGUMENT, OPT_SORT },
    { "rsort", 0, OPTION_OPTIONAL_ARGUMENT, OPT_RSORT },
    { "names", 0, OPTION_NO_ARGUMENT, OPT_NAMES },
    { "no-names", 0, OPTION_NO_ARGUMENT, OPT_NO_NAMES },
    { "stats", 0, OPTION_NO_ARGUMENT, OPT_STATS },
    { "no-stats", 0, OPTION_NO_ARGUMENT, OPT_NO_STATS },
    { "unixctl", 0, OPTION_REQUIRED_ARGUMENT, OPT_UNIXCTL },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
    { "option", 'o', OPTION_NO_ARGUMENT, OPT_OPTION },
    { "bundle", 0, OPTION_NO_ARGUMENT, OPT_BUNDLE },
    { "color", 0, OPTION_OPTIONAL_ARGUMENT, OPT_COLOR },
    { "protocols", 'O', OPTION_REQUIRED_ARGUMENT, OPT_PROTOCOLS },
};

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
    { "dump-table-features", "switch", 1, 1, NULL },
    { "dump-table-desc", "switch", 1, 1, NULL },
    { "dump-flows", "switch", 1, 2, ofctl_dump_flows },
    { "dump-aggregate", "switch", 1, 2, ofctl_dump_aggregate },
    { "queue-stats", "switch [port [queue]]", 1, 3, NULL },
    { "queue-get-config", "switch [port [queue]]", 1, 3, NULL },
    { "add-flow", "switch flow", 2, 2, ofctl_add_flow },
    { "add-flows", "switch file", 2, 2, ofctl_add_flows },
    { "mod-flows", "switch flow", 2, 2, ofctl_mod_flows },
    { "del-flows", "switch [flow]", 1, 2, ofctl_del_flows },
    { "replace-flows", "switch file", 2, 2, ofctl_replace_flows },
    { "diff-flows", "source1 source2", 2, 2, ofctl_diff_flows },
    { "add-meter", "switch meter", 2, 2, NULL },
    { "mod-meter", "switch meter", 2, 2, NULL },
    { "del-meter", "switch meter", 1, 2, NULL },
    { "del-meters", "switch", 1, 2, NULL },
    { "dump-meter", "switch meter", 1, 2, NULL },
    { "dump-meters", "switch", 1, 2, NULL },
    { "meter-stats", "switch [meter]", 1, 2, NULL },
    { "meter-features", "switch", 1, 1, NULL },
    { "packet-out", "switch \"in_port=<port> packet=<hex data> actions=...\"",
      2, INT_MAX, ofctl_packet_out },
    { "dump-ports", "switch [port]", 1, 2, ofctl_dump_ports },
    { "dump-ports-desc", "switch [port]", 1, 2, ofctl_dump_ports_desc },
    { "mod-port", "switch iface act", 3, 3, ofctl_mod_port },
    { "mod-table", "switch mod", 3, 3, NULL },
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
    { "add-group", "switch group", 1, 2, NULL },
    { "add-groups", "switch file", 1, 2, NULL },
    { "mod-group", "switch group", 1, 2, NULL },
    { "del-groups", "switch [group]", 1, 2, NULL },
    { "insert-buckets", "switch [group]", 1, 2, NULL },
    { "remove-buckets", "switch [group]", 1, 2, NULL },
    { "dump-groups", "switch [group]", 1, 2, NULL },
    { "dump-group-stats", "switch [group]", 1, 2, NULL },
    { "dump-group-features", "switch", 1, 1, NULL },
    { "bundle", "switch file", 2, 2, NULL },
    { "add-tlv-map", "switch map", 2, 2, NULL },
    { "del-tlv-map", "switch [map]", 1, 2, NULL },
    { "dump-tlv-map", "switch", 1, 1, NULL },
    { "help", NULL, 0, INT_MAX, run_help },
    { "list-commands", NULL, 0, INT_MAX, run_list_commands },
    { "parse-flow", NULL, 1, 1, ofctl_parse_flow },
    { "parse-flows", NULL, 1, 1, ofctl_parse_flows },
    { "parse-group", NULL, 1, 1, NULL },
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

static NORETURN void
print_help(void)
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
    printf("\nOther options:\n"
           "  -O, --protocols=LIST        OpenFlow versions to offer "
           "(OpenFlow10)\n"
           "  -F, --flow-format=FORMAT    ways in which flows may travel\n"
           "  -P, --packet-in-format=FRMT packet-ins to ask for\n"
           "  --strict                    flows must match exactly, with "
           "priority\n"
           "  --readd                     replace-flows also sends flows "
           "that are there\n"
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
    print_help();
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

/* Options. */

static struct error *
add_sort_key(struct ofctl *ofctl, const char *name, bool falling)
{
    struct sort_key key = { .falling = falling };
    if (name && strcasecmp(name, "priority")) {
        key.field = field_from_name(name);
        if (!key.field) {
            return error_create("%s: unknown field name", name);
        }
    }
    vec_push(&ofctl->sort_keys, key);
    return NULL;
}

static struct error *
set_timeout(const char *argument)
{
    unsigned int seconds;
    struct error *error = options_parse_timeout(argument, &seconds);
    if (error) {
        error_destroy(error);
        return error_create("value %s on -t or --timeout is invalid",
                            argument);
    }
    options_set_timeout(seconds);
    return NULL;
}

static struct error *
set_versions(struct ofctl *ofctl, const char *argument)
{
    char *bad = NULL;
    ofctl->versions = version_set_parse(argument, &bad);
    struct error *error = NULL;
    if (bad) {
        error = error_create("Unknown OpenFlow version: \"%s\"", bad);
    } else if (!ofctl->versions) {
        error = error_create("No OpenFlow versions enabled");
    }
    free(bad);
    return error;
}

static struct error *
set_packet_in_format(struct ofctl *ofctl, const char *argument)
{
    static const struct {
        const char *name;
        enum packet_in_format format;
    } formats[] = {
        { "standard", PACKET_IN_STANDARD },
        { "openflow10", PACKET_IN_STANDARD },
        { "nxt_packet_in", PACKET_IN_NXT },
        { "nxm", PACKET_IN_NXT },
        { "nxt_packet_in2", PACKET_IN_NXT2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (!strcmp(argument, formats[i].name)) {
            ofctl->packet_in_format = (int) formats[i].format;
            return NULL;
        }
    }
    return error_create("unknown packet-in format `%s'", argument);
}

static struct error *
set_color(const char *argument)
{
    if (!argument || !strcasecmp(argument, "always")
        || !strcasecmp(argument, "yes") || !strcasecmp(argument, "force")) {
        return error_create("--color is not supported yet");
    } else if (strcasecmp(argument, "never") && strcasecmp(argument, "no")
               && strcasecmp(argument, "none") && strcasecmp(argument, "auto")
               && strcasecmp(argument, "tty")
               && strcasecmp(argument, "if-tty")) {
        return error_create("incorrect value `%s' for --color", argument);
    }
    return NULL;
}

static const struct option_group *all_groups;
static size_t n_all_groups;

static struct error *
handle_option(int id, const char *argument, void *ofctl_)
{
    struct ofctl *ofctl = ofctl_;
    switch (id) {
    case OPT_TIMEOUT:
        return set_timeout(argument);
    case OPT_STRICT:
        ofctl->strict = true;
        break;
    case OPT_READD:
        ofctl->readd = true;
        break;
    case OPT_FLOW_FORMAT:
        ofctl->protocols = flow_protocols_from_string(argument);
        return ofctl->protocols
                   ? NULL
                   : error_create("%s: unknown flow protocol", argument);
    case OPT_PACKET_IN_FORMAT:
        return set_packet_in_format(ofctl, argument);
    case OPT_MORE:
        ofctl->verbosity++;
        break;
    case OPT_TIMESTAMP:
        ofctl->timestamp = true;
        break;
    case OPT_SORT:
    case OPT_RSORT:
        return add_sort_key(ofctl, argument, id == OPT_RSORT);
    case OPT_NAMES:
    case OPT_NO_NAMES:
        ofctl->use_names = id == OPT_NAMES;
        break;
    case OPT_STATS:
    case OPT_NO_STATS:
        ofctl->stats = id == OPT_STATS;
        break;
    case OPT_UNIXCTL:
        ofctl->unixctl = argument;
        break;
    case OPT_HELP:
        print_help();
    case OPT_VERSION:
        program_print_version(OF10_VERSION, OF15_VERSION);
        exit(EXIT_SUCCESS);
    case OPT_OPTION:
        options_print(all_groups, n_all_groups);
        exit(EXIT_SUCCESS);
    case OPT_BUNDLE:
        return error_create("--bundle is not supported yet");
    case OPT_COLOR:
        return set_color(argument);
    case OPT_PROTOCOLS:
        return set_versions(ofctl, argument);
    }
    return NULL;
}

/* Leaves the protocols that the versions allow. */
static void
restrict_protocols(struct ofctl *ofctl)
{
    unsigned int by_version = 0;
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        uint8_t version = flow_protocol_version((enum flow_protocol) i);
        if (ofctl->versions & 1u << version) {
            by_version |= 1u << i;
        }
    }
    if (!(ofctl->protocols & by_version)) {
        struct str versions = STR_INITIALIZER;
        version_set_format(ofctl->versions, &versions);
        char *protocols = flow_protocols_to_string(ofctl->protocols);
        program_fatal(0,
                      "None of the enabled OpenFlow versions (%s) supports "
                      "any of the enabled flow formats (%s).  (Use -O to "
                      "enable additional OpenFlow versions or -F to enable "
                      "additional flow formats.)",
                      str_text(&versions), protocols);
    }
    ofctl->protocols &= by_version;
    /* Versions without any allowed protocol are not offered. */
    uint32_t versions = 0;
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        if (ofctl->protocols & 1u << i) {
            versions |= 1u << flow_protocol_version((enum flow_protocol) i);
        }
    }
    ofctl->versions &= versions;
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
    const struct option_group groups[] = {
        { specs, ARRAY_SIZE(specs), handle_option, &ofctl },
        daemon_option_group,
        options_log_group,
    };
    all_groups = groups;
    n_all_groups = ARRAY_SIZE(groups);
    int i = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    restrict_protocols(&ofctl);
    ofctl.loop = loop_create();
    run_command(&ofctl, argc - i, argv + i);
    vec_uninit(&ofctl.sort_keys);
    port_names_uninit(&ofctl.ports);
    port_names_uninit(&ofctl.tables);
    loop_destroy(ofctl.loop);
    return EXIT_SUCCESS;
}
