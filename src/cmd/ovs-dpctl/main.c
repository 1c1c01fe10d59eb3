/* ovs-dpctl: commands on the kernel's datapaths. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/ctl/ctl.h"
#include "sys/log/log.h"
#include "sys/process/options.h"
#include "sys/process/program.h"
#include "sys/thread/rcu.h"

LOG_MODULE(dpif_netlink);

enum {
    OPT_STATISTICS,
    OPT_CLEAR,
    OPT_MAY_CREATE,
    OPT_READ_ONLY,
    OPT_MORE,
    OPT_NAMES,
    OPT_NO_NAMES,
    OPT_TIMEOUT,
    OPT_HELP,
    OPT_OPTION,
    OPT_VERSION,
};

static const struct option_spec specs[] = {
    { "statistics", 's', OPTION_NO_ARGUMENT, OPT_STATISTICS },
    { "clear", 0, OPTION_NO_ARGUMENT, OPT_CLEAR },
    { "may-create", 0, OPTION_NO_ARGUMENT, OPT_MAY_CREATE },
    { "read-only", 0, OPTION_NO_ARGUMENT, OPT_READ_ONLY },
    { "more", 'm', OPTION_NO_ARGUMENT, OPT_MORE },
    { "names", 0, OPTION_NO_ARGUMENT, OPT_NAMES },
    { "no-names", 0, OPTION_NO_ARGUMENT, OPT_NO_NAMES },
    { "timeout", 't', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "option", 'o', OPTION_NO_ARGUMENT, OPT_OPTION },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
};

static struct error *handle_option(int id, const char *argument, void *arg);

static struct ctl ctl;
static unsigned int timeout_s;

static struct option_group groups[] = {
    { specs, ARRAY_SIZE(specs), handle_option, NULL },
    { NULL, 0, NULL, NULL },
};

static NORETURN void
print_help(void)
{
    printf("%s: looks into the kernel's datapaths, and changes them\n"
           "usage: %s [OPTIONS] COMMAND [ARG...]\n",
           program_name(), program_name());
    struct str s = STR_INITIALIZER;
    ctl_list("", &s);
    fputs(str_text(&s), stdout);
    str_uninit(&s);
    printf("\nAfter an IFACE of add-dp, add-if and set-if may follow options:"
           " ,KEY=VALUE...\nCommands on flows need no DP where there is only "
           "one datapath.\n");
    options_log_print_help();
    printf("\nOptions of show and mod-flow:\n"
           "  -s, --statistics            print counters too\n"
           "Options of dump-flows:\n"
           "  -m, --more                  print wildcarded fields too\n"
           "  --names, --no-names         ports by name, by number\n"
           "Options of mod-flow:\n"
           "  --may-create                add the flow if it is missing\n"
           "  --clear                     set its counters to zero\n"
           "Other options:\n"
           "  --read-only                 refuse commands that change\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
    exit(EXIT_SUCCESS);
}

static struct error *
handle_option(int id, const char *argument, void *arg UNUSED)
{
    switch (id) {
    case OPT_STATISTICS:
        ctl.statistics = true;
        break;
    case OPT_CLEAR:
        ctl.zero_stats = true;
        break;
    case OPT_MAY_CREATE:
        ctl.may_create = true;
        break;
    case OPT_READ_ONLY:
        ctl.read_only = true;
        break;
    case OPT_MORE:
        ctl.more = true;
        break;
    case OPT_NAMES:
    case OPT_NO_NAMES:
        ctl.names = id == OPT_NAMES;
        ctl.names_set = true;
        break;
    case OPT_TIMEOUT:
        return options_parse_timeout(argument, &timeout_s);
    case OPT_HELP:
        print_help();
    case OPT_OPTION:
        options_print(groups, ARRAY_SIZE(groups));
        exit(EXIT_SUCCESS);
    case OPT_VERSION:
        program_print_version(0, 0);
        exit(EXIT_SUCCESS);
    }
    return NULL;
}

/* The kernel's datapath is not there yet: commands find no datapath, as where
 * its module is missing. */
static void
say_there_is_no_kernel_datapath(const char *command)
{
    static const char *const local[] = { "parse-actions", "normalize-actions",
                                         "list-commands" };
    for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
        if (!strcmp(command, local[i])) {
            return;
        }
    }
    log_info("Generic Netlink family 'ovs_datapath' does not exist. The Open "
             "vSwitch kernel module is probably not loaded.");
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    rcu_register_thread();
    ctl_init(&ctl);
    groups[1] = options_log_group;
    int first = options_parse(argc, argv, groups, ARRAY_SIZE(groups), true);
    options_set_timeout(timeout_s);
    if (first == argc) {
        program_fatal(0, "missing command name; use --help for help");
    }
    say_there_is_no_kernel_datapath(argv[first]);
    ctl_run(&ctl, argc - first, (const char **) argv + first);
    fputs(str_text(&ctl.out), stdout);
    fputs(str_text(&ctl.errors), stderr);
    bool failed = ctl.failed;
    ctl_uninit(&ctl);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
