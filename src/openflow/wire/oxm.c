/* OXM and NXM entries: headers, values, whole matches. */

#include "openflow/wire/oxm.h"

#include <string.h>

#include "base/bitmap.h"
#include "openflow/wire/version.h"

enum {
    CLASS_EXPERIMENTER = 0xffff,
    MATCH_STANDARD = 0,
    MATCH_OXM = 1,
};

const struct field_oxm *
oxm_code(const struct field *f, uint8_t version)
{
    const struct field_oxm *best = NULL;
    for (size_t i = 0; i < f->n_oxms; i++) {
        const struct field_oxm *c = &f->oxms[i];
        if (c->of_version && version >= OF12_VERSION) {
            /* The highest one that the version has. */
            if (c->of_version <= version
                && (!best || best->of_version < c->of_version)) {
                best = c;
            }
        } else if (!c->of_version && (!best || version < OF12_VERSION)
                   && (!best || best->of_version)) {
            best = c;
        } else if (!best) {
            best = c;
        }
    }
    /* What only later versions have travels in their way. */
    return best || !f->n_oxms ? best : &f->oxms[0];
}

static void
put_header(struct writer *w, const struct field_oxm *c, unsigned len,
           bool has_mask)
{
    unsigned payload = has_mask ? len * 2 : len;
    writer_u16(w, c->oxm_class);
    writer_u8(w, c->oxm_field << 1 | has_mask);
    if (c->oxm_class == CLASS_EXPERIMENTER) {
        writer_u8(w, payload + 4);
        writer_u32(w, c->experimenter);
    } else {
        writer_u8(w, payload);
    }
}

void
oxm_put_header(struct writer *w, const struct field *f, uint8_t version,
               bool has_mask)
{
    put_header(w, oxm_code(f, version), f->n_bytes, has_mask);
}

void
oxm_put_field(struct writer *w, const struct field *f, uint8_t version,
              const union field_value *value, const union field_value *mask,
              size_t size)
{
    put_header(w, oxm_code(f, version), size, mask != NULL);
    writer_put(w, value, size);
    if (mask) {
        writer_put(w, mask, size);
    }
}

/* Codes of the four plain classes by number; the experimenters' few are
 * searched. */
static struct {
    uint8_t class_index[4][128]; /* Field number + 1, 0 for none. */
} lookup;

static int
class_index(uint16_t oxm_class)
{
    switch (oxm_class) {
    case 0x0000:
        return 0;
    case 0x0001:
        return 1;
    case 0x8000:
        return 2;
    case 0x8001:
        return 3;
    default:
        return -1;
    }
}

static_assert(N_FIELDS < 256, "field numbers fit in a byte");

static void CONSTRUCTOR
build_lookup(void)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const struct field *f = field_from_id(i);
        for (size_t j = 0; j < f->n_oxms; j++) {
            int k = class_index(f->oxms[j].oxm_class);
            if (k >= 0) {
                lookup.class_index[k][f->oxms[j].oxm_field] = i + 1;
            }
        }
    }
}

static const struct field *
find_field(uint32_t experimenter, uint16_t oxm_class, uint8_t number)
{
    int k = class_index(oxm_class);
    if (k >= 0) {
        int i = lookup.class_index[k][number];
        return i ? field_from_id(i - 1) : NULL;
    }
    for (int i = 0; i < N_FIELDS; i++) {
        const struct field *f = field_from_id(i);
        for (size_t j = 0; j < f->n_oxms; j++) {
            const struct field_oxm *c = &f->oxms[j];
            if (c->oxm_class == oxm_class && c->oxm_field == number
                && c->experimenter == experimenter) {
                return f;
            }
        }
    }
    return NULL;
}

enum ofperr
oxm_get_header(struct reader *r, const struct field **fieldp, unsigned *lenp,
               bool *has_maskp)
{
    *fieldp = NULL;
    uint16_t oxm_class = reader_u16(r);
    uint8_t number = reader_u8(r);
    uint8_t len = reader_u8(r);
    uint32_t experimenter = 0;
    *has_maskp = number & 1;
    number >>= 1;
    if (oxm_class == CLASS_EXPERIMENTER) {
        if (len < 4) {
            r->failed = true;
            return OFPERR_OFPBMC_BAD_LEN;
        }
        experimenter = reader_u32(r);
        len -= 4;
    }
    *lenp = len;
    if (r->failed) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    *fieldp = find_field(experimenter, oxm_class, number);
    return *fieldp ? 0 : OFPERR_OFPBMC_BAD_FIELD;
}

/* Right-aligns 'len' bytes at 'p' in the 'n' bytes of 'value'. */
static bool
copy_value(const uint8_t *p, unsigned len, unsigned n,
           union field_value *value)
{
    while (len > n) {
        if (*p) {
            return false;
        }
        p++;
        len--;
    }
    memset(value->bytes, 0, n - len);
    memcpy(value->bytes + n - len, p, len);
    return true;
}

enum ofperr
oxm_get_field(struct reader *r, const struct field **fieldp,
              union field_value *value, union field_value *mask)
{
    unsigned len;
    bool has_mask;
    memset(value, 0, sizeof *value);
    memset(mask, 0, sizeof *mask);
    enum ofperr error = oxm_get_header(r, fieldp, &len, &has_mask);
    if (error) {
        if (error == OFPERR_OFPBMC_BAD_FIELD) {
            reader_skip(r, len);
        }
        return r->failed ? OFPERR_OFPBMC_BAD_LEN : error;
    }
    const struct field *f = *fieldp;
    if (has_mask && len % 2) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    unsigned n = has_mask ? len / 2 : len;
    if (f->variable_len ? !n || n > f->n_bytes : n != f->n_bytes) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    const uint8_t *p = reader_take(r, len);
    if (!p) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    if (!copy_value(p, n, f->n_bytes, value)) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    if (has_mask) {
        if (!copy_value(p + n, n, f->n_bytes, mask)) {
            return OFPERR_OFPBMC_BAD_LEN;
        }
        if (f->maskable == FIELD_MASK_NONE
            && !field_is_all_ones(mask, f->n_bytes)) {
            return OFPERR_OFPBMC_BAD_MASK;
        }
    } else {
        memset(mask->bytes, 0xff, f->n_bytes);
    }
    return 0;
}

/* Value must have no bits outside of the mask. */
static bool
value_fits_mask(const union field_value *value, const union field_value *mask,
                unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (value->bytes[i] & ~mask->bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Adds one entry to the match. */
static enum ofperr
add_entry(const struct field *f, const union field_value *value,
          const union field_value *mask, unsigned long *seen,
          struct match *match)
{
    if (!field_prereqs_ok(f, &match->flow, NULL)) {
        return OFPERR_OFPBMC_BAD_PREREQ;
    }
    if (bitmap_is_set(seen, f->id)) {
        return OFPERR_OFPBMC_DUP_FIELD;
    }
    bitmap_set1(seen, f->id);
    if (!value_fits_mask(value, mask, f->n_bytes)) {
        return OFPERR_OFPBMC_BAD_WILDCARDS;
    }
    if (!field_value_is_valid(f, value)) {
        return OFPERR_OFPBMC_BAD_VALUE;
    }
    if (field_is_zero(mask, f->n_bytes)) {
        return 0;
    }
    struct error *error = field_set_match(f, value, mask, match);
    if (error) {
        error_destroy(error);
        return OFPERR_OFPBMC_BAD_VALUE;
    }
    return 0;
}

/* Takes a cookie entry if one is next: true. */
static bool
get_cookie(struct reader *r, be64 *cookie, be64 *cookie_mask,
           enum ofperr *errorp)
{
    const uint8_t *p = reader_peek(r, 4);
    if (!p || get_be16(p) != 1 || p[2] >> 1 != 30) {
        return false;
    }
    bool has_mask = p[2] & 1;
    if (p[3] != (has_mask ? 16 : 8)) {
        return false;
    }
    reader_skip(r, 4);
    *errorp = 0;
    if (!cookie) {
        *errorp = OFPERR_OFPBMC_BAD_FIELD;
        return true;
    }
    if (*cookie_mask) {
        *errorp = OFPERR_OFPBMC_DUP_FIELD;
        return true;
    }
    reader_copy(r, cookie, 8);
    if (has_mask) {
        reader_copy(r, cookie_mask, 8);
    } else {
        *cookie_mask = BE64_MAX;
    }
    if (r->failed) {
        *errorp = OFPERR_OFPBMC_BAD_LEN;
    }
    return true;
}

enum ofperr
oxm_get_match(const void *data, size_t size, bool strict, struct match *match,
              be64 *cookie, be64 *cookie_mask)
{
    struct reader r = reader_init(data, size);
    BITMAP_DECLARE(seen, N_FIELDS) = { 0 };
    match_init_any(match);
    if (cookie) {
        *cookie = *cookie_mask = 0;
    }
    while (r.left) {
        enum ofperr error;
        if (get_cookie(&r, cookie, cookie_mask, &error)) {
            if (error) {
                return error;
            }
            continue;
        }
        const struct field *f;
        union field_value value, mask;
        error = oxm_get_field(&r, &f, &value, &mask);
        if (error == OFPERR_OFPBMC_BAD_FIELD && !strict) {
            continue;
        }
        error = error ? error : add_entry(f, &value, &mask, seen, match);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* When a field is written. */
enum when { ALWAYS, NXM_ONLY, OXM_ONLY, NOT_OF15, OF15_ONLY };

struct order {
    uint8_t id;
    uint8_t when;
    uint8_t n; /* Consecutive fields. */
};

/* The order in which entries are written, which peers' tests know. */
static const struct order orders[] = {
    { FIELD_DP_HASH, ALWAYS, 1 },
    { FIELD_RECIRC_ID, ALWAYS, 1 },
    { FIELD_CONJ_ID, ALWAYS, 1 },
    { FIELD_IN_PORT, NXM_ONLY, 1 },
    { FIELD_IN_PORT_OXM, OXM_ONLY, 1 },
    { FIELD_ACTSET_OUTPUT, ALWAYS, 1 },
    { FIELD_ETH_SRC, ALWAYS, 1 },
    { FIELD_ETH_DST, ALWAYS, 1 },
    { FIELD_ETH_TYPE, ALWAYS, 1 },
    { FIELD_VLAN_TCI, NXM_ONLY, 1 },
    { FIELD_VLAN_VID, OXM_ONLY, 1 },
    { FIELD_VLAN_PCP, OXM_ONLY, 1 },
    { FIELD_MPLS_TC, ALWAYS, 1 },
    { FIELD_MPLS_BOS, ALWAYS, 1 },
    { FIELD_MPLS_TTL, ALWAYS, 1 },
    { FIELD_MPLS_LABEL, ALWAYS, 1 },
    { FIELD_IPV4_SRC, ALWAYS, 1 },
    { FIELD_IPV4_DST, ALWAYS, 1 },
    { FIELD_IPV6_SRC, ALWAYS, 1 },
    { FIELD_IPV6_DST, ALWAYS, 1 },
    { FIELD_IP_FRAG, ALWAYS, 1 },
    { FIELD_IP_DSCP, NXM_ONLY, 1 },
    { FIELD_IP_DSCP_SHIFTED, OXM_ONLY, 1 },
    { FIELD_IP_ECN, ALWAYS, 1 },
    { FIELD_IP_TTL, ALWAYS, 1 },
    { FIELD_IPV6_LABEL, ALWAYS, 1 },
    { FIELD_IP_PROTO, ALWAYS, 1 },
    { FIELD_TCP_SRC, ALWAYS, 1 },
    { FIELD_TCP_DST, ALWAYS, 1 },
    { FIELD_TCP_FLAGS, ALWAYS, 1 },
    { FIELD_UDP_SRC, ALWAYS, 1 },
    { FIELD_UDP_DST, ALWAYS, 1 },
    { FIELD_SCTP_SRC, ALWAYS, 1 },
    { FIELD_SCTP_DST, ALWAYS, 1 },
    { FIELD_ICMPV4_TYPE, ALWAYS, 1 },
    { FIELD_ICMPV4_CODE, ALWAYS, 1 },
    { FIELD_ICMPV6_TYPE, ALWAYS, 1 },
    { FIELD_ICMPV6_CODE, ALWAYS, 1 },
    { FIELD_ND_RESERVED, ALWAYS, 1 },
    { FIELD_ND_TARGET, ALWAYS, 1 },
    { FIELD_ND_OPTIONS_TYPE, ALWAYS, 1 },
    { FIELD_ND_SLL, ALWAYS, 1 },
    { FIELD_ND_TLL, ALWAYS, 1 },
    { FIELD_ARP_OP, ALWAYS, 1 },
    { FIELD_ARP_SPA, ALWAYS, 1 },
    { FIELD_ARP_TPA, ALWAYS, 1 },
    { FIELD_ARP_SHA, ALWAYS, 1 },
    { FIELD_ARP_THA, ALWAYS, 1 },
    { FIELD_TUN_ID, ALWAYS, 1 },
    { FIELD_TUN_FLAGS, ALWAYS, 1 },
    { FIELD_TUN_SRC, ALWAYS, 1 },
    { FIELD_TUN_DST, ALWAYS, 1 },
    { FIELD_TUN_IPV6_SRC, ALWAYS, 1 },
    { FIELD_TUN_IPV6_DST, ALWAYS, 1 },
    { FIELD_TUN_GBP_ID, ALWAYS, 1 },
    { FIELD_TUN_GBP_FLAGS, ALWAYS, 1 },
    { FIELD_TUN_METADATA0, ALWAYS, TUN_METADATA_N_OPTS },
    { FIELD_TUN_ERSPAN_IDX, ALWAYS, 1 },
    { FIELD_TUN_ERSPAN_VER, ALWAYS, 1 },
    { FIELD_TUN_ERSPAN_DIR, ALWAYS, 1 },
    { FIELD_TUN_ERSPAN_HWID, ALWAYS, 1 },
    { FIELD_TUN_GTPU_FLAGS, ALWAYS, 1 },
    { FIELD_TUN_GTPU_MSGTYPE, ALWAYS, 1 },
    { FIELD_NSH_FLAGS, ALWAYS, 1 },
    { FIELD_NSH_TTL, ALWAYS, 1 },
    { FIELD_NSH_MDTYPE, ALWAYS, 1 },
    { FIELD_NSH_NP, ALWAYS, 1 },
    { FIELD_NSH_SPI, ALWAYS, 1 },
    { FIELD_NSH_SI, ALWAYS, 1 },
    { FIELD_NSH_C1, ALWAYS, 4 },
    { FIELD_REG0, NOT_OF15, FLOW_N_REGS },
    { FIELD_XREG0, OF15_ONLY, FLOW_N_REGS / 2 },
    { FIELD_PKT_MARK, ALWAYS, 1 },
    { FIELD_CT_STATE, ALWAYS, 1 },
    { FIELD_CT_ZONE, ALWAYS, 1 },
    { FIELD_CT_MARK, ALWAYS, 1 },
    { FIELD_CT_LABEL, ALWAYS, 1 },
    { FIELD_CT_NW_SRC, ALWAYS, 1 },
    { FIELD_CT_IPV6_SRC, ALWAYS, 1 },
    { FIELD_CT_NW_DST, ALWAYS, 1 },
    { FIELD_CT_IPV6_DST, ALWAYS, 1 },
    { FIELD_CT_NW_PROTO, ALWAYS, 1 },
    { FIELD_CT_TP_SRC, ALWAYS, 1 },
    { FIELD_CT_TP_DST, ALWAYS, 1 },
    { FIELD_METADATA, ALWAYS, 1 },
};

static bool
is_written(enum when when, uint8_t version)
{
    switch (when) {
    case ALWAYS:
        return true;
    case NXM_ONLY:
        return version < OF12_VERSION;
    case OXM_ONLY:
        return version >= OF12_VERSION;
    case NOT_OF15:
        return version < OF15_VERSION;
    case OF15_ONLY:
        return version >= OF15_VERSION;
    }
    NOT_REACHED();
}

/* Bytes that the variable-length field has in this match. */
static unsigned
field_len(const struct field *f, const struct match *match)
{
    return f->variable_len && match->tun_layout.len[f->index]
               ? match->tun_layout.len[f->index]
               : f->n_bytes;
}

static void
put_entry(struct writer *w, const struct field *f, const struct match *match,
          uint8_t version)
{
    union field_value value, mask;
    field_get_match(f, match, &value, &mask);
    if (field_is_zero(&mask, f->n_bytes)
        || !field_prereqs_ok(f, &match->flow, NULL)) {
        return;
    }
    if (f->id == FIELD_VLAN_PCP
        && !(match->flow.vlans[0].tci & BE16_CONST(VLAN_CFI))) {
        return;
    }
    const struct field_oxm *c = oxm_code(f, version);
    if (!c) {
        return;
    }
    unsigned n = field_len(f, match);
    unsigned skip = f->n_bytes - n;
    union field_value v, m;
    memcpy(v.bytes, value.bytes + skip, n);
    memcpy(m.bytes, mask.bytes + skip, n);
    /* The VID has a 13th bit, which says that there is a tag. */
    unsigned n_bits = f->id == FIELD_VLAN_VID ? 13 : f->n_bits;
    bool exact = f->maskable == FIELD_MASK_NONE || field_is_all_ones(&m, n);
    if (!exact && n_bits < f->n_bytes * 8u) {
        union field_value ones = { 0 };
        for (unsigned i = 0; i < n_bits; i++) {
            ones.bytes[n - 1 - i / 8] |= 1u << i % 8;
        }
        exact = !memcmp(&ones, &m, n);
    }
    put_header(w, c, n, !exact);
    writer_put(w, &v, n);
    if (!exact) {
        writer_put(w, &m, n);
    }
}

/* Whether any bit of a mapped field is in the mask: saves the slow way. */
static bool
may_be_matched(const struct field *f, const struct match *match)
{
    if (!f->mapped) {
        return true;
    }
    const uint8_t *p = (const uint8_t *) &match->mask.bits + f->flow_offset;
    for (unsigned i = 0; i < f->flow_size; i++) {
        if (p[i]) {
            return true;
        }
    }
    return false;
}

void
oxm_put_match(struct writer *w, const struct match *match, uint8_t version,
              be64 cookie, be64 cookie_mask)
{
    bool ethernet = !match->mask.bits.packet_type || !match->flow.packet_type;
    if (!ethernet) {
        put_entry(w, field_from_id(FIELD_PACKET_TYPE), match, version);
    }
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        const struct order *o = &orders[i];
        if (!is_written(o->when, version)
            || (o->id == FIELD_TUN_METADATA0
                && !match->mask.bits.tunnel.metadata_present)) {
            continue;
        }
        for (int id = o->id; id < o->id + o->n; id++) {
            const struct field *f = field_from_id(id);
            if (may_be_matched(f, match)) {
                put_entry(w, f, match, version);
            }
        }
    }
    if (cookie_mask) {
        bool masked = cookie_mask != BE64_MAX;
        be64 value = cookie & cookie_mask;
        writer_u16(w, 1);
        writer_u8(w, 30 << 1 | masked);
        writer_u8(w, masked ? 16 : 8);
        writer_put(w, &value, 8);
        if (masked) {
            writer_put(w, &cookie_mask, 8);
        }
    }
}

void
oxm_put_of_match(struct writer *w, const struct match *match, uint8_t version)
{
    if (version == OF11_VERSION) {
        of11_match_put(w, match);
        return;
    }
    size_t start = w->size;
    writer_u16(w, MATCH_OXM);
    writer_u16(w, 0);
    oxm_put_match(w, match, version, 0, 0);
    writer_set_u16(w, start + 2, w->size - start);
    writer_pad(w, start, 8);
}

enum ofperr
oxm_get_of_match(struct reader *r, uint8_t version, struct match *match)
{
    (void) version;
    match_init_any(match);
    const uint8_t *p = reader_peek(r, 4);
    if (!p) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    uint16_t type = get_be16(p);
    uint16_t len = get_be16(p + 2);
    if (type == MATCH_STANDARD) {
        if (len != OF11_MATCH_SIZE || !(p = reader_take(r, OF11_MATCH_SIZE))) {
            return OFPERR_OFPBMC_BAD_LEN;
        }
        return of11_match_get(p, match);
    }
    if (type != MATCH_OXM) {
        return OFPERR_OFPBMC_BAD_TYPE;
    }
    p = len >= 4 ? reader_take(r, ROUND_UP(len, 8)) : NULL;
    if (!p) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    for (unsigned i = len; i < ROUND_UP(len, 8u); i++) {
        if (p[i]) {
            return OFPERR_OFPBMC_BAD_LEN;
        }
    }
    return oxm_get_match(p + 4, len - 4, true, match, NULL, NULL);
}
