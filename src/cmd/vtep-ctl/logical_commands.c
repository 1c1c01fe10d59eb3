/* Commands about logical switches and routers. */

#include <stdlib.h>
#include <string.h>

#include "cmd/vtep-ctl/vtep.h"

/* Logical switches. */

static void
need_switches(struct ctl_context *c)
{
    ctl_need(c, VTEP_TABLE_LOGICAL_SWITCH, "name");
}

static void
run_add_ls(struct ctl_context *c)
{
    if (!vtep_find_logical_switch(c, c->argv[1], false)) {
        struct idl_row *ls = vtep_insert(c, VTEP_TABLE_LOGICAL_SWITCH);
        ctl_write_string(ls, "name", c->argv[1]);
    } else if (!ctl_has_option(c, "--may-exist")) {
        ctl_fail("cannot create logical switch %s because it already exists",
                 c->argv[1]);
    }
}

static void
run_del_ls(struct ctl_context *c)
{
    struct idl_row *ls = vtep_find_logical_switch(
        c, c->argv[1], !ctl_has_option(c, "--if-exists"));
    if (ls) {
        idl_txn_delete(ls);
    }
}

static void
run_list_ls(struct ctl_context *c)
{
    vtep_print_names(c, VTEP_TABLE_LOGICAL_SWITCH);
}

static void
run_ls_exists(struct ctl_context *c)
{
    if (!vtep_find_logical_switch(c, c->argv[1], false)) {
        /* Nothing is committed. */
        exit(2);
    }
}

static void
need_replication(struct ctl_context *c)
{
    need_switches(c);
    ctl_need(c, VTEP_TABLE_LOGICAL_SWITCH, "replication_mode");
}

static void
run_set_replication_mode(struct ctl_context *c)
{
    const char *mode = c->argv[2];
    if (strcmp(mode, "service_node") && strcmp(mode, "source_node")) {
        ctl_fail("Replication mode must be 'service_node' or 'source_node'");
    }
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    ctl_write_string(ls, "replication_mode", mode);
}

static void
run_get_replication_mode(struct ctl_context *c)
{
    const struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    ctl_verify(ls, "replication_mode");
    /* Scripts know this text for a switch without a mode. */
    const char *mode = ctl_read_string(ls, "replication_mode");
    str_putf(c->output, "%s\n", *mode ? mode : "(null)");
}

/* Logical routers. */

static void
need_routers(struct ctl_context *c)
{
    ctl_need(c, VTEP_TABLE_LOGICAL_ROUTER, "name");
}

static void
run_add_lr(struct ctl_context *c)
{
    if (!vtep_find_logical_router(c, c->argv[1], false)) {
        struct idl_row *lr = vtep_insert(c, VTEP_TABLE_LOGICAL_ROUTER);
        ctl_write_string(lr, "name", c->argv[1]);
    } else if (!ctl_has_option(c, "--may-exist")) {
        ctl_fail("cannot create logical router %s because it already exists",
                 c->argv[1]);
    }
}

static void
run_del_lr(struct ctl_context *c)
{
    struct idl_row *lr = vtep_find_logical_router(
        c, c->argv[1], !ctl_has_option(c, "--if-exists"));
    if (lr) {
        idl_txn_delete(lr);
    }
}

static void
run_list_lr(struct ctl_context *c)
{
    vtep_print_names(c, VTEP_TABLE_LOGICAL_ROUTER);
}

static void
run_lr_exists(struct ctl_context *c)
{
    if (!vtep_find_logical_router(c, c->argv[1], false)) {
        /* Nothing is committed. */
        exit(2);
    }
}

#define RW CTL_READ_WRITE
#define RO CTL_READ_ONLY

const struct ctl_syntax vtep_logical_commands[] = {
    { "add-ls", 1, 1, "LS", need_switches, run_add_ls, NULL, "--may-exist",
      RW },
    { "del-ls", 1, 1, "LS", need_switches, run_del_ls, NULL, "--if-exists",
      RW },
    { "list-ls", 0, 0, "", need_switches, run_list_ls, NULL, "", RO },
    { "ls-exists", 1, 1, "LS", need_switches, run_ls_exists, NULL, "", RO },
    { "set-replication-mode", 2, 2, "LS MODE", need_replication,
      run_set_replication_mode, NULL, "", RW },
    { "get-replication-mode", 1, 1, "LS", need_replication,
      run_get_replication_mode, NULL, "", RO },
    { "add-lr", 1, 1, "LR", need_routers, run_add_lr, NULL, "--may-exist",
      RW },
    { "del-lr", 1, 1, "LR", need_routers, run_del_lr, NULL, "--if-exists",
      RW },
    { "list-lr", 0, 0, "", need_routers, run_list_lr, NULL, "", RO },
    { "lr-exists", 1, 1, "LR", need_routers, run_lr_exists, NULL, "", RO },
};
const size_t vtep_n_logical_commands = ARRAY_SIZE(vtep_logical_commands);
