/* OpenFlow connections: hello, versions, frames, echo, reconnection, bounds.
 *
 * A channel belongs to the thread of its loop.  An active one ("tcp:",
 * "unix:") connects again with back-off and probes an idle peer; one that a
 * listener made ends for good when its connection does. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/writer.h"
#include "rpc/stream/stream.h"
#include "sys/loop/loop.h"

struct channel;
struct channel_listener;

struct channel_observer {
    /* Versions are negotiated: channel_version() is valid. */
    void (*connected)(void *aux, struct channel *);
    /* A whole message, borrowed.  Echo requests and hellos are handled
     * before. */
    void (*message)(void *aux, struct channel *, const void *data,
                    size_t size);
    /* The connection ended; 'error' is an errno, 0 or EOF.  A channel of a
     * listener may be destroyed here. */
    void (*disconnected)(void *aux, struct channel *, int error);
    /* All that was queued is sent; may be NULL. */
    void (*drained)(void *aux, struct channel *);
    void *aux;
};

struct channel_options {
    uint32_t versions;  /* Set offered. */
    int probe_ms;       /* Idle time before an echo request; 0: never. */
    int max_backoff_ms; /* Between attempts. */
    uint8_t dscp;
    bool no_reconnect; /* Active: one attempt only. */
    const char *label; /* Of the switch, in log records; NULL: none. */
};

/* Starts to connect to 'target'; the observer is copied. */
struct channel *channel_open(struct loop *, const char *target,
                             const struct channel_options *,
                             const struct channel_observer *);
/* NULL is legal; the observer is not told. */
void channel_close(struct channel *);
const char *channel_name(const struct channel *);
bool channel_is_connected(const struct channel *);
/* 0 while not connected. */
uint8_t channel_version(const struct channel *);
/* Queues whole messages (the writer's bytes) and empties the writer.  False,
 * and nothing is queued, if the connection is not up. */
bool channel_send(struct channel *, struct writer *);
/* Bytes waiting to be sent: senders of asynchronous messages stop at a bound
 * of their own.  While there are many, the peer is not listened to. */
size_t channel_backlog(const struct channel *);
/* Drops the connection and, if active, connects again. */
void channel_reconnect(struct channel *);
/* Changes what can be without a new connection. */
void channel_set_options(struct channel *, const struct channel_options *);

/* For status columns. */
struct channel_stats {
    const char *state; /* "ACTIVE", "BACKOFF", ... */
    /* Time since it last was connected, disconnected; -1: never was. */
    long long connected_ms, disconnected_ms;
    int last_error;
};

void channel_get_stats(const struct channel *, struct channel_stats *);

/* Calls 'accepted' with each new channel, whose observer must be set at
 * once with channel_set_observer(). */
struct channel_listener *channel_listen(
    struct loop *, const char *target, const struct channel_options *,
    void (*accepted)(void *aux, struct channel *), void *aux, int *errnop);
void channel_listener_close(struct channel_listener *);
void channel_set_observer(struct channel *, const struct channel_observer *);
