/* Commands of ovsdb-client. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ovsdb-client/client.h"
#include "sys/process/program.h"

void
client_print_json(const struct client *c, const struct json *json)
{
    char *text =
        json_print(json, JSON_SORT | (c->style.pretty ? JSON_PRETTY : 0));
    puts(text);
    fflush(stdout);
    free(text);
}

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

struct str_vec
client_databases(struct client *c)
{
    struct str_vec names = VEC_INITIALIZER;
    struct json *json = client_call(c, "list_dbs", json_array_create());
    if (json->type != JSON_ARRAY) {
        program_fatal(0, "list_dbs response is not array");
    }
    for (size_t i = 0; i < json->array.n; i++) {
        if (json_item(json, i)->type != JSON_STRING) {
            program_fatal(0, "list_dbs response element %zu is not string", i);
        }
        str_vec_push(&names, json_text(json_item(json, i)));
    }
    if (names.n) {
        qsort(names.items, names.n, sizeof *names.items, compare_strings);
    }
    json_unref(json);
    return names;
}

static void
run_list_dbs(struct client *c)
{
    struct str_vec names = client_databases(c);
    for (size_t i = 0; i < names.n; i++) {
        puts(names.items[i]);
    }
    str_vec_uninit(&names);
}

static void
run_get_schema(struct client *c)
{
    struct json *json = client_schema_json(c);
    client_print_json(c, json);
    json_unref(json);
}

static void
run_get_schema_version(struct client *c)
{
    struct schema *schema = client_schema(c);
    puts(schema->version);
    schema_destroy(schema);
}

static void
run_get_schema_cksum(struct client *c)
{
    struct schema *schema = client_schema(c);
    puts(schema->cksum);
    schema_destroy(schema);
}

static void
run_list_tables(struct client *c)
{
    struct schema *schema = client_schema(c);
    struct text_table table;
    text_table_init(&table);
    text_table_add_heading(&table, "Table");
    for (size_t i = 0; i < schema->n_tables; i++) {
        text_table_add_text(&table, schema->tables[i]->name);
    }
    client_print_table(c, &table);
    schema_destroy(schema);
}

static void
run_list_columns(struct client *c)
{
    struct schema *schema = client_schema(c);
    const char *only = c->argc ? c->argv[0] : NULL;
    struct text_table table;
    text_table_init(&table);
    if (!only) {
        text_table_add_heading(&table, "Table");
    }
    text_table_add_heading(&table, "Column");
    text_table_add_heading(&table, "Type");
    for (size_t i = 0; i < schema->n_tables; i++) {
        const struct table_schema *t = schema->tables[i];
        for (size_t j = 0; j < t->n_columns; j++) {
            if (only && strcmp(only, t->name)) {
                continue;
            }
            if (!only) {
                text_table_add_text(&table, t->name);
            }
            struct json *json = type_to_json(&t->columns[j]->type);
            char *text = json_print(json, JSON_SORT);
            text_table_add_text(&table, t->columns[j]->name);
            text_table_add_text(&table, text);
            free(text);
            json_unref(json);
        }
    }
    client_print_table(c, &table);
    schema_destroy(schema);
}

/* The transaction of the first argument. */
static struct json *
transaction_argument(const struct client *c)
{
    struct json *params = client_parse_json(c->argv[0]);
    if (params->type != JSON_ARRAY || !params->array.n) {
        client_fail("not a valid OVSDB query");
    }
    return params;
}

static struct schema *
schema_of_argument(const char *name)
{
    struct schema *schema;
    struct error *error = db_error_to_error(schema_from_file(&schema, name));
    if (error) {
        client_fail("failed to read schema: %s", error_text(error));
    }
    return schema;
}

/* The databases that arguments speak of. */

static char *
database_of_request(const struct client *c)
{
    struct json *params = transaction_argument(c);
    const struct json *name = json_item(params, 0);
    if (name->type != JSON_STRING) {
        client_fail("not a valid OVSDB query");
    }
    char *database = xstrdup(json_text(name));
    json_unref(params);
    return database;
}

static char *
database_of_schema(const struct client *c)
{
    struct schema *schema = schema_of_argument(c->argv[0]);
    char *database = xstrdup(schema->name);
    schema_destroy(schema);
    return database;
}

static void
run_transact(struct client *c)
{
    struct json *result = client_call(c, "transact", transaction_argument(c));
    client_print_json(c, result);
    json_unref(result);
}

/* As "transact", with an abort at the end: nothing is kept. */
static void
run_query(struct client *c)
{
    struct json *params = transaction_argument(c);
    struct json *abort_op = json_object_create();
    json_object_put_string(abort_op, "op", "abort");
    json_array_add(params, abort_op);
    struct json *result = client_call(c, "transact", params);
    struct json *shown = json_array_create();
    for (size_t i = 0; result->type == JSON_ARRAY && i + 1 < result->array.n;
         i++) {
        json_array_add(shown, json_ref(json_item(result, i)));
    }
    client_print_json(c, shown);
    json_unref(shown);
    json_unref(result);
}

static void
run_needs_conversion(struct client *c)
{
    struct schema *want = schema_of_argument(c->argv[0]);
    c->database = want->name;
    struct schema *have = client_schema(c);
    puts(schema_equal(want, have) ? "no" : "yes");
    schema_destroy(have);
    schema_destroy(want);
}

static void
run_convert(struct client *c)
{
    struct schema *schema = schema_of_argument(c->argv[0]);
    json_unref(
        client_call(c, "convert",
                    json_array_create_2(json_string_create(schema->name),
                                        schema_to_json(schema))));
    schema_destroy(schema);
}

const struct client_command client_commands[] = {
    { "list-dbs", false, 0, 0, run_list_dbs, 0, NULL },
    { "get-schema", true, 0, 0, run_get_schema, 0, NULL },
    { "get-schema-version", true, 0, 0, run_get_schema_version, 0, NULL },
    { "get-schema-cksum", true, 0, 0, run_get_schema_cksum, 0, NULL },
    { "list-tables", true, 0, 0, run_list_tables, 0, NULL },
    { "list-columns", true, 0, 1, run_list_columns, 0, NULL },
    { "transact", false, 1, 1, run_transact, 0, database_of_request },
    { "query", false, 1, 1, run_query, 0, database_of_request },
    { "needs-conversion", false, 1, 1, run_needs_conversion, 0,
      database_of_schema },
    { "convert", false, 1, 1, run_convert, 0, database_of_schema },
    { "dump", true, 0, INT_MAX, client_dump, 0, NULL },
    { "backup", true, 0, 0, client_backup, 0, NULL },
    { "restore", true, 0, 0, client_restore, 0, NULL },
    { "monitor", true, 1, INT_MAX, client_monitor, CLIENT_DAEMON, NULL },
    { "monitor-cond", true, 2, INT_MAX, client_monitor_cond, CLIENT_DAEMON,
      NULL },
    { "monitor-cond-since", true, 2, INT_MAX, client_monitor_cond_since,
      CLIENT_DAEMON, NULL },
    { "wait", false, 2, 2, client_wait, CLIENT_NO_CONNECTION, NULL },
    { "lock", false, 1, 1, client_lock, CLIENT_DAEMON, NULL },
    { "steal", false, 1, 1, client_steal, CLIENT_DAEMON, NULL },
    { "unlock", false, 1, 1, client_unlock, CLIENT_DAEMON, NULL },
};
const size_t client_n_commands = ARRAY_SIZE(client_commands);
