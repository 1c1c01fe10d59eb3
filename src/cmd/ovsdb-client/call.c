/* Calls of the server, what is made of the results, and following it. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/ovsdb-client/client.h"
#include "db/idl/server_check.h"
#include "rpc/appctl/appctl.h"
#include "sys/process/daemon.h"
#include "sys/process/program.h"

void
client_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    fflush(stdout);
    program_fatal(0, "%s", text);
}

struct json *
client_call(struct client *c, const char *method, struct json *params)
{
    struct jsonrpc_message *reply;
    int error = jsonrpc_transact_block(
        c->rpc, jsonrpc_request_create(method, params, jsonrpc_next_id()),
        &reply);
    if (error) {
        client_fail("transaction failed (%s)",
                    error == EOF ? "End of file" : strerror(error));
    }
    if (reply->type == JSONRPC_ERROR) {
        char *text = json_print(reply->error, JSON_SORT);
        client_fail("transaction returned error: %s", text);
    }
    struct json *result = json_ref(reply->result);
    jsonrpc_message_destroy(reply);
    return result ? result : json_null_create();
}

struct json *
client_parse_json(const char *text)
{
    struct json *json;
    struct error *error = json_parse_string(text, &json);
    if (error) {
        client_fail("\"%s\": %s", text, error_text(error));
    }
    return json;
}

struct json *
client_status_params(const char *database)
{
    struct json *op = json_object_create();
    json_object_put_string(op, "op", "select");
    json_object_put_string(op, "table", "Database");
    json_object_put(op, "where",
                    json_array_create_1(json_array_create_3(
                        json_string_create("name"), json_string_create("=="),
                        json_string_create(database))));
    json_object_put(op, "columns", server_check_columns());
    return json_array_create_2(json_string_create("_Server"), op);
}

const struct json *
client_status_rows(const struct json *result)
{
    const struct json *rows =
        result->type == JSON_ARRAY && result->array.n
            ? json_object_find(json_item(result, 0), "rows")
            : NULL;
    return rows && rows->type == JSON_ARRAY ? rows : NULL;
}

struct json *
client_schema_json(struct client *c)
{
    return client_call(c, "get_schema",
                       json_array_create_1(json_string_create(c->database)));
}

struct schema *
client_schema(struct client *c)
{
    struct json *json = client_schema_json(c);
    struct schema *schema;
    struct error *error = db_error_to_error(schema_from_json(&schema, json));
    if (error) {
        client_fail("%s", error_text(error));
    }
    json_unref(json);
    return schema;
}

void
client_print_table(struct client *c, struct text_table *table)
{
    static bool any;
    struct str s = STR_INITIALIZER;
    text_table_set_timestamp(table, c->timestamp);
    text_table_put(table, &c->style, &any, &s);
    fputs(str_text(&s), stdout);
    fflush(stdout);
    str_uninit(&s);
    text_table_uninit(table);
}

static void
quit(void *c_)
{
    struct client *c = c_;
    loop_quit(c->loop);
}

void
client_follow(struct client *c,
              void (*received)(struct client *, struct jsonrpc_message *))
{
    struct appctl_server *server = NULL;
    c->received = received;
    if (daemon_is_detached()) {
        struct error *error =
            appctl_server_create(c->loop, c->unixctl, &server);
        if (error) {
            client_fail("%s", error_text(error));
        }
        appctl_register_exit(quit, c);
    }
    /* Standard output remains where the updates go. */
    fflush(stdout);
    int out = dup(STDOUT_FILENO);
    daemon_complete();
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        close(out);
    }
    loop_run(c->loop);
    appctl_server_destroy(server);
}
