/* "monitor" and its kin: changes of tables as they happen, RFC 7047 §4.1.5,
 * and its extensions with conditions. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "cmd/ovsdb-client/client.h"
#include "rpc/appctl/appctl.h"

/* A table that is monitored. */
struct watch {
    const struct table_schema *table;
    struct column_set columns; /* Shown ones. */
};

/* What the only monitor of the program does. */
struct watches {
    struct watch *items;
    size_t n;
    size_t capacity;
    const char *method; /* Of the request. */
};

static struct watches watches;

/* Adds the columns that 'text' ("a,b,!initial") names to the request; all of
 * the table if it names none. */
static void
parse_columns(const struct client *c, const char *text,
              const struct watch *watch, struct column_set *columns,
              struct json *select)
{
    static const char *const kinds[] = { "!initial", "!insert", "!delete",
                                         "!modify" };
    const struct table_schema *t = watch->table;
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
        const struct column *column = table_schema_find_column(t, name);
        if (!kind && !column) {
            client_fail("%s: table \"%s\" in %s does not have a column named "
                        "\"%s\"",
                        c->server, t->name, c->database, name);
        }
        if (column) {
            column_set_add(columns, column);
        }
    }
    str_vec_uninit(&names);
    if (!columns->n) {
        for (size_t i = COLUMN_N_STD; i < t->n_columns; i++) {
            column_set_add(columns, t->columns[i]);
        }
        column_set_add(columns, t->columns[COLUMN_VERSION]);
    }
}

/* The request for the columns of 'text', which 'watch' then shows, too. */
static struct json *
create_request(const struct client *c, struct watch *watch, const char *text,
               const struct json *condition)
{
    struct column_set columns = COLUMN_SET_INITIALIZER;
    struct json *select = json_object_create();
    parse_columns(c, text, watch, &columns, select);
    for (size_t i = 0; i < columns.n; i++) {
        const struct column *column = columns.columns[i];
        if (column_set_contains(&watch->columns, column->index)) {
            client_fail("%s: column \"%s\" mentioned multiple times",
                        c->server, column->name);
        }
        column_set_add(&watch->columns, column);
    }
    struct json *request = json_object_create();
    json_object_put(request, "columns", column_set_to_json(&columns));
    json_object_put(request, "select", select);
    if (condition) {
        json_object_put(request, "where", json_ref((struct json *) condition));
    }
    column_set_uninit(&columns);
    return request;
}

/* Watches a table: the 'n' groups of columns at 'args'. */
static void
add_watch(const struct client *c, const struct table_schema *table,
          char **args, int n, struct json *requests,
          const struct json *condition)
{
    struct watch *watch = vec_add(&watches);
    watch->table = table;
    struct json *groups = json_array_create();
    for (int i = 0; i < n; i++) {
        json_array_add(groups, create_request(c, watch, args[i], condition));
    }
    if (!n) {
        json_array_add(groups, create_request(c, watch, "", condition));
    }
    json_object_put(requests, table->name, groups);
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

/* One row of "monitor". */
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

/* One row of monitors with conditions; modifications are differences. */
static void
add_update2(struct text_table *table, const struct watch *watch,
            const struct json_member *m)
{
    static const char *const kinds[] = { "initial", "insert", "modify",
                                         "delete" };
    static const struct json *empty;
    if (!empty) {
        empty = json_object_create();
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const struct json *row = json_object_find(m->value, kinds[i]);
        if (row) {
            add_line(table, watch, m->name, kinds[i],
                     row->type == JSON_OBJECT ? row : empty);
            return;
        }
    }
}

static void
print_updates(struct client *c, const struct json *updates, bool initial)
{
    bool has_condition = strcmp(watches.method, "monitor");
    if (updates->type != JSON_OBJECT) {
        client_fail("%s: <table-updates> is not an object", c->server);
    }
    for (size_t i = 0; i < watches.n; i++) {
        const struct watch *watch = &watches.items[i];
        const struct json *rows =
            json_object_find(updates, watch->table->name);
        if (!rows || rows->type != JSON_OBJECT || !rows->object.n) {
            continue;
        }
        struct text_table table;
        text_table_init(&table);
        if (watches.n > 1) {
            text_table_set_caption(&table, watch->table->name);
        }
        text_table_add_heading(&table, "row");
        text_table_add_heading(&table, "action");
        for (size_t j = 0; j < watch->columns.n; j++) {
            text_table_add_heading(&table, watch->columns.columns[j]->name);
        }
        for (size_t j = 0; j < rows->object.n; j++) {
            const struct json_member *m = &rows->object.members[j];
            if (m->value->type != JSON_OBJECT) {
                client_fail("%s: <row-update> is not an object", c->server);
            } else if (has_condition) {
                add_update2(&table, watch, m);
            } else {
                add_update(&table, watch, m, initial);
            }
        }
        client_print_table(c, &table);
    }
}

/* A notification: the monitor's id, perhaps the transaction's, updates. */
static void
received(struct client *c, struct jsonrpc_message *m)
{
    static const struct {
        const char *method;
        size_t n;
    } kinds[] = { { "update", 2 }, { "update2", 2 }, { "update3", 3 } };

    if (m->type != JSONRPC_NOTIFY || m->params->type != JSON_ARRAY) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(m->method, kinds[i].method)
            || m->params->array.n != kinds[i].n) {
            continue;
        }
        if (kinds[i].n == 3 && json_item(m->params, 1)->type == JSON_STRING) {
            printf("\nlast_id: %s", json_text(json_item(m->params, 1)));
        }
        print_updates(c, json_item(m->params, kinds[i].n - 1), false);
    }
}

/* Conditions. */

static void
check_condition(const struct table_schema *t, const struct json *condition)
{
    char *text = json_print(condition, JSON_SORT);
    if (condition->type != JSON_ARRAY) {
        client_fail("%s: a condition must be a JSON array", text);
    }
    free(text);
    for (size_t i = 0; i < condition->array.n; i++) {
        const struct json *clause = json_item(condition, i);
        if (clause->type == JSON_ARRAY && clause->array.n == 3
            && json_item(clause, 0)->type == JSON_STRING
            && !table_schema_find_column(t, json_text(json_item(clause, 0)))) {
            text = json_print(clause, JSON_SORT);
            client_fail("syntax \"%s\": unknown column: No column %s in table "
                        "%s.",
                        text, json_text(json_item(clause, 0)), t->name);
        }
    }
}

static void
cond_change(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
            void *c_)
{
    struct client *c = c_;
    struct json *condition;
    struct error *error = json_parse_string(argv[2], &condition);
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
        return;
    }
    struct json *change = json_object_create();
    json_object_put(change, "where", condition);
    struct json *changes = json_object_create();
    json_object_put(changes, argv[1], json_array_create_1(change));
    struct json *params =
        json_array_create_3(json_null_create(), json_null_create(), changes);
    jsonrpc_send(c->rpc, jsonrpc_request_create("monitor_cond_change", params,
                                                jsonrpc_next_id()));
    appctl_reply(conn, "condition changed");
}

static void
block(struct appctl_conn *conn, int argc UNUSED, const char *argv[], void *c_)
{
    struct client *c = c_;
    jsonrpc_pause(c->rpc, !strcmp(argv[0], "ovsdb-client/block"));
    appctl_reply(conn, NULL);
}

/* The commands. */

static void
run(struct client *c, struct json *requests, const char *last_id)
{
    struct json *params = json_array_create_3(json_string_create(c->database),
                                              json_null_create(), requests);
    bool is_since = !strcmp(watches.method, "monitor_cond_since");
    if (is_since) {
        json_array_add(params, json_string_create(last_id));
    }
    struct json *result = client_call(c, watches.method, params);
    const struct json *updates = result;
    if (is_since) {
        if (result->type != JSON_ARRAY || result->array.n != 3
            || json_item(result, 1)->type != JSON_STRING) {
            client_fail("%s: strange reply to monitor_cond_since", c->server);
        }
        printf("found: %s, last_id: %s\n",
               json_item(result, 0)->type == JSON_TRUE ? "true" : "false",
               json_text(json_item(result, 1)));
        updates = json_item(result, 2);
    }
    print_updates(c, updates, true);
    fflush(stdout);
    json_unref(result);
    appctl_register("ovsdb-client/block", "", 0, 0, block, c);
    appctl_register("ovsdb-client/unblock", "", 0, 0, block, c);
    if (strcmp(watches.method, "monitor")) {
        appctl_register("ovsdb-client/cond_change", "TABLE COND", 2, 2,
                        cond_change, c);
    }
    client_follow(c, received);
}

void
client_monitor(struct client *c)
{
    struct schema *schema = client_schema(c);
    struct json *requests = json_object_create();
    watches.method = "monitor";
    if (!strcmp(c->argv[0], "ALL")) {
        for (size_t i = 0; i < schema->n_tables; i++) {
            add_watch(c, schema->tables[i], c->argv + 1, c->argc - 1, requests,
                      NULL);
        }
    } else {
        const struct table_schema *table =
            schema_find_table(schema, c->argv[0]);
        if (!table) {
            client_fail("%s: %s does not have a table named \"%s\"", c->server,
                        c->database, c->argv[0]);
        }
        add_watch(c, table, c->argv + 1, c->argc - 1, requests, NULL);
    }
    run(c, requests, NULL);
    schema_destroy(schema);
}

/* The rest of the arguments is: CONDITION TABLE [COLUMN,...]... */
static void
monitor_condition(struct client *c, const char *last_id)
{
    struct schema *schema = client_schema(c);
    struct json *condition = client_parse_json(c->argv[0]);
    const struct table_schema *table = schema_find_table(schema, c->argv[1]);
    if (!table) {
        client_fail("%s does not have a table named \"%s\"", c->database,
                    c->argv[1]);
    }
    check_condition(table, condition);
    struct json *requests = json_object_create();
    add_watch(c, table, c->argv + 2, c->argc - 2, requests, condition);
    run(c, requests, last_id);
    json_unref(condition);
    schema_destroy(schema);
}

void
client_monitor_cond(struct client *c)
{
    watches.method = "monitor_cond";
    monitor_condition(c, NULL);
}

void
client_monitor_cond_since(struct client *c)
{
    struct uuid uuid;
    const char *last_id = "00000000-0000-0000-0000-000000000000";
    watches.method = "monitor_cond_since";
    if (c->argc > 2 && uuid_parse(c->argv[0], &uuid)) {
        last_id = c->argv[0];
        c->argv++;
        c->argc--;
    }
    monitor_condition(c, last_id);
}
