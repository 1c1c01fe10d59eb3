/* Records of sessions. */

#include "rpc/stream/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "rpc/stream/replay_private.h"
#include "rpc/stream/replay_record.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

LOG_MODULE(replay);

/* Turns of the loop in which the program must do what comes next. */
enum { MAX_IDLE_TURNS = 1000 };

enum replay_mode replay_mode;

static struct {
    char *path;
    int fd;             /* Recording. */
    long long start_ms; /* Monotonic time of the beginning. */
    struct str text;    /* Recording: a record; replaying: the whole file. */

    /* Replaying. */
    struct loop *loop;
    struct loop_task task;
    size_t offset; /* In 'text', behind 'next'. */
    bool has_next;
    struct record next;
    size_t n_done;         /* Records. */
    int n_idle;            /* Turns without one. */
    struct list streams;   /* Of struct stream, by 'replay_node'. */
    struct list listeners; /* Likewise. */
    unsigned int n_streams;
    unsigned int n_listeners;
} replay;

static void
set_mode(enum replay_mode mode, const char *directory)
{
    CLEANUP(free_ptr)
    char *absolute = dirs_absolute(dirs_rundir(), directory ? directory : "");
    replay_mode = mode;
    free(replay.path);
    replay.path = xasprintf("%s/%s.replay", absolute, program_name());
}

void
replay_set_record(const char *directory)
{
    set_mode(REPLAY_RECORD, directory);
}

void
replay_set_replay(const char *directory)
{
    set_mode(REPLAY_PLAY, directory);
}

bool
replay_is_on(void)
{
    return replay_mode != REPLAY_OFF;
}

/* --- Recording --------------------------------------------------------- */

static void
write_text(void)
{
    size_t done = 0;
    while (done < replay.text.len) {
        ssize_t n =
            write(replay.fd, replay.text.text + done, replay.text.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n <= 0) {
            log_err("%s: recording ends: %s", replay.path,
                    n < 0 ? strerror(errno) : "no space");
            replay_mode = REPLAY_OFF;
            break;
        }
        done += n;
    }
    str_clear(&replay.text);
}

static void
note(enum record_kind kind, unsigned int number, int error, const void *data,
     size_t size)
{
    const struct record r = {
        .ms = clock_msec() - replay.start_ms,
        .kind = kind,
        .number = number,
        .error = error,
        .data = data,
        .size = size,
    };
    replay_put_record(&replay.text, &r);
    write_text();
}

static void
note_text(enum record_kind kind, unsigned int number, int error,
          const char *text)
{
    note(kind, number, error, text, strlen(text));
}

static struct error *
begin_record(void)
{
    uint64_t seed = 0;
    replay.fd =
        open(replay.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (replay.fd < 0 || getrandom(&seed, sizeof seed, 0) != sizeof seed) {
        return error_create_errno(errno, "cannot record in %s", replay.path);
    }
    uuid_set_seed(seed);
    replay_put_head(&replay.text, seed);
    write_text();
    return NULL;
}

/* The number of a stream is its place in the order of creation: 0 for one
 * that could not be made. */
void
replay_note_open(const struct stream *stream, const char *name, int error)
{
    note_text(RECORD_OPEN, stream ? stream->number : 0,
              stream && stream->state == STREAM_CONNECTING ? EINPROGRESS
                                                           : error,
              name);
}

void
replay_note_listen(const struct stream_listener *listener, int error)
{
    note_text(RECORD_LISTEN, listener ? listener->number : 0, error,
              listener ? listener->name : "");
}

void
replay_note_accept(const struct stream_listener *listener,
                   const struct stream *stream)
{
    note_text(RECORD_ACCEPT, listener->number,
              stream->state == STREAM_CONNECTING ? EINPROGRESS : 0,
              stream->name);
}

void
replay_note_state(const struct stream *stream)
{
    const char *peer = stream_peer_id(stream);
    note_text(RECORD_STATE, stream->number, stream->error, peer ? peer : "");
}

void
replay_note_recv(struct stream *stream, const void *data, ssize_t result)
{
    if (result != -EAGAIN) {
        note(RECORD_RECV, stream->number, result < 0 ? (int) -result : 0, data,
             result > 0 ? (size_t) result : 0);
    }
}

void
replay_note_send(struct stream *stream, ssize_t result)
{
    bool failed = result < 0;
    if (failed != stream->send_failed || (failed && result != -EAGAIN)) {
        stream->send_failed = failed;
        note(RECORD_SEND, stream->number, failed ? (int) -result : 0, "", 0);
    }
}

/* --- Replaying --------------------------------------------------------- */

static const struct stream_class replay_class = {
    .prefix = "replay",
    .size = sizeof(struct stream),
};
static const struct stream_listener_class replay_listener_class = {
    .prefix = "replay",
};

static void PRINTF_FORMAT(1, 2) __attribute__((noreturn))
diverge(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP(free_ptr) char *text = xvasprintf(format, args);
    va_end(args);
    program_fatal(0, "%s: record %zu: %s", replay.path, replay.n_done + 1,
                  text);
}

static void
read_next(void)
{
    size_t used, left = replay.text.len - replay.offset;
    replay.has_next = left > 0;
    if (!left) {
        return;
    }
    if (!replay_parse_record(replay.text.text + replay.offset, left,
                             &replay.next, &used)) {
        diverge("damaged record at offset %zu", replay.offset);
    }
    replay.offset += used;
}

/* Takes the next record if it is of this kind and number. */
static bool
take(enum record_kind kind, unsigned int number, struct record *r)
{
    if (!replay.has_next || replay.next.kind != kind
        || replay.next.number != number) {
        return false;
    }
    *r = replay.next;
    replay.n_done++;
    replay.n_idle = 0;
    read_next();
    return true;
}

static struct stream *
add_stream(struct loop *loop, const char *name, int error)
{
    struct stream *stream =
        stream_create(loop, &replay_class, name, -1, error);
    list_push_back(&replay.streams, &stream->replay_node);
    return stream;
}

int
replay_open(struct loop *loop, const char *name, struct stream **streamp)
{
    struct record r;
    if (!take(RECORD_OPEN, 0, &r)
        && !take(RECORD_OPEN, stream_next_number(), &r)) {
        diverge("the program connects to %s, which it did not", name);
    }
    if (!r.number) {
        return r.error;
    }
    *streamp = add_stream(loop, name, r.error);
    return 0;
}

int
replay_listen(struct loop *loop, const char *name,
              struct stream_listener **listenerp)
{
    struct record r;
    if (!take(RECORD_LISTEN, 0, &r)
        && !take(RECORD_LISTEN, stream_listener_next_number(), &r)) {
        diverge("the program listens on %s, which it did not", name);
    }
    if (!r.number) {
        return r.error;
    }
    CLEANUP(free_ptr) char *bound = xmemdup0(r.data, r.size);
    *listenerp =
        stream_listener_create(loop, &replay_listener_class, bound, -1);
    list_push_back(&replay.listeners, &(*listenerp)->replay_node);
    return 0;
}

int
replay_accept(struct stream_listener *listener, struct stream **streamp)
{
    struct record r;
    if (!take(RECORD_ACCEPT, listener->number, &r)) {
        return EAGAIN;
    }
    CLEANUP(free_ptr) char *name = xmemdup0(r.data, r.size);
    *streamp = add_stream(listener->loop, name, r.error);
    return 0;
}

ssize_t
replay_recv(struct stream *stream, void *buffer, size_t size)
{
    struct record r;
    if (!take(RECORD_RECV, stream->number, &r)) {
        return -EAGAIN;
    }
    if (r.size > size) {
        diverge("the program reads less from %s than it did", stream->name);
    }
    memcpy(buffer, r.data, r.size);
    return r.error ? -r.error : (ssize_t) r.size;
}

ssize_t
replay_send(struct stream *stream, size_t size)
{
    struct record r;
    if (take(RECORD_SEND, stream->number, &r)) {
        stream->send_failed = r.error == EAGAIN;
        return r.error ? -r.error : (ssize_t) size;
    }
    return stream->send_failed ? -EAGAIN : (ssize_t) size;
}

static struct stream *
find_stream(unsigned int number)
{
    struct stream *stream;
    LIST_FOR_EACH (stream, replay_node, &replay.streams) {
        if (stream->number == number) {
            return stream;
        }
    }
    return NULL;
}

static struct stream_listener *
find_listener(unsigned int number)
{
    struct stream_listener *listener;
    LIST_FOR_EACH (listener, replay_node, &replay.listeners) {
        if (listener->number == number) {
            return listener;
        }
    }
    return NULL;
}

/* Calls whoever waits for the next record. */
static void
deliver(void)
{
    const struct record next = replay.next;
    if (next.kind == RECORD_ACCEPT) {
        struct stream_listener *listener = find_listener(next.number);
        if (listener && listener->callback) {
            listener->callback(listener->arg);
        }
        return;
    }
    struct stream *stream = find_stream(next.number);
    if (!stream || next.kind == RECORD_OPEN || next.kind == RECORD_LISTEN) {
        return; /* The program must do that by itself. */
    }
    if (next.kind == RECORD_STATE) {
        struct record r;
        bool taken = take(RECORD_STATE, next.number, &r);
        assert(taken);
        stream->peer_id = r.size ? xmemdup0(r.data, r.size) : NULL;
        stream->state = r.error ? STREAM_FAILED : STREAM_CONNECTED;
        stream->error = r.error;
    }
    if (stream->wants) {
        stream->callback(stream->arg);
    }
}

/* Lets time pass up to 'at', or to a timer before it: true if one fires. */
static bool
pass_time(long long at)
{
    long long now = clock_msec(), timer;
    bool fires = loop_next_timer(replay.loop, &timer) && timer <= at;
    long long until = fires ? MAX(timer, now) : at;
    if (until > now) {
        clock_warp(until - now);
    }
    return fires;
}

/* One turn. */
static void
play(void *arg UNUSED)
{
    if (!replay.has_next) {
        log_info("%s: all %zu records replayed", replay.path, replay.n_done);
        loop_quit(replay.loop);
        return;
    }
    loop_task_schedule(&replay.task);
    if (pass_time(replay.start_ms + replay.next.ms)) {
        return;
    }
    if (++replay.n_idle > MAX_IDLE_TURNS) {
        diverge("the program does not take \"%s %u\"",
                replay_kind_name(replay.next.kind), replay.next.number);
    }
    deliver();
}

static struct error *
read_file(void)
{
    FILE *stream = fopen(replay.path, "re");
    if (!stream) {
        return error_create_errno(errno, "cannot replay %s", replay.path);
    }
    char buffer[65536];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, stream)) > 0) {
        str_put_n(&replay.text, buffer, n);
    }
    int error = ferror(stream) ? errno : 0;
    fclose(stream);
    return error ? error_create_errno(error, "cannot replay %s", replay.path)
                 : NULL;
}

static struct error *
begin_play(struct loop *loop)
{
    struct error *error = read_file();
    if (error) {
        return error;
    }
    uint64_t seed;
    if (!replay_parse_head(str_text(&replay.text), replay.text.len, &seed,
                           &replay.offset)) {
        return error_create("%s: not a record of a session", replay.path);
    }
    replay.loop = loop;
    list_init(&replay.streams);
    list_init(&replay.listeners);
    uuid_set_seed(seed);
    clock_stop();
    loop_task_init(loop, &replay.task, play, NULL);
    loop_task_schedule(&replay.task);
    return NULL;
}

struct error *
replay_begin(struct loop *loop)
{
    struct error *error = NULL;
    if (replay_mode == REPLAY_RECORD) {
        error = begin_record();
    } else if (replay_mode == REPLAY_PLAY) {
        error = begin_play(loop);
    }
    replay.start_ms = clock_msec();
    if (!error && replay_mode == REPLAY_PLAY) {
        read_next();
    }
    return error;
}

void
replay_end(void)
{
    if (replay_mode == REPLAY_RECORD) {
        close(replay.fd);
    } else if (replay_mode == REPLAY_PLAY) {
        loop_task_cancel(&replay.task);
    }
    replay_mode = REPLAY_OFF;
    str_uninit(&replay.text);
    free(steal_ptr(&replay.path));
}
