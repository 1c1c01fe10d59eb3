/* "dump": the content of tables. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovsdb-client/client.h"

static int
compare_rows(const void *a_, const void *b_, void *columns_)
{
    const struct datum *const *a = a_, *const *b = b_;
    const struct column_set *columns = columns_;
    for (size_t i = 0; i < columns->n; i++) {
        int cmp =
            datum_compare(&(*a)[i], &(*b)[i], &columns->columns[i]->type);
        if (cmp) {
            return cmp;
        }
    }
    return 0;
}

static struct datum *
parse_row(const struct json *json, const struct column_set *columns)
{
    struct datum *row = xcalloc(columns->n, sizeof *row);
    for (size_t i = 0; i < columns->n; i++) {
        const struct json *value =
            json_object_find(json, columns->columns[i]->name);
        struct error *error =
            value ? db_error_to_error(datum_from_json_unchecked(
                &row[i], &columns->columns[i]->type, value))
                  : error_create("column %s is missing in the reply",
                                 columns->columns[i]->name);
        if (error) {
            client_fail("%s", error_text(error));
        }
    }
    return row;
}

static void
print_rows(struct client *c, const struct table_schema *t,
           const struct column_set *columns, const struct json *rows)
{
    struct text_table table;
    text_table_init(&table);
    char *caption = xasprintf("%s table", t->name);
    text_table_set_caption(&table, caption);
    free(caption);
    for (size_t i = 0; i < columns->n; i++) {
        text_table_add_heading(&table, columns->columns[i]->name);
    }
    size_t n = rows ? rows->array.n : 0;
    struct datum **data = xcalloc(n + 1, sizeof *data);
    for (size_t i = 0; i < n; i++) {
        data[i] = parse_row(json_item(rows, i), columns);
    }
    qsort_r(data, n, sizeof *data, compare_rows, (void *) columns);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < columns->n; j++) {
            const struct type *type = &columns->columns[j]->type;
            text_table_add_datum(&table, &data[i][j], type);
            datum_uninit(&data[i][j], type);
        }
        free(data[i]);
    }
    free(data);
    client_print_table(c, &table);
}

static void
dump_table(struct client *c, const struct table_schema *t,
           const struct column_set *columns)
{
    struct json *op = json_object_create();
    json_object_put_string(op, "op", "select");
    json_object_put_string(op, "table", t->name);
    json_object_put(op, "where", json_array_create());
    json_object_put(op, "columns", column_set_to_json(columns));
    struct json *result =
        client_call(c, "transact",
                    json_array_create_2(json_string_create(c->database), op));
    const struct json *rows =
        result->type == JSON_ARRAY && result->array.n == 1
            ? json_object_find(json_item(result, 0), "rows")
            : NULL;
    if (!rows || rows->type != JSON_ARRAY) {
        char *text = json_print(result, JSON_SORT);
        client_fail("%s table: %s", t->name, text);
    }
    print_rows(c, t, columns, rows);
    json_unref(result);
}

void
client_dump(struct client *c)
{
    struct schema *schema = client_schema(c);
    const struct table_schema *only = NULL;
    if (c->argc) {
        only = schema_find_table(schema, c->argv[0]);
        if (!only) {
            client_fail("No table \"%s\" found.", c->argv[0]);
        }
    }
    for (size_t i = 0; i < schema->n_tables; i++) {
        const struct table_schema *t = schema->tables[i];
        if (only && t != only) {
            continue;
        }
        struct column_set columns = COLUMN_SET_INITIALIZER;
        bool *asked = xcalloc(t->n_columns, sizeof *asked);
        for (int j = 1; j < c->argc; j++) {
            const struct column *column =
                table_schema_find_column(t, c->argv[j]);
            if (!column) {
                client_fail("Table \"%s\" has no column %s.", t->name,
                            c->argv[j]);
            }
            asked[column->index] = true;
        }
        /* In the order of their names, whatever they were asked for in. */
        for (size_t j = 0; j < t->n_columns; j++) {
            if (c->argc < 2 ? j != COLUMN_VERSION : asked[j]) {
                column_set_add(&columns, t->columns[j]);
            }
        }
        free(asked);
        dump_table(c, t, &columns);
        column_set_uninit(&columns);
    }
    schema_destroy(schema);
}
