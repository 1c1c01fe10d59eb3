/* The database server: databases, sessions of clients, locks: RFC 7047 §4 and
 * ovsdb-server(7).
 *
 * Everything belongs to the thread of the loop. */

#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "base/strmap.h"
#include "db/engine/database.h"
#include "db/storage/storage.h"
#include "rpc/stream/stream.h"
#include "sys/loop/loop.h"

struct db_server;
struct db_session;

struct db_server *db_server_create(struct loop *);
/* Ends all sessions and closes all databases; NULL is legal. */
void db_server_destroy(struct db_server *);

/* Opens the file 'name' and serves the database in it; '*dbp' is its name, for
 * the caller to free. */
struct error *db_server_add_file(struct db_server *, const char *name,
                                 char **dbp) WARN_UNUSED;
/* Serves database 'name' of another server, at one of the 'remotes' (separated
 * by commas), without a file. */
struct error *db_server_add_relay(struct db_server *, const char *name,
                                  const char *remotes) WARN_UNUSED;
/* Probes of relays' sources. */
void db_server_set_relay_probe_interval(struct db_server *, int ms);
/* Stops serving database 'name'; false if there is none of that name. */
bool db_server_remove(struct db_server *, const char *name);
/* Makes clients that do not watch for databases connect again: for after
 * db_server_add_file() and db_server_remove() at run time. */
void db_server_notify_dbs_changed(struct db_server *);
/* NULL if there is none. */
struct database *db_server_find(const struct db_server *, const char *name);
/* Appends the names of all databases, sorted, a line each; internal ones only
 * if 'all'. */
void db_server_put_names(const struct db_server *, bool all, struct str *);
/* Gets the outcome, and takes 'error', the first one or NULL. */
typedef void db_server_compacted(struct error *error, void *arg);
/* Compacts database 'name', or all if it is NULL, in the background; calls
 * 'done(error, arg)' once, at the latest when the server is destroyed. */
void db_server_compact(struct db_server *, const char *name,
                       db_server_compacted *done, void *arg);
/* Compacts what has grown much; for calling now and then. */
void db_server_compact_grown(struct db_server *);
/* Whether compaction gives unused memory back to the system; off at first. */
void db_server_set_trim(struct db_server *, bool enable);
/* Executes 'txn', checked or not, as of the server itself: writes and commits
 * it, or aborts it. */
struct error *db_server_commit(struct db_server *, struct transaction *txn,
                               bool is_durable) WARN_UNUSED;
/* Drops all connections of clients, which may come again. */
void db_server_reconnect_all(struct db_server *);
/* Refuses monitor_cond and what came after it from now on. */
void db_server_disable_monitor_cond(struct db_server *);

/* Makes this server a backup of the one at 'remote': all its databases of the
 * same names and schemas follow that one's, but for the 'excluded' tables
 * ("DB:TABLE", ...; NULL: none), and clients may only read.  Ends when
 * nothing can be followed.  'probe_ms' -1: the default. */
void db_server_start_replication(struct db_server *, const char *remote,
                                 const char *excluded, int probe_ms);
/* Makes it active; no effect if it is. */
void db_server_stop_replication(struct db_server *);
bool db_server_is_backup(const struct db_server *);
/* The same for one database, which must be there: makes it follow the one at
 * 'remote', NULL: none, but for the tables in 'excluded'. */
void db_server_set_backup(struct db_server *, const char *db,
                          const char *remote, const struct strset *excluded,
                          int probe_ms);
/* Appends what "ovsdb-server/sync-status" tells. */
void db_server_put_sync_status(const struct db_server *, struct str *);
/* Appends 'excluded' as "ovsdb-server/get-sync-exclude-tables" tells it. */
void db_server_put_excluded(const char *excluded, struct str *);

/* Whether changes of a table's rows go to the log.  NULL, or why that cannot
 * be. */
const char *db_server_set_tlog(struct db_server *, const char *db,
                               const char *table, bool enable);
/* Appends for which tables they do. */
void db_server_put_tlog(const struct db_server *, struct str *);

/* What a remote makes of its sessions. */
struct db_session_options {
    int probe_interval_ms; /* -1: the default. */
    int max_backoff_ms;    /* -1: the default. */
    int dscp;              /* Of TCP connections; -1: the default. */
    bool is_read_only;
    const char *role; /* NULL: may do everything; borrowed. */
};

extern const struct db_session_options db_session_default_options;

struct db_session_status {
    bool is_connected;
    const char *state;     /* "ACTIVE" ... */
    int last_error;        /* 0, EOF or errno. */
    long long connected_s; /* -1: never. */
    long long disconnected_s;
    size_t n_locks_held, n_locks_waiting, n_locks_lost;
    char *names; /* Locks held, for the caller to free. */
};

/* A session that connects to 'name' and again when that ends. */
struct db_session *db_session_open(struct db_server *, const char *name,
                                   const struct db_session_options *);
/* A session over 'stream', which it takes.  'closed' is called once when it
 * ends by itself, and may not be NULL. */
struct db_session *
db_session_accepted(struct db_server *, struct stream *stream,
                    const struct db_session_options *,
                    void (*closed)(struct db_session *, void *arg), void *arg);
/* NULL is legal. */
void db_session_close(struct db_session *);
void db_session_set_options(struct db_session *,
                            const struct db_session_options *);
void db_session_get_status(const struct db_session *,
                           struct db_session_status *);
void db_session_reconnect(struct db_session *);

/* Numbers for "memory/show". */
struct db_server_counts {
    size_t n_cells, n_atoms, n_weak_refs, n_monitors, n_sessions, n_triggers;
};

struct db_server_counts db_server_counts(const struct db_server *);
