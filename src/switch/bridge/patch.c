/* Patch ports: pairs of ports that join bridges inside the switch.  The
 * device only has a name, an address and the other end's name; packets never
 * reach it, since translation goes on in the peer's bridge. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/bridge/bridge_private.h"

struct patch {
    struct netdev netdev; /* First. */
    struct eth_addr mac;
    char *peer;                    /* NULL before options are set. */
    struct rule_counters *rx, *tx; /* Credited by translations. */
};

static struct patch *
patch_cast(const struct netdev *netdev)
{
    return CONTAINER_OF(netdev, struct patch, netdev);
}

static struct error *
patch_create(const char *name, const char *type, struct netdev **netdevp)
{
    (void) type;
    struct patch *patch = xzalloc(sizeof *patch);
    netdev_init_base(&patch->netdev, &bridge_patch_driver, name);
    patch->mac = eth_addr_random();
    patch->rx = rule_counters_create(0);
    patch->tx = rule_counters_create(0);
    patch->netdev.queue_kind = NETDEV_QUEUES_NONE;
    *netdevp = &patch->netdev;
    return NULL;
}

static void
patch_destroy(struct netdev *netdev)
{
    struct patch *patch = patch_cast(netdev);
    netdev_uninit_base(netdev);
    rule_counters_unref(patch->rx);
    rule_counters_unref(patch->tx);
    free(patch->peer);
    free(patch);
}

static struct error *
patch_set_options(struct netdev *netdev, const struct strmap *options)
{
    struct patch *patch = patch_cast(netdev);
    const char *peer = strmap_get(options, "peer");
    if (!peer || !*peer) {
        return error_create("%s: patch type requires valid 'peer' argument",
                            netdev->name);
    }
    if (strmap_count(options) > 1) {
        return error_create("%s: patch type takes only a 'peer' argument",
                            netdev->name);
    }
    if (!strcmp(netdev->name, peer)) {
        return error_create("%s: patch peer must not be self", netdev->name);
    }
    free(patch->peer);
    patch->peer = xstrdup(peer);
    return NULL;
}

static void
patch_get_options(const struct netdev *netdev, struct strmap *options)
{
    const struct patch *patch = patch_cast(netdev);
    if (patch->peer) {
        free(strmap_replace(options, "peer", xstrdup(patch->peer)));
    }
}

static int
patch_set_mac(struct netdev *netdev, struct eth_addr mac)
{
    patch_cast(netdev)->mac = mac;
    netdev->change_seq++;
    return 0;
}

static int
patch_get_mac(const struct netdev *netdev, struct eth_addr *macp)
{
    *macp = patch_cast(netdev)->mac;
    return 0;
}

static int
patch_set_flags(struct netdev *netdev, unsigned int off, unsigned int on)
{
    (void) netdev;
    (void) on;
    return off & NETDEV_UP ? EOPNOTSUPP : 0;
}

static int
patch_get_flags(const struct netdev *netdev, unsigned int *flagsp)
{
    (void) netdev;
    *flagsp = NETDEV_UP;
    return 0;
}

static bool
patch_get_carrier(const struct netdev *netdev)
{
    (void) netdev;
    return true;
}

static int
patch_get_stats(const struct netdev *netdev, struct netdev_stats *stats)
{
    const struct patch *patch = patch_cast(netdev);
    struct rule_stats rx, tx;
    rule_counters_get(patch->rx, &rx);
    rule_counters_get(patch->tx, &tx);
    memset(stats, 0xff, sizeof *stats);
    stats->rx_packets = rx.n_packets;
    stats->rx_bytes = rx.n_bytes;
    stats->tx_packets = tx.n_packets;
    stats->tx_bytes = tx.n_bytes;
    return 0;
}

const struct netdev_driver bridge_patch_driver = {
    .type = "patch",
    .create = patch_create,
    .destroy = patch_destroy,
    .set_options = patch_set_options,
    .get_options = patch_get_options,
    .set_mac = patch_set_mac,
    .get_mac = patch_get_mac,
    .set_flags = patch_set_flags,
    .get_flags = patch_get_flags,
    .get_carrier = patch_get_carrier,
    .get_stats = patch_get_stats,
};

struct rule_counters *
bridge_patch_rx(const struct netdev *netdev)
{
    return bridge_patch_peer(netdev) ? patch_cast(netdev)->rx : NULL;
}

struct rule_counters *
bridge_patch_tx(const struct netdev *netdev)
{
    return bridge_patch_peer(netdev) ? patch_cast(netdev)->tx : NULL;
}

const struct bridge_port *
bridge_patch_other_end(const struct bridge_port *port)
{
    const char *peer_name = bridge_patch_peer(port->netdev);
    const struct backer *backer = port->bridge->backer;
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &backer->bridges->by_name) {
        const struct bridge *bridge = node->data;
        const struct bridge_port *peer =
            peer_name && bridge->backer == backer
                ? bridge_port_by_name(bridge, peer_name)
                : NULL;
        const char *back = peer ? bridge_patch_peer(peer->netdev) : NULL;
        if (back && !strcmp(back, port->name)) {
            return peer;
        }
    }
    return NULL;
}

const char *
bridge_lonely_patch(const struct bridge *bridge, const char *name)
{
    const struct bridge_port *port = bridge_port_by_name(bridge, name);
    const char *peer = port ? bridge_patch_peer(port->netdev) : NULL;
    return peer && !bridge_patch_other_end(port) ? peer : NULL;
}

const char *
bridge_patch_peer(const struct netdev *netdev)
{
    if (netdev->driver != &bridge_patch_driver) {
        return NULL;
    }
    const struct patch *patch = patch_cast(netdev);
    return patch->peer ? patch->peer : "";
}
