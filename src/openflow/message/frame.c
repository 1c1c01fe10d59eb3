/* Headers of messages: which row of the table a message is, and back. */

#include <string.h>

#include "base/be.h"
#include "base/str.h"
#include "openflow/message/message.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_msgs);

enum kind { OFPT, OFPST, NXT, NXST, ONFT, ONFST };

enum {
    TYPE_EXPERIMENTER = 4,
    STAT_EXPERIMENTER = 0xffff,
    VENDOR_NX = 0x00002320,
    VENDOR_ONF = 0x4f4e4600,
    FLAG_MORE = 1,
    SIZE_OFPT = 8,
    SIZE_EXPERIMENTER = 16,
    SIZE_STAT10 = 12,
    SIZE_STAT11 = 16,
    SIZE_STAT_EXPERIMENTER = 24,
};

struct row {
    const char *name;
    uint8_t type;   /* enum message_type. */
    uint8_t kind;   /* enum kind. */
    uint8_t v0, v1; /* First and last version. */
    uint8_t t10, t; /* Type in 1.0 and later. */
    uint16_t stat;
    uint32_t subtype;
    uint16_t min_body;
    uint16_t unit; /* Of what may follow; 0: nothing. */
};

static const struct row rows[] = {
#define MESSAGE(RAW, NAME, TYPE, KIND, V0, V1, T10, T, STAT, SUB, MIN, MUL) \
    [MSG_RAW_##RAW] = { NAME, MSG_##TYPE, KIND, V0,  V1, T10,               \
                        T,    STAT,       SUB,  MIN, MUL },
#include "openflow/message/message.def"
#undef MESSAGE
};

static bool
is_stat(const struct row *row)
{
    return row->kind == OFPST || row->kind == NXST || row->kind == ONFST;
}

static uint8_t
row_type(const struct row *row, uint8_t version)
{
    return version == OF10_VERSION ? row->t10 : row->t;
}

static uint32_t
row_vendor(const struct row *row)
{
    switch ((enum kind) row->kind) {
    case NXT:
    case NXST:
        return VENDOR_NX;
    case ONFT:
    case ONFST:
        return VENDOR_ONF;
    case OFPT:
    case OFPST:
        return 0;
    }
    NOT_REACHED();
}

/* Size of all headers. */
static size_t
row_header_size(const struct row *row, uint8_t version)
{
    switch ((enum kind) row->kind) {
    case OFPT:
        return SIZE_OFPT;
    case NXT:
    case ONFT:
        return SIZE_EXPERIMENTER;
    case OFPST:
        return version == OF10_VERSION ? SIZE_STAT10 : SIZE_STAT11;
    case NXST:
    case ONFST:
        return SIZE_STAT_EXPERIMENTER;
    }
    NOT_REACHED();
}

const char *
message_raw_name(enum message_raw raw)
{
    return rows[raw].name;
}

/* What the headers say. */
struct headers {
    uint8_t version, type;
    bool multipart;
    uint16_t stat, flags;
    uint32_t vendor, subtype;
};

/* Offsets of the multipart and experimenter headers differ by version:
 * 1.0: type be16, flags be16; later 4 bytes of padding follow. */
static enum ofperr
get_headers(const uint8_t *p, size_t size, struct headers *h)
{
    *h = (struct headers){ .version = p[0], .type = p[1] };
    bool of10 = h->version == OF10_VERSION;
    uint8_t request = of10 ? 16 : 18;
    if (h->type == TYPE_EXPERIMENTER) {
        if (size < SIZE_EXPERIMENTER) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        h->vendor = get_be32(p + 8);
        h->subtype = get_be32(p + 12);
    } else if (h->type == request || h->type == request + 1) {
        size_t n = of10 ? SIZE_STAT10 : SIZE_STAT11;
        if (size < n) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        h->multipart = true;
        h->stat = get_be16(p + 8);
        h->flags = get_be16(p + 10);
        if (h->stat == STAT_EXPERIMENTER) {
            if (size < SIZE_STAT_EXPERIMENTER) {
                return OFPERR_OFPBRC_BAD_LEN;
            }
            h->vendor = get_be32(p + n);
            h->subtype = get_be32(p + n + 4);
        }
    }
    return 0;
}

static const struct row *
find_row(const struct headers *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        if (h->version >= row->v0 && h->version <= row->v1
            && row_type(row, h->version) == h->type
            && is_stat(row) == h->multipart && row->stat == h->stat
            && row_vendor(row) == h->vendor && row->subtype == h->subtype) {
            return row;
        }
    }
    return NULL;
}

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

/* Why no row fits. */
static enum ofperr
unknown(const struct headers *h)
{
    bool vendor = h->multipart ? h->stat == STAT_EXPERIMENTER
                               : h->type == TYPE_EXPERIMENTER;
    struct str s = STR_INITIALIZER;
    str_putf(&s, "version %u, type %u", h->version, h->type);
    if (h->multipart) {
        str_putf(&s, ", stat %u", h->stat);
    }
    if (vendor) {
        str_putf(&s, ", vendor 0x%x, subtype %u", h->vendor, h->subtype);
    }
    log_warn_rl(&rl, "unknown OpenFlow message (%s)", str_text(&s));
    str_uninit(&s);
    if (vendor) {
        return h->vendor == VENDOR_NX || h->vendor == VENDOR_ONF
                   ? OFPERR_OFPBRC_BAD_SUBTYPE
                   : OFPERR_OFPBRC_BAD_VENDOR;
    }
    return h->multipart ? OFPERR_OFPBRC_BAD_STAT : OFPERR_OFPBRC_BAD_TYPE;
}

/* Says which sizes the message could have. */
static void
warn_of_size(const struct row *row, size_t size, size_t expected)
{
    const char *name = message_raw_name((enum message_raw)(row - rows));
    if (!row->unit) {
        log_warn_rl(&rl,
                    "received %s with incorrect length %zu (expected length "
                    "%zu)",
                    name, size, expected);
    } else if (row->unit == 1) {
        log_warn_rl(&rl,
                    "received %s with incorrect length %zu (expected length "
                    "at least %zu bytes)",
                    name, size, expected);
    } else {
        log_warn_rl(&rl,
                    "received %s with incorrect length %zu (must be exactly "
                    "%zu bytes or longer by an integer multiple of %u bytes)",
                    name, size, expected, row->unit);
    }
}

enum ofperr
message_decode(const void *data, size_t size, struct message *m)
{
    *m = (struct message){ 0 };
    const uint8_t *p = data;
    if (size < SIZE_OFPT || get_be16(p + 2) != size) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct headers h;
    enum ofperr error = get_headers(p, size, &h);
    if (error) {
        return error;
    }
    const struct row *row = find_row(&h);
    if (!row) {
        return unknown(&h);
    }
    size_t header_size = row_header_size(row, h.version);
    size_t body_size = size - header_size;
    if (size < header_size + row->min_body
        || (row->unit ? (body_size - row->min_body) % row->unit
                      : body_size != row->min_body)) {
        warn_of_size(row, size, header_size + row->min_body);
        return OFPERR_OFPBRC_BAD_LEN;
    }
    *m = (struct message){
        .raw = row - rows,
        .type = row->type,
        .version = h.version,
        .xid = get_be32(p + 4),
        .more = h.flags & FLAG_MORE,
        .flags = h.flags,
        .data = p,
        .size = size,
        .body = p + header_size,
        .body_size = body_size,
    };
    return 0;
}

bool
message_is_multipart_reply(const struct message *m)
{
    const struct row *row = &rows[m->raw];
    return is_stat(row) && row_type(row, m->version) % 2;
}

void
message_begin(struct writer *w, enum message_raw raw, uint8_t version,
              uint32_t xid)
{
    const struct row *row = &rows[raw];
    writer_u8(w, version);
    writer_u8(w, row_type(row, version));
    writer_u16(w, 0);
    writer_u32(w, xid);
    if (is_stat(row)) {
        writer_u16(w, row->stat);
        writer_u16(w, 0);
        if (version != OF10_VERSION) {
            writer_zeros(w, 4);
        }
    }
    if (row_vendor(row)) {
        writer_u32(w, row_vendor(row));
        writer_u32(w, row->subtype);
        if (is_stat(row) && version == OF10_VERSION) {
            writer_zeros(w, 4);
        }
    }
}

void
message_finish(struct writer *w, size_t start)
{
    writer_set_u16(w, start + 2, w->size - start);
}

enum message_raw
message_raw_for(enum message_type type, uint8_t version)
{
    enum message_raw found = N_MESSAGE_RAWS;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        if (row->type == type && version >= row->v0 && version <= row->v1) {
            if (row->kind == OFPT || row->kind == OFPST) {
                return i;
            }
            found = found == N_MESSAGE_RAWS ? i : found;
        }
    }
    return found;
}

void
message_put_simple(struct writer *w, enum message_type type, uint8_t version,
                   uint32_t xid)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(type, version), version, xid);
    message_finish(w, start);
}

void
message_put_about(struct writer *w, enum message_type type, uint8_t version,
                  uint32_t number)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(type, version), version,
                  message_next_xid());
    writer_u32(w, number);
    writer_zeros(w, 4);
    message_finish(w, start);
}

uint32_t
message_next_xid(void)
{
    static uint32_t next = 1;
    return __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
}

void
message_multipart_begin(struct message_multipart *mp, struct writer *w,
                        enum message_raw raw, uint8_t version, uint32_t xid)
{
    *mp = (struct message_multipart){ w, raw, version, xid, w->size };
    message_begin(w, raw, version, xid);
}

void
message_multipart_next(struct message_multipart *mp, size_t entry_start)
{
    struct writer *w = mp->w;
    if (w->size - mp->start <= MESSAGE_MAX_SIZE) {
        return;
    }
    /* The entry that no longer fits moves into a message of its own. */
    struct writer header = WRITER_INITIALIZER;
    message_begin(&header, mp->raw, mp->version, mp->xid);
    writer_insert(w, entry_start, header.data, header.size);
    writer_uninit(&header);
    put_be16(w->data + mp->start + 2, entry_start - mp->start);
    put_be16(w->data + mp->start + 10, FLAG_MORE);
    mp->start = entry_start;
}

void
message_multipart_end(struct message_multipart *mp)
{
    message_finish(mp->w, mp->start);
}

enum message_raw
message_reply_raw(const struct message *request)
{
    const struct row *row = &rows[request->raw];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *r = &rows[i];
        if (r != row && r->kind == row->kind && r->stat == row->stat
            && r->subtype == row->subtype && request->version >= r->v0
            && request->version <= r->v1
            && row_type(r, request->version)
                   == row_type(row, request->version) + 1) {
            return i;
        }
    }
    return N_MESSAGE_RAWS;
}
