/* What the files of the engine share about rows. */

#pragma once

#include "db/engine/database.h"
#include "db/engine/transaction.h"

/* Weak references of one column of one row to one row: they are taken out of
 * the column when the row that they lead to goes away. */
struct weak_ref {
    struct hmap_node out_node; /* In 'weak_out' of 'src'. */
    struct list in_node;       /* In 'weak_in' of 'dst'. */
    struct row *src;
    struct row *dst;
    const struct column *column; /* Of 'src'. */
    size_t n;                    /* Keys and values that refer. */
};

void weak_ref_destroy(struct weak_ref *);

/* A row with default values, in no table yet. */
struct row *row_create(struct table *, const struct uuid *);
/* The row must be in no table and no index. */
void row_destroy(struct row *);

/* Marks that 'row' has, or may have, lost or gained strong references. */
void transaction_touch(struct transaction *, struct row *);
/* Forgets changes that left everything as it was. */
void transaction_drop_unchanged(struct transaction *);

/* references.c */
struct db_error *references_update_strong(struct transaction *) WARN_UNUSED;
struct db_error *references_update_weak(struct transaction *) WARN_UNUSED;
void references_commit_weak(struct transaction *);

/* unique.c */
struct db_error *unique_check(struct transaction *) WARN_UNUSED;
void unique_restore(struct transaction *);
