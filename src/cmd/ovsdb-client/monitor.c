/* "monitor": changes of tables as they happen, RFC 7047 §4.1.5. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "cmd/ovsdb-client/client.h"

/* A table that is monitored. */
struct watch {
    const struct table_schema *table;
    struct column_set columns; /* Shown ones. */
};

struct watches {
    struct watch *items;
    size_t n;
    size_t capacity;
};

/* Adds the columns that 'text' ("a,b,!initial") names to the request. */
static void
parse_columns(const char *text, const struct watch *watch,
              struct column_set *columns, struct json *select)
{
    static const char *const kinds[] = { "!initial", "!insert", "!delete",
                                         "!modify" };
    struct str_vec names = VEC_INITIALIZER;
    str_vec_split(&names, text, ",");
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.items[i];
        bool kind = false;
        for (size_t j = 0; j < ARRAY_SIZE(kinds); j++) {
            if (!strcmp(name, kinds[j])) {
                json_object_put(select, name + 1, json_boolean_create(false));
                kind = true;
            }
        }
        const struct column *column =
            table_schema_find_column(watch->table, name);
        if (!kind && !column) {
            client_fail("%s: table \"%s\" does not have a column named "
                        "\"%s\"",
                        text, watch->table->name, name);
        }
        if (column) {
            column_set_add(columns, column);
        }
    }
    str_vec_uninit(&names);
}

static void
add_watch(struct watches *watches, const struct table_schema *table,
          char **args, int n, struct json *requests)
{
    struct watch *watch = vec_add(watches);
    watch->table = table;
    struct json *select = json_object_create();
    for (int i = 0; i < n; i++) {
        parse_columns(args[i], watch, &watch->columns, select);
    }
    if (!watch->columns.n) {
        for (size_t i = COLUMN_N_STD; i < table->n_columns; i++) {
            column_set_add(&watch->columns, table->columns[i]);
        }
        column_set_add(&watch->columns, table->columns[COLUMN_VERSION]);
    }
    struct json *request = json_object_create();
    json_object_put(request, "columns", column_set_to_json(&watch->columns));
    json_object_put(request, "select", select);
    json_object_put(requests, table->name, json_array_create_1(request));
}

static void
add_line(struct text_table *table, const struct watch *watch, const char *uuid,
         const char *action, const struct json *row)
{
    text_table_add_text(table, uuid);
    text_table_add_text(table, action);
    for (size_t i = 0; i < watch->columns.n; i++) {
        const struct column *column = watch->columns.columns[i];
        const struct json *value = json_object_find(row, column->name);
        struct datum datum;
        if (!value) {
            text_table_add_text(table, "");
            continue;
        }
        struct error *error = db_error_to_error(
            datum_from_json_unchecked(&datum, &column->type, value));
        if (error) {
            client_fail("%s", error_text(error));
        }
        text_table_add_datum(table, &datum, &column->type);
        datum_uninit(&datum, &column->type);
    }
}

static void
add_update(struct text_table *table, const struct watch *watch,
           const struct json_member *m, bool initial)
{
    const struct json *old = json_object_find(m->value, "old");
    const struct json *new = json_object_find(m->value, "new");
    if (initial && new) {
        add_line(table, watch, m->name, "initial", new);
    } else if (!old && new) {
        add_line(table, watch, m->name, "insert", new);
    } else if (old && !new) {
        add_line(table, watch, m->name, "delete", old);
    } else if (old && new) {
        add_line(table, watch, m->name, "old", old);
        add_line(table, watch, "", "new", new);
    }
}

static void
print_updates(struct client *c, const struct watches *watches,
              const struct json *updates, bool initial)
{
    for (size_t i = 0; i < watches->n; i++) {
        const struct watch *watch = &watches->items[i];
        const struct json *rows =
            json_object_find(updates, watch->table->name);
        if (!rows || rows->type != JSON_OBJECT || !rows->object.n) {
            continue;
        }
        struct text_table table;
        text_table_init(&table);
        if (watches->n > 1) {
            text_table_set_caption(&table, watch->table->name);
        }
        text_table_add_heading(&table, "row");
        text_table_add_heading(&table, "action");
        for (size_t j = 0; j < watch->columns.n; j++) {
            text_table_add_heading(&table, watch->columns.columns[j]->name);
        }
        for (size_t j = 0; j < rows->object.n; j++) {
            add_update(&table, watch, &rows->object.members[j], initial);
        }
        client_print_table(c, &table);
    }
}

/* Prints updates until the connection ends. */
static void
follow(struct client *c, const struct watches *watches)
{
    struct jsonrpc_message *m;
    int error;
    while (!(error = jsonrpc_recv_block(c->rpc, &m))) {
        if (m->type == JSONRPC_REQUEST && !strcmp(m->method, "echo")) {
            jsonrpc_send(c->rpc, jsonrpc_reply_create(json_ref(m->params),
                                                      json_ref(m->id)));
        } else if (m->type == JSONRPC_NOTIFY && !strcmp(m->method, "update")
                   && m->params->type == JSON_ARRAY
                   && m->params->array.n == 2) {
            print_updates(c, watches, json_item(m->params, 1), false);
        }
        jsonrpc_message_destroy(m);
    }
    client_fail("%s: receive failed (%s)", jsonrpc_name(c->rpc),
                error == EOF ? "End of file" : strerror(error));
}

void
client_monitor(struct client *c)
{
    struct schema *schema = client_schema(c);
    struct watches watches = VEC_INITIALIZER;
    struct json *requests = json_object_create();
    if (!strcmp(c->argv[0], "ALL")) {
        for (size_t i = 0; i < schema->n_tables; i++) {
            add_watch(&watches, schema->tables[i], NULL, 0, requests);
        }
    } else {
        const struct table_schema *table =
            schema_find_table(schema, c->argv[0]);
        if (!table) {
            client_fail("%s: %s does not have a table named \"%s\"",
                        jsonrpc_name(c->rpc), c->database, c->argv[0]);
        }
        add_watch(&watches, table, c->argv + 1, c->argc - 1, requests);
    }
    struct json *result =
        client_call(c, "monitor",
                    json_array_create_3(json_string_create(c->database),
                                        json_null_create(), requests));
    print_updates(c, &watches, result, true);
    json_unref(result);
    follow(c, &watches);
}
