/* Table Bridge: the bridge as a whole. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/scan.h"
#include "switch/l2/mac_table.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

struct bridge_state *
bridge_row_add(struct vswitchd *v, const struct vswitch_bridge *row)
{
    const char *type = row->datapath_type ? row->datapath_type : "";
    struct bridge *bridge;
    struct error *error = bridge_create(v->bridges, row->name, type, &bridge);
    if (error) {
        log_err("failed to create bridge %s: %s", row->name,
                error_text(error));
        error_destroy(error);
        return NULL;
    }
    struct bridge_state *state = xzalloc(sizeof *state);
    state->name = xstrdup(row->name);
    state->datapath_type = xstrdup(type);
    state->bridge = bridge;
    strmap_init(&state->ifaces);
    strset_init(&state->ports);
    strmap_add(&v->states, row->name, state);
    return state;
}

void
bridge_row_remove(struct vswitchd *v, struct bridge_state *state)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &state->ifaces) {
        interface_row_remove(state, node->data);
    }
    strmap_uninit(&state->ifaces);
    strset_uninit(&state->ports);
    bridge_destroy(state->bridge);
    strmap_find_and_delete(&v->states, state->name);
    free(state->datapath_type);
    free(state->name);
    free(state);
}

/* The address. */

/* IEEE 802.1D wants the lowest address of the ports; addresses that somebody
 * made up say nothing about the machine and don't count. */
static bool
is_candidate(struct eth_addr mac)
{
    return !eth_addr_is_multicast(mac) && !eth_addr_is_local(mac)
           && !eth_addr_is_reserved(mac) && !eth_addr_is_zero(mac);
}

/* The address of a bridge that has no port to take one from: the same each
 * time, since made from its row's UUID. */
static struct eth_addr
default_mac(const struct bridge_state *state)
{
    struct eth_addr mac;
    memcpy(mac.bytes, state->uuid.parts, sizeof mac.bytes);
    mac.bytes[0] = (uint8_t) ((mac.bytes[0] & ~1u) | 2);
    return mac;
}

static struct eth_addr
choose_mac(const struct bridge_state *state, const struct vswitch_bridge *row)
{
    struct eth_addr mac;
    const char *hwaddr = datum_get_string(&row->other_config, "hwaddr");
    if (hwaddr && eth_addr_parse(hwaddr, &mac)) {
        if (eth_addr_is_multicast(mac)) {
            log_err("bridge %s: cannot set MAC address to multicast "
                    "address " ETH_ADDR_FMT,
                    state->name, ETH_ADDR_ARGS(mac));
        } else if (eth_addr_is_zero(mac)) {
            log_err("bridge %s: cannot set MAC address to zero", state->name);
        } else {
            return mac;
        }
    }

    bool found = false;
    struct eth_addr best = { { 0 } };
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &state->ifaces) {
        const struct iface *iface = node->data;
        if (iface->ofport == OFPP_NONE || iface->is_internal
            || !strcmp(iface->type, "patch")
            || netdev_get_mac(iface->netdev, &mac) || !is_candidate(mac)) {
            continue;
        }
        if (!found || memcmp(&mac, &best, sizeof mac) < 0) {
            found = true;
            best = mac;
        }
    }
    return found ? best : default_mac(state);
}

static uint64_t
choose_datapath_id(const struct vswitch_bridge *row, struct eth_addr mac)
{
    const char *text = datum_get_string(&row->other_config, "datapath-id");
    if (text) {
        uint64_t id;
        const char *digits;
        bool is_prefixed = scan_prefix(text, "0x", &digits);
        digits = is_prefixed ? digits : text;
        if ((is_prefixed || strlen(text) == 16)
            && strspn(digits, "0123456789abcdefABCDEF") == strlen(digits)
            && scan_u64(digits, 16, &id) && id) {
            return id;
        }
    }
    return eth_addr_to_u64(mac);
}

/* OpenFlow versions: bit per wire version. */
static uint32_t
collect_versions(const struct vswitch_bridge *row)
{
    static const char *const names[] = {
        "OpenFlow10", "OpenFlow11", "OpenFlow12",
        "OpenFlow13", "OpenFlow14", "OpenFlow15",
    };
    uint32_t versions = 0;
    for (size_t i = 0; i < row->protocols.n; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            if (!strcmp(atom_text(&row->protocols.keys[i]), names[j])) {
                versions |= 1u << (j + 1);
            }
        }
    }
    return versions;
}

static size_t
clamp_table_size(int64_t n)
{
    return n < MAC_TABLE_MIN_MAX   ? MAC_TABLE_MIN_MAX
           : n > MAC_TABLE_MAX_MAX ? MAC_TABLE_MAX_MAX
                                   : (size_t) n;
}

static void
set_local_mac(const struct bridge_state *state, struct eth_addr mac)
{
    const struct iface *local = interface_row_find(state, state->name);
    struct eth_addr old;
    if (local && local->netdev && !netdev_get_mac(local->netdev, &old)
        && !eth_addr_equal(old, mac)) {
        int error = netdev_set_mac(local->netdev, mac);
        if (error) {
            static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
            log_err_rl(&rl,
                       "bridge %s: failed to set bridge Ethernet address: %s",
                       state->name, strerror(error));
        }
    }
}

void
bridge_row_configure(struct vswitchd *v, struct bridge_state *state,
                     const struct vswitch_bridge *row)
{
    unsupported_check_bridge(v, row);
    state->mac = choose_mac(state, row);
    set_local_mac(state, state->mac);
    uint64_t datapath_id = choose_datapath_id(row, state->mac);
    if (datapath_id != state->datapath_id) {
        state->datapath_id = datapath_id;
        log_info("bridge %s: using datapath ID %016" PRIx64, state->name,
                 datapath_id);
    }

    struct control_target *targets;
    size_t n_targets = controller_row_collect(v, row, &targets);
    CLEANUP(str_uninit) struct str snoop = STR_INITIALIZER;
    str_putf(&snoop, "punix:%s/%s.snoop", dirs_rundir(), state->name);
    const char *const snoops[] = { str_text(&snoop) };
    unsigned long *flood_vlans = row_vlans(&row->flood_vlans);
    const struct datum *other = &row->other_config;
    bridge_set_config(
        state->bridge,
        &(struct bridge_config){
            .mac = state->mac,
            .datapath_id = datapath_id,
            .fail_secure = row->fail_mode && !strcmp(row->fail_mode, "secure"),
            .forward_bpdu = row_get_boolean(other, "forward-bpdu", false),
            .mac_age_s = (unsigned int) row_get_integer(
                other, "mac-aging-time", MAC_TABLE_DEFAULT_AGE_S),
            .mac_table_size = clamp_table_size(row_get_integer(
                other, "mac-table-size", MAC_TABLE_DEFAULT_MAX)),
            .flood_vlans = flood_vlans,
            .versions = collect_versions(row),
            .serial_desc = row_get(other, "dp-sn", NULL),
            .dp_desc = row_get(other, "dp-desc", NULL),
            .controllers = targets,
            .n_controllers = n_targets,
            .snoops = snoops,
            .n_snoops = 1,
        });
    free(flood_vlans);
    free(targets);
}
