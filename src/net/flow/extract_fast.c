/* The common shapes, in straight lines: Ethernet with at most one VLAN tag,
 * IPv4 without options and fragments or IPv6 without extension headers, TCP
 * or UDP.  Whatever is odd in the least is the general parser's. */

#include <string.h>

#include "net/flow/extract_private.h"
#include "net/flow/flow.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"

/* Ports and flags; 'left' bytes are there. */
static inline bool
fast_l4(const uint8_t *p, size_t left, uint8_t proto, struct flow *flow)
{
    be16 flags = 0;
    if (proto == IP_PROTO_TCP) {
        if (left < TCP_HEADER_LEN) {
            return false;
        }
        memcpy(&flags, p + offsetof(struct tcp_header, off_flags), 2);
        size_t len = (be16_to_host(flags) >> 12) * 4;
        if (len < TCP_HEADER_LEN || len > left) {
            return false;
        }
        flags &= BE16_CONST(TCP_FLAGS_MASK);
    } else if (proto != IP_PROTO_UDP || left < UDP_HEADER_LEN) {
        return false;
    }
    flow->tcp_flags = flags;
    memcpy(&flow->tp_src, p, 4);
    return true;
}

static inline bool
fast_ip4(const uint8_t *p, size_t left, struct flow *flow, size_t *padp)
{
    const struct ip4_header *ip = (const void *) p;
    if (left < IP4_HEADER_LEN || (ip->version_ihl & 0xf) != 5
        || ip->frag_off & BE16_CONST(IP4_FRAG_MF | IP4_FRAG_OFF_MASK)) {
        return false;
    }
    size_t total = be16_to_host(ip->total_len);
    if (total < IP4_HEADER_LEN || total > left || left - total > UINT8_MAX
        || !fast_l4(p + IP4_HEADER_LEN, total - IP4_HEADER_LEN, ip->proto,
                    flow)) {
        return false;
    }
    memcpy(&flow->nw_src, &ip->src, 8);
    flow->nw_tos = ip->tos;
    flow->nw_ttl = ip->ttl;
    flow->nw_proto = ip->proto;
    *padp = left - total;
    return true;
}

static inline bool
fast_ip6(const uint8_t *p, size_t left, struct flow *flow, size_t *padp)
{
    const struct ip6_header *ip6 = (const void *) p;
    if (left < IP6_HEADER_LEN) {
        return false;
    }
    size_t total = IP6_HEADER_LEN + be16_to_host(ip6->payload_len);
    if (total > left || left - total > UINT8_MAX
        || !fast_l4(p + IP6_HEADER_LEN, total - IP6_HEADER_LEN,
                    ip6->next_header, flow)) {
        return false;
    }
    uint32_t word = be32_to_host(ip6->version_class_label);
    memcpy(&flow->ipv6_src, &ip6->src, 32);
    flow->ipv6_label = be32_from_host(word & IP6_LABEL_MASK);
    flow->nw_tos = word >> 20;
    flow->nw_ttl = ip6->hop_limit;
    flow->nw_proto = ip6->next_header;
    *padp = left - total;
    return true;
}

bool
extract_bytes_fast(struct packet *packet, struct flow *flow)
{
    const uint8_t *p = packet->data;
    size_t left = packet->size;
    if (UNLIKELY(packet->packet_type || packet->vlan_tci
                 || left < ETH_HEADER_LEN + VLAN_HEADER_LEN + 2)) {
        return false;
    }
    struct flow_vlan vlan = { 0, 0 };
    be16 type;
    size_t l3 = ETH_HEADER_LEN;
    memcpy(&type, p + 12, 2);
    if (eth_type_is_vlan(type)) {
        memcpy(&vlan, p + 12, 4);
        vlan.tci |= BE16_CONST(VLAN_CFI);
        memcpy(&type, p + 16, 2);
        l3 += VLAN_HEADER_LEN;
    }

    size_t pad, l4;
    if (type == BE16_CONST(ETH_TYPE_IP)) {
        if (!fast_ip4(p + l3, left - l3, flow, &pad)) {
            return false;
        }
        l4 = l3 + IP4_HEADER_LEN;
    } else if (type == BE16_CONST(ETH_TYPE_IPV6)) {
        if (!fast_ip6(p + l3, left - l3, flow, &pad)) {
            return false;
        }
        l4 = l3 + IP6_HEADER_LEN;
    } else {
        return false;
    }
    memcpy(&flow->dl_dst, p, 12);
    flow->dl_type = type;
    flow->vlans[0] = vlan;
    packet->l2_5_offset = PACKET_NO_OFFSET;
    packet->l3_offset = l3;
    packet->l4_offset = l4;
    packet->l2_pad = pad;
    return true;
}
