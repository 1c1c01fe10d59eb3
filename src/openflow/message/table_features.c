/* Table features of OpenFlow 1.3 and later: §7.3.5.5.
 *
 * An entry: length be16, table u8, command u8 (1.5), padding 4, name 32,
 * metadata_match be64, metadata_write be64, capabilities be32, max_entries
 * be32; then properties, each padded to 8 bytes: type be16, length be16, a
 * list.  Properties of odd types are about the table-miss flow. */

#include <string.h>

#include "openflow/message/table_bits.h"
#include "openflow/wire/oxm.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_table);

enum {
    FIXED_SIZE = 64,
    NAME_SIZE = 32,
    ID_SIZE = 4,        /* Of an action or instruction: type, length. */
    N_INSTRUCTIONS = 7, /* Types 1 to 6. */
    N_OLD_ACTIONS = 32, /* Types below this. */
    N_PROPERTIES = 16,  /* Types below this. */
    REQUIRED = 0x5555,  /* Those about flows. */
};

/* Types; + 1 for the table-miss flow. */
enum {
    PROP_INSTRUCTIONS = 0,
    PROP_NEXT_TABLES = 2,
    PROP_WRITE_ACTIONS = 4,
    PROP_APPLY_ACTIONS = 6,
    PROP_MATCH = 8,
    PROP_WILDCARDS = 10,
    PROP_WRITE_SET_FIELDS = 12,
    PROP_APPLY_SET_FIELDS = 14,
};

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

static size_t
begin_property(struct writer *w, uint16_t type)
{
    size_t start = w->size;
    writer_u16(w, type);
    writer_u16(w, 0);
    return start;
}

static void
end_property(struct writer *w, size_t start)
{
    writer_set_u16(w, start + 2, (uint16_t) (w->size - start));
    writer_pad(w, start, 8);
}

/* Types of actions or instructions. */
static void
put_types(struct writer *w, uint16_t prop, uint32_t types)
{
    size_t start = begin_property(w, prop);
    for (uint16_t i = 0; i < N_OLD_ACTIONS; i++) {
        if (types & 1u << i) {
            writer_u16(w, i);
            writer_u16(w, ID_SIZE);
        }
    }
    end_property(w, start);
}

static void
put_fields(struct writer *w, uint16_t prop, const unsigned long *fields,
           const unsigned long *masks, uint8_t version)
{
    size_t start = begin_property(w, prop);
    size_t i;
    BITMAP_FOR_EACH_1 (i, N_FIELDS, fields) {
        const struct field *f = field_from_id((enum field_id) i);
        if (oxm_code(f, version)) {
            oxm_put_header(w, f, version, masks && bitmap_is_set(masks, i));
        }
    }
    end_property(w, start);
}

static void
put_instructions(struct writer *w, const struct table_instructions *t,
                 bool is_miss, uint8_t version)
{
    /* OpenFlow 1.5 made the meter an action. */
    uint32_t types = t->instructions
                     & ~(uint32_t) (version >= OF15_VERSION ? TABLE_METER : 0);
    put_types(w, PROP_INSTRUCTIONS + is_miss, types);
    size_t start = begin_property(w, PROP_NEXT_TABLES + is_miss);
    size_t i;
    BITMAP_FOR_EACH_1 (i, 256, t->next) {
        writer_u8(w, (uint8_t) i);
    }
    end_property(w, start);
    put_types(w, PROP_WRITE_ACTIONS + is_miss,
              table_actions_to_wire(t->write.actions, version));
    put_fields(w, PROP_WRITE_SET_FIELDS + is_miss, t->write.set_fields, NULL,
               version);
    put_types(w, PROP_APPLY_ACTIONS + is_miss,
              table_actions_to_wire(t->apply.actions, version));
    put_fields(w, PROP_APPLY_SET_FIELDS + is_miss, t->apply.set_fields, NULL,
               version);
}

void
table_features_encode(const struct table_features *f,
                      struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u8(w, f->table_id);
    writer_zeros(w, 5);
    char *name = writer_zeros(w, NAME_SIZE);
    memcpy(name, f->name, strnlen(f->name, NAME_SIZE - 1));
    writer_u64(w, f->metadata_match);
    writer_u64(w, f->metadata_write);
    writer_u32(w, mp->version >= OF14_VERSION ? f->capabilities : 0);
    writer_u32(w, f->max_entries);
    put_instructions(w, &f->other, false, mp->version);
    put_instructions(w, &f->on_miss, true, mp->version);
    put_fields(w, PROP_MATCH, f->match, f->mask, mp->version);
    put_fields(w, PROP_WILDCARDS, f->wildcard, NULL, mp->version);
    writer_set_u16(w, start, (uint16_t) (w->size - start));
    message_multipart_next(mp, start);
}

/* Types that we do not know, and experimenters', go without saying. */
static enum ofperr
get_types(struct reader r, uint32_t *typesp)
{
    uint32_t types = 0;
    while (r.left) {
        uint16_t type = reader_u16(&r);
        uint16_t size = reader_u16(&r);
        if (r.failed || size < ID_SIZE || size - ID_SIZE > (int) r.left) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        reader_skip(&r, size - ID_SIZE);
        types |= type < N_OLD_ACTIONS ? 1u << type : 0;
    }
    *typesp = types;
    return 0;
}

static enum ofperr
get_actions(struct reader r, uint8_t version, uint32_t *actionsp)
{
    uint32_t types;
    enum ofperr error = get_types(r, &types);
    if (!error) {
        *actionsp = table_actions_from_wire(types, version);
    }
    return error;
}

static enum ofperr
get_instruction_types(struct reader r, uint32_t *instructionsp)
{
    enum ofperr error = get_types(r, instructionsp);
    if (!error) {
        *instructionsp &= (1u << N_INSTRUCTIONS) - 2;
    }
    return error;
}

static enum ofperr
get_fields(struct reader r, unsigned long *fields, unsigned long *masks)
{
    while (r.left) {
        const struct field *f;
        unsigned int len;
        bool has_mask;
        enum ofperr error = oxm_get_header(&r, &f, &len, &has_mask);
        if (error && (error != OFPERR_OFPBMC_BAD_FIELD || r.failed)) {
            return error;
        } else if (error) {
            continue;
        }
        bitmap_set1(fields, f->id);
        if (masks && has_mask) {
            bitmap_set1(masks, f->id);
        }
    }
    return 0;
}

static enum ofperr
get_property(uint16_t type, struct reader r, uint8_t version,
             struct table_features *f)
{
    struct table_instructions *t = type & 1 ? &f->on_miss : &f->other;
    switch (type & ~1) {
    case PROP_INSTRUCTIONS:
        return get_instruction_types(r, &t->instructions);
    case PROP_NEXT_TABLES:
        while (r.left) {
            bitmap_set1(t->next, reader_u8(&r));
        }
        return 0;
    case PROP_WRITE_ACTIONS:
        return get_actions(r, version, &t->write.actions);
    case PROP_APPLY_ACTIONS:
        return get_actions(r, version, &t->apply.actions);
    case PROP_WRITE_SET_FIELDS:
        return get_fields(r, t->write.set_fields, NULL);
    case PROP_APPLY_SET_FIELDS:
        return get_fields(r, t->apply.set_fields, NULL);
    case PROP_MATCH:
        return get_fields(r, f->match, f->mask);
    default: /* PROP_WILDCARDS. */
        return get_fields(r, f->wildcard, NULL);
    }
}

/* Properties about the table-miss flow that are left out are as the others. */
static void
fill_miss(struct table_features *f, uint32_t seen)
{
    struct table_instructions *miss = &f->on_miss;
    const struct table_instructions *other = &f->other;
    if (!(seen & 1u << (PROP_INSTRUCTIONS + 1))) {
        miss->instructions = other->instructions;
    }
    if (!(seen & 1u << (PROP_NEXT_TABLES + 1))) {
        memcpy(miss->next, other->next, sizeof miss->next);
    }
    if (!(seen & 1u << (PROP_WRITE_ACTIONS + 1))) {
        miss->write.actions = other->write.actions;
    }
    if (!(seen & 1u << (PROP_APPLY_ACTIONS + 1))) {
        miss->apply.actions = other->apply.actions;
    }
    if (!(seen & 1u << (PROP_WRITE_SET_FIELDS + 1))) {
        memcpy(miss->write.set_fields, other->write.set_fields,
               sizeof miss->write.set_fields);
    }
    if (!(seen & 1u << (PROP_APPLY_SET_FIELDS + 1))) {
        memcpy(miss->apply.set_fields, other->apply.set_fields,
               sizeof miss->apply.set_fields);
    }
}

/* OpenFlow 1.3.5 §7.3.5.5.2: every property at most once, those about flows
 * must be there. */
static enum ofperr
get_properties(struct reader *r, uint8_t version, struct table_features *f)
{
    uint32_t seen = 0;
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t size = reader_u16(r);
        if (r->failed || size < ID_SIZE) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader body = reader_sub(r, size - ID_SIZE);
        reader_skip(r, ROUND_UP(size, 8) - size);
        if (r->failed) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        if (type >= N_PROPERTIES || type == PROP_MATCH + 1
            || type == PROP_WILDCARDS + 1) {
            continue;
        }
        if (seen & 1u << type) {
            log_warn_rl(&rl, "duplicate table features property %u", type);
            return OFPERR_OFPTFFC_BAD_FEATURES;
        }
        seen |= 1u << type;
        enum ofperr error = get_property(type, body, version, f);
        if (error) {
            return error;
        }
    }
    uint32_t missing = ~seen & REQUIRED;
    if (missing) {
        log_warn_rl(&rl,
                    "table features message missing %d required properties, "
                    "including property %d",
                    __builtin_popcount(missing), __builtin_ctz(missing));
        return OFPERR_OFPTFFC_BAD_FEATURES;
    }
    fill_miss(f, seen);
    return 0;
}

enum ofperr
table_features_decode(const struct message *m, struct reader *body,
                      struct table_features *f, bool *donep)
{
    memset(f, 0, sizeof *f);
    *donep = !body->left;
    if (*donep) {
        return 0;
    }
    uint16_t size = reader_u16(body);
    if (body->failed || size < FIXED_SIZE || size % 8) {
        return OFPERR_OFPBPC_BAD_LEN;
    }
    struct reader r = reader_sub(body, size - 2);
    if (body->failed) {
        return OFPERR_OFPBPC_BAD_LEN;
    }
    f->table_id = reader_u8(&r);
    uint8_t command = reader_u8(&r);
    if (m->version >= OF15_VERSION) {
        if (command > TABLE_DISABLE) {
            return OFPERR_OFPTFFC_BAD_COMMAND;
        }
        f->command = command;
    }
    reader_skip(&r, 4);
    reader_copy(&r, f->name, NAME_SIZE);
    f->metadata_match = reader_u64(&r);
    f->metadata_write = reader_u64(&r);
    uint32_t capabilities = reader_u32(&r);
    f->capabilities =
        m->version >= OF14_VERSION
            ? capabilities & (TABLE_EVICTION | TABLE_VACANCY_EVENTS)
            : 0;
    f->max_entries = reader_u32(&r);
    return get_properties(&r, m->version, f);
}
