/* Packets from flows. */

#include "net/flow/compose.h"

#include <string.h>

#include "net/packet/checksum.h"
#include "net/packet/headers.h"

enum { DEFAULT_PAYLOAD = 64 }; /* Bytes, where one is expected. */

struct payload {
    const void *bytes; /* NULL: a counting pattern. */
    size_t size;
};

/* With 'expected', a payload is made up if none is given. */
static void
put_payload(struct packet *p, const struct payload *payload, bool expected)
{
    size_t n = payload->size;
    if (!n && !payload->bytes && expected) {
        n = DEFAULT_PAYLOAD;
    }
    uint8_t *bytes = packet_put(p, n);
    if (payload->bytes) {
        memcpy(bytes, payload->bytes, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            bytes[i] = i;
        }
    }
}

static void
put_icmp6(struct packet *p, const struct flow *flow,
          const struct payload *payload)
{
    struct icmp6_header *icmp = packet_put_zeros(p, sizeof *icmp);
    icmp->type = be16_to_host(flow->tp_src);
    icmp->code = be16_to_host(flow->tp_dst);
    bool solicit = icmp->type == ICMP6_ND_SOLICIT;
    be32 *reserved = packet_put_zeros(p, sizeof *reserved);
    if (icmp->code || (!solicit && icmp->type != ICMP6_ND_ADVERT)) {
        put_payload(p, payload, true);
        return;
    }
    memcpy(reserved, &flow->igmp_group, sizeof *reserved);
    packet_put_bytes(p, &flow->nd_target, sizeof flow->nd_target);
    if (!eth_addr_is_zero(flow->arp_sha)) {
        struct nd_lla_option opt = { ND_OPT_SOURCE_LLA, 1, flow->arp_sha };
        packet_put_bytes(p, &opt, sizeof opt);
    }
    if (!eth_addr_is_zero(flow->arp_tha)) {
        struct nd_lla_option opt = { ND_OPT_TARGET_LLA, 1, flow->arp_tha };
        packet_put_bytes(p, &opt, sizeof opt);
    }
}

static void
put_l4(struct packet *p, const struct flow *flow,
       const struct payload *payload)
{
    bool ip4 = flow->dl_type == BE16_CONST(ETH_TYPE_IP);
    p->l4_offset = p->size;
    bool expected = false;
    if (flow->nw_frag & FLOW_NW_FRAG_LATER) {
        put_payload(p, payload, false);
        return;
    }
    if (flow->nw_proto == IP_PROTO_TCP) {
        struct tcp_header *tcp = packet_put_zeros(p, sizeof *tcp);
        tcp->src = flow->tp_src;
        tcp->dst = flow->tp_dst;
        tcp->off_flags = BE16_CONST(0x5000)
                         | (flow->tcp_flags & BE16_CONST(TCP_FLAGS_MASK));
        expected =
            !(flow->tcp_flags & BE16_CONST(TCP_SYN | TCP_FIN | TCP_RST));
    } else if (flow->nw_proto == IP_PROTO_UDP) {
        struct udp_header *udp = packet_put_zeros(p, sizeof *udp);
        udp->src = flow->tp_src;
        udp->dst = flow->tp_dst;
        expected = true;
    } else if (flow->nw_proto == IP_PROTO_SCTP) {
        struct sctp_header *sctp = packet_put_zeros(p, sizeof *sctp);
        sctp->src = flow->tp_src;
        sctp->dst = flow->tp_dst;
    } else if (flow->nw_proto == IP_PROTO_ICMP && ip4) {
        struct icmp4_header *icmp = packet_put_zeros(p, sizeof *icmp);
        icmp->type = be16_to_host(flow->tp_src);
        icmp->code = be16_to_host(flow->tp_dst);
        expected = true;
    } else if (flow->nw_proto == IP_PROTO_IGMP && ip4) {
        struct igmp_header *igmp = packet_put_zeros(p, sizeof *igmp);
        igmp->type = be16_to_host(flow->tp_src);
        igmp->code = be16_to_host(flow->tp_dst);
        igmp->group = flow->igmp_group;
    } else if (flow->nw_proto == IP_PROTO_ICMPV6 && !ip4) {
        put_icmp6(p, flow, payload);
        return;
    }
    put_payload(p, payload, expected);
    if (flow->nw_proto == IP_PROTO_UDP) {
        struct udp_header *udp = packet_l4(p);
        udp->len = be16_from_host(packet_l4_size(p));
    }
}

static void
put_ip4(struct packet *p, const struct flow *flow,
        const struct payload *payload)
{
    struct ip4_header *ip = packet_put_zeros(p, sizeof *ip);
    ip->version_ihl = 0x45;
    ip->tos = flow->nw_tos;
    ip->ttl = flow->nw_ttl;
    ip->proto = flow->nw_proto;
    ip->src = flow->nw_src;
    ip->dst = flow->nw_dst;
    if (flow->nw_frag & FLOW_NW_FRAG_ANY) {
        ip->frag_off = flow->nw_frag & FLOW_NW_FRAG_LATER
                           ? BE16_CONST(100 | IP4_FRAG_MF)
                           : BE16_CONST(IP4_FRAG_MF);
    }
    put_l4(p, flow, payload);
    ip = packet_l3(p);
    ip->total_len = be16_from_host(packet_l3_size(p));
}

static void
put_ip6(struct packet *p, const struct flow *flow,
        const struct payload *payload)
{
    struct ip6_header *ip6 = packet_put_zeros(p, sizeof *ip6);
    ip6->version_class_label =
        be32_from_host(6u << 28 | (uint32_t) flow->nw_tos << 20
                       | (be32_to_host(flow->ipv6_label) & IP6_LABEL_MASK));
    ip6->next_header = flow->nw_proto;
    ip6->hop_limit = flow->nw_ttl;
    ip6->src = flow->ipv6_src;
    ip6->dst = flow->ipv6_dst;
    if (flow->nw_frag & FLOW_NW_FRAG_ANY) {
        bool later = flow->nw_frag & FLOW_NW_FRAG_LATER;
        ip6->next_header = IP_PROTO_FRAGMENT;
        struct ip6_frag_header *frag = packet_put_zeros(p, sizeof *frag);
        frag->next_header = flow->nw_proto;
        frag->off_flags =
            later ? BE16_CONST(100 << 3) : BE16_CONST(IP6_FRAG_MF);
    }
    put_l4(p, flow, payload);
    ip6 = packet_l3(p);
    ip6->payload_len = be16_from_host(packet_l3_size(p) - sizeof *ip6);
}

static void
put_arp(struct packet *p, const struct flow *flow)
{
    const struct arp_eth_header arp = {
        .hw_type = BE16_CONST(1),
        .proto_type = BE16_CONST(ETH_TYPE_IP),
        .hw_len = ETH_ADDR_LEN,
        .proto_len = 4,
        .op = be16_from_host(flow->nw_proto),
        .sha = flow->arp_sha,
        .spa = flow->nw_src,
        .tha = flow->arp_tha,
        .tpa = flow->nw_dst,
    };
    packet_put_bytes(p, &arp, sizeof arp);
}

static void
put_mpls(struct packet *p, const struct flow *flow)
{
    p->l2_5_offset = p->size;
    for (int i = 0; i < FLOW_MAX_MPLS; i++) {
        be32 lse = flow->mpls_lse[i];
        packet_put_bytes(p, &lse, sizeof lse);
        if (lse & BE32_CONST(MPLS_BOS_MASK)) {
            break;
        }
    }
    p->l3_offset = p->size;
}

static void
put_nsh(struct packet *p, const struct flow *flow)
{
    bool md1 = flow->nsh.mdtype == NSH_MD_TYPE1;
    size_t len = md1 ? NSH_MD1_LEN : NSH_BASE_LEN;
    struct nsh_header *nsh = packet_put_zeros(p, len);
    nsh->ver_flags_ttl_len = be16_from_host(
        (flow->nsh.flags & 3) << 12 | (flow->nsh.ttl & 0x3f) << 6 | len / 4);
    nsh->md_type = flow->nsh.mdtype;
    nsh->next_proto = flow->nsh.np;
    nsh->path = flow->nsh.path_hdr;
    if (md1) {
        memcpy(nsh->context, flow->nsh.context, sizeof nsh->context);
    }
}

static void
put_l2(struct packet *p, const struct flow *flow)
{
    if (flow->packet_type != PACKET_TYPE_ETHERNET) {
        return;
    }
    packet_put_bytes(p, &flow->dl_dst, sizeof flow->dl_dst);
    packet_put_bytes(p, &flow->dl_src, sizeof flow->dl_src);
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        const struct flow_vlan *vlan = &flow->vlans[i];
        if (!(vlan->tci & BE16_CONST(VLAN_CFI))) {
            break;
        }
        be16 tpid = vlan->tpid ? vlan->tpid : BE16_CONST(ETH_TYPE_VLAN_8021Q);
        be16 tci = vlan->tci & ~BE16_CONST(VLAN_CFI);
        packet_put_bytes(p, &tpid, 2);
        packet_put_bytes(p, &tci, 2);
    }
    packet_put_bytes(p, &flow->dl_type, 2);
    if (be16_to_host(flow->dl_type) < ETH_TYPE_MIN) {
        /* An IEEE 802.3 length without SNAP. */
        put_be16(p->data + p->size - 2, 0);
    }
}

/* A first fragment has the checksum of what is there. */
static void
fill_csum(struct packet *p, const struct flow *flow)
{
    struct ip4_header *ip = packet_l3(p);
    if (flow->dl_type != BE16_CONST(ETH_TYPE_IP)
        || flow->nw_frag != FLOW_NW_FRAG_ANY) {
        packet_fill_csum(p);
        return;
    }
    be16 frag_off = ip->frag_off;
    ip->frag_off = 0;
    packet_fill_csum(p);
    ip->frag_off = frag_off;
    ip->csum = csum_update16(ip->csum, 0, frag_off);
}

static void
compose(struct packet *p, const struct flow *flow,
        const struct payload *payload, bool bad_csum)
{
    packet_unshare(p);
    p->size = 0;
    p->offloads = 0;
    p->vlan_tci = p->vlan_tpid = 0;
    p->packet_type = flow->packet_type;
    packet_clear_offsets(p);
    put_l2(p, flow);
    if (eth_type_is_mpls(flow->dl_type)) {
        put_mpls(p, flow);
        return;
    }
    p->l3_offset = p->size;
    switch (be16_to_host(flow->dl_type)) {
    case ETH_TYPE_IP:
        put_ip4(p, flow, payload);
        break;
    case ETH_TYPE_IPV6:
        put_ip6(p, flow, payload);
        break;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        put_arp(p, flow);
        return;
    case ETH_TYPE_NSH:
        put_nsh(p, flow);
        return;
    default:
        put_payload(p, payload, false);
        return;
    }
    fill_csum(p, flow);
    if (bad_csum && packet_l4_size(p) >= UDP_HEADER_LEN) {
        uint8_t *last = packet_at(p, p->size - 1);
        *last ^= 1;
    }
}

void
packet_compose(struct packet *p, const struct flow *flow, const void *payload,
               size_t payload_size)
{
    compose(p, flow, &(struct payload){ payload, payload_size }, false);
}

void
packet_compose_bad_csum(struct packet *p, const struct flow *flow,
                        const void *payload, size_t payload_size)
{
    compose(p, flow, &(struct payload){ payload, payload_size }, true);
}
