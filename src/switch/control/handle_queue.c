/* Queues: every port has number 0, which takes what is not sent to another,
 * and which nobody counts. */

#include "openflow/message/queue.h"
#include "switch/control/control_private.h"

enum { DEFAULT_QUEUE = 0 };

static void
put_stats(void *reply, const struct port_info *port)
{
    const struct queue_stats stats = {
        .port = port->port_no,
        .queue = DEFAULT_QUEUE,
        .tx_bytes = UINT64_MAX,
        .tx_packets = UINT64_MAX,
        .tx_errors = UINT64_MAX,
        .duration_sec = UINT32_MAX,
        .duration_nsec = UINT32_MAX,
    };
    queue_stats_encode(&stats, reply);
}

static void
put_config(void *reply, const struct port_info *port)
{
    queue_config_encode(port->port_no, DEFAULT_QUEUE, reply);
}

/* Visits the ports that the request means. */
static enum ofperr
for_each_queue(const struct control_switch *ops, const struct queue_request *q,
               void (*visit)(void *, const struct port_info *), void *reply)
{
    struct port_info port;
    if (q->port != OFPP_NONE && !ops->get_port(ops->aux, q->port, &port)) {
        return OFPERR_OFPQOFC_BAD_PORT;
    } else if (q->queue != QUEUE_ALL && q->queue != DEFAULT_QUEUE) {
        return OFPERR_OFPQOFC_BAD_QUEUE;
    } else if (q->port == OFPP_NONE) {
        ops->for_each_port(ops->aux, visit, reply);
    } else {
        visit(reply, &port);
    }
    return OFPERR_NONE;
}

enum ofperr
handle_queue_stats(struct connection *c, const struct message *request)
{
    struct queue_request q;
    enum ofperr error = queue_request_decode(request, &q);
    if (error) {
        return error;
    }
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    error = for_each_queue(&c->control->ops, &q, put_stats, &reply);
    if (!error) {
        message_multipart_end(&reply);
        connection_send(c, &w);
    }
    writer_uninit(&w);
    return error;
}

enum ofperr
handle_queue_config(struct connection *c, const struct message *request)
{
    struct queue_request q;
    enum ofperr error = queue_request_decode(request, &q);
    if (error) {
        return error;
    }
    /* Until 1.3 only physical ports, and from 1.1 on all, can be asked for. */
    if (request->version < OF14_VERSION && q.port >= CONTROL_MAX_PORT
        && (q.port != OFPP_NONE || request->version == OF10_VERSION)) {
        return OFPERR_OFPQOFC_BAD_PORT;
    }
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    queue_config_begin(request, q.port == OFPP_NONE ? UINT32_MAX : q.port,
                       &reply, &w);
    error = for_each_queue(&c->control->ops, &q, put_config, &reply);
    if (!error) {
        message_multipart_end(&reply);
        connection_send(c, &w);
    }
    writer_uninit(&w);
    return error;
}
