/* What the files of the server share. */

#pragma once

#include "base/hmap.h"
#include "base/list.h"
#include "base/strmap.h"
#include "db/engine/execute.h"
#include "db/server/history.h"
#include "db/server/server.h"
#include "rpc/jsonrpc/session.h"

/* A database being served. */
struct served_db {
    struct db_server *server;
    struct database *db;
    struct storage *storage;
    bool is_internal;    /* "_Server": clients only read it. */
    bool is_available;   /* Not if it is a relay that was never connected. */
    bool is_relay;       /* 'mirror' is its source. */
    bool is_backup;      /* 'mirror' is the active server's: read-only. */
    char *backup_remote; /* Of the latter, with what is left out. */
    struct strset backup_excluded;
    struct mirror *mirror; /* What it follows, or NULL. */
    struct uuid txn_id;    /* At a mirror: the source's last transaction. */
    struct database_observer observer;
    struct history *history;         /* NULL until somebody asks for it. */
    struct list monitors;            /* Of struct monitor. */
    struct loop_timer initial_timer; /* For monitors_forget_initial(). */
    struct list compactions; /* Of struct compaction: who waits for one. */
    struct list triggers;    /* Of struct trigger. */
    struct loop_task retry;  /* Tries triggers after a commit. */
    struct uuid row;         /* Its row in "_Server". */
};

struct db_server {
    struct loop *loop;
    struct strmap dbs;    /* Name to struct served_db. */
    struct list sessions; /* Of struct db_session. */
    struct strmap locks;  /* Name to struct lock. */
    struct uuid id;       /* For get_server_id. */
    bool no_monitor_cond;
    bool is_ready;                    /* "_Server" exists. */
    bool trims_memory;                /* After compaction. */
    struct loop_timer trim_timer;     /* For server_trim_memory(). */
    unsigned long long n_untrimmed;   /* Bytes of requests since. */
    long long last_trimmed;           /* Monotonic time in ms. */
    struct replication *replication;  /* NULL: this is no backup. */
    struct loop_task replication_end; /* After all mirrors ended. */
    int relay_probe_ms;               /* -1: the default. */
};

struct db_session {
    struct list node; /* In 'sessions' of the server. */
    struct db_server *server;
    struct jsonrpc_session *rpc;
    bool is_change_aware; /* set_db_change_aware. */
    bool is_read_only;
    char *role;           /* NULL: may do everything. */
    struct hmap monitors; /* Of struct monitor, by ID. */
    struct list triggers; /* Of struct trigger. */
    struct list waiters;  /* Of struct lock_waiter. */
    struct strmap waiters_by_name;
    size_t n_locks_lost;
    unsigned long long n_received; /* Bytes counted in 'n_untrimmed'. */
    size_t request_size;           /* Bytes of the present request, about. */
    size_t n_waiting;              /* Transactions in 'triggers'. */
    size_t waiting_size;           /* Bytes of their requests. */
    void (*closed)(struct db_session *, void *arg); /* NULL: reconnects. */
    void *closed_arg;
};

/* session.c */
static inline bool
session_may_only_read(const struct db_session *session,
                      const struct served_db *sdb)
{
    return session->is_read_only || session->server->replication
           || sdb->is_backup;
}

/* Who its certificate says that the client is, or NULL. */
const char *session_peer_id(const struct db_session *);
void session_send(struct db_session *, struct jsonrpc_message *);
/* jsonrpc_send_text() */
void session_send_text(struct db_session *, struct str *head,
                       struct json *body, const char *tail);
/* Reads requests, or not while there is enough to do about those before. */
void session_update_pause(struct db_session *);
/* Gives memory that requests took back to the system. */
void server_trim_memory(void *db_server);
/* Ends what the present connection of the client had. */
void session_forget(struct db_session *);

/* server.c: gives 'sdb' another content, which it takes: ends monitors and
 * waiting transactions of the old one, and the connections of clients that do
 * not know of changes of databases, but not that of 'converter', if any, who
 * has a reply to get. */
void served_db_replace(struct served_db *, struct database *content,
                       const struct db_session *converter);

/* compaction.c: tells those who wait for 'sdb', which goes away. */
void compactions_abandon(struct served_db *sdb);

/* tlog.c: logs changes of the tables for which that was asked. */
void tlog_committed(const struct transaction *);

/* replication.c: a mirror gave up. */
void replication_mirror_ended(struct db_server *);
void replication_init(struct db_server *);
/* Makes the database follow the server's source, if it has one. */
void replication_follow(struct served_db *);

/* conversion.c: changes the schema to the one in 'json' for 'converter'. */
struct db_error *
served_db_convert(struct served_db *, const struct json *,
                  const struct db_session *converter) WARN_UNUSED;

/* trigger.c: "transact" requests being executed or waiting. */
struct trigger;
void trigger_execute(struct db_session *, struct served_db *,
                     struct jsonrpc_message *request);
void trigger_cancel(struct db_session *, const struct json *id);
/* Drops the waiting ones of 'session' without a reply. */
void triggers_forget(struct db_session *);
void triggers_retry(void *served_db);
/* Relays: sends what waits for the source. */
void triggers_forward(struct served_db *);
/* The source's reply to what mirror_forward() gave 'id'. */
void trigger_forwarded(struct served_db *, int64_t id,
                       const struct jsonrpc_message *reply);
/* The source is gone: what was sent may have been done or not. */
void triggers_lost(struct served_db *);
/* Ends the waiting ones of 'db', which goes away. */
void triggers_abandon(struct served_db *);

/* lock.c */
struct json *lock_request(struct db_session *,
                          const struct jsonrpc_message *request, bool steal,
                          struct db_error **);
struct json *unlock_request(struct db_session *,
                            const struct jsonrpc_message *request,
                            struct db_error **);
void locks_release_all(struct db_session *);
bool lock_is_owned(const struct db_session *, const char *name);
void locks_get_status(const struct db_session *, struct db_session_status *);

/* monitor.c */
enum monitor_version {
    MONITOR_V1, /* "monitor", "update" */
    MONITOR_V2, /* "monitor_cond", "update2" */
    MONITOR_V3, /* "monitor_cond_since", "update3" */
};
struct monitor;
struct json *monitor_request(struct db_session *, struct served_db *,
                             enum monitor_version, const struct json *params,
                             struct db_error **);
/* The reply, or an error: an error object or a string. */
struct json *monitor_cancel(struct db_session *, const struct json *params,
                            struct json **errorp);
struct json *monitor_cond_change(struct db_session *,
                                 const struct json *params,
                                 struct db_error **);
/* Ends all monitors of 'session'. */
void monitors_forget(struct db_session *);
/* Tells all monitors of 'db' about the changes of 'txn'. */
void monitors_update(struct served_db *, const struct transaction *txn);
/* Frees what the rows of 'served_db' look like in text. */
void monitors_forget_initial(void *served_db);
/* Ends the monitors of 'db', which goes away; tells their clients. */
void monitors_abandon(struct served_db *);

/* internal.c: the "_Server" database. */
struct database *internal_create(void);
/* Makes the rows of "_Server" true. */
void internal_update(struct db_server *);
