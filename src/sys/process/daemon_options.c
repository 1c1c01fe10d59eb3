/* Command-line options of daemons. */

#include <stdio.h>

#include "sys/process/daemon_private.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

enum daemon_option {
    DAEMON_DETACH,
    DAEMON_NO_SELF_CONFINEMENT,
    DAEMON_NO_CHDIR,
    DAEMON_PIDFILE,
    DAEMON_OVERWRITE_PIDFILE,
    DAEMON_MONITOR,
    DAEMON_USER,
};

static const struct option_spec specs[] = {
    { "detach", 0, OPTION_NO_ARGUMENT, DAEMON_DETACH },
    { "no-self-confinement", 0, OPTION_NO_ARGUMENT,
      DAEMON_NO_SELF_CONFINEMENT },
    { "no-chdir", 0, OPTION_NO_ARGUMENT, DAEMON_NO_CHDIR },
    { "pidfile", 0, OPTION_OPTIONAL_ARGUMENT, DAEMON_PIDFILE },
    { "overwrite-pidfile", 0, OPTION_NO_ARGUMENT, DAEMON_OVERWRITE_PIDFILE },
    { "monitor", 0, OPTION_NO_ARGUMENT, DAEMON_MONITOR },
    { "user", 0, OPTION_REQUIRED_ARGUMENT, DAEMON_USER },
};

static struct error *
handle(int id, const char *argument, void *arg UNUSED)
{
    switch ((enum daemon_option) id) {
    case DAEMON_DETACH:
        daemon_config.detach = true;
        return NULL;
    case DAEMON_NO_SELF_CONFINEMENT:
        daemon_config.no_self_confinement = true;
        return NULL;
    case DAEMON_NO_CHDIR:
        daemon_config.no_chdir = true;
        return NULL;
    case DAEMON_PIDFILE:
        daemon_set_pidfile(argument);
        return NULL;
    case DAEMON_OVERWRITE_PIDFILE:
        daemon_config.overwrite_pidfile = true;
        return NULL;
    case DAEMON_MONITOR:
        daemon_config.monitor = true;
        return NULL;
    case DAEMON_USER:
        return user_parse(argument);
    }
    NOT_REACHED();
}

const struct option_group daemon_option_group = {
    specs,
    ARRAY_SIZE(specs),
    handle,
    NULL,
};

void
daemon_print_help(void)
{
    printf("\nDaemon options:\n"
           "  --detach                run in the background\n"
           "  --monitor               start again after crashes\n"
           "  --user=username[:group] run as another user and group\n"
           "  --no-chdir              keep the working directory\n"
           "  --no-self-confinement   let commands name files anywhere\n"
           "  --pidfile[=FILE]        write the process id to FILE\n"
           "                          (default: %s/%s.pid)\n"
           "  --overwrite-pidfile     start even if the pidfile's process "
           "runs\n",
           dirs_rundir(), program_name());
}
