/* Sets of columns of a table. */

#include <stdlib.h>

#include "base/mem.h"
#include "db/data/schema.h"

void
column_set_uninit(struct column_set *set)
{
    free(set->columns);
    *set = (struct column_set) COLUMN_SET_INITIALIZER;
}

void
column_set_clone(struct column_set *dst, const struct column_set *src)
{
    dst->columns =
        src->n ? xmemdup(src->columns, src->n * sizeof *src->columns) : NULL;
    dst->n = dst->capacity = src->n;
}

void
column_set_add(struct column_set *set, const struct column *column)
{
    if (column_set_contains(set, column->index)) {
        return;
    }
    if (set->n >= set->capacity) {
        set->columns =
            x2nrealloc(set->columns, &set->capacity, sizeof *set->columns);
    }
    set->columns[set->n++] = column;
}

void
column_set_add_all(struct column_set *set, const struct table_schema *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        column_set_add(set, table->columns[i]);
    }
}

bool
column_set_contains(const struct column_set *set, size_t column_index)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->columns[i]->index == column_index) {
            return true;
        }
    }
    return false;
}

bool
column_set_equal(const struct column_set *a, const struct column_set *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!column_set_contains(b, a->columns[i]->index)) {
            return false;
        }
    }
    return true;
}

static struct db_error *
add_names(struct column_set *set, const struct table_schema *table,
          const struct json *json)
{
    if (json->type != JSON_ARRAY) {
        return db_error_syntax(json, "array of distinct column names "
                                     "expected");
    }
    for (size_t i = 0; i < json->array.n; i++) {
        const struct json *name = json_item(json, i);
        if (name->type != JSON_STRING) {
            return db_error_syntax(json, "array of distinct column names "
                                         "expected");
        }
        const struct column *column =
            table_schema_find_column(table, json_text(name));
        if (!column) {
            return db_error_syntax(json, "%s is not a valid column name",
                                   json_text(name));
        }
        if (column_set_contains(set, column->index)) {
            return db_error_syntax(json, "array of distinct column names "
                                         "expected");
        }
        column_set_add(set, column);
    }
    return NULL;
}

struct db_error *
column_set_from_json(struct column_set *set, const struct table_schema *table,
                     const struct json *json)
{
    *set = (struct column_set) COLUMN_SET_INITIALIZER;
    if (!json) {
        for (size_t i = 0; i < table->n_columns; i++) {
            if (i != COLUMN_VERSION) {
                column_set_add(set, table->columns[i]);
            }
        }
        return NULL;
    }
    struct db_error *error = add_names(set, table, json);
    if (error) {
        column_set_uninit(set);
    }
    return error;
}

struct json *
column_set_to_json(const struct column_set *set)
{
    struct json *json = json_array_create();
    for (size_t i = 0; i < set->n; i++) {
        json_array_add(json, json_string_create(set->columns[i]->name));
    }
    return json;
}
