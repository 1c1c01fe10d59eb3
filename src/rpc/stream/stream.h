/* Byte streams to peers, active and passive, by name:
 *
 *     tcp:HOST:PORT  unix:FILE  ssl:HOST:PORT       stream_open()
 *     ptcp:[PORT][:IP]  punix:FILE  pssl:...        stream_listen()
 *
 * Everything is non-blocking.  A stream belongs to the thread of its loop. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "sys/loop/loop.h"

struct stream;
struct stream_listener;

struct stream_options {
    int default_port; /* Where the name gives none; -1: it must. */
    uint8_t dscp;     /* Of TCP connections: 0...63. */
};

/* What a stream may have to wait for. */
enum stream_want {
    STREAM_RECV = 1 << 0, /* Also: connected or failed to. */
    STREAM_SEND = 1 << 1,
};

/* Checks only the form of an active / passive name: 0, or EAFNOSUPPORT if its
 * type is unknown. */
int stream_check_name(const char *name) WARN_UNUSED;
int stream_check_listener_name(const char *name) WARN_UNUSED;
/* Whether connections of this name need probes: not if they are local. */
bool stream_needs_probes(const char *name);

/* Begins to connect.  'options' may be NULL.  0, or EAFNOSUPPORT for an
 * unknown type, or another errno; then '*streamp' is NULL. */
int stream_open(struct loop *, const char *name,
                const struct stream_options *options,
                struct stream **streamp) WARN_UNUSED;
/* A connected stream over 'fd', which it takes. */
struct stream *stream_from_fd(struct loop *, const char *name, int fd);
/* NULL is legal. */
void stream_close(struct stream *);
/* Borrowed: as given to stream_open(), or the peer as a listener saw it. */
const char *stream_name(const struct stream *);

/* 0 once connected, EAGAIN while connecting, else the errno of the failure. */
int stream_connect(struct stream *) WARN_UNUSED;
/* Bytes received; 0 at the end of the stream; -EAGAIN if there are none now;
 * another -errno.  'n' must not be 0. */
ssize_t stream_recv(struct stream *, void *buffer, size_t n);
/* Bytes sent, at least 1; -EAGAIN if none can be now; another -errno. */
ssize_t stream_send(struct stream *, const void *data, size_t n);

/* Calls back whenever one of 'wants' (enum stream_want; 0: nothing) may be
 * possible; until the next call. */
void stream_watch(struct stream *, unsigned int wants, loop_callback *,
                  void *arg);
/* Runs the stream's loop until one of 'wants' may be possible: 0, or
 * ETIMEDOUT after 'timeout_ms' (-1: never).  For programs that have nothing
 * else to do. */
int stream_wait(struct stream *, unsigned int wants, int timeout_ms);
/* The descriptor or -1. */
int stream_fd(const struct stream *);
/* Common name of the peer's verified certificate, borrowed; NULL if there is
 * none. */
const char *stream_peer_id(const struct stream *);
/* Local address of a connected TCP stream as "IP:PORT"; caller frees; NULL if
 * there is none. */
char *stream_local_address(const struct stream *);

/* Listens.  0 or errno, as stream_open(); failures to bind are logged. */
int stream_listen(struct loop *, const char *name,
                  const struct stream_options *options,
                  struct stream_listener **listenerp) WARN_UNUSED;
/* Unlinks a Unix socket; NULL is legal. */
void stream_listener_close(struct stream_listener *);
/* The name, with the port that was chosen. */
const char *stream_listener_name(const struct stream_listener *);
/* Port that a TCP listener got, else 0. */
uint16_t stream_listener_port(const struct stream_listener *);
/* 0, EAGAIN if nobody called, or another errno. */
int stream_accept(struct stream_listener *, struct stream **) WARN_UNUSED;
/* Calls back whenever stream_accept() may succeed; NULL: no more. */
void stream_listener_watch(struct stream_listener *, loop_callback *,
                           void *arg);

/* Help text about connection names, for --help. */
void stream_print_help(const char *kind, bool active, bool passive);
