/* Conditions, the "where" clauses: RFC 7047 §5.1 <condition>, and the
 * booleans that ovsdb-server(7) adds. */

#pragma once

#include <stdbool.h>

#include "db/engine/database.h"

enum condition_function {
    CONDITION_FALSE,
    CONDITION_TRUE,
    CONDITION_LT,
    CONDITION_LE,
    CONDITION_EQ,
    CONDITION_NE,
    CONDITION_GE,
    CONDITION_GT,
    CONDITION_INCLUDES,
    CONDITION_EXCLUDES,
};

struct clause {
    enum condition_function function;
    const struct column *column; /* NULL for booleans. */
    struct datum arg;
};

struct conditions {
    struct clause *clauses;
    size_t n;
};

#define CONDITIONS_INITIALIZER \
    {                          \
        NULL, 0                \
    }

/* 'json' must be an array. */
struct db_error *conditions_from_json(struct conditions *,
                                      const struct table_schema *,
                                      const struct json *,
                                      struct symbol_table *) WARN_UNUSED;
void conditions_uninit(struct conditions *);
struct json *conditions_to_json(const struct conditions *) WARN_UNUSED;
bool conditions_equal(const struct conditions *, const struct conditions *);
/* Every clause holds: what operations mean. */
bool conditions_matches_all(const struct conditions *,
                            const struct datum *fields);
/* Some clause holds: what conditional monitors mean; an empty condition
 * holds.  'fields' is by column index. */
bool conditions_matches_any(const struct conditions *,
                            const struct datum *fields);

/* Calls 'visit' for each row of 'table' that matches all clauses until it
 * returns false; uses an index if a clause names one.  'visit' may delete the
 * row. */
void conditions_for_each(const struct table *, const struct conditions *,
                         bool (*visit)(struct row *, void *aux), void *aux);
