/* The table of key attributes. */

#include "datapath/odp/key_table.h"

#include <string.h>

#include "net/packet/headers.h"

#define FO(MEMBER) offsetof(struct flow, MEMBER)
#define M(NAME, TEXT, CODEC, FIELD, OFFSET, SIZE, HOST)                    \
    {                                                                      \
        NAME, ODP_TEXT_##TEXT, ODP_CODEC_##CODEC, FO(FIELD), OFFSET, SIZE, \
            HOST                                                           \
    }

static const struct odp_member recirc_id_members[] = {
    M("", HEX, COPY, recirc_id, 0, 4, true),
};
static const struct odp_member dp_hash_members[] = {
    M("", HEX, COPY, dp_hash, 0, 4, true),
};
static const struct odp_member priority_members[] = {
    M("", HEX, COPY, skb_priority, 0, 4, true),
};
static const struct odp_member in_port_members[] = {
    M("", DEC, COPY, in_port, 0, 4, true),
};
static const struct odp_member mark_members[] = {
    M("", HEX, COPY, pkt_mark, 0, 4, true),
};
static const struct odp_member ct_state_members[] = {
    M("", HEX, U8_U32, ct_state, 0, 4, true),
};
static const struct odp_member ct_zone_members[] = {
    M("", HEX, COPY, ct_zone, 0, 2, true),
};
static const struct odp_member ct_mark_members[] = {
    M("", HEX, COPY, ct_mark, 0, 4, true),
};
static const struct odp_member ct_label_members[] = {
    M("", HEX, U128, ct_label, 0, 16, true),
};
static const struct odp_member ct_tuple4_members[] = {
    M("src", IP4, COPY, ct_nw_src, 0, 4, false),
    M("dst", IP4, COPY, ct_nw_dst, 4, 4, false),
    M("proto", DEC, COPY, ct_nw_proto, 12, 1, false),
    M("tp_src", DEC, COPY, ct_tp_src, 8, 2, false),
    M("tp_dst", DEC, COPY, ct_tp_dst, 10, 2, false),
};
static const struct odp_member ct_tuple6_members[] = {
    M("src", IP6, COPY, ct_ipv6_src, 0, 16, false),
    M("dst", IP6, COPY, ct_ipv6_dst, 16, 16, false),
    M("proto", DEC, COPY, ct_nw_proto, 36, 1, false),
    M("src_port", DEC, COPY, ct_tp_src, 32, 2, false),
    M("dst_port", DEC, COPY, ct_tp_dst, 34, 2, false),
};
static const struct odp_member packet_type_members[] = {
    M("", HEX, BE32_U32, packet_type, 0, 4, false),
};
static const struct odp_member eth_members[] = {
    M("src", MAC, COPY, dl_src, 0, 6, false),
    M("dst", MAC, COPY, dl_dst, 6, 6, false),
};
static const struct odp_member vlan_members[] = {
    M("", HEX, COPY, vlans[0].tci, 0, 2, false),
};
static const struct odp_member eth_type_members[] = {
    M("", HEX, COPY, dl_type, 0, 2, false),
};
static const struct odp_member ipv4_members[] = {
    M("src", IP4, COPY, nw_src, 0, 4, false),
    M("dst", IP4, COPY, nw_dst, 4, 4, false),
    M("proto", DEC, COPY, nw_proto, 8, 1, false),
    M("tos", HEX, COPY, nw_tos, 9, 1, false),
    M("ttl", DEC, COPY, nw_ttl, 10, 1, false),
    M("frag", FRAG, FRAG, nw_frag, 11, 1, false),
};
static const struct odp_member ipv6_members[] = {
    M("src", IP6, COPY, ipv6_src, 0, 16, false),
    M("dst", IP6, COPY, ipv6_dst, 16, 16, false),
    M("label", HEX, COPY, ipv6_label, 32, 4, false),
    M("proto", DEC, COPY, nw_proto, 36, 1, false),
    M("tclass", HEX, COPY, nw_tos, 37, 1, false),
    M("hlimit", DEC, COPY, nw_ttl, 38, 1, false),
    M("frag", FRAG, FRAG, nw_frag, 39, 1, false),
};
static const struct odp_member arp_members[] = {
    M("sip", IP4, COPY, nw_src, 0, 4, false),
    M("tip", IP4, COPY, nw_dst, 4, 4, false),
    M("op", DEC, U8_BE16, nw_proto, 8, 2, false),
    M("sha", MAC, COPY, arp_sha, 10, 6, false),
    M("tha", MAC, COPY, arp_tha, 16, 6, false),
};
static const struct odp_member mpls_members[] = {
    M("", HEX, COPY, mpls_lse[0], 0, 4, false),
};
static const struct odp_member port_members[] = {
    M("src", DEC, COPY, tp_src, 0, 2, false),
    M("dst", DEC, COPY, tp_dst, 2, 2, false),
};
static const struct odp_member tcp_flags_members[] = {
    M("", HEX, COPY, tcp_flags, 0, 2, false),
};
static const struct odp_member icmp_members[] = {
    M("type", DEC, BE16_U8, tp_src, 0, 1, false),
    M("code", DEC, BE16_U8, tp_dst, 1, 1, false),
};
static const struct odp_member nd_members[] = {
    M("target", IP6, COPY, nd_target, 0, 16, false),
    M("sll", MAC, COPY, arp_sha, 16, 6, false),
    M("tll", MAC, COPY, arp_tha, 22, 6, false),
};
static const struct odp_member nd_ext_members[] = {
    M("nd_reserved", HEX, COPY, igmp_group, 0, 4, false),
    M("nd_options_type", DEC, BE16_U8, tcp_flags, 4, 1, false),
};

static bool
is_type(const struct flow *f, uint16_t type)
{
    return f->dl_type == be16_from_host(type);
}

static bool
has_l4(const struct flow *f, uint8_t proto)
{
    return flow_is_ip(f) && f->nw_proto == proto
           && !(f->nw_frag & FLOW_NW_FRAG_LATER);
}

static bool
has_ct4(const struct flow *f)
{
    return f->ct_nw_proto && is_type(f, ETH_TYPE_IP);
}

static bool
has_ct6(const struct flow *f)
{
    return f->ct_nw_proto && is_type(f, ETH_TYPE_IPV6);
}

static bool
has_eth(const struct flow *f)
{
    return f->packet_type == PACKET_TYPE_ETHERNET;
}

static bool
has_ipv4(const struct flow *f)
{
    return is_type(f, ETH_TYPE_IP);
}

static bool
has_ipv6(const struct flow *f)
{
    return is_type(f, ETH_TYPE_IPV6);
}

static bool
has_arp(const struct flow *f)
{
    return is_type(f, ETH_TYPE_ARP) || is_type(f, ETH_TYPE_RARP);
}

static bool
has_mpls(const struct flow *f)
{
    return eth_type_is_mpls(f->dl_type);
}

static bool
has_nsh(const struct flow *f)
{
    return is_type(f, ETH_TYPE_NSH);
}

static bool
has_tcp(const struct flow *f)
{
    return has_l4(f, IP_PROTO_TCP);
}

static bool
has_udp(const struct flow *f)
{
    return has_l4(f, IP_PROTO_UDP);
}

static bool
has_sctp(const struct flow *f)
{
    return has_l4(f, IP_PROTO_SCTP);
}

static bool
has_icmp(const struct flow *f)
{
    return has_ipv4(f) && has_l4(f, IP_PROTO_ICMP);
}

static bool
has_icmp6(const struct flow *f)
{
    return has_ipv6(f) && has_l4(f, IP_PROTO_ICMPV6);
}

static bool
has_nd(const struct flow *f)
{
    return has_icmp6(f) && !f->tp_dst
           && (f->tp_src == BE16_CONST(ICMP6_ND_SOLICIT)
               || f->tp_src == BE16_CONST(ICMP6_ND_ADVERT));
}

static bool
has_nd_ext(const struct flow *f)
{
    return has_nd(f) && (f->igmp_group || f->tcp_flags);
}

#define T(NAME, ATTR, SHAPE, SIZE, MEMBERS, HAS)                            \
    {                                                                       \
        NAME, ODP_KEY_##ATTR, ODP_SHAPE_##SHAPE, SIZE, ARRAY_SIZE(MEMBERS), \
            MEMBERS, HAS                                                    \
    }

const struct odp_key_type odp_key_types[] = {
    T("recirc_id", RECIRC_ID, SCALAR, 4, recirc_id_members, NULL),
    T("dp_hash", DP_HASH, SCALAR, 4, dp_hash_members, NULL),
    T("skb_priority", PRIORITY, SCALAR, 4, priority_members, NULL),
    { "tunnel", ODP_KEY_TUNNEL, ODP_SHAPE_TUNNEL, 0, 0, NULL,
      flow_has_tunnel },
    T("in_port", IN_PORT, PORT, 4, in_port_members, NULL),
    T("skb_mark", SKB_MARK, SCALAR, 4, mark_members, NULL),
    T("ct_state", CT_STATE, CT_STATE, 4, ct_state_members, NULL),
    T("ct_zone", CT_ZONE, SCALAR, 2, ct_zone_members, NULL),
    T("ct_mark", CT_MARK, SCALAR, 4, ct_mark_members, NULL),
    T("ct_label", CT_LABEL, U128, 16, ct_label_members, NULL),
    T("ct_tuple4", CT_TUPLE4, STRUCT, 16, ct_tuple4_members, has_ct4),
    T("ct_tuple6", CT_TUPLE6, STRUCT, 40, ct_tuple6_members, has_ct6),
    T("packet_type", PACKET_TYPE, PACKET_TYPE, 4, packet_type_members, NULL),
    T("eth", ETHERNET, STRUCT, 12, eth_members, has_eth),
    T("vlan", VLAN, VLAN, 2, vlan_members, NULL),
    T("eth_type", ETHERTYPE, ETHERTYPE, 2, eth_type_members, NULL),
    T("ipv4", IPV4, STRUCT, 12, ipv4_members, has_ipv4),
    T("ipv6", IPV6, STRUCT, 40, ipv6_members, has_ipv6),
    T("arp", ARP, STRUCT, 24, arp_members, has_arp),
    T("mpls", MPLS, MPLS, 4 * FLOW_MAX_MPLS, mpls_members, has_mpls),
    { "nsh", ODP_KEY_NSH, ODP_SHAPE_NSH, sizeof(struct flow_nsh), 0, NULL,
      has_nsh },
    T("tcp", TCP, STRUCT, 4, port_members, has_tcp),
    T("udp", UDP, STRUCT, 4, port_members, has_udp),
    T("sctp", SCTP, STRUCT, 4, port_members, has_sctp),
    T("icmp", ICMP, STRUCT, 2, icmp_members, has_icmp),
    T("icmpv6", ICMPV6, STRUCT, 2, icmp_members, has_icmp6),
    T("tcp_flags", TCP_FLAGS, TCP_FLAGS, 2, tcp_flags_members, has_tcp),
    T("nd", ND, STRUCT, 28, nd_members, has_nd),
    T("nd_ext", ND_EXT, STRUCT, 8, nd_ext_members, has_nd_ext),
};
const size_t odp_n_key_types = ARRAY_SIZE(odp_key_types);

const struct odp_key_type *
odp_key_type_find(enum odp_key_attr attr)
{
    for (size_t i = 0; i < odp_n_key_types; i++) {
        if (odp_key_types[i].attr == attr) {
            return &odp_key_types[i];
        }
    }
    return NULL;
}

const struct odp_key_type *
odp_key_type_find_name(const char *name, size_t len)
{
    for (size_t i = 0; i < odp_n_key_types; i++) {
        const struct odp_key_type *t = &odp_key_types[i];
        if (strlen(t->name) == len && !memcmp(t->name, name, len)) {
            return t;
        }
    }
    return NULL;
}

static uint8_t
frag_to_odp(uint8_t nw_frag, bool is_mask)
{
    if (is_mask) {
        return nw_frag & FLOW_NW_FRAG_MASK ? 0xff : 0;
    }
    return nw_frag & FLOW_NW_FRAG_LATER ? ODP_FRAG_LATER
           : nw_frag                    ? ODP_FRAG_FIRST
                                        : ODP_FRAG_NONE;
}

static uint8_t
frag_from_odp(uint8_t frag, bool is_mask)
{
    if (is_mask) {
        return frag ? FLOW_NW_FRAG_MASK : 0;
    }
    return frag == ODP_FRAG_LATER   ? FLOW_NW_FRAG_MASK
           : frag == ODP_FRAG_FIRST ? FLOW_NW_FRAG_ANY
                                    : 0;
}

static void
pack_member(const struct odp_member *m, const uint8_t *field, bool is_mask,
            uint8_t *out)
{
    switch (m->codec) {
    case ODP_CODEC_COPY:
        memcpy(out, field, m->size);
        break;
    case ODP_CODEC_FRAG:
        *out = frag_to_odp(*field, is_mask);
        break;
    case ODP_CODEC_U8_BE16:
        put_be16(out, is_mask && *field == 0xff ? 0xffff : *field);
        break;
    case ODP_CODEC_BE16_U8:
        *out = field[1];
        break;
    case ODP_CODEC_U8_U32:
        memcpy(out,
               &(uint32_t){ is_mask && *field == 0xff ? UINT32_MAX : *field },
               4);
        break;
    case ODP_CODEC_U128: {
        struct u128 x;
        memcpy(&x, field, sizeof x);
        memcpy(out, &x.lo, 8);
        memcpy(out + 8, &x.hi, 8);
        break;
    }
    case ODP_CODEC_BE32_U32: {
        uint32_t x;
        memcpy(&x, field, sizeof x);
        put_be32(out, x);
        break;
    }
    }
}

static void
unpack_member(const struct odp_member *m, const uint8_t *in, bool is_mask,
              uint8_t *field)
{
    switch (m->codec) {
    case ODP_CODEC_COPY:
        memcpy(field, in, m->size);
        break;
    case ODP_CODEC_FRAG:
        *field = frag_from_odp(*in, is_mask);
        break;
    case ODP_CODEC_U8_BE16:
        *field = in[1];
        break;
    case ODP_CODEC_BE16_U8:
        field[0] = is_mask && *in == 0xff ? 0xff : 0;
        field[1] = *in;
        break;
    case ODP_CODEC_U8_U32: {
        uint32_t x;
        memcpy(&x, in, sizeof x);
        *field = x;
        break;
    }
    case ODP_CODEC_U128: {
        struct u128 x;
        memcpy(&x.lo, in, 8);
        memcpy(&x.hi, in + 8, 8);
        memcpy(field, &x, sizeof x);
        break;
    }
    case ODP_CODEC_BE32_U32: {
        uint32_t x = get_be32(in);
        memcpy(field, &x, sizeof x);
        break;
    }
    }
}

void
odp_key_pack(const struct odp_key_type *t, const struct flow *flow,
             bool is_mask, void *payload)
{
    memset(payload, 0, t->size);
    if (t->shape == ODP_SHAPE_NSH) {
        memcpy(payload, &flow->nsh, sizeof flow->nsh);
    } else if (t->shape == ODP_SHAPE_MPLS) {
        memcpy(payload, flow->mpls_lse, t->size);
    }
    for (size_t i = 0; i < t->n_members && t->shape != ODP_SHAPE_MPLS; i++) {
        const struct odp_member *m = &t->members[i];
        pack_member(m, (const uint8_t *) flow + m->flow_offset, is_mask,
                    (uint8_t *) payload + m->offset);
    }
}

void
odp_key_unpack(const struct odp_key_type *t, const void *payload, bool is_mask,
               struct flow *flow)
{
    if (t->shape == ODP_SHAPE_NSH) {
        memcpy(&flow->nsh, payload, sizeof flow->nsh);
    } else if (t->shape == ODP_SHAPE_MPLS) {
        memcpy(flow->mpls_lse, payload, t->size);
    }
    for (size_t i = 0; i < t->n_members && t->shape != ODP_SHAPE_MPLS; i++) {
        const struct odp_member *m = &t->members[i];
        unpack_member(m, (const uint8_t *) payload + m->offset, is_mask,
                      (uint8_t *) flow + m->flow_offset);
    }
}
