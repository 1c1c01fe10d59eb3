/* Waiting for ovs-vswitchd to run the new configuration. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ovs-vsctl/vsctl.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

/* Exit status when the switch reports an error. */
enum { EXIT_SWITCH_ERROR = 65 };

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

int
vsctl_wait(struct ctl *ctl, int64_t next_cfg, bool changed)
{
    if (!changed) {
        return EXIT_SUCCESS;
    }
    for (;;) {
        struct idl_row *root =
            idl_first(ctl_idl(ctl), VSWITCH_TABLE_OPEN_VSWITCH);
        if (root && ctl_read_integer(root, "cur_cfg", 0) >= next_cfg) {
            return report_errors(ctl) ? EXIT_SWITCH_ERROR : EXIT_SUCCESS;
        }
        ctl_wait_for_change(ctl);
    }
}
