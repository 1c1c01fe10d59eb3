/* Commands about ports, bonds and interfaces. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-vsctl/vsctl.h"

/* add-port, add-bond */

static void
need_settings(struct ctl_context *c, int first)
{
    vsctl_need_info(c);
    for (int i = first; i < c->argc; i++) {
        if (strchr(c->argv[i], '=')) {
            ctl_need_argument(c, VSWITCH_TABLE_PORT, c->argv[i]);
        }
    }
}

static void
need_add_port(struct ctl_context *c)
{
    vsctl_need_info(c);
    for (int i = 3; i < c->argc; i++) {
        ctl_need_argument(c, VSWITCH_TABLE_PORT, c->argv[i]);
    }
}

static void
need_add_bond(struct ctl_context *c)
{
    need_settings(c, 3);
}

/* What to add: names and settings point into arguments. */
struct new_port {
    const char *bridge;
    const char *name;
    char **ifaces;
    int n_ifaces;
    char **settings;
    int n_settings;
};

static char *
join(char **items, int n, const char *separator)
{
    struct str_vec v = VEC_INITIALIZER;
    for (int i = 0; i < n; i++) {
        str_vec_push(&v, items[i]);
    }
    char *text = str_vec_join(&v, separator);
    str_vec_uninit(&v);
    return text;
}

/* The command as "--may-exist" errors quote it. */
static char *
command_text(const struct ctl_context *c, const struct new_port *new)
{
    if (!strcmp(c->argv[0], "add-port")) {
        return xasprintf("--may-exist add-port %s %s", new->bridge, new->name);
    }
    char *ifaces = join(new->ifaces, new->n_ifaces, " ");
    char *text = xasprintf("--may-exist add-bond %s %s %s", new->bridge,
                           new->name, ifaces);
    free(ifaces);
    return text;
}

static void
check_existing(struct ctl_context *c, const struct vsctl_port *port,
               const struct new_port *new)
{
    struct str_vec have = vsctl_port_ifaces(port);
    struct str_vec want = VEC_INITIALIZER;
    for (int i = 0; i < new->n_ifaces; i++) {
        str_vec_push(&want, new->ifaces[i]);
    }
    str_vec_sort(&want);
    char *have_text = str_vec_join(&have, ", ");
    char *want_text = str_vec_join(&want, ", ");
    char *command = command_text(c, new);
    if (strcmp(port->bridge->name, new->bridge)) {
        ctl_fail("\"%s\" but %s is actually attached to bridge %s", command,
                 new->name, port->bridge->name);
    }
    if (strcmp(have_text, want_text)) {
        ctl_fail("\"%s\" but %s actually has interface(s) %s", command,
                 new->name, have_text);
    }
    free(command);
    free(have_text);
    free(want_text);
    str_vec_uninit(&have);
    str_vec_uninit(&want);
}

static void
add_port(struct ctl_context *c, const struct new_port *new, bool fake_iface)
{
    if (ctl_has_option(c, "--may-exist")) {
        struct vsctl_port *port = vsctl_find_port(c, new->name, false);
        if (port) {
            check_existing(c, port, new);
            return;
        }
    }
    char *what = xasprintf("a port named %s", new->name);
    vsctl_check_conflict(c, new->name, what);
    free(what);
    for (int i = 0; i < new->n_ifaces; i++) {
        what = xasprintf("an interface named %s", new->ifaces[i]);
        vsctl_check_conflict(c, new->ifaces[i], what);
        free(what);
    }
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, new->bridge, true);
    struct idl_row *port = vsctl_insert(c, VSWITCH_TABLE_PORT);
    for (int i = 0; i < new->n_ifaces; i++) {
        struct idl_row *iface = vsctl_insert(c, VSWITCH_TABLE_INTERFACE);
        ctl_write_string(iface, "name", new->ifaces[i]);
        ctl_add_ref(port, "interfaces", iface);
        vsctl_note_new_iface(new->ifaces[i]);
    }
    ctl_write_string(port, "name", new->name);
    ctl_write_boolean(port, "bond_fake_iface", fake_iface);
    if (bridge->parent) {
        ctl_write_integer(port, "tag", bridge->vlan);
    }
    for (int i = 0; i < new->n_settings; i++) {
        ctl_set_column(c, port, new->settings[i]);
    }
    ctl_add_ref(bridge->row, "ports", port);
    vsctl_info_add_port(c, bridge, port);
}

static void
run_add_port(struct ctl_context *c)
{
    struct new_port new = { c->argv[1], c->argv[2],  &c->argv[2],
                            1,          &c->argv[3], c->argc - 3 };
    add_port(c, &new, false);
}

static void
run_add_bond(struct ctl_context *c)
{
    /* Settings begin at the first argument with "=". */
    int n = 0;
    while (3 + n < c->argc && !strchr(c->argv[3 + n], '=')) {
        n++;
    }
    if (n < 2) {
        ctl_fail("add-bond requires at least 2 interfaces, but only %d were "
                 "specified",
                 n);
    }
    struct new_port new = { c->argv[1], c->argv[2],      &c->argv[3],
                            n,          &c->argv[3 + n], c->argc - 3 - n };
    add_port(c, &new, ctl_has_option(c, "--fake-iface"));
}

static void
run_add_bond_iface(struct ctl_context *c)
{
    const char *name = c->argv[2];
    struct vsctl_port *port = vsctl_find_port(c, c->argv[1], true);
    if (ctl_has_option(c, "--may-exist")) {
        struct vsctl_info *info = c->state;
        struct vsctl_iface *iface = strmap_get(&info->ifaces, name);
        if (iface) {
            if (strcmp(iface->port->name, c->argv[1])) {
                ctl_fail("\"--may-exist add-bond-iface %s %s\" but %s is "
                         "actually attached to port %s",
                         c->argv[1], name, name, iface->port->name);
            }
            return;
        }
    }
    char *what = xasprintf("an interface named %s", name);
    vsctl_check_conflict(c, name, what);
    free(what);
    port = vsctl_find_port(c, c->argv[1], true);
    struct idl_row *iface = vsctl_insert(c, VSWITCH_TABLE_INTERFACE);
    ctl_write_string(iface, "name", name);
    vsctl_note_new_iface(name);
    ctl_add_ref(port->row, "interfaces", iface);
}

static void
run_del_bond_iface(struct ctl_context *c)
{
    const char *name = c->argv[c->argc - 1];
    bool must_exist = !ctl_has_option(c, "--if-exists");
    const char *port_name = NULL;
    if (c->argc == 3) {
        port_name = c->argv[1];
        vsctl_find_port(c, port_name, true);
    }
    struct vsctl_iface *iface = vsctl_find_iface(c, name, must_exist);
    if (!iface) {
        return;
    }
    if (port_name && strcmp(iface->port->name, port_name)) {
        ctl_fail("port %s does not have an interface %s", port_name, name);
    }
    if (ctl_read(iface->port->row, "interfaces")->n == 1) {
        ctl_fail("cannot delete last interface from port %s",
                 iface->port->name);
    }
    ctl_remove_ref(iface->port->row, "interfaces", iface->row);
    idl_txn_delete(iface->row);
}

/* del-port */

static void
check_on_bridge(const struct vsctl_port *port, const char *bridge_name,
                const struct vsctl_info *info)
{
    const struct vsctl_bridge *bridge =
        strmap_get(&info->bridges, bridge_name);
    if (port->bridge == bridge) {
        return;
    }
    if (port->bridge->parent == bridge) {
        ctl_fail("bridge %s does not have a port %s (although its child "
                 "bridge %s does)",
                 bridge_name, port->name, port->bridge->name);
    }
    ctl_fail("bridge %s does not have a port %s", bridge_name, port->name);
}

static void
run_del_port(struct ctl_context *c)
{
    bool must_exist = !ctl_has_option(c, "--if-exists");
    bool with_iface = ctl_has_option(c, "--with-iface");
    const char *target = c->argv[c->argc - 1];
    const char *bridge = c->argc == 3 ? c->argv[1] : NULL;
    struct vsctl_info *info = vsctl_info_get(c);
    if (bridge && !strmap_find(&info->bridges, bridge)) {
        if (must_exist) {
            ctl_fail("no bridge named %s", bridge);
        }
        return;
    }
    struct vsctl_port *port = vsctl_find_port(c, target, false);
    if (!port && with_iface) {
        struct vsctl_iface *iface = vsctl_find_iface(c, target, false);
        port = iface ? iface->port : NULL;
    }
    if (!port && must_exist && strmap_find(&info->bridges, target)) {
        ctl_fail("cannot delete port %s because it is the local port for "
                 "bridge %s (deleting this port requires deleting the "
                 "entire bridge)",
                 target, target);
    }
    if (!port) {
        if (must_exist) {
            ctl_fail(with_iface ? "no port or interface named %s"
                                : "no port named %s",
                     target);
        }
        return;
    }
    if (bridge) {
        check_on_bridge(port, bridge, info);
    }
    vsctl_delete_port(c, port);
}

/* Questions. */

static void
run_list_ports(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    struct vsctl_info *info = vsctl_info_verify(c);
    struct str_vec names = VEC_INITIALIZER;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->ports) {
        const struct vsctl_port *port = node->data;
        if (port->bridge == bridge) {
            str_vec_push(&names, port->name);
        }
    }
    ctl_print_sorted(c, &names);
}

static void
run_list_ifaces(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    struct vsctl_info *info = vsctl_info_verify(c);
    struct str_vec names = VEC_INITIALIZER;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &info->ifaces) {
        const struct vsctl_iface *iface = node->data;
        if (iface->port->bridge == bridge) {
            str_vec_push(&names, iface->name);
        }
    }
    ctl_print_sorted(c, &names);
}

static void
run_port_to_br(struct ctl_context *c)
{
    vsctl_info_verify(c);
    str_putf(c->output, "%s\n",
             vsctl_find_port(c, c->argv[1], true)->bridge->name);
}

static void
run_iface_to_br(struct ctl_context *c)
{
    vsctl_info_verify(c);
    str_putf(c->output, "%s\n",
             vsctl_find_iface(c, c->argv[1], true)->port->bridge->name);
}

const struct ctl_syntax vsctl_port_commands[] = {
    { "list-ports", 1, 1, "BRIDGE", vsctl_need_info, run_list_ports, NULL, "",
      CTL_READ_ONLY },
    { "add-port", 2, INT_MAX, "BRIDGE NEW-PORT [COLUMN[:KEY]=VALUE]...",
      need_add_port, run_add_port, NULL, "--may-exist", CTL_READ_WRITE },
    { "del-port", 1, 2, "[BRIDGE] PORT|IFACE", vsctl_need_info, run_del_port,
      NULL, "--if-exists,--with-iface", CTL_READ_WRITE },
    { "port-to-br", 1, 1, "PORT", vsctl_need_info, run_port_to_br, NULL, "",
      CTL_READ_ONLY },
    { "add-bond", 4, INT_MAX, "BRIDGE BOND IFACE... [COLUMN[:KEY]=VALUE]...",
      need_add_bond, run_add_bond, NULL, "--may-exist,--fake-iface",
      CTL_READ_WRITE },
    { "add-bond-iface", 2, 2, "BOND IFACE", vsctl_need_info,
      run_add_bond_iface, NULL, "--may-exist", CTL_READ_WRITE },
    { "del-bond-iface", 1, 2, "[BOND] IFACE", vsctl_need_info,
      run_del_bond_iface, NULL, "--if-exists", CTL_READ_WRITE },
    { "list-ifaces", 1, 1, "BRIDGE", vsctl_need_info, run_list_ifaces, NULL,
      "", CTL_READ_ONLY },
    { "iface-to-br", 1, 1, "IFACE", vsctl_need_info, run_iface_to_br, NULL, "",
      CTL_READ_ONLY },
};
const size_t vsctl_n_port_commands = ARRAY_SIZE(vsctl_port_commands);
