/* Bytes of the learn and the ct and nat actions. */

#include <string.h>

#include "openflow/action/action_wire.h"
#include "openflow/wire/oxm.h"

/* The 16-bit header of a learn spec. */
enum {
    SPEC_N_BITS_MASK = 0x3ff,
    SPEC_DST_SHIFT = 11, /* 0 match, 1 load, 2 output. */
    SPEC_DST_MASK = 3,
    SPEC_IMMEDIATE = 1 << 13,
};

static void
put_field_ref(const struct subfield *s, struct writer *w)
{
    oxm_put_header(w, s->field, 0, false);
    writer_u16(w, s->start);
}

void
action_learn_encode(const struct action_learn *a, struct writer *w)
{
    bool second = a->limit || a->flags & LEARN_WRITE_RESULT
                  || a->action.form == ACTION_FORM_LONG;
    size_t start = action_begin_nx(w, second ? NXAST_LEARN2 : NXAST_LEARN);
    writer_u16(w, a->idle_timeout);
    writer_u16(w, a->hard_timeout);
    writer_u16(w, a->priority);
    writer_put(w, &a->cookie, sizeof a->cookie);
    writer_u16(w, a->flags);
    writer_u8(w, a->table_id);
    writer_u8(w, 0);
    writer_u16(w, a->fin_idle_timeout);
    writer_u16(w, a->fin_hard_timeout);
    if (second) {
        writer_u32(w, a->limit);
        writer_u16(w, a->result_dst.start);
        writer_zeros(w, 2);
        if (a->flags & LEARN_WRITE_RESULT) {
            oxm_put_header(w, a->result_dst.field, 0, false);
        }
    }
    for (size_t i = 0; i < a->n_specs; i++) {
        const struct action_learn_spec *spec = &a->specs[i];
        bool immediate = spec->src_type == LEARN_SRC_IMMEDIATE;
        writer_u16(w, spec->n_bits | spec->dst_type << SPEC_DST_SHIFT
                          | (immediate ? SPEC_IMMEDIATE : 0));
        if (immediate) {
            /* Immediates are whole 16-bit units. */
            size_t n = DIV_ROUND_UP(spec->n_bits, 8);
            writer_zeros(w, n & 1);
            writer_put(w, spec->value.bytes, n);
        } else {
            put_field_ref(&spec->src, w);
        }
        if (spec->dst_type != LEARN_DST_OUTPUT) {
            put_field_ref(&spec->dst, w);
        }
    }
    action_end(w, start);
}

static enum ofperr
get_field_ref(struct reader *r, unsigned int n_bits, struct subfield *s)
{
    unsigned int len;
    bool masked;
    const struct field *field;
    enum ofperr error = oxm_get_header(r, &field, &len, &masked);
    uint16_t start = reader_u16(r);
    if (error || r->failed) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    return action_subfield_make(field, start, n_bits, s);
}

static enum ofperr
decode_spec(struct reader *r, uint16_t header, struct actions *out)
{
    struct action_learn_spec spec;
    memset(&spec, 0, sizeof spec);
    spec.n_bits = header & SPEC_N_BITS_MASK;
    spec.dst_type = header >> SPEC_DST_SHIFT & SPEC_DST_MASK;
    spec.src_type =
        header & SPEC_IMMEDIATE ? LEARN_SRC_IMMEDIATE : LEARN_SRC_FIELD;
    if (header & 0xc400 || spec.dst_type > LEARN_DST_OUTPUT || !spec.n_bits
        || (spec.dst_type == LEARN_DST_OUTPUT
            && spec.src_type == LEARN_SRC_IMMEDIATE)) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    enum ofperr error = 0;
    if (spec.src_type == LEARN_SRC_IMMEDIATE) {
        size_t n = DIV_ROUND_UP(spec.n_bits, 8);
        if (n > sizeof spec.value.bytes) {
            return OFPERR_OFPBAC_BAD_ARGUMENT;
        }
        reader_skip(r, n & 1);
        reader_copy(r, spec.value.bytes, n);
    } else {
        error = get_field_ref(r, spec.n_bits, &spec.src);
    }
    if (!error && spec.dst_type != LEARN_DST_OUTPUT) {
        error = get_field_ref(r, spec.n_bits, &spec.dst);
    }
    if (!error && spec.dst_type == LEARN_DST_LOAD
        && !spec.dst.field->writable) {
        error = OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (!error && r->failed) {
        error = OFPERR_OFPBAC_BAD_LEN;
    }
    if (!error) {
        actions_append(out, &spec, sizeof spec);
    }
    return error;
}

enum ofperr
action_learn_decode(struct reader *r, bool second, struct actions *out)
{
    struct action_learn learn;
    memset(&learn, 0, sizeof learn);
    learn.idle_timeout = reader_u16(r);
    learn.hard_timeout = reader_u16(r);
    learn.priority = reader_u16(r);
    reader_copy(r, &learn.cookie, sizeof learn.cookie);
    uint16_t flags = reader_u16(r);
    learn.table_id = reader_u8(r);
    uint8_t pad = reader_u8(r);
    learn.fin_idle_timeout = reader_u16(r);
    learn.fin_hard_timeout = reader_u16(r);
    if (pad || learn.table_id == 255
        || flags
               & ~(LEARN_SEND_FLOW_REM | LEARN_DELETE_LEARNED
                   | (second ? LEARN_WRITE_RESULT : 0))) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    learn.flags = flags;
    if (second) {
        learn.limit = reader_u32(r);
        uint16_t start = reader_u16(r);
        if (reader_u16(r)) {
            return OFPERR_NXBRC_MUST_BE_ZERO;
        }
        if (flags & LEARN_WRITE_RESULT) {
            const struct field *field;
            unsigned int len;
            bool masked;
            enum ofperr error = oxm_get_header(r, &field, &len, &masked);
            if (!error) {
                error =
                    action_subfield_make(field, start, 1, &learn.result_dst);
            }
            if (error) {
                return OFPERR_OFPBAC_BAD_ARGUMENT;
            }
        }
    }
    size_t offset = actions_open(out, ACTION_LEARN, sizeof learn);
    while (r->left >= 2) {
        uint16_t header = reader_u16(r);
        if (!header) {
            break;
        }
        enum ofperr error = decode_spec(r, header, out);
        if (error) {
            return error;
        }
        learn.n_specs++;
    }
    while (r->left) {
        if (reader_u8(r)) {
            return OFPERR_OFPBAC_BAD_ARGUMENT;
        }
    }
    struct action_learn *a = actions_close(out, offset);
    learn.action = a->action;
    learn.action.form = second ? ACTION_FORM_LONG : ACTION_FORM_DEFAULT;
    memcpy(a, &learn, sizeof learn);
    return 0;
}

/* nx_nat_range, in the order of the wire. */
enum {
    NAT_HAS_IP4_MIN = 1,
    NAT_HAS_IP4_MAX = 2,
    NAT_HAS_IP6_MIN = 4,
    NAT_HAS_IP6_MAX = 8,
    NAT_HAS_PORT_MIN = 16,
    NAT_HAS_PORT_MAX = 32,
};

void
action_nat_encode(const struct action_nat *a, struct writer *w)
{
    bool max = !ip6_is_zero(&a->max);
    uint16_t present =
        a->family == 4   ? NAT_HAS_IP4_MIN | (max ? NAT_HAS_IP4_MAX : 0)
        : a->family == 6 ? NAT_HAS_IP6_MIN | (max ? NAT_HAS_IP6_MAX : 0)
                         : 0;
    present |= (a->port_min ? NAT_HAS_PORT_MIN : 0)
               | (a->port_max ? NAT_HAS_PORT_MAX : 0);
    size_t start = action_begin_nx(w, NXAST_NAT);
    writer_zeros(w, 2);
    writer_u16(w, a->flags);
    writer_u16(w, present);
    size_t n = a->family == 4 ? 4 : 16;
    if (a->family) {
        writer_put(w, a->min.bytes, n);
        if (max) {
            writer_put(w, a->max.bytes, n);
        }
    }
    if (a->port_min) {
        writer_u16(w, a->port_min);
    }
    if (a->port_max) {
        writer_u16(w, a->port_max);
    }
    action_end(w, start);
}

enum ofperr
action_nat_decode(struct reader *r, struct actions *out)
{
    struct action_nat nat;
    memset(&nat, 0, sizeof nat);
    if (reader_u16(r)) {
        return OFPERR_NXBRC_MUST_BE_ZERO;
    }
    nat.flags = reader_u16(r);
    uint16_t present = reader_u16(r);
    if (nat.flags & ~0x1f || (nat.flags & NAT_SRC && nat.flags & NAT_DST)
        || (nat.flags & NAT_PROTO_HASH && nat.flags & NAT_PROTO_RANDOM)
        || present & ~0x3f) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (present & NAT_HAS_IP4_MIN) {
        nat.family = 4;
        reader_copy(r, nat.min.bytes, 4);
    }
    if (present & NAT_HAS_IP4_MAX) {
        reader_copy(r, nat.max.bytes, 4);
    }
    if (present & NAT_HAS_IP6_MIN) {
        nat.family = 6;
        reader_copy(r, nat.min.bytes, 16);
    }
    if (present & NAT_HAS_IP6_MAX) {
        reader_copy(r, nat.max.bytes, 16);
    }
    if (present & NAT_HAS_PORT_MIN) {
        nat.port_min = reader_u16(r);
    }
    if (present & NAT_HAS_PORT_MAX) {
        nat.port_max = reader_u16(r);
    }
    bool max = present & (NAT_HAS_IP4_MAX | NAT_HAS_IP6_MAX);
    bool both = present & (NAT_HAS_IP4_MIN | NAT_HAS_IP4_MAX)
                && present & (NAT_HAS_IP6_MIN | NAT_HAS_IP6_MAX);
    if (both || (max && !nat.family)
        || (max && memcmp(&nat.min, &nat.max, sizeof nat.min) > 0)
        || (nat.port_max && nat.port_max < nat.port_min)) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    struct action_nat *a = actions_add(out, ACTION_NAT, sizeof *a);
    nat.action = a->action;
    *a = nat;
    return r->failed ? OFPERR_OFPBAC_BAD_LEN : 0;
}

void
action_ct_encode(const struct action_ct *a, uint8_t version, struct writer *w)
{
    size_t start = action_begin_nx(w, NXAST_CT);
    writer_u16(w, a->flags);
    if (a->zone_src.field) {
        writer_u32(w, action_header32(a->zone_src.field));
        writer_u16(w, a->zone_src.start << 6 | (a->zone_src.n_bits - 1));
    } else {
        writer_u32(w, 0);
        writer_u16(w, a->zone);
    }
    writer_u8(w, a->recirc_table);
    writer_zeros(w, 3);
    writer_u16(w, a->alg);
    actions_encode_list(a->actions, ACTION_NESTED_SIZE(a), version, w);
    action_end(w, start);
}

static enum ofperr
check_ct_actions(const struct actions *list, size_t start)
{
    const struct action *a;
    ACTION_FOR_EACH(a, list->data + start, list->size - start)
    {
        const struct field *field = NULL;
        if (a->type == ACTION_SET_FIELD) {
            field = ((const struct action_set_field *) a)->field;
        } else if (a->type == ACTION_MOVE) {
            field = ((const struct action_move *) a)->dst.field;
        } else if (a->type != ACTION_NAT) {
            return OFPERR_OFPBAC_BAD_ARGUMENT;
        }
        if (field && field->id != FIELD_CT_MARK
            && field->id != FIELD_CT_LABEL) {
            return OFPERR_OFPBAC_BAD_SET_ARGUMENT;
        }
    }
    return 0;
}

enum ofperr
action_ct_decode(struct reader *r, uint8_t version, unsigned int depth,
                 struct actions *out)
{
    struct action_ct ct;
    memset(&ct, 0, sizeof ct);
    ct.flags = reader_u16(r);
    uint32_t zone_src = reader_u32(r);
    uint16_t zone = reader_u16(r);
    ct.recirc_table = reader_u8(r);
    reader_skip(r, 3);
    ct.alg = reader_u16(r);
    if (ct.flags & ~(CT_COMMIT | CT_FORCE)
        || (ct.flags & CT_FORCE && !(ct.flags & CT_COMMIT))) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    if (zone_src) {
        const struct field *field;
        enum ofperr error = action_field_from_header32(zone_src, &field);
        if (!error) {
            error = action_subfield_make(field, zone >> 6, (zone & 0x3f) + 1,
                                         &ct.zone_src);
        }
        if (error || ct.zone_src.n_bits != 16) {
            return OFPERR_OFPBAC_BAD_SET_LEN;
        }
    } else {
        ct.zone = zone;
    }
    size_t offset = actions_open(out, ACTION_CT, sizeof ct);
    size_t nested = out->size;
    enum ofperr error = actions_decode_list(r, version, depth + 1, out);
    if (!error) {
        error = check_ct_actions(out, nested);
    }
    if (!error) {
        struct action_ct *a = actions_close(out, offset);
        ct.action = a->action;
        memcpy(a, &ct, sizeof ct);
    }
    return error;
}
