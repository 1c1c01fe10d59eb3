/* The configuration of tables: table_mod, table descriptions and status.
 *
 * Since OpenFlow 1.4 (§7.3.4.2) properties follow, each a multiple of 8 bytes:
 * eviction (type 2): flags be32; vacancy (type 3): down u8, up u8, now u8. */

#include <string.h>

#include "openflow/message/table.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_table);

enum {
    PROP_EVICTION = 2,
    PROP_VACANCY = 3,
    PROP_EXPERIMENTER = 0xffff,
    PROP_SIZE = 8, /* Of both. */
    DESC_SIZE = 8, /* Of a description without properties. */
};

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

static void
put_properties(const struct table_config *c, bool is_mod, struct writer *w)
{
    if (c->has_eviction_flags) {
        writer_u16(w, PROP_EVICTION);
        writer_u16(w, PROP_SIZE);
        writer_u32(w, c->eviction_flags);
    }
    if (c->config & TABLE_VACANCY_EVENTS) {
        writer_u16(w, PROP_VACANCY);
        writer_u16(w, PROP_SIZE);
        writer_u8(w, c->vacancy_down);
        writer_u8(w, c->vacancy_up);
        writer_u8(w, is_mod ? 0 : c->vacancy);
        writer_u8(w, 0);
    }
}

void
table_mod_encode(const struct table_config *c, uint8_t version, uint32_t xid,
                 struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_TABLE_MOD, version), version, xid);
    writer_u8(w, c->table_id);
    writer_zeros(w, 3);
    writer_u32(w, c->config);
    if (version >= OF14_VERSION) {
        put_properties(c, true, w);
    }
    message_finish(w, start);
}

static enum ofperr
get_vacancy(struct reader *r, bool is_mod, struct table_config *c)
{
    c->vacancy_down = reader_u8(r);
    c->vacancy_up = reader_u8(r);
    c->vacancy = reader_u8(r);
    if (is_mod && c->vacancy) {
        log_warn_rl(&rl,
                    "Vacancy value should be zero for table-mod messages");
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    if (is_mod && c->vacancy_up < c->vacancy_down) {
        log_warn_rl(&rl, "Value of vacancy_down is greater than vacancy_up");
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    return 0;
}

/* Unknown properties are errors in requests only. */
static enum ofperr
get_properties(struct reader *r, bool is_mod, struct table_config *c)
{
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t size = reader_u16(r);
        if (r->failed || size < 4) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader body = reader_sub(r, size - 4);
        reader_skip(r, ROUND_UP(size, 8) - size);
        if (r->failed
            || ((type == PROP_EVICTION || type == PROP_VACANCY)
                && size != PROP_SIZE)) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        if (type == PROP_EVICTION) {
            c->has_eviction_flags = true;
            c->eviction_flags = reader_u32(&body);
        } else if (type == PROP_VACANCY) {
            enum ofperr error = get_vacancy(&body, is_mod, c);
            if (error) {
                return error;
            }
        } else if (is_mod) {
            return type == PROP_EXPERIMENTER ? OFPERR_OFPBPC_BAD_EXPERIMENTER
                                             : OFPERR_OFPBRC_BAD_TYPE;
        }
    }
    return 0;
}

enum ofperr
table_mod_decode(const struct message *m, struct table_config *c)
{
    memset(c, 0, sizeof *c);
    struct reader r = reader_init(m->body, m->body_size);
    c->table_id = reader_u8(&r);
    reader_skip(&r, 3);
    c->config = reader_u32(&r);
    if (m->version >= OF14_VERSION) {
        return get_properties(&r, true, c);
    }
    if (m->version <= OF12_VERSION) {
        c->config &= TABLE_MISS_MASK;
    }
    if (m->version <= OF12_VERSION && c->config > TABLE_MISS_DROP) {
        log_warn_rl(&rl, "bad table miss config %u", c->config);
        c->config = TABLE_MISS_CONTROLLER;
    }
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

void
table_desc_encode(const struct table_config *c, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u8(w, c->table_id);
    writer_u8(w, 0);
    writer_u32(w, c->config);
    put_properties(c, false, w);
    writer_set_u16(w, start, (uint16_t) (w->size - start));
    message_multipart_next(mp, start);
}

enum ofperr
table_desc_decode(struct reader *body, struct table_config *c, bool *donep)
{
    memset(c, 0, sizeof *c);
    *donep = !body->left;
    if (*donep) {
        return 0;
    }
    uint16_t size = reader_u16(body);
    if (body->failed || size < DESC_SIZE || size - 2u > body->left) {
        log_warn_rl(&rl, "OFP14_TABLE_DESC reply claims invalid length %u",
                    size);
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader r = reader_sub(body, size - 2);
    c->table_id = reader_u8(&r);
    reader_skip(&r, 1);
    c->config = reader_u32(&r);
    return get_properties(&r, false, c);
}
