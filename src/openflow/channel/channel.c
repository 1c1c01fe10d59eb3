/* OpenFlow connections that live: connecting again, probing, echoing.
 *
 *     VOID        closed for good
 *     BACKOFF     pausing before an attempt
 *     CONNECTING  attempting, until versions are negotiated
 *     ACTIVE      connected
 *     IDLE        connected, a probe is under way */

#include "openflow/channel/channel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "openflow/channel/channel_private.h"
#include "openflow/channel/vconn.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(rconn);

enum {
    DEFAULT_MAX_BACKOFF_MS = 8000,
    MIN_BACKOFF_MS = 1000,
    MESSAGES_PER_TURN = 50,    /* Then others in the loop get theirs. */
    MAX_UNSENT = 16 * 1048576, /* Bytes: the peer must read before we do. */
};

enum channel_state {
    CHANNEL_VOID,
    CHANNEL_BACKOFF,
    CHANNEL_CONNECTING,
    CHANNEL_ACTIVE,
    CHANNEL_IDLE,
};

static const char *const state_names[] = {
    [CHANNEL_VOID] = "VOID",
    [CHANNEL_BACKOFF] = "BACKOFF",
    [CHANNEL_CONNECTING] = "CONNECTING",
    [CHANNEL_ACTIVE] = "ACTIVE",
    [CHANNEL_IDLE] = "IDLE",
};

struct channel {
    struct loop *loop;
    char *target;
    char *name; /* In log records: "LABEL<->TARGET". */
    struct channel_options options;
    struct channel_observer observer;
    bool reconnects;
    struct vconn *vconn; /* NULL in VOID and BACKOFF. */
    enum channel_state state;
    long long entered_ms;      /* When 'state' began. */
    long long backoff_ms;      /* The last pause. */
    long long activity_ms;     /* When the peer last sent anything. */
    long long connected_ms;    /* LLONG_MIN: never. */
    long long disconnected_ms; /* LLONG_MIN: never. */
    unsigned long long seen;   /* Bytes received when last looked at. */
    int last_error;
    int send_error; /* To be handled by 'task'; 0: none. */
    struct loop_timer timer;
    struct loop_task task;
    bool *closed; /* Set by channel_close(); NULL: nobody cares. */
};

static void run(void *);

static bool
is_up(const struct channel *c)
{
    return c->state == CHANNEL_ACTIVE || c->state == CHANNEL_IDLE;
}

static struct channel *
create(struct loop *loop, const char *target,
       const struct channel_options *options)
{
    struct channel *c = xzalloc(sizeof *c);
    c->loop = loop;
    c->target = xstrdup(target);
    c->name = options->label ? xasprintf("%s<->%s", options->label, target)
                             : xstrdup(target);
    c->options = *options;
    c->options.label = NULL;
    c->entered_ms = c->activity_ms = clock_msec();
    c->connected_ms = c->disconnected_ms = LLONG_MIN;
    loop_timer_init(loop, &c->timer, run, c);
    loop_task_init(loop, &c->task, run, c);
    return c;
}

struct channel *
channel_open(struct loop *loop, const char *target,
             const struct channel_options *options,
             const struct channel_observer *observer)
{
    struct channel *c = create(loop, target, options);
    c->observer = *observer;
    c->reconnects = !options->no_reconnect;
    c->state = CHANNEL_BACKOFF;
    loop_task_schedule(&c->task);
    return c;
}

struct channel *
channel_accepted(struct loop *loop, struct stream *stream,
                 const struct channel_options *options)
{
    struct channel *c = create(loop, stream_name(stream), options);
    c->vconn = vconn_from_stream(stream, options->versions);
    c->state = CHANNEL_CONNECTING;
    vconn_watch(c->vconn, run, c);
    loop_task_schedule(&c->task);
    return c;
}

void
channel_close(struct channel *c)
{
    if (!c) {
        return;
    }
    if (c->closed) {
        *c->closed = true;
    }
    if (c->vconn) {
        (void) vconn_flush(c->vconn);
        vconn_close(c->vconn);
    }
    loop_timer_cancel(&c->timer);
    loop_task_cancel(&c->task);
    free(c->target);
    free(c->name);
    free(c);
}

void
channel_set_observer(struct channel *c,
                     const struct channel_observer *observer)
{
    c->observer = *observer;
}

const char *
channel_name(const struct channel *c)
{
    return c->target;
}

bool
channel_is_connected(const struct channel *c)
{
    return is_up(c);
}

uint8_t
channel_version(const struct channel *c)
{
    return is_up(c) ? vconn_version(c->vconn) : 0;
}

size_t
channel_backlog(const struct channel *c)
{
    return c->vconn ? vconn_backlog(c->vconn) : 0;
}

bool
channel_send(struct channel *c, struct writer *w)
{
    if (!is_up(c) || c->send_error) {
        return false;
    }
    c->send_error = vconn_send(c->vconn, w);
    if (c->send_error) {
        loop_task_schedule(&c->task);
    }
    return true;
}

static long long
max_backoff(const struct channel *c)
{
    int ms = c->options.max_backoff_ms;
    return ms > 0 ? MAX(ms, MIN_BACKOFF_MS) : DEFAULT_MAX_BACKOFF_MS;
}

void
channel_set_options(struct channel *c, const struct channel_options *options)
{
    uint8_t dscp = c->options.dscp;
    c->options = *options;
    c->options.label = NULL;
    if (c->state == CHANNEL_BACKOFF) {
        c->backoff_ms = MIN(c->backoff_ms, max_backoff(c));
    }
    if (dscp != options->dscp && c->reconnects) {
        channel_reconnect(c);
    }
    loop_task_schedule(&c->task);
}

static long long
since(long long when, long long now)
{
    return when == LLONG_MIN ? -1 : now - when;
}

void
channel_get_stats(const struct channel *c, struct channel_stats *stats)
{
    long long now = clock_msec();
    *stats = (struct channel_stats){
        .state = state_names[c->state],
        .connected_ms = since(c->connected_ms, now),
        .disconnected_ms = since(c->disconnected_ms, now),
        .last_error = c->last_error,
    };
}

/* Changes of the state. */

static void
enter(struct channel *c, enum channel_state state)
{
    log_dbg("%s: entering %s", c->name, state_names[state]);
    c->state = state;
    c->entered_ms = clock_msec();
}

/* Logs what is ordinary for those that the switch keeps up. */
static void PRINTF_FORMAT(2, 3)
    tell(const struct channel *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    if (c->reconnects) {
        log_info("%s: %s", c->name, text);
    } else {
        log_dbg("%s: %s", c->name, text);
    }
    free(text);
}

/* Says why a connection or an attempt came to its end. */
static void
tell_end(const struct channel *c, int error)
{
    if (c->state == CHANNEL_IDLE && error == ETIMEDOUT) {
        return; /* Said by expire(). */
    }
    if (is_up(c)) {
        if (error > 0) {
            log_warn("%s: connection dropped (%s)", c->name, strerror(error));
        } else {
            tell(c, error == EOF ? "connection closed by peer"
                                 : "connection dropped");
        }
    } else if (c->state == CHANNEL_CONNECTING) {
        if (error == ETIMEDOUT) {
            tell(c, "connection timed out");
        } else if (c->reconnects) {
            log_warn("%s: connection failed (%s)", c->name,
                     error == EOF ? "End of file" : strerror(error));
        } else {
            tell(c, "connection failed (%s)",
                 error == EOF ? "End of file" : strerror(error));
        }
    }
}

/* Pauses once as long as the last time's double, or shortly after a
 * connection that was good. */
static void
back_off(struct channel *c, bool was_good)
{
    long long max = max_backoff(c);
    if (was_good || !c->backoff_ms) {
        c->backoff_ms = MIN_BACKOFF_MS;
        tell(c, "waiting %lld seconds before reconnect", c->backoff_ms / 1000);
    } else if (c->backoff_ms < max) {
        c->backoff_ms = MIN(c->backoff_ms * 2, max);
        if (c->backoff_ms < max) {
            tell(c, "waiting %lld seconds before reconnect",
                 c->backoff_ms / 1000);
        } else {
            tell(c, "continuing to retry connections in the background but "
                    "suppressing further logging");
        }
    } else {
        c->backoff_ms = max;
    }
}

/* After a callback that ran with c->closed at 'closed': false if it closed
 * us, which then the callback around it, if any, learns too. */
static bool
after_callback(struct channel *c, bool closed, bool *outer)
{
    if (!closed) {
        c->closed = outer;
    } else if (outer) {
        *outer = true;
    }
    return !closed;
}

/* Ends the connection or attempt; false if the observer closed us. */
static bool
disconnect(struct channel *c, int error)
{
    bool was_up = is_up(c);
    long long now = clock_msec();
    tell_end(c, error);
    c->last_error = error;
    c->send_error = 0;
    c->seen = 0;
    vconn_close(steal_ptr(&c->vconn));
    if (was_up) {
        c->disconnected_ms = now;
    }
    if (c->reconnects) {
        back_off(c, was_up && now - c->connected_ms >= c->backoff_ms);
        enter(c, CHANNEL_BACKOFF);
    } else {
        enter(c, CHANNEL_VOID);
    }
    /* Channels that end for good say so even if they never were up. */
    if ((was_up || !c->reconnects) && c->observer.disconnected) {
        bool closed = false, *outer = c->closed;
        c->closed = &closed;
        c->observer.disconnected(c->observer.aux, c, error);
        if (!after_callback(c, closed, outer)) {
            return false;
        }
    }
    return true;
}

void
channel_reconnect(struct channel *c)
{
    if (c->state == CHANNEL_BACKOFF) {
        c->backoff_ms = 0;
    } else if (c->state != CHANNEL_VOID && !disconnect(c, 0)) {
        return;
    } else {
        c->backoff_ms = 0;
    }
    loop_task_schedule(&c->task);
}

static bool
start(struct channel *c)
{
    if (c->backoff_ms < max_backoff(c)) {
        tell(c, "connecting...");
    }
    enter(c, CHANNEL_CONNECTING);
    int error = vconn_open(c->loop, c->target, c->options.versions,
                           c->options.dscp, &c->vconn);
    if (error) {
        return disconnect(c, error);
    }
    vconn_watch(c->vconn, run, c);
    return true;
}

/* Looks whether connecting came to an end; false if we were closed. */
static bool
finish_connecting(struct channel *c)
{
    int error = vconn_connect(c->vconn);
    if (error == EAGAIN) {
        error = vconn_flush(c->vconn);
        return !error || error == EAGAIN || disconnect(c, error);
    } else if (error) {
        return disconnect(c, error);
    }
    tell(c, "connected");
    enter(c, CHANNEL_ACTIVE);
    c->connected_ms = c->activity_ms = c->entered_ms;
    if (c->observer.connected) {
        bool closed = false, *outer = c->closed;
        c->closed = &closed;
        c->observer.connected(c->observer.aux, c);
        if (!after_callback(c, closed, outer)) {
            return false;
        }
    }
    return true;
}

/* Messages. */

static void
note_activity(struct channel *c)
{
    unsigned long long received = vconn_received(c->vconn);
    if (received != c->seen) {
        c->seen = received;
        c->activity_ms = clock_msec();
        if (c->state == CHANNEL_IDLE) {
            enter(c, CHANNEL_ACTIVE);
        }
    }
}

/* Handles what is not for the observer. */
static bool
handle_locally(struct channel *c, const uint8_t *data, size_t size)
{
    struct message m;
    if (message_decode(data, size, &m)) {
        return false;
    }
    if (m.type == MSG_ECHO_REQUEST) {
        struct writer w = WRITER_INITIALIZER;
        message_begin(&w, MSG_RAW_OFPT_ECHO_REPLY, m.version, m.xid);
        writer_put(&w, m.body, m.body_size);
        message_finish(&w, 0);
        (void) channel_send(c, &w);
        writer_uninit(&w);
    }
    return m.type == MSG_ECHO_REQUEST || m.type == MSG_ECHO_REPLY
           || m.type == MSG_HELLO;
}

/* Takes messages; false if we were closed. */
static bool
receive(struct channel *c)
{
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (vconn_backlog(c->vconn) > MAX_UNSENT) {
            return true;
        }
        const uint8_t *data;
        size_t size;
        int error = vconn_recv(c->vconn, &data, &size);
        note_activity(c);
        if (error) {
            return error == EAGAIN || disconnect(c, error);
        }
        if (handle_locally(c, data, size) || !c->observer.message) {
            continue;
        }
        bool closed = false, *outer = c->closed;
        c->closed = &closed;
        c->observer.message(c->observer.aux, c, data, size);
        if (!after_callback(c, closed, outer)) {
            return false;
        }
        if (!c->vconn) { /* channel_reconnect() */
            return true;
        }
    }
    loop_task_schedule(&c->task);
    return true;
}

/* Sends what can be sent; false if we were closed. */
static bool
transmit(struct channel *c)
{
    bool had_backlog = vconn_backlog(c->vconn) > 0;
    int error = c->send_error ? c->send_error : vconn_flush(c->vconn);
    if (error && error != EAGAIN) {
        return disconnect(c, error);
    }
    vconn_pause(c->vconn, vconn_backlog(c->vconn) > MAX_UNSENT);
    if (had_backlog && !vconn_backlog(c->vconn) && c->observer.drained) {
        bool closed = false, *outer = c->closed;
        c->closed = &closed;
        c->observer.drained(c->observer.aux, c);
        if (!after_callback(c, closed, outer)) {
            return false;
        }
    }
    return true;
}

/* Time. */

static void
send_probe(struct channel *c)
{
    log_dbg("%s: idle %lld seconds, sending inactivity probe", c->name,
            (clock_msec() - MAX(c->activity_ms, c->entered_ms)) / 1000);
    enter(c, CHANNEL_IDLE);
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_ECHO_REQUEST, vconn_version(c->vconn),
                       message_next_xid());
    (void) channel_send(c, &w);
    writer_uninit(&w);
}

static long long
probe_ms(const struct channel *c)
{
    return c->options.probe_ms > 0 ? MAX(c->options.probe_ms, 1000) : 0;
}

/* When something is due; LLONG_MAX: nothing. */
static long long
deadline(const struct channel *c)
{
    switch (c->state) {
    case CHANNEL_VOID:
        return LLONG_MAX;
    case CHANNEL_BACKOFF:
        return c->entered_ms + c->backoff_ms;
    case CHANNEL_CONNECTING:
        return c->reconnects
                   ? c->entered_ms + MAX(MIN_BACKOFF_MS, c->backoff_ms)
                   : LLONG_MAX;
    case CHANNEL_ACTIVE:
        return probe_ms(c) ? MAX(c->activity_ms, c->entered_ms) + probe_ms(c)
                           : LLONG_MAX;
    case CHANNEL_IDLE:
        return probe_ms(c) ? c->entered_ms + probe_ms(c) : LLONG_MAX;
    }
    NOT_REACHED();
}

/* Does what is due; false if we were closed. */
static bool
expire(struct channel *c)
{
    switch (c->state) {
    case CHANNEL_VOID:
        return true;
    case CHANNEL_BACKOFF:
        return start(c) && (!c->vconn || finish_connecting(c));
    case CHANNEL_CONNECTING:
        return disconnect(c, ETIMEDOUT);
    case CHANNEL_ACTIVE:
        send_probe(c);
        return true;
    case CHANNEL_IDLE:
        log_err("%s: no response to inactivity probe after %lld seconds, "
                "disconnecting",
                c->name, (clock_msec() - c->entered_ms) / 1000);
        return disconnect(c, ETIMEDOUT);
    }
    NOT_REACHED();
}

static void
run(void *c_)
{
    struct channel *c = c_;
    if (c->state == CHANNEL_CONNECTING && !finish_connecting(c)) {
        return;
    }
    if (is_up(c) && !transmit(c)) {
        return;
    }
    if (is_up(c) && !receive(c)) {
        return;
    }
    if (is_up(c)) {
        vconn_pause(c->vconn, vconn_backlog(c->vconn) > MAX_UNSENT);
    }
    if (clock_msec() >= deadline(c) && !expire(c)) {
        return;
    }
    long long next = deadline(c);
    if (next == LLONG_MAX) {
        loop_timer_cancel(&c->timer);
    } else {
        loop_timer_set(&c->timer, next);
    }
}
