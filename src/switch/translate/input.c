/* What comes in: the port's bundle, and the VLANs that a frame is in.
 *
 * IEEE 802.1Q-2014 §6.9 (ingress and egress of VLAN tags) and §15 (provider
 * bridges: dot1q-tunnel); vlan_mode of the Port table. */

#include "base/bitmap.h"
#include "net/packet/headers.h"
#include "switch/translate/translate_private.h"

void
xvlan_from_flow(const struct flow *flow, struct xvlan *xvlan)
{
    memset(xvlan, 0, sizeof *xvlan);
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        uint16_t tci = be16_to_host(flow->vlans[i].tci);
        if (!eth_type_is_vlan(flow->vlans[i].tpid) || !(tci & VLAN_CFI)) {
            break;
        }
        xvlan->tags[i].tpid = be16_to_host(flow->vlans[i].tpid);
        xvlan->tags[i].vid = tci & VLAN_VID_MASK;
        xvlan->tags[i].pcp = tci >> VLAN_PCP_SHIFT;
    }
}

void
xvlan_to_flow(const struct xvlan *xvlan, struct flow *flow)
{
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        const struct xvlan_tag *tag = &xvlan->tags[i];
        if (tag->tpid) {
            flow->vlans[i].tpid = be16_from_host(tag->tpid);
            flow->vlans[i].tci = be16_from_host(tag->vid | VLAN_CFI
                                                | tag->pcp << VLAN_PCP_SHIFT);
        } else {
            flow->vlans[i].tpid = 0;
            flow->vlans[i].tci = 0;
        }
    }
}

static bool
cvlan_ok(const struct forwarding_bundle *b, uint16_t vid)
{
    return !b->cvlans || bitmap_is_set(b->cvlans, vid);
}

bool
xvlan_input_ok(struct translator *t, const struct forwarding_bundle *b,
               uint16_t vid)
{
    switch (b->vlan_mode) {
    case FORWARDING_VLAN_ACCESS:
        if (vid) {
            translator_report(t, TRACE_ERROR,
                              "dropping VLAN %u tagged packet received on "
                              "port %s configured as VLAN %d access port",
                              vid, b->name, b->vlan);
            return false;
        }
        return true;
    case FORWARDING_VLAN_NATIVE_TAGGED:
    case FORWARDING_VLAN_NATIVE_UNTAGGED:
        if (!vid) {
            return true; /* The native VLAN is always carried. */
        }
        FALLTHROUGH;
    case FORWARDING_VLAN_TRUNK:
        if (!forwarding_bundle_trunks_vlan(b, vid)) {
            translator_report(t, TRACE_ERROR,
                              "dropping VLAN %u packet received on port %s "
                              "not configured for trunking VLAN %u",
                              vid, b->name, vid);
            return false;
        }
        return true;
    case FORWARDING_VLAN_DOT1Q_TUNNEL:
        if (!cvlan_ok(b, vid)) {
            translator_report(t, TRACE_ERROR,
                              "dropping VLAN %u packet received on "
                              "dot1q-tunnel port %s that excludes this VLAN",
                              vid, b->name);
            return false;
        }
        return true;
    }
    NOT_REACHED();
}

void
xvlan_input(const struct forwarding_bundle *b, const struct xvlan *in,
            struct xvlan *xvlan)
{
    *xvlan = *in;
    switch (b->vlan_mode) {
    case FORWARDING_VLAN_ACCESS:
        memset(xvlan, 0, sizeof *xvlan);
        xvlan->tags[0].tpid =
            in->tags[0].tpid ? in->tags[0].tpid : ETH_TYPE_VLAN_8021Q;
        xvlan->tags[0].vid = b->vlan;
        xvlan->tags[0].pcp = in->tags[0].pcp;
        return;
    case FORWARDING_VLAN_TRUNK:
        return;
    case FORWARDING_VLAN_NATIVE_TAGGED:
    case FORWARDING_VLAN_NATIVE_UNTAGGED:
        if (!in->tags[0].vid) {
            xvlan->tags[0].tpid =
                in->tags[0].tpid ? in->tags[0].tpid : ETH_TYPE_VLAN_8021Q;
            xvlan->tags[0].vid = b->vlan;
        }
        return;
    case FORWARDING_VLAN_DOT1Q_TUNNEL:
        xvlan->tags[1] = in->tags[0];
        xvlan->tags[0].tpid = b->qinq_ethtype;
        xvlan->tags[0].vid = b->vlan;
        xvlan->tags[0].pcp = 0;
        return;
    }
    NOT_REACHED();
}

/* Takes the outermost tag off, or leaves a priority tag in its place. */
static void
untag(const struct forwarding_bundle *b, struct xvlan *out)
{
    struct xvlan_tag tag = out->tags[0];
    memmove(&out->tags[0], &out->tags[1],
            (FLOW_MAX_VLANS - 1) * sizeof out->tags[0]);
    memset(&out->tags[FLOW_MAX_VLANS - 1], 0, sizeof out->tags[0]);
    bool wanted = b->priority_tags == FORWARDING_PRIORITY_TAGS_ALWAYS
                  || (b->priority_tags == FORWARDING_PRIORITY_TAGS_IF_NONZERO
                      && tag.pcp);
    if (wanted && !out->tags[0].tpid) {
        out->tags[0].tpid = tag.tpid ? tag.tpid : ETH_TYPE_VLAN_8021Q;
        out->tags[0].vid = 0;
        out->tags[0].pcp = tag.pcp;
    }
}

void
xvlan_output(const struct forwarding_bundle *b, const struct xvlan *xvlan,
             struct xvlan *out)
{
    *out = *xvlan;
    switch (b->vlan_mode) {
    case FORWARDING_VLAN_ACCESS:
        untag(b, out);
        return;
    case FORWARDING_VLAN_TRUNK:
    case FORWARDING_VLAN_NATIVE_TAGGED:
        if (!xvlan->tags[0].vid) {
            untag(b, out); /* Was untagged or only priority tagged. */
        }
        return;
    case FORWARDING_VLAN_NATIVE_UNTAGGED:
        if (!xvlan->tags[0].vid || xvlan->tags[0].vid == b->vlan) {
            untag(b, out);
        }
        return;
    case FORWARDING_VLAN_DOT1Q_TUNNEL:
        memmove(&out->tags[0], &out->tags[1],
                (FLOW_MAX_VLANS - 1) * sizeof out->tags[0]);
        memset(&out->tags[FLOW_MAX_VLANS - 1], 0, sizeof out->tags[0]);
        return;
    }
    NOT_REACHED();
}

bool
xvlan_in_bundle(const struct forwarding_bundle *b, const struct xvlan *xvlan)
{
    uint16_t vid = xvlan->tags[0].vid;
    switch (b->vlan_mode) {
    case FORWARDING_VLAN_ACCESS:
        return vid == b->vlan && !xvlan->tags[1].tpid;
    case FORWARDING_VLAN_TRUNK:
        return forwarding_bundle_trunks_vlan(b, vid);
    case FORWARDING_VLAN_NATIVE_TAGGED:
    case FORWARDING_VLAN_NATIVE_UNTAGGED:
        /* VLAN 0 would come back as the native one. */
        return vid == b->vlan
               || (vid && forwarding_bundle_trunks_vlan(b, vid));
    case FORWARDING_VLAN_DOT1Q_TUNNEL:
        return vid == b->vlan && cvlan_ok(b, xvlan->tags[1].vid);
    }
    NOT_REACHED();
}

const struct forwarding_bundle *
translator_in_bundle(struct translator *t, uint32_t in_port,
                     const struct forwarding_port **portp)
{
    static const struct forwarding_bundle controller = {
        .vlan_mode = FORWARDING_VLAN_TRUNK,
        .id = MAC_TABLE_NO_PORT,
    };
    const struct forwarding_port *port =
        forwarding_find_ofport(t->bridge, in_port);
    *portp = port;
    if (port && port->bundle) {
        return port->bundle;
    }
    if (in_port == OFPP_NONE || in_port == OFPP_CONTROLLER) {
        return &controller; /* A packet-out: from nowhere, in any VLAN. */
    }
    translator_report(t, TRACE_ERROR, "received packet on unknown port %u",
                      in_port);
    return NULL;
}
