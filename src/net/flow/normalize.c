/* Dropping what a match cannot mean. */

#include <string.h>

#include "net/flow/match.h"
#include "net/packet/headers.h"

#define CLEAR(member) memset(&m->mask.bits.member, 0, sizeof m->flow.member)

static void
clear_arp(struct match *m)
{
    CLEAR(arp_sha);
    CLEAR(arp_tha);
}

static void
clear_nd(struct match *m)
{
    CLEAR(nd_target);
    CLEAR(igmp_group);
}

static void
clear_ports(struct match *m)
{
    CLEAR(tp_src);
    CLEAR(tp_dst);
}

static void
clear_ip6(struct match *m)
{
    CLEAR(ipv6_src);
    CLEAR(ipv6_dst);
    CLEAR(ipv6_label);
}

static void
clear_ip_common(struct match *m)
{
    CLEAR(nw_tos);
    CLEAR(nw_ttl);
    CLEAR(nw_frag);
}

static void
normalize_l4(struct match *m, bool ip6)
{
    uint8_t proto = m->mask.bits.nw_proto == UINT8_MAX ? m->flow.nw_proto : 0;
    bool nd = false;
    if (proto != IP_PROTO_TCP && proto != IP_PROTO_UDP
        && proto != IP_PROTO_SCTP
        && proto != (ip6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP)
        && !(!ip6 && proto == IP_PROTO_IGMP)) {
        clear_ports(m);
    } else if (ip6 && proto == IP_PROTO_ICMPV6
               && m->mask.bits.tp_src == BE16_MAX) {
        bool solicit = m->flow.tp_src == BE16_CONST(ICMP6_ND_SOLICIT);
        bool advert = m->flow.tp_src == BE16_CONST(ICMP6_ND_ADVERT);
        nd = solicit || advert;
        if (!solicit) {
            CLEAR(arp_sha);
        }
        if (!advert) {
            CLEAR(arp_tha);
        }
    }
    if (!nd) {
        clear_nd(m);
        clear_arp(m);
    }
    if (proto != IP_PROTO_TCP && !nd) {
        CLEAR(tcp_flags);
    }
}

bool
match_normalize(struct match *m)
{
    struct flow_mask before = m->mask;
    be16 type = m->mask.bits.dl_type == BE16_MAX ? m->flow.dl_type : 0;
    if (m->mask.bits.packet_type == UINT32_MAX
        && m->flow.packet_type >> 16 == 1) {
        type = be16_from_host(m->flow.packet_type);
    }
    if (!eth_type_is_mpls(type)) {
        CLEAR(mpls_lse);
    }
    if (type != BE16_CONST(ETH_TYPE_NSH)) {
        CLEAR(nsh);
    }
    switch (be16_to_host(type)) {
    case ETH_TYPE_IP:
        clear_ip6(m);
        normalize_l4(m, false);
        break;
    case ETH_TYPE_IPV6:
        CLEAR(nw_src);
        CLEAR(nw_dst);
        normalize_l4(m, true);
        break;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        clear_ip6(m);
        clear_ip_common(m);
        clear_ports(m);
        clear_nd(m);
        CLEAR(tcp_flags);
        break;
    default:
        CLEAR(nw_src);
        CLEAR(nw_dst);
        CLEAR(nw_proto);
        clear_ip6(m);
        clear_ip_common(m);
        clear_ports(m);
        clear_nd(m);
        clear_arp(m);
        CLEAR(tcp_flags);
        break;
    }
    match_zero_wildcarded(m);
    return !flow_mask_equal(&before, &m->mask);
}
