/* A JSON-RPC connection over a stream.
 *
 * Messages to send queue up in memory; the owner watches the backlog.  A
 * connection belongs to the thread of its loop. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"
#include "rpc/jsonrpc/message.h"
#include "rpc/stream/stream.h"

struct jsonrpc;

enum {
    /* A message of more bytes ends the connection, by default. */
    JSONRPC_MAX_MESSAGE_SIZE = 1 << 30,
    /* As many messages are delivered per turn of the loop. */
    JSONRPC_BURST = 50,
};

/* Called from the loop, never from inside jsonrpc_send() and the like.
 * Any of them may destroy the connection. */
struct jsonrpc_observer {
    /* A message came; the callee owns it. */
    void (*received)(void *arg, struct jsonrpc_message *);
    /* The connection is over: EOF or an errno.  Called once; nothing comes
     * after it. */
    void (*closed)(void *arg, int error);
    /* All queued messages went out.  May be NULL. */
    void (*drained)(void *arg);
};

/* Takes 'stream', which may still be connecting. */
struct jsonrpc *jsonrpc_create(struct loop *, struct stream *stream,
                               const struct jsonrpc_observer *, void *arg);
/* NULL is legal. */
void jsonrpc_destroy(struct jsonrpc *);
const char *jsonrpc_name(const struct jsonrpc *);
/* stream_peer_id(); NULL once the connection ended. */
const char *jsonrpc_peer_id(const struct jsonrpc *);
/* 0, EOF or the errno that ended the connection. */
int jsonrpc_status(const struct jsonrpc *);

/* Queues 'message' and takes it.  A message on a dead connection is lost. */
void jsonrpc_send(struct jsonrpc *, struct jsonrpc_message *message);
/* Queues a message whose text is there already: 'head', which it empties,
 * 'body' (serialized, or NULL), which many messages may share, and 'tail'. */
void jsonrpc_send_text(struct jsonrpc *, struct str *head, struct json *body,
                       const char *tail);
/* Bytes queued, and messages or parts of them. */
size_t jsonrpc_backlog(const struct jsonrpc *);
size_t jsonrpc_n_queued(const struct jsonrpc *);
/* The connection ends with ENOBUFS when more is queued (0: no limit) and the
 * peer does not take it. */
void jsonrpc_set_backlog_limit(struct jsonrpc *, size_t bytes);
/* A message of more bytes ends the connection; JSONRPC_MAX_MESSAGE_SIZE at
 * first. */
void jsonrpc_set_max_message_size(struct jsonrpc *, size_t bytes);
/* Stops (and resumes) reading: back-pressure on the peer. */
void jsonrpc_pause(struct jsonrpc *, bool paused);
/* Total bytes received and sent. */
unsigned long long jsonrpc_received_bytes(const struct jsonrpc *);
unsigned long long jsonrpc_sent_bytes(const struct jsonrpc *);

/* Sends of what is queued as much as goes without waiting, not only when the
 * loop runs next. */
void jsonrpc_flush(struct jsonrpc *);

/* For programs that have nothing else to do; the loop runs inside.  Messages
 * other than those waited for go to the observer. */
/* Sends all that is queued: 0, EOF or errno. */
int jsonrpc_flush_block(struct jsonrpc *) WARN_UNUSED;
/* The next message: 0, EOF or errno. */
int jsonrpc_recv_block(struct jsonrpc *,
                       struct jsonrpc_message **) WARN_UNUSED;
/* Sends 'request', which it takes, and waits for its reply or error. */
int jsonrpc_transact_block(struct jsonrpc *, struct jsonrpc_message *request,
                           struct jsonrpc_message **replyp) WARN_UNUSED;
