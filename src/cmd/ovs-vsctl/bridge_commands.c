/* Commands about bridges. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-vsctl/vsctl.h"

static void
need_bridge_ids(struct ctl_context *c)
{
    vsctl_need_info(c);
    ctl_need(c, VSWITCH_TABLE_BRIDGE, "external_ids");
    ctl_need(c, VSWITCH_TABLE_PORT, "external_ids");
}

static void
need_nothing(struct ctl_context *c UNUSED)
{
}

static void
run_init(struct ctl_context *c UNUSED)
{
}

/* add-br */

/* --may-exist: the bridge is as wanted, or the command fails. */
static void
check_existing(const struct ctl_context *c, const struct vsctl_bridge *bridge,
               const char *parent, int vlan)
{
    const char *name = c->argv[1];
    if (!parent) {
        if (bridge->parent) {
            ctl_fail("\"--may-exist add-br %s\" but %s is a VLAN bridge for "
                     "VLAN %d",
                     name, name, bridge->vlan);
        }
    } else if (!bridge->parent) {
        ctl_fail("\"--may-exist add-br %s %s %d\" but %s is not a VLAN "
                 "bridge",
                 name, parent, vlan, name);
    } else if (strcmp(bridge->parent->name, parent)) {
        ctl_fail("\"--may-exist add-br %s %s %d\" but %s has the wrong "
                 "parent %s",
                 name, parent, vlan, name, bridge->parent->name);
    } else if (bridge->vlan != vlan) {
        ctl_fail("\"--may-exist add-br %s %s %d\" but %s is a VLAN bridge "
                 "for the wrong VLAN %d",
                 name, parent, vlan, name, bridge->vlan);
    }
}

static struct idl_row *
insert_local_port(struct ctl_context *c, const char *name)
{
    struct idl_row *iface = vsctl_insert(c, VSWITCH_TABLE_INTERFACE);
    ctl_write_string(iface, "name", name);
    ctl_write_string(iface, "type", "internal");
    vsctl_note_new_iface(name);
    struct idl_row *port = vsctl_insert(c, VSWITCH_TABLE_PORT);
    ctl_write_string(port, "name", name);
    ctl_add_ref(port, "interfaces", iface);
    return port;
}

static void
add_real_bridge(struct ctl_context *c, const char *name)
{
    struct idl_row *bridge = vsctl_insert(c, VSWITCH_TABLE_BRIDGE);
    ctl_write_string(bridge, "name", name);
    ctl_add_ref(bridge, "ports", insert_local_port(c, name));
    ctl_add_ref(vsctl_root(c), "bridges", bridge);
}

static void
add_fake_bridge(struct ctl_context *c, const char *name,
                const char *parent_name, int vlan)
{
    struct vsctl_info *info = vsctl_info_verify(c);
    struct vsctl_bridge *parent = strmap_get(&info->bridges, parent_name);
    if (!parent) {
        ctl_fail("parent bridge %s does not exist", parent_name);
    }
    if (parent->parent) {
        ctl_fail("cannot create bridge with fake bridge as parent");
    }
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->bridges) {
        const struct vsctl_bridge *fake = node->data;
        if (fake->parent == parent && fake->vlan == vlan) {
            ctl_fail("bridge %s already has a child VLAN bridge %s on VLAN "
                     "%d",
                     parent_name, fake->name, vlan);
        }
    }
    struct idl_row *port = insert_local_port(c, name);
    ctl_write_boolean(port, "fake_bridge", true);
    ctl_write_integer(port, "tag", vlan);
    ctl_add_ref(parent->row, "ports", port);
}

static void
run_add_br(struct ctl_context *c)
{
    const char *name = c->argv[1];
    const char *parent = c->argc > 2 ? c->argv[2] : NULL;
    int vlan = 0;
    if (!*name) {
        ctl_fail("bridge name must not be empty string");
    }
    if (c->argc == 3) {
        ctl_fail("'%s' command takes exactly 1 or 3 arguments", c->argv[0]);
    }
    if (parent) {
        vlan = strtol(c->argv[3], NULL, 10);
        if (vlan < 0 || vlan > 4095) {
            ctl_fail("%s: vlan must be between 0 and 4095", c->argv[0]);
        }
    }
    if (ctl_has_option(c, "--may-exist")) {
        struct vsctl_bridge *bridge = vsctl_find_bridge(c, name, false);
        if (bridge) {
            check_existing(c, bridge, parent, vlan);
            return;
        }
    }
    char *what = xasprintf("a bridge named %s", name);
    vsctl_check_conflict(c, name, what);
    free(what);
    if (parent) {
        add_fake_bridge(c, name, parent, vlan);
    } else {
        add_real_bridge(c, name);
    }
}

/* del-br */

static void
delete_port_row(struct idl_row *bridge, struct idl_row *port)
{
    size_t n = ctl_read(port, "interfaces")->n;
    for (size_t i = 0; i < n; i++) {
        struct idl_row *iface = ctl_read_row(port, "interfaces", i);
        if (iface) {
            idl_txn_delete(iface);
        }
    }
    if (bridge) {
        ctl_remove_ref(bridge, "ports", port);
    }
    idl_txn_delete(port);
}

static void
delete_real_bridge(struct ctl_context *c, struct idl_row *bridge)
{
    size_t n = ctl_read(bridge, "ports")->n;
    for (size_t i = 0; i < n; i++) {
        struct idl_row *port = ctl_read_row(bridge, "ports", i);
        if (port) {
            delete_port_row(NULL, port);
        }
    }
    ctl_remove_ref(vsctl_root(c), "bridges", bridge);
    idl_txn_delete(bridge);
}

static void
run_del_br(struct ctl_context *c)
{
    bool must_exist = !ctl_has_option(c, "--if-exists");
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], must_exist);
    if (!bridge) {
        return;
    }
    struct vsctl_info *info = vsctl_info_verify(c);
    if (!bridge->parent) {
        delete_real_bridge(c, bridge->row);
        return;
    }
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->ports) {
        struct vsctl_port *port = node->data;
        if (port->bridge == bridge) {
            delete_port_row(bridge->row, port->row);
        }
    }
    delete_port_row(bridge->row, bridge->port);
}

/* Questions. */

static void
run_list_br(struct ctl_context *c)
{
    struct vsctl_info *info = vsctl_info_verify(c);
    bool real = ctl_has_option(c, "--real");
    bool fake = ctl_has_option(c, "--fake");
    if (!real && !fake) {
        real = fake = true;
    }
    struct str_vec names = VEC_INITIALIZER;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->bridges) {
        const struct vsctl_bridge *bridge = node->data;
        if (bridge->parent ? fake : real) {
            str_vec_push(&names, bridge->name);
        }
    }
    ctl_print_sorted(c, &names);
}

static void
run_br_exists(struct ctl_context *c)
{
    if (!vsctl_find_bridge(c, c->argv[1], false)) {
        /* Nothing is committed. */
        exit(2);
    }
}

static void
run_br_to_vlan(struct ctl_context *c)
{
    str_putf(c->output, "%d\n", vsctl_find_bridge(c, c->argv[1], true)->vlan);
}

static void
run_br_to_parent(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    str_putf(c->output, "%s\n",
             bridge->parent ? bridge->parent->name : bridge->name);
}

/* External ids: those of a fake bridge lie in its port, with a prefix. */

#define FAKE_PREFIX "fake-bridge-"

static void
run_br_set_external_id(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    struct idl_row *row = bridge->port ? bridge->port : bridge->row;
    const struct column *column =
        table_schema_find_column(idl_row_table(row), "external_ids");
    char *name =
        xasprintf("%s%s", bridge->port ? FAKE_PREFIX : "", c->argv[2]);
    union atom key = atom_from_string(name);
    free(name);
    struct datum new;
    datum_clone(&new, idl_read(row, column));
    if (c->argc > 3) {
        union atom value = atom_from_string(c->argv[3]);
        datum_put(&new, &key, &value, &column->type);
    } else {
        size_t i = datum_find_key(&new, &key, &column->type);
        if (i != DATUM_NOT_FOUND) {
            datum_remove(&new, i, &column->type);
        }
        atom_uninit(&key, ATOM_STRING);
    }
    idl_txn_verify(row, column);
    idl_txn_write(row, column, &new);
}

static void
run_br_get_external_id(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    struct idl_row *row = bridge->port ? bridge->port : bridge->row;
    const char *prefix = bridge->port ? FAKE_PREFIX : "";
    ctl_verify(row, "external_ids");
    const struct datum *ids = ctl_read(row, "external_ids");
    for (size_t i = 0; i < ids->n; i++) {
        const char *key, *value = atom_text(&ids->values[i]);
        if (!scan_prefix(atom_text(&ids->keys[i]), prefix, &key)) {
            continue;
        }
        if (c->argc < 3) {
            str_putf(c->output, "%s=%s\n", key, value);
        } else if (!strcmp(key, c->argv[2])) {
            str_putf(c->output, "%s\n", value);
        }
    }
}

const struct ctl_syntax vsctl_bridge_commands[] = {
    { "init", 0, 0, "", need_nothing, run_init, NULL, "", CTL_READ_WRITE },
    { "add-br", 1, 3, "NEW-BRIDGE [PARENT] [NEW-VLAN]", vsctl_need_info,
      run_add_br, NULL, "--may-exist", CTL_READ_WRITE },
    { "del-br", 1, 1, "BRIDGE", vsctl_need_info, run_del_br, NULL,
      "--if-exists", CTL_READ_WRITE },
    { "list-br", 0, 0, "", vsctl_need_info, run_list_br, NULL, "--real,--fake",
      CTL_READ_ONLY },
    { "br-exists", 1, 1, "BRIDGE", vsctl_need_info, run_br_exists, NULL, "",
      CTL_READ_ONLY },
    { "br-to-vlan", 1, 1, "BRIDGE", vsctl_need_info, run_br_to_vlan, NULL, "",
      CTL_READ_ONLY },
    { "br-to-parent", 1, 1, "BRIDGE", vsctl_need_info, run_br_to_parent, NULL,
      "", CTL_READ_ONLY },
    { "br-set-external-id", 2, 3, "BRIDGE KEY [VALUE]", need_bridge_ids,
      run_br_set_external_id, NULL, "", CTL_READ_WRITE },
    { "br-get-external-id", 1, 2, "BRIDGE [KEY]", need_bridge_ids,
      run_br_get_external_id, NULL, "", CTL_READ_ONLY },
};
const size_t vsctl_n_bridge_commands = ARRAY_SIZE(vsctl_bridge_commands);
