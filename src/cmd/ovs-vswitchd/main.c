/* ovs-vswitchd: the switch daemon. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "datapath/ctl/ctl.h"
#include "datapath/forward/forward.h"
#include "datapath/netdev/netdev.h"
#include "openflow/wire/version.h"
#include "rpc/appctl/appctl.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "switch/bridge/bridge.h"
#include "sys/log/log.h"
#include "sys/loop/loop.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"
#include "vswitchd/vswitchd.h"

LOG_MODULE(vswitchd);

struct arguments {
    const char *unixctl;
    bool mlockall;
    enum netdev_dummy_level dummy;
    char *remote;
};

enum {
    OPT_HELP,
    OPT_VERSION,
    OPT_UNIXCTL,
    OPT_MLOCKALL,
    OPT_ENABLE_DUMMY,
    OPT_DISABLE_SYSTEM,
    OPT_DISABLE_SYSTEM_ROUTE,
    OPT_DPDK,
    OPT_DUMMY_NUMA,
    OPT_RAWIO,
};

static const struct option_spec specs[] = {
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
    { "unixctl", 0, OPTION_REQUIRED_ARGUMENT, OPT_UNIXCTL },
    { "mlockall", 0, OPTION_NO_ARGUMENT, OPT_MLOCKALL },
    { "enable-dummy", 0, OPTION_OPTIONAL_ARGUMENT, OPT_ENABLE_DUMMY },
    { "disable-system", 0, OPTION_NO_ARGUMENT, OPT_DISABLE_SYSTEM },
    { "disable-system-route", 0, OPTION_NO_ARGUMENT,
      OPT_DISABLE_SYSTEM_ROUTE },
    { "dpdk", 0, OPTION_OPTIONAL_ARGUMENT, OPT_DPDK },
    { "dummy-numa", 0, OPTION_REQUIRED_ARGUMENT, OPT_DUMMY_NUMA },
    { "hw-rawio-access", 0, OPTION_NO_ARGUMENT, OPT_RAWIO },
};

static void print_help(void) NORETURN;

static void
print_help(void)
{
    printf("%s: the Open vSwitch daemon\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "DATABASE is the socket of an ovsdb-server\n"
           "(default: unix:%s/db.sock).\n",
           program_name(), program_name(), dirs_rundir());
    stream_print_help("DATABASE", true, false);
    daemon_print_help();
    options_log_print_help();
    tls_print_help(true, true);
    printf("\nOther options:\n"
           "  --mlockall              keep all memory in RAM\n"
           "  --enable-dummy[=override|system]\n"
           "                          simulated devices and datapaths\n"
           "  --disable-system        no kernel datapath\n"
           "  --disable-system-route  do not read the kernel's routes\n"
           "  --unixctl=SOCKET        name of the control socket\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

static struct error *
parse_dummy(const char *argument, enum netdev_dummy_level *levelp)
{
    if (!argument) {
        *levelp = NETDEV_DUMMY_ONLY;
    } else if (!strcmp(argument, "override")) {
        *levelp = NETDEV_DUMMY_OVERRIDE;
    } else if (!strcmp(argument, "system")) {
        *levelp = NETDEV_DUMMY_SYSTEM;
    } else {
        return error_create("%s: unknown dummy level", argument);
    }
    return NULL;
}

static struct error *
handle_option(int id, const char *argument, void *arguments_)
{
    struct arguments *arguments = arguments_;
    switch (id) {
    case OPT_HELP:
        print_help();
    case OPT_VERSION:
        program_print_version(OF10_VERSION, OF15_VERSION);
        exit(EXIT_SUCCESS);
    case OPT_UNIXCTL:
        arguments->unixctl = argument;
        break;
    case OPT_MLOCKALL:
        arguments->mlockall = true;
        break;
    case OPT_ENABLE_DUMMY:
        return parse_dummy(argument, &arguments->dummy);
    case OPT_DISABLE_SYSTEM:
    case OPT_DISABLE_SYSTEM_ROUTE:
        /* There is no kernel datapath in this version, and routes are not
         * read: nothing is left to disable. */
        break;
    case OPT_DPDK:
        return error_create(
            "Using --dpdk to configure DPDK is not supported.");
    case OPT_DUMMY_NUMA:
        return error_create("--dummy-numa is not supported");
    case OPT_RAWIO:
        return error_create("--hw-rawio-access is not supported");
    default:
        NOT_REACHED();
    }
    return NULL;
}

static void
parse_options(int argc, char *argv[], struct arguments *arguments)
{
    const struct option_group groups[] = {
        { specs, sizeof specs / sizeof *specs, handle_option, arguments },
        daemon_option_group,
        options_log_group,
        tls_option_group,
        tls_bootstrap_option_group,
        tls_peer_option_group,
    };
    int first = options_parse(argc, argv, groups,
                              sizeof groups / sizeof *groups, false);
    if (argc - first > 1) {
        program_fatal(0, "at most one non-option argument accepted; use "
                         "--help for usage");
    }
    if (argc > first) {
        arguments->remote = xstrdup(argv[first]);
    } else {
        CLEANUP(str_uninit) struct str remote = STR_INITIALIZER;
        str_putf(&remote, "unix:%s/db.sock", dirs_rundir());
        arguments->remote = str_steal(&remote);
    }
}

/* How the program shall end. */
struct ending {
    struct loop *loop;
    bool cleanup;             /* Take everything out of the datapaths. */
    struct appctl_conn *conn; /* Told when all is done; NULL: nobody. */
};

static void
command_exit(struct appctl_conn *conn, int argc, const char *argv[],
             void *ending_)
{
    struct ending *ending = ending_;
    ending->cleanup = argc > 1 && !strcmp(argv[1], "--cleanup");
    if (ending->conn) {
        appctl_reply(ending->conn, NULL);
    }
    ending->conn = conn;
    loop_quit(ending->loop);
}

static void
switch_is_ready(void *arg)
{
    (void) arg;
    daemon_complete();
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    struct arguments arguments = { .dummy = NETDEV_DUMMY_NONE };
    parse_options(argc, argv, &arguments);
    daemon_start(true);
    if (arguments.mlockall && mlockall(MCL_CURRENT | MCL_FUTURE)) {
        log_err("mlockall failed: %s", strerror(errno));
    }

    struct ending ending = { .loop = loop_create() };
    netdev_init(ending.loop);
    appctl_register("exit", "[--cleanup]", 0, 1, command_exit, &ending);
    appctl_register_memory();
    if (arguments.dummy != NETDEV_DUMMY_NONE) {
        netdev_dummy_enable(arguments.dummy);
        appctl_register_time(ending.loop, false);
    }
    forward_register_commands();
    ctl_register_commands();
    struct appctl_server *server;
    struct error *error =
        appctl_server_create(ending.loop, arguments.unixctl, &server);
    if (error) {
        program_fatal(0, "%s", error_text(error));
    }
    struct bridges *bridges = bridges_create(ending.loop);
    bridges_register_commands(bridges);
    struct vswitchd *vswitchd = vswitchd_create(
        ending.loop, arguments.remote, bridges, switch_is_ready, NULL);
    loop_run(ending.loop);

    if (!ending.cleanup) {
        netdev_keep_devices();
    }
    vswitchd_destroy(vswitchd);
    bridges_destroy(bridges, ending.cleanup);
    if (ending.conn) {
        appctl_reply(ending.conn, NULL);
    }
    appctl_server_destroy(server);
    netdev_uninit();
    loop_destroy(ending.loop);
    free(arguments.remote);
    return EXIT_SUCCESS;
}
