/* Queues in messages: OpenFlow 1.0 §5.3.4 and §5.3.5, 1.3 §7.3.5.8, 1.4
 * §7.3.5.12. */

#include "openflow/message/queue.h"

#include "net/flow/ofp_port.h"

enum {
    STATS14_SIZE = 48,
    DESC10_SIZE = 8,
    DESC12_SIZE = 16,
};

enum ofperr
queue_request_decode(const struct message *m, struct queue_request *request)
{
    struct reader r = reader_init(m->body, m->body_size);
    request->queue = QUEUE_ALL;
    if (m->version == OF10_VERSION) {
        request->port = ofp_port_from_of10(reader_u16(&r));
        reader_skip(&r, 2);
    } else {
        request->port = reader_u32(&r);
        if (!ofp_port_is_valid(request->port)) {
            return OFPERR_OFPBAC_BAD_OUT_PORT;
        }
    }
    if (m->type == MSG_QUEUE_STATS_REQUEST || m->version >= OF14_VERSION) {
        request->queue = reader_u32(&r);
    }
    if (m->type == MSG_QUEUE_STATS_REQUEST && request->port == OFPP_ALL) {
        request->port = OFPP_NONE;
    }
    return 0;
}

void
queue_request_encode(const struct queue_request *q, enum message_type type,
                     uint8_t version, struct writer *w)
{
    size_t start = w->size;
    bool has_queue =
        type == MSG_QUEUE_STATS_REQUEST || version >= OF14_VERSION;
    message_begin(w, message_raw_for(type, version), version,
                  message_next_xid());
    if (version == OF10_VERSION) {
        uint32_t port = q->port == OFPP_NONE ? OFPP_ALL : q->port;
        writer_u16(w, ofp_port_to_of10(port));
        writer_zeros(w, 2);
    } else {
        writer_u32(w, q->port);
    }
    if (has_queue) {
        writer_u32(w, q->queue);
    } else if (version > OF10_VERSION) {
        writer_zeros(w, 4);
    }
    message_finish(w, start);
}

void
queue_stats_encode(const struct queue_stats *q, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    if (mp->version >= OF14_VERSION) {
        writer_u16(w, STATS14_SIZE);
        writer_zeros(w, 6);
    }
    if (mp->version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(q->port));
        writer_zeros(w, 2);
    } else {
        writer_u32(w, q->port);
    }
    writer_u32(w, q->queue);
    writer_u64(w, q->tx_bytes);
    writer_u64(w, q->tx_packets);
    writer_u64(w, q->tx_errors);
    if (mp->version >= OF13_VERSION) {
        writer_u32(w, q->duration_sec);
        writer_u32(w, q->duration_nsec);
    }
    message_multipart_next(mp, start);
}

enum ofperr
queue_stats_decode(const struct message *m, struct reader *r,
                   struct queue_stats *q)
{
    *q = (struct queue_stats){ .duration_sec = UINT32_MAX };
    size_t extra = 0;
    if (m->version >= OF14_VERSION) {
        uint16_t len = reader_u16(r);
        reader_skip(r, 6);
        if (len < STATS14_SIZE || len % 8
            || len - STATS14_SIZE + 40u > r->left) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        extra = len - STATS14_SIZE;
    }
    if (m->version == OF10_VERSION) {
        q->port = ofp_port_from_of10(reader_u16(r));
        reader_skip(r, 2);
    } else {
        q->port = reader_u32(r);
        if (!ofp_port_is_valid(q->port)) {
            return OFPERR_OFPBAC_BAD_OUT_PORT;
        }
    }
    q->queue = reader_u32(r);
    q->tx_bytes = reader_u64(r);
    q->tx_packets = reader_u64(r);
    q->tx_errors = reader_u64(r);
    if (m->version >= OF13_VERSION) {
        q->duration_sec = reader_u32(r);
        q->duration_nsec = reader_u32(r);
    }
    reader_skip(r, extra);
    return r->failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

void
queue_config_begin(const struct message *request, uint32_t port,
                   struct message_multipart *mp, struct writer *w)
{
    message_multipart_begin(
        mp, w, message_raw_for(MSG_QUEUE_GET_CONFIG_REPLY, request->version),
        request->version, request->xid);
    if (request->version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(port));
        writer_zeros(w, 6);
    } else if (request->version < OF14_VERSION) {
        writer_u32(w, port);
        writer_zeros(w, 4);
    }
}

void
queue_config_encode(uint32_t port, uint32_t queue,
                    struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    if (mp->version <= OF11_VERSION) {
        writer_u32(w, queue);
        writer_u16(w, DESC10_SIZE);
        writer_zeros(w, 2);
        return;
    }
    if (mp->version < OF14_VERSION) {
        writer_u32(w, queue);
        writer_u32(w, port);
    } else {
        writer_u32(w, port);
        writer_u32(w, queue);
    }
    writer_u16(w, DESC12_SIZE);
    writer_zeros(w, 6);
    if (mp->version >= OF14_VERSION) {
        message_multipart_next(mp, start);
    }
}
