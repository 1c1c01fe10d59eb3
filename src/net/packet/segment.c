/* Segmentation in software: TCP over IPv4 and IPv6, and UDP. */

#include "net/packet/segment.h"

#include "net/packet/checksum.h"
#include "net/packet/headers.h"

/* Bytes of all headers, 0 if they are not those of the GSO type. */
static size_t
headers_len(const struct packet *p)
{
    const uint8_t *l3 = packet_l3(p);
    const uint8_t *l4 = packet_l4(p);
    if (!l3 || !l4 || p->l4_offset <= p->l3_offset) {
        return 0;
    }
    int version = *l3 >> 4;
    size_t size = packet_l4_size(p);
    size_t len;
    if ((p->gso_type == PACKET_GSO_TCP4 && version != 4)
        || (p->gso_type == PACKET_GSO_TCP6 && version != 6)) {
        return 0;
    }
    if (p->gso_type == PACKET_GSO_UDP) {
        len = UDP_HEADER_LEN;
    } else {
        if (size < TCP_HEADER_LEN) {
            return 0;
        }
        len = tcp_header_len((const struct tcp_header *) l4);
        if (len < TCP_HEADER_LEN) {
            return 0;
        }
    }
    return len <= size ? p->l4_offset + len : 0;
}

size_t
packet_n_segments(const struct packet *p)
{
    if (!p->gso_type || !p->gso_size) {
        return 1;
    }
    size_t headers = headers_len(p);
    size_t payload = headers ? p->size - p->l2_pad - headers : 0;
    return payload ? DIV_ROUND_UP(payload, p->gso_size) : 1;
}

/* Sets lengths and what differs between segments in the headers of 'segment',
 * number 'i', whose payload begins at 'offset' of the whole one's. */
static void
fix_segment(struct packet *segment, unsigned i, size_t offset, bool last)
{
    uint8_t *l3 = packet_l3(segment);
    size_t l3_size = packet_l3_size(segment);
    if (*l3 >> 4 == 4) {
        struct ip4_header *ip = (struct ip4_header *) l3;
        ip->total_len = be16_from_host(l3_size);
        ip->id = be16_from_host(be16_to_host(ip->id) + i);
    } else {
        struct ip6_header *ip6 = (struct ip6_header *) l3;
        ip6->payload_len = be16_from_host(l3_size - sizeof *ip6);
    }
    if (segment->gso_type == PACKET_GSO_UDP) {
        struct udp_header *udp = packet_l4(segment);
        udp->len = be16_from_host(packet_l4_size(segment));
    } else {
        struct tcp_header *tcp = packet_l4(segment);
        tcp->seq = be32_from_host(be32_to_host(tcp->seq) + offset);
        uint16_t clear = (last ? 0 : TCP_FIN | TCP_PSH) | (i ? TCP_CWR : 0);
        tcp->off_flags &= ~be16_from_host(clear);
    }
    segment->gso_type = PACKET_GSO_NONE;
    segment->gso_size = 0;
    packet_fill_csum(segment);
}

bool
packet_segment(struct packet *p, packet_segment_callback *callback, void *arg)
{
    if (!p->gso_type || !p->gso_size) {
        callback(p, arg);
        return true;
    }
    size_t headers = headers_len(p);
    if (!headers) {
        packet_free(p);
        return false;
    }
    size_t end = p->size - p->l2_pad;
    size_t payload = end - headers;
    if (payload <= p->gso_size) {
        p->gso_type = PACKET_GSO_NONE;
        p->gso_size = 0;
        packet_fill_csum(p);
        callback(p, arg);
        return true;
    }

    unsigned i = 0;
    for (size_t offset = 0; offset < payload; offset += p->gso_size, i++) {
        size_t n = MIN(p->gso_size, payload - offset);
        struct packet *segment = packet_create(headers + n);
        packet_put_bytes(segment, p->data, headers);
        packet_put_bytes(segment, p->data + headers + offset, n);
        packet_copy_metadata(segment, p);
        segment->l2_pad = 0;
        fix_segment(segment, i, offset, offset + n == payload);
        callback(segment, arg);
    }
    packet_free(p);
    return true;
}
