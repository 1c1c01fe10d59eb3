/* Datapaths that bridges share: opening them, snapshots for translation, and
 * packets from their workers to the controllers. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/bridge/bridge_private.h"
#include "sys/log/log.h"
#include "sys/thread/rcu.h"

LOG_MODULE(ofproto_dpif);

static void backer_queue_packet_in(void *, const struct upcall_packet_in *);
static void backer_take_packet_ins(void *backer);
static void backer_tell_traffic(void *backer);

struct error *
backer_open(struct bridges *bridges, const char *type, struct backer **backerp)
{
    *backerp = NULL;
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        if (!strcmp(backer->type, type)) {
            backer->n_bridges++;
            *backerp = backer;
            return NULL;
        }
    }

    CLEANUP(str_uninit) struct str name = STR_INITIALIZER;
    CLEANUP(str_uninit) struct str full_name = STR_INITIALIZER;
    str_putf(&name, "ovs-%s", type);
    str_putf(&full_name, "%s@%s", type, str_text(&name));
    backer = xzalloc(sizeof *backer);
    backer->bridges = bridges;
    backer->type = xstrdup(type);
    mutex_init(&backer->mutex);
    list_init(&backer->packet_ins);
    struct upcall_observer observer = { backer_queue_packet_in,
                                        backer_tell_traffic, backer };
    backer->upcall =
        upcall_create(str_text(&full_name), bridges->loop, &observer);
    struct error *error = datapath_open(
        str_text(&name), type, upcall_datapath_observer(backer->upcall),
        &backer->datapath);
    if (error) {
        upcall_destroy(backer->upcall);
        mutex_uninit(&backer->mutex);
        free(backer->type);
        free(backer);
        return error;
    }
    forward_support(&backer->support);
    loop_task_init(bridges->loop, &backer->publish, backer_publish, backer);
    loop_latch_init(bridges->loop, &backer->latch, backer_take_packet_ins,
                    backer);
    upcall_set_datapath(backer->upcall, backer->datapath);
    upcall_set_config(backer->upcall, &bridges->upcall_config);
    backer->datapath->ops->set_config(backer->datapath,
                                      &bridges->datapath_config);
    backer->n_bridges = 1;
    list_push_back(&bridges->backers, &backer->node);
    *backerp = backer;
    return NULL;
}

void
backer_release(struct backer *backer)
{
    if (--backer->n_bridges) {
        return;
    }
    list_remove(&backer->node);
    loop_task_cancel(&backer->publish);
    datapath_close(backer->datapath);
    upcall_destroy(backer->upcall);
    loop_latch_uninit(&backer->latch);
    struct bridge_packet_in *pin, *next;
    LIST_FOR_EACH_SAFE (pin, next, node, &backer->packet_ins) {
        free(pin->bytes);
        free(pin);
    }
    mutex_uninit(&backer->mutex);
    free(backer->type);
    free(backer);
}

static void
backer_tell_traffic(void *backer)
{
    struct bridges *bridges = ((struct backer *) backer)->bridges;
    if (bridges->traffic) {
        loop_callback *traffic = bridges->traffic;
        bridges->traffic = NULL;
        traffic(bridges->traffic_arg);
    }
}

void
backer_changed(struct backer *backer)
{
    loop_task_schedule(&backer->publish);
}

/* Snapshots. */

static unsigned long *
vlans_clone(const unsigned long *vlans)
{
    return vlans ? xmemdup(vlans, VLANS_SIZE) : NULL;
}

static void
snapshot_port(const struct bridge_port *port, struct forwarding_bundle *bundle,
              struct forwarding_bridge *snapshot)
{
    struct forwarding_port *p = forwarding_add_port(
        snapshot, bundle, port->name, port->ofport, port->odp_port);
    p->config = port->config;
    p->may_enable = port->link_up;
    p->stp_learns = true;
    p->stp_forwards = true;
    p->is_patch = bridge_patch_peer(port->netdev) != NULL;
    if (p->is_patch) {
        p->rx = rule_counters_ref(bridge_patch_rx(port->netdev));
        p->tx = rule_counters_ref(bridge_patch_tx(port->netdev));
    }
    if (bundle && port->config & FORWARDING_NO_FLOOD) {
        bundle->floodable = false;
    }
}

static void
snapshot_bundle(const struct bridge_bundle *bundle,
                struct forwarding_bridge *snapshot)
{
    struct forwarding_bundle *b =
        forwarding_add_bundle(snapshot, bundle->name, bundle->id);
    const struct bridge_bundle_config *config = &bundle->config;
    b->vlan_mode = config->vlan_mode;
    b->priority_tags = config->priority_tags;
    b->vlan = config->vlan;
    b->trunks = vlans_clone(bundle->trunks);
    b->cvlans = vlans_clone(bundle->cvlans);
    b->qinq_ethtype = config->qinq_ethtype;
    b->is_protected = config->is_protected;
    b->floodable = true;
    const struct bridge_port *port;
    LIST_FOR_EACH (port, bundle_node, &bundle->ports) {
        snapshot_port(port, b, snapshot);
    }
}

static void
snapshot_bridge(struct bridge *bridge, struct forwarding *forwarding)
{
    struct forwarding_bridge *snapshot = forwarding_add_bridge(
        forwarding, bridge->name, bridge->pipeline, bridge->mac_table);
    snapshot->owner = bridge;
    snapshot->fail_secure = bridge->fail_secure;
    snapshot->forward_bpdu = bridge->forward_bpdu;
    snapshot->drop_fragments = bridge->drop_fragments;
    snapshot->normal_fragments = !bridge->drop_fragments;
    snapshot->miss_to_controller = control_wants_misses(bridge->control);
    const struct bridge_bundle *bundle;
    LIST_FOR_EACH (bundle, node, &bridge->bundles) {
        snapshot_bundle(bundle, snapshot);
    }
    const struct bridge_port *port;
    HMAP_FOR_EACH (port, ofport_node, &bridge->ports) {
        if (!port->bundle) {
            snapshot_port(port, NULL, snapshot);
        }
        port_names_add(&snapshot->names, port->ofport, port->name);
    }
}

/* Joins 'port' with its peer if that names 'port' in return. */
static void
join_patch(const struct bridge_port *port, const struct forwarding *forwarding)
{
    const struct bridge_port *peer = bridge_patch_other_end(port);
    if (peer) {
        forwarding_join_patches(
            forwarding_find_ofport(
                forwarding_find_bridge(forwarding, port->bridge->name),
                port->ofport),
            forwarding_find_ofport(
                forwarding_find_bridge(forwarding, peer->bridge->name),
                peer->ofport));
    }
}

void
backer_publish(void *backer_)
{
    struct backer *backer = backer_;
    loop_task_cancel(&backer->publish);

    CLEANUP(str_uninit) struct str name = STR_INITIALIZER;
    str_putf(&name, "%s@%s", backer->type, backer->datapath->name);
    struct forwarding *forwarding =
        forwarding_create(str_text(&name), &backer->support);
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &backer->bridges->by_name) {
        struct bridge *bridge = node->data;
        if (bridge->backer == backer) {
            snapshot_bridge(bridge, forwarding);
        }
    }
    STRMAP_FOR_EACH (node, &backer->bridges->by_name) {
        struct bridge *bridge = node->data;
        const struct bridge_port *port;
        HMAP_FOR_EACH (port, ofport_node, &bridge->ports) {
            if (bridge->backer == backer) {
                join_patch(port, forwarding);
            }
        }
    }
    forwarding_finish(forwarding);
    upcall_set_forwarding(backer->upcall, forwarding);
}

/* Packet-ins: copied by workers, delivered by the main thread. */

static void
backer_queue_packet_in(void *backer_, const struct upcall_packet_in *pin)
{
    struct backer *backer = backer_;
    struct bridge_packet_in *copy = xzalloc(sizeof *copy);
    copy->bridge = pin->bridge_owner;
    copy->pin = *pin;
    copy->metadata = *pin->metadata;
    copy->pin.metadata = &copy->metadata;
    copy->bytes = xmalloc(pin->size + pin->userdata_size + 1);
    memcpy(copy->bytes, pin->data, pin->size);
    copy->pin.data = copy->bytes;
    if (pin->userdata_size) {
        memcpy(copy->bytes + pin->size, pin->userdata, pin->userdata_size);
    }
    copy->pin.userdata = copy->bytes + pin->size;
    copy->pin.bridge_name = NULL;

    mutex_lock(&backer->mutex);
    bool room = backer->n_packet_ins < BACKER_MAX_PACKET_INS;
    if (room) {
        list_push_back(&backer->packet_ins, &copy->node);
        backer->n_packet_ins++;
    }
    mutex_unlock(&backer->mutex);
    if (room) {
        loop_latch_set(&backer->latch);
    } else {
        free(copy->bytes);
        free(copy);
    }
}

static bool
backer_has_bridge(const struct backer *backer, const struct bridge *bridge)
{
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &backer->bridges->by_name) {
        if (node->data == bridge) {
            return true;
        }
    }
    return false;
}

static void
backer_take_packet_ins(void *backer_)
{
    struct backer *backer = backer_;
    struct list taken;
    mutex_lock(&backer->mutex);
    list_move(&taken, &backer->packet_ins);
    list_init(&backer->packet_ins);
    backer->n_packet_ins = 0;
    mutex_unlock(&backer->mutex);

    struct bridge_packet_in *pin, *next;
    LIST_FOR_EACH_SAFE (pin, next, node, &taken) {
        if (backer_has_bridge(backer, pin->bridge)) {
            control_packet_in(pin->bridge->control, &pin->pin);
        }
        free(pin->bytes);
        free(pin);
    }
}
