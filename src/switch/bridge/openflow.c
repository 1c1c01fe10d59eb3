/* What the OpenFlow servers ask of a bridge. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/bridge/bridge_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto_dpif);

static void
describe_port(const struct bridge_port *port, struct port_info *info)
{
    struct netdev_link link = { 0 };
    if (netdev_get_link(port->netdev, &link)) {
        memset(&link, 0, sizeof link);
    }
    *info = (struct port_info){
        .port_no = port->ofport,
        .hw_addr = port->mac,
        .config = port->config,
        .state = port->link_up ? PORT_LIVE : PORT_LINK_DOWN,
        .curr = link.current,
        .advertised = link.advertised,
        .supported = link.supported,
        .peer = link.peer,
        .curr_speed =
            (uint32_t) (netdev_features_to_bps(link.current, 0) / 1000),
        .max_speed =
            (uint32_t) (netdev_features_to_bps(link.supported, 0) / 1000),
    };
    snprintf(info->name, sizeof info->name, "%s", port->name);
}

static int
compare_ofports(const void *a_, const void *b_)
{
    struct bridge_port *const *a = a_;
    struct bridge_port *const *b = b_;
    return (*a)->ofport < (*b)->ofport ? -1 : (*a)->ofport > (*b)->ofport;
}

static void
for_each_port(void *bridge_,
              void (*visit)(void *aux, const struct port_info *), void *aux)
{
    const struct bridge *bridge = bridge_;
    size_t n;
    struct bridge_port **ports = bridge_ports_sorted(bridge, &n);
    qsort(ports, n, sizeof *ports, compare_ofports);
    for (size_t i = 0; i < n; i++) {
        struct port_info port;
        describe_port(ports[i], &port);
        visit(aux, &port);
    }
    free(ports);
}

static bool
get_port(void *bridge, uint32_t number, struct port_info *info)
{
    const struct bridge_port *port = bridge_port_by_number(bridge, number);
    if (!port) {
        return false;
    }
    describe_port(port, info);
    return true;
}

static bool
get_port_stats(void *bridge, uint32_t number, struct port_stats *out)
{
    const struct bridge_port *port = bridge_port_by_number(bridge, number);
    if (!port) {
        return false;
    }
    struct netdev_stats stats;
    if (netdev_get_stats(port->netdev, &stats)) {
        memset(&stats, 0xff, sizeof stats);
    }
    *out = (struct port_stats){
        .port_no = number,
        .counters = {
            [PORT_RX_PACKETS] = stats.rx_packets,
            [PORT_TX_PACKETS] = stats.tx_packets,
            [PORT_RX_BYTES] = stats.rx_bytes,
            [PORT_TX_BYTES] = stats.tx_bytes,
            [PORT_RX_DROPPED] = stats.rx_dropped,
            [PORT_TX_DROPPED] = stats.tx_dropped,
            [PORT_RX_ERRORS] = stats.rx_errors,
            [PORT_TX_ERRORS] = stats.tx_errors,
            [PORT_RX_FRAME_ERR] = stats.rx_frame_errors,
            [PORT_RX_OVER_ERR] = stats.rx_over_errors,
            [PORT_RX_CRC_ERR] = stats.rx_crc_errors,
            [PORT_COLLISIONS] = stats.collisions,
        },
    };
    clock_split_msec(clock_msec() - port->created_ms, &out->duration_sec,
                     &out->duration_nsec);
    return true;
}

static void
set_port_config(void *bridge_, uint32_t number, uint32_t config, uint32_t mask)
{
    struct bridge *bridge = bridge_;
    struct bridge_port *port = bridge_port_by_number(bridge, number);
    if (!port) {
        return;
    }
    uint32_t toggle = (config ^ port->config) & mask;
    if (toggle & FORWARDING_PORT_DOWN) {
        bool down = config & FORWARDING_PORT_DOWN;
        int error = netdev_set_flags(port->netdev, down ? NETDEV_UP : 0,
                                     down ? 0 : NETDEV_UP);
        if (error) {
            static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
            log_warn_rl(&rl, "bridge %s: cannot set interface %s %s (%s)",
                        bridge->name, port->name, down ? "down" : "up",
                        strerror(error));
        }
        /* Unless the device has told already. */
        bridge_port_update(port);
        toggle &= ~(uint32_t) FORWARDING_PORT_DOWN;
    }
    if (toggle) {
        port->config ^= toggle;
        backer_changed(bridge->backer);
        control_port_changed(bridge->control, CONTROL_PORT_MODIFIED, number);
    }
}

static int
packet_out(void *bridge_, struct packet *packet, uint32_t in_port,
           const struct actions *actions)
{
    struct bridge *bridge = bridge_;
    bridges_publish(bridge->bridges);
    return upcall_packet_out(bridge->backer->upcall, bridge->name, packet,
                             in_port, actions);
}

static void
fold_stats(void *bridge_)
{
    const struct bridge *bridge = bridge_;
    upcall_fold_stats(bridge->backer->upcall);
}

static void
meter_get_features(void *bridge_, struct datapath_meter_features *f)
{
    const struct bridge *bridge = bridge_;
    struct datapath *dp = bridge->backer->datapath;
    *f = (struct datapath_meter_features){ 0 };
    if (dp) {
        dp->ops->meter_get_features(dp, f);
    }
}

static int
meter_set(void *bridge_, uint32_t *idp,
          const struct datapath_meter_config *config)
{
    const struct bridge *bridge = bridge_;
    struct datapath *dp = bridge->backer->datapath;
    return dp ? dp->ops->meter_set(dp, idp, config) : ENODEV;
}

static bool
meter_get(void *bridge_, uint32_t id, struct datapath_meter_stats *stats)
{
    const struct bridge *bridge = bridge_;
    struct datapath *dp = bridge->backer->datapath;
    return dp && dp->ops->meter_get(dp, id, stats);
}

static void
meter_delete(void *bridge_, uint32_t id)
{
    const struct bridge *bridge = bridge_;
    struct datapath *dp = bridge->backer->datapath;
    if (dp) {
        (void) dp->ops->meter_delete(dp, id);
    }
}

static void
set_drop_fragments(void *bridge_, bool drop)
{
    struct bridge *bridge = bridge_;
    if (bridge->drop_fragments != drop) {
        bridge->drop_fragments = drop;
        backer_changed(bridge->backer);
    }
}

static void
control_changed(void *bridge_)
{
    struct bridge *bridge = bridge_;
    backer_changed(bridge->backer);
}

struct control *
bridge_create_control(struct bridge *bridge)
{
    const struct control_switch callbacks = {
        .for_each_port = for_each_port,
        .get_port = get_port,
        .get_port_stats = get_port_stats,
        .set_port_config = set_port_config,
        .packet_out = packet_out,
        .fold_stats = fold_stats,
        .meter_get_features = meter_get_features,
        .meter_set = meter_set,
        .meter_get = meter_get,
        .meter_delete = meter_delete,
        .set_drop_fragments = set_drop_fragments,
        .changed = control_changed,
        .aux = bridge,
    };
    return control_create(bridge->bridges->loop, bridge->name,
                          bridge->pipeline, &callbacks);
}
