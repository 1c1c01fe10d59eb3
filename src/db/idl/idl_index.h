/* Indexes of the replica: the rows of a table in the order of some columns.
 *
 *     static const struct idl_index_column by_name[] =
 *         { { .column = VSWITCH_PORT_NAME } };
 *     index = idl_index_create(idl, VSWITCH_TABLE_PORT, by_name, 1);
 *     ...
 *     const struct datum *key[] = { &name };
 *     IDL_INDEX_FOR_EACH_EQUAL (row, index, key, 1) ...
 *
 * They show what the open transaction wrote, as all reading does: a row that
 * it writes while one goes through the index may move.  Rows with equal
 * columns come in the order of their UUIDs. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "db/idl/idl.h"

struct idl_index;

struct idl_index_column {
    size_t column; /* Enumerator of the generated header. */
    bool descending;
    /* <0, 0, >0; NULL: by value. */
    int (*compare)(const struct datum *, const struct datum *);
};

/* The index lives as long as the replica.  'columns' is copied. */
struct idl_index *idl_index_create(struct idl *, size_t table,
                                   const struct idl_index_column columns[],
                                   size_t n_columns);

/* NULL if there is none. */
struct idl_row *idl_index_first(const struct idl_index *);
struct idl_row *idl_index_next(const struct idl_index *,
                               const struct idl_row *);

/* By 'keys', values of the first 'n' columns: the first row that does not come
 * before them; the first one that has them. */
struct idl_row *idl_index_lower_bound(const struct idl_index *,
                                      const struct datum *const keys[],
                                      size_t n);
struct idl_row *idl_index_find(const struct idl_index *,
                               const struct datum *const keys[], size_t n);
/* <0, 0, >0: 'row' comes before, has, or comes after 'keys'. */
int idl_index_compare(const struct idl_index *, const struct idl_row *row,
                      const struct datum *const keys[], size_t n);

#define IDL_INDEX_FOR_EACH(row, index) \
    for (row = idl_index_first(index); row; row = idl_index_next(index, row))
#define IDL_INDEX_FOR_EACH_EQUAL(row, index, keys, n)    \
    for (row = idl_index_find(index, keys, n);           \
         row && !idl_index_compare(index, row, keys, n); \
         row = idl_index_next(index, row))
/* Rows from 'low' to 'high', both included. */
#define IDL_INDEX_FOR_EACH_RANGE(row, index, low, high, n)   \
    for (row = idl_index_lower_bound(index, low, n);         \
         row && idl_index_compare(index, row, high, n) <= 0; \
         row = idl_index_next(index, row))
