/* One OpenFlow connection: hello, version, frames.  No echo, no reconnection:
 * see channel.h for these.
 *
 * A vconn belongs to the thread of its loop.  Programs that have nothing else
 * to do use the functions that wait. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/writer.h"
#include "openflow/message/message.h"
#include "rpc/stream/stream.h"
#include "sys/loop/loop.h"

enum { OF_DEFAULT_PORT = 6653 };

struct vconn;

/* Begins to connect to 'name'; 'versions' is the set on offer.  0 or errno,
 * then '*vconnp' is NULL. */
int vconn_open(struct loop *, const char *name, uint32_t versions,
               uint8_t dscp, struct vconn **vconnp) WARN_UNUSED;
/* Over 'stream', which it takes. */
struct vconn *vconn_from_stream(struct stream *, uint32_t versions);
/* NULL is legal. */
void vconn_close(struct vconn *);
const char *vconn_name(const struct vconn *);
/* 0 before negotiation. */
uint8_t vconn_version(const struct vconn *);
/* Takes messages of any version from now on, as of a connection that only
 * listens to others. */
void vconn_accept_any_version(struct vconn *);

/* 0 once versions are negotiated (OpenFlow 1.3.5 §6.3.1), EAGAIN while under
 * way, EPROTO if that failed, or another errno. */
int vconn_connect(struct vconn *) WARN_UNUSED;
/* Takes the next message, which is valid until the next call: 0, EAGAIN if
 * there is none now, EOF at the end, EPROTO for bytes that are no OpenFlow, or
 * another errno. */
int vconn_recv(struct vconn *, const uint8_t **datap,
               size_t *sizep) WARN_UNUSED;
/* Queues whole messages and empties the writer, then sends what can be sent
 * now: 0 or errno. */
int vconn_send(struct vconn *, struct writer *);
/* 0 if all is sent, EAGAIN, or another errno. */
int vconn_flush(struct vconn *);
size_t vconn_backlog(const struct vconn *);
/* Bytes received since the beginning. */
unsigned long long vconn_received(const struct vconn *);
/* Calls back whenever the functions above may get further; NULL: no more. */
void vconn_watch(struct vconn *, loop_callback *, void *arg);

/* Whether to leave what the peer sends in its socket, while watching. */
void vconn_pause(struct vconn *, bool paused);

/* Waiting for it: 0 or errno as above, never EAGAIN. */
int vconn_connect_block(struct vconn *) WARN_UNUSED;
int vconn_recv_block(struct vconn *, const uint8_t **datap,
                     size_t *sizep) WARN_UNUSED;
/* As vconn_recv_block(), ETIMEDOUT after 'timeout_ms'. */
int vconn_recv_timeout(struct vconn *, int timeout_ms, const uint8_t **datap,
                       size_t *sizep) WARN_UNUSED;
int vconn_send_block(struct vconn *, struct writer *) WARN_UNUSED;
/* Sends one request and waits for the reply with its transaction id (or the
 * error); answers echo requests meanwhile, drops anything else. */
int vconn_transact(struct vconn *, struct writer *request,
                   const uint8_t **datap, size_t *sizep) WARN_UNUSED;
/* Waits for a message with this id. */
int vconn_recv_xid(struct vconn *, uint32_t xid, const uint8_t **datap,
                   size_t *sizep) WARN_UNUSED;
