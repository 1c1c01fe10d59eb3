/* The switch as bridges, fake bridges, ports and interfaces by name. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-vsctl/vsctl.h"

/* What the info is made of, besides the rows themselves. */
static const struct {
    size_t table;
    const char *column;
} info_columns[] = {
    { VSWITCH_TABLE_OPEN_VSWITCH, "bridges" },
    { VSWITCH_TABLE_BRIDGE, "name" },
    { VSWITCH_TABLE_BRIDGE, "ports" },
    { VSWITCH_TABLE_PORT, "name" },
    { VSWITCH_TABLE_PORT, "fake_bridge" },
    { VSWITCH_TABLE_PORT, "tag" },
    { VSWITCH_TABLE_PORT, "interfaces" },
    { VSWITCH_TABLE_INTERFACE, "name" },
};

void
vsctl_need_info(struct ctl_context *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(info_columns); i++) {
        ctl_need(c, info_columns[i].table, info_columns[i].column);
    }
    /* For waiting, and for what commands on bridges check. */
    ctl_need(c, VSWITCH_TABLE_BRIDGE, "controller");
    ctl_need(c, VSWITCH_TABLE_BRIDGE, "fail_mode");
    ctl_need(c, VSWITCH_TABLE_CONTROLLER, NULL);
    ctl_need(c, VSWITCH_TABLE_INTERFACE, "ofport");
    ctl_need(c, VSWITCH_TABLE_INTERFACE, "error");
}

/* Counts what the transaction did to what the info is made of. */
static uint64_t
count_edits(const struct ctl_context *c)
{
    uint64_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(info_columns); i++) {
        size_t table = info_columns[i].table;
        n += idl_txn_n_edits(c->idl, table, COLUMN_UUID)
             + idl_txn_n_edits(
                 c->idl, table,
                 ctl_column(c, table, info_columns[i].column)->index);
    }
    return n;
}

struct idl_row *
vsctl_root(struct ctl_context *c)
{
    return idl_first(c->idl, VSWITCH_TABLE_OPEN_VSWITCH);
}

struct idl_row *
vsctl_insert(struct ctl_context *c, size_t table)
{
    return idl_txn_insert(c->txn, table, NULL, false);
}

void
vsctl_info_free(struct ctl_context *c)
{
    struct vsctl_info *info = c->state;
    if (info) {
        strmap_uninit_free(&info->bridges);
        strmap_uninit_free(&info->ports);
        strmap_uninit_free(&info->ifaces);
        free(info);
        c->state = NULL;
    }
}

/* What a command that asked for the port may rely on. */
static void
verify_port(const struct vsctl_port *port)
{
    ctl_verify(port->row, "interfaces");
    ctl_verify(port->row, "tag");
}

static struct vsctl_bridge *
add_bridge(struct vsctl_info *info, const char *name, struct idl_row *row,
           struct vsctl_bridge *parent, struct idl_row *port)
{
    struct vsctl_bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = name;
    bridge->row = row;
    bridge->parent = parent;
    bridge->port = port;
    bridge->vlan = port ? ctl_read_integer(port, "tag", 0) : 0;
    if (!strmap_add_once(&info->bridges, name, bridge)) {
        free(bridge);
        return NULL;
    }
    return bridge;
}

#define FOR_EACH_REF(ref, row, column)                         \
    for (size_t ref_i_ = 0, ref_n_ = ctl_read(row, column)->n; \
         ref_i_ < ref_n_                                       \
         && ((ref = ctl_read_row(row, column, ref_i_)), true); \
         ref_i_++)                                             \
        if (ref)

static bool
is_fake_bridge(const struct idl_row *port)
{
    return ctl_read_boolean(port, "fake_bridge")
           && ctl_read_integer(port, "tag", -1) >= 0;
}

/* The fake bridge of a VLAN, or 'bridge' itself. */
static struct vsctl_bridge *
bridge_of_vlan(const struct vsctl_info *info, struct vsctl_bridge *bridge,
               int64_t vlan)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->bridges) {
        struct vsctl_bridge *fake = node->data;
        if (fake->parent == bridge && fake->vlan == vlan) {
            return fake;
        }
    }
    return bridge;
}

static void
add_port(struct vsctl_info *info, struct vsctl_bridge *bridge,
         struct idl_row *row)
{
    const char *name = ctl_read_string(row, "name");
    if (!strcmp(name, bridge->name) || is_fake_bridge(row)) {
        return;
    }
    struct vsctl_port *port = xzalloc(sizeof *port);
    port->name = name;
    port->row = row;
    port->bridge =
        bridge_of_vlan(info, bridge, ctl_read_integer(row, "tag", -1));
    if (!strmap_add_once(&info->ports, name, port)) {
        free(port);
        return;
    }
    struct idl_row *iface_row;
    FOR_EACH_REF(iface_row, row, "interfaces")
    {
        struct vsctl_iface *iface = xzalloc(sizeof *iface);
        iface->name = ctl_read_string(iface_row, "name");
        iface->row = iface_row;
        iface->port = port;
        if (!strmap_add_once(&info->ifaces, iface->name, iface)) {
            free(iface);
        }
    }
}

void
vsctl_info_add_port(struct ctl_context *c, struct vsctl_bridge *bridge,
                    struct idl_row *row)
{
    struct vsctl_info *info = c->state;
    add_port(info, bridge, row);
    info->n_edits = count_edits(c);
}

static void
delete_iface(struct vsctl_info *info, struct idl_row *row)
{
    const char *name = ctl_read_string(row, "name");
    struct vsctl_iface *iface = strmap_get(&info->ifaces, name);
    if (iface && iface->row == row) {
        free(strmap_find_and_delete(&info->ifaces, name));
    }
    idl_txn_delete(row);
}

void
vsctl_delete_port(struct ctl_context *c, struct vsctl_port *port)
{
    struct vsctl_info *info = c->state;
    struct idl_row *row = port->row, *iface;
    FOR_EACH_REF(iface, row, "interfaces")
    {
        delete_iface(info, iface);
    }
    ctl_remove_ref(port->bridge->row, "ports", row);
    free(strmap_find_and_delete(&info->ports, port->name));
    idl_txn_delete(row);
    info->n_edits = count_edits(c);
}

static void
add_bridge_row(struct vsctl_info *info, struct idl_row *row)
{
    struct vsctl_bridge *bridge =
        add_bridge(info, ctl_read_string(row, "name"), row, NULL, NULL);
    if (!bridge) {
        return;
    }
    struct idl_row *port;
    FOR_EACH_REF(port, row, "ports")
    {
        if (is_fake_bridge(port)) {
            add_bridge(info, ctl_read_string(port, "name"), row, bridge, port);
        }
    }
    FOR_EACH_REF(port, row, "ports")
    {
        add_port(info, bridge, port);
    }
}

struct vsctl_info *
vsctl_info_get(struct ctl_context *c)
{
    struct vsctl_info *info = c->state;
    uint64_t n_edits = count_edits(c);
    if (info && info->n_edits == n_edits) {
        return info;
    }
    vsctl_info_free(c);
    info = xzalloc(sizeof *info);
    c->state = info;
    info->n_edits = n_edits;
    info->root = vsctl_root(c);
    strmap_init(&info->bridges);
    strmap_init(&info->ports);
    strmap_init(&info->ifaces);
    struct idl_row *bridge;
    FOR_EACH_REF(bridge, info->root, "bridges")
    {
        add_bridge_row(info, bridge);
    }
    return info;
}

struct vsctl_info *
vsctl_info_verify(struct ctl_context *c)
{
    struct vsctl_info *info = vsctl_info_get(c);
    ctl_verify(info->root, "bridges");
    struct idl_row *bridge;
    FOR_EACH_REF(bridge, info->root, "bridges")
    {
        ctl_verify(bridge, "ports");
    }
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->ports) {
        verify_port(node->data);
    }
    return info;
}

struct vsctl_bridge *
vsctl_find_bridge(struct ctl_context *c, const char *name, bool must_exist)
{
    struct vsctl_info *info = vsctl_info_get(c);
    struct vsctl_bridge *bridge = strmap_get(&info->bridges, name);
    if (bridge && bridge->port) {
        ctl_verify(bridge->port, "fake_bridge");
        ctl_verify(bridge->port, "tag");
    } else if (bridge) {
        ctl_verify(bridge->row, "name");
    } else if (must_exist) {
        ctl_fail("no bridge named %s", name);
    }
    return bridge;
}

struct vsctl_bridge *
vsctl_find_real_bridge(struct ctl_context *c, const char *name)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, name, true);
    if (bridge->parent) {
        ctl_fail("%s is a fake bridge", name);
    }
    return bridge;
}

struct vsctl_port *
vsctl_find_port(struct ctl_context *c, const char *name, bool must_exist)
{
    struct vsctl_info *info = vsctl_info_get(c);
    struct vsctl_port *port = strmap_get(&info->ports, name);
    if (port) {
        verify_port(port);
    } else if (must_exist) {
        ctl_fail("no port named %s", name);
    }
    return port;
}

struct vsctl_iface *
vsctl_find_iface(struct ctl_context *c, const char *name, bool must_exist)
{
    struct vsctl_info *info = vsctl_info_get(c);
    struct vsctl_iface *iface = strmap_get(&info->ifaces, name);
    if (iface) {
        verify_port(iface->port);
    } else if (must_exist) {
        ctl_fail("no interface named %s", name);
    }
    return iface;
}

void
vsctl_check_conflict(struct ctl_context *c, const char *name, const char *what)
{
    struct vsctl_info *info = vsctl_info_get(c);
    if (strmap_find(&info->bridges, name)) {
        ctl_fail("cannot create %s because a bridge named %s already exists",
                 what, name);
    }
    struct vsctl_port *port = strmap_get(&info->ports, name);
    if (port) {
        ctl_fail("cannot create %s because a port named %s already exists "
                 "on bridge %s",
                 what, name, port->bridge->name);
    }
    struct vsctl_iface *iface = strmap_get(&info->ifaces, name);
    if (iface) {
        ctl_fail("cannot create %s because an interface named %s already "
                 "exists on bridge %s",
                 what, name, iface->port->bridge->name);
    }
}

struct str_vec
vsctl_port_ifaces(const struct vsctl_port *port)
{
    struct str_vec names = VEC_INITIALIZER;
    struct idl_row *iface;
    FOR_EACH_REF(iface, port->row, "interfaces")
    {
        str_vec_push(&names, ctl_read_string(iface, "name"));
    }
    str_vec_sort(&names);
    return names;
}
