/* Table Interface: devices as ports of bridges. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/forward/forward.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

/* Types that need tunnels, of which there are none yet. */
static const char *const tunnel_types[] = { "bareudp", "erspan", "geneve",
                                            "gre",     "gtpu",   "ip6erspan",
                                            "ip6gre",  "lisp",   "srv6",
                                            "stt",     "vxlan" };

static bool
is_tunnel(const char *type)
{
    for (size_t i = 0; i < sizeof tunnel_types / sizeof *tunnel_types; i++) {
        if (!strcmp(type, tunnel_types[i])) {
            return true;
        }
    }
    return false;
}

struct iface *
interface_row_find(const struct bridge_state *state, const char *name)
{
    return strmap_get(&state->ifaces, name);
}

uint32_t
interface_row_wanted_ofport(const struct vswitch_interface *row)
{
    const int64_t *wanted = row->ofport_request;
    return wanted && *wanted > 0 && *wanted < BRIDGE_MAX_PORTS
               ? (uint32_t) *wanted
               : OFPP_NONE;
}

/* The number to try: the one asked for, or the one that it had before the
 * daemon was restarted. */
static uint32_t
pick_ofport(const struct vswitch_interface *row)
{
    uint32_t wanted = interface_row_wanted_ofport(row);
    if (wanted != OFPP_NONE) {
        return wanted;
    }
    const int64_t *old = row->ofport;
    return old && *old > 0 && *old < BRIDGE_MAX_PORTS ? (uint32_t) *old
                                                      : OFPP_NONE;
}

static void
set_error(struct iface *iface, char *text)
{
    free(iface->error);
    iface->error = text;
}

/* Type of device for the row's type. */
static const char *
device_type(const struct bridge_state *state, const struct iface *iface)
{
    const char *type =
        !strcmp(iface->name, state->name) ? "internal" : iface->type;
    return datapath_device_type(bridge_datapath_type(state->bridge), type);
}

static struct error *
set_options(struct netdev *netdev, const struct vswitch_interface *row)
{
    struct strmap options;
    static const struct datum none = DATUM_INITIALIZER;
    row_get_map(row ? &row->options : &none, &options);
    struct error *error = netdev_set_options(netdev, &options);
    strmap_uninit_free(&options);
    if (!error) {
        netdev_reconfigure(netdev);
    }
    return error;
}

static struct error *
open_device(struct vswitchd *v, struct bridge_state *state,
            struct iface *iface, const struct vswitch_interface *row)
{
    if (is_tunnel(iface->type)) {
        unsupported_note(v, "Interface", iface->name, iface->type);
        return error_create("could not open network device %s (type %s is "
                            "not supported)",
                            iface->name, iface->type);
    }
    if (!netdev_find_driver(device_type(state, iface))) {
        return error_create("could not open network device %s (%s)",
                            iface->name, strerror(EAFNOSUPPORT));
    }
    struct error *error =
        netdev_open(iface->name, device_type(state, iface), &iface->netdev);
    if (error) {
        return error;
    }
    error = set_options(iface->netdev, row);
    if (!error) {
        iface->ofport = !strcmp(iface->name, state->name) ? OFPP_LOCAL
                        : row                             ? pick_ofport(row)
                                                          : OFPP_NONE;
        error = bridge_add_port(state->bridge, iface->netdev, &iface->ofport);
    }
    if (error) {
        iface->ofport = OFPP_NONE;
        netdev_close(iface->netdev);
        iface->netdev = NULL;
    }
    return error;
}

void
interface_row_add(struct vswitchd *v, struct bridge_state *state,
                  const struct vswitch_interface *row, const char *name)
{
    struct iface *iface = xzalloc(sizeof *iface);
    iface->name = xstrdup(name);
    iface->type = xstrdup(row && row->type ? row->type : "");
    iface->ofport = OFPP_NONE;
    iface->is_internal =
        !strcmp(name, state->name) || !strcmp(iface->type, "internal");
    iface->wanted_ofport = OFPP_NONE;
    if (row) {
        iface->uuid = row->row.uuid;
        iface->wanted_ofport = interface_row_wanted_ofport(row);
    }
    strmap_add(&state->ifaces, name, iface);

    struct error *error = open_device(v, state, iface, row);
    if (error) {
        log_warn("%s", error_text(error));
        set_error(iface, error_steal_text(error));
        return;
    }
    log_info("bridge %s: added interface %s on port %u", state->name, name,
             ofp_port_to_of10(iface->ofport));
}

bool
interface_row_update(struct vswitchd *v, struct bridge_state *state,
                     struct iface *iface, const struct vswitch_interface *row)
{
    (void) v;
    const char *type = row->type ? row->type : "";
    uint32_t wanted = interface_row_wanted_ofport(row);
    iface->uuid = row->row.uuid;
    if (!iface->netdev || strcmp(iface->type, type)
        || netdev_is_gone(iface->netdev)) {
        return false;
    }
    if (wanted != OFPP_NONE && wanted != iface->wanted_ofport
        && wanted != iface->ofport && iface->ofport != OFPP_LOCAL) {
        return false;
    }
    iface->wanted_ofport = wanted;
    struct error *error = set_options(iface->netdev, row);
    if (error) {
        error_destroy(error);
        return false;
    }
    bridge_refresh_port(state->bridge, iface->name);
    return true;
}

void
interface_row_remove(struct bridge_state *state, struct iface *iface)
{
    if (iface->netdev) {
        log_info("bridge %s: deleted interface %s on port %u", state->name,
                 iface->name, ofp_port_to_of10(iface->ofport));
        bridge_remove_port(state->bridge, iface->name);
        netdev_close(iface->netdev);
    }
    strmap_find_and_delete(&state->ifaces, iface->name);
    free(iface->error);
    free(iface->type);
    free(iface->name);
    free(iface);
}

int
interface_row_smallest_mtu(const struct bridge_state *state)
{
    int smallest = 0;
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &state->ifaces) {
        const struct iface *iface = node->data;
        int mtu;
        if (iface->netdev && (!iface->is_internal || iface->mtu_request)
            && !netdev_get_mtu(iface->netdev, &mtu)
            && (!smallest || mtu < smallest)) {
            smallest = mtu;
        }
    }
    return smallest;
}

static void
set_mtu(const struct iface *iface, int smallest_mtu)
{
    int mtu = iface->mtu_request   ? iface->mtu_request
              : iface->is_internal ? smallest_mtu
                                   : 0;
    int old;
    if (!mtu || netdev_get_mtu(iface->netdev, &old) || old == mtu) {
        return;
    }
    int error = netdev_set_mtu(iface->netdev, mtu);
    if (error && iface->mtu_request) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "%s: cannot set MTU to %d (%s)", iface->name, mtu,
                    strerror(error));
    }
}

static void
set_mac(const struct bridge_state *state, const struct iface *iface,
        const struct vswitch_interface *row)
{
    /* The local port has the bridge's. */
    if (!row || !row->mac || !iface->is_internal
        || !strcmp(iface->name, state->name)) {
        return;
    }
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    struct eth_addr mac, old;
    if (!eth_addr_parse(row->mac, &mac)) {
        return;
    }
    if (eth_addr_is_multicast(mac)) {
        log_err_rl(&rl, "interface %s: cannot set MAC to multicast address",
                   iface->name);
    } else if (netdev_get_mac(iface->netdev, &old)
               || !eth_addr_equal(mac, old)) {
        int error = netdev_set_mac(iface->netdev, mac);
        if (error) {
            log_err_rl(&rl, "interface %s: setting MAC failed (%s)",
                       iface->name, strerror(error));
        }
    }
}

void
interface_row_finish(struct bridge_state *state, struct iface *iface,
                     const struct vswitch_interface *row, int smallest_mtu)
{
    if (iface->netdev) {
        set_mtu(iface, smallest_mtu);
        set_mac(state, iface, row);
    }
}
