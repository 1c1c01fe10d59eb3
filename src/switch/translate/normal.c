/* The action "normal": a learning switch with VLANs.
 *
 * IEEE 802.1Q-2014 §8.6 (forwarding), §8.7 (learning). */

#include "net/packet/headers.h"
#include "switch/translate/translate_private.h"

/* Destinations that no bridge forwards: 802.1Q-2014 table 8-1 and protocols
 * of vendors; other_config:forward-bpdu of the Bridge table lists them. */
static bool
is_reserved_destination(struct eth_addr mac)
{
    static const struct {
        uint64_t mac, mask;
    } reserved[] = {
        { 0x0180c2000000, 0xfffffffffff0 }, /* STP, pause, LACP, LLDP... */
        { 0x00e02b000000, 0xffffffffffff }, /* Extreme discovery. */
        { 0x00e02b000004, 0xffffffffffff }, /* EAPS. */
        { 0x00e02b000006, 0xffffffffffff }, /* EAPS. */
        { 0x01000c000000, 0xffffffffffff }, /* Inter-switch link. */
        { 0x01000cccccc0, 0xfffffffffff0 }, /* CDP, VTP, PVST+, CFM... */
        { 0x01000ccdcdcd, 0xffffffffffff }, /* STP uplink fast. */
    };

    uint64_t x = eth_addr_to_u64(mac);
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if ((x & reserved[i].mask) == reserved[i].mac) {
            return true;
        }
    }
    return false;
}

/* An ARP packet that says where its own sender is: a broadcast reply, or a
 * request for the sender's own address. */
static bool
is_gratuitous_arp(struct translator *t)
{
    const struct flow *flow = &t->flow;
    if (flow->dl_type != BE16_CONST(ETH_TYPE_ARP)
        || !eth_addr_is_broadcast(flow->dl_dst)) {
        return false;
    }
    field_mask_set(field_from_id(FIELD_ARP_OP), t->mask);
    if (flow->nw_proto == ARP_OP_REPLY) {
        return true;
    }
    if (flow->nw_proto == ARP_OP_REQUEST) {
        t->mask->bits.nw_src = BE32_MAX;
        t->mask->bits.nw_dst = BE32_MAX;
        return flow->nw_src == flow->nw_dst;
    }
    return false;
}

static void
learn_source(struct translator *t, const struct forwarding_bundle *in,
             uint16_t vlan)
{
    struct mac_table_frame frame = {
        .mac = t->flow.dl_src,
        .vlan = vlan,
        .port = in->id,
        .gratuitous = is_gratuitous_arp(t),
        .on_bond =
            !list_is_empty(&in->ports) && !list_is_singleton(&in->ports),
    };
    translator_depend_on_mac(t, vlan, frame.mac);
    uint64_t generation = mac_table_generation(t->bridge->mac_table, in->id);
    bool change = mac_table_would_change(t->bridge->mac_table, &frame,
                                         t->request->now_ms);
    if (change && t->request->trace && t->request->trace->side_effects) {
        translator_report(t, TRACE_DETAIL,
                          "learned that " ETH_ADDR_FMT " is on port %s in "
                          "VLAN %d",
                          ETH_ADDR_ARGS(frame.mac), in->name, vlan);
    }
    struct translate_effect *effect =
        translator_add_effect(t, TRANSLATE_LEARN_MAC);
    effect->mac_table = t->bridge->mac_table;
    effect->u.mac = frame;
    effect->mac_generation = generation;
    translator_effect_done(t);
}

/* Sends out of the bundle with the tags that it wants. */
static void
output_to_bundle(struct translator *t, const struct forwarding_bundle *b,
                 const struct xvlan *xvlan)
{
    const struct forwarding_port *port, *chosen = NULL;
    LIST_FOR_EACH (port, bundle_node, &b->ports) {
        if (!chosen || (port->may_enable && !chosen->may_enable)) {
            chosen = port;
        }
    }
    if (!chosen) {
        return;
    }
    struct xvlan out;
    struct flow_vlan saved[FLOW_MAX_VLANS];
    memcpy(saved, t->flow.vlans, sizeof saved);
    xvlan_output(b, xvlan, &out);
    xvlan_to_flow(&out, &t->flow);
    translator_output_port(t, chosen->ofport);
    memcpy(t->flow.vlans, saved, sizeof saved);
}

static void
flood(struct translator *t, const struct forwarding_bundle *in,
      const struct xvlan *xvlan)
{
    const struct forwarding_bundle *b;
    LIST_FOR_EACH (b, bridge_node, &t->bridge->bundles) {
        if (b != in && b->floodable && !b->is_mirror_out
            && xvlan_in_bundle(b, xvlan)) {
            output_to_bundle(t, b, xvlan);
        }
    }
    t->out->nf_output = OFPP_FLOOD;
}

static void
forward(struct translator *t, const struct forwarding_bundle *in,
        const struct xvlan *xvlan)
{
    uint16_t vlan = xvlan->tags[0].vid;
    struct mac_table_entry entry;
    translator_depend_on_mac(t, vlan, t->flow.dl_dst);
    bool found =
        mac_table_find(t->bridge->mac_table, vlan, t->flow.dl_dst, &entry);
    const struct forwarding_bundle *b =
        found ? forwarding_find_bundle(t->bridge, entry.port) : NULL;
    if (!b) {
        /* Not learned, or on a port that is just going away. */
        translator_report(t, TRACE_DETAIL,
                          "no learned MAC for destination, flooding");
        flood(t, in, xvlan);
    } else if (b == in) {
        translator_report(t, TRACE_DETAIL,
                          "learned port is input port, dropping");
    } else if (b->is_mirror_out) {
        translator_report(t, TRACE_DETAIL,
                          "learned port is a mirror port, dropping");
    } else {
        translator_report(t, TRACE_DETAIL, "forwarding to learned port");
        output_to_bundle(t, b, xvlan);
    }
}

/* Whether a frame on 'in' is switched at all; reports if not. */
static bool
is_admissible(struct translator *t, const struct forwarding_bundle *in,
              const struct forwarding_port *port, const struct xvlan *xvlan)
{
    const struct flow *flow = &t->flow;
    if (in->is_mirror_out) {
        translator_report(t, TRACE_ERROR,
                          "dropping packet received on port %s, which is "
                          "reserved exclusively for mirroring",
                          in->name);
        translator_report(t, TRACE_WARN,
                          "input port is mirror output port, dropping");
        return false;
    }
    if (!xvlan_input_ok(t, in, xvlan->tags[0].vid)) {
        translator_report(t, TRACE_WARN,
                          "disallowed VLAN VID for this input port, "
                          "dropping");
        return false;
    }
    if (port && !t->bridge->forward_bpdu
        && is_reserved_destination(flow->dl_dst)) {
        translator_report(t, TRACE_DETAIL,
                          "packet has reserved destination MAC, dropping");
        return false;
    }
    return true;
}

void
translator_normal(struct translator *t)
{
    struct flow *flow = &t->flow;
    t->mask->bits.dl_src = eth_addr_from_u64(UINT64_MAX);
    t->mask->bits.dl_dst = eth_addr_from_u64(UINT64_MAX);
    if (flow->vlans[0].tci) {
        t->mask->bits.vlans[0].tpid = BE16_MAX;
        t->mask->bits.vlans[0].tci |=
            BE16_CONST(VLAN_VID_MASK) | BE16_CONST(VLAN_CFI);
    }

    const struct forwarding_port *port;
    const struct forwarding_bundle *in =
        translator_in_bundle(t, flow->in_port, &port);
    if (!in) {
        translator_report(t, TRACE_WARN, "no input bundle, dropping");
        return;
    }
    if (eth_type_is_vlan(flow->dl_type) && !(flow->vlans[0].tci)) {
        translator_report(t, TRACE_ERROR,
                          "dropping packet with partial VLAN tag received on "
                          "port %s",
                          in->name ? in->name : "CONTROLLER");
        translator_report(t, TRACE_WARN, "partial VLAN tag, dropping");
        return;
    }
    struct xvlan in_xvlan, xvlan;
    xvlan_from_flow(flow, &in_xvlan);
    if (!is_admissible(t, in, port, &in_xvlan)) {
        return;
    }
    xvlan_input(in, &in_xvlan, &xvlan);
    if (port && port->stp_learns) {
        learn_source(t, in, xvlan.tags[0].vid);
    }
    forward(t, in, &xvlan);
}
