/* Building and searching snapshots of the configuration. */

#include "switch/translate/forwarding.h"

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/mem.h"
#include "switch/pipeline/rule.h"

struct forwarding *
forwarding_create(const char *datapath_name,
                  const struct datapath_support *support)
{
    struct forwarding *f = xzalloc(sizeof *f);
    list_init(&f->bridges);
    hmap_init(&f->odp_ports);
    f->support = *support;
    f->datapath_name = xstrdup(datapath_name);
    return f;
}

static void
destroy_bridge(struct forwarding_bridge *b)
{
    struct forwarding_port *port, *next_port;
    HMAP_FOR_EACH_SAFE (port, next_port, ofport_node, &b->ports) {
        rule_counters_unref(port->rx);
        rule_counters_unref(port->tx);
        free(port->name);
        free(port);
    }
    struct forwarding_bundle *bundle, *next_bundle;
    LIST_FOR_EACH_SAFE (bundle, next_bundle, bridge_node, &b->bundles) {
        free(bundle->name);
        free(bundle->trunks);
        free(bundle->cvlans);
        free(bundle);
    }
    hmap_uninit(&b->ports);
    hmap_uninit(&b->bundle_ids);
    port_names_uninit(&b->names);
    free(b->name);
    free(b);
}

void
forwarding_destroy(struct forwarding *f)
{
    if (!f) {
        return;
    }
    struct forwarding_bridge *b, *next;
    LIST_FOR_EACH_SAFE (b, next, node, &f->bridges) {
        destroy_bridge(b);
    }
    hmap_uninit(&f->odp_ports);
    free(f->datapath_name);
    free(f);
}

struct forwarding_bridge *
forwarding_add_bridge(struct forwarding *f, const char *name,
                      struct pipeline *pipeline, struct mac_table *mac_table)
{
    struct forwarding_bridge *b = xzalloc(sizeof *b);
    list_push_back(&f->bridges, &b->node);
    b->forwarding = f;
    b->name = xstrdup(name);
    b->pipeline = pipeline;
    b->mac_table = mac_table;
    hmap_init(&b->ports);
    hmap_init(&b->bundle_ids);
    list_init(&b->bundles);
    port_names_init(&b->names);
    return b;
}

struct forwarding_bundle *
forwarding_add_bundle(struct forwarding_bridge *b, const char *name,
                      uint32_t id)
{
    struct forwarding_bundle *bundle = xzalloc(sizeof *bundle);
    bundle->bridge = b;
    bundle->name = xstrdup(name);
    bundle->id = id;
    bundle->vlan_mode = FORWARDING_VLAN_TRUNK;
    bundle->qinq_ethtype = 0x88a8;
    bundle->floodable = true;
    list_init(&bundle->ports);
    list_push_back(&b->bundles, &bundle->bridge_node);
    hmap_add(&b->bundle_ids, &bundle->id_node, hash_u32(id, 0));
    return bundle;
}

struct forwarding_port *
forwarding_add_port(struct forwarding_bridge *b,
                    struct forwarding_bundle *bundle, const char *name,
                    uint32_t ofport, uint32_t odp_port)
{
    struct forwarding_port *port = xzalloc(sizeof *port);
    port->bridge = b;
    port->bundle = bundle;
    port->name = xstrdup(name);
    port->ofport = ofport;
    port->odp_port = odp_port;
    port->may_enable = true;
    port->stp_learns = true;
    port->stp_forwards = true;
    hmap_add(&b->ports, &port->ofport_node, hash_u32(ofport, 0));
    if (odp_port != ODP_PORT_NONE) {
        hmap_add(&b->forwarding->odp_ports, &port->odp_node,
                 hash_u32(odp_port, 0));
    }
    if (bundle) {
        list_push_back(&bundle->ports, &port->bundle_node);
    }
    port_names_add(&b->names, ofport, name);
    return port;
}

void
forwarding_join_patches(struct forwarding_port *a, struct forwarding_port *b)
{
    a->is_patch = b->is_patch = true;
    a->peer = b;
    b->peer = a;
}

void
forwarding_finish(struct forwarding *f)
{
    struct forwarding_bridge *b;
    LIST_FOR_EACH (b, node, &f->bridges) {
        struct forwarding_bundle *bundle;
        LIST_FOR_EACH (bundle, bridge_node, &b->bundles) {
            struct forwarding_port *port;
            LIST_FOR_EACH (port, bundle_node, &bundle->ports) {
                if (port->config & FORWARDING_NO_FLOOD
                    || !port->stp_forwards) {
                    bundle->floodable = false;
                }
            }
        }
    }
}

struct forwarding_bridge *
forwarding_find_bridge(const struct forwarding *f, const char *name)
{
    struct forwarding_bridge *b;
    LIST_FOR_EACH (b, node, &f->bridges) {
        if (!strcmp(b->name, name)) {
            return b;
        }
    }
    return NULL;
}

struct forwarding_port *
forwarding_find_ofport(const struct forwarding_bridge *b, uint32_t ofport)
{
    struct forwarding_port *port;
    HMAP_FOR_EACH_WITH_HASH (port, ofport_node, hash_u32(ofport, 0),
                             &b->ports) {
        if (port->ofport == ofport) {
            return port;
        }
    }
    return NULL;
}

struct forwarding_port *
forwarding_find_odp_port(const struct forwarding *f, uint32_t odp_port)
{
    struct forwarding_port *port;
    HMAP_FOR_EACH_WITH_HASH (port, odp_node, hash_u32(odp_port, 0),
                             &f->odp_ports) {
        if (port->odp_port == odp_port) {
            return port;
        }
    }
    return NULL;
}

struct forwarding_bundle *
forwarding_find_bundle(const struct forwarding_bridge *b, uint32_t id)
{
    struct forwarding_bundle *bundle;
    HMAP_FOR_EACH_WITH_HASH (bundle, id_node, hash_u32(id, 0),
                             &b->bundle_ids) {
        if (bundle->id == id) {
            return bundle;
        }
    }
    return NULL;
}

bool
forwarding_bundle_trunks_vlan(const struct forwarding_bundle *b, uint16_t vlan)
{
    return !b->trunks || (vlan < 4096 && bitmap_is_set(b->trunks, vlan));
}
