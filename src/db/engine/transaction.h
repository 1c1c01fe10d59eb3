/* Transactions: changes of rows that come true together or not at all.
 *
 * One transaction may be open per database.  Its changes are visible at once
 * to whoever reads the rows; transaction_check() verifies the constraints
 * that concern several rows (references, indexes, numbers of rows), deletes
 * garbage, and leaves just the rows that really changed.  Then either
 * transaction_commit() or transaction_abort() ends it. */

#pragma once

#include "base/str.h"
#include "base/vec.h"
#include "db/engine/database.h"

/* What happened to one row. */
struct row_change {
    struct row *row;
    bool is_insert;         /* The row did not exist before. */
    bool is_delete;         /* The row does not exist any more. */
    bool is_dropped;        /* Comes to nothing: skip it. */
    uint64_t entries_out;   /* Bitmap of indexes: old entries taken out. */
    uint64_t entries_in;    /* Bitmap of indexes: new entries put in. */
    unsigned long *changed; /* Bitmap: columns whose 'old' is set. */
    struct datum *old;      /* By column index: values before. */
};

struct transaction {
    struct database *db;
    VEC(struct row_change *) changes; /* In order of first change. */
    VEC(struct row *) touched;        /* Rows with a delta of references. */
    VEC(struct row *) candidates;     /* Rows that may be garbage. */
    struct str comment;               /* Lines of "comment" operations. */
    bool is_durable;                  /* "commit" asked for it. */
};

struct transaction *transaction_create(struct database *);
/* Puts everything back and frees the transaction; NULL is legal. */
void transaction_abort(struct transaction *);
/* On success the transaction can only be committed or aborted. */
struct db_error *transaction_check(struct transaction *) WARN_UNUSED;
/* For replaying what was checked once: only references and indexes are
 * brought up to date, but damaged input still gives an error. */
struct db_error *transaction_check_replay(struct transaction *) WARN_UNUSED;
/* Makes the checked changes final, tells the observers, frees the
 * transaction. */
void transaction_commit(struct transaction *);

/* Whether anything changed; after transaction_check() this is exact. */
bool transaction_is_empty(const struct transaction *);
void transaction_add_comment(struct transaction *, const char *);

/* A new row with default values.  No row of this UUID may exist, nor have
 * been deleted in this transaction. */
struct row *transaction_insert(struct transaction *, struct table *,
                               const struct uuid *);
/* The place of a column's value for changing it; remembers the old value. */
struct datum *transaction_modify(struct transaction *, struct row *,
                                 const struct column *);
/* Makes the column have 'value', which it takes, if it has another. */
void transaction_write(struct transaction *, struct row *,
                       const struct column *, struct datum *value);
void transaction_delete(struct transaction *, struct row *);

/* The value of a column before the transaction. */
const struct datum *row_change_old(const struct row_change *,
                                   size_t column_index);
/* Whether the column's value differs; for inserted and deleted rows, whether
 * it is not the default. */
bool row_change_differs(const struct row_change *, size_t column_index);
