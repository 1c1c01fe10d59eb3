/* Meters as bytes. */

#include "openflow/message/meter.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
    BAND_SIZE = 16,
    CONFIG_SIZE = 8,
    STATS_SIZE = 40,
    BAND_STATS_SIZE = 16,
};

void
meter_config_uninit(struct meter_config *c)
{
    vec_uninit(&c->bands);
}

void
meter_config_clone(struct meter_config *dst, const struct meter_config *src)
{
    *dst = (struct meter_config){ .id = src->id, .flags = src->flags };
    for (size_t i = 0; i < src->bands.n; i++) {
        vec_push(&dst->bands, src->bands.items[i]);
    }
}

static void
put_bands(const struct meter_config *c, struct writer *w)
{
    const struct meter_band *b;
    VEC_FOR_EACH (b, &c->bands) {
        writer_u16(w, b->type);
        writer_u16(w, BAND_SIZE);
        writer_u32(w, b->rate);
        writer_u32(w, b->burst_size);
        writer_u8(w, b->type == METER_BAND_DSCP_REMARK ? b->prec_level : 0);
        writer_zeros(w, 3);
    }
}

static enum ofperr
get_bands(struct reader *r, struct meter_config *c)
{
    while (r->left) {
        struct meter_band b = { 0 };
        size_t left = r->left;
        b.type = reader_u16(r);
        uint16_t size = reader_u16(r);
        if (left < BAND_SIZE || size < BAND_SIZE || size > left) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        if (b.type != METER_BAND_DROP && b.type != METER_BAND_DSCP_REMARK) {
            return OFPERR_OFPMMFC_BAD_BAND;
        }
        if (size != BAND_SIZE) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        b.rate = reader_u32(r);
        b.burst_size = reader_u32(r);
        b.prec_level = reader_u8(r);
        reader_skip(r, 3);
        if (b.type != METER_BAND_DSCP_REMARK) {
            b.prec_level = 0;
        }
        vec_push(&c->bands, b);
    }
    return OFPERR_NONE;
}

void
meter_mod_encode(const struct meter_mod *mm, uint8_t version, uint32_t xid,
                 struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_METER_MOD, version), version, xid);
    writer_u16(w, mm->command);
    writer_u16(w, mm->config.flags);
    writer_u32(w, mm->config.id);
    put_bands(&mm->config, w);
    message_finish(w, start);
}

enum ofperr
meter_mod_decode(const struct message *m, struct meter_mod *mm)
{
    *mm = (struct meter_mod){ 0 };
    struct meter_config *c = &mm->config;
    struct reader r = reader_init(m->body, m->body_size);
    mm->command = reader_u16(&r);
    c->flags = reader_u16(&r);
    c->id = reader_u32(&r);
    if (mm->command > METER_DELETE) {
        return OFPERR_OFPMMFC_BAD_COMMAND;
    }
    if (mm->command == METER_DELETE) {
        c->flags = 0;
        return OFPERR_NONE;
    }
    const uint16_t units = METER_KBPS | METER_PKTPS;
    if ((c->flags & units) == units) {
        return OFPERR_OFPMMFC_BAD_FLAGS;
    }
    return get_bands(&r, c);
}

uint32_t
meter_request_decode(const struct message *m)
{
    struct reader r = reader_init(m->body, m->body_size);
    return reader_u32(&r);
}

void
meter_config_encode(const struct meter_config *c, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u16(w, c->flags);
    writer_u32(w, c->id);
    put_bands(c, w);
    writer_set_u16(w, start, w->size - start);
    message_multipart_next(mp, start);
}

enum ofperr
meter_config_decode(struct reader *body, struct meter_config *c)
{
    *c = (struct meter_config){ 0 };
    size_t left = body->left;
    uint16_t size = reader_u16(body);
    if (body->failed || size < CONFIG_SIZE || size > left) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader r = reader_sub(body, size - 2);
    c->flags = reader_u16(&r);
    c->id = reader_u32(&r);
    return get_bands(&r, c);
}

void
meter_stats_encode(const struct meter_stats *s, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u32(w, s->id);
    writer_u16(w, STATS_SIZE + s->bands.n * BAND_STATS_SIZE);
    writer_zeros(w, 6);
    writer_u32(w, s->flow_count);
    writer_u64(w, s->n_packets);
    writer_u64(w, s->n_bytes);
    writer_u32(w, s->duration_sec);
    writer_u32(w, s->duration_nsec);
    const struct meter_band_stats *b;
    VEC_FOR_EACH (b, &s->bands) {
        writer_u64(w, b->n_packets);
        writer_u64(w, b->n_bytes);
    }
    message_multipart_next(mp, start);
}

enum ofperr
meter_stats_decode(struct reader *body, struct meter_stats *s)
{
    *s = (struct meter_stats){ 0 };
    size_t left = body->left;
    s->id = reader_u32(body);
    uint16_t size = reader_u16(body);
    if (body->failed || size < STATS_SIZE || size > left
        || (size - STATS_SIZE) % BAND_STATS_SIZE) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader r = reader_sub(body, size - 6);
    reader_skip(&r, 6);
    s->flow_count = reader_u32(&r);
    s->n_packets = reader_u64(&r);
    s->n_bytes = reader_u64(&r);
    s->duration_sec = reader_u32(&r);
    s->duration_nsec = reader_u32(&r);
    while (r.left) {
        struct meter_band_stats b;
        b.n_packets = reader_u64(&r);
        b.n_bytes = reader_u64(&r);
        vec_push(&s->bands, b);
    }
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : OFPERR_NONE;
}

void
meter_features_encode(const struct meter_features *f,
                      const struct message *request, struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_reply_raw(request), request->version,
                  request->xid);
    writer_u32(w, f->max_meters);
    writer_u32(w, f->band_types);
    writer_u32(w, f->capabilities);
    writer_u8(w, f->max_bands);
    writer_u8(w, f->max_color);
    writer_zeros(w, 2);
    message_finish(w, start);
}

void
meter_features_decode(const struct message *m, struct meter_features *f)
{
    struct reader r = reader_init(m->body, m->body_size);
    f->max_meters = reader_u32(&r);
    f->band_types = reader_u32(&r);
    f->capabilities = reader_u32(&r);
    f->max_bands = reader_u8(&r);
    f->max_color = reader_u8(&r);
}
