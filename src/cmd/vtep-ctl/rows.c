/* Rows of the gateway's database by their names. */

#include <string.h>

#include "cmd/vtep-ctl/vtep.h"

struct idl_row *
vtep_root(struct ctl_context *c)
{
    return idl_first(c->idl, VTEP_TABLE_GLOBAL);
}

struct idl_row *
vtep_insert(struct ctl_context *c, size_t table)
{
    return idl_txn_insert(c->txn, table, NULL, false);
}

void
vtep_need_switches(struct ctl_context *c)
{
    ctl_need(c, VTEP_TABLE_GLOBAL, "switches");
    ctl_need(c, VTEP_TABLE_PHYSICAL_SWITCH, "name");
    ctl_need(c, VTEP_TABLE_PHYSICAL_SWITCH, "ports");
    ctl_need(c, VTEP_TABLE_PHYSICAL_PORT, "name");
    ctl_need(c, VTEP_TABLE_LOGICAL_SWITCH, "name");
}

static bool
is_named(const struct idl_row *row, const char *name)
{
    return !strcmp(ctl_read_string(row, "name"), name);
}

struct idl_row *
vtep_find_physical_switch(struct ctl_context *c, const char *name,
                          bool must_exist)
{
    struct idl_row *ps;
    ctl_verify(vtep_root(c), "switches");
    VTEP_FOR_EACH_REF(ps, vtep_root(c), "switches")
    {
        if (is_named(ps, name)) {
            return ps;
        }
    }
    if (must_exist) {
        ctl_fail("no physical switch named %s", name);
    }
    return NULL;
}

/* The row 'name' of 'table', or NULL; what it is called in an error. */
static struct idl_row *
find_named(struct ctl_context *c, size_t table, const char *name,
           bool must_exist, const char *what)
{
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        if (is_named(row, name)) {
            return row;
        }
    }
    if (must_exist) {
        ctl_fail("no %s named %s", what, name);
    }
    return NULL;
}

struct idl_row *
vtep_find_logical_switch(struct ctl_context *c, const char *name,
                         bool must_exist)
{
    return find_named(c, VTEP_TABLE_LOGICAL_SWITCH, name, must_exist,
                      "logical switch");
}

struct idl_row *
vtep_find_logical_router(struct ctl_context *c, const char *name,
                         bool must_exist)
{
    return find_named(c, VTEP_TABLE_LOGICAL_ROUTER, name, must_exist,
                      "logical router");
}

struct idl_row *
vtep_find_port(struct ctl_context *c, const char *ps_name, const char *name,
               bool must_exist)
{
    struct idl_row *ps = vtep_find_physical_switch(c, ps_name, false);
    if (ps && strcmp(ps_name, name)) {
        struct idl_row *port;
        ctl_verify(ps, "ports");
        VTEP_FOR_EACH_REF(port, ps, "ports")
        {
            if (is_named(port, name)) {
                return port;
            }
        }
    }
    if (must_exist) {
        ctl_fail("no port named %s", name);
    }
    return NULL;
}

void
vtep_print_names(struct ctl_context *c, size_t table)
{
    struct str_vec names = VEC_INITIALIZER;
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        str_vec_push(&names, ctl_read_string(row, "name"));
    }
    ctl_print_sorted(c, &names);
}
