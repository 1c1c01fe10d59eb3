/* Streams of any kind: names, states, readiness. */

#include "rpc/stream/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "rpc/stream/replay_private.h"
#include "rpc/stream/stream_private.h"
#include "sys/clock/clock.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"
#include "sys/socket/address.h"
#include "sys/socket/socket.h"

LOG_MODULE(stream);
COVERAGE(stream_open);
COVERAGE(pstream_open);

/* How long a listener rests when descriptors run out. */
enum { PAUSE_MS = 1000 };

static const struct stream_class *const classes[] = {
    &stream_tcp_class,
    &stream_unix_class,
    &stream_ssl_class,
};
static const struct stream_listener_class *const listener_classes[] = {
    &stream_ptcp_class,
    &stream_punix_class,
    &stream_pssl_class,
};

static const struct stream_class fd_class = {
    .prefix = "fd",
    .size = sizeof(struct stream),
};
/* Streams and listeners made so far. */
static unsigned int n_streams, n_listeners;

static const struct stream_options default_options = { .default_port = -1 };

/* Whether 'name' is "PREFIX:REST". */
static const char *
match_prefix(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);
    return !strncmp(name, prefix, len) && name[len] == ':' ? name + len + 1
                                                           : NULL;
}

static const struct stream_class *
find_class(const char *name, const char **restp)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        *restp = match_prefix(name, classes[i]->prefix);
        if (*restp) {
            return classes[i];
        }
    }
    return NULL;
}

static const struct stream_listener_class *
find_listener_class(const char *name, const char **restp)
{
    for (size_t i = 0; i < ARRAY_SIZE(listener_classes); i++) {
        *restp = match_prefix(name, listener_classes[i]->prefix);
        if (*restp) {
            return listener_classes[i];
        }
    }
    return NULL;
}

int
stream_check_name(const char *name)
{
    const char *rest;
    return find_class(name, &rest) ? 0 : EAFNOSUPPORT;
}

int
stream_check_listener_name(const char *name)
{
    const char *rest;
    return find_listener_class(name, &rest) ? 0 : EAFNOSUPPORT;
}

bool
stream_needs_probes(const char *name)
{
    const char *rest;
    const struct stream_class *class = find_class(name, &rest);
    if (class) {
        return class->needs_probes;
    }
    const struct stream_listener_class *passive =
        find_listener_class(name, &rest);
    return passive && passive->needs_probes;
}

static uint32_t
wanted_events(const struct stream *stream)
{
    if (!stream->wants) {
        return 0;

    } else if (stream->state == STREAM_CONNECTING && !stream->class->events) {
        return EPOLLOUT;

    } else if (stream->class->events) {
        return stream->class->events(stream, stream->wants);
    }

    return (stream->wants & STREAM_RECV ? EPOLLIN : 0)
           | (stream->wants & STREAM_SEND ? EPOLLOUT : 0);
}

static void fd_ready(void *stream, uint32_t events);

/* Watches what must be watched.  Where nothing is, not even hang-ups may wake
 * the loop up. */
static void
update_watch(struct stream *stream)
{
    uint32_t events = wanted_events(stream);
    bool pending = stream->wants & STREAM_RECV && stream->class->has_pending
                   && stream->class->has_pending(stream);
    if (pending || (stream->state == STREAM_FAILED && stream->wants)) {
        loop_task_schedule(&stream->task);
    }
    if (stream->fd < 0 || stream->state == STREAM_FAILED || !events) {
        loop_fd_remove(&stream->watch);
    } else if (stream->watch.loop) {
        loop_fd_modify(&stream->watch, events);
    } else {
        loop_fd_add(stream->loop, &stream->watch, stream->fd, events, fd_ready,
                    stream);
    }
}

static void
fd_ready(void *stream_, uint32_t events UNUSED)
{
    struct stream *stream = stream_;
    if (stream_connect(stream) != EAGAIN) {
        stream->callback(stream->arg);
    }
}

static void
task_runs(void *stream_)
{
    struct stream *stream = stream_;
    if (stream->wants) {
        stream->callback(stream->arg);
    }
}

static void
set_state(struct stream *stream, int error)
{
    stream->state = !error                 ? STREAM_CONNECTED
                    : error == EINPROGRESS ? STREAM_CONNECTING
                                           : STREAM_FAILED;
    stream->error = stream->state == STREAM_FAILED ? error : 0;
}

/* The state that goes with a descriptor of which 'error' is known: a kind with
 * a handshake is never connected at once. */
static void
begin_state(struct stream *stream, int error)
{
    set_state(stream, !error && stream->class->connect ? EINPROGRESS : error);
}

void *
stream_create(struct loop *loop, const struct stream_class *class,
              const char *name, int fd, int error)
{
    struct stream *stream = xzalloc(class->size);
    stream->class = class;
    stream->loop = loop;
    stream->name = xstrdup(name);
    stream->fd = fd;
    begin_state(stream, error);
    loop_task_init(loop, &stream->task, task_runs, stream);
    stream->number = ++n_streams;
    list_init(&stream->replay_node);
    return stream;
}

unsigned int
stream_next_number(void)
{
    return n_streams + 1;
}

unsigned int
stream_listener_next_number(void)
{
    return n_listeners + 1;
}

/* A stream that was connecting is so no more, perhaps. */
static void
note_state(const struct stream *stream)
{
    if (replay_mode == REPLAY_RECORD && stream->state != STREAM_CONNECTING) {
        replay_note_state(stream);
    }
}

void
stream_set_fd(struct stream *stream, int fd, int error)
{
    stream->fd = fd;
    begin_state(stream, error);
    note_state(stream);
    update_watch(stream);
}

int
stream_open(struct loop *loop, const char *name,
            const struct stream_options *options, struct stream **streamp)
{
    const char *rest;
    const struct stream_class *class = find_class(name, &rest);
    *streamp = NULL;
    coverage_inc(stream_open);
    if (replay_mode == REPLAY_PLAY) {
        return replay_open(loop, name, streamp);
    }
    int error =
        class ? class->open(loop, name, rest,
                            options ? options : &default_options, streamp)
              : EAFNOSUPPORT;
    if (replay_mode == REPLAY_RECORD) {
        replay_note_open(*streamp, name, error);
    }
    return error;
}

struct stream *
stream_from_fd(struct loop *loop, const char *name, int fd)
{
    int error = socket_set_nonblocking(fd);
    return stream_create(loop, &fd_class, name, fd, error);
}

void
stream_close(struct stream *stream)
{
    if (!stream) {
        return;
    }
    loop_fd_remove(&stream->watch);
    loop_task_cancel(&stream->task);
    if (stream->class->close) {
        stream->class->close(stream);
    }
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    list_remove(&stream->replay_node);
    free(stream->peer_id);
    free(stream->name);
    free(stream);
}

const char *
stream_name(const struct stream *stream)
{
    return stream->name;
}

int
stream_connect(struct stream *stream)
{
    if (stream->state == STREAM_CONNECTING && stream->fd >= 0) {
        int error = stream->class->connect ? stream->class->connect(stream)
                                           : socket_finish_connect(stream->fd);
        if (error != EAGAIN) {
            set_state(stream, error);
            note_state(stream);
        }
        update_watch(stream);
    }
    return stream->state == STREAM_CONNECTED ? 0
           : stream->state == STREAM_FAILED  ? stream->error
                                             : EAGAIN;
}

static ssize_t
recv_bytes(struct stream *stream, void *buffer, size_t n)
{
    if (replay_mode == REPLAY_PLAY) {
        return replay_recv(stream, buffer, n);
    }
    if (stream->class->recv) {
        ssize_t result = stream->class->recv(stream, buffer, n);
        update_watch(stream);
        return result;
    }

    ssize_t result;
    do {
        result = read(stream->fd, buffer, n);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

ssize_t
stream_recv(struct stream *stream, void *buffer, size_t n)
{
    int error = stream_connect(stream);
    if (error) {
        return -error;
    }
    ssize_t result = recv_bytes(stream, buffer, n);
    if (replay_mode == REPLAY_RECORD) {
        replay_note_recv(stream, buffer, result);
    }
    return result;
}

static ssize_t
send_bytes(struct stream *stream, const void *data, size_t n)
{
    if (replay_mode == REPLAY_PLAY) {
        return replay_send(stream, n);
    }
    if (stream->class->send) {
        ssize_t result = stream->class->send(stream, data, n);
        update_watch(stream);
        return result;
    }

    ssize_t result;
    do {
        result = write(stream->fd, data, n);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result ? result : -EAGAIN;
}

ssize_t
stream_send(struct stream *stream, const void *data, size_t n)
{
    int error = stream_connect(stream);
    if (error) {
        return -error;
    }
    ssize_t result = send_bytes(stream, data, n);
    if (replay_mode == REPLAY_RECORD) {
        replay_note_send(stream, result);
    }
    return result;
}

void
stream_watch(struct stream *stream, unsigned int wants,
             loop_callback *callback, void *arg)
{
    stream->wants = callback ? wants : 0;
    stream->callback = callback;
    stream->arg = arg;
    loop_task_cancel(&stream->task);
    update_watch(stream);
}

/* Of stream_wait(). */
struct waiter {
    bool ready;
    bool expired;
};

static void
waiter_ready(void *waiter_)
{
    struct waiter *waiter = waiter_;
    waiter->ready = true;
}

static void
waiter_expired(void *waiter_)
{
    struct waiter *waiter = waiter_;
    waiter->expired = true;
}

int
stream_wait(struct stream *stream, unsigned int wants, int timeout_ms)
{
    struct waiter waiter = { false, false };
    struct loop_timer timer;
    unsigned int old_wants = stream->wants;
    loop_callback *old_callback = stream->callback;
    void *old_arg = stream->arg;

    loop_timer_init(stream->loop, &timer, waiter_expired, &waiter);
    if (timeout_ms >= 0) {
        loop_timer_set(&timer, clock_msec() + timeout_ms);
    }
    stream_watch(stream, wants, waiter_ready, &waiter);
    while (!waiter.ready && !waiter.expired) {
        loop_run_once(stream->loop, -1);
    }
    stream_watch(stream, old_wants, old_callback, old_arg);
    loop_timer_cancel(&timer);
    return waiter.ready ? 0 : ETIMEDOUT;
}

int
stream_fd(const struct stream *stream)
{
    return stream->fd;
}

const char *
stream_peer_id(const struct stream *stream)
{
    return stream->class->peer_id ? stream->class->peer_id(stream)
                                  : stream->peer_id;
}

char *
stream_local_address(const struct stream *stream)
{
    struct sockaddr_storage ss;
    socklen_t size = sizeof ss;
    if (stream->fd < 0
        || getsockname(stream->fd, (struct sockaddr *) &ss, &size)
        || (ss.ss_family != AF_INET && ss.ss_family != AF_INET6)) {
        return NULL;
    }
    struct str s = STR_INITIALIZER;
    address_put_with_port(&s, &ss);
    return str_steal(&s);
}

static void
listener_ready(void *listener_, uint32_t events UNUSED)
{
    struct stream_listener *listener = listener_;
    listener->callback(listener->arg);
}

static void
listener_update_watch(struct stream_listener *listener)
{
    bool wanted = listener->callback && listener->fd >= 0
                  && !loop_timer_is_set(&listener->pause);
    if (!wanted) {
        loop_fd_remove(&listener->watch);
    } else if (!listener->watch.loop) {
        loop_fd_add(listener->loop, &listener->watch, listener->fd, EPOLLIN,
                    listener_ready, listener);
    }
}

static void
pause_ends(void *listener)
{
    listener_update_watch(listener);
}

struct stream_listener *
stream_listener_create(struct loop *loop,
                       const struct stream_listener_class *class,
                       const char *name, int fd)
{
    struct stream_listener *listener = xzalloc(sizeof *listener);
    listener->class = class;
    listener->loop = loop;
    listener->name = xstrdup(name);
    listener->fd = fd;
    loop_timer_init(loop, &listener->pause, pause_ends, listener);
    listener->number = ++n_listeners;
    list_init(&listener->replay_node);
    return listener;
}

int
stream_listen(struct loop *loop, const char *name,
              const struct stream_options *options,
              struct stream_listener **listenerp)
{
    const char *rest;
    const struct stream_listener_class *class =
        find_listener_class(name, &rest);
    *listenerp = NULL;
    coverage_inc(pstream_open);
    if (replay_mode == REPLAY_PLAY) {
        return replay_listen(loop, name, listenerp);
    }
    int error =
        class ? class->listen(loop, name, rest,
                              options ? options : &default_options, listenerp)
              : EAFNOSUPPORT;
    if (replay_mode == REPLAY_RECORD) {
        replay_note_listen(*listenerp, error);
    }
    return error;
}

const char *
stream_listener_name(const struct stream_listener *listener)
{
    return listener->name;
}

uint16_t
stream_listener_port(const struct stream_listener *listener)
{
    return listener->port;
}

int
stream_accept(struct stream_listener *listener, struct stream **streamp)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(10, 25);
    *streamp = NULL;
    if (replay_mode == REPLAY_PLAY) {
        return replay_accept(listener, streamp);
    }
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        *streamp = listener->class->accept(listener, fd);
        if (replay_mode == REPLAY_RECORD) {
            replay_note_accept(listener, *streamp);
        }
        return 0;
    }
    int error = errno;
    switch (error) {
    case EINTR:
    case EWOULDBLOCK:
    case ECONNABORTED:
        return EAGAIN;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        /* The caller stays in the queue and would keep us busy. */
        loop_timer_set(&listener->pause, clock_msec() + PAUSE_MS);
        listener_update_watch(listener);
        break;
    default:
        break;
    }
    log_warn_rl(&rl, "%s: accept: %s", listener->name, strerror(error));
    return error;
}

void
stream_listener_watch(struct stream_listener *listener,
                      loop_callback *callback, void *arg)
{
    listener->callback = callback;
    listener->arg = arg;
    listener_update_watch(listener);
}

void
stream_print_help(const char *kind, bool active, bool passive)
{
    if (active) {
        printf("Active %s connection methods:\n"
               "  tcp:HOST:PORT           PORT of remote HOST\n"
               "  ssl:HOST:PORT           TLS on PORT of remote HOST\n"
               "  unix:FILE               Unix domain socket FILE\n",
               kind);
    }
    if (passive) {
        printf("Passive %s connection methods:\n"
               "  ptcp:PORT[:IP]          listen on TCP PORT of IP\n"
               "  pssl:PORT[:IP]          listen for TLS on PORT of IP\n"
               "  punix:FILE              listen on Unix domain socket FILE\n",
               kind);
    }
}
