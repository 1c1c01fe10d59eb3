/* Links of the kernel, by rtnetlink. */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath/netdev/netdev_private.h"
#include "sys/log/log.h"

LOG_MODULE(netlink);

static struct mnl_socket *watcher;
static struct loop_fd watcher_fd;

/* Socket for requests: main thread. */
static struct mnl_socket *requests;

static struct mnl_socket *
open_requests(void)
{
    if (!requests) {
        requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
        if (requests && mnl_socket_bind(requests, 0, MNL_SOCKET_AUTOPID)) {
            mnl_socket_close(requests);
            requests = NULL;
        }
    }
    return requests;
}

static int
transact(struct nlmsghdr *nlh, mnl_cb_t callback, void *data)
{
    static unsigned seq;
    char buffer[16384];
    struct mnl_socket *socket = open_requests();

    if (!socket) {
        return errno;
    }
    nlh->nlmsg_seq = ++seq;
    if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0) {
        return errno;
    }
    unsigned portid = mnl_socket_get_portid(socket);
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (n < 0) {
            return errno;
        }
        int retval = mnl_cb_run(buffer, n, seq, portid, callback, data);
        if (retval < 0) {
            if (errno == EPROTO || errno == ESRCH) {
                continue; /* An answer to an earlier request. */
            }
            return errno;
        }
        return 0;
    }
}

static void
copy_stats(const struct rtnl_link_stats64 *from, struct netdev_stats *to)
{
    to->rx_packets = from->rx_packets;
    to->tx_packets = from->tx_packets;
    to->rx_bytes = from->rx_bytes;
    to->tx_bytes = from->tx_bytes;
    to->rx_errors = from->rx_errors;
    to->tx_errors = from->tx_errors;
    to->rx_dropped = from->rx_dropped;
    to->tx_dropped = from->tx_dropped;
    to->multicast = from->multicast;
    to->collisions = from->collisions;
    to->rx_length_errors = from->rx_length_errors;
    to->rx_over_errors = from->rx_over_errors;
    to->rx_crc_errors = from->rx_crc_errors;
    to->rx_frame_errors = from->rx_frame_errors;
    to->rx_fifo_errors = from->rx_fifo_errors;
    to->rx_missed_errors = from->rx_missed_errors;
    to->tx_aborted_errors = from->tx_aborted_errors;
    to->tx_carrier_errors = from->tx_carrier_errors;
    to->tx_fifo_errors = from->tx_fifo_errors;
    to->tx_heartbeat_errors = from->tx_heartbeat_errors;
    to->tx_window_errors = from->tx_window_errors;
}

static int
parse_link(const struct nlmsghdr *nlh, void *data)
{
    struct link_state *state = data;
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *a;

    state->ifindex = ifi->ifi_index;
    state->flags = ifi->ifi_flags;
    mnl_attr_for_each(a, nlh, sizeof *ifi)
    {
        uint16_t len = mnl_attr_get_payload_len(a);
        switch (mnl_attr_get_type(a)) {
        case IFLA_MTU:
            state->mtu = mnl_attr_get_u32(a);
            break;
        case IFLA_ADDRESS:
            if (len == sizeof state->mac) {
                memcpy(&state->mac, mnl_attr_get_payload(a), len);
            }
            break;
        case IFLA_STATS64: {
            struct rtnl_link_stats64 stats = { 0 };
            memcpy(&stats, mnl_attr_get_payload(a), MIN(len, sizeof stats));
            copy_stats(&stats, &state->stats);
            state->has_stats = true;
            break;
        }
        }
    }
    return MNL_CB_STOP;
}

int
link_query(const char *name, struct link_state *state)
{
    char buffer[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

    memset(state, 0, sizeof *state);
    memset(&state->stats, 0xff, sizeof state->stats);
    if (strlen(name) >= IFNAMSIZ) {
        return ENODEV;
    }
    nlh->nlmsg_type = RTM_GETLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST;
    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    return transact(nlh, parse_link, state);
}

int
link_change(const char *name, unsigned flags_mask, unsigned flags, int mtu,
            const struct eth_addr *mac)
{
    char buffer[512];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

    nlh->nlmsg_type = RTM_NEWLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_change = flags_mask;
    ifi->ifi_flags = flags;
    mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    if (mtu > 0) {
        mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
    }
    if (mac) {
        mnl_attr_put(nlh, IFLA_ADDRESS, sizeof *mac, mac);
    }
    return transact(nlh, NULL, NULL);
}

static int
on_link(const struct nlmsghdr *nlh, void *data UNUSED)
{
    if (nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK) {
        return MNL_CB_OK;
    }
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *a;
    mnl_attr_for_each(a, nlh, sizeof *ifi)
    {
        if (mnl_attr_get_type(a) == IFLA_IFNAME) {
            const char *name = mnl_attr_get_str(a);
            bool is_new = nlh->nlmsg_type == RTM_NEWLINK;
            struct netdev *d = netdev_find(name);
            if (d) {
                netdev_linux_link_changed(d, is_new ? ifi->ifi_flags : 0);
            } else if (is_new) {
                /* New, or an old one with a new name. */
                struct netdev *old = netdev_linux_by_ifindex(ifi->ifi_index);
                if (old) {
                    netdev_linux_link_changed(old, 0);
                }
                netdev_appeared(name);
            }
        }
    }
    return MNL_CB_OK;
}

static void
on_watcher(void *arg UNUSED, uint32_t events UNUSED)
{
    char buffer[65536];
    ssize_t n;
    while ((n = mnl_socket_recvfrom(watcher, buffer, sizeof buffer)) > 0) {
        mnl_cb_run(buffer, n, 0, 0, on_link, NULL);
    }
    if (n < 0 && errno == ENOBUFS) {
        /* Some reports were lost: everything may have changed. */
        size_t n_all;
        struct netdev **all = netdev_list(&n_all);
        for (size_t i = 0; i < n_all; i++) {
            struct link_state state;
            int error = link_query(all[i]->name, &state);
            netdev_linux_link_changed(all[i], error ? 0 : state.flags);
        }
        free(all);
        netdev_appeared(NULL);
    }
}

bool
link_is_watched(void)
{
    return watcher != NULL;
}

void
link_watch(struct loop *loop)
{
    watcher = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (!watcher
        || mnl_socket_bind(watcher, RTMGRP_LINK, MNL_SOCKET_AUTOPID)) {
        log_warn("cannot watch network devices: %s", strerror(errno));
        if (watcher) {
            mnl_socket_close(watcher);
            watcher = NULL;
        }
        return;
    }
    loop_fd_add(loop, &watcher_fd, mnl_socket_get_fd(watcher), EPOLLIN,
                on_watcher, NULL);
}

void
link_unwatch(void)
{
    if (watcher) {
        loop_fd_remove(&watcher_fd);
        mnl_socket_close(watcher);
        watcher = NULL;
    }
    if (requests) {
        mnl_socket_close(requests);
        requests = NULL;
    }
}
