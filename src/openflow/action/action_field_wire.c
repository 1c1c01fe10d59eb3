/* Bytes of actions that read and write fields. */

#include <string.h>

#include "openflow/action/action_wire.h"
#include "openflow/wire/oxm.h"
#include "openflow/wire/version.h"

uint32_t
action_header32(const struct field *field)
{
    const struct field_oxm *oxm = oxm_code(field, 0);
    if (!oxm || oxm->experimenter) {
        return 0;
    }
    return (uint32_t) oxm->oxm_class << 16 | oxm->oxm_field << 9
           | (oxm->len & 0xff);
}

enum ofperr
action_field_from_header32(uint32_t header, const struct field **fieldp)
{
    uint8_t bytes[4];
    put_be32(bytes, header);
    struct reader r = reader_init(bytes, sizeof bytes);
    unsigned int len;
    bool masked;
    enum ofperr error = oxm_get_header(&r, fieldp, &len, &masked);
    if (!error && masked) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    return error;
}

enum ofperr
action_subfield_make(const struct field *field, unsigned int start,
                     unsigned int n_bits, struct subfield *subfield)
{
    if (!n_bits || start + n_bits > field->n_bits) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    subfield->field = field;
    subfield->start = start;
    subfield->n_bits = n_bits;
    return 0;
}

/* One run of at most 64 bits as NXAST_REG_LOAD. */
static void
put_load(const struct field *field, unsigned int start, unsigned int n_bits,
         uint64_t value, struct writer *w)
{
    size_t at = action_begin_nx(w, NXAST_REG_LOAD);
    writer_u16(w, start << 6 | (n_bits - 1));
    writer_u32(w, action_header32(field));
    writer_u64(w, value);
    action_end(w, at);
}

static bool
bit_is_set(const uint8_t *bytes, size_t n, size_t bit)
{
    return bytes[n - 1 - bit / 8] >> bit % 8 & 1;
}

static void
put_loads(const struct action_set_field *a, struct writer *w)
{
    size_t n = a->value_size;
    const uint8_t *value = a->bytes, *mask = a->bytes + n;
    for (size_t bit = 0; bit < a->field->n_bits;) {
        if (!bit_is_set(mask, n, bit)) {
            bit++;
            continue;
        }
        size_t start = bit;
        uint64_t run = 0;
        while (bit < a->field->n_bits && bit - start < 64
               && bit_is_set(mask, n, bit)) {
            run |= (uint64_t) bit_is_set(value, n, bit) << (bit - start);
            bit++;
        }
        put_load(a->field, start, bit - start, run, w);
    }
}

/* An action of 1.0 and 1.1 that sets the whole field; false if there is none.
 */
static bool
put_legacy(const struct action_set_field *a, uint8_t version, struct writer *w)
{
    static const struct {
        enum field_id field;
        enum action_type action;
        bool of11_only;
    } rows[] = {
        { FIELD_VLAN_VID, ACTION_SET_VLAN_VID, false },
        { FIELD_DL_VLAN, ACTION_SET_VLAN_VID, false },
        { FIELD_VLAN_PCP, ACTION_SET_VLAN_PCP, false },
        { FIELD_DL_VLAN_PCP, ACTION_SET_VLAN_PCP, false },
        { FIELD_ETH_SRC, ACTION_SET_ETH_SRC, false },
        { FIELD_ETH_DST, ACTION_SET_ETH_DST, false },
        { FIELD_IPV4_SRC, ACTION_SET_IPV4_SRC, false },
        { FIELD_IPV4_DST, ACTION_SET_IPV4_DST, false },
        { FIELD_IP_DSCP, ACTION_SET_IP_DSCP, false },
        { FIELD_IP_DSCP_SHIFTED, ACTION_SET_IP_DSCP, false },
        { FIELD_IP_ECN, ACTION_SET_IP_ECN, true },
        { FIELD_IP_TTL, ACTION_SET_IP_TTL, true },
        { FIELD_TCP_SRC, ACTION_SET_L4_SRC, false },
        { FIELD_TCP_DST, ACTION_SET_L4_DST, false },
        { FIELD_UDP_SRC, ACTION_SET_L4_SRC, false },
        { FIELD_UDP_DST, ACTION_SET_L4_DST, false },
        { FIELD_SCTP_SRC, ACTION_SET_L4_SRC, false },
        { FIELD_SCTP_DST, ACTION_SET_L4_DST, false },
    };

    size_t i = 0;
    while (i < ARRAY_SIZE(rows) && rows[i].field != a->field->id) {
        i++;
    }
    if (i >= ARRAY_SIZE(rows)
        || (rows[i].of11_only && version != OF11_VERSION)) {
        return false;
    }
    uint64_t value = 0;
    for (size_t j = 0; j < a->value_size; j++) {
        value = value << 8 | a->bytes[j];
    }
    struct actions list = ACTIONS_INITIALIZER;
    enum action_type type = rows[i].action;
    if (type == ACTION_SET_ETH_SRC || type == ACTION_SET_ETH_DST) {
        struct action_mac *mac = actions_add(&list, type, sizeof *mac);
        mac->mac = eth_addr_from_u64(value);
    } else if (type == ACTION_SET_IPV4_SRC || type == ACTION_SET_IPV4_DST) {
        struct action_ipv4 *ip = actions_add(&list, type, sizeof *ip);
        ip->ip = be32_from_host(value);
    } else {
        struct action_number *number =
            actions_add(&list, type, sizeof *number);
        number->value = type == ACTION_SET_VLAN_VID ? value & 0xfff
                        : rows[i].field == FIELD_IP_DSCP_SHIFTED ? value << 2
                                                                 : value;
    }
    actions_encode(&list, version, w);
    actions_uninit(&list);
    return true;
}

void
action_put_set_field(const struct action_set_field *a, uint8_t version,
                     struct writer *w)
{
    bool whole = action_sets_whole(a);
    bool load = a->action.form == ACTION_FORM_LOAD;
    if (version >= OF15_VERSION
        || (version >= OF12_VERSION && whole && !load)) {
        union field_value value, mask;
        memset(&value, 0, sizeof value);
        memset(&mask, 0, sizeof mask);
        memcpy(value.bytes, a->bytes, a->value_size);
        memcpy(mask.bytes, a->bytes + a->value_size, a->value_size);
        size_t start = action_begin(w, 25);
        oxm_put_field(w, a->field, version, &value, whole ? NULL : &mask,
                      a->value_size);
        action_end(w, start);
    } else if (!(whole && !load && version < OF12_VERSION
                 && put_legacy(a, version, w))) {
        put_loads(a, w);
    }
}

/* Appends a header at most 8 bytes long. */
static void
put_field_header(const struct field *field, uint8_t version, struct writer *w)
{
    oxm_put_header(w, field, version, false);
}

void
action_put_subfields(const struct action *a, uint8_t version, struct writer *w)
{
    size_t start;
    switch (a->type) {
    case ACTION_MOVE: {
        const struct action_move *m = (const struct action_move *) a;
        start = version >= OF15_VERSION ? action_begin(w, 28)
                                        : action_begin_nx(w, NXAST_REG_MOVE);
        writer_u16(w, m->dst.n_bits);
        writer_u16(w, m->src.start);
        writer_u16(w, m->dst.start);
        if (version >= OF15_VERSION) {
            writer_zeros(w, 2);
        }
        put_field_header(m->src.field, version >= OF15_VERSION ? version : 0,
                         w);
        put_field_header(m->dst.field, version >= OF15_VERSION ? version : 0,
                         w);
        break;
    }
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP: {
        const struct subfield *s =
            &((const struct action_stack *) a)->subfield;
        start =
            action_begin_nx(w, a->type == ACTION_STACK_PUSH ? NXAST_STACK_PUSH
                                                            : NXAST_STACK_POP);
        writer_u16(w, s->start);
        put_field_header(s->field, 0, w);
        writer_u16(w, s->n_bits);
        writer_zeros(w, 24 - (w->size - start));
        break;
    }
    case ACTION_OUTPUT_REG: {
        const struct action_output_reg *o = (const void *) a;
        uint32_t header = action_header32(o->src.field);
        uint16_t bits = o->src.start << 6 | (o->src.n_bits - 1);
        start =
            action_begin_nx(w, header ? NXAST_OUTPUT_REG : NXAST_OUTPUT_REG2);
        writer_u16(w, bits);
        if (header) {
            writer_u32(w, header);
            writer_u16(w, o->max_len);
            writer_zeros(w, 6);
        } else {
            writer_u16(w, o->max_len);
            put_field_header(o->src.field, 0, w);
            writer_zeros(w, 24 - (w->size - start));
        }
        break;
    }
    case ACTION_CHECK_PKT_LARGER: {
        const struct action_check_pkt_larger *c = (const void *) a;
        start = action_begin_nx(w, NXAST_CHECK_PKT_LARGER);
        writer_u16(w, c->pkt_len);
        writer_u16(w, c->dst.start);
        put_field_header(c->dst.field, 0, w);
        writer_zeros(w, 24 - (w->size - start));
        break;
    }
    default:
        start = action_begin_nx(w, NXAST_DELETE_FIELD);
        put_field_header(((const struct action_delete_field *) a)->field, 0,
                         w);
        writer_zeros(w, 24 - (w->size - start));
        break;
    }
    action_end(w, start);
}

/* Whether no bit is set where the mask has none. */
static bool
is_within(const union field_value *value, const union field_value *mask,
          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (value->bytes[i] & ~mask->bytes[i]) {
            return false;
        }
    }
    return true;
}

/* A field and value from an OXM entry. */
static enum ofperr
decode_oxm(struct reader *r, enum action_form form, struct actions *out)
{
    const struct field *field;
    union field_value value, mask;
    enum ofperr error = oxm_get_field(r, &field, &value, &mask);
    if (error) {
        return error == OFPERR_OFPBMC_BAD_MASK ? OFPERR_OFPBAC_BAD_SET_MASK
                                               : OFPERR_OFPBAC_BAD_SET_TYPE;
    }
    if (!field->writable) {
        return OFPERR_OFPBAC_BAD_SET_ARGUMENT;
    } else if (!is_within(&value, &mask, field->n_bytes)) {
        return OFPERR_OFPBMC_BAD_WILDCARDS;
    } else if (!field_value_is_valid(field, &value)) {
        return OFPERR_OFPBAC_BAD_SET_ARGUMENT;
    }
    struct action_set_field *a =
        actions_add_set_field(out, field, &value, &mask);
    a->action.form = form;
    return 0;
}

static enum ofperr
check_zeros(struct reader *r)
{
    while (r->left) {
        if (reader_u8(r)) {
            return OFPERR_NXBRC_MUST_BE_ZERO;
        }
    }
    return 0;
}

enum ofperr
action_set_field_decode(struct reader *r, uint8_t version UNUSED,
                        struct actions *out)
{
    enum ofperr error = decode_oxm(r, ACTION_FORM_SET_FIELD, out);
    return error ? error : check_zeros(r);
}

/* Two headers of a move. */
static enum ofperr
decode_move(struct reader *r, unsigned int n_bits, unsigned int src_start,
            unsigned int dst_start, struct actions *out)
{
    const struct field *src, *dst;
    unsigned int len;
    bool masked;
    enum ofperr error = oxm_get_header(r, &src, &len, &masked);
    if (!error) {
        error = oxm_get_header(r, &dst, &len, &masked);
    }
    if (error) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    struct subfield from, to;
    error = action_subfield_make(src, src_start, n_bits, &from);
    if (!error) {
        error = action_subfield_make(dst, dst_start, n_bits, &to);
    }
    if (!error && !dst->writable) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (!error) {
        error = check_zeros(r);
    }
    if (!error) {
        struct action_move *a = actions_add(out, ACTION_MOVE, sizeof *a);
        a->src.field = from.field;
        a->src.start = from.start;
        a->src.n_bits = from.n_bits;
        a->dst.field = to.field;
        a->dst.start = to.start;
        a->dst.n_bits = to.n_bits;
    }
    return error;
}

enum ofperr
action_copy_field_decode(struct reader *r, struct actions *out)
{
    uint16_t n_bits = reader_u16(r);
    uint16_t src = reader_u16(r);
    uint16_t dst = reader_u16(r);
    reader_skip(r, 2);
    return decode_move(r, n_bits, src, dst, out);
}

static enum ofperr
decode_load(struct reader *r, struct actions *out)
{
    uint16_t bits = reader_u16(r);
    uint32_t header = reader_u32(r);
    uint64_t number = reader_u64(r);
    const struct field *field;
    enum ofperr error = action_field_from_header32(header, &field);
    if (error) {
        return OFPERR_OFPBAC_BAD_SET_TYPE;
    }
    struct subfield dst;
    error = action_subfield_make(field, bits >> 6, (bits & 0x3f) + 1, &dst);
    if (!error && !field->writable) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (!error && dst.n_bits < 64 && number >> dst.n_bits) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (error) {
        return error;
    }
    union field_value value, mask;
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    size_t last = (size_t) field->n_bytes - 1;
    for (size_t i = 0; i < dst.n_bits; i++) {
        size_t bit = dst.start + i;
        mask.bytes[last - bit / 8] |= 1 << bit % 8;
        value.bytes[last - bit / 8] |= (number >> i & 1) << bit % 8;
    }
    struct action_set_field *a =
        actions_add_set_field(out, field, &value, &mask);
    a->action.form = ACTION_FORM_LOAD;
    return 0;
}

/* A header, checked zeros behind what the caller takes, then a subfield. */
static enum ofperr
decode_header(struct reader *r, const struct field **fieldp)
{
    unsigned int len;
    bool masked;
    enum ofperr error = oxm_get_header(r, fieldp, &len, &masked);
    return error || masked ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
}

static enum ofperr
decode_stack(struct reader *r, enum action_type type, struct actions *out)
{
    uint16_t start = reader_u16(r);
    const struct field *field;
    enum ofperr error = decode_header(r, &field);
    uint16_t n_bits = reader_u16(r);
    struct subfield subfield;
    if (!error) {
        error = action_subfield_make(field, start, n_bits, &subfield);
    }
    if (!error && type == ACTION_STACK_POP && !field->writable) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (!error) {
        error = check_zeros(r);
    }
    if (!error) {
        struct action_stack *a = actions_add(out, type, sizeof *a);
        a->subfield.field = field;
        a->subfield.start = start;
        a->subfield.n_bits = n_bits;
    }
    return error;
}

static enum ofperr
decode_output_reg(struct reader *r, bool second, struct actions *out)
{
    uint16_t bits = reader_u16(r);
    uint16_t max_len = 0;
    const struct field *field;
    enum ofperr error;
    if (second) {
        max_len = reader_u16(r);
        error = decode_header(r, &field);
    } else {
        error = action_field_from_header32(reader_u32(r), &field)
                    ? OFPERR_OFPBAC_BAD_ARGUMENT
                    : 0;
        max_len = reader_u16(r);
    }
    struct subfield src;
    if (!error) {
        error =
            action_subfield_make(field, bits >> 6, (bits & 0x3f) + 1, &src);
    }
    if (!error) {
        error = check_zeros(r);
    }
    if (!error) {
        struct action_output_reg *a =
            actions_add(out, ACTION_OUTPUT_REG, sizeof *a);
        a->src.field = src.field;
        a->src.start = src.start;
        a->src.n_bits = src.n_bits;
        a->max_len = max_len;
    }
    return error;
}

static enum ofperr
decode_check_pkt_larger(struct reader *r, struct actions *out)
{
    uint16_t pkt_len = reader_u16(r);
    uint16_t start = reader_u16(r);
    const struct field *field;
    enum ofperr error = decode_header(r, &field);
    struct subfield dst;
    if (!error) {
        error = action_subfield_make(field, start, 1, &dst);
    }
    if (!error) {
        error = check_zeros(r);
    }
    if (!error) {
        struct action_check_pkt_larger *a =
            actions_add(out, ACTION_CHECK_PKT_LARGER, sizeof *a);
        a->dst.field = field;
        a->dst.start = start;
        a->dst.n_bits = 1;
        a->pkt_len = pkt_len;
    }
    return error;
}

enum ofperr
action_field_decode(struct reader *r, uint16_t subtype, struct actions *out)
{
    switch (subtype) {
    case NXAST_REG_MOVE: {
        uint16_t n_bits = reader_u16(r);
        uint16_t src = reader_u16(r);
        uint16_t dst = reader_u16(r);
        return decode_move(r, n_bits, src, dst, out);
    }
    case NXAST_REG_LOAD:
        return decode_load(r, out);
    case NXAST_REG_LOAD2: {
        reader_skip(r, 6);
        enum ofperr error = decode_oxm(r, ACTION_FORM_LOAD, out);
        return error ? error : check_zeros(r);
    }
    case NXAST_STACK_PUSH:
        return decode_stack(r, ACTION_STACK_PUSH, out);
    case NXAST_STACK_POP:
        return decode_stack(r, ACTION_STACK_POP, out);
    case NXAST_OUTPUT_REG:
        return decode_output_reg(r, false, out);
    case NXAST_OUTPUT_REG2:
        return decode_output_reg(r, true, out);
    case NXAST_CHECK_PKT_LARGER:
        return decode_check_pkt_larger(r, out);
    default: {
        const struct field *field;
        enum ofperr error = decode_header(r, &field);
        if (!error && !field_is_tun_metadata(field)) {
            error = OFPERR_OFPBAC_BAD_ARGUMENT;
        }
        if (!error) {
            struct action_delete_field *a =
                actions_add(out, ACTION_DELETE_FIELD, sizeof *a);
            a->field = field;
        }
        return error ? error : check_zeros(r);
    }
    }
}
