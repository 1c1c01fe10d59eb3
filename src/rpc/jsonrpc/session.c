/* A JSON-RPC session. */

#include "rpc/jsonrpc/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "sys/clock/clock.h"

enum {
    DEFAULT_PROBE_MS = 5000,
    /* With more bytes to send, answers to probes make us read no more. */
    ECHO_BACKLOG = 1 << 20,
};

struct jsonrpc_session {
    struct loop *loop;
    const struct jsonrpc_session_observer *observer;
    void *arg;

    struct str_vec remotes;
    size_t next_remote; /* To try next. */
    char *remote;       /* In use, or the last one. */
    struct reconnect *reconnect;
    struct loop_timer timer; /* When to ask 'reconnect' again. */
    struct loop_task task;   /* Asks it now. */
    int probe_ms;            /* As configured; 0: none, -1: the default. */
    uint8_t dscp;
    size_t backlog_limit;
    size_t max_message_size; /* 0: the default. */
    bool paused;
    bool is_flooded; /* Paused until the answers to probes are sent. */

    struct stream *stream;            /* Connecting. */
    struct stream_listener *listener; /* Waiting for the peer. */
    struct jsonrpc *rpc;              /* Connected. */
    unsigned long long n_received;    /* By connections before. */
    unsigned int seqno;
    int last_error;
    unsigned long long seen_bytes; /* Moved, when last looked at. */
    bool *closed;                  /* Set by jsonrpc_session_close(). */
};

static void run(void *);
static void stream_ready(void *);
static void listener_ready(void *);
static const struct jsonrpc_observer rpc_observer;

static struct jsonrpc_session *
create(struct loop *loop, const struct jsonrpc_session_observer *observer,
       void *arg)
{
    struct jsonrpc_session *s = xzalloc(sizeof *s);
    s->loop = loop;
    s->observer = observer;
    s->arg = arg;
    s->probe_ms = -1;
    s->reconnect = reconnect_create(clock_msec());
    loop_timer_init(loop, &s->timer, run, s);
    loop_task_init(loop, &s->task, run, s);
    return s;
}

/* Unless told otherwise, local remotes need no probes. */
static void
apply_probe_interval(struct jsonrpc_session *s)
{
    int probe_ms = s->probe_ms;
    if (probe_ms < 0) {
        probe_ms = stream_needs_probes(s->remote) ? DEFAULT_PROBE_MS : 0;
    }
    reconnect_set_probe_interval(s->reconnect, probe_ms);
}

/* Makes 'name' the remote in use. */
static void
set_remote(struct jsonrpc_session *s, const char *name)
{
    free(s->remote);
    s->remote = xstrdup(name);
    reconnect_set_name(s->reconnect, name);
    reconnect_set_passive(s->reconnect, !stream_check_listener_name(name),
                          clock_msec());
    apply_probe_interval(s);
}

static void
copy_remotes(struct str_vec *dst, const struct str_vec *src)
{
    str_vec_clear(dst);
    for (size_t i = 0; i < src->n; i++) {
        str_vec_push(dst, src->items[i]);
    }
}

static void
shuffle_remotes(struct str_vec *remotes)
{
    for (size_t i = remotes->n; i > 1; i--) {
        struct uuid random = uuid_random();
        size_t j = random.parts[0] % i;
        char *tmp = remotes->items[i - 1];
        remotes->items[i - 1] = remotes->items[j];
        remotes->items[j] = tmp;
    }
}

struct jsonrpc_session *
jsonrpc_session_open_multiple(struct loop *loop, const struct str_vec *remotes,
                              bool retry, bool shuffle,
                              const struct jsonrpc_session_observer *observer,
                              void *arg)
{
    struct jsonrpc_session *s = create(loop, observer, arg);
    copy_remotes(&s->remotes, remotes);
    if (shuffle) {
        shuffle_remotes(&s->remotes);
    }
    set_remote(s, s->remotes.n ? s->remotes.items[0] : "void");
    reconnect_set_backoff_free_tries(s->reconnect, s->remotes.n);
    if (!retry) {
        reconnect_set_max_tries(s->reconnect, MAX(s->remotes.n, 1));
        reconnect_set_backoff(s->reconnect, INT_MAX, INT_MAX);
    }
    reconnect_enable(s->reconnect, clock_msec());
    loop_task_schedule(&s->task);
    return s;
}

struct jsonrpc_session *
jsonrpc_session_open(struct loop *loop, const char *name, bool retry,
                     const struct jsonrpc_session_observer *observer,
                     void *arg)
{
    struct str_vec remotes = VEC_INITIALIZER;
    str_vec_push(&remotes, name);
    struct jsonrpc_session *s = jsonrpc_session_open_multiple(
        loop, &remotes, retry, false, observer, arg);
    str_vec_uninit(&remotes);
    return s;
}

/* Takes 'stream', which is connected. */
static void
attach(struct jsonrpc_session *s, struct stream *stream)
{
    s->rpc = jsonrpc_create(s->loop, stream, &rpc_observer, s);
    s->seen_bytes = 0;
    jsonrpc_set_backlog_limit(s->rpc, s->backlog_limit);
    if (s->max_message_size) {
        jsonrpc_set_max_message_size(s->rpc, s->max_message_size);
    }
    s->is_flooded = false;
    jsonrpc_pause(s->rpc, s->paused);
    reconnect_connected(s->reconnect, clock_msec());
    s->seqno++;
}

struct jsonrpc_session *
jsonrpc_session_accepted(struct loop *loop, struct stream *stream,
                         uint8_t dscp,
                         const struct jsonrpc_session_observer *observer,
                         void *arg)
{
    struct jsonrpc_session *s = create(loop, observer, arg);
    s->dscp = dscp;
    str_vec_push(&s->remotes, stream_name(stream));
    s->remote = xstrdup(stream_name(stream));
    reconnect_set_quiet(s->reconnect, true);
    reconnect_set_name(s->reconnect, s->remote);
    reconnect_set_max_tries(s->reconnect, 0);
    apply_probe_interval(s);
    attach(s, stream);
    loop_task_schedule(&s->task);
    return s;
}

/* Closes whatever is open, without telling anybody. */
static void
drop(struct jsonrpc_session *s)
{
    s->seqno += s->rpc != NULL;
    s->n_received = jsonrpc_session_received_bytes(s);
    jsonrpc_destroy(steal_ptr(&s->rpc));
    stream_close(steal_ptr(&s->stream));
    stream_listener_close(steal_ptr(&s->listener));
}

void
jsonrpc_session_close(struct jsonrpc_session *s)
{
    if (!s) {
        return;
    }
    if (s->closed) {
        *s->closed = true;
    }
    drop(s);
    loop_timer_cancel(&s->timer);
    loop_task_cancel(&s->task);
    reconnect_destroy(s->reconnect);
    str_vec_uninit(&s->remotes);
    free(s->remote);
    free(s);
}

/* Starts to connect or listen. */
static void
start(struct jsonrpc_session *s)
{
    long long now = clock_msec();
    drop(s);
    if (!s->remotes.n) {
        reconnect_connect_failed(s->reconnect, now, ENOTCONN);
        return;
    }
    set_remote(s, s->remotes.items[s->next_remote++ % s->remotes.n]);
    struct stream_options options = { .default_port = 6640, .dscp = s->dscp };
    if (!stream_check_listener_name(s->remote)) {
        int error = stream_listen(s->loop, s->remote, &options, &s->listener);
        if (error) {
            s->last_error = error;
            reconnect_listen_failed(s->reconnect, now, error);
        } else {
            reconnect_listening(s->reconnect, now);
            stream_listener_watch(s->listener, listener_ready, s);
        }
        return;
    }
    reconnect_connecting(s->reconnect, now);
    int error = stream_open(s->loop, s->remote, &options, &s->stream);
    if (error) {
        s->last_error = error;
        reconnect_connect_failed(s->reconnect, now, error);
    } else {
        stream_watch(s->stream, STREAM_RECV | STREAM_SEND, stream_ready, s);
        loop_task_schedule(&s->task);
    }
}

/* Tells the observer of a new connection; false if it closed us. */
static bool
tell_connected(struct jsonrpc_session *s)
{
    bool closed = false;
    if (s->observer->connected) {
        s->closed = &closed;
        s->observer->connected(s->arg);
        if (!closed) {
            s->closed = NULL;
        }
    }
    return !closed;
}

/* Looks whether connecting has come to an end; false if we were closed. */
static bool
finish_connecting(struct jsonrpc_session *s)
{
    int error = stream_connect(s->stream);
    if (error == EAGAIN) {
        return true;
    } else if (error) {
        s->last_error = error;
        stream_close(steal_ptr(&s->stream));
        reconnect_connect_failed(s->reconnect, clock_msec(), error);
        return true;
    }
    attach(s, steal_ptr(&s->stream));
    return tell_connected(s);
}

static void
stream_ready(void *s_)
{
    struct jsonrpc_session *s = s_;
    if (s->stream && finish_connecting(s)) {
        run(s);
    }
}

static void
listener_ready(void *s_)
{
    struct jsonrpc_session *s = s_;
    struct stream *stream;
    int error = stream_accept(s->listener, &stream);
    if (error) {
        if (error != EAGAIN) {
            s->last_error = error;
            stream_listener_close(steal_ptr(&s->listener));
            reconnect_listen_failed(s->reconnect, clock_msec(), error);
            run(s);
        }
        return;
    }
    stream_listener_close(steal_ptr(&s->listener));
    attach(s, stream);
    if (tell_connected(s)) {
        run(s);
    }
}

/* Drops the connection because of 'error' (0: we want to); false if the
 * observer closed us. */
static bool
disconnect(struct jsonrpc_session *s, int error)
{
    bool was_connected = s->rpc != NULL;
    if (error) {
        s->last_error = error;
    }
    drop(s);
    reconnect_disconnected(s->reconnect, clock_msec(), error);
    bool closed = false;
    if (was_connected && s->observer->disconnected) {
        s->closed = &closed;
        s->observer->disconnected(s->arg, error);
        if (!closed) {
            s->closed = NULL;
        }
    }
    return !closed;
}

static void
send_probe(struct jsonrpc_session *s)
{
    if (s->rpc) {
        jsonrpc_send(s->rpc,
                     jsonrpc_request_create("echo", json_array_create(),
                                            json_string_create("echo")));
    }
}

/* Bytes count as activity, also those of a message that is not complete, and
 * those that a slow peer takes. */
static void
note_activity(struct jsonrpc_session *s)
{
    if (s->rpc) {
        unsigned long long bytes =
            jsonrpc_received_bytes(s->rpc)
            + (s->paused || s->is_flooded ? jsonrpc_sent_bytes(s->rpc) : 0);
        if (bytes != s->seen_bytes) {
            s->seen_bytes = bytes;
            reconnect_activity(s->reconnect, clock_msec());
        }
    }
}

/* Does what is due and arranges to be called again. */
static void
run(void *s_)
{
    struct jsonrpc_session *s = s_;
    if (s->stream && !finish_connecting(s)) {
        return;
    }
    note_activity(s);
    for (int i = 0; i < 8; i++) {
        enum reconnect_action action =
            reconnect_run(s->reconnect, clock_msec());
        if (action == RECONNECT_NOTHING) {
            break;
        } else if (action == RECONNECT_CONNECT) {
            start(s);
        } else if (action == RECONNECT_DISCONNECT) {
            if (!disconnect(s, 0)) {
                return;
            }
        } else {
            send_probe(s);
        }
    }
    long long deadline = reconnect_deadline(s->reconnect);
    if (deadline == LLONG_MAX) {
        loop_timer_cancel(&s->timer);
    } else {
        loop_timer_set(&s->timer, deadline);
    }
}

/* Whoever sends probes and does not read the answers cannot send more. */
static void
set_flooded(struct jsonrpc_session *s, bool is_flooded)
{
    if (s->is_flooded != is_flooded) {
        s->is_flooded = is_flooded;
        jsonrpc_pause(s->rpc, s->paused || is_flooded);
    }
}

/* Answers probes and swallows their answers; false if 'm' is for the user. */
static bool
handle_echo(struct jsonrpc_session *s, const struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_REQUEST && !strcmp(m->method, "echo")) {
        jsonrpc_send(s->rpc, jsonrpc_reply_create(json_ref(m->params),
                                                  json_ref(m->id)));
        if (jsonrpc_backlog(s->rpc) > ECHO_BACKLOG) {
            set_flooded(s, true);
        }
        return true;
    }
    return m->type == JSONRPC_REPLY && m->id->type == JSON_STRING
           && !strcmp(json_text(m->id), "echo");
}

static void
rpc_received(void *s_, struct jsonrpc_message *message)
{
    struct jsonrpc_session *s = s_;
    note_activity(s);
    long long deadline = reconnect_deadline(s->reconnect);
    if (deadline != LLONG_MAX) {
        loop_timer_set(&s->timer, deadline);
    }
    if (handle_echo(s, message)) {
        jsonrpc_message_destroy(message);
    } else {
        s->observer->received(s->arg, message);
    }
}

static void
rpc_closed(void *s_, int error)
{
    struct jsonrpc_session *s = s_;
    if (disconnect(s, error)) {
        run(s);
    }
}

static void
rpc_drained(void *s_)
{
    struct jsonrpc_session *s = s_;
    set_flooded(s, false);
    if (s->observer->drained) {
        s->observer->drained(s->arg);
    }
}

static const struct jsonrpc_observer rpc_observer = {
    .received = rpc_received,
    .closed = rpc_closed,
    .drained = rpc_drained,
};

void
jsonrpc_session_set_remotes(struct jsonrpc_session *s,
                            const struct str_vec *remotes)
{
    bool keep = str_vec_contains(remotes, s->remote);
    copy_remotes(&s->remotes, remotes);
    s->next_remote = 0;
    reconnect_set_backoff_free_tries(s->reconnect, s->remotes.n);
    if (!keep) {
        jsonrpc_session_reconnect(s);
    }
}

void
jsonrpc_session_send(struct jsonrpc_session *s,
                     struct jsonrpc_message *message)
{
    if (s->rpc) {
        jsonrpc_send(s->rpc, message);
    } else {
        jsonrpc_message_destroy(message);
    }
}

void
jsonrpc_session_send_text(struct jsonrpc_session *s, struct str *head,
                          struct json *body, const char *tail)
{
    if (s->rpc) {
        jsonrpc_send_text(s->rpc, head, body, tail);
    } else {
        str_uninit(head);
    }
}

bool
jsonrpc_session_is_alive(const struct jsonrpc_session *s)
{
    return s->rpc || s->stream || s->listener
           || reconnect_is_enabled(s->reconnect);
}

bool
jsonrpc_session_is_connected(const struct jsonrpc_session *s)
{
    return s->rpc != NULL;
}

unsigned int
jsonrpc_session_seqno(const struct jsonrpc_session *s)
{
    return s->seqno;
}

int
jsonrpc_session_last_error(const struct jsonrpc_session *s)
{
    return s->last_error;
}

const char *
jsonrpc_session_name(const struct jsonrpc_session *s)
{
    return s->remote;
}

size_t
jsonrpc_session_n_remotes(const struct jsonrpc_session *s)
{
    return s->remotes.n;
}

size_t
jsonrpc_session_backlog(const struct jsonrpc_session *s)
{
    return s->rpc ? jsonrpc_backlog(s->rpc) : 0;
}

unsigned long long
jsonrpc_session_received_bytes(const struct jsonrpc_session *s)
{
    return s->n_received + (s->rpc ? jsonrpc_received_bytes(s->rpc) : 0);
}

size_t
jsonrpc_session_n_queued(const struct jsonrpc_session *s)
{
    return s->rpc ? jsonrpc_n_queued(s->rpc) : 0;
}

void
jsonrpc_session_set_backlog_limit(struct jsonrpc_session *s, size_t bytes)
{
    s->backlog_limit = bytes;
    if (s->rpc) {
        jsonrpc_set_backlog_limit(s->rpc, bytes);
    }
}

void
jsonrpc_session_set_max_message_size(struct jsonrpc_session *s, size_t bytes)
{
    s->max_message_size = bytes;
    if (s->rpc) {
        jsonrpc_set_max_message_size(s->rpc, bytes);
    }
}

void
jsonrpc_session_pause(struct jsonrpc_session *s, bool paused)
{
    s->paused = paused;
    if (s->rpc) {
        jsonrpc_pause(s->rpc, paused || s->is_flooded);
    }
}

struct jsonrpc *
jsonrpc_session_connection(struct jsonrpc_session *s)
{
    return s->rpc;
}

struct reconnect_stats
jsonrpc_session_stats(const struct jsonrpc_session *s)
{
    return reconnect_stats(s->reconnect, clock_msec());
}

void
jsonrpc_session_reconnect(struct jsonrpc_session *s)
{
    if (s->rpc) {
        jsonrpc_flush(s->rpc); /* A reply should not go with the connection. */
    }
    reconnect_force(s->reconnect, clock_msec());
    loop_task_schedule(&s->task);
}

void
jsonrpc_session_enable_reconnect(struct jsonrpc_session *s)
{
    reconnect_set_max_tries(s->reconnect, RECONNECT_NO_LIMIT);
    reconnect_set_backoff(s->reconnect, 1000, 8000);
    loop_task_schedule(&s->task);
}

void
jsonrpc_session_set_max_backoff(struct jsonrpc_session *s, int max_ms)
{
    reconnect_set_backoff(s->reconnect, 1000, max_ms);
    loop_task_schedule(&s->task);
}

void
jsonrpc_session_set_probe_interval(struct jsonrpc_session *s, int ms)
{
    s->probe_ms = MAX(ms, 0);
    apply_probe_interval(s);
    loop_task_schedule(&s->task);
}

void
jsonrpc_session_set_dscp(struct jsonrpc_session *s, uint8_t dscp)
{
    if (s->dscp != dscp) {
        s->dscp = dscp;
        jsonrpc_session_reconnect(s);
    }
}
