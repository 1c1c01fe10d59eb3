/* Whole flows and masks: comparing, combining, hashing. */

#include "net/flow/mask.h"

#include <string.h>

#include "base/hash.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"

void
flow_mask_init_any(struct flow_mask *m)
{
    memset(m, 0, sizeof *m);
}

void
flow_mask_init_exact(struct flow_mask *m)
{
    memset(m, 0xff, sizeof *m);
}

#define SET(member) memset(&m->bits.member, 0xff, sizeof m->bits.member)

static void
mask_tunnel(struct flow_mask *m, const struct flow *flow)
{
    const struct flow_tunnel *tun = &flow->tunnel;
    SET(tunnel.ip_src);
    SET(tunnel.ip_dst);
    SET(tunnel.ipv6_src);
    SET(tunnel.ipv6_dst);
    SET(tunnel.flags);
    SET(tunnel.ip_tos);
    SET(tunnel.ip_ttl);
    SET(tunnel.tp_src);
    SET(tunnel.tp_dst);
    SET(tunnel.gbp_id);
    SET(tunnel.gbp_flags);
    SET(tunnel.erspan_ver);
    SET(tunnel.gtpu_flags);
    SET(tunnel.gtpu_msgtype);
    if (tun->flags & FLOW_TNL_F_KEY) {
        SET(tunnel.tun_id);
    }
    if (tun->erspan_ver) {
        SET(tunnel.erspan_idx);
        SET(tunnel.erspan_dir);
        SET(tunnel.erspan_hwid);
    }
    if (tun->metadata_present) {
        m->bits.tunnel.metadata_present = tun->metadata_present;
        SET(tunnel.metadata);
    }
}

static void
mask_metadata(struct flow_mask *m, const struct flow *flow)
{
    SET(metadata);
    SET(regs);
    SET(actset_output);
    SET(recirc_id);
    SET(dp_hash);
    SET(skb_priority);
    SET(pkt_mark);
    SET(in_port);
    SET(packet_type);
    SET(ct_state);
    SET(ct_zone);
    SET(ct_mark);
    SET(ct_label);
    if (flow->ct_state) {
        SET(ct_nw_proto);
        SET(ct_tp_src);
        SET(ct_tp_dst);
        if (flow->dl_type == BE16_CONST(ETH_TYPE_IP)) {
            SET(ct_nw_src);
            SET(ct_nw_dst);
        } else if (flow->dl_type == BE16_CONST(ETH_TYPE_IPV6)) {
            SET(ct_ipv6_src);
            SET(ct_ipv6_dst);
        }
    }
}

#define SET_IF_VALUE(FIELD)                                       \
    do {                                                          \
        static const typeof(flow->FIELD) nothing;                 \
        if (memcmp(&flow->FIELD, &nothing, sizeof flow->FIELD)) { \
            SET(FIELD);                                           \
        }                                                         \
    } while (0)

void
flow_mask_init_for_metadata(struct flow_mask *m, const struct flow *flow)
{
    flow_mask_init_any(m);
    SET(in_port);
    SET_IF_VALUE(metadata);
    for (int i = 0; i < FLOW_N_REGS; i++) {
        SET_IF_VALUE(regs[i]);
    }
    if (flow->actset_output != OFPP_UNSET) {
        SET_IF_VALUE(actset_output);
    }
    SET_IF_VALUE(pkt_mark);
    SET_IF_VALUE(packet_type);
    SET_IF_VALUE(ct_state);
    SET_IF_VALUE(ct_zone);
    SET_IF_VALUE(ct_mark);
    SET_IF_VALUE(ct_label);
    SET_IF_VALUE(ct_nw_proto);
    SET_IF_VALUE(ct_nw_src);
    SET_IF_VALUE(ct_nw_dst);
    SET_IF_VALUE(ct_ipv6_src);
    SET_IF_VALUE(ct_ipv6_dst);
    SET_IF_VALUE(ct_tp_src);
    SET_IF_VALUE(ct_tp_dst);
    SET_IF_VALUE(tunnel.tun_id);
    SET_IF_VALUE(tunnel.ip_src);
    SET_IF_VALUE(tunnel.ip_dst);
    SET_IF_VALUE(tunnel.ipv6_src);
    SET_IF_VALUE(tunnel.ipv6_dst);
    SET_IF_VALUE(tunnel.gbp_id);
    SET_IF_VALUE(tunnel.gbp_flags);
    m->bits.tunnel.flags = flow->tunnel.flags & FLOW_TNL_PUB_F_MASK;
    if (flow->tunnel.metadata_present) {
        m->bits.tunnel.metadata_present = flow->tunnel.metadata_present;
        SET(tunnel.metadata);
    }
}

static void
mask_l4(struct flow_mask *m, const struct flow *flow)
{
    /* RFC 791: later fragments have no L4 header. */
    if (flow->nw_frag & FLOW_NW_FRAG_LATER) {
        return;
    }
    switch (flow->nw_proto) {
    case IP_PROTO_TCP:
    case IP_PROTO_UDP:
    case IP_PROTO_SCTP:
    case IP_PROTO_ICMP:
    case IP_PROTO_IGMP:
    case IP_PROTO_ICMPV6:
        break;
    default:
        return;
    }
    SET(tp_src);
    SET(tp_dst);
    if (flow->nw_proto == IP_PROTO_TCP) {
        SET(tcp_flags);
    } else if (flow->nw_proto == IP_PROTO_ICMPV6 && !flow->tp_dst
               && flow->dl_type == BE16_CONST(ETH_TYPE_IPV6)
               && (flow->tp_src == BE16_CONST(ICMP6_ND_SOLICIT)
                   || flow->tp_src == BE16_CONST(ICMP6_ND_ADVERT))) {
        SET(arp_sha);
        SET(arp_tha);
        SET(nd_target);
        SET(igmp_group);
        SET(tcp_flags);
    } else if (flow->nw_proto == IP_PROTO_IGMP) {
        SET(igmp_group);
    }
}

static void
mask_l3(struct flow_mask *m, const struct flow *flow)
{
    switch (be16_to_host(flow->dl_type)) {
    case ETH_TYPE_IP:
        SET(nw_src);
        SET(nw_dst);
        break;
    case ETH_TYPE_IPV6:
        SET(ipv6_src);
        SET(ipv6_dst);
        SET(ipv6_label);
        break;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        SET(nw_src);
        SET(nw_dst);
        SET(nw_proto);
        SET(arp_sha);
        SET(arp_tha);
        return;
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MCAST:
        for (int i = 0; i < FLOW_MAX_MPLS; i++) {
            SET(mpls_lse[i]);
            if (flow->mpls_lse[i] & BE32_CONST(MPLS_BOS_MASK)) {
                break;
            }
        }
        return;
    case ETH_TYPE_NSH:
        SET(nsh.flags);
        SET(nsh.ttl);
        SET(nsh.mdtype);
        SET(nsh.np);
        SET(nsh.path_hdr);
        if (flow->nsh.mdtype == NSH_MD_TYPE1) {
            SET(nsh.context);
        }
        break;
    default:
        return;
    }
    SET(nw_frag);
    SET(nw_tos);
    SET(nw_ttl);
    SET(nw_proto);
    if (flow_is_ip(flow)) {
        mask_l4(m, flow);
    }
}

void
flow_mask_init_for_packet(struct flow_mask *m, const struct flow *flow)
{
    flow_mask_init_any(m);
    if (flow_has_tunnel(flow)) {
        mask_tunnel(m, flow);
    }
    mask_metadata(m, flow);
    if (flow->packet_type == PACKET_TYPE_ETHERNET) {
        SET(dl_dst);
        SET(dl_src);
        SET(dl_type);
        for (int i = 0; i < FLOW_MAX_VLANS; i++) {
            SET(vlans[i]);
            if (!flow->vlans[i].tci && !flow->vlans[i].tpid) {
                break;
            }
        }
    } else {
        SET(dl_type);
    }
    mask_l3(m, flow);
}

void
flow_mask_or(struct flow_mask *dst, const struct flow_mask *a,
             const struct flow_mask *b)
{
    uint64_t *d = flow_words_mutable(&dst->bits);
    const uint64_t *x = flow_words(&a->bits), *y = flow_words(&b->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        d[i] = x[i] | y[i];
    }
}

void
flow_mask_and(struct flow_mask *dst, const struct flow_mask *a,
              const struct flow_mask *b)
{
    uint64_t *d = flow_words_mutable(&dst->bits);
    const uint64_t *x = flow_words(&a->bits), *y = flow_words(&b->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        d[i] = x[i] & y[i];
    }
}

bool
flow_mask_is_any(const struct flow_mask *m)
{
    const uint64_t *words = flow_words(&m->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (words[i]) {
            return false;
        }
    }
    return true;
}

bool
flow_mask_contains(const struct flow_mask *outer,
                   const struct flow_mask *inner)
{
    const uint64_t *x = flow_words(&outer->bits);
    const uint64_t *y = flow_words(&inner->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (y[i] & ~x[i]) {
            return false;
        }
    }
    return true;
}

bool
flow_mask_equal(const struct flow_mask *a, const struct flow_mask *b)
{
    return flow_equal(&a->bits, &b->bits);
}

uint32_t
flow_mask_hash(const struct flow_mask *m, uint32_t basis)
{
    return flow_hash(&m->bits, basis);
}

bool
flow_equal(const struct flow *a, const struct flow *b)
{
    return !memcmp(a, b, sizeof *a);
}

bool
flow_equal_except(const struct flow *a, const struct flow *b,
                  const struct flow_mask *m)
{
    const uint64_t *x = flow_words(a), *y = flow_words(b);
    const uint64_t *mask = flow_words(&m->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if ((x[i] ^ y[i]) & mask[i]) {
            return false;
        }
    }
    return true;
}

void
flow_apply_mask(struct flow *flow, const struct flow_mask *m)
{
    uint64_t *words = flow_words_mutable(flow);
    const uint64_t *mask = flow_words(&m->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        words[i] &= mask[i];
    }
}

uint32_t
flow_hash(const struct flow *flow, uint32_t basis)
{
    return hash_words64(flow_words(flow), FLOW_WORDS, basis);
}

uint32_t
flow_hash_masked(const struct flow *flow, const struct flow_mask *m,
                 uint32_t basis)
{
    const uint64_t *words = flow_words(flow);
    const uint64_t *mask = flow_words(&m->bits);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (mask[i]) {
            basis = hash_add64(basis, words[i] & mask[i]);
        }
    }
    return hash_finish(basis);
}

/* Adds what is the same if 'a' and 'b' change places. */
static uint32_t
hash_pair(uint32_t hash, const struct ip6_addr *a, const struct ip6_addr *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    hash = hash_add64(hash, x[0] ^ y[0]);
    return hash_add64(hash, x[1] ^ y[1]);
}

static uint32_t
hash_ip_symmetric(const struct flow *flow, uint32_t hash)
{
    if (flow->dl_type == BE16_CONST(ETH_TYPE_IP)) {
        hash = hash_add(hash, flow->nw_src ^ flow->nw_dst);
    } else if (flow->dl_type == BE16_CONST(ETH_TYPE_IPV6)) {
        hash = hash_pair(hash, &flow->ipv6_src, &flow->ipv6_dst);
    } else {
        return hash;
    }
    return hash_add(hash, flow->nw_proto);
}

static bool
has_ports(const struct flow *flow, bool udp)
{
    return flow_is_ip(flow) && !flow->nw_frag
           && (flow->nw_proto == IP_PROTO_TCP
               || flow->nw_proto == IP_PROTO_SCTP
               || (udp && flow->nw_proto == IP_PROTO_UDP));
}

uint32_t
flow_hash_symmetric_l4(const struct flow *flow, uint32_t basis)
{
    uint64_t macs =
        eth_addr_to_u64(flow->dl_src) ^ eth_addr_to_u64(flow->dl_dst);
    uint32_t hash = hash_add64(basis, macs);
    be16 vlans = 0;
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        vlans ^= flow->vlans[i].tci & BE16_CONST(VLAN_VID_MASK);
    }
    hash = hash_add(hash, (uint32_t) flow->dl_type << 16 | vlans);
    hash = hash_ip_symmetric(flow, hash);
    if (has_ports(flow, false)) {
        hash = hash_add(hash, flow->tp_src ^ flow->tp_dst);
    }
    return hash_finish(hash);
}

uint32_t
flow_hash_symmetric_l3l4(const struct flow *flow, uint32_t basis,
                         bool include_udp_ports)
{
    if (!flow_is_ip(flow)) {
        return flow_hash_symmetric_l4(flow, basis);
    }
    uint32_t hash = hash_ip_symmetric(flow, basis);
    if (has_ports(flow, include_udp_ports)) {
        hash = hash_add(hash, flow->tp_src ^ flow->tp_dst);
    }
    return hash_finish(hash);
}

uint32_t
flow_hash_5tuple(const struct flow *flow, uint32_t basis)
{
    uint32_t hash = basis;
    if (flow->dl_type == BE16_CONST(ETH_TYPE_IPV6)) {
        uint64_t words[4];
        memcpy(words, &flow->ipv6_src, 16);
        memcpy(words + 2, &flow->ipv6_dst, 16);
        for (int i = 0; i < 4; i++) {
            hash = hash_add64(hash, words[i]);
        }
    } else {
        hash = hash_add64(hash, (uint64_t) flow->nw_src << 32 | flow->nw_dst);
    }
    hash = hash_add(hash, flow->nw_proto);
    if (has_ports(flow, true)) {
        hash = hash_add(hash, (uint32_t) flow->tp_src << 16 | flow->tp_dst);
    }
    return hash_finish(hash);
}
