/* From the database to bridges: wanted against actual, table by table. */

#include <string.h>

#include "rpc/stream/tls.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

static const char *
wanted_type(const struct vswitch_bridge *row)
{
    return row->datapath_type ? row->datapath_type : "";
}

/* The state of the bridge that 'row' describes, created if need be; NULL if
 * it cannot be. */
static struct bridge_state *
want_bridge(struct vswitchd *v, const struct vswitch_bridge *row)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    if (strchr(row->name, '/')) {
        /* The name becomes part of a socket's. */
        log_warn_rl(&rl,
                    "ignoring bridge with invalid name \"%s\" to prevent "
                    "directory traversal",
                    row->name);
        return NULL;
    }
    struct bridge_state *state = strmap_get(&v->states, row->name);
    if (state && state->wanted) {
        log_warn_rl(&rl, "bridge %s specified twice", row->name);
        return NULL;
    }
    if (!state) {
        state = bridge_row_add(v, row);
    }
    if (state) {
        state->wanted = true;
        state->uuid = row->row.uuid;
    }
    return state;
}

static void
remove_unwanted(struct vswitchd *v)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &v->states) {
        struct bridge_state *state = node->data;
        if (!state->wanted) {
            bridge_row_remove(v, state);
        }
    }
}

/* Bridges and ports that must go, go first, so that a device can move between
 * bridges in one transaction. */
static void
remove_old(struct vswitchd *v, const struct vswitch_open_vswitch *cfg)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &v->states) {
        struct bridge_state *state = node->data;
        state->wanted = false;
        for (size_t i = 0; cfg && i < cfg->n_bridges; i++) {
            const struct vswitch_bridge *row = cfg->bridges[i];
            if (!strcmp(row->name, state->name)
                && !strcmp(state->datapath_type, wanted_type(row))) {
                state->wanted = true;
                port_row_remove_old(state, row);
            }
        }
    }
    remove_unwanted(v);
    STRMAP_FOR_EACH (node, &v->states) {
        struct bridge_state *state = node->data;
        state->wanted = false;
    }
}

static void
configure_tls(const struct vswitch_ssl *ssl)
{
    if (ssl) {
        tls_set_private_key(ssl->private_key);
        tls_set_certificate(ssl->certificate);
        tls_set_ca_cert(ssl->ca_cert, ssl->bootstrap_ca_cert);
    }
}

static void
configure_switch(struct vswitchd *v, const struct vswitch_open_vswitch *cfg)
{
    const struct datum *other = &cfg->other_config;
    struct upcall_config config = UPCALL_CONFIG_DEFAULT;
    config.flow_limit =
        (uint32_t) row_get_integer(other, "flow-limit", config.flow_limit);
    config.max_idle_ms =
        (uint32_t) row_get_integer(other, "max-idle", config.max_idle_ms);
    config.max_revalidator_ms = (uint32_t) row_get_integer(
        other, "max-revalidator", config.max_revalidator_ms);
    config.min_revalidate_pps = (uint32_t) row_get_integer(
        other, "min-revalidate-pps", config.min_revalidate_pps);
    bridges_set_upcall_config(v->bridges, &config);
    bridges_set_vlan_limit(v->bridges,
                           (uint32_t) row_get_integer(other, "vlan-limit", 1));
    struct strmap map;
    row_get_map(other, &map);
    bridges_set_datapath_config(v->bridges, &map);
    strmap_uninit_free(&map);
    configure_tls(cfg->ssl);
    unsupported_check_switch(v, cfg);
}

void
reconcile_run(struct vswitchd *v)
{
    const struct vswitch_open_vswitch *cfg = vswitch_open_vswitch_from_row(
        idl_first(v->idl, VSWITCH_TABLE_OPEN_VSWITCH));
    unsupported_begin(v);
    remove_old(v, cfg);
    if (cfg) {
        configure_switch(v, cfg);
        for (size_t i = 0; i < cfg->n_bridges; i++) {
            const struct vswitch_bridge *row = cfg->bridges[i];
            struct bridge_state *state = want_bridge(v, row);
            if (state) {
                flow_table_row_configure(v, state, row);
                port_row_reconcile(v, state, row);
                bridge_row_configure(v, state, row);
            }
        }
        v->applied_cfg = cfg->next_cfg;
    }
    remove_unwanted(v);
    unsupported_end(v);
    bridges_publish(v->bridges);
}

void
reconcile_clear(struct vswitchd *v)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &v->states) {
        bridge_row_remove(v, node->data);
    }
}
