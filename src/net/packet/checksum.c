/* Internet checksums and what offloads leave open. */

#include "net/packet/checksum.h"

#include <string.h>

#include "base/crc.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"

uint32_t
csum_add16(uint32_t partial, be16 word)
{
    return partial + word;
}

uint32_t
csum_add32(uint32_t partial, be32 word)
{
    return partial + (uint16_t) word + (uint16_t) (word >> 16);
}

/* Folds a wide sum of 16-bit words to 17 bits or less. */
static uint32_t
fold64(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (sum & UINT16_MAX) + (sum >> 16);
}

uint32_t
csum_continue(uint32_t partial, const void *data, size_t size)
{
    const uint8_t *p = data;
    uint64_t sum = partial;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        sum += (word & UINT32_MAX) + (word >> 32);
    }
    for (; size >= 2; size -= 2, p += 2) {
        uint16_t word;
        memcpy(&word, p, 2);
        sum += word;
    }
    if (size) {
        /* RFC 1071 §4.1: the odd byte is the first of a word. */
        be16 word = be16_from_host(*p << 8);
        sum += word;
    }
    return fold64(sum);
}

be16
csum_finish(uint32_t partial)
{
    return ~(uint16_t) fold64(partial);
}

be16
csum(const void *data, size_t size)
{
    return csum_finish(csum_continue(0, data, size));
}

/* RFC 1624 §3, equation 3: HC' = ~(~HC + ~m + m'). */
be16
csum_update16(be16 old_csum, be16 old_word, be16 new_word)
{
    return csum_finish((uint32_t) (uint16_t) ~old_csum + (uint16_t) ~old_word
                       + new_word);
}

be16
csum_update32(be16 old_csum, be32 old_word, be32 new_word)
{
    return csum_update16(csum_update16(old_csum, old_word, new_word),
                         old_word >> 16, new_word >> 16);
}

be16
csum_update128(be16 old_csum, const struct ip6_addr *old_addr,
               const struct ip6_addr *new_addr)
{
    for (int i = 0; i < 16; i += 4) {
        be32 old_word, new_word;
        memcpy(&old_word, &old_addr->bytes[i], 4);
        memcpy(&new_word, &new_addr->bytes[i], 4);
        old_csum = csum_update32(old_csum, old_word, new_word);
    }
    return old_csum;
}

uint32_t
csum_pseudo4(be32 src, be32 dst, uint8_t proto, uint16_t len)
{
    uint32_t sum = csum_add32(0, src);
    sum = csum_add32(sum, dst);
    sum = csum_add16(sum, be16_from_host(proto));
    return csum_add16(sum, be16_from_host(len));
}

uint32_t
csum_pseudo6(const struct ip6_addr *src, const struct ip6_addr *dst,
             uint8_t proto, uint32_t len)
{
    uint32_t sum = csum_continue(0, src, sizeof *src);
    sum = csum_continue(sum, dst, sizeof *dst);
    sum = csum_add16(sum, be16_from_host(proto));
    return csum_add32(sum, be32_from_host(len));
}

be32
csum_sctp(const void *sctp, size_t size)
{
    static const uint8_t zeros[4];
    const uint8_t *p = sctp;
    uint32_t crc = crc32c_update(0, p, 8);
    crc = crc32c_update(crc, zeros, 4);
    crc = crc32c_update(crc, p + 12, size - 12);
    /* RFC 9260 appendix A: the value goes out least significant byte first.
     */
    be32 field;
    uint8_t bytes[4] = { crc, crc >> 8, crc >> 16, crc >> 24 };
    memcpy(&field, bytes, 4);
    return field;
}

/* What L4 checksums need of the L3 header. */
struct l3_info {
    uint32_t pseudo; /* Partial sum of the pseudo header. */
    uint8_t proto;   /* Of L4. */
    bool fragment;
};

/* Walks IPv6 extension headers from 'proto' up to L4.  False if this does not
 * end at the L4 offset. */
static bool
ip6_find_proto(const struct packet *p, uint8_t *protop, bool *fragment)
{
    const struct ip6_header *ip6 = packet_l3(p);
    size_t offset = p->l3_offset + sizeof *ip6;
    uint8_t proto = ip6->next_header;
    while (offset + 8 <= p->l4_offset) {
        const struct ip6_ext_header *ext = packet_at(p, offset);
        if (proto == IP_PROTO_FRAGMENT) {
            *fragment = true;
            offset += 8;
        } else if (proto == IP_PROTO_AH) {
            offset += (ext->len + 2) * 4;
        } else {
            offset += (ext->len + 1) * 8;
        }
        proto = ext->next_header;
    }
    *protop = proto;
    return offset == p->l4_offset;
}

static bool
packet_l3_info(const struct packet *p, struct l3_info *info)
{
    const void *l3 = packet_l3(p);
    if (!l3 || packet_l3_size(p) < IP4_HEADER_LEN) {
        return false;
    }
    bool has_l4 = p->l4_offset != PACKET_NO_OFFSET;
    size_t l4_size = packet_l4_size(p);
    memset(info, 0, sizeof *info);
    if (*(const uint8_t *) l3 >> 4 == 4) {
        const struct ip4_header *ip = l3;
        info->proto = ip->proto;
        info->fragment =
            (be16_to_host(ip->frag_off) & (IP4_FRAG_MF | IP4_FRAG_OFF_MASK))
            != 0;
        info->pseudo = csum_pseudo4(ip->src, ip->dst, ip->proto, l4_size);
        return true;
    }
    if (*(const uint8_t *) l3 >> 4 != 6 || packet_l3_size(p) < IP6_HEADER_LEN
        || !has_l4 || !ip6_find_proto(p, &info->proto, &info->fragment)) {
        return false;
    }
    const struct ip6_header *ip6 = l3;
    info->pseudo = csum_pseudo6(&ip6->src, &ip6->dst, info->proto, l4_size);
    return true;
}

/* Where the checksum of L4 is: offset in the header, 0 if there is none that
 * we know, and whether the pseudo header counts. */
static size_t
l4_csum_offset(uint8_t proto, size_t l4_size, bool *pseudo)
{
    *pseudo = proto != IP_PROTO_ICMP && proto != IP_PROTO_IGMP;
    switch (proto) {
    case IP_PROTO_TCP:
        return l4_size >= TCP_HEADER_LEN ? offsetof(struct tcp_header, csum)
                                         : 0;
    case IP_PROTO_UDP:
        return l4_size >= UDP_HEADER_LEN ? offsetof(struct udp_header, csum)
                                         : 0;
    case IP_PROTO_ICMP:
    case IP_PROTO_IGMP:
        return l4_size >= ICMP4_HEADER_LEN
                   ? offsetof(struct icmp4_header, csum)
                   : 0;
    case IP_PROTO_ICMPV6:
        return l4_size >= ICMP6_HEADER_LEN
                   ? offsetof(struct icmp6_header, csum)
                   : 0;
    default:
        return 0;
    }
}

static void
fill_l4_csum(struct packet *p, const struct l3_info *info)
{
    size_t size = packet_l4_size(p);
    uint8_t *l4 = packet_l4(p);
    bool pseudo;
    if (info->proto == IP_PROTO_SCTP) {
        if (size >= SCTP_HEADER_LEN) {
            ((struct sctp_header *) l4)->csum = csum_sctp(l4, size);
        }
        return;
    }
    size_t offset = l4_csum_offset(info->proto, size, &pseudo);
    if (!offset) {
        return;
    }
    be16 sum = 0;
    memcpy(l4 + offset, &sum, 2);
    sum = csum_finish(csum_continue(pseudo ? info->pseudo : 0, l4, size));
    if (!sum && info->proto == IP_PROTO_UDP) {
        /* RFC 768: zero means that there is none. */
        sum = BE16_MAX;
    }
    memcpy(l4 + offset, &sum, 2);
}

static void
fill_ip4_csum(struct packet *p)
{
    struct ip4_header *ip = packet_l3(p);
    if (ip && packet_l3_size(p) >= IP4_HEADER_LEN && ip->version_ihl >> 4 == 4
        && ip4_header_len(ip) <= packet_l3_size(p)) {
        ip->csum = 0;
        ip->csum = csum(ip, ip4_header_len(ip));
    }
}

void
packet_fill_csum(struct packet *p)
{
    struct l3_info info;
    packet_unshare(p);
    fill_ip4_csum(p);
    if (packet_l3_info(p, &info) && !info.fragment && packet_l4(p)) {
        fill_l4_csum(p, &info);
    }
    p->offloads &= ~(PACKET_L4_CSUM_PARTIAL | PACKET_L3_CSUM_DEFER);
}

void
packet_complete_csum(struct packet *p)
{
    if (p->offloads & PACKET_L3_CSUM_DEFER) {
        packet_unshare(p);
        fill_ip4_csum(p);
        p->offloads &= ~PACKET_L3_CSUM_DEFER;
    }
    if (!(p->offloads & PACKET_L4_CSUM_PARTIAL)) {
        return;
    }
    p->offloads &= ~PACKET_L4_CSUM_PARTIAL;
    size_t start = p->csum_start;
    size_t field = start + p->csum_offset;
    if (field + 2 > p->size) {
        return;
    }
    packet_unshare(p);
    size_t pad = p->l2_pad <= p->size - start ? p->l2_pad : 0;
    if (p->l4_offset == start && p->csum_offset == 8
        && packet_l4_size(p) >= SCTP_HEADER_LEN) {
        struct l3_info info;
        if (packet_l3_info(p, &info) && info.proto == IP_PROTO_SCTP) {
            fill_l4_csum(p, &info);
            return;
        }
    }
    /* The field holds the partial sum of the pseudo header. */
    be16 sum = csum(p->data + start, p->size - start - pad);
    if (!sum) {
        sum = BE16_MAX;
    }
    memcpy(p->data + field, &sum, 2);
}

bool
packet_l4_csum_ok(const struct packet *p)
{
    struct l3_info info;
    const uint8_t *l4 = packet_l4(p);
    size_t size = packet_l4_size(p);
    if (!l4 || !packet_l3_info(p, &info) || info.fragment) {
        return false;
    }
    if (info.proto == IP_PROTO_SCTP) {
        return size >= SCTP_HEADER_LEN
               && ((const struct sctp_header *) l4)->csum
                      == csum_sctp(l4, size);
    }
    bool pseudo;
    size_t offset = l4_csum_offset(info.proto, size, &pseudo);
    if (!offset) {
        return false;
    }
    if (info.proto == IP_PROTO_UDP && !get_be16(l4 + offset)
        && *(const uint8_t *) packet_l3(p) >> 4 == 4) {
        return true;
    }
    return !csum_finish(csum_continue(pseudo ? info.pseudo : 0, l4, size));
}
