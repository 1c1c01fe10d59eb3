/* Rows of a database as C structs: what the generated tables say.
 *
 * tools/schema_compile.py writes a struct per table, whose first member is a
 * struct idl_row, and a table of its columns.  The members are a view of the
 * row as the server has it, kept by the replica: all that they point to is
 * borrowed and changes when the replica does.
 *
 *     integer, real, boolean, uuid   int64_t, double, bool, struct uuid
 *     string, optional or not        const char *, NULL if absent
 *     other optional                 pointer to the value, NULL if absent
 *     reference, optional or not     pointer to the struct, NULL if absent
 *     set of references              array of pointers, with n_NAME
 *     map to references              struct datum of uuids, and NAME_rows,
 *                                    pointers in the same order
 *     any other set or map           struct datum
 *
 * References to rows that the replica does not hold are left out of arrays;
 * in NAME_rows they are NULL. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/uuid.h"
#include "db/data/datum.h"
#include "db/data/schema.h"

struct idl_table;
struct idl_row_edit;
struct idl_index_node;

/* A row of the replica.  Read only for users. */
struct idl_row {
    struct hmap_node node;     /* In the table's rows, by UUID. */
    struct uuid uuid;          /* Of the row. */
    struct idl_table *table;   /* Its table. */
    struct datum *columns;     /* As the server has them, by column index; NULL
                                for a row that a transaction inserts. */
    struct list referrers;     /* Of struct idl_ref to this row. */
    struct list refs;          /* Of struct idl_ref from this row. */
    struct idl_row_edit *edit; /* Changes of the open transaction or NULL. */
    struct idl_index_node *index_nodes; /* A list: the row in indexes. */
    struct list change_node;     /* In the replica's changes; empty if none. */
    uint64_t changed_columns[2]; /* Bits of columns, while in that list. */
    bool inserted;               /* Since the changes were last cleared. */
    bool deleted; /* Gone at the server; freed after the changes. */
};

enum row_kind {
    ROW_INTEGER,
    ROW_REAL,
    ROW_BOOLEAN,
    ROW_STRING,
    ROW_UUID,
    ROW_OPTIONAL,
    ROW_ROW,
    ROW_ROWS,
    ROW_DATUM,
    ROW_MAP_ROWS,
};

struct row_column {
    const char *name;
    enum row_kind kind;
    uint16_t offset; /* Of the member. */
    uint16_t extra;  /* Of n_NAME or NAME_rows. */
};

struct row_table {
    const char *name;
    const struct row_column *columns; /* In the schema's order. */
    size_t n_columns;
    size_t size; /* Of the struct. */
};

struct row_database {
    const char *name;
    const struct schema_desc *schema;
    const struct row_table *tables; /* In the schema's order. */
    size_t n_tables;
};
