/* The set of bridges, and a bridge as a whole: its parts are in port.c,
 * bundle.c, backer.c and openflow.c. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/flow/extract.h"
#include "switch/bridge/bridge_private.h"
#include "sys/thread/rcu.h"

struct bridges *
bridges_create(struct loop *loop)
{
    struct bridges *bridges = xzalloc(sizeof *bridges);
    bridges->loop = loop;
    strmap_init(&bridges->by_name);
    list_init(&bridges->backers);
    bridges->upcall_config = (struct upcall_config) UPCALL_CONFIG_DEFAULT;
    bridges->vlan_limit = 1;
    flow_set_vlan_limit(bridges->vlan_limit);
    strmap_init(&bridges->datapath_config);
    if (!netdev_find_driver(bridge_patch_driver.type)) {
        netdev_register_driver(&bridge_patch_driver);
    }
    bridges->netdev_observer.changed = bridge_netdev_changed;
    bridges->netdev_observer.aux = bridges;
    netdev_add_observer(&bridges->netdev_observer);
    return bridges;
}

void
bridges_destroy(struct bridges *bridges, bool release)
{
    if (!bridges) {
        return;
    }
    struct backer *backer;
    if (release) {
        LIST_FOR_EACH (backer, node, &bridges->backers) {
            backer->datapath->ops->destroy_at_close(backer->datapath);
        }
    }
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, &bridges->by_name) {
        bridge_destroy(node->data);
    }
    strmap_uninit(&bridges->by_name);
    netdev_remove_observer(&bridges->netdev_observer);
    strmap_uninit_free(&bridges->datapath_config);
    free(bridges);
}

struct bridge *
bridges_find(const struct bridges *bridges, const char *name)
{
    return strmap_get(&bridges->by_name, name);
}

struct bridge **
bridges_sorted(const struct bridges *bridges, size_t *np)
{
    size_t n = strmap_count(&bridges->by_name);
    struct strmap_node **nodes = strmap_sort(&bridges->by_name);
    struct bridge **sorted = xmalloc((n + 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = nodes[i]->data;
    }
    free(nodes);
    *np = n;
    return sorted;
}

void
bridges_publish(struct bridges *bridges)
{
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        backer_publish(backer);
        upcall_run(backer->upcall);
    }
}

void
bridges_set_upcall_config(struct bridges *bridges,
                          const struct upcall_config *config)
{
    bridges->upcall_config = *config;
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        upcall_set_config(backer->upcall, config);
    }
}

bool
bridges_await_traffic(struct bridges *bridges, loop_callback *traffic,
                      void *arg)
{
    bool quiet = true;
    bridges->traffic = traffic;
    bridges->traffic_arg = arg;
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        quiet &= upcall_await_traffic(backer->upcall);
    }
    if (!quiet) {
        bridges->traffic = NULL;
    }
    return quiet;
}

void
bridges_set_vlan_limit(struct bridges *bridges, uint32_t limit)
{
    if (bridges->vlan_limit == limit) {
        return;
    }
    bridges->vlan_limit = limit;
    flow_set_vlan_limit(limit);
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        backer_changed(backer);
    }
}

void
bridges_set_datapath_config(struct bridges *bridges,
                            const struct strmap *config)
{
    strmap_uninit_free(&bridges->datapath_config);
    strmap_init(&bridges->datapath_config);
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, config) {
        strmap_add(&bridges->datapath_config, node->name, xstrdup(node->data));
    }
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        backer->datapath->ops->set_config(backer->datapath, config);
    }
}

struct error *
bridge_create(struct bridges *bridges, const char *name,
              const char *datapath_type, struct bridge **bridgep)
{
    *bridgep = NULL;
    struct backer *backer;
    struct error *error = backer_open(
        bridges, *datapath_type ? datapath_type : "system", &backer);
    if (error) {
        return error;
    }

    struct bridge *bridge = xzalloc(sizeof *bridge);
    bridge->bridges = bridges;
    bridge->backer = backer;
    bridge->name = xstrdup(name);
    bridge->pipeline = pipeline_create();
    bridge->mac_table = mac_table_create();
    hmap_init(&bridge->ports);
    strmap_init(&bridge->port_names);
    hmap_init(&bridge->old_ofports);
    list_init(&bridge->bundles);
    strmap_init(&bridge->bundle_names);
    hmap_init(&bridge->bundle_ids);
    strmap_add(&bridges->by_name, name, bridge);
    upcall_add_bridge(backer->upcall, bridge->pipeline, bridge->mac_table);
    bridge->control = bridge_create_control(bridge);
    backer_changed(backer);
    *bridgep = bridge;
    return NULL;
}

void
bridge_destroy(struct bridge *bridge)
{
    if (!bridge) {
        return;
    }
    struct backer *backer = bridge->backer;
    control_destroy(bridge->control);
    bridge->control = NULL;
    struct bridge_bundle *bundle, *next_bundle;
    LIST_FOR_EACH_SAFE (bundle, next_bundle, node, &bridge->bundles) {
        bridge_bundle_destroy(bridge, bundle);
    }
    struct bridge_port *port, *next_port;
    HMAP_FOR_EACH_SAFE (port, next_port, ofport_node, &bridge->ports) {
        bridge_port_destroy(port);
    }
    strmap_find_and_delete(&bridge->bridges->by_name, bridge->name);
    /* No snapshot may name the tables any more when they go. */
    backer_publish(backer);
    upcall_run(backer->upcall);
    upcall_remove_bridge(backer->upcall, bridge->pipeline, bridge->mac_table);
    backer_release(backer);
    rcu_synchronize();
    pipeline_destroy(bridge->pipeline);
    mac_table_destroy(bridge->mac_table);

    struct bridge_old_ofport *old, *next_old;
    HMAP_FOR_EACH_SAFE (old, next_old, node, &bridge->old_ofports) {
        free(old);
    }
    hmap_uninit(&bridge->old_ofports);
    hmap_uninit(&bridge->ports);
    strmap_uninit(&bridge->port_names);
    strmap_uninit(&bridge->bundle_names);
    hmap_uninit(&bridge->bundle_ids);
    free(bridge->name);
    free(bridge);
}

void
bridge_set_config(struct bridge *bridge, const struct bridge_config *config)
{
    mac_table_set_age(bridge->mac_table, config->mac_age_s);
    mac_table_set_max_entries(bridge->mac_table, config->mac_table_size);
    mac_table_set_flood_vlans(bridge->mac_table, config->flood_vlans);
    if (bridge->fail_secure != config->fail_secure
        || bridge->forward_bpdu != config->forward_bpdu) {
        bridge->fail_secure = config->fail_secure;
        bridge->forward_bpdu = config->forward_bpdu;
        backer_changed(bridge->backer);
    }
    bridge->mac = config->mac;
    bridge->datapath_id = config->datapath_id;
    control_set_config(bridge->control,
                       &(struct control_config){
                           .datapath_id = config->datapath_id,
                           .fail_secure = config->fail_secure,
                           .versions = config->versions,
                           .mfr_desc = config->mfr_desc,
                           .hw_desc = config->hw_desc,
                           .sw_desc = config->sw_desc,
                           .serial_desc = config->serial_desc,
                           .dp_desc = config->dp_desc,
                           .controllers = config->controllers,
                           .n_controllers = config->n_controllers,
                           .snoops = config->snoops,
                           .n_snoops = config->n_snoops,
                       });
}

const char *
bridge_name(const struct bridge *bridge)
{
    return bridge->name;
}

const char *
bridge_datapath_type(const struct bridge *bridge)
{
    return bridge->backer->type;
}

struct control *
bridge_control(const struct bridge *bridge)
{
    return bridge->control;
}

void
bridge_set_table(struct bridge *bridge, uint8_t table_id,
                 const struct pipeline_table_config *config)
{
    pipeline_set_table(bridge->pipeline, table_id, config);
}
