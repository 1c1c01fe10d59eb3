/* A replica of a database in the client, kept up to date by the server.
 *
 *     struct idl *idl = idl_create(loop, &vswitch_database, &observer, arg);
 *     idl_monitor_table(idl, VSWITCH_TABLE_BRIDGE);  or idl_monitor_all()
 *     idl_connect(idl, "unix:db.sock", true);
 *     loop_run(loop);
 *
 * The observer hears once per batch of updates; between batches rows do not
 * change.  The replica belongs to the thread of its loop.  Changes are made
 * with db/idl/transaction.h. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "base/vec.h"
#include "db/data/schema.h"
#include "db/idl/rows.h"

struct idl;
struct json;
struct jsonrpc_session;
struct loop;

/* Called from the loop.  None may destroy the replica. */
struct idl_observer {
    /* The replica changed: it got its first content, rows changed (in columns
     * that alert), or the state of connection or lock did.  The changes can be iterated over
     * until the callee returns. */
    void (*changed)(void *arg);
    /* A transaction got its reply; may be NULL. */
    void (*transaction_done)(void *arg);
    /* The connection was lost or the session is dead; may be NULL. */
    void (*disconnected)(void *arg);
};

/* How a column is monitored. */
enum {
    IDL_MONITOR = 1 << 0, /* Replicate it. */
    IDL_ALERT = 1 << 1,   /* Changes of it count as changes of the row. */
};

struct idl *idl_create(struct loop *, const struct row_database *,
                       const struct idl_observer *, void *arg);
/* NULL is legal. */
void idl_destroy(struct idl *);

/* Before idl_connect(), or later: then the replica is fetched again. */
void idl_monitor_all(struct idl *);
void idl_monitor_table(struct idl *, size_t table);
/* 'column' is the enumerator of the generated header. */
/* The rows of the table, but no column beyond those asked for. */
void idl_monitor_rows(struct idl *, size_t table);
void idl_monitor_column(struct idl *, size_t table, size_t column);
/* Changes of 'column', which the client itself writes, do not alert. */
void idl_omit_alert(struct idl *, size_t table, size_t column);
/* Drops the column or table from what is monitored. */
void idl_omit_column(struct idl *, size_t table, size_t column);

/* 'remote' may hold several names separated by commas.  Without 'retry' the
 * session is dead after the first failure. */
void idl_connect(struct idl *, const char *remote, bool retry);
void idl_set_remote(struct idl *, const char *remote);
void idl_set_shuffle(struct idl *, bool shuffle);
void idl_set_probe_interval(struct idl *, int ms);
/* Asks the server for its schema only if it refuses to be monitored: for
 * short-lived clients.  Before idl_connect(). */
void idl_set_trust(struct idl *, bool);
/* Drops the connection and makes it again. */
void idl_reconnect(struct idl *);

/* Of a cluster, whether only the leader will do (as it is at first), or any
 * server that is connected to the others: for servers heard of from now on. */
void idl_set_leader_only(struct idl *, bool);
/* Why the last server was of no use; NULL if it was. */
const char *idl_server_complaint(const struct idl *);
/* Takes servers also if their state is older than what was seen. */
void idl_reset_min_index(struct idl *);

bool idl_is_alive(const struct idl *);
bool idl_is_connected(const struct idl *);
/* Errno of the last failure of the session, EOF; 0 if none. */
int idl_last_error(const struct idl *);
/* The content is there (and was since the first time). */
bool idl_has_ever_synced(const struct idl *);
/* What is wrong with the database at the server, or NULL. */
const char *idl_error(const struct idl *);
/* Changes whenever the content (columns that alert) or the state of the lock
 * does. */
uint64_t idl_seqno(const struct idl *);
struct loop *idl_loop(const struct idl *);
const char *idl_remote(const struct idl *);

/* Asks for the lock 'name': NULL gives it back.  While a lock is wanted and
 * not held, transactions fail with IDL_TXN_NOT_LOCKED. */
void idl_set_lock(struct idl *, const char *name);
bool idl_has_lock(const struct idl *);
/* Some other client has it. */
bool idl_is_lock_contended(const struct idl *);

/* Conditions: the rows of 'table' that match any of the clauses in 'where',
 * an array (which is taken), are replicated; all if it is NULL, none if it is
 * empty.  Returns the number of the condition: when idl_condition_seqno() is
 * that or more, the replica has these rows and no others.  Servers before
 * "monitor_cond" send all rows. */
uint64_t idl_set_condition(struct idl *, size_t table, struct json *where);
uint64_t idl_condition_seqno(const struct idl *);
/* A clause for it; 'function' as in RFC 7047 §5.1. */
struct json *idl_clause(const struct column *, const char *function,
                        const struct datum *);

/* Schema that the program was built with. */
const struct schema *idl_schema(const struct idl *);
/* Whether the server has this column (by index in the schema). */
bool idl_has_column(const struct idl *, const struct table_schema *,
                    const struct column *);
bool idl_has_table(const struct idl *, size_t table);

/* Rows, in no particular order.  A row that the open transaction deletes is
 * left out, one that it inserts is there. */
struct idl_row *idl_first(const struct idl *, size_t table);
struct idl_row *idl_next(const struct idl_row *);
struct idl_row *idl_find(const struct idl *, size_t table,
                         const struct uuid *);
size_t idl_count(const struct idl *, size_t table);
#define IDL_FOR_EACH(row, idl, table) \
    for (row = idl_first(idl, table); row; row = idl_next(row))

const struct table_schema *idl_row_table(const struct idl_row *);
struct idl *idl_row_idl(const struct idl_row *);
/* The column as the open transaction sees it, or as the server has it. */
const struct datum *idl_read(const struct idl_row *, const struct column *);
/* Rows that refer to 'row': calls 'fn' for each of them once. */
void idl_for_each_referrer(const struct idl_row *row,
                           void (*fn)(struct idl_row *referrer, void *arg),
                           void *arg);

/* Changes since the last batch, for the observer: NULL at the end.  A row may
 * be inserted, deleted, or changed in some columns. */
struct idl_row *idl_first_change(const struct idl *);
struct idl_row *idl_next_change(const struct idl *, const struct idl_row *);
/* 'column' is the enumerator of the generated header. */
bool idl_row_changed(const struct idl_row *, size_t column);
