/* One OpenFlow connection: its state and what it sends. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(connmgr);

static void connection_connected(void *, struct channel *);
static void connection_message(void *, struct channel *, const void *, size_t);
static void connection_disconnected(void *, struct channel *, int error);

struct connection *
connection_create(struct control *control, enum connection_kind kind,
                  struct channel *channel, const struct endpoint *endpoint)
{
    struct connection *c = xzalloc(sizeof *c);
    c->control = control;
    c->kind = kind;
    c->channel = channel;
    c->role = ROLE_EQUAL;
    c->enable_async = endpoint->enable_async;
    c->miss_send_len =
        kind == CONNECTION_PRIMARY ? CONTROL_DEFAULT_MISS_LEN : 0;
    if (endpoint->rate_limit > 0) {
        int burst = endpoint->burst_limit > 0 ? endpoint->burst_limit
                                              : endpoint->rate_limit / 4;
        c->is_limited = true;
        c->packet_ins = (struct token_bucket) TOKEN_BUCKET_INITIALIZER(
            (uint32_t) endpoint->rate_limit,
            (uint32_t) (burst ? burst : 1) * 1000);
    }
    list_push_back(&control->connections, &c->node);
    return c;
}

void
connection_destroy(struct connection *c)
{
    list_remove(&c->node);
    channel_close(c->channel);
    free(c);
}

/* Callbacks of the channel with this connection. */
static struct channel_observer
make_observer(struct connection *c)
{
    return (struct channel_observer){
        .connected = connection_connected,
        .message = connection_message,
        .disconnected = connection_disconnected,
        .aux = c,
    };
}

const struct channel_observer *
connection_observer(struct connection *c)
{
    static struct channel_observer observer;
    observer = make_observer(c);
    return &observer;
}

bool
connection_is_up(const struct connection *c)
{
    return channel_is_connected(c->channel) && channel_version(c->channel);
}

static void
connection_connected(void *c_, struct channel *channel)
{
    struct connection *c = c_;
    async_config_init(&c->async, channel_version(channel));
    if (!c->enable_async) {
        memset(&c->async, 0, sizeof c->async);
    }
    c->role = ROLE_EQUAL;
    c->uses_nxm = false;
    c->uses_table_id = false;
    c->packet_in_format = PACKET_IN_STANDARD;
    if (c->kind == CONNECTION_PRIMARY) {
        fail_mode_update(c->control);
    }
    c->control->ops.changed(c->control->ops.aux);
}

/* Lets the snoops hear a message of a primary connection. */
static void
snoop(const struct connection *c, const void *data, size_t size)
{
    if (c->kind != CONNECTION_PRIMARY) {
        return;
    }
    struct connection *listener;
    LIST_FOR_EACH (listener, node, &c->control->connections) {
        if (listener->kind == CONNECTION_SNOOP && connection_is_up(listener)
            && channel_backlog(listener->channel) < CONTROL_MAX_BACKLOG) {
            struct writer w = WRITER_INITIALIZER;
            writer_put(&w, data, size);
            (void) channel_send(listener->channel, &w);
            writer_uninit(&w);
        }
    }
}

static void
connection_message(void *c_, struct channel *channel, const void *data,
                   size_t size)
{
    (void) channel;
    struct connection *c = c_;
    if (c->kind != CONNECTION_SNOOP) {
        snoop(c, data, size);
        dispatch(c, data, size);
    }
}

static void
connection_disconnected(void *c_, struct channel *channel, int error)
{
    (void) channel;
    (void) error;
    struct connection *c = c_;
    struct control *control = c->control;
    if (c->kind == CONNECTION_PRIMARY) {
        fail_mode_update(control);
    } else {
        connection_destroy(c);
    }
    control->ops.changed(control->ops.aux);
}

void
connection_send(struct connection *c, struct writer *w)
{
    if (w->size) {
        snoop(c, w->data, w->size);
        if (!channel_send(c->channel, w)) {
            writer_clear(w);
        }
    }
}

void
connection_send_error(struct connection *c, const struct message *request,
                      enum ofperr error)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(10, 10);
    log_info_rl(&rl, "%s<->%s: sending %s error reply to %s message",
                c->control->name, channel_name(c->channel), ofperr_name(error),
                request->raw < N_MESSAGE_RAWS ? message_raw_name(request->raw)
                                              : "invalid");
    struct writer w = WRITER_INITIALIZER;
    ofperr_encode_reply(error, request->data, request->size, &w);
    connection_send(c, &w);
    writer_uninit(&w);
}

bool
connection_wants(const struct connection *c, enum async_type type,
                 unsigned int reason)
{
    if (c->kind == CONNECTION_SNOOP || !connection_is_up(c)) {
        return false;
    }
    /* A service hears nothing by itself unless it said how much it wants. */
    if (c->kind == CONNECTION_SERVICE && !c->miss_send_len) {
        return false;
    }
    const uint32_t *masks = c->async.masks[c->role == ROLE_SECONDARY];
    return reason < 32 && masks[type] & 1u << reason
           && channel_backlog(c->channel) < CONTROL_MAX_BACKLOG;
}

enum flow_protocol
connection_protocol(const struct connection *c)
{
    switch (channel_version(c->channel)) {
    case OF11_VERSION:
        return FLOW_PROTOCOL_OF11;
    case OF12_VERSION:
        return FLOW_PROTOCOL_OF12;
    case OF13_VERSION:
        return FLOW_PROTOCOL_OF13;
    case OF14_VERSION:
        return FLOW_PROTOCOL_OF14;
    case OF15_VERSION:
        return FLOW_PROTOCOL_OF15;
    default:
        return c->uses_nxm        ? c->uses_table_id ? FLOW_PROTOCOL_NXM_TID
                                                     : FLOW_PROTOCOL_NXM
               : c->uses_table_id ? FLOW_PROTOCOL_OF10_TID
                                  : FLOW_PROTOCOL_OF10;
    }
}
