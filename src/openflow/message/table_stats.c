/* Table statistics, which before OpenFlow 1.3 also say what tables can do. */

#include <string.h>

#include "openflow/message/table_bits.h"

enum {
    TABLE_NAME_SIZE = 32,
    /* Those of 1.1 and 1.2. */
    OLD_INSTRUCTIONS = TABLE_GOTO_TABLE | TABLE_WRITE_METADATA
                       | TABLE_WRITE_ACTIONS | TABLE_APPLY_ACTIONS
                       | TABLE_CLEAR_ACTIONS,
};

static void
put_name(struct writer *w, const char *name)
{
    char *p = writer_zeros(w, TABLE_NAME_SIZE);
    memcpy(p, name, strnlen(name, TABLE_NAME_SIZE - 1));
}

static void
get_name(struct reader *r, char name[TABLE_NAME_SIZE + 1])
{
    reader_copy(r, name, TABLE_NAME_SIZE);
    name[TABLE_NAME_SIZE] = '\0';
}

/* OpenFlow 1.1 §A.3.5.3: what flows can do is said once. */
static void
put_features11(const struct table_features *f, struct writer *w)
{
    writer_u32(w, table_fields_to_wire(f->wildcard, OF11_VERSION));
    writer_u32(w, table_fields_to_wire(f->match, OF11_VERSION));
    writer_u32(w, f->other.instructions & ~(uint32_t) TABLE_METER);
    writer_u32(w, table_actions_to_wire(f->other.write.actions, OF11_VERSION));
    writer_u32(w, table_actions_to_wire(f->other.apply.actions, OF11_VERSION));
}

static void
get_features11(struct reader *r, struct table_features *f)
{
    table_fields_from_wire(reader_u32(r), OF11_VERSION, f->wildcard);
    table_fields_from_wire(reader_u32(r), OF11_VERSION, f->match);
    f->other.instructions = reader_u32(r) & OLD_INSTRUCTIONS;
    f->other.write.actions =
        table_actions_from_wire(reader_u32(r), OF11_VERSION);
    f->other.apply.actions =
        table_actions_from_wire(reader_u32(r), OF11_VERSION);
}

/* OpenFlow 1.2 §A.3.5.3. */
static void
put_features12(const struct table_features *f, struct writer *w)
{
    const struct table_instructions *i = &f->other;
    writer_u64(w, table_fields_to_wire(f->match, OF12_VERSION));
    writer_u64(w, table_fields_to_wire(f->wildcard, OF12_VERSION));
    writer_u32(w, table_actions_to_wire(i->write.actions, OF12_VERSION));
    writer_u32(w, table_actions_to_wire(i->apply.actions, OF12_VERSION));
    writer_u64(w, table_fields_to_wire(i->write.set_fields, OF12_VERSION));
    writer_u64(w, table_fields_to_wire(i->apply.set_fields, OF12_VERSION));
    writer_u64(w, f->metadata_match);
    writer_u64(w, f->metadata_write);
    writer_u32(w, i->instructions & ~(uint32_t) TABLE_METER);
}

static void
get_features12(struct reader *r, struct table_features *f)
{
    struct table_instructions *i = &f->other;
    table_fields_from_wire(reader_u64(r), OF12_VERSION, f->match);
    table_fields_from_wire(reader_u64(r), OF12_VERSION, f->wildcard);
    i->write.actions = table_actions_from_wire(reader_u32(r), OF12_VERSION);
    i->apply.actions = table_actions_from_wire(reader_u32(r), OF12_VERSION);
    table_fields_from_wire(reader_u64(r), OF12_VERSION, i->write.set_fields);
    table_fields_from_wire(reader_u64(r), OF12_VERSION, i->apply.set_fields);
    f->metadata_match = reader_u64(r);
    f->metadata_write = reader_u64(r);
    i->instructions = reader_u32(r) & OLD_INSTRUCTIONS;
}

void
table_stats_encode(const struct table_features *f,
                   const struct table_stats *stats,
                   struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u8(w, f->table_id);
    switch (mp->version) {
    case OF10_VERSION:
        writer_zeros(w, 3);
        put_name(w, f->name);
        writer_u32(w, table_fields_to_wire(f->wildcard, OF10_VERSION));
        writer_u32(w, f->max_entries);
        break;
    case OF11_VERSION:
    case OF12_VERSION:
        writer_zeros(w, 7);
        put_name(w, f->name);
        (mp->version == OF11_VERSION ? put_features11 : put_features12)(f, w);
        writer_u32(w, f->miss);
        writer_u32(w, f->max_entries);
        break;
    default:
        writer_zeros(w, 3);
        break;
    }
    writer_u32(w, stats->n_active);
    writer_u64(w, stats->n_lookup);
    writer_u64(w, stats->n_matched);
    message_multipart_next(mp, start);
}

enum ofperr
table_stats_decode(const struct message *m, struct reader *body,
                   struct table_features *f, struct table_stats *stats,
                   bool *donep)
{
    memset(f, 0, sizeof *f);
    memset(stats, 0, sizeof *stats);
    *donep = !body->left;
    if (*donep) {
        return 0;
    }
    f->table_id = reader_u8(body);
    switch (m->version) {
    case OF10_VERSION:
        reader_skip(body, 3);
        get_name(body, f->name);
        table_fields_from_wire(reader_u32(body), OF10_VERSION, f->wildcard);
        memcpy(f->match, f->wildcard, sizeof f->match);
        f->max_entries = reader_u32(body);
        break;
    case OF11_VERSION:
    case OF12_VERSION:
        reader_skip(body, 7);
        get_name(body, f->name);
        (m->version == OF11_VERSION ? get_features11 : get_features12)(body,
                                                                       f);
        f->miss = reader_u32(body) & TABLE_MISS_MASK;
        f->max_entries = reader_u32(body);
        break;
    default:
        reader_skip(body, 3);
        break;
    }
    f->on_miss = f->other;
    stats->n_active = reader_u32(body);
    stats->n_lookup = reader_u64(body);
    stats->n_matched = reader_u64(body);
    return body->failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}
