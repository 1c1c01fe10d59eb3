/* Ports of a bridge: numbers, devices, link state. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/bridge/bridge_private.h"
#include "sys/clock/clock.h"

enum {
    /* A number is not given again for so long, if others are left. */
    OFPORT_REST_MS = 60 * 60 * 1000,
};

struct bridge_port *
bridge_port_by_number(const struct bridge *bridge, uint32_t ofport)
{
    struct bridge_port *port;
    HMAP_FOR_EACH_WITH_HASH (port, ofport_node, hash_u32(ofport, 0),
                             &bridge->ports) {
        if (port->ofport == ofport) {
            return port;
        }
    }
    return NULL;
}

struct bridge_port *
bridge_port_by_name(const struct bridge *bridge, const char *name)
{
    return strmap_get(&bridge->port_names, name);
}

static int
compare_port_names(const void *a_, const void *b_)
{
    struct bridge_port *const *a = a_;
    struct bridge_port *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

struct bridge_port **
bridge_ports_sorted(const struct bridge *bridge, size_t *np)
{
    size_t n = 0;
    struct bridge_port **ports =
        xmalloc((hmap_count(&bridge->ports) + 1) * sizeof(void *));
    struct bridge_port *port;
    HMAP_FOR_EACH (port, ofport_node, &bridge->ports) {
        ports[n++] = port;
    }
    qsort(ports, n, sizeof *ports, compare_port_names);
    *np = n;
    return ports;
}

/* Numbers. */

static struct bridge_old_ofport *
find_old_ofport(const struct bridge *bridge, uint32_t ofport)
{
    struct bridge_old_ofport *old;
    HMAP_FOR_EACH_WITH_HASH (old, node, hash_u32(ofport, 0),
                             &bridge->old_ofports) {
        if (old->ofport == ofport) {
            return old;
        }
    }
    return NULL;
}

static void
forget_old_ofport(struct bridge *bridge, uint32_t ofport)
{
    struct bridge_old_ofport *old = find_old_ofport(bridge, ofport);
    if (old) {
        hmap_remove(&bridge->old_ofports, &old->node);
        free(old);
    }
}

/* A free number: 'wanted' if that is one, else the next after the last given,
 * preferring those that were not in use lately, so that flows that still name
 * a port that is gone don't mean a new one.  OFPP_NONE if all are in use. */
static uint32_t
choose_ofport(struct bridge *bridge, uint32_t wanted)
{
    if (wanted < BRIDGE_MAX_PORTS && wanted > 0
        && !bridge_port_by_number(bridge, wanted)) {
        return wanted;
    }
    long long now = clock_msec();
    uint32_t best = OFPP_NONE;
    long long best_ms = 0;
    uint32_t candidate = bridge->last_ofport;
    for (uint32_t i = 0; i < BRIDGE_MAX_PORTS; i++) {
        candidate = candidate + 1 < BRIDGE_MAX_PORTS ? candidate + 1 : 1;
        if (bridge_port_by_number(bridge, candidate)) {
            continue;
        }
        const struct bridge_old_ofport *old =
            find_old_ofport(bridge, candidate);
        if (!old || old->freed_ms + OFPORT_REST_MS <= now) {
            best = candidate;
            break;
        }
        if (best == OFPP_NONE || old->freed_ms < best_ms) {
            best = candidate;
            best_ms = old->freed_ms;
        }
    }
    if (best != OFPP_NONE) {
        bridge->last_ofport = best;
    }
    return best;
}

/* State of the device. */

/* Whether something changed that translation or controllers care for. */
static bool
read_device(struct bridge_port *port)
{
    unsigned int flags = 0;
    struct eth_addr mac = { { 0 } };
    uint32_t config = port->config & ~(uint32_t) FORWARDING_PORT_DOWN;
    if (netdev_get_flags(port->netdev, &flags) || !(flags & NETDEV_UP)) {
        config |= FORWARDING_PORT_DOWN;
    }
    bool link_up = netdev_get_carrier(port->netdev);
    if (netdev_get_mac(port->netdev, &mac)) {
        mac = port->mac;
    }
    bool changed = config != port->config || link_up != port->link_up
                   || !eth_addr_equal(mac, port->mac);
    port->config = config;
    port->link_up = link_up;
    port->mac = mac;
    return changed;
}

void
bridge_port_update(struct bridge_port *port)
{
    if (read_device(port)) {
        backer_changed(port->bridge->backer);
        control_port_changed(port->bridge->control, CONTROL_PORT_MODIFIED,
                             port->ofport);
    }
}

void
bridge_netdev_changed(void *bridges_, struct netdev *netdev)
{
    const struct bridges *bridges = bridges_;
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &bridges->by_name) {
        const struct bridge *bridge = node->data;
        struct bridge_port *port = bridge_port_by_name(bridge, netdev->name);
        if (port && port->netdev == netdev) {
            bridge_port_update(port);
        }
    }
}

/* Adding and removing. */

struct error *
bridge_add_port(struct bridge *bridge, struct netdev *netdev,
                uint32_t *ofportp)
{
    uint32_t wanted = *ofportp;
    *ofportp = OFPP_NONE;
    uint32_t ofport =
        wanted == OFPP_LOCAL ? OFPP_LOCAL : choose_ofport(bridge, wanted);
    if (ofport == OFPP_NONE) {
        return error_create("could not add network device %s to ofproto "
                            "(No buffer space available)",
                            netdev->name);
    }
    uint32_t odp_port = ODP_PORT_NONE;
    struct datapath *datapath = bridge->backer->datapath;
    if (!bridge_patch_peer(netdev)) {
        struct error *error =
            datapath->ops->port_add(datapath, netdev, &odp_port);
        if (error) {
            return error;
        }
    }

    struct bridge_port *port = xzalloc(sizeof *port);
    port->bridge = bridge;
    port->netdev = netdev_ref(netdev);
    port->name = xstrdup(netdev->name);
    port->ofport = ofport;
    port->odp_port = odp_port;
    port->created_ms = clock_msec();
    read_device(port);
    hmap_add(&bridge->ports, &port->ofport_node, hash_u32(ofport, 0));
    strmap_add(&bridge->port_names, port->name, port);
    forget_old_ofport(bridge, ofport);
    backer_changed(bridge->backer);
    control_port_changed(bridge->control, CONTROL_PORT_ADDED, ofport);
    *ofportp = ofport;
    return NULL;
}

void
bridge_port_destroy(struct bridge_port *port)
{
    struct bridge *bridge = port->bridge;
    if (bridge->control) {
        control_port_changed(bridge->control, CONTROL_PORT_REMOVED,
                             port->ofport);
    }
    if (port->bundle) {
        list_remove(&port->bundle_node);
    }
    hmap_remove(&bridge->ports, &port->ofport_node);
    strmap_find_and_delete(&bridge->port_names, port->name);
    if (port->ofport != OFPP_LOCAL) {
        struct bridge_old_ofport *old = xzalloc(sizeof *old);
        old->ofport = port->ofport;
        old->freed_ms = clock_msec();
        hmap_add(&bridge->old_ofports, &old->node, hash_u32(old->ofport, 0));
    }
    if (port->odp_port != ODP_PORT_NONE) {
        struct datapath *datapath = bridge->backer->datapath;
        /* The device may have vanished from the datapath by itself. */
        error_destroy(datapath->ops->port_delete(datapath, port->odp_port));
    }
    backer_changed(bridge->backer);
    netdev_close(port->netdev);
    free(port->name);
    free(port);
}

void
bridge_remove_port(struct bridge *bridge, const char *name)
{
    struct bridge_port *port = bridge_port_by_name(bridge, name);
    if (port) {
        bridge_port_destroy(port);
    }
}

uint32_t
bridge_find_port(const struct bridge *bridge, const char *name)
{
    const struct bridge_port *port = bridge_port_by_name(bridge, name);
    return port ? port->ofport : OFPP_NONE;
}

void
bridge_refresh_port(struct bridge *bridge, const char *name)
{
    struct bridge_port *port = bridge_port_by_name(bridge, name);
    if (port) {
        bridge_port_update(port);
        backer_changed(bridge->backer);
    }
}
