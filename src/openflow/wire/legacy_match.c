/* The fixed match structures of OpenFlow 1.0 and 1.1. */

#include <string.h>

#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"
#include "openflow/wire/oxm.h"

/* OpenFlow 1.0.2 §5.2.3: wildcard bits. */
enum {
    W10_IN_PORT = 1 << 0,
    W10_DL_VLAN = 1 << 1,
    W10_DL_SRC = 1 << 2,
    W10_DL_DST = 1 << 3,
    W10_DL_TYPE = 1 << 4,
    W10_NW_PROTO = 1 << 5,
    W10_TP_SRC = 1 << 6,
    W10_TP_DST = 1 << 7,
    W10_NW_SRC_SHIFT = 8,
    W10_NW_DST_SHIFT = 14,
    W10_DL_VLAN_PCP = 1 << 20,
    W10_NW_TOS = 1 << 21,
    W10_ALL = 0x3fffff,
    VLAN10_NONE = 0xffff,
};

/* OpenFlow 1.1 §A.2.3. */
enum {
    W11_IN_PORT = 1 << 0,
    W11_DL_VLAN = 1 << 1,
    W11_DL_VLAN_PCP = 1 << 2,
    W11_DL_TYPE = 1 << 3,
    W11_NW_TOS = 1 << 4,
    W11_NW_PROTO = 1 << 5,
    W11_TP_SRC = 1 << 6,
    W11_TP_DST = 1 << 7,
    W11_MPLS_LABEL = 1 << 8,
    W11_MPLS_TC = 1 << 9,
    W11_ALL = 0x3ff,
    VLAN11_ANY = 0xfffe,
    VLAN11_NONE = 0xffff,
    DSCP = 0xfc,
};

static be32
nw_mask_from_wildcards(unsigned bits)
{
    bits &= 0x3f;
    return bits >= 32 ? 0 : ip4_mask_from_len(32 - bits);
}

static unsigned
wildcards_from_nw_mask(be32 mask)
{
    return 32 - ip4_mask_len(mask);
}

/* Sets VLAN and priority as the structures write them; 'vlan' -1 none given,
 * 'none' the value for "no tag". */
static void
set_vlan(struct match *m, bool has_vid, uint16_t vid, bool has_pcp,
         uint8_t pcp, uint16_t none)
{
    be16 tci = 0;
    be16 mask = 0;
    if (has_vid && vid == none) {
        mask = BE16_MAX;
    } else {
        if (has_vid) {
            tci |= be16_from_host((vid & VLAN_VID_MASK) | VLAN_CFI);
            mask |= BE16_CONST(VLAN_VID_MASK | VLAN_CFI);
        }
        if (has_pcp) {
            tci |= be16_from_host((pcp & 7) << VLAN_PCP_SHIFT | VLAN_CFI);
            mask |= BE16_CONST(0xe000 | VLAN_CFI);
        }
    }
    m->flow.vlans[0].tci = tci;
    m->mask.bits.vlans[0].tci = mask;
}

void
of10_match_get(const uint8_t p[OF10_MATCH_SIZE], struct match *m)
{
    match_init_any(m);
    struct flow *f = &m->flow;
    struct flow *k = &m->mask.bits;
    uint32_t w = get_be32(p) & W10_ALL;

    if (!(w & W10_IN_PORT)) {
        f->in_port = ofp_port_from_of10(get_be16(p + 4));
        k->in_port = UINT32_MAX;
    }
    if (!(w & W10_DL_SRC)) {
        memcpy(&f->dl_src, p + 6, 6);
        memset(&k->dl_src, 0xff, 6);
    }
    if (!(w & W10_DL_DST)) {
        memcpy(&f->dl_dst, p + 12, 6);
        memset(&k->dl_dst, 0xff, 6);
    }
    set_vlan(m, !(w & W10_DL_VLAN), get_be16(p + 18), !(w & W10_DL_VLAN_PCP),
             p[20], VLAN10_NONE);
    if (!(w & W10_DL_TYPE)) {
        memcpy(&f->dl_type, p + 22, 2);
        k->dl_type = BE16_MAX;
    }
    if (!(w & W10_NW_TOS)) {
        f->nw_tos = p[24] & DSCP;
        k->nw_tos = DSCP;
    }
    if (!(w & W10_NW_PROTO)) {
        f->nw_proto = p[25];
        k->nw_proto = 0xff;
    }
    k->nw_src = nw_mask_from_wildcards(w >> W10_NW_SRC_SHIFT);
    k->nw_dst = nw_mask_from_wildcards(w >> W10_NW_DST_SHIFT);
    memcpy(&f->nw_src, p + 28, 4);
    memcpy(&f->nw_dst, p + 32, 4);
    if (!(w & W10_TP_SRC)) {
        memcpy(&f->tp_src, p + 36, 2);
        k->tp_src = BE16_MAX;
    }
    if (!(w & W10_TP_DST)) {
        memcpy(&f->tp_dst, p + 38, 2);
        k->tp_dst = BE16_MAX;
    }
    match_zero_wildcarded(m);
}

void
of10_match_put(struct writer *out, const struct match *m)
{
    const struct flow *f = &m->flow;
    const struct flow *k = &m->mask.bits;
    size_t start = out->size;
    writer_zeros(out, OF10_MATCH_SIZE);
    uint8_t *p = out->data + start;
    uint32_t w = 0;

    w |= wildcards_from_nw_mask(k->nw_src) << W10_NW_SRC_SHIFT;
    w |= wildcards_from_nw_mask(k->nw_dst) << W10_NW_DST_SHIFT;
    w |= k->in_port ? 0 : W10_IN_PORT;
    w |= k->dl_type ? 0 : W10_DL_TYPE;
    w |= k->nw_proto ? 0 : W10_NW_PROTO;
    w |= eth_addr_is_zero(k->dl_src) ? W10_DL_SRC : 0;
    w |= eth_addr_is_zero(k->dl_dst) ? W10_DL_DST : 0;
    w |= k->tp_src ? 0 : W10_TP_SRC;
    w |= k->tp_dst ? 0 : W10_TP_DST;
    w |= k->nw_tos & DSCP ? 0 : W10_NW_TOS;

    uint16_t tci = be16_to_host(f->vlans[0].tci);
    uint16_t tci_mask = be16_to_host(k->vlans[0].tci);
    uint16_t vid = 0;
    uint8_t pcp = 0;
    if (!tci_mask) {
        w |= W10_DL_VLAN | W10_DL_VLAN_PCP;
    } else if (tci_mask & VLAN_CFI && !(tci & VLAN_CFI)) {
        vid = VLAN10_NONE;
        w |= W10_DL_VLAN_PCP;
    } else {
        w |= tci_mask & VLAN_VID_MASK ? 0 : W10_DL_VLAN;
        w |= tci_mask >> VLAN_PCP_SHIFT ? 0 : W10_DL_VLAN_PCP;
        vid = tci & VLAN_VID_MASK;
        pcp = tci >> VLAN_PCP_SHIFT;
    }
    put_be32(p, w);
    put_be16(p + 4, ofp_port_to_of10(f->in_port));
    memcpy(p + 6, &f->dl_src, 6);
    memcpy(p + 12, &f->dl_dst, 6);
    put_be16(p + 18, vid);
    p[20] = pcp;
    memcpy(p + 22, &f->dl_type, 2);
    p[24] = f->nw_tos & DSCP;
    p[25] = f->nw_proto;
    memcpy(p + 28, &f->nw_src, 4);
    memcpy(p + 32, &f->nw_dst, 4);
    memcpy(p + 36, &f->tp_src, 2);
    memcpy(p + 38, &f->tp_dst, 2);
}

/* Masked copy of wildcarded bytes: the mask of the structure is inverted. */
static void
get_inverted(const uint8_t *p, const uint8_t *wild, size_t n, void *value,
             void *mask)
{
    memcpy(value, p, n);
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *) mask)[i] = ~wild[i];
    }
}

/* OpenFlow 1.1 §A.2.3: which L4 fields a protocol has. */
static enum ofperr
get_of11_l4(const uint8_t *p, uint32_t w, struct match *m)
{
    struct flow *f = &m->flow;
    struct flow *k = &m->mask.bits;
    if (w & W11_TP_SRC && w & W11_TP_DST) {
        return 0;
    }
    switch (f->nw_proto) {
    case 1:
        if ((!(w & W11_TP_SRC) && get_be16(p + 60) > 255)
            || (!(w & W11_TP_DST) && get_be16(p + 62) > 255)) {
            return OFPERR_OFPBMC_BAD_FIELD;
        }
        break;
    case 6:
    case 17:
    case 132:
        break;
    default:
        return OFPERR_OFPBMC_BAD_FIELD;
    }
    if (!(w & W11_TP_SRC)) {
        memcpy(&f->tp_src, p + 60, 2);
        k->tp_src = BE16_MAX;
    }
    if (!(w & W11_TP_DST)) {
        memcpy(&f->tp_dst, p + 62, 2);
        k->tp_dst = BE16_MAX;
    }
    return 0;
}

/* Sets a field that is given by a number. */
static enum ofperr
set_number(enum field_id id, uint32_t number, struct match *m)
{
    const struct field *f = field_from_id(id);
    union field_value value = { 0 };
    for (unsigned i = 0; i < f->n_bytes; i++) {
        value.bytes[f->n_bytes - 1 - i] = number >> 8 * i;
    }
    struct error *error = field_set_match(f, &value, NULL, m);
    error_destroy(error);
    return error ? OFPERR_OFPBMC_BAD_VALUE : 0;
}

static enum ofperr
get_of11_l3(const uint8_t *p, uint32_t w, struct match *m)
{
    struct flow *f = &m->flow;
    struct flow *k = &m->mask.bits;
    bool ip4 = f->dl_type == BE16_CONST(0x0800);
    bool arp = f->dl_type == BE16_CONST(0x0806);
    if (ip4 || arp) {
        if (ip4 && !(w & W11_NW_TOS)) {
            if (p[42] & ~DSCP) {
                return OFPERR_OFPBMC_BAD_VALUE;
            }
            f->nw_tos = p[42];
            k->nw_tos = DSCP;
        }
        if (!(w & W11_NW_PROTO)) {
            f->nw_proto = p[43];
            k->nw_proto = 0xff;
        }
        get_inverted(p + 44, p + 48, 4, &f->nw_src, &k->nw_src);
        get_inverted(p + 52, p + 56, 4, &f->nw_dst, &k->nw_dst);
        return ip4 ? get_of11_l4(p, w, m) : 0;
    }
    if (f->dl_type == BE16_CONST(0x8847) || f->dl_type == BE16_CONST(0x8848)) {
        enum ofperr error = 0;
        if (!(w & W11_MPLS_LABEL)) {
            error = set_number(FIELD_MPLS_LABEL, get_be32(p + 64), m);
        }
        if (!error && !(w & W11_MPLS_TC)) {
            error = set_number(FIELD_MPLS_TC, p[68], m);
        }
        return error;
    }
    return 0;
}

enum ofperr
of11_match_get(const uint8_t p[OF11_MATCH_SIZE], struct match *m)
{
    match_init_any(m);
    struct flow *f = &m->flow;
    struct flow *k = &m->mask.bits;
    uint32_t w = get_be32(p + 8);
    if (!(w & W11_IN_PORT)) {
        uint32_t port = get_be32(p + 4);
        if (port >= OFPP10_MAX && port < OFPP_MAX) {
            return OFPERR_OFPBMC_BAD_VALUE;
        }
        f->in_port = port;
        k->in_port = UINT32_MAX;
    }
    get_inverted(p + 12, p + 18, 6, &f->dl_src, &k->dl_src);
    get_inverted(p + 24, p + 30, 6, &f->dl_dst, &k->dl_dst);

    uint16_t vid = get_be16(p + 36);
    bool has_vid = !(w & W11_DL_VLAN);
    if (has_vid && vid != VLAN11_NONE && vid != VLAN11_ANY
        && vid > VLAN_VID_MASK) {
        return OFPERR_OFPBMC_BAD_VALUE;
    }
    if (has_vid && vid == VLAN11_ANY) {
        set_vlan(m, false, 0, !(w & W11_DL_VLAN_PCP), p[38], VLAN11_NONE);
        f->vlans[0].tci |= BE16_CONST(VLAN_CFI);
        k->vlans[0].tci |= BE16_CONST(VLAN_CFI);
    } else if (has_vid) {
        set_vlan(m, true, vid, !(w & W11_DL_VLAN_PCP), p[38], VLAN11_NONE);
    }
    if (!(w & W11_DL_TYPE)) {
        memcpy(&f->dl_type, p + 40, 2);
        k->dl_type = BE16_MAX;
        enum ofperr error = get_of11_l3(p, w, m);
        if (error) {
            return error;
        }
    }
    get_inverted(p + 72, p + 80, 8, &f->metadata, &k->metadata);
    match_zero_wildcarded(m);
    return 0;
}

static void
put_inverted(uint8_t *p, const void *mask, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = ~((const uint8_t *) mask)[i];
    }
}

static uint32_t
put_of11_vlan(uint8_t *p, uint16_t tci, uint16_t mask)
{
    if (!(mask & (VLAN_CFI | VLAN_VID_MASK))) {
        return W11_DL_VLAN | W11_DL_VLAN_PCP;
    }
    if (mask & VLAN_CFI && !(tci & VLAN_CFI)) {
        put_be16(p + 36, VLAN11_NONE);
        return W11_DL_VLAN_PCP;
    }
    put_be16(p + 36, mask & VLAN_VID_MASK ? tci & VLAN_VID_MASK : VLAN11_ANY);
    if (mask >> VLAN_PCP_SHIFT) {
        p[38] = tci >> VLAN_PCP_SHIFT;
        return 0;
    }
    return W11_DL_VLAN_PCP;
}

void
of11_match_put(struct writer *out, const struct match *m)
{
    const struct flow *f = &m->flow;
    const struct flow *k = &m->mask.bits;
    size_t start = out->size;
    writer_zeros(out, OF11_MATCH_SIZE);
    uint8_t *p = out->data + start;
    put_be16(p + 2, OF11_MATCH_SIZE);
    uint32_t w = put_of11_vlan(p, be16_to_host(f->vlans[0].tci),
                               be16_to_host(k->vlans[0].tci));
    put_be32(p + 4, f->in_port);
    w |= k->in_port ? 0 : W11_IN_PORT;
    memcpy(p + 12, &f->dl_src, 6);
    put_inverted(p + 18, &k->dl_src, 6);
    memcpy(p + 24, &f->dl_dst, 6);
    put_inverted(p + 30, &k->dl_dst, 6);
    memcpy(p + 40, &f->dl_type, 2);
    w |= k->dl_type ? 0 : W11_DL_TYPE;
    p[42] = f->nw_tos & DSCP;
    w |= k->nw_tos & DSCP ? 0 : W11_NW_TOS;
    p[43] = f->nw_proto;
    w |= k->nw_proto ? 0 : W11_NW_PROTO;
    memcpy(p + 44, &f->nw_src, 4);
    put_inverted(p + 48, &k->nw_src, 4);
    memcpy(p + 52, &f->nw_dst, 4);
    put_inverted(p + 56, &k->nw_dst, 4);
    memcpy(p + 60, &f->tp_src, 2);
    w |= k->tp_src ? 0 : W11_TP_SRC;
    memcpy(p + 62, &f->tp_dst, 2);
    w |= k->tp_dst ? 0 : W11_TP_DST;
    uint32_t lse = be32_to_host(f->mpls_lse[0]);
    uint32_t lse_mask = be32_to_host(k->mpls_lse[0]);
    put_be32(p + 64, lse >> 12);
    w |= lse_mask >> 12 ? 0 : W11_MPLS_LABEL;
    p[68] = lse >> 9 & 7;
    w |= lse_mask >> 9 & 7 ? 0 : W11_MPLS_TC;
    memcpy(p + 72, &f->metadata, 8);
    put_inverted(p + 80, &k->metadata, 8);
    put_be32(p + 8, w);
}
