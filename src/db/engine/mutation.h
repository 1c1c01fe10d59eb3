/* Mutations, changes relative to a value: RFC 7047 §5.1 <mutation>. */

#pragma once

#include "db/engine/database.h"

enum mutator {
    MUTATOR_ADD,
    MUTATOR_SUB,
    MUTATOR_MUL,
    MUTATOR_DIV,
    MUTATOR_MOD,
    MUTATOR_INSERT,
    MUTATOR_DELETE,
};

struct mutation {
    const struct column *column;
    enum mutator mutator;
    struct datum arg;
    struct type type; /* Of 'arg', as it was parsed. */
};

struct mutation_list {
    struct mutation *items;
    size_t n;
};

#define MUTATION_LIST_INITIALIZER \
    {                             \
        NULL, 0                   \
    }

/* 'json' must be an array. */
struct db_error *mutation_list_from_json(struct mutation_list *,
                                         const struct table_schema *,
                                         const struct json *,
                                         struct symbol_table *) WARN_UNUSED;
void mutation_list_uninit(struct mutation_list *);

/* Changes 'datum' as 'mutation' says.  On error, its content is undefined but
 * valid. */
struct db_error *mutation_apply(const struct mutation *,
                                struct datum *) WARN_UNUSED;
