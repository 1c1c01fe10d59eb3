/* The general parser: every protocol, every oddity.  extract_fast.c knows the
 * common shapes and must agree with it. */

#include "net/flow/extract.h"

#include <string.h>

#include "net/flow/extract_private.h"
#include "net/packet/headers.h"

/* What is left of the packet. */
struct cursor {
    struct packet *packet;
    const uint8_t *data;
    size_t left;
};

static const void *
take(struct cursor *c, size_t n)
{
    if (c->left < n) {
        return NULL;
    }
    const void *p = c->data;
    c->data += n;
    c->left -= n;
    return p;
}

static uint16_t
offset_of(const struct cursor *c)
{
    size_t offset = c->data - c->packet->data;
    return offset <= PACKET_MAX_OFFSET ? offset : PACKET_NO_OFFSET;
}

/* Cuts what the link layer put behind the IP packet of 'size' bytes. */
static bool
trim(struct cursor *c, size_t size)
{
    if (size > c->left || c->left - size > UINT8_MAX) {
        return false;
    }
    c->packet->l2_pad = c->left - size;
    c->left = size;
    return true;
}

static unsigned vlan_limit = FLOW_MAX_VLANS;

void
flow_set_vlan_limit(unsigned limit)
{
    limit = limit ? MIN(limit, FLOW_MAX_VLANS) : FLOW_MAX_VLANS;
    __atomic_store_n(&vlan_limit, limit, __ATOMIC_RELAXED);
}

static void
parse_vlans(struct cursor *c, struct flow *flow)
{
    unsigned limit = __atomic_load_n(&vlan_limit, __ATOMIC_RELAXED);
    unsigned i = 0;
    if (c->packet->vlan_tci) {
        be16 tpid = c->packet->vlan_tpid;
        flow->vlans[0].tpid = tpid ? tpid : BE16_CONST(ETH_TYPE_VLAN_8021Q);
        flow->vlans[0].tci = c->packet->vlan_tci | BE16_CONST(VLAN_CFI);
        i = 1;
    }
    /* The tag and the type behind it must be there. */
    while (i < limit && c->left >= VLAN_HEADER_LEN + 2) {
        be16 tpid, tci;
        memcpy(&tpid, c->data, 2);
        if (!eth_type_is_vlan(tpid)) {
            break;
        }
        memcpy(&tci, c->data + 2, 2);
        flow->vlans[i].tpid = tpid;
        flow->vlans[i].tci = tci | BE16_CONST(VLAN_CFI);
        (void) take(c, VLAN_HEADER_LEN);
        i++;
    }
}

static be16
parse_ethertype(struct cursor *c)
{
    const uint8_t *p = take(c, 2);
    if (!p) {
        return 0;
    }
    be16 type;
    memcpy(&type, p, 2);
    if (be16_to_host(type) >= ETH_TYPE_MIN) {
        return type;
    }
    /* IEEE 802.2: a SNAP header of the Ethernet OUI names a type. */
    static const uint8_t snap[] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };
    if (c->left < LLC_SNAP_HEADER_LEN || memcmp(c->data, snap, sizeof snap)) {
        return BE16_CONST(FLOW_DL_TYPE_NONE);
    }
    memcpy(&type, c->data + 6, 2);
    (void) take(c, LLC_SNAP_HEADER_LEN);
    return be16_to_host(type) >= ETH_TYPE_MIN ? type
                                              : BE16_CONST(FLOW_DL_TYPE_NONE);
}

static void
parse_mpls(struct cursor *c, struct flow *flow)
{
    c->packet->l2_5_offset = offset_of(c);
    const uint8_t *p;
    for (int i = 0; (p = take(c, MPLS_LSE_LEN)); i++) {
        be32 lse;
        memcpy(&lse, p, 4);
        if (i < FLOW_MAX_MPLS) {
            flow->mpls_lse[i] = lse;
        }
        if (lse & BE32_CONST(MPLS_BOS_MASK)) {
            break;
        }
    }
    c->packet->l3_offset = offset_of(c);
}

static void
parse_arp(struct cursor *c, struct flow *flow)
{
    const struct arp_eth_header *arp = take(c, sizeof *arp);
    if (!arp || arp->hw_type != BE16_CONST(1)
        || arp->proto_type != BE16_CONST(ETH_TYPE_IP)
        || arp->hw_len != ETH_ADDR_LEN || arp->proto_len != 4) {
        return;
    }
    flow->nw_src = arp->spa;
    flow->nw_dst = arp->tpa;
    if (be16_to_host(arp->op) <= UINT8_MAX) {
        flow->nw_proto = be16_to_host(arp->op);
    }
    flow->arp_sha = arp->sha;
    flow->arp_tha = arp->tha;
}

static void
parse_nsh(struct cursor *c, struct flow *flow)
{
    const struct nsh_header *nsh = (const void *) c->data;
    if (c->left < NSH_BASE_LEN || be16_to_host(nsh->ver_flags_ttl_len) >> 14) {
        return;
    }
    size_t len = nsh_header_len(nsh);
    if (len > c->left || len < NSH_BASE_LEN
        || (nsh->md_type == NSH_MD_TYPE1 && len != NSH_MD1_LEN)) {
        return;
    }
    flow->nsh.flags = nsh_flags(nsh);
    flow->nsh.ttl = nsh_ttl(nsh);
    flow->nsh.mdtype = nsh->md_type;
    flow->nsh.np = nsh->next_proto;
    flow->nsh.path_hdr = nsh->path;
    if (nsh->md_type == NSH_MD_TYPE1) {
        memcpy(flow->nsh.context, nsh->context, sizeof flow->nsh.context);
    }
}

/* Link-layer address options: RFC 4861 §4.6.1.  A damaged one ends them, a
 * repeated one makes all of them, and the target, unknown. */
static void
parse_nd(struct cursor *c, struct flow *flow)
{
    const struct ip6_addr *target = take(c, sizeof *target);
    if (!target) {
        return;
    }
    flow->nd_target = *target;
    while (c->left >= sizeof(struct nd_lla_option)) {
        const struct nd_lla_option *opt = (const void *) c->data;
        size_t len = opt->len * 8;
        if (!len || len > c->left) {
            return;
        }
        if (len == sizeof *opt && opt->type == ND_OPT_SOURCE_LLA) {
            if (!eth_addr_is_zero(flow->arp_sha)) {
                goto invalid;
            }
            flow->arp_sha = opt->mac;
            flow->tcp_flags = be16_from_host(opt->type);
        } else if (len == sizeof *opt && opt->type == ND_OPT_TARGET_LLA) {
            if (!eth_addr_is_zero(flow->arp_tha)) {
                goto invalid;
            }
            flow->arp_tha = opt->mac;
            flow->tcp_flags = be16_from_host(opt->type);
        }
        (void) take(c, len);
    }
    return;

invalid:
    memset(&flow->nd_target, 0, sizeof flow->nd_target);
    memset(&flow->arp_sha, 0, sizeof flow->arp_sha);
    memset(&flow->arp_tha, 0, sizeof flow->arp_tha);
    flow->tcp_flags = 0;
}

static void
parse_icmp6(struct cursor *c, struct flow *flow)
{
    const struct icmp6_header *icmp = (const void *) c->data;
    if (c->left < 8) {
        return;
    }
    flow->tp_src = be16_from_host(icmp->type);
    flow->tp_dst = be16_from_host(icmp->code);
    if (!icmp->code && flow->dl_type == BE16_CONST(ETH_TYPE_IPV6)
        && (icmp->type == ICMP6_ND_SOLICIT || icmp->type == ICMP6_ND_ADVERT)) {
        const struct nd_header *nd = (const void *) icmp;
        flow->igmp_group = nd->reserved;
        (void) take(c, 8);
        parse_nd(c, flow);
    }
}

static void
parse_l4(struct cursor *c, struct flow *flow)
{
    const uint8_t *p = c->data;
    size_t need;
    switch (flow->nw_proto) {
    case IP_PROTO_TCP:
        need = TCP_HEADER_LEN;
        break;
    case IP_PROTO_UDP:
        need = UDP_HEADER_LEN;
        break;
    case IP_PROTO_SCTP:
        need = SCTP_HEADER_LEN;
        break;
    case IP_PROTO_ICMP:
        if (c->left >= ICMP4_HEADER_LEN) {
            flow->tp_src = be16_from_host(p[0]);
            flow->tp_dst = be16_from_host(p[1]);
        }
        return;
    case IP_PROTO_IGMP:
        if (c->left >= IGMP_HEADER_LEN) {
            flow->tp_src = be16_from_host(p[0]);
            flow->tp_dst = be16_from_host(p[1]);
            memcpy(&flow->igmp_group, p + 4, 4);
        }
        return;
    case IP_PROTO_ICMPV6:
        parse_icmp6(c, flow);
        return;
    default:
        return;
    }
    if (c->left < need) {
        return;
    }
    if (flow->nw_proto == IP_PROTO_TCP) {
        const struct tcp_header *tcp = (const void *) p;
        size_t len = tcp_header_len(tcp);
        if (len < TCP_HEADER_LEN || len > c->left) {
            return;
        }
        flow->tcp_flags = tcp->off_flags & BE16_CONST(TCP_FLAGS_MASK);
    }
    memcpy(&flow->tp_src, p, 2);
    memcpy(&flow->tp_dst, p + 2, 2);
}

static void
parse_ip4(struct cursor *c, struct flow *flow)
{
    const struct ip4_header *ip = (const void *) c->data;
    if (c->left < IP4_HEADER_LEN) {
        return;
    }
    size_t len = ip4_header_len(ip);
    size_t total = be16_to_host(ip->total_len);
    if (len < IP4_HEADER_LEN || len > total || !trim(c, total)) {
        return;
    }
    flow->nw_src = ip->src;
    flow->nw_dst = ip->dst;
    flow->nw_tos = ip->tos;
    flow->nw_ttl = ip->ttl;
    flow->nw_proto = ip->proto;
    uint16_t frag = be16_to_host(ip->frag_off);
    if (frag & (IP4_FRAG_MF | IP4_FRAG_OFF_MASK)) {
        flow->nw_frag = FLOW_NW_FRAG_ANY;
        if (frag & IP4_FRAG_OFF_MASK) {
            flow->nw_frag |= FLOW_NW_FRAG_LATER;
        }
    }
    (void) take(c, len);
    c->packet->l4_offset = offset_of(c);
    if (!(flow->nw_frag & FLOW_NW_FRAG_LATER)) {
        parse_l4(c, flow);
    }
}

/* RFC 8200 §4: passes extension headers.  False if they are cut short. */
static bool
parse_ip6_extensions(struct cursor *c, uint8_t *proto, uint8_t *frag)
{
    for (;;) {
        const struct ip6_ext_header *ext = (const void *) c->data;
        size_t len;
        switch (*proto) {
        case IP_PROTO_HOPOPTS:
        case IP_PROTO_ROUTING:
        case IP_PROTO_DSTOPTS:
            len = c->left >= 8 ? (ext->len + 1) * 8 : 8;
            break;
        case IP_PROTO_AH:
            /* RFC 4302 §2.2. */
            len = c->left >= 8 ? (ext->len + 2) * 4 : 8;
            break;
        case IP_PROTO_FRAGMENT:
            len = sizeof(struct ip6_frag_header);
            break;
        default:
            return true;
        }
        if (!take(c, len)) {
            return false;
        }
        if (*proto == IP_PROTO_FRAGMENT) {
            uint16_t off =
                be16_to_host(((struct ip6_frag_header *) ext)->off_flags);
            if (off & (IP6_FRAG_OFF_MASK | IP6_FRAG_MF)) {
                *frag = FLOW_NW_FRAG_ANY;
            }
            if (off & IP6_FRAG_OFF_MASK) {
                /* What it is a fragment of cannot be told. */
                *frag |= FLOW_NW_FRAG_LATER;
                return true;
            }
        }
        *proto = ext->next_header;
    }
}

static void
parse_ip6(struct cursor *c, struct flow *flow)
{
    const struct ip6_header *ip6 = (const void *) c->data;
    if (c->left < IP6_HEADER_LEN) {
        return;
    }
    size_t payload = be16_to_host(ip6->payload_len);
    if (!trim(c, IP6_HEADER_LEN + payload)) {
        return;
    }
    uint32_t word = be32_to_host(ip6->version_class_label);
    uint8_t proto = ip6->next_header, frag = 0;
    flow->ipv6_src = ip6->src;
    flow->ipv6_dst = ip6->dst;
    (void) take(c, sizeof *ip6);
    if (!parse_ip6_extensions(c, &proto, &frag)) {
        return;
    }
    flow->ipv6_label = be32_from_host(word & IP6_LABEL_MASK);
    flow->nw_tos = word >> 20;
    flow->nw_ttl = ip6->hop_limit;
    flow->nw_proto = proto;
    flow->nw_frag = frag;
    c->packet->l4_offset = offset_of(c);
    if (!(frag & FLOW_NW_FRAG_LATER)) {
        parse_l4(c, flow);
    }
}

/* False without an Ethernet header. */
static bool
parse_l2(struct cursor *c, struct flow *flow)
{
    if (c->packet->packet_type != PACKET_TYPE_ETHERNET) {
        flow->dl_type = be16_from_host(c->packet->packet_type);
        return c->packet->packet_type >> 16 == 1;
    }
    const struct eth_header *eth = (const void *) c->data;
    if (c->left < ETH_HEADER_LEN) {
        return false;
    }
    flow->dl_dst = eth->dst;
    flow->dl_src = eth->src;
    (void) take(c, 2 * ETH_ADDR_LEN);
    parse_vlans(c, flow);
    flow->dl_type = parse_ethertype(c);
    return true;
}

void
extract_bytes_general(struct packet *packet, struct flow *flow)
{
    struct cursor c = { packet, packet->data, packet->size };
    packet_clear_offsets(packet);
    if (!parse_l2(&c, flow)) {
        return;
    }
    if (eth_type_is_mpls(flow->dl_type)) {
        parse_mpls(&c, flow);
        return;
    }
    packet->l3_offset = offset_of(&c);
    if (packet->l3_offset == PACKET_NO_OFFSET) {
        return;
    }
    switch (be16_to_host(flow->dl_type)) {
    case ETH_TYPE_IP:
        parse_ip4(&c, flow);
        break;
    case ETH_TYPE_IPV6:
        parse_ip6(&c, flow);
        break;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        parse_arp(&c, flow);
        break;
    case ETH_TYPE_NSH:
        parse_nsh(&c, flow);
        break;
    default:
        break;
    }
}

static void
extract_ct(const struct packet *p, struct flow *flow)
{
    flow->ct_mark = p->ct_mark;
    flow->ct_label = p->ct_label;
    const struct packet_ct_tuple *t = &p->ct_tuple;
    if (!t->proto) {
        return;
    }
    flow->ct_nw_proto = t->proto;
    flow->ct_tp_src = t->src_port;
    flow->ct_tp_dst = t->dst_port;
    if (t->ipv6) {
        flow->ct_ipv6_src = t->src;
        flow->ct_ipv6_dst = t->dst;
    } else {
        memcpy(&flow->ct_nw_src, &t->src, 4);
        memcpy(&flow->ct_nw_dst, &t->dst, 4);
    }
}

static void
extract_metadata(const struct packet *p, struct flow *flow)
{
    flow->recirc_id = p->recirc_id;
    flow->dp_hash = p->dp_hash;
    flow->skb_priority = p->skb_priority;
    flow->pkt_mark = p->pkt_mark;
    flow->in_port = p->in_port;
    flow->packet_type = p->packet_type;
    flow->ct_state = p->ct_state;
    flow->ct_zone = p->ct_zone;
    if (p->offloads & PACKET_HAS_CT) {
        extract_ct(p, flow);
    }
}

static void
extract_words(struct packet *p, struct flow *flow, bool fast)
{
    memset(&flow->recirc_id, 0,
           sizeof *flow - offsetof(struct flow, recirc_id));
    extract_metadata(p, flow);
    if (!fast || !extract_bytes_fast(p, flow)) {
        extract_bytes_general(p, flow);
    }
}

unsigned
flow_extract_key(struct packet *p, struct flow *flow)
{
    extract_words(p, flow, true);
    if (LIKELY(!(p->offloads & PACKET_HAS_TUNNEL))) {
        return FLOW_PACKET_START;
    }
    flow->tunnel = *packet_tunnel(p);
    return FLOW_DATAPATH_START;
}

void
flow_extract(struct packet *p, struct flow *flow)
{
    memset(flow, 0, offsetof(struct flow, recirc_id));
    flow_extract_key(p, flow);
}

void
flow_extract_general(struct packet *p, struct flow *flow)
{
    memset(flow, 0, offsetof(struct flow, recirc_id));
    extract_words(p, flow, false);
    if (p->offloads & PACKET_HAS_TUNNEL) {
        flow->tunnel = *packet_tunnel(p);
    }
}

void
packet_set_metadata(struct packet *p, const struct flow *flow)
{
    p->recirc_id = flow->recirc_id;
    p->dp_hash = flow->dp_hash;
    p->skb_priority = flow->skb_priority;
    p->pkt_mark = flow->pkt_mark;
    p->in_port = flow->in_port;
    p->packet_type = flow->packet_type;
    p->ct_state = flow->ct_state;
    p->ct_zone = flow->ct_zone;
    p->offloads &= ~(PACKET_HAS_CT | PACKET_HAS_TUNNEL);
    if (flow->ct_state) {
        struct packet_ct_tuple *t = &p->ct_tuple;
        memset(t, 0, sizeof *t);
        p->offloads |= PACKET_HAS_CT;
        p->ct_mark = flow->ct_mark;
        p->ct_label = flow->ct_label;
        t->proto = flow->ct_nw_proto;
        t->src_port = flow->ct_tp_src;
        t->dst_port = flow->ct_tp_dst;
        t->ipv6 = !ip6_is_zero(&flow->ct_ipv6_src)
                  || !ip6_is_zero(&flow->ct_ipv6_dst);
        if (t->ipv6) {
            t->src = flow->ct_ipv6_src;
            t->dst = flow->ct_ipv6_dst;
        } else {
            memcpy(&t->src, &flow->ct_nw_src, 4);
            memcpy(&t->dst, &flow->ct_nw_dst, 4);
        }
    }
    if (flow_has_tunnel(flow)) {
        p->offloads |= PACKET_HAS_TUNNEL;
        *packet_tunnel(p) = flow->tunnel;
    }
}
