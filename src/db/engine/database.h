/* The database in memory: tables of rows, their indexes and references.
 *
 * Rows change only inside a transaction (transaction.h), which works on them
 * in place and remembers what was there before. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/uuid.h"
#include "db/data/datum.h"
#include "db/data/schema.h"

struct row_change;
struct transaction;

/* An entry of the hash table behind a unique index. */
struct index_entry {
    struct hmap_node node; /* In 'indexes[i]' of the table. */
    struct row *row;
};

struct row {
    struct hmap_node node; /* In 'rows' of the table, by 'uuid'. */
    struct table *table;
    struct uuid uuid;
    struct row_change *change; /* In the open transaction, or NULL. */

    /* References to this row. */
    size_t n_strong;      /* Strong ones, as of the last commit. */
    ptrdiff_t delta;      /* Change of 'n_strong' by the open transaction. */
    bool is_touched;      /* In the transaction's list of rows with delta. */
    struct list weak_in;  /* Of struct weak_ref: weak ones to this row. */
    struct hmap weak_out; /* Of struct weak_ref: weak ones from this row. */

    struct index_entry *entries; /* One per index of the table. */
    struct datum fields[];       /* By column index. */
};

struct table {
    const struct table_schema *schema;
    struct database *db;
    struct hmap rows;     /* Of struct row: those that exist now. */
    struct hmap deleted;  /* Of struct row: deleted by the open transaction. */
    struct hmap *indexes; /* Of struct index_entry, one per index. */
    bool is_logged;       /* Changes go to the log: for the server. */
};

/* Whom commits are told to. */
struct database_observer {
    struct list node; /* In 'observers' of the database. */
    /* 'txn' is checked and written; its changes can be read. */
    void (*committed)(struct database_observer *, const struct transaction *);
    /* Schema or content are others now: every pointer to rows and tables is
     * dead.  NULL if that does not matter. */
    void (*replaced)(struct database_observer *);
};

struct database {
    struct schema *schema;           /* Owned. */
    struct table *tables;            /* By table index. */
    struct list observers;           /* Of struct database_observer. */
    size_t n_atoms;                  /* Atoms in all rows, for reports. */
    size_t n_weak_refs;              /* Weak references likewise. */
    struct transaction *transaction; /* The open one, or NULL. */
};

/* An empty database; takes 'schema'. */
struct database *database_create(struct schema *schema);
/* NULL is legal. */
void database_destroy(struct database *);
/* NULL if there is none. */
struct table *database_find_table(const struct database *, const char *name);
struct table *database_find_table_n(const struct database *, const char *name,
                                    size_t len);

struct row *table_find_row(const struct table *, const struct uuid *);
/* The same among the rows that the open transaction deleted. */
struct row *table_find_deleted_row(const struct table *, const struct uuid *);

static inline size_t
table_count(const struct table *table)
{
    return hmap_count(&table->rows);
}

static inline const struct column *
row_column(const struct row *row, size_t index)
{
    return row->table->schema->columns[index];
}

/* The column 'name' of the row if there is one with keys and values of these
 * types (ATOM_VOID: no values), or NULL: for tables of any schema. */
const struct datum *row_find(const struct row *, const char *name,
                             enum atom_type key, enum atom_type value);
/* {"COLUMN": VALUE...} of 'columns'. */
struct json *row_to_json(const struct row *,
                         const struct column_set *) WARN_UNUSED;
