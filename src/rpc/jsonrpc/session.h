/* A JSON-RPC session: a connection that is made again when it fails, to one
 * of several remotes, and probed with "echo" while idle: RFC 7047 §4.1.11. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "rpc/jsonrpc/connection.h"
#include "rpc/stream/reconnect.h"

struct jsonrpc_session;

/* Called from the loop.  Any of them may close the session, except where it
 * says otherwise. */
struct jsonrpc_session_observer {
    /* A new connection is up.  May be NULL. */
    void (*connected)(void *arg);
    /* The connection is gone; the session goes on or is dead.  May be NULL. */
    void (*disconnected)(void *arg, int error);
    /* A message other than "echo" and its replies; the callee owns it. */
    void (*received)(void *arg, struct jsonrpc_message *);
    /* All queued messages went out.  May be NULL. */
    void (*drained)(void *arg);
};

/* A session with the active or passive 'name'; if 'retry' is false it is dead
 * after the first failure. */
struct jsonrpc_session *
jsonrpc_session_open(struct loop *, const char *name, bool retry,
                     const struct jsonrpc_session_observer *, void *arg);
/* With 'remotes', tried in order, or in random order if 'shuffle'. */
struct jsonrpc_session *jsonrpc_session_open_multiple(
    struct loop *, const struct str_vec *remotes, bool retry, bool shuffle,
    const struct jsonrpc_session_observer *, void *arg);
/* A session over an accepted 'stream', which it takes: dead when that ends. */
struct jsonrpc_session *
jsonrpc_session_accepted(struct loop *, struct stream *stream, uint8_t dscp,
                         const struct jsonrpc_session_observer *, void *arg);
/* NULL is legal. */
void jsonrpc_session_close(struct jsonrpc_session *);

/* Tries other remotes from now on; keeps the connection if its remote is still
 * among them. */
void jsonrpc_session_set_remotes(struct jsonrpc_session *,
                                 const struct str_vec *remotes);
void jsonrpc_session_send(struct jsonrpc_session *, struct jsonrpc_message *);
void jsonrpc_session_send_text(struct jsonrpc_session *, struct str *head,
                               struct json *body, const char *tail);

bool jsonrpc_session_is_alive(const struct jsonrpc_session *);
bool jsonrpc_session_is_connected(const struct jsonrpc_session *);
/* Changes with every connection and disconnection. */
unsigned int jsonrpc_session_seqno(const struct jsonrpc_session *);
/* EOF or errno of the last failure; 0 if none. */
int jsonrpc_session_last_error(const struct jsonrpc_session *);
/* Remote in use. */
const char *jsonrpc_session_name(const struct jsonrpc_session *);
/* The number of remotes. */
size_t jsonrpc_session_n_remotes(const struct jsonrpc_session *);
size_t jsonrpc_session_backlog(const struct jsonrpc_session *);
/* By all connections so far. */
unsigned long long
jsonrpc_session_received_bytes(const struct jsonrpc_session *);
size_t jsonrpc_session_n_queued(const struct jsonrpc_session *);
void jsonrpc_session_set_backlog_limit(struct jsonrpc_session *, size_t bytes);
/* Of messages received: jsonrpc_set_max_message_size(). */
void jsonrpc_session_set_max_message_size(struct jsonrpc_session *,
                                          size_t bytes);
void jsonrpc_session_pause(struct jsonrpc_session *, bool paused);
/* The connection, borrowed, or NULL. */
struct jsonrpc *jsonrpc_session_connection(struct jsonrpc_session *);
struct reconnect_stats jsonrpc_session_stats(const struct jsonrpc_session *);

/* Drops the connection and connects again, perhaps to the next remote. */
void jsonrpc_session_reconnect(struct jsonrpc_session *);
void jsonrpc_session_enable_reconnect(struct jsonrpc_session *);
void jsonrpc_session_set_max_backoff(struct jsonrpc_session *, int max_ms);
/* 0: no probes. */
void jsonrpc_session_set_probe_interval(struct jsonrpc_session *, int ms);
void jsonrpc_session_set_dscp(struct jsonrpc_session *, uint8_t dscp);
