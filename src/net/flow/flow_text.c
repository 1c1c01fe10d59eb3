/* Whole flows, and the masks of megaflows, as text. */

#include <string.h>

#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"

#define CLEAR_IF_ZERO(member)                                        \
    do {                                                             \
        static const __typeof__(flow->member) zero_;                 \
        if (!memcmp(&flow->member, &zero_, sizeof zero_)) {          \
            memset(&mask->bits.member, 0, sizeof mask->bits.member); \
        }                                                            \
    } while (0)

/* Metadata that has its default is not worth a word. */
static void
hide_defaults(const struct flow *flow, struct flow_mask *mask)
{
    CLEAR_IF_ZERO(metadata);
    for (int i = 0; i < FLOW_N_REGS; i++) {
        CLEAR_IF_ZERO(regs[i]);
    }
    CLEAR_IF_ZERO(conj_id);
    CLEAR_IF_ZERO(recirc_id);
    CLEAR_IF_ZERO(dp_hash);
    CLEAR_IF_ZERO(skb_priority);
    CLEAR_IF_ZERO(pkt_mark);
    if (!flow->recirc_id) { /* With one, flows are shown as megaflows are. */
        CLEAR_IF_ZERO(packet_type);
    }
    CLEAR_IF_ZERO(ct_state);
    CLEAR_IF_ZERO(ct_zone);
    CLEAR_IF_ZERO(ct_mark);
    CLEAR_IF_ZERO(ct_label);
    CLEAR_IF_ZERO(ct_nw_proto);
    CLEAR_IF_ZERO(ct_tp_src);
    CLEAR_IF_ZERO(ct_tp_dst);
    if (!flow->ct_nw_proto) {
        memset(&mask->bits.ct_nw_src, 0, 8);
        memset(&mask->bits.ct_ipv6_src, 0, 32);
    }
    if (!flow->actset_output || flow->actset_output == OFPP_UNSET) {
        mask->bits.actset_output = 0;
    }
    if (flow->nw_proto == IP_PROTO_ICMPV6) {
        /* Neighbor discovery's extensions are matched, not shown. */
        mask->bits.igmp_group = 0;
        mask->bits.tcp_flags = 0;
    }
    if (flow->packet_type != PACKET_TYPE_ETHERNET) {
        mask->bits.dl_type = 0;
    }
}

void
flow_format(const struct flow *flow, const struct port_names *names,
            struct str *s)
{
    struct flow_mask mask;
    flow_mask_init_for_packet(&mask, flow);
    if (flow->tunnel.tun_id) {
        mask.bits.tunnel.tun_id = BE64_MAX; /* Set before output. */
    }
    hide_defaults(flow, &mask);
    flow_mask_format(flow, &mask, names, s);
}

void
flow_format_packet(const struct flow *flow, struct str *s)
{
    struct flow_mask mask;
    flow_mask_init_for_packet(&mask, flow);
    mask.bits.in_port = 0;
    hide_defaults(flow, &mask);
    flow_mask_format(flow, &mask, NULL, s);
}

void
flow_mask_format(const struct flow *flow, const struct flow_mask *mask,
                 const struct port_names *names, struct str *s)
{
    struct match match;
    match_init(&match, flow, mask);
    match_format(&match, INT32_MIN, names, s);
}
