/* Printing messages about queues. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/flow/ofp_port.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/print_private.h"
#include "openflow/message/queue.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_queue);

enum {
    PROPERTY_MIN_RATE = 1,
    PROPERTY_MAX_RATE = 2,
    RATE_UNKNOWN = 1001, /* Of it on, in tenths of a per cent. */
};

static void
put_port(const struct print *p, const char *prefix, uint32_t port)
{
    str_put(p->s, prefix);
    ofp_port_format(port, p->names ? p->names->ports : NULL, p->s);
}

static void
put_queue(const struct print *p, uint32_t queue)
{
    if (queue == QUEUE_ALL) {
        str_put(p->s, " queue=ALL");
    } else {
        str_putf(p->s, " queue=%" PRIu32, queue);
    }
}

enum ofperr
print_queue_stats_request(struct print *p)
{
    struct queue_request q;
    enum ofperr error = queue_request_decode(p->m, &q);
    if (!error) {
        put_port(p, " port=", q.port);
        put_queue(p, q.queue);
    }
    return error;
}

enum ofperr
print_queue_config_request(struct print *p)
{
    struct queue_request q;
    enum ofperr error = queue_request_decode(p->m, &q);
    /* Before 1.1 only ports with queues of their own. */
    if (!error && p->m->version == OF10_VERSION && q.port >= OFPP10_MAX) {
        error = OFPERR_OFPQOFC_BAD_PORT;
    }
    if (!error) {
        put_port(p, " port=", q.port);
        if (q.queue != QUEUE_ALL) {
            put_queue(p, q.queue);
        }
    }
    return error;
}

/* Statistics. */

static void
put_stats(struct print *p, const struct queue_stats *q)
{
    put_port(p, "  port ", q->port);
    str_putf(p->s, " queue %" PRIu32 ": ", q->queue);
    print_counter("bytes=", q->tx_bytes, p->s);
    print_counter(", pkts=", q->tx_packets, p->s);
    print_counter(", errors=", q->tx_errors, p->s);
    str_put(p->s, ", duration=");
    if (q->duration_sec == UINT32_MAX) {
        str_put(p->s, "?\n");
        return;
    }
    flow_duration_format(q->duration_sec, q->duration_nsec, p->s);
    str_put_char(p->s, '\n');
}

enum ofperr
print_queue_stats(struct print *p)
{
    size_t n = 0;
    enum ofperr error = 0;
    /* First only counts. */
    for (int pass = 0; pass < 2; pass++) {
        struct reader r = reader_init(p->m->body, p->m->body_size);
        for (error = 0; r.left;) {
            struct queue_stats q;
            error = queue_stats_decode(p->m, &r, &q);
            if (error) {
                break;
            } else if (pass) {
                put_stats(p, &q);
            } else {
                n++;
            }
        }
        if (!pass) {
            str_putf(p->s, " %zu queues\n", n);
        }
    }
    return error;
}

/* Configuration. */

static void
put_rate(const char *what, uint16_t rate, struct str *s)
{
    if (rate < RATE_UNKNOWN) {
        str_putf(s, " %s:%u.%u%%", what, rate / 10u, rate % 10u);
    } else {
        str_putf(s, " %s:(disabled)", what);
    }
}

/* Until 1.3 properties have 4 more bytes before the rate. */
static enum ofperr
put_properties(struct print *p, struct reader *r)
{
    size_t padding = p->m->version < OF14_VERSION ? 4 : 0;
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t len = reader_u16(r);
        if (r->failed || len < 4 || len - 4u > r->left) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        struct reader property =
            reader_sub(r, MIN(ROUND_UP(len, 8u) - 4, r->left));
        reader_skip(&property, padding);
        uint16_t rate = reader_u16(&property);
        if (type != PROPERTY_MIN_RATE && type != PROPERTY_MAX_RATE) {
            log_info("unknown queue property %u", type);
            continue;
        } else if (property.failed) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        put_rate(type == PROPERTY_MIN_RATE ? "min_rate" : "max_rate", rate,
                 p->s);
    }
    return 0;
}

struct queue_desc {
    uint32_t port; /* 1.4+. */
    uint32_t queue;
    struct reader properties;
};

/* 1.0 and 1.1: queue be32, length be16, padding 2; 1.2 and 1.3: queue be32,
 * port be32, length be16, padding 6; from 1.4 on the port is first. */
static enum ofperr
decode_desc(uint8_t version, struct reader *r, struct queue_desc *q)
{
    size_t left = r->left;
    q->port = version >= OF14_VERSION ? reader_u32(r) : 0;
    q->queue = reader_u32(r);
    if (version == OF12_VERSION || version == OF13_VERSION) {
        reader_skip(r, 4);
    }
    uint16_t len = reader_u16(r);
    reader_skip(r, version <= OF11_VERSION ? 2 : 6);
    size_t header = left - r->left;
    if (r->failed || len < header || len - header > r->left) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    q->properties = reader_sub(r, len - header);
    return ofp_port_is_valid(q->port) ? 0 : OFPERR_OFPBAC_BAD_OUT_PORT;
}

static int
compare_descs(const void *a_, const void *b_)
{
    const struct queue_desc *a = a_;
    const struct queue_desc *b = b_;
    if (a->port != b->port) {
        return a->port < b->port ? -1 : 1;
    }
    return a->queue < b->queue ? -1 : a->queue > b->queue;
}

static enum ofperr
print_descs(struct print *p, struct queue_desc *queues, size_t n)
{
    uint8_t version = p->m->version;
    qsort(queues, n, sizeof *queues, compare_descs);
    for (size_t i = 0; i < n; i++) {
        struct queue_desc *q = &queues[i];
        if (version >= OF14_VERSION && (!i || q->port != q[-1].port)) {
            put_port(p, i ? "port=" : " port=", q->port);
            str_put_char(p->s, '\n');
        }
        str_putf(p->s, "queue %" PRIu32 ":", q->queue);
        enum ofperr error = put_properties(p, &q->properties);
        str_put_char(p->s, '\n');
        if (error) {
            return error;
        }
    }
    return 0;
}

enum ofperr
print_queue_config(struct print *p)
{
    uint8_t version = p->m->version;
    struct reader r = reader_init(p->m->body, p->m->body_size);
    uint32_t port = 0;
    if (version == OF10_VERSION) {
        port = ofp_port_from_of10(reader_u16(&r));
        reader_skip(&r, 6);
    } else if (version < OF14_VERSION) {
        port = reader_u32(&r);
        reader_skip(&r, 4);
    }
    if (r.failed || !ofp_port_is_valid(port)) {
        return r.failed ? OFPERR_OFPBRC_BAD_LEN : OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    /* None takes less than 8 bytes. */
    struct queue_desc *queues = xmalloc((r.left / 8 + 1) * sizeof *queues);
    size_t n = 0;
    enum ofperr error = 0;
    while (r.left && !error) {
        error = decode_desc(version, &r, &queues[n++]);
    }
    if (!error && version < OF14_VERSION) {
        put_port(p, " port=", port);
        str_put_char(p->s, '\n');
    }
    error = error ? error : print_descs(p, queues, n);
    free(queues);
    return error;
}
