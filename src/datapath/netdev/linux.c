/* Devices of the kernel: "system" (any that exists), "internal" and "tap"
 * (TAP devices that we make). */

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "datapath/netdev/netdev_private.h"
#include "net/packet/packet.h"
#include "sys/log/log.h"

LOG_MODULE(netdev_linux);

struct netdev_linux {
    struct netdev up;
    int tap_fd;  /* -1: not a TAP. */
    int tx_fd;   /* Packet socket for sending, -1: not open. */
    int ifindex; /* Of the device when it was opened. */
    bool carrier;
    long long carrier_resets;
    uint64_t tx_dropped; /* Atomic. */

    struct link_state link; /* As last read; statistics are not kept. */
    bool is_known;          /* 'link' holds until the kernel tells. */
};

struct rxq_linux {
    struct netdev_rxq up;
    struct packet_socket *socket; /* NULL for a TAP. */
};

static struct netdev_linux *
linux_cast(const struct netdev *d)
{
    return CONTAINER_OF(d, struct netdev_linux, up);
}

static bool
is_linux(const struct netdev *d)
{
    return d->driver == &netdev_system_driver
           || d->driver == &netdev_tap_driver
           || d->driver == &netdev_internal_driver;
}

/* The kernel's answer, or the one before if nothing has changed since. */
static int
query(const struct netdev *d, struct link_state *state)
{
    struct netdev_linux *l = linux_cast(d);
    if (!l->is_known) {
        int error = link_query(d->name, &l->link);
        if (error) {
            *state = l->link;
            return error;
        }
        l->is_known = link_is_watched();
    }
    *state = l->link;
    return 0;
}

static void
forget(struct netdev *d)
{
    linux_cast(d)->is_known = false;
}

static void
open_tx(struct netdev_linux *l, const struct link_state *state)
{
    int fd = packet_socket_open_tx(state->ifindex);
    if (fd < 0) {
        log_warn("%s: cannot send: %s", l->up.name, strerror(-fd));
        return;
    }
    l->tx_fd = fd;
}

static struct error *
linux_create(const char *name, const char *type, struct netdev **dp)
{
    struct netdev_linux *l = xzalloc(sizeof *l);
    const struct netdev_driver *driver =
        !strcmp(type, "system") ? &netdev_system_driver
        : !strcmp(type, "tap")  ? &netdev_tap_driver
                                : &netdev_internal_driver;
    struct link_state state;
    int error = 0;

    *dp = NULL;
    l->tap_fd = l->tx_fd = -1;
    if (driver != &netdev_system_driver) {
        error = tap_open(name, &l->tap_fd, &l->up.offloads);
    }
    error = error ? error : link_query(name, &state);
    if (error) {
        if (l->tap_fd >= 0) {
            tap_destroy(l->tap_fd);
        }
        free(l);
        return error_create("could not open network device %s (%s)", name,
                            strerror(error));
    }
    netdev_init_base(&l->up, driver, name);
    l->up.queue_kind = NETDEV_QUEUES_KERNEL;
    l->ifindex = state.ifindex;
    l->carrier = state.flags & IFF_RUNNING;
    if (l->tap_fd < 0) {
        l->up.offloads =
            NETDEV_TX_CSUM | NETDEV_TX_TSO4 | NETDEV_TX_TSO6 | NETDEV_TX_USO;
        open_tx(l, &state);
    }
    *dp = &l->up;
    return NULL;
}

static void
linux_destroy(struct netdev *d)
{
    struct netdev_linux *l = linux_cast(d);
    if (l->tap_fd >= 0) {
        if (netdev_are_kept()) {
            close(l->tap_fd);
        } else {
            tap_destroy(l->tap_fd);
        }
    }
    if (l->tx_fd >= 0) {
        close(l->tx_fd);
    }
    netdev_uninit_base(d);
    free(l);
}

void
netdev_linux_link_changed(struct netdev *d, unsigned flags)
{
    if (!is_linux(d)) {
        return;
    }
    struct netdev_linux *l = linux_cast(d);
    bool carrier = flags & IFF_RUNNING;
    forget(d);
    if (carrier != l->carrier) {
        l->carrier = carrier;
        l->carrier_resets++;
    }
    netdev_changed(d);
}

struct netdev *
netdev_linux_by_ifindex(int ifindex)
{
    size_t n;
    struct netdev *found = NULL;
    struct netdev **all = netdev_list(&n);
    for (size_t i = 0; i < n && !found; i++) {
        if (is_linux(all[i]) && linux_cast(all[i])->ifindex == ifindex) {
            found = all[i];
        }
    }
    free(all);
    return found;
}

static int
linux_set_mac(struct netdev *d, struct eth_addr mac)
{
    struct link_state state;
    int error = query(d, &state);
    if (error || eth_addr_equal(mac, state.mac)) {
        return error;
    }
    error = link_change(d->name, 0, 0, 0, &mac);
    forget(d);
    if (error == EBUSY && state.flags & IFF_UP) {
        error = link_change(d->name, IFF_UP, 0, 0, NULL);
        error = error ? error : link_change(d->name, 0, 0, 0, &mac);
        int error2 = link_change(d->name, IFF_UP, IFF_UP, 0, NULL);
        error = error ? error : error2;
    }
    netdev_changed(d);
    return error;
}

static int
linux_get_mac(const struct netdev *d, struct eth_addr *macp)
{
    struct link_state state;
    int error = query(d, &state);
    *macp = state.mac;
    return error;
}

static int
linux_set_mtu(struct netdev *d, int mtu)
{
    forget(d);
    return link_change(d->name, 0, 0, mtu, NULL);
}

static int
linux_get_mtu(const struct netdev *d, int *mtup)
{
    struct link_state state;
    int error = query(d, &state);
    *mtup = state.mtu;
    return error;
}

static int
linux_set_flags(struct netdev *d, unsigned off, unsigned on)
{
    static const struct {
        unsigned ours, kernels;
    } map[] = { { NETDEV_UP, IFF_UP }, { NETDEV_PROMISC, IFF_PROMISC } };

    unsigned mask = 0, flags = 0;
    for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
        if ((off | on) & map[i].ours) {
            mask |= map[i].kernels;
        }
        if (on & map[i].ours) {
            flags |= map[i].kernels;
        }
    }
    forget(d);
    return mask ? link_change(d->name, mask, flags, 0, NULL) : 0;
}

static int
linux_get_flags(const struct netdev *d, unsigned *flagsp)
{
    struct link_state state;
    int error = query(d, &state);
    *flagsp = (state.flags & IFF_UP ? NETDEV_UP : 0)
              | (state.flags & IFF_PROMISC ? NETDEV_PROMISC : 0)
              | (state.flags & IFF_LOOPBACK ? NETDEV_LOOPBACK : 0);
    return error;
}

static bool
linux_get_carrier(const struct netdev *d)
{
    struct link_state state;
    return !query(d, &state) && state.flags & IFF_RUNNING;
}

static long long
linux_get_carrier_resets(const struct netdev *d)
{
    return linux_cast(d)->carrier_resets;
}

static int
linux_get_ifindex(const struct netdev *d)
{
    struct link_state state;
    int error = query(d, &state);
    return error ? -error : state.ifindex;
}

static bool
linux_is_gone(const struct netdev *d)
{
    const struct netdev_linux *l = linux_cast(d);
    struct link_state state;
    return l->tap_fd >= 0 ? !tap_is_attached(l->tap_fd)
                          : query(d, &state) || state.ifindex != l->ifindex;
}

static int
ethtool(const char *name, void *command)
{
    static int fd = -1; /* Main thread. */
    struct ifreq ifr;
    if (fd < 0) {
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return errno;
        }
    }
    memset(&ifr, 0, sizeof ifr);
    strncpy(ifr.ifr_name, name, sizeof ifr.ifr_name - 1);
    ifr.ifr_data = command;
    return ioctl(fd, SIOCETHTOOL, &ifr) ? errno : 0;
}

static uint32_t
features_of(uint32_t speed, bool full)
{
    static const struct {
        uint32_t mbps, half, full;
    } map[] = {
        { 10, NETDEV_F_10MB_HD, NETDEV_F_10MB_FD },
        { 100, NETDEV_F_100MB_HD, NETDEV_F_100MB_FD },
        { 1000, NETDEV_F_1GB_HD, NETDEV_F_1GB_FD },
        { 10000, NETDEV_F_OTHER, NETDEV_F_10GB_FD },
        { 40000, NETDEV_F_OTHER, NETDEV_F_40GB_FD },
        { 100000, NETDEV_F_OTHER, NETDEV_F_100GB_FD },
        { 1000000, NETDEV_F_OTHER, NETDEV_F_1TB_FD },
    };

    for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
        if (map[i].mbps == speed) {
            return full ? map[i].full : map[i].half;
        }
    }
    return speed ? NETDEV_F_OTHER : 0;
}

static int
linux_get_link(const struct netdev *d, struct netdev_link *link)
{
    struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
    int error = ethtool(d->name, &cmd);
    if (error) {
        return error;
    }
    uint32_t speed = ethtool_cmd_speed(&cmd);
    if (speed == (uint32_t) SPEED_UNKNOWN || speed == UINT16_MAX) {
        speed = 0;
    }
    link->speed_mbps = speed;
    link->duplex_known =
        cmd.duplex == DUPLEX_FULL || cmd.duplex == DUPLEX_HALF;
    link->full_duplex = cmd.duplex == DUPLEX_FULL;
    link->current = features_of(speed, link->full_duplex)
                    | (cmd.port == PORT_TP      ? NETDEV_F_COPPER
                       : cmd.port == PORT_FIBRE ? NETDEV_F_FIBER
                                                : 0)
                    | (cmd.autoneg ? NETDEV_F_AUTONEG : 0);
    return 0;
}

static int
linux_get_stats(const struct netdev *d, struct netdev_stats *stats)
{
    struct netdev_linux *l = linux_cast(d);
    struct link_state state;
    int error = link_query(d->name, &state);
    if (error) {
        return error;
    }
    *stats = state.stats;
    if (l->tap_fd >= 0) {
        /* What the kernel sends is what we receive. */
        stats->rx_packets = state.stats.tx_packets;
        stats->tx_packets = state.stats.rx_packets;
        stats->rx_bytes = state.stats.tx_bytes;
        stats->tx_bytes = state.stats.rx_bytes;
        stats->rx_errors = state.stats.tx_errors;
        stats->tx_errors = state.stats.rx_errors;
        stats->rx_dropped = state.stats.tx_dropped;
        stats->tx_dropped = state.stats.rx_dropped;
    }
    stats->tx_dropped += __atomic_load_n(&l->tx_dropped, __ATOMIC_RELAXED);
    return 0;
}

static void
linux_get_status(const struct netdev *d, struct strmap *status)
{
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    if (!ethtool(d->name, &info)) {
        strmap_add(
            status, "driver_name",
            xmemdup0(info.driver, strnlen(info.driver, sizeof info.driver)));
        strmap_add(status, "driver_version",
                   xmemdup0(info.version,
                            strnlen(info.version, sizeof info.version)));
        strmap_add(status, "firmware_version",
                   xmemdup0(info.fw_version,
                            strnlen(info.fw_version, sizeof info.fw_version)));
    }
}

static int
linux_rxq_open(struct netdev *d, int id, struct netdev_rxq **rxqp)
{
    struct netdev_linux *l = linux_cast(d);
    struct rxq_linux *q = xzalloc(sizeof *q);
    q->up = (struct netdev_rxq){ d, id };
    if (l->tap_fd < 0) {
        struct link_state state;
        int error = query(d, &state);
        error = error ? error : packet_socket_open(state.ifindex, &q->socket);
        if (error) {
            free(q);
            return error;
        }
    }
    *rxqp = &q->up;
    return 0;
}

static struct rxq_linux *
rxq_cast(const struct netdev_rxq *q)
{
    return CONTAINER_OF(q, struct rxq_linux, up);
}

static void
linux_rxq_close(struct netdev_rxq *rxq)
{
    struct rxq_linux *q = rxq_cast(rxq);
    packet_socket_close(q->socket);
    free(q);
}

static int
linux_rxq_recv(struct netdev_rxq *rxq, struct packet_batch *batch)
{
    struct rxq_linux *q = rxq_cast(rxq);
    return q->socket ? packet_socket_recv(q->socket, batch)
                     : tap_recv(linux_cast(rxq->netdev)->tap_fd, batch);
}

static int
linux_rxq_fd(const struct netdev_rxq *rxq)
{
    const struct rxq_linux *q = rxq_cast(rxq);
    return q->socket ? packet_socket_fd(q->socket)
                     : linux_cast(rxq->netdev)->tap_fd;
}

static bool
linux_rxq_ready(struct netdev_rxq *rxq)
{
    struct rxq_linux *q = rxq_cast(rxq);
    return q->socket && packet_socket_ready(q->socket);
}

static void
linux_rxq_drain(struct netdev_rxq *rxq)
{
    struct rxq_linux *q = rxq_cast(rxq);
    if (q->socket) {
        packet_socket_drain(q->socket);
    }
}

static int
linux_send(struct netdev *d, int qid UNUSED, struct packet_batch *batch)
{
    struct netdev_linux *l = linux_cast(d);
    size_t dropped = 0;
    int error;

    if (l->tap_fd >= 0) {
        error = tap_send(l->tap_fd, batch, &dropped);
    } else if (l->tx_fd >= 0) {
        error = packet_socket_send(l->tx_fd, batch, &dropped);
    } else {
        dropped = batch->n;
        packet_batch_free(batch);
        error = ENODEV;
    }
    if (UNLIKELY(dropped)) {
        __atomic_fetch_add(&l->tx_dropped, dropped, __ATOMIC_RELAXED);
    }
    return error;
}

#define LINUX_DRIVER(TYPE)                                              \
    {                                                                   \
        .type = TYPE, .create = linux_create, .destroy = linux_destroy, \
        .set_mac = linux_set_mac, .get_mac = linux_get_mac,             \
        .set_mtu = linux_set_mtu, .get_mtu = linux_get_mtu,             \
        .set_flags = linux_set_flags, .get_flags = linux_get_flags,     \
        .get_carrier = linux_get_carrier,                               \
        .get_carrier_resets = linux_get_carrier_resets,                 \
        .get_ifindex = linux_get_ifindex, .is_gone = linux_is_gone,     \
        .get_link = linux_get_link, .get_stats = linux_get_stats,       \
        .get_status = linux_get_status, .rxq_open = linux_rxq_open,     \
        .rxq_close = linux_rxq_close, .rxq_recv = linux_rxq_recv,       \
        .rxq_fd = linux_rxq_fd, .rxq_ready = linux_rxq_ready,           \
        .rxq_drain = linux_rxq_drain, .send = linux_send,               \
    }

const struct netdev_driver netdev_system_driver = LINUX_DRIVER("system");
const struct netdev_driver netdev_tap_driver = LINUX_DRIVER("tap");
const struct netdev_driver netdev_internal_driver = LINUX_DRIVER("internal");
