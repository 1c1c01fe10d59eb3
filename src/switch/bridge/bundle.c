/* Bundles: the ports that VLANs and MAC learning know. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/bridge/bridge_private.h"

static struct bridge_bundle *
find_bundle(const struct bridge *bridge, const char *name)
{
    return strmap_get(&bridge->bundle_names, name);
}

static bool
has_bundle_id(const struct bridge *bridge, uint32_t id)
{
    return hmap_first_with_hash(&bridge->bundle_ids, hash_u32(id, 0)) != NULL;
}

static struct bridge_bundle *
create_bundle(struct bridge *bridge, const char *name)
{
    struct bridge_bundle *bundle = xzalloc(sizeof *bundle);
    bundle->name = xstrdup(name);
    do {
        bundle->id = bridge->next_bundle_id++;
    } while (bundle->id == MAC_TABLE_NO_PORT
             || has_bundle_id(bridge, bundle->id));
    list_init(&bundle->ports);
    list_push_back(&bridge->bundles, &bundle->node);
    strmap_add(&bridge->bundle_names, bundle->name, bundle);
    hmap_add(&bridge->bundle_ids, &bundle->id_node, hash_u32(bundle->id, 0));
    return bundle;
}

/* Leaves the bundle without ports. */
static void
empty_bundle(struct bridge_bundle *bundle)
{
    struct bridge_port *port, *next;
    LIST_FOR_EACH_SAFE (port, next, bundle_node, &bundle->ports) {
        list_remove(&port->bundle_node);
        port->bundle = NULL;
    }
}

void
bridge_bundle_destroy(struct bridge *bridge, struct bridge_bundle *bundle)
{
    empty_bundle(bundle);
    mac_table_flush_port(bridge->mac_table, bundle->id);
    list_remove(&bundle->node);
    strmap_find_and_delete(&bridge->bundle_names, bundle->name);
    hmap_remove(&bridge->bundle_ids, &bundle->id_node);
    backer_changed(bridge->backer);
    free(bundle->trunks);
    free(bundle->cvlans);
    free(bundle->name);
    free(bundle);
}

static bool
vlans_equal(const unsigned long *a, const unsigned long *b)
{
    return a && b ? !memcmp(a, b, VLANS_SIZE) : a == b;
}

/* Copies 'vlans' to '*ownp'; true if that is a change. */
static bool
set_vlans(unsigned long **ownp, const unsigned long *vlans)
{
    if (vlans_equal(*ownp, vlans)) {
        return false;
    }
    free(*ownp);
    *ownp = vlans ? xmemdup(vlans, VLANS_SIZE) : NULL;
    return true;
}

/* Where learned addresses belong to is another matter after this: true if
 * something changed. */
static bool
set_vlan_config(struct bridge_bundle *bundle,
                const struct bridge_bundle_config *config)
{
    struct bridge_bundle_config *own = &bundle->config;
    bool changed = own->vlan_mode != config->vlan_mode
                   || own->vlan != config->vlan
                   || own->qinq_ethtype != config->qinq_ethtype;
    changed |= set_vlans(&bundle->trunks, config->trunks);
    changed |= set_vlans(&bundle->cvlans, config->cvlans);
    own->vlan_mode = config->vlan_mode;
    own->vlan = config->vlan;
    own->qinq_ethtype = config->qinq_ethtype;
    own->priority_tags = config->priority_tags;
    own->is_protected = config->is_protected;
    return changed;
}

static bool
has_ports(const struct bridge_bundle *bundle,
          const struct bridge_bundle_config *config)
{
    size_t i = 0;
    const struct bridge_port *port;
    LIST_FOR_EACH (port, bundle_node, &bundle->ports) {
        if (i >= config->n_ports || strcmp(port->name, config->ports[i])) {
            return false;
        }
        i++;
    }
    return i == config->n_ports;
}

void
bridge_set_bundle(struct bridge *bridge,
                  const struct bridge_bundle_config *config)
{
    struct bridge_bundle *bundle = find_bundle(bridge, config->name);
    if (!bundle) {
        bundle = create_bundle(bridge, config->name);
    }
    bool changed = set_vlan_config(bundle, config);
    if (!has_ports(bundle, config)) {
        empty_bundle(bundle);
        for (size_t i = 0; i < config->n_ports; i++) {
            struct bridge_port *port =
                bridge_port_by_name(bridge, config->ports[i]);
            if (!port) {
                continue;
            }
            if (port->bundle) {
                list_remove(&port->bundle_node);
            }
            port->bundle = bundle;
            list_push_back(&bundle->ports, &port->bundle_node);
        }
    }
    if (changed) {
        mac_table_flush_port(bridge->mac_table, bundle->id);
    }
    backer_changed(bridge->backer);
}

void
bridge_remove_bundle(struct bridge *bridge, const char *name)
{
    struct bridge_bundle *bundle = find_bundle(bridge, name);
    if (bundle) {
        bridge_bundle_destroy(bridge, bundle);
    }
}
