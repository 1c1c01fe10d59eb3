/* Commands about physical switches, their ports and what is bound there. */

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/vtep-ctl/vtep.h"

/* Physical switches. */

static void
run_add_ps(struct ctl_context *c)
{
    const char *name = c->argv[1];
    if (vtep_find_physical_switch(c, name, false)) {
        if (!ctl_has_option(c, "--may-exist")) {
            ctl_fail("cannot create physical switch %s because it already "
                     "exists",
                     name);
        }
        return;
    }
    struct idl_row *ps = vtep_insert(c, VTEP_TABLE_PHYSICAL_SWITCH);
    ctl_write_string(ps, "name", name);
    ctl_add_ref(vtep_root(c), "switches", ps);
}

static void
run_del_ps(struct ctl_context *c)
{
    struct idl_row *ps = vtep_find_physical_switch(
        c, c->argv[1], !ctl_has_option(c, "--if-exists"));
    if (ps) {
        ctl_delete_refs(ps, "ports");
        ctl_remove_ref(vtep_root(c), "switches", ps);
        idl_txn_delete(ps);
    }
}

static void
run_list_ps(struct ctl_context *c)
{
    struct str_vec names = VEC_INITIALIZER;
    struct idl_row *ps;
    ctl_verify(vtep_root(c), "switches");
    VTEP_FOR_EACH_REF(ps, vtep_root(c), "switches")
    {
        str_vec_push(&names, ctl_read_string(ps, "name"));
    }
    ctl_print_sorted(c, &names);
}

static void
run_ps_exists(struct ctl_context *c)
{
    if (!vtep_find_physical_switch(c, c->argv[1], false)) {
        /* Nothing is committed. */
        exit(2);
    }
}

/* Ports. */

static void
run_list_ports(struct ctl_context *c)
{
    struct idl_row *ps = vtep_find_physical_switch(c, c->argv[1], true);
    struct str_vec names = VEC_INITIALIZER;
    struct idl_row *port;
    ctl_verify(ps, "ports");
    VTEP_FOR_EACH_REF(port, ps, "ports")
    {
        const char *name = ctl_read_string(port, "name");
        if (strcmp(name, c->argv[1])) {
            str_vec_push(&names, name);
        }
    }
    ctl_print_sorted(c, &names);
}

static void
run_add_port(struct ctl_context *c)
{
    const char *name = c->argv[2];
    struct idl_row *ps = vtep_find_physical_switch(c, c->argv[1], true);
    if (vtep_find_port(c, c->argv[1], name, false)) {
        if (!ctl_has_option(c, "--may-exist")) {
            ctl_fail("cannot create a port named %s on %s because a port "
                     "with that name already exists",
                     name, c->argv[1]);
        }
        return;
    }
    struct idl_row *port = vtep_insert(c, VTEP_TABLE_PHYSICAL_PORT);
    ctl_write_string(port, "name", name);
    ctl_add_ref(ps, "ports", port);
}

static void
run_del_port(struct ctl_context *c)
{
    struct idl_row *port = vtep_find_port(c, c->argv[1], c->argv[2],
                                          !ctl_has_option(c, "--if-exists"));
    if (port) {
        ctl_remove_ref(vtep_find_physical_switch(c, c->argv[1], true), "ports",
                       port);
        idl_txn_delete(port);
    }
}

/* Bindings of logical switches to VLANs of ports. */

static void
need_bindings(struct ctl_context *c)
{
    vtep_need_switches(c);
    ctl_need(c, VTEP_TABLE_PHYSICAL_PORT, "vlan_bindings");
}

static const struct column *
bindings_column(struct ctl_context *c)
{
    return ctl_column(c, VTEP_TABLE_PHYSICAL_PORT, "vlan_bindings");
}

/* Index of the binding of a VLAN written as 'vlan': only plain decimal
 * numbers name a binding that is there. */
static size_t
find_binding(const struct datum *bindings, const char *vlan)
{
    for (size_t i = 0; i < bindings->n; i++) {
        char *text = xasprintf("%" PRId64, bindings->keys[i].integer);
        bool equal = !strcmp(text, vlan);
        free(text);
        if (equal) {
            return i;
        }
    }
    return DATUM_NOT_FOUND;
}

static void
run_list_bindings(struct ctl_context *c)
{
    struct idl_row *port = vtep_find_port(c, c->argv[1], c->argv[2], true);
    const struct datum *bindings = ctl_read(port, "vlan_bindings");
    struct str_vec lines = VEC_INITIALIZER;
    ctl_verify(port, "vlan_bindings");
    for (size_t i = 0; i < bindings->n; i++) {
        const struct idl_row *ls = ctl_read_row(port, "vlan_bindings", i);
        if (ls) {
            char *line =
                xasprintf("%04" PRId64 " %s", bindings->keys[i].integer,
                          ctl_read_string(ls, "name"));
            str_vec_push(&lines, line);
            free(line);
        }
    }
    ctl_print_sorted(c, &lines);
}

static void
run_bind_ls(struct ctl_context *c)
{
    struct idl_row *port = vtep_find_port(c, c->argv[1], c->argv[2], true);
    const char *vlan = c->argv[3];
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[4], true);
    const struct column *column = bindings_column(c);
    const struct datum *old = idl_read(port, column);
    if (find_binding(old, vlan) != DATUM_NOT_FOUND) {
        ctl_fail("multiple bindings for vlan %s", vlan);
    }
    /* Other bases are taken; what is no number is VLAN 0.  If that names a
     * VLAN that is bound after all, the lower UUID stays. */
    union atom key = { .integer = strtoll(vlan, NULL, 0) };
    union atom value = { .uuid = ls->uuid };
    size_t i = datum_find_key(old, &key, &column->type);
    ctl_verify(port, "vlan_bindings");
    if (i == DATUM_NOT_FOUND
        || uuid_compare(&value.uuid, &old->values[i].uuid) < 0) {
        struct datum new;
        datum_clone(&new, old);
        datum_put(&new, &key, &value, &column->type);
        idl_txn_write(port, column, &new);
    }
}

static void
run_unbind_ls(struct ctl_context *c)
{
    struct idl_row *port = vtep_find_port(c, c->argv[1], c->argv[2], true);
    const struct column *column = bindings_column(c);
    const struct datum *old = idl_read(port, column);
    size_t i = find_binding(old, c->argv[3]);
    if (i == DATUM_NOT_FOUND) {
        ctl_fail("no binding for vlan %s", c->argv[3]);
    }
    struct datum new;
    ctl_verify(port, "vlan_bindings");
    datum_clone(&new, old);
    datum_remove(&new, i, &column->type);
    idl_txn_write(port, column, &new);
}

void
vtep_show_bindings(struct ctl_context *c, const struct idl_row *port,
                   int indent)
{
    const struct datum *bindings = ctl_read(port, "vlan_bindings");
    str_put_repeat(c->output, ' ', indent);
    str_put(c->output, "vlan_bindings:\n");
    for (size_t i = 0; i < bindings->n; i++) {
        const struct idl_row *ls = ctl_read_row(port, "vlan_bindings", i);
        if (ls) {
            str_put_repeat(c->output, ' ', indent + 4);
            str_putf(c->output, "%" PRId64 "=%s\n", bindings->keys[i].integer,
                     ctl_read_string(ls, "name"));
        }
    }
}

/* Managers. */

static void
need_managers(struct ctl_context *c)
{
    ctl_need(c, VTEP_TABLE_GLOBAL, "managers");
    ctl_need(c, VTEP_TABLE_MANAGER, "target");
    ctl_need(c, VTEP_TABLE_MANAGER, "inactivity_probe");
}

static void
run_get_manager(struct ctl_context *c)
{
    ctl_print_targets(c, vtep_root(c), "managers");
}

static void
run_del_manager(struct ctl_context *c)
{
    ctl_delete_refs(vtep_root(c), "managers");
}

static void
run_set_manager(struct ctl_context *c)
{
    ctl_delete_refs(vtep_root(c), "managers");
    ctl_insert_targets(c, vtep_root(c), "managers", 1);
}

#define RW CTL_READ_WRITE
#define RO CTL_READ_ONLY

const struct ctl_syntax vtep_switch_commands[] = {
    { "add-ps", 1, 1, "PS", vtep_need_switches, run_add_ps, NULL,
      "--may-exist", RW },
    { "del-ps", 1, 1, "PS", vtep_need_switches, run_del_ps, NULL,
      "--if-exists", RW },
    { "list-ps", 0, 0, "", vtep_need_switches, run_list_ps, NULL, "", RO },
    { "ps-exists", 1, 1, "PS", vtep_need_switches, run_ps_exists, NULL, "",
      RO },
    { "list-ports", 1, 1, "PS", vtep_need_switches, run_list_ports, NULL, "",
      RO },
    { "add-port", 2, 2, "PS PORT", vtep_need_switches, run_add_port, NULL,
      "--may-exist", RW },
    { "del-port", 2, 2, "PS PORT", vtep_need_switches, run_del_port, NULL,
      "--if-exists", RW },
    { "list-bindings", 2, 2, "PS PORT", need_bindings, run_list_bindings, NULL,
      "", RO },
    /* These two have always been logged as if they only read. */
    { "bind-ls", 4, 4, "PS PORT VLAN LS", need_bindings, run_bind_ls, NULL, "",
      RO },
    { "unbind-ls", 3, 3, "PS PORT VLAN", need_bindings, run_unbind_ls, NULL,
      "", RO },
    { "get-manager", 0, 0, "", need_managers, run_get_manager, NULL, "", RO },
    { "del-manager", 0, 0, "", need_managers, run_del_manager, NULL, "", RW },
    { "set-manager", 1, INT_MAX, "TARGET...", need_managers, run_set_manager,
      NULL, "--inactivity-probe=", RW },
};
const size_t vtep_n_switch_commands = ARRAY_SIZE(vtep_switch_commands);
