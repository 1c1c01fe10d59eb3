/* dump-flows, dump-aggregate. */

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "net/flow/field.h"
#include "openflow/message/flow_text.h"
#include "sys/process/program.h"

/* Connects and sends a request; its transaction id. */
static uint32_t
send_request(struct ofctl *ofctl, int argc, char *argv[], bool aggregate,
             struct vconn **vp)
{
    struct flow_stats_request request;
    unsigned int usable;
    if (argc > 1) {
        ofctl_fetch_ports(ofctl, argv[0]);
        ofctl_fetch_tables(ofctl, argv[0]);
    } else if (ofctl_prints_names(ofctl)) {
        ofctl_fetch_ports(ofctl, argv[0]);
        ofctl_fetch_tables(ofctl, argv[0]);
    }
    struct error *error = flow_stats_request_parse(
        argc > 1 ? argv[1] : "", aggregate, &ofctl->names, &request, &usable);
    if (error) {
        program_fatal_error(error);
    }
    enum flow_protocol protocol;
    *vp = ofctl_open_for_dump(ofctl, argv[0], usable, &protocol);
    struct writer w = WRITER_INITIALIZER;
    uint32_t xid = message_next_xid();
    flow_stats_request_encode(&request, protocol, xid, &w);
    int io_error = vconn_send_block(*vp, &w);
    writer_uninit(&w);
    if (io_error) {
        ofctl_fail_io(*vp, io_error);
    }
    return xid;
}

/* Prints all parts of the reply as they are. */
static void
print_reply(struct ofctl *ofctl, struct vconn *v, uint32_t xid)
{
    for (bool done = false; !done;) {
        const uint8_t *data;
        size_t size;
        int error = vconn_recv_xid(v, xid, &data, &size);
        if (error) {
            ofctl_fail_io(v, error);
        }
        ofctl_print_message(ofctl, data, size, stdout);
        struct message m;
        done = message_decode(data, size, &m)
               || !message_is_multipart_reply(&m) || !m.more;
    }
}

void
ofctl_read_flows(struct vconn *v, uint32_t xid, flow_stats_vec *flows)
{
    struct message m;
    do {
        const uint8_t *data;
        size_t size;
        int io_error = vconn_recv_xid(v, xid, &data, &size);
        if (io_error) {
            ofctl_fail_io(v, io_error);
        }
        enum ofperr error = message_decode(data, size, &m);
        if (!error && m.type == MSG_ERROR) {
            const uint8_t *payload;
            size_t n;
            program_fatal(
                0, "error received: %s",
                ofperr_name(ofperr_decode(data, size, &payload, &n)));
        }
        if (error || m.type != MSG_FLOW_STATS_REPLY) {
            program_fatal(0, "%s: bad reply to flow statistics request",
                          vconn_name(v));
        }
        struct reader body = reader_init(m.body, m.body_size);
        for (;;) {
            struct flow_stats fs;
            bool done;
            error = flow_stats_decode(&m, &body, &fs, &done);
            if (error) {
                program_fatal(0, "parse error in reply (%s)",
                              ofperr_name(error));
            } else if (done) {
                break;
            }
            vec_push(flows, fs);
        }
    } while (m.more);
}

/* Whether 'fs' has the field; the priority always is there. */
static bool
key_value(const struct sort_key *key, const struct flow_stats *fs,
          union field_value *value)
{
    memset(value, 0, sizeof *value);
    if (!key->field) {
        put_be16(value->bytes, fs->priority);
        return true;
    }
    union field_value mask;
    field_get_match(key->field, &fs->match, value, &mask);
    return !field_is_zero(&mask, key->field->n_bytes);
}

static const struct ofctl *sorting;

static int
compare_flows(const void *a_, const void *b_)
{
    const struct flow_stats *a = a_;
    const struct flow_stats *b = b_;
    for (size_t i = 0; i < sorting->sort_keys.n; i++) {
        const struct sort_key *key = &sorting->sort_keys.items[i];
        union field_value x, y;
        bool has_x = key_value(key, a, &x);
        bool has_y = key_value(key, b, &y);
        if (has_x != has_y) {
            return has_x ? -1 : 1; /* Those without it come last. */
        }
        int order =
            memcmp(x.bytes, y.bytes, key->field ? key->field->n_bytes : 2);
        if (has_x && order) {
            return key->falling ? -order : order;
        }
    }
    return a->priority != b->priority ? (int) b->priority - (int) a->priority
                                      : 0;
}

void
ofctl_dump_flows(struct ofctl *ofctl, int argc, char *argv[])
{
    struct vconn *v;
    uint32_t xid = send_request(ofctl, argc, argv, false, &v);
    if (!ofctl->sort_keys.n && ofctl->stats && !ofctl_prints_names(ofctl)) {
        print_reply(ofctl, v, xid);
        vconn_close(v);
        return;
    }
    flow_stats_vec flows = VEC_INITIALIZER;
    ofctl_read_flows(v, xid, &flows);
    if (ofctl->sort_keys.n) {
        sorting = ofctl;
        /* The C library's is a merge sort: equal ones keep their order. */
        qsort(flows.items, flows.n, sizeof *flows.items, compare_flows);
    }
    struct str s = STR_INITIALIZER;
    struct flow_stats *fs;
    VEC_FOR_EACH (fs, &flows) {
        str_clear(&s);
        if (vconn_version(v) == OF10_VERSION) {
            /* Ages are no part of what every switch has. */
            fs->idle_age = fs->hard_age = -1;
        }
        flow_stats_format(fs, &ofctl->shown, ofctl->stats, &s);
        puts(str_text(&s));
        flow_stats_uninit(fs);
    }
    str_uninit(&s);
    vec_uninit(&flows);
    vconn_close(v);
}

void
ofctl_dump_aggregate(struct ofctl *ofctl, int argc, char *argv[])
{
    struct vconn *v;
    uint32_t xid = send_request(ofctl, argc, argv, true, &v);
    print_reply(ofctl, v, xid);
    vconn_close(v);
}
