/* Sets fields of packets and keeps checksums right: RFC 1624. */

#include <string.h>

#include "datapath/execute/execute.h"
#include "datapath/odp/attr.h"
#include "net/flow/extract.h"
#include "net/packet/checksum.h"
#include "net/packet/headers.h"

/* A set action's value and mask, of one key attribute. */
struct edit {
    const uint8_t *value;
    const uint8_t *mask; /* NULL: all. */
};

static uint8_t
mix8(const struct edit *e, size_t offset, uint8_t old)
{
    return e->mask ? (old & ~e->mask[offset])
                         | (e->value[offset] & e->mask[offset])
                   : e->value[offset];
}

static be16
mix16(const struct edit *e, size_t offset, be16 old)
{
    be16 value, mask = BE16_MAX;
    memcpy(&value, e->value + offset, sizeof value);
    if (e->mask) {
        memcpy(&mask, e->mask + offset, sizeof mask);
    }
    return (old & ~mask) | (value & mask);
}

static be32
mix32(const struct edit *e, size_t offset, be32 old)
{
    be32 value, mask = BE32_MAX;
    memcpy(&value, e->value + offset, sizeof value);
    if (e->mask) {
        memcpy(&mask, e->mask + offset, sizeof mask);
    }
    return (old & ~mask) | (value & mask);
}

static void
mix_bytes(const struct edit *e, size_t offset, void *dst, size_t size)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < size; i++) {
        p[i] = mix8(e, offset + i, p[i]);
    }
}

/* The L4 checksum field that covers addresses, or NULL. */
static uint8_t *
l4_csum(struct packet *p, uint8_t proto, bool ipv6)
{
    uint8_t *l4 = packet_l4(p);
    size_t size = packet_l4_size(p);
    if (!l4) {
        return NULL;
    }
    if (proto == IP_PROTO_TCP && size >= TCP_HEADER_LEN) {
        return l4 + offsetof(struct tcp_header, csum);
    } else if (proto == IP_PROTO_UDP && size >= UDP_HEADER_LEN) {
        uint8_t *field = l4 + offsetof(struct udp_header, csum);
        /* RFC 768: 0 is no checksum. */
        return get_be16(field) || p->offloads & PACKET_L4_CSUM_PARTIAL ? field
                                                                       : NULL;
    } else if (ipv6 && proto == IP_PROTO_ICMPV6 && size >= ICMP6_HEADER_LEN) {
        return l4 + offsetof(struct icmp6_header, csum);
    }
    return NULL;
}

/* A partial checksum field holds the pseudo header's sum, not inverted. */
static void
fix_address(struct packet *p, uint8_t *field, uint8_t proto, be32 from,
            be32 to)
{
    be16 csum;
    memcpy(&csum, field, sizeof csum);
    if (p->offloads & PACKET_L4_CSUM_PARTIAL) {
        csum = ~csum_update32(~csum, from, to);
    } else {
        csum = csum_update32(csum, from, to);
        if (proto == IP_PROTO_UDP && !csum) {
            csum = BE16_MAX;
        }
    }
    memcpy(field, &csum, sizeof csum);
}

static void
set_ip4_address(struct packet *p, struct ip4_header *ip, be32_u *field,
                be32 to)
{
    be32 from = *field;
    if (from == to) {
        return;
    }
    uint8_t *csum = be16_to_host(ip->frag_off) & IP4_FRAG_OFF_MASK
                        ? NULL
                        : l4_csum(p, ip->proto, false);
    if (csum) {
        fix_address(p, csum, ip->proto, from, to);
    }
    if (!(p->offloads & PACKET_L3_CSUM_DEFER)) {
        ip->csum = csum_update32(ip->csum, from, to);
    }
    *field = to;
}

static void
set_ipv4(struct packet *p, const struct edit *e)
{
    struct ip4_header *ip = packet_l3(p);
    if (!ip || packet_l3_size(p) < sizeof *ip) {
        return;
    }
    set_ip4_address(p, ip, &ip->src, mix32(e, 0, ip->src));
    set_ip4_address(p, ip, &ip->dst, mix32(e, 4, ip->dst));
    uint8_t tos = mix8(e, 9, ip->tos);
    uint8_t ttl = mix8(e, 10, ip->ttl);
    if (!(p->offloads & PACKET_L3_CSUM_DEFER)) {
        ip->csum = csum_update16(ip->csum, be16_from_host(ip->tos),
                                 be16_from_host(tos));
        ip->csum = csum_update16(ip->csum, be16_from_host(ip->ttl << 8),
                                 be16_from_host(ttl << 8));
    }
    ip->tos = tos;
    ip->ttl = ttl;
}

static void
set_ip6_address(struct packet *p, struct ip6_addr *field, uint8_t proto,
                const struct edit *e, size_t offset, bool fix_csum)
{
    struct ip6_addr to = *field;
    mix_bytes(e, offset, &to, sizeof to);
    if (ip6_equal(&to, field)) {
        return;
    }
    uint8_t *csum = fix_csum ? l4_csum(p, proto, true) : NULL;
    for (size_t i = 0; csum && i < sizeof to; i += 4) {
        be32 a, b;
        memcpy(&a, field->bytes + i, 4);
        memcpy(&b, to.bytes + i, 4);
        fix_address(p, csum, proto, a, b);
    }
    *field = to;
}

static void
set_ipv6(struct packet *p, const struct edit *e)
{
    struct ip6_header *ip = packet_l3(p);
    if (!ip || packet_l3_size(p) < sizeof *ip) {
        return;
    }
    struct flow flow;
    flow_extract(p, &flow);
    ip = packet_l3(p);
    bool later = flow.nw_frag & FLOW_NW_FRAG_LATER;
    bool routed = ip->next_header == IP_PROTO_ROUTING;

    set_ip6_address(p, &ip->src, flow.nw_proto, e, 0, !later);
    /* RFC 8200 §8.1: with a routing header the checksum is of the final
     * destination. */
    set_ip6_address(p, &ip->dst, flow.nw_proto, e, 16, !later && !routed);
    uint32_t word = be32_to_host(ip->version_class_label);
    uint8_t tclass = mix8(e, 37, word >> 20);
    be32 label = mix32(e, 32, be32_from_host(word & IP6_LABEL_MASK));
    ip->version_class_label =
        be32_from_host((word & 0xf0000000) | (uint32_t) tclass << 20
                       | (be32_to_host(label) & IP6_LABEL_MASK));
    ip->hop_limit = mix8(e, 38, ip->hop_limit);
}

static void
set_ports(struct packet *p, const struct edit *e, uint8_t proto)
{
    uint8_t *l4 = packet_l4(p);
    size_t need = proto == IP_PROTO_TCP   ? TCP_HEADER_LEN
                  : proto == IP_PROTO_UDP ? UDP_HEADER_LEN
                                          : SCTP_HEADER_LEN;
    if (!l4 || packet_l4_size(p) < need) {
        return;
    }
    be16 old[2], now[2];
    memcpy(old, l4, sizeof old);
    now[0] = mix16(e, 0, old[0]);
    now[1] = mix16(e, 2, old[1]);
    memcpy(l4, now, sizeof now);
    if (p->offloads & PACKET_L4_CSUM_PARTIAL) {
        return; /* Whoever completes it sums the ports too. */
    }
    if (proto == IP_PROTO_SCTP) {
        struct sctp_header *sctp = (struct sctp_header *) l4;
        sctp->csum = 0;
        sctp->csum = csum_sctp(l4, packet_l4_size(p));
        return;
    }
    uint8_t *field = l4_csum(p, proto, false);
    if (field) {
        be16 csum;
        memcpy(&csum, field, sizeof csum);
        csum = csum_update16(csum, old[0], now[0]);
        csum = csum_update16(csum, old[1], now[1]);
        csum = proto == IP_PROTO_UDP && !csum ? BE16_MAX : csum;
        memcpy(field, &csum, sizeof csum);
    }
}

static void
set_arp(struct packet *p, const struct edit *e)
{
    struct arp_eth_header *arp = packet_l3(p);
    if (!arp || packet_l3_size(p) < sizeof *arp) {
        return;
    }
    arp->op = mix16(e, 8, arp->op);
    arp->spa = mix32(e, 0, arp->spa);
    arp->tpa = mix32(e, 4, arp->tpa);
    mix_bytes(e, 10, &arp->sha, sizeof arp->sha);
    mix_bytes(e, 16, &arp->tha, sizeof arp->tha);
}

/* Recomputes an ICMP checksum. */
static void
fix_icmp(struct packet *p)
{
    uint8_t *l4 = packet_l4(p);
    const uint8_t *l3 = packet_l3(p);
    size_t size = packet_l4_size(p);
    uint32_t sum = 0;

    l4[2] = l4[3] = 0;
    if (*l3 >> 4 == 6) {
        const struct ip6_header *ip = (const struct ip6_header *) l3;
        sum = csum_pseudo6(&ip->src, &ip->dst, IP_PROTO_ICMPV6, size);
    }
    be16 csum = csum_finish(csum_continue(sum, l4, size));
    memcpy(l4 + 2, &csum, sizeof csum);
    p->offloads &= ~PACKET_L4_CSUM_PARTIAL; /* It is complete now. */
}

static void
set_icmp(struct packet *p, const struct edit *e)
{
    uint8_t *l4 = packet_l4(p);
    if (l4 && packet_l3(p) && packet_l4_size(p) >= ICMP6_HEADER_LEN) {
        l4[0] = mix8(e, 0, l4[0]);
        l4[1] = mix8(e, 1, l4[1]);
        fix_icmp(p);
    }
}

/* The neighbour discovery header if it is there, with all of its size. */
static struct nd_header *
find_nd(struct packet *p, size_t *sizep)
{
    struct nd_header *nd = packet_l4(p);
    *sizep = packet_l4_size(p);
    return packet_l3(p) && *sizep >= sizeof *nd ? nd : NULL;
}

static void
set_nd(struct packet *p, const struct edit *e)
{
    size_t size;
    struct nd_header *nd = find_nd(p, &size);
    if (!nd) {
        return;
    }
    mix_bytes(e, 0, &nd->target, sizeof nd->target);
    uint8_t *option = (uint8_t *) (nd + 1);
    size_t left = size - sizeof *nd;
    while (left >= sizeof(struct nd_lla_option) && option[1]
           && option[1] * 8u <= left) {
        struct nd_lla_option *lla = (struct nd_lla_option *) option;
        if (lla->len == 1 && lla->type == ND_OPT_SOURCE_LLA) {
            mix_bytes(e, 16, &lla->mac, sizeof lla->mac);
        } else if (lla->len == 1 && lla->type == ND_OPT_TARGET_LLA) {
            mix_bytes(e, 22, &lla->mac, sizeof lla->mac);
        }
        left -= option[1] * 8u;
        option += option[1] * 8u;
    }
    fix_icmp(p);
}

/* What neighbour discovery has beside the target: the reserved bits and the
 * type of the first option. */
static void
set_nd_ext(struct packet *p, const struct edit *e)
{
    size_t size;
    struct nd_header *nd = find_nd(p, &size);
    if (!nd) {
        return;
    }
    mix_bytes(e, 0, &nd->reserved, sizeof nd->reserved);
    if (size >= sizeof *nd + sizeof(struct nd_lla_option)) {
        struct nd_lla_option *option = (struct nd_lla_option *) (nd + 1);
        option->type = mix8(e, 4, option->type);
    }
    fix_icmp(p);
}

static void
set_u32(uint32_t *field, const struct edit *e)
{
    mix_bytes(e, 0, field, sizeof *field);
}

void
execute_set(struct packet *p, const struct odp_attr *key, bool has_mask)
{
    size_t size = has_mask ? odp_attr_size(key) / 2 : odp_attr_size(key);
    const uint8_t *data = odp_attr_data(key);
    struct edit e = { data, has_mask ? data + size : NULL };

    packet_unshare(p);
    switch ((enum odp_key_attr) key->type) {
    case ODP_KEY_PRIORITY:
        set_u32(&p->skb_priority, &e);
        break;
    case ODP_KEY_SKB_MARK:
        set_u32(&p->pkt_mark, &e);
        break;
    case ODP_KEY_DP_HASH:
        set_u32(&p->dp_hash, &e);
        break;
    case ODP_KEY_ETHERNET:
        if (p->size >= ETH_HEADER_LEN) {
            struct eth_header *eth = (struct eth_header *) p->data;
            mix_bytes(&e, 0, &eth->src, sizeof eth->src);
            mix_bytes(&e, 6, &eth->dst, sizeof eth->dst);
        }
        break;
    case ODP_KEY_VLAN:
        packet_set_vlan_tci(p, mix16(&e, 0, 0));
        break;
    case ODP_KEY_MPLS: {
        be32 old = 0;
        if (packet_l2_5(p)) {
            memcpy(&old, packet_l2_5(p), sizeof old);
        }
        packet_set_mpls_lse(p, mix32(&e, 0, old));
        break;
    }
    case ODP_KEY_IPV4:
        set_ipv4(p, &e);
        break;
    case ODP_KEY_IPV6:
        set_ipv6(p, &e);
        break;
    case ODP_KEY_ARP:
        set_arp(p, &e);
        break;
    case ODP_KEY_TCP:
        set_ports(p, &e, IP_PROTO_TCP);
        break;
    case ODP_KEY_UDP:
        set_ports(p, &e, IP_PROTO_UDP);
        break;
    case ODP_KEY_SCTP:
        set_ports(p, &e, IP_PROTO_SCTP);
        break;
    case ODP_KEY_ICMP:
    case ODP_KEY_ICMPV6:
        set_icmp(p, &e);
        break;
    case ODP_KEY_ND:
        set_nd(p, &e);
        break;
    case ODP_KEY_ND_EXT:
        set_nd_ext(p, &e);
        break;
    case ODP_KEY_ENCAP:
    case ODP_KEY_IN_PORT:
    case ODP_KEY_ETHERTYPE:
    case ODP_KEY_TUNNEL:
    case ODP_KEY_TCP_FLAGS:
    case ODP_KEY_RECIRC_ID:
    case ODP_KEY_CT_STATE:
    case ODP_KEY_CT_ZONE:
    case ODP_KEY_CT_MARK:
    case ODP_KEY_CT_LABEL:
    case ODP_KEY_CT_TUPLE4:
    case ODP_KEY_CT_TUPLE6:
    case ODP_KEY_NSH:
    case ODP_KEY_PACKET_TYPE:
        break; /* Not fields that a packet of this datapath has set. */
    }
}
