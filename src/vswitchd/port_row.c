/* Table Port: bundles of interfaces and their VLANs. */

#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

/* VLAN mode: as vlan_mode says, else by what else is set. */
static enum forwarding_vlan_mode
vlan_mode(const struct vswitch_port *row)
{
    static const struct {
        const char *name;
        enum forwarding_vlan_mode mode;
    } modes[] = {
        { "access", FORWARDING_VLAN_ACCESS },
        { "trunk", FORWARDING_VLAN_TRUNK },
        { "native-tagged", FORWARDING_VLAN_NATIVE_TAGGED },
        { "native-untagged", FORWARDING_VLAN_NATIVE_UNTAGGED },
        { "dot1q-tunnel", FORWARDING_VLAN_DOT1Q_TUNNEL },
    };

    for (size_t i = 0; row->vlan_mode && i < sizeof modes / sizeof *modes;
         i++) {
        if (!strcmp(row->vlan_mode, modes[i].name)) {
            return modes[i].mode;
        }
    }
    if (row->tag) {
        return FORWARDING_VLAN_ACCESS;
    }
    return FORWARDING_VLAN_TRUNK;
}

static enum forwarding_priority_tags
priority_tags(const struct vswitch_port *row)
{
    const char *text = row_get(&row->other_config, "priority-tags", "never");
    if (!strcmp(text, "if-nonzero") || !strcmp(text, "true")) {
        return FORWARDING_PRIORITY_TAGS_IF_NONZERO;
    }
    return strcmp(text, "always") ? FORWARDING_PRIORITY_TAGS_NEVER
                                  : FORWARDING_PRIORITY_TAGS_ALWAYS;
}

static void
set_bundle(struct bridge_state *state, const struct vswitch_port *row)
{
    struct bridge_bundle_config config = {
        .name = row->name,
        .vlan_mode = vlan_mode(row),
        .priority_tags = priority_tags(row),
        .vlan = row->tag ? (uint16_t) *row->tag : 0,
        .qinq_ethtype =
            strcmp(row_get(&row->other_config, "qinq-ethtype", "802.1ad"),
                   "802.1q")
                ? 0x88a8
                : 0x8100,
        .is_protected = row->protected,
    };
    unsigned long *trunks = NULL;
    if (config.vlan_mode != FORWARDING_VLAN_ACCESS
        && config.vlan_mode != FORWARDING_VLAN_DOT1Q_TUNNEL) {
        trunks = row_vlans(&row->trunks);
        bool is_native = config.vlan_mode != FORWARDING_VLAN_TRUNK;
        if (trunks && is_native) {
            bitmap_set1(trunks, config.vlan);
        }
    }
    unsigned long *cvlans = row_vlans(&row->cvlans);
    config.trunks = trunks;
    config.cvlans = cvlans;
    const char *name =
        row->n_interfaces ? row->interfaces[0]->name : row->name;
    config.ports = &name;
    config.n_ports = 1;
    bridge_set_bundle(state->bridge, &config);
    free(trunks);
    free(cvlans);
}

/* The local port, which every bridge has, wanted by a row or not. */
static void
set_local_bundle(struct bridge_state *state)
{
    const char *name = state->name;
    bridge_set_bundle(state->bridge, &(struct bridge_bundle_config){
                                         .name = state->name,
                                         .vlan_mode = FORWARDING_VLAN_TRUNK,
                                         .qinq_ethtype = 0x88a8,
                                         .ports = &name,
                                         .n_ports = 1,
                                     });
}

/* Rows of the wanted interfaces by name: of each port the first interface,
 * since bonds are not there. */
static void
collect_rows(struct vswitchd *v, const struct vswitch_bridge *row,
             struct strmap *rows)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    for (size_t i = 0; i < row->n_ports; i++) {
        const struct vswitch_port *port = row->ports[i];
        unsupported_check_port(v, port);
        if (!port->n_interfaces) {
            log_warn_rl(&rl, "bridge %s: port %s has no interfaces", row->name,
                        port->name);
            continue;
        }
        const struct vswitch_interface *iface = port->interfaces[0];
        unsupported_check_interface(v, iface);
        if (strcmp(iface->type, "null")
            && !strmap_add_once(rows, iface->name, iface)) {
            log_warn_rl(&rl, "interface %s is in ports of bridge %s twice",
                        iface->name, row->name);
        }
    }
}

static bool
has_port(const struct vswitch_bridge *row, const char *name)
{
    for (size_t i = 0; i < row->n_ports; i++) {
        if (!strcmp(row->ports[i]->name, name)) {
            return true;
        }
    }
    return false;
}

void
port_row_remove_old(struct bridge_state *state,
                    const struct vswitch_bridge *row)
{
    struct strset ports = STRSET_INITIALIZER(&ports);
    struct strset ifaces = STRSET_INITIALIZER(&ifaces);
    strset_add(&ports, state->name);
    strset_add(&ifaces, state->name);
    for (size_t i = 0; i < row->n_ports; i++) {
        const struct vswitch_port *port = row->ports[i];
        strset_add(&ports, port->name);
        if (port->n_interfaces) {
            strset_add(&ifaces, port->interfaces[0]->name);
        }
    }

    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &state->ports.map) {
        if (!strset_contains(&ports, node->name)) {
            bridge_remove_bundle(state->bridge, node->name);
            strmap_delete(&state->ports.map, node);
        }
    }
    STRMAP_FOR_EACH_SAFE (node, next, &state->ifaces) {
        if (!strset_contains(&ifaces, node->name)) {
            interface_row_remove(state, node->data);
        }
    }
    strset_uninit(&ports);
    strset_uninit(&ifaces);
}

/* Interfaces that are not wanted, or not so. */
static void
remove_ifaces(struct vswitchd *v, struct bridge_state *state,
              const struct strmap *rows)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &state->ifaces) {
        struct iface *iface = node->data;
        const struct vswitch_interface *row = strmap_get(rows, iface->name);
        bool is_local = !strcmp(iface->name, state->name);
        if (row ? !interface_row_update(v, state, iface, row) : !is_local) {
            interface_row_remove(state, iface);
        }
    }
}

/* Those that ask for a number come first, so that nobody else gets it. */
static void
add_ifaces(struct vswitchd *v, struct bridge_state *state,
           const struct strmap *rows)
{
    size_t n = strmap_count(rows);
    struct strmap_node **sorted = strmap_sort(rows);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            const struct vswitch_interface *row = sorted[i]->data;
            bool asks = interface_row_wanted_ofport(row) != OFPP_NONE;
            if (asks == !pass && !interface_row_find(state, row->name)) {
                interface_row_add(v, state, row, row->name);
            }
        }
    }
    if (!interface_row_find(state, state->name)) {
        interface_row_add(v, state, NULL, state->name);
    }
    free(sorted);
}

/* The MTUs that are asked for come first: the others follow them. */
static void
finish_ifaces(struct bridge_state *state, const struct strmap *rows)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &state->ifaces) {
        struct iface *iface = node->data;
        const struct vswitch_interface *row = strmap_get(rows, iface->name);
        iface->mtu_request =
            row && row->mtu_request ? (int) *row->mtu_request : 0;
        if (iface->mtu_request) {
            interface_row_finish(state, iface, row, 0);
        }
    }
    int smallest = interface_row_smallest_mtu(state);
    STRMAP_FOR_EACH (node, &state->ifaces) {
        struct iface *iface = node->data;
        if (!iface->mtu_request) {
            interface_row_finish(state, iface, strmap_get(rows, iface->name),
                                 smallest);
        }
    }
}

void
port_row_reconcile(struct vswitchd *v, struct bridge_state *state,
                   const struct vswitch_bridge *row)
{
    struct strmap rows = STRMAP_INITIALIZER(&rows);
    collect_rows(v, row, &rows);
    remove_ifaces(v, state, &rows);
    add_ifaces(v, state, &rows);
    if (!has_port(row, state->name)) {
        set_local_bundle(state);
    }
    for (size_t i = 0; i < row->n_ports; i++) {
        set_bundle(state, row->ports[i]);
        strset_add(&state->ports, row->ports[i]->name);
    }
    finish_ifaces(state, &rows);
    strmap_uninit(&rows);
}
