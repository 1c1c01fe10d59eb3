/* One OpenFlow connection: hello, version, frames. */

#include "openflow/channel/vconn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/mem.h"
#include "base/str.h"
#include "openflow/message/print.h"
#include "openflow/message/switch.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(vconn);

/* OpenFlow 1.3.5 §7.4.4: OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE. */
enum { HELLO_FAILED = 0, HELLO_INCOMPATIBLE = 0, TYPE_ERROR = 1 };

enum { RECV_CHUNK = 65536 };

enum vconn_state {
    VCONN_CONNECTING, /* The stream is. */
    VCONN_HELLO,      /* Ours is queued, the peer's is not here. */
    VCONN_CONNECTED,
    VCONN_FAILED, /* 'error' says why. */
};

struct vconn {
    struct stream *stream;
    enum vconn_state state;
    int error;         /* Of VCONN_FAILED. */
    uint32_t versions; /* On offer. */
    uint8_t version;   /* Negotiated, or 0. */
    bool any_version;  /* Messages of other versions pass. */
    bool paused;       /* Not to be woken up by the peer's bytes. */
    struct writer tx;  /* Queued; what is before 'tx_sent' has gone. */
    size_t tx_sent;
    struct writer rx; /* Received; what is before 'rx_used' was taken. */
    size_t rx_used;
    unsigned long long received;
    loop_callback *callback; /* NULL: nobody watches. */
    void *arg;
};

struct vconn *
vconn_from_stream(struct stream *stream, uint32_t versions)
{
    struct vconn *v = xzalloc(sizeof *v);
    v->stream = stream;
    v->versions = versions;
    return v;
}

int
vconn_open(struct loop *loop, const char *name, uint32_t versions,
           uint8_t dscp, struct vconn **vconnp)
{
    struct stream_options options = { OF_DEFAULT_PORT, dscp };
    struct stream *stream;
    *vconnp = NULL;
    int error = stream_open(loop, name, &options, &stream);
    if (!error) {
        *vconnp = vconn_from_stream(stream, versions);
    }
    return error;
}

void
vconn_close(struct vconn *v)
{
    if (v) {
        stream_close(v->stream);
        writer_uninit(&v->tx);
        writer_uninit(&v->rx);
        free(v);
    }
}

const char *
vconn_name(const struct vconn *v)
{
    return stream_name(v->stream);
}

uint8_t
vconn_version(const struct vconn *v)
{
    return v->version;
}

void
vconn_accept_any_version(struct vconn *v)
{
    v->any_version = true;
}

size_t
vconn_backlog(const struct vconn *v)
{
    return v->tx.size - v->tx_sent;
}

unsigned long long
vconn_received(const struct vconn *v)
{
    return v->received;
}

/* What the stream has to wait for. */
static unsigned int
wants(const struct vconn *v)
{
    if (v->state == VCONN_CONNECTING) {
        return STREAM_RECV;
    }
    return (v->paused ? 0u : STREAM_RECV)
           | (vconn_backlog(v) ? STREAM_SEND : 0u);
}

static void
update_watch(struct vconn *v)
{
    if (v->callback) {
        stream_watch(v->stream, wants(v), v->callback, v->arg);
    }
}

void
vconn_watch(struct vconn *v, loop_callback *callback, void *arg)
{
    v->callback = callback;
    v->arg = arg;
    stream_watch(v->stream, callback ? wants(v) : 0, callback, arg);
}

void
vconn_pause(struct vconn *v, bool paused)
{
    if (v->paused != paused) {
        v->paused = paused;
        update_watch(v);
    }
}

static void
log_message(const struct vconn *v, const char *what, const uint8_t *data,
            size_t size)
{
    if (log_is_dbg_enabled()) {
        struct str s = STR_INITIALIZER;
        message_format(data, size, NULL, 1, &s);
        str_chomp(&s, "\n");
        log_dbg("%s: %s: %s", vconn_name(v), what, str_text(&s));
        str_uninit(&s);
    }
}

static void
log_sent(const struct vconn *v, const struct writer *w)
{
    for (size_t at = 0; at + MESSAGE_HEADER_SIZE <= w->size;) {
        size_t size = get_be16(w->data + at + 2);
        if (size < MESSAGE_HEADER_SIZE || size > w->size - at) {
            break;
        }
        log_message(v, "sent (Success)", w->data + at, size);
        at += size;
    }
}

int
vconn_flush(struct vconn *v)
{
    int error = 0;
    if (v->state == VCONN_CONNECTING) {
        return vconn_backlog(v) ? EAGAIN : 0;
    }
    while (vconn_backlog(v)) {
        ssize_t n =
            stream_send(v->stream, v->tx.data + v->tx_sent, vconn_backlog(v));
        if (n < 0) {
            error = (int) -n;
            break;
        }
        v->tx_sent += (size_t) n;
    }
    if (!vconn_backlog(v)) {
        writer_clear(&v->tx);
        v->tx_sent = 0;
    } else if (v->tx_sent > v->tx.size / 2) {
        writer_pull(&v->tx, v->tx_sent);
        v->tx_sent = 0;
    }
    update_watch(v);
    return error;
}

int
vconn_send(struct vconn *v, struct writer *w)
{
    if (log_is_dbg_enabled()) {
        log_sent(v, w);
    }
    writer_put(&v->tx, w->data, w->size);
    writer_clear(w);
    int error = vconn_flush(v);
    return error == EAGAIN ? 0 : error;
}

/* Frames. */

/* A whole message at the front of what was received: 0, EAGAIN or EPROTO. */
static int
next_frame(struct vconn *v, const uint8_t **datap, size_t *sizep)
{
    size_t left = v->rx.size - v->rx_used;
    if (left < MESSAGE_HEADER_SIZE) {
        return EAGAIN;
    }
    const uint8_t *data = v->rx.data + v->rx_used;
    size_t size = get_be16(data + 2);
    if (size < MESSAGE_HEADER_SIZE) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(60, 5);
        log_err_rl(&rl, "received too-short ofp_header (%zu bytes)", size);
        return EPROTO;
    }
    if (left < size) {
        return EAGAIN;
    }
    v->rx_used += size;
    *datap = data;
    *sizep = size;
    return 0;
}

/* Takes the next message whatever its version. */
static int
recv_frame(struct vconn *v, const uint8_t **datap, size_t *sizep)
{
    for (;;) {
        int error = next_frame(v, datap, sizep);
        if (!error) {
            log_message(v, "received", *datap, *sizep);
        }
        if (error != EAGAIN) {
            return error;
        }
        writer_pull(&v->rx, v->rx_used);
        v->rx_used = 0;
        writer_reserve(&v->rx, RECV_CHUNK);
        ssize_t n =
            stream_recv(v->stream, v->rx.data + v->rx.size, RECV_CHUNK);
        if (n > 0) {
            v->rx.size += (size_t) n;
            v->received += (unsigned long long) n;
        } else if (n == 0) {
            return v->rx.size ? EPROTO : EOF;
        } else {
            return (int) -n;
        }
    }
}

int
vconn_recv(struct vconn *v, const uint8_t **datap, size_t *sizep)
{
    *datap = NULL;
    *sizep = 0;
    int error = vconn_connect(v);
    if (error) {
        return error;
    }
    error = recv_frame(v, datap, sizep);
    if (error || v->any_version || (*datap)[0] == v->version) {
        return error;
    }
    /* OpenFlow 1.3.5 §6.3.1: only hello, errors and echoes may differ. */
    if ((*datap)[1] <= 3) {
        return 0;
    }
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(60, 5);
    log_err_rl(&rl,
               "%s: received OpenFlow version 0x%02x"
               " != expected %02x",
               vconn_name(v), (*datap)[0], v->version);
    *datap = NULL;
    return EPROTO;
}

/* Negotiation. */

/* "version 0x01", "version 0x06 and earlier", "versions 0x01, 0x04". */
static void
put_versions(uint32_t versions, struct str *s)
{
    /* All versions from 1.0 up to some one, and more than that. */
    uint32_t from_first = versions >> 1;
    if (from_first > 1 && !(from_first & (from_first + 1))) {
        str_putf(s, "version 0x%02x and earlier",
                 version_set_highest(versions));
        return;
    }
    bool many = versions & (versions - 1);
    str_put(s, many ? "versions " : "version ");
    const char *separator = "";
    for (unsigned int i = 0; i < 32; i++) {
        if (versions & (1u << i)) {
            str_putf(s, "%s0x%02x", separator, i);
            separator = ", ";
        }
    }
}

static int
fail(struct vconn *v, int error)
{
    v->state = VCONN_FAILED;
    v->error = error;
    return error;
}

/* No version in common: tells the peer so. */
static int
fail_negotiation(struct vconn *v, uint32_t peer_versions, uint8_t version)
{
    struct str us = STR_INITIALIZER;
    struct str peer = STR_INITIALIZER;
    put_versions(v->versions, &us);
    put_versions(peer_versions, &peer);
    log_warn("%s: version negotiation failed (we support %s, peer supports "
             "%s)",
             vconn_name(v), str_text(&us), str_text(&peer));

    struct writer w = WRITER_INITIALIZER;
    writer_u8(&w, version);
    writer_u8(&w, TYPE_ERROR);
    writer_u16(&w, 0); /* Length. */
    writer_u32(&w, 0); /* Of no request. */
    writer_u16(&w, HELLO_FAILED);
    writer_u16(&w, HELLO_INCOMPATIBLE);
    struct str text = STR_INITIALIZER;
    str_putf(&text, "We support %s, you support %s, no common versions.",
             str_text(&us), str_text(&peer));
    writer_put(&w, text.text, text.len);
    writer_set_u16(&w, 2, (uint16_t) w.size);
    (void) vconn_send(v, &w);
    writer_uninit(&w);
    str_uninit(&text);
    str_uninit(&us);
    str_uninit(&peer);
    return fail(v, EPROTO);
}

/* OpenFlow 1.3.5 §6.3.1: the highest version in both bitmaps, or without
 * bitmaps the lower one of the two offered. */
static int
handle_hello(struct vconn *v, const uint8_t *data, size_t size)
{
    struct message m;
    if (message_decode(data, size, &m) || m.type != MSG_HELLO) {
        struct str s = STR_INITIALIZER;
        message_format(data, size, NULL, 1, &s);
        str_chomp(&s, "\n");
        log_warn("%s: received message while expecting hello: %s",
                 vconn_name(v), str_text(&s));
        str_uninit(&s);
        return fail(v, EPROTO);
    }
    uint32_t peer_versions;
    bool is_known = hello_decode(&m, &peer_versions);
    uint8_t version = version_set_highest(v->versions & peer_versions);
    if (!is_known || !version) {
        return fail_negotiation(v, peer_versions, m.version);
    }
    if (log_is_dbg_enabled()) {
        struct str us = STR_INITIALIZER;
        struct str peer = STR_INITIALIZER;
        put_versions(v->versions, &us);
        put_versions(peer_versions, &peer);
        log_dbg("%s: negotiated OpenFlow version 0x%02x (we support %s, peer "
                "supports %s)",
                vconn_name(v), version, str_text(&us), str_text(&peer));
        str_uninit(&us);
        str_uninit(&peer);
    }
    v->version = version;
    v->state = VCONN_CONNECTED;
    return 0;
}

static void
send_hello(struct vconn *v)
{
    struct writer w = WRITER_INITIALIZER;
    hello_encode(v->versions, &w);
    (void) vconn_send(v, &w);
    writer_uninit(&w);
}

int
vconn_connect(struct vconn *v)
{
    if (v->state == VCONN_CONNECTED) {
        return 0;
    } else if (v->state == VCONN_FAILED) {
        return v->error;
    }
    if (v->state == VCONN_CONNECTING) {
        int error = stream_connect(v->stream);
        if (error) {
            return error == EAGAIN ? error : fail(v, error);
        }
        v->state = VCONN_HELLO;
        send_hello(v);
    }
    const uint8_t *data;
    size_t size;
    int error = recv_frame(v, &data, &size);
    if (error) {
        update_watch(v);
        return error == EAGAIN ? error
                               : fail(v, error == EOF ? ECONNRESET : error);
    }
    return handle_hello(v, data, size);
}

/* Waiting. */

int
vconn_connect_block(struct vconn *v)
{
    int error;
    while ((error = vconn_connect(v)) == EAGAIN) {
        int flush_error = vconn_flush(v);
        if (flush_error && flush_error != EAGAIN) {
            return fail(v, flush_error);
        }
        (void) stream_wait(v->stream, wants(v), -1);
    }
    return error;
}

int
vconn_recv_timeout(struct vconn *v, int timeout_ms, const uint8_t **datap,
                   size_t *sizep)
{
    long long deadline = clock_msec() + timeout_ms;
    int error;
    while ((error = vconn_recv(v, datap, sizep)) == EAGAIN) {
        int flush_error = vconn_flush(v);
        if (flush_error && flush_error != EAGAIN) {
            return flush_error;
        }
        int wait_ms = -1;
        if (timeout_ms >= 0) {
            long long left = deadline - clock_msec();
            if (left <= 0) {
                return ETIMEDOUT;
            }
            wait_ms = (int) left;
        }
        (void) stream_wait(v->stream, wants(v), wait_ms);
    }
    return error;
}

int
vconn_recv_block(struct vconn *v, const uint8_t **datap, size_t *sizep)
{
    return vconn_recv_timeout(v, -1, datap, sizep);
}

int
vconn_send_block(struct vconn *v, struct writer *w)
{
    int error = vconn_send(v, w);
    while (!error && (error = vconn_flush(v)) == EAGAIN) {
        error = stream_wait(v->stream, STREAM_SEND, -1);
    }
    return error;
}

/* Answers an echo request; false if it is none. */
static bool
answer_echo(struct vconn *v, const uint8_t *data, size_t size)
{
    struct message m;
    if (message_decode(data, size, &m) || m.type != MSG_ECHO_REQUEST) {
        return false;
    }
    struct writer w = WRITER_INITIALIZER;
    message_begin(&w, MSG_RAW_OFPT_ECHO_REPLY, m.version, m.xid);
    writer_put(&w, m.body, m.body_size);
    message_finish(&w, 0);
    (void) vconn_send(v, &w);
    writer_uninit(&w);
    return true;
}

int
vconn_recv_xid(struct vconn *v, uint32_t xid, const uint8_t **datap,
               size_t *sizep)
{
    for (;;) {
        int error = vconn_recv_block(v, datap, sizep);
        if (error) {
            return error;
        }
        uint32_t got = get_be32(*datap + 4);
        if (answer_echo(v, *datap, *sizep)) {
            continue;
        } else if (got == xid) {
            return 0;
        }
        log_dbg("%s: received reply with xid %08x != expected %08x",
                vconn_name(v), got, xid);
    }
}

int
vconn_transact(struct vconn *v, struct writer *request, const uint8_t **datap,
               size_t *sizep)
{
    uint32_t xid = get_be32(request->data + 4);
    int error = vconn_send_block(v, request);
    *datap = NULL;
    *sizep = 0;
    return error ? error : vconn_recv_xid(v, xid, datap, sizep);
}
