/* Monitors: what clients watch, and how changes look to them. */

#pragma once

#include "db/engine/conditions.h"
#include "db/server/server_private.h"

enum monitor_select {
    SELECT_INITIAL = 1 << 0,
    SELECT_INSERT = 1 << 1,
    SELECT_DELETE = 1 << 2,
    SELECT_MODIFY = 1 << 3,
    SELECT_ALL = (1 << 4) - 1,
};

struct monitor_column {
    const struct column *column;
    int select; /* Set of enum monitor_select. */
};

struct monitor_table {
    const struct table *table;
    struct monitor_column *columns; /* Each one once. */
    size_t n_columns;
    int select;                  /* Of all columns together. */
    struct conditions condition; /* Rows of interest; empty: all. */
};

/* What is monitored.  Monitors without conditions that watch the same share
 * one, so that each change is printed once for all of them. */
struct monitor_view {
    struct hmap_node node; /* In 'views' of monitor.c, if shared. */
    size_t n_refs;
    enum monitor_version version;
    const struct database *db;
    char *key; /* Canonical text of the requests; NULL if not shared. */
    struct monitor_table *tables;  /* By table index; 'table' NULL: not. */
    const struct transaction *txn; /* Whose 'updates' these are. */
    struct json *updates;          /* Serialized; NULL: nothing to send. */
    /* What the rows look like to new clients, while that is remembered. */
    struct json *initial;
};

/* view.c */
struct db_error *monitor_view_create(struct monitor_view **,
                                     const struct database *,
                                     enum monitor_version,
                                     const struct json *requests) WARN_UNUSED;
void monitor_view_destroy(struct monitor_view *);

/* updates.c */
/* The text of <table-updates> being written. */
struct monitor_updates {
    struct str text;           /* Owned; empty: no updates. */
    const struct table *table; /* Whose rows are being written, or NULL. */
};

#define MONITOR_UPDATES_INITIALIZER \
    {                               \
        STR_INITIALIZER, NULL       \
    }

/* Ends the text and gives it as a serialized value, or NULL if there is
 * none. */
struct json *monitor_updates_finish(struct monitor_updates *) WARN_UNUSED;
/* <table-updates> of the rows there are.  The view remembers them in
 * 'initial' if it is shared. */
struct json *monitor_view_initial(struct monitor_view *);
/* <table-updates> of the 'n' changes, or NULL. */
struct json *monitor_view_changes(const struct monitor_view *,
                                  struct row_change *const *changes, size_t n);
/* Adds the <table-updates> of replacing the condition of 'mt' by 'new_'; to be
 * finished by the caller. */
void monitor_view_recondition(const struct monitor_view *,
                              struct monitor_table *mt,
                              const struct conditions *new_,
                              struct monitor_updates *);
