/* "wait": until a database of the server is in some state.  Any change of the
 * table Database makes it ask again. */

#include <stdlib.h>
#include <string.h>

#include "cmd/ovsdb-client/client.h"
#include "rpc/jsonrpc/session.h"

enum state { STATE_ADDED, STATE_CONNECTED, STATE_REMOVED };

static const char *const states[] = {
    [STATE_ADDED] = "added",
    [STATE_CONNECTED] = "connected",
    [STATE_REMOVED] = "removed",
};

struct waiter {
    struct client *client;
    struct jsonrpc_session *session;
    struct json *monitor_id; /* Of the monitor request, NULL if replied. */
    const char *database;
    enum state state;
};

static struct json *
send_request(struct waiter *w, const char *method, struct json *params)
{
    struct jsonrpc_message *m =
        jsonrpc_request_create(method, params, jsonrpc_next_id());
    struct json *id = json_ref(m->id);
    jsonrpc_session_send(w->session, m);
    return id;
}

/* Follows the columns of table Database that matter. */
static void
connected(void *w_)
{
    struct waiter *w = w_;
    struct json *request = json_object_create();
    json_object_put(request, "columns",
                    json_array_create_2(json_string_create("name"),
                                        json_string_create("connected")));
    struct json *requests = json_object_create();
    json_object_put(requests, "Database", json_array_create_1(request));
    json_unref(w->monitor_id);
    w->monitor_id =
        send_request(w, "monitor",
                     json_array_create_3(json_string_create("_Server"),
                                         json_null_create(), requests));
}

static void
ask(struct waiter *w)
{
    json_unref(send_request(w, "transact", client_status_params(w->database)));
}

/* Ends the wait if the answer to ask() says so. */
static void
check(struct waiter *w, const struct json *result)
{
    const struct json *rows = client_status_rows(result);
    if (!rows) {
        client_fail("%s: strange reply about databases",
                    jsonrpc_session_name(w->session));
    }
    bool is_added = rows->array.n > 0;
    bool is_done = is_added == (w->state != STATE_REMOVED);
    if (is_added && w->state == STATE_CONNECTED) {
        const struct json *up =
            json_object_find(json_item(rows, 0), "connected");
        is_done = up && up->type == JSON_TRUE;
    }
    if (is_done) {
        loop_quit(w->client->loop);
    }
}

static void
received(void *w_, struct jsonrpc_message *m)
{
    struct waiter *w = w_;
    if (m->type == JSONRPC_ERROR) {
        char *text = json_print(m->error, JSON_SORT);
        client_fail("transaction returned error: %s", text);
    } else if (m->type == JSONRPC_NOTIFY) {
        ask(w);
    } else if (m->type == JSONRPC_REPLY && w->monitor_id
               && json_equal(m->id, w->monitor_id)) {
        json_unref(w->monitor_id);
        w->monitor_id = NULL;
        ask(w);
    } else if (m->type == JSONRPC_REPLY) {
        check(w, m->result);
    }
    jsonrpc_message_destroy(m);
}

void
client_wait(struct client *c)
{
    static const struct jsonrpc_session_observer observer = {
        .connected = connected,
        .received = received,
    };
    struct waiter w = { .client = c, .database = c->argv[0] };
    size_t i = 0;
    while (i < ARRAY_SIZE(states) && strcmp(states[i], c->argv[1])) {
        i++;
    }
    if (i == ARRAY_SIZE(states)) {
        client_fail("%s: unknown state", c->argv[1]);
    }
    w.state = (enum state) i;
    struct str_vec servers = VEC_INITIALIZER;
    str_vec_split(&servers, c->server, ",");
    w.session = jsonrpc_session_open_multiple(c->loop, &servers, true, false,
                                              &observer, &w);
    str_vec_uninit(&servers);
    loop_run(c->loop);
    jsonrpc_session_close(w.session);
    json_unref(w.monitor_id);
}
