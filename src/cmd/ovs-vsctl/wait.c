/* Waiting for ovs-vswitchd to run the new configuration. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/ovs-vsctl/vsctl.h"
#include "sys/clock/clock.h"
#include "sys/loop/loop.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

/* Exit status when the switch reports an error. */
enum { EXIT_SWITCH_ERROR = 65 };

/* Of waiting in silence. */
enum { HINT_MS = 1000 };

static struct str_vec new_ifaces;

void
vsctl_note_new_iface(const char *name)
{
    str_vec_push(&new_ifaces, name);
}

void
vsctl_forget_new_ifaces(void)
{
    str_vec_clear(&new_ifaces);
}

static struct idl_row *
find_iface(struct idl *idl, const char *name)
{
    struct idl_row *row;
    IDL_FOR_EACH(row, idl, VSWITCH_TABLE_INTERFACE)
    {
        if (!strcmp(ctl_read_string(row, "name"), name)) {
            return row;
        }
    }
    return NULL;
}

/* Prints what went wrong with interfaces that this run made. */
static bool
report_errors(struct ctl *ctl)
{
    bool any = false;
    for (size_t i = 0; i < new_ifaces.n; i++) {
        const char *name = new_ifaces.items[i];
        struct idl_row *row = find_iface(ctl_idl(ctl), name);
        if (!row || ctl_read_integer(row, "ofport", 0) != -1) {
            continue;
        }
        const char *error = ctl_read_string(row, "error");
        program_error(0,
                      "Error detected while setting up '%s'%s%s.  See "
                      "ovs-vswitchd log for details.",
                      name, *error ? ": " : "", error);
        any = true;
    }
    if (any) {
        program_error(0, "The default log directory is \"%s\".",
                      dirs_logdir());
    }
    return any;
}

/* Whoever types commands should not have to guess why nothing happens. */
static void
tell_what_for(void *ctl_)
{
    const struct ctl *ctl = ctl_;
    CLEANUP(str_uninit) struct str pidfile = STR_INITIALIZER;
    str_putf(&pidfile, "%s/ovs-vswitchd.pid", dirs_rundir());
    bool is_local = !strncmp(idl_remote(ctl_idl(ctl)), "unix:", 5);
    pid_t pid = is_local && !access(str_text(&pidfile), F_OK)
                    ? daemon_read_pidfile(str_text(&pidfile))
                    : 0;
    if (pid > 0) {
        program_error(0,
                      "still waiting for ovs-vswitchd (pid %ld) to apply the "
                      "configuration",
                      (long) pid);
    } else {
        program_error(0,
                      "still waiting for ovs-vswitchd to apply the "
                      "configuration%s; with --no-wait, the configuration "
                      "changes without waiting",
                      is_local ? ", but it is not running here" : "");
    }
}

int
vsctl_wait(struct ctl *ctl, int64_t next_cfg, bool changed)
{
    if (!changed) {
        return EXIT_SUCCESS;
    }
    struct loop_timer hint;
    loop_timer_init(ctl_loop(ctl), &hint, tell_what_for, ctl);
    if (!ctl_has_timeout(ctl)) {
        loop_timer_set(&hint, clock_msec() + HINT_MS);
    }
    for (;;) {
        struct idl_row *root =
            idl_first(ctl_idl(ctl), VSWITCH_TABLE_OPEN_VSWITCH);
        if (root && ctl_read_integer(root, "cur_cfg", 0) >= next_cfg) {
            loop_timer_cancel(&hint);
            return report_errors(ctl) ? EXIT_SWITCH_ERROR : EXIT_SUCCESS;
        }
        ctl_wait_for_change(ctl);
    }
}
