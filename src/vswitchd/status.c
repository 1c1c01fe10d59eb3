/* From bridges back to the database: what is, and how far the configuration
 * was followed. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/forward/forward.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

/* An interface that is no port. */
static void
clear_interface(const struct iface *iface, struct idl_row *row)
{
    static const size_t optional[] = {
        VSWITCH_INTERFACE_ADMIN_STATE, VSWITCH_INTERFACE_DUPLEX,
        VSWITCH_INTERFACE_IFINDEX,     VSWITCH_INTERFACE_LINK_RESETS,
        VSWITCH_INTERFACE_LINK_SPEED,  VSWITCH_INTERFACE_LINK_STATE,
        VSWITCH_INTERFACE_MAC_IN_USE,  VSWITCH_INTERFACE_MTU,
        VSWITCH_INTERFACE_STATISTICS,  VSWITCH_INTERFACE_STATUS,
    };
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        struct datum none = DATUM_INITIALIZER;
        row_write(row, optional[i], &none);
    }
    const int64_t failed = -1;
    row_write_integer(row, VSWITCH_INTERFACE_OFPORT, &failed);
    row_write_string(row, VSWITCH_INTERFACE_ERROR, iface->error);
}

static void
write_mac(const struct iface *iface, struct idl_row *row)
{
    struct eth_addr mac;
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    if (!netdev_get_mac(iface->netdev, &mac)) {
        eth_addr_format(mac, &text);
    }
    row_write_string(row, VSWITCH_INTERFACE_MAC_IN_USE,
                     text.len ? str_text(&text) : NULL);
}

static void
write_link(const struct iface *iface, struct idl_row *row)
{
    struct netdev *netdev = iface->netdev;
    unsigned int flags;
    bool flags_known = !netdev_get_flags(netdev, &flags);
    row_write_string(row, VSWITCH_INTERFACE_ADMIN_STATE,
                     !flags_known        ? NULL
                     : flags & NETDEV_UP ? "up"
                                         : "down");
    row_write_string(row, VSWITCH_INTERFACE_LINK_STATE,
                     netdev_get_carrier(netdev) ? "up" : "down");
    const int64_t resets = netdev_get_carrier_resets(netdev);
    row_write_integer(row, VSWITCH_INTERFACE_LINK_RESETS, &resets);

    struct netdev_link link = { 0 };
    bool link_known = !netdev_get_link(netdev, &link);
    const int64_t speed = (int64_t) link.speed_mbps * 1000000;
    row_write_integer(row, VSWITCH_INTERFACE_LINK_SPEED,
                      link_known && speed ? &speed : NULL);
    row_write_string(row, VSWITCH_INTERFACE_DUPLEX,
                     !link_known || !link.duplex_known ? NULL
                     : link.full_duplex                ? "full"
                                                       : "half");
}

/* A port can be there and yet not be of use. */
static void
write_error(const struct bridge_state *state, const struct iface *iface,
            struct idl_row *row)
{
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    const char *peer = bridge_lonely_patch(state->bridge, iface->name);
    if (iface->error) {
        str_put(&text, iface->error);
    } else if (peer) {
        str_putf(&text, "No usable peer '%s' exists in '%s' datapath.", peer,
                 bridge_datapath_type(state->bridge));
    }
    row_write_string(row, VSWITCH_INTERFACE_ERROR,
                     text.len ? str_text(&text) : NULL);
}

/* Whether the device may be in another state than what was written last:
 * asking the kernel about each of a thousand takes its time. */
static bool
status_is_due(const struct vswitchd *v, const struct iface *iface)
{
    return v->stats_due || v->status_lost
           || iface->status_seq != iface->netdev->change_seq
           || !uuid_equal(&iface->status_row, &iface->uuid);
}

/* What the device is like. */
static void
write_device(const struct iface *iface, struct idl_row *row)
{
    write_mac(iface, row);
    write_link(iface, row);

    int mtu;
    const int64_t mtu64 = netdev_get_mtu(iface->netdev, &mtu) ? 0 : mtu;
    row_write_integer(row, VSWITCH_INTERFACE_MTU, mtu64 ? &mtu64 : NULL);
    const int64_t index = netdev_get_ifindex(iface->netdev);
    row_write_integer(row, VSWITCH_INTERFACE_IFINDEX,
                      &(int64_t){ index < 0 ? 0 : index });
    struct strmap map = STRMAP_INITIALIZER(&map);
    netdev_get_status(iface->netdev, &map);
    row_write_map(row, VSWITCH_INTERFACE_STATUS, &map);
    strmap_uninit_free(&map);
}

static void
write_interface(const struct vswitchd *v, const struct bridge_state *state,
                struct iface *iface, struct idl_row *row)
{
    if (!iface->netdev) {
        clear_interface(iface, row);
        return;
    }
    const int64_t ofport = ofp_port_to_of10(iface->ofport);
    row_write_integer(row, VSWITCH_INTERFACE_OFPORT, &ofport);
    write_error(state, iface, row);
    if (status_is_due(v, iface)) {
        iface->status_row = iface->uuid;
        iface->status_seq = iface->netdev->change_seq;
        write_device(iface, row);
    }
}

static void
write_bridge(struct vswitchd *v, const struct bridge_state *state)
{
    struct idl_row *row = idl_find(v->idl, VSWITCH_TABLE_BRIDGE, &state->uuid);
    if (!row) {
        return;
    }
    CLEANUP(str_uninit) struct str id = STR_INITIALIZER;
    str_putf(&id, "%016" PRIx64, state->datapath_id);
    row_write_string(row, VSWITCH_BRIDGE_DATAPATH_ID, str_text(&id));
    row_write_string(row, VSWITCH_BRIDGE_DATAPATH_VERSION, "<built-in>");
    controller_row_status(v, state, vswitch_bridge_from_row(row));

    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &state->ifaces) {
        struct iface *iface = node->data;
        struct idl_row *irow =
            idl_find(v->idl, VSWITCH_TABLE_INTERFACE, &iface->uuid);
        if (irow) {
            write_interface(v, state, iface, irow);
            if (iface->netdev && (v->stats_due || !iface->has_stats)) {
                stats_write_interface(iface, irow);
                iface->has_stats = true;
            }
        }
    }
}

static void
write_types(struct idl_row *row)
{
    struct strmap names = STRMAP_INITIALIZER(&names);
    for (size_t i = 0; datapath_types[i]; i++) {
        if (strcmp(datapath_types[i], "dummy")
            || netdev_find_driver("dummy")) {
            strmap_add_once(&names, datapath_types[i], NULL);
        }
    }
    row_write_map(row, VSWITCH_OPEN_VSWITCH_DATAPATH_TYPES, &names);
    strmap_clear(&names);

    size_t n;
    const char **types = netdev_types(&n);
    for (size_t i = 0; i < n; i++) {
        strmap_add_once(&names, types[i], NULL);
    }
    free(types);
    /* What every datapath has, whatever drivers there are. */
    strmap_add_once(&names, "internal", NULL);
    row_write_map(row, VSWITCH_OPEN_VSWITCH_IFACE_TYPES, &names);
    strmap_uninit(&names);
}

static void
write_switch(struct vswitchd *v)
{
    struct idl_row *row = idl_first(v->idl, VSWITCH_TABLE_OPEN_VSWITCH);
    if (!row) {
        return;
    }
    row_write_integer(row, VSWITCH_OPEN_VSWITCH_CUR_CFG, &v->applied_cfg);
    row_write_boolean(row, VSWITCH_OPEN_VSWITCH_DPDK_INITIALIZED, false);
    row_write_string(row, VSWITCH_OPEN_VSWITCH_DPDK_VERSION, "none");
    write_types(row);
    if (v->stats_due) {
        stats_write_system(v, vswitch_open_vswitch_from_row(row));
    }
}

bool
status_run(struct vswitchd *v)
{
    if (v->txn || !v->is_reconciled || !idl_has_lock(v->idl)
        || !idl_is_connected(v->idl)) {
        return false;
    }
    v->txn = idl_txn_create(v->idl);
    write_switch(v);
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &v->states) {
        write_bridge(v, node->data);
    }
    v->stats_due = false;
    v->status_lost = false;
    enum idl_txn_status status = idl_txn_commit(v->txn);
    if (status != IDL_TXN_INCOMPLETE) {
        idl_txn_destroy(v->txn);
        v->txn = NULL;
        v->status_lost = status != IDL_TXN_UNCHANGED;
    }
    return status == IDL_TXN_UNCHANGED;
}
