/* Link-layer edits of packets: VLAN tags, MPLS and Ethernet headers. */

#include "net/packet/headers.h"
#include "net/packet/packet.h"

enum {
    MACS_LEN = 2 * ETH_ADDR_LEN,
    TYPE_IP_NAMESPACE = 0x00010000, /* Of packet_type: by Ethertype. */
};

static bool
packet_is_eth(const struct packet *p)
{
    return !p->packet_type && p->size >= ETH_HEADER_LEN;
}

static bool
packet_has_vlan(const struct packet *p)
{
    return packet_is_eth(p) && p->size >= ETH_HEADER_LEN + VLAN_HEADER_LEN
           && eth_type_is_vlan(((struct eth_header *) p->data)->type);
}

void
packet_push_vlan(struct packet *p, be16 tpid, be16 tci)
{
    if (!packet_is_eth(p)) {
        return;
    }
    uint8_t *data = packet_push(p, VLAN_HEADER_LEN);
    memmove(data, data + VLAN_HEADER_LEN, MACS_LEN);
    memcpy(data + MACS_LEN, &tpid, 2);
    memcpy(data + MACS_LEN + 2, &tci, 2);
    packet_shift_offsets(p, VLAN_HEADER_LEN);
}

bool
packet_pop_vlan(struct packet *p)
{
    if (!packet_has_vlan(p)) {
        return false;
    }
    packet_unshare(p);
    memmove(p->data + VLAN_HEADER_LEN, p->data, MACS_LEN);
    packet_pull(p, VLAN_HEADER_LEN);
    packet_shift_offsets(p, -VLAN_HEADER_LEN);
    return true;
}

bool
packet_set_vlan_tci(struct packet *p, be16 tci)
{
    if (!packet_has_vlan(p)) {
        return false;
    }
    packet_unshare(p);
    struct vlan_header *vlan = packet_at(p, ETH_HEADER_LEN);
    const be16 cfi = BE16_CONST(0x1000);
    vlan->tci = (vlan->tci & cfi) | (tci & ~cfi);
    return true;
}

void
packet_put_vlan(struct packet *p)
{
    if (p->vlan_tci || p->vlan_tpid) {
        be16 tpid =
            p->vlan_tpid ? p->vlan_tpid : BE16_CONST(ETH_TYPE_VLAN_8021Q);
        packet_push_vlan(p, tpid, p->vlan_tci & ~BE16_CONST(0x1000));
        p->vlan_tci = p->vlan_tpid = 0;
    }
}

/* The type field that says what L2.5 or L3 is: behind the last VLAN tag. */
static void
set_ethertype(struct packet *p, be16 type)
{
    if (p->packet_type) {
        p->packet_type = TYPE_IP_NAMESPACE | be16_to_host(type);
        return;
    }
    size_t offset = MACS_LEN;
    while (offset + 2 + VLAN_HEADER_LEN <= p->size) {
        be16 here;
        memcpy(&here, p->data + offset, 2);
        if (!eth_type_is_vlan(here)) {
            break;
        }
        offset += VLAN_HEADER_LEN;
    }
    memcpy(p->data + offset, &type, 2);
}

void
packet_push_mpls(struct packet *p, be16 ethertype, be32 lse)
{
    if (p->l3_offset == PACKET_NO_OFFSET
        && p->l2_5_offset == PACKET_NO_OFFSET) {
        return;
    }
    size_t at =
        p->l2_5_offset != PACKET_NO_OFFSET ? p->l2_5_offset : p->l3_offset;
    uint8_t *data = packet_push(p, MPLS_LSE_LEN);
    memmove(data, data + MPLS_LSE_LEN, at);
    memcpy(data + at, &lse, MPLS_LSE_LEN);
    packet_shift_offsets(p, MPLS_LSE_LEN);
    p->l2_5_offset = at;
    set_ethertype(p, ethertype);
}

bool
packet_pop_mpls(struct packet *p, be16 ethertype)
{
    if (p->l2_5_offset == PACKET_NO_OFFSET
        || (size_t) p->l2_5_offset + MPLS_LSE_LEN > p->size) {
        return false;
    }
    packet_unshare(p);
    size_t at = p->l2_5_offset;
    set_ethertype(p, ethertype);
    memmove(p->data + MPLS_LSE_LEN, p->data, at);
    packet_pull(p, MPLS_LSE_LEN);
    packet_shift_offsets(p, -MPLS_LSE_LEN);
    p->l2_5_offset = eth_type_is_mpls(ethertype) ? at : PACKET_NO_OFFSET;
    if (p->l2_5_offset == PACKET_NO_OFFSET) {
        p->l3_offset = at;
    }
    return true;
}

bool
packet_set_mpls_lse(struct packet *p, be32 lse)
{
    if (p->l2_5_offset == PACKET_NO_OFFSET
        || (size_t) p->l2_5_offset + MPLS_LSE_LEN > p->size) {
        return false;
    }
    packet_unshare(p);
    memcpy(p->data + p->l2_5_offset, &lse, MPLS_LSE_LEN);
    return true;
}

void
packet_push_eth(struct packet *p, struct eth_addr dst, struct eth_addr src,
                be16 type)
{
    struct eth_header *eth = packet_push(p, ETH_HEADER_LEN);
    *eth = (struct eth_header){ dst, src, type };
    packet_shift_offsets(p, ETH_HEADER_LEN);
    p->packet_type = 0;
}

bool
packet_pop_eth(struct packet *p)
{
    if (!packet_is_eth(p)) {
        return false;
    }
    size_t len = ETH_HEADER_LEN;
    be16 type = ((struct eth_header *) p->data)->type;
    while (eth_type_is_vlan(type) && len + VLAN_HEADER_LEN <= p->size) {
        memcpy(&type, p->data + len + 2, 2);
        len += VLAN_HEADER_LEN;
    }
    packet_pull(p, len);
    packet_shift_offsets(p, -(int) len);
    p->packet_type = TYPE_IP_NAMESPACE | be16_to_host(type);
    return true;
}
