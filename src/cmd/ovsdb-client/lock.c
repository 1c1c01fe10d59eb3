/* "lock", "steal", "unlock": RFC 7047 §4.1.8...§4.1.10. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ovsdb-client/client.h"
#include "rpc/appctl/appctl.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_client);

static void
received(struct client *c, struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_NOTIFY) {
        puts(m->method);
        client_print_json(c, m->params);
    } else if (m->type == JSONRPC_REPLY) {
        client_print_json(c, m->result);
    } else if (m->type == JSONRPC_ERROR) {
        char *text = json_print(m->error, JSON_SORT);
        log_warn("%s", text);
        free(text);
    }
}

/* The runtime command has the name of the method. */
static void
request(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
        void *c_)
{
    struct client *c = c_;
    struct json *params = json_array_create_1(json_string_create(argv[1]));
    jsonrpc_send(c->rpc,
                 jsonrpc_request_create(argv[0], params, jsonrpc_next_id()));
    appctl_reply(conn, NULL);
}

static void
run(struct client *c, const char *method)
{
    struct json *result = client_call(
        c, method, json_array_create_1(json_string_create(c->argv[0])));
    client_print_json(c, result);
    json_unref(result);
    appctl_register("lock", "LOCK", 1, 1, request, c);
    appctl_register("steal", "LOCK", 1, 1, request, c);
    appctl_register("unlock", "LOCK", 1, 1, request, c);
    client_follow(c, received);
}

void
client_lock(struct client *c)
{
    run(c, "lock");
}

void
client_steal(struct client *c)
{
    run(c, "steal");
}

void
client_unlock(struct client *c)
{
    run(c, "unlock");
}
