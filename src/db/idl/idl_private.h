/* What the files of db/idl share. */

#pragma once

#include "base/strmap.h"
#include "db/idl/idl.h"
#include "db/idl/server_check.h"
#include "db/idl/transaction.h"
#include "rpc/jsonrpc/session.h"
#include "sys/loop/loop.h"

/* One reference between rows, listed at both ends. */
struct idl_ref {
    struct list from_node; /* In from->refs. */
    struct list to_node;   /* In to->referrers. */
    struct idl_row *from;
};

/* What the open transaction does to a row. */
struct idl_row_edit {
    struct idl_row *row;
    struct list node;      /* In the transaction's edits. */
    struct datum *new;     /* By column index; those in 'written'. */
    bool *written;         /* By column index. */
    bool *verified;        /* By column index. */
    struct list mutations; /* Of struct idl_mutation. */
    bool is_insert;
    bool is_delete;
    bool persist_uuid;
};

struct idl_mutation {
    struct list node;
    const struct column *column;
    bool add; /* Otherwise remove keys. */
    struct datum datum;
};

/* Clauses as in RFC 7047 §5.1, any of which selects a row; NULL: all rows. */
struct idl_condition {
    struct json *wanted;
    struct json *asked;     /* In the request under way. */
    struct json *at_server; /* What the server goes by. */
};

struct idl_table {
    struct idl *idl;
    size_t index;
    const struct row_table *desc;
    const struct table_schema *schema;
    unsigned char *modes;   /* By column index: IDL_MONITOR, IDL_ALERT. */
    bool wanted;            /* Monitored, if only for its rows. */
    bool at_server;         /* The server has the table. */
    bool *column_at_server; /* By column index. */
    uint64_t *n_edits;      /* By column index: idl_txn_n_edits(). */
    struct hmap rows;       /* Of struct idl_row. */
    struct idl_condition condition;
    struct idl_index *indexes; /* A list, by 'next'. */
};

enum idl_state {
    IDL_DISCONNECTED,
    IDL_GET_SCHEMA,  /* Waiting for the schema. */
    IDL_GET_CONTENT, /* Waiting for the reply to a monitor request. */
    IDL_UP,          /* Updates come. */
};

/* Newest first; a server that knows one knows those after it. */
enum idl_monitor_method {
    IDL_MONITOR_COND_SINCE,
    IDL_MONITOR_COND,
    IDL_MONITOR_PLAIN,
};

struct idl {
    bool trusts_server; /* idl_set_trust() */
    bool is_trusting;   /* This connection did not ask for the schema. */
    struct loop *loop;
    const struct row_database *database;
    struct schema *schema;
    struct idl_observer observer;
    void *arg;
    struct idl_table *tables; /* By table index. */

    struct jsonrpc_session *session; /* NULL before idl_connect(). */
    char *remote;
    bool shuffle;
    int probe_interval_ms; /* -1: as the session has it. */
    enum idl_state state;
    enum idl_monitor_method method;
    struct json *request_id; /* Of the request waited for; NULL if none. */
    struct json *monitor_id;
    struct uuid last_id; /* Of the last update, for monitor_cond_since. */
    bool ever_synced;
    char *error; /* What is wrong with the database, or NULL. */
    uint64_t seqno;
    struct list changes; /* Of struct idl_row. */
    bool alert;          /* Some of them are to be told to the observer. */
    struct loop_task notify;

    struct server_check server_check;
    const char *server_complaint; /* Of the last one, or NULL. */
    struct json *server_id;       /* Of the request for that; NULL if none. */

    /* Conditions are numbered as they are set. */
    uint64_t condition_seqno;     /* The newest. */
    uint64_t condition_asked;     /* In the request under way. */
    uint64_t condition_confirmed; /* What the content is true to. */
    bool condition_refused;       /* The newest was, by this server. */
    struct json *condition_id;    /* Of the request; NULL if none. */

    char *lock_name; /* NULL: none wanted. */
    struct json *lock_id;
    bool has_lock;
    bool lock_contended;

    struct idl_txn *txn; /* Open, not committed. */
    struct list pending; /* Transactions that wait for replies. */
};

struct idl_txn {
    struct idl *idl;
    struct list node;  /* In idl->pending while incomplete. */
    struct list edits; /* Of struct idl_row_edit. */
    uint64_t seqno;    /* Of the replica when the transaction began. */
    bool is_optimistic;
    enum idl_txn_status status;
    struct json *id; /* Of the request. */
    char *error;
    struct str comment;
    bool dry_run;
    const struct column *increment_column; /* NULL: nothing to increment. */
    size_t increment_table;
    struct uuid increment_row;
    bool increment_force;
    size_t increment_index; /* Of its "mutate" in the operations. */
    int64_t increment_value;
    struct hmap inserts; /* Of struct idl_insert. */
};

/* A row that a transaction inserts, kept after the edit is gone. */
struct idl_insert {
    struct hmap_node node; /* In the transaction's inserts, by 'given'. */
    struct uuid given;     /* What references in the client used. */
    struct uuid real;      /* What the server chose, after success. */
    size_t operation;      /* Index of the operation that inserts. */
};

/* Content: idl_row.c. */
struct idl_row *idl_row_create(struct idl_table *, const struct uuid *);
/* Frees a row that no list or map holds. */
void idl_row_destroy(struct idl_row *);
void idl_row_note_change(struct idl_row *, size_t column_index);
/* Makes the typed members and references of the changed rows true. */
void idl_resolve_changes(struct idl *);
void idl_clear_changes(struct idl *);
void idl_row_delete(struct idl_row *);
struct idl_row *idl_table_find(const struct idl_table *, const struct uuid *);
/* The content or a state changed: the observer will hear. */
void idl_touch(struct idl *);
/* An update was applied: the observer will hear if it matters. */
void idl_touch_if_alert(struct idl *);

/* Updates: idl_update.c. */
/* 'updates': in the form of 'method'.  'initial': they are the whole
 * content. */
struct db_error *idl_apply(struct idl *, const struct json *updates,
                           enum idl_monitor_method, bool initial) WARN_UNUSED;

/* Session: idl_session.c. */
void idl_session_send(struct idl *, struct jsonrpc_message *);
void idl_session_start(struct idl *);

/* Servers of clusters: idl_server.c. */
void idl_server_start(struct idl *);
void idl_server_handle_reply(struct idl *, const struct jsonrpc_message *);
/* True if the update was about this. */
bool idl_server_handle_update(struct idl *, const struct json *params);

/* Conditions: idl_condition.c. */
/* A monitor is asked for: of all rows that are wanted, or of what changed
 * since the last update. */
void idl_condition_start(struct idl *, bool from_scratch);
/* Asks the server for the conditions that it lacks. */
void idl_condition_sync(struct idl *);
void idl_condition_handle_reply(struct idl *, const struct jsonrpc_message *);
void idl_condition_uninit(struct idl_condition *);

/* Indexes: idl_index.c. */
/* Puts the row where its columns now say. */
void idl_row_index(struct idl_row *);
void idl_row_unindex(struct idl_row *);
void idl_index_destroy_all(struct idl_table *);

/* Transactions: transaction.c and its kin. */
void idl_txn_complete(struct idl_txn *, enum idl_txn_status);
/* Handles a reply or error if it is a transaction's. */
bool idl_txn_handle_reply(struct idl *, const struct jsonrpc_message *);
void idl_txn_fail_all(struct idl *);
void idl_edit_destroy(struct idl_row_edit *);
/* The type of a mutation's datum: to remove from a map, keys do. */
struct type idl_mutation_type(const struct column *, bool add);
/* Whether the column is changed by mutations, not as a whole. */
bool idl_edit_is_mutated(const struct idl_row_edit *, const struct column *);
/* Operations that the transaction's edits amount to; '*any_changesp'. */
struct json *idl_txn_encode(struct idl_txn *, bool *any_changesp);
