/* Statistics of flows, as bytes. */

#include <string.h>

#include "openflow/message/flow_wire.h"
#include "openflow/wire/oxm.h"

enum {
    OXS_CLASS = 0x8002,
    OF10_STATS_SIZE = 88,
    OF11_STATS_SIZE = 48,
    OF15_DESC_SIZE = 24,
};

void
flow_put_nx_match(struct writer *w, size_t len_at, const struct match *match,
                  be64 cookie, be64 cookie_mask)
{
    size_t start = w->size;
    oxm_put_match(w, match, 0, cookie, cookie_mask);
    writer_set_u16(w, len_at, w->size - start);
    writer_pad(w, start, 8);
}

enum ofperr
flow_get_nx_match(struct reader *r, uint16_t len, struct match *match,
                  be64 *cookie, be64 *cookie_mask)
{
    const void *data = reader_take(r, ROUND_UP((size_t) len, 8));
    if (!data) {
        return OFPERR_OFPBMC_BAD_LEN;
    }
    return oxm_get_match(data, len, true, match, cookie, cookie_mask);
}

static void
put_oxs_header(struct writer *w, unsigned int type, uint8_t len)
{
    writer_u16(w, OXS_CLASS);
    writer_u8(w, type << 1);
    writer_u8(w, len);
}

/* Bits of FLOW_OXS_* are numbered as the types are. */
static unsigned int
oxs_type(unsigned int bit)
{
    return __builtin_ctz(bit);
}

void
flow_put_oxs(struct writer *w, const struct flow_oxs *oxs)
{
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u16(w, 0);
    if (oxs->has & FLOW_OXS_DURATION) {
        put_oxs_header(w, oxs_type(FLOW_OXS_DURATION), 8);
        writer_u32(w, oxs->duration_sec);
        writer_u32(w, oxs->duration_nsec);
    }
    if (oxs->has & FLOW_OXS_IDLE_TIME) {
        put_oxs_header(w, oxs_type(FLOW_OXS_IDLE_TIME), 8);
        writer_u32(w, oxs->idle_sec);
        writer_u32(w, 0);
    }
    if (oxs->has & FLOW_OXS_PACKETS) {
        put_oxs_header(w, oxs_type(FLOW_OXS_PACKETS), 8);
        writer_u64(w, oxs->n_packets);
    }
    if (oxs->has & FLOW_OXS_BYTES) {
        put_oxs_header(w, oxs_type(FLOW_OXS_BYTES), 8);
        writer_u64(w, oxs->n_bytes);
    }
    if (oxs->has & FLOW_OXS_FLOWS) {
        put_oxs_header(w, oxs_type(FLOW_OXS_FLOWS), 4);
        writer_u32(w, oxs->n_flows);
    }
    writer_set_u16(w, start + 2, w->size - start);
    writer_pad(w, start, 8);
}

static enum ofperr
get_oxs_field(struct reader *r, struct flow_oxs *oxs)
{
    uint16_t class = reader_u16(r);
    unsigned int type = reader_u8(r) >> 1;
    uint8_t len = reader_u8(r);
    struct reader p = reader_sub(r, len);
    if (p.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    if (class != OXS_CLASS || type > 5) {
        return 0;
    }
    oxs->has |= 1u << type;
    switch (1u << type) {
    case FLOW_OXS_DURATION:
        oxs->duration_sec = reader_u32(&p);
        oxs->duration_nsec = reader_u32(&p);
        break;
    case FLOW_OXS_IDLE_TIME:
        oxs->idle_sec = reader_u32(&p);
        reader_skip(&p, 4);
        break;
    case FLOW_OXS_FLOWS:
        oxs->n_flows = reader_u32(&p);
        break;
    case FLOW_OXS_PACKETS:
        oxs->n_packets = reader_u64(&p);
        break;
    case FLOW_OXS_BYTES:
        oxs->n_bytes = reader_u64(&p);
        break;
    default:
        break;
    }
    return p.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

enum ofperr
flow_get_oxs(struct reader *r, struct flow_oxs *oxs)
{
    *oxs = (struct flow_oxs){ .n_packets = UINT64_MAX, .n_bytes = UINT64_MAX };
    reader_skip(r, 2);
    uint16_t len = reader_u16(r);
    if (r->failed || len < 4) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader fields = reader_sub(r, len - 4);
    reader_skip(r, ROUND_UP((size_t) len, 8) - len);
    if (r->failed || fields.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    while (fields.left) {
        enum ofperr error = get_oxs_field(&fields, oxs);
        if (error) {
            return error;
        }
    }
    return 0;
}

static enum message_raw
request_raw(const struct flow_stats_request *request, enum flow_protocol p)
{
    bool aggregate = request->aggregate;
    switch (p) {
    case FLOW_PROTOCOL_OF10:
    case FLOW_PROTOCOL_OF10_TID:
        return aggregate ? MSG_RAW_OFPST10_AGGREGATE_REQUEST
                         : MSG_RAW_OFPST10_FLOW_REQUEST;
    case FLOW_PROTOCOL_NXM:
    case FLOW_PROTOCOL_NXM_TID:
        return aggregate ? MSG_RAW_NXST_AGGREGATE_REQUEST
                         : MSG_RAW_NXST_FLOW_REQUEST;
    case FLOW_PROTOCOL_OF15:
        return aggregate ? MSG_RAW_OFPST15_AGGREGATE_REQUEST
                         : MSG_RAW_OFPST11_FLOW_REQUEST;
    default:
        return aggregate ? MSG_RAW_OFPST11_AGGREGATE_REQUEST
                         : MSG_RAW_OFPST11_FLOW_REQUEST;
    }
}

void
flow_stats_request_encode(const struct flow_stats_request *request,
                          enum flow_protocol protocol, uint32_t xid,
                          struct writer *w)
{
    size_t start = w->size;
    uint8_t version = flow_protocol_version(protocol);
    enum message_raw raw = request_raw(request, protocol);
    message_begin(w, raw, version, xid);
    if (raw == MSG_RAW_OFPST10_FLOW_REQUEST
        || raw == MSG_RAW_OFPST10_AGGREGATE_REQUEST) {
        of10_match_put(w, &request->match);
        writer_u8(w, request->table_id);
        writer_zeros(w, 1);
        writer_u16(w, ofp_port_to_of10(request->out_port));
    } else if (version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(request->out_port));
        size_t len_at = w->size;
        writer_u16(w, 0);
        writer_u8(w, request->table_id);
        writer_zeros(w, 3);
        flow_put_nx_match(w, len_at, &request->match, request->cookie,
                          request->cookie_mask);
    } else {
        writer_u8(w, request->table_id);
        writer_zeros(w, 3);
        writer_u32(w, request->out_port);
        writer_u32(w, request->out_group);
        writer_zeros(w, 4);
        writer_put(w, &request->cookie, sizeof request->cookie);
        writer_put(w, &request->cookie_mask, sizeof request->cookie_mask);
        oxm_put_of_match(w, &request->match, version);
    }
    message_finish(w, start);
}

enum ofperr
flow_stats_request_decode(const struct message *m,
                          struct flow_stats_request *request)
{
    *request = (struct flow_stats_request){
        .aggregate = m->type == MSG_AGGREGATE_STATS_REQUEST,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    match_init_any(&request->match);
    struct reader r = reader_init(m->body, m->body_size);
    if (m->raw == MSG_RAW_OFPST10_FLOW_REQUEST
        || m->raw == MSG_RAW_OFPST10_AGGREGATE_REQUEST) {
        of10_match_get(reader_take(&r, OF10_MATCH_SIZE), &request->match);
        request->table_id = reader_u8(&r);
        reader_skip(&r, 1);
        request->out_port = ofp_port_from_of10(reader_u16(&r));
    } else if (m->version == OF10_VERSION) {
        request->out_port = ofp_port_from_of10(reader_u16(&r));
        uint16_t len = reader_u16(&r);
        request->table_id = reader_u8(&r);
        reader_skip(&r, 3);
        enum ofperr error = flow_get_nx_match(
            &r, len, &request->match, &request->cookie, &request->cookie_mask);
        if (error) {
            return error;
        }
        if (r.left) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
    } else {
        request->table_id = reader_u8(&r);
        reader_skip(&r, 3);
        request->out_port = reader_u32(&r);
        request->out_group = reader_u32(&r);
        reader_skip(&r, 4);
        reader_copy(&r, &request->cookie, sizeof request->cookie);
        reader_copy(&r, &request->cookie_mask, sizeof request->cookie_mask);
        return oxm_get_of_match(&r, m->version, &request->match);
    }
    return OFPERR_NONE;
}

/* OpenFlow 1.0's counters have no "unknown" but all ones. */
static void
put_counters(const struct flow_stats *fs, struct writer *w)
{
    writer_u64(w, fs->n_packets);
    writer_u64(w, fs->n_bytes);
}

static void
put_of10(const struct flow_stats *fs, struct writer *w)
{
    writer_u16(w, 0);
    writer_u8(w, fs->table_id);
    writer_zeros(w, 1);
    of10_match_put(w, &fs->match);
    writer_u32(w, fs->duration_sec);
    writer_u32(w, fs->duration_nsec);
    writer_u16(w, fs->priority);
    writer_u16(w, fs->idle_timeout);
    writer_u16(w, fs->hard_timeout);
    writer_zeros(w, 6);
    writer_put(w, &fs->cookie, sizeof fs->cookie);
    put_counters(fs, w);
    actions_encode(&fs->actions, OF10_VERSION, w);
}

/* NXST_FLOW has ages plus one, 0 for unknown ones. */
static uint16_t
age_to_wire(int age)
{
    return age < 0 ? 0 : age < UINT16_MAX ? age + 1 : UINT16_MAX;
}

static void
put_nx(const struct flow_stats *fs, struct writer *w)
{
    writer_u16(w, 0);
    writer_u8(w, fs->table_id);
    writer_zeros(w, 1);
    writer_u32(w, fs->duration_sec);
    writer_u32(w, fs->duration_nsec);
    writer_u16(w, fs->priority);
    writer_u16(w, fs->idle_timeout);
    writer_u16(w, fs->hard_timeout);
    size_t len_at = w->size;
    writer_u16(w, 0);
    writer_u16(w, age_to_wire(fs->idle_age));
    writer_u16(w, age_to_wire(fs->hard_age));
    writer_put(w, &fs->cookie, sizeof fs->cookie);
    put_counters(fs, w);
    flow_put_nx_match(w, len_at, &fs->match, 0, 0);
    actions_encode(&fs->actions, OF10_VERSION, w);
}

static void
put_of11(const struct flow_stats *fs, uint8_t version, struct writer *w)
{
    writer_u16(w, 0);
    writer_u8(w, fs->table_id);
    writer_zeros(w, 1);
    writer_u32(w, fs->duration_sec);
    writer_u32(w, fs->duration_nsec);
    writer_u16(w, fs->priority);
    writer_u16(w, fs->idle_timeout);
    writer_u16(w, fs->hard_timeout);
    writer_u16(w, version >= OF13_VERSION
                      ? fs->flags & flow_flags_of_version(version)
                      : 0);
    writer_u16(w, version >= OF14_VERSION ? fs->importance : 0);
    writer_zeros(w, 2);
    writer_put(w, &fs->cookie, sizeof fs->cookie);
    put_counters(fs, w);
    /* A structure of 1.1 would leave out fields that it does not have. */
    oxm_put_of_match(w, &fs->match, MAX(version, OF12_VERSION));
    instructions_encode(&fs->actions, version, w);
}

static void
put_of15(const struct flow_stats *fs, struct writer *w)
{
    writer_u16(w, 0);
    writer_zeros(w, 2);
    writer_u8(w, fs->table_id);
    writer_zeros(w, 1);
    writer_u16(w, fs->priority);
    writer_u16(w, fs->idle_timeout);
    writer_u16(w, fs->hard_timeout);
    writer_u16(w, fs->flags & flow_flags_of_version(OF15_VERSION));
    writer_u16(w, fs->importance);
    writer_put(w, &fs->cookie, sizeof fs->cookie);
    oxm_put_of_match(w, &fs->match, OF15_VERSION);
    struct flow_oxs oxs = {
        .has = FLOW_OXS_DURATION | FLOW_OXS_PACKETS | FLOW_OXS_BYTES
               | (fs->idle_age >= 0 ? FLOW_OXS_IDLE_TIME : 0),
        .duration_sec = fs->duration_sec,
        .duration_nsec = fs->duration_nsec,
        .idle_sec = fs->idle_age,
        .n_packets = fs->n_packets,
        .n_bytes = fs->n_bytes,
    };
    flow_put_oxs(w, &oxs);
    instructions_encode(&fs->actions, OF15_VERSION, w);
}

void
flow_stats_encode(const struct flow_stats *fs, struct message_multipart *reply)
{
    struct writer *w = reply->w;
    size_t start = w->size;
    switch (reply->raw) {
    case MSG_RAW_OFPST10_FLOW_REPLY:
        put_of10(fs, w);
        break;
    case MSG_RAW_NXST_FLOW_REPLY:
        put_nx(fs, w);
        break;
    case MSG_RAW_OFPST15_FLOW_REPLY:
        put_of15(fs, w);
        break;
    default:
        put_of11(fs, reply->version, w);
        break;
    }
    writer_set_u16(w, start, w->size - start);
}

void
flow_stats_uninit(struct flow_stats *fs)
{
    actions_uninit(&fs->actions);
}

static enum ofperr
get_of10(struct reader *r, struct flow_stats *fs)
{
    const uint8_t *match = reader_take(r, OF10_MATCH_SIZE);
    if (!match) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    of10_match_get(match, &fs->match);
    fs->duration_sec = reader_u32(r);
    fs->duration_nsec = reader_u32(r);
    fs->priority = reader_u16(r);
    fs->idle_timeout = reader_u16(r);
    fs->hard_timeout = reader_u16(r);
    reader_skip(r, 6);
    reader_copy(r, &fs->cookie, sizeof fs->cookie);
    fs->n_packets = reader_u64(r);
    fs->n_bytes = reader_u64(r);
    return 0;
}

/* NXST_FLOW if 'nx', else 1.1 to 1.4. */
static enum ofperr
get_of11(struct reader *r, uint8_t version, bool nx, struct flow_stats *fs)
{
    fs->duration_sec = reader_u32(r);
    fs->duration_nsec = reader_u32(r);
    fs->priority = reader_u16(r);
    fs->idle_timeout = reader_u16(r);
    fs->hard_timeout = reader_u16(r);
    uint16_t a = reader_u16(r);
    uint16_t b = reader_u16(r);
    uint16_t c = reader_u16(r);
    reader_copy(r, &fs->cookie, sizeof fs->cookie);
    fs->n_packets = reader_u64(r);
    fs->n_bytes = reader_u64(r);
    if (nx) {
        fs->idle_age = b - 1;
        fs->hard_age = c - 1;
        return flow_get_nx_match(r, a, &fs->match, NULL, NULL);
    }
    fs->flags = version >= OF13_VERSION ? a : 0;
    fs->importance = version >= OF14_VERSION ? b : 0;
    return oxm_get_of_match(r, version, &fs->match);
}

static enum ofperr
get_of15(struct reader *r, struct flow_stats *fs)
{
    fs->table_id = reader_u8(r);
    reader_skip(r, 1);
    fs->priority = reader_u16(r);
    fs->idle_timeout = reader_u16(r);
    fs->hard_timeout = reader_u16(r);
    fs->flags = reader_u16(r);
    fs->importance = reader_u16(r);
    reader_copy(r, &fs->cookie, sizeof fs->cookie);
    enum ofperr error = oxm_get_of_match(r, OF15_VERSION, &fs->match);
    struct flow_oxs oxs;
    if (!error) {
        error = flow_get_oxs(r, &oxs);
    }
    if (!error) {
        fs->duration_sec = oxs.duration_sec;
        fs->duration_nsec = oxs.duration_nsec;
        fs->idle_age = oxs.has & FLOW_OXS_IDLE_TIME ? (int) oxs.idle_sec : -1;
        fs->n_packets = oxs.n_packets;
        fs->n_bytes = oxs.n_bytes;
    }
    return error;
}

static enum ofperr
get_entry(const struct message *m, struct reader *r, struct flow_stats *fs)
{
    enum ofperr error;
    if (m->raw == MSG_RAW_OFPST15_FLOW_REPLY) {
        reader_skip(r, 2);
        error = get_of15(r, fs);
    } else {
        fs->table_id = reader_u8(r);
        reader_skip(r, 1);
        error = m->raw == MSG_RAW_OFPST10_FLOW_REPLY
                    ? get_of10(r, fs)
                    : get_of11(r, m->version,
                               m->raw == MSG_RAW_NXST_FLOW_REPLY, fs);
    }
    if (error) {
        return error;
    }
    if (r->failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    return m->version == OF10_VERSION
               ? actions_decode(r->data, r->left, m->version, &fs->actions)
               : instructions_decode(r->data, r->left, m->version,
                                     &fs->actions);
}

enum ofperr
flow_stats_decode(const struct message *m, struct reader *body,
                  struct flow_stats *fs, bool *donep)
{
    *fs = (struct flow_stats){ .idle_age = -1, .hard_age = -1 };
    match_init_any(&fs->match);
    actions_init(&fs->actions);
    *donep = !body->left;
    if (*donep) {
        return 0;
    }
    uint16_t len = reader_u16(body);
    size_t min = m->raw == MSG_RAW_OFPST10_FLOW_REPLY   ? OF10_STATS_SIZE
                 : m->raw == MSG_RAW_OFPST15_FLOW_REPLY ? OF15_DESC_SIZE
                                                        : OF11_STATS_SIZE;
    if (body->failed || len < min) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader entry = reader_sub(body, len - 2);
    return entry.failed ? OFPERR_OFPBRC_BAD_LEN : get_entry(m, &entry, fs);
}

void
aggregate_stats_encode(const struct aggregate_stats *stats,
                       const struct message *request, struct writer *w)
{
    size_t start = w->size;
    enum message_raw raw = message_reply_raw(request);
    message_begin(w, raw, request->version, request->xid);
    if (raw == MSG_RAW_OFPST15_AGGREGATE_REPLY) {
        struct flow_oxs oxs = {
            .has = FLOW_OXS_PACKETS | FLOW_OXS_BYTES | FLOW_OXS_FLOWS,
            .n_packets = stats->n_packets,
            .n_bytes = stats->n_bytes,
            .n_flows = stats->n_flows,
        };
        flow_put_oxs(w, &oxs);
    } else {
        writer_u64(w, stats->n_packets);
        writer_u64(w, stats->n_bytes);
        writer_u32(w, stats->n_flows);
        writer_zeros(w, 4);
    }
    message_finish(w, start);
}

enum ofperr
aggregate_stats_decode(const struct message *m, struct aggregate_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    struct reader r = reader_init(m->body, m->body_size);
    if (m->raw == MSG_RAW_OFPST15_AGGREGATE_REPLY) {
        struct flow_oxs oxs;
        enum ofperr error = flow_get_oxs(&r, &oxs);
        stats->n_packets = oxs.n_packets;
        stats->n_bytes = oxs.n_bytes;
        stats->n_flows = oxs.n_flows;
        return error;
    }
    stats->n_packets = reader_u64(&r);
    stats->n_bytes = reader_u64(&r);
    stats->n_flows = reader_u32(&r);
    return 0;
}
