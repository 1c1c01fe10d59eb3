/* The server of runtime commands: JSON-RPC requests over a Unix socket, one
 * at a time per client, answered in order. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "rpc/appctl/appctl_private.h"
#include "rpc/jsonrpc/connection.h"
#include "rpc/stream/stream.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

LOG_MODULE(unixctl);

enum {
    /* A client may have as many bytes of replies waiting. */
    MAX_BACKLOG = 256 << 20,
};

struct appctl_server {
    struct loop *loop;
    struct stream_listener *listener;
    char *path;
    struct list clients; /* Of struct client. */
};

/* A connection. */
struct client {
    struct list node; /* In the server's clients. */
    struct jsonrpc *rpc;
    struct appctl_conn *request; /* Being answered, or NULL. */
    bool json;                   /* Replies in JSON. */
};

/* A request.  It lives until it is answered, even if the client is gone. */
struct appctl_conn {
    struct client *client; /* NULL if the client is gone. */
    struct json *id;
};

static void
client_destroy(struct client *client)
{
    if (client->request) {
        client->request->client = NULL;
    }
    list_remove(&client->node);
    jsonrpc_destroy(client->rpc);
    free(client);
}

/* Answers the request with 'message', which is taken, and ends it. */
static void
finish(struct appctl_conn *conn, struct jsonrpc_message *message)
{
    struct client *client = conn->client;
    if (client) {
        client->request = NULL;
        jsonrpc_send(client->rpc, message);
        jsonrpc_pause(client->rpc, false);
    } else {
        jsonrpc_message_destroy(message);
    }
    json_unref(conn->id);
    free(conn);
}

/* 'text' with a newline at its end, "" if it is NULL. */
static struct json *
text_reply(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (!len || text[len - 1] == '\n') {
        return json_string_create_n(text ? text : "", len);
    }
    return json_string_createf("%s\n", text);
}

void
appctl_reply(struct appctl_conn *conn, const char *text)
{
    struct json *body = text_reply(text);
    if (appctl_wants_json(conn)) {
        struct json *object = json_object_create();
        json_object_put_string(object, "reply-format", "plain");
        json_object_put(object, "reply", body);
        body = object;
    }
    finish(conn, jsonrpc_reply_create(body, json_ref(conn->id)));
}

void
appctl_reply_json(struct appctl_conn *conn, struct json *json)
{
    finish(conn, jsonrpc_reply_create(json, json_ref(conn->id)));
}

void
appctl_reply_error(struct appctl_conn *conn, const char *text)
{
    finish(conn, jsonrpc_error_create(text_reply(text), json_ref(conn->id)));
}

bool
appctl_wants_json(const struct appctl_conn *conn)
{
    return conn->client && conn->client->json;
}

void
appctl_set_json(struct appctl_conn *conn, bool json)
{
    if (conn->client) {
        conn->client->json = json;
    }
}

/* Why 'command' cannot be called with these parameters, or NULL. */
static char *
check_request(const char *name, const struct appctl_command *command,
              const struct json *params)
{
    size_t n = params->array.n;
    if (!command) {
        return xasprintf("\"%s\" is not a valid command (use "
                         "\"list-commands\" to see a list of valid commands)",
                         name);
    } else if (n < (size_t) command->min_args) {
        return xasprintf("\"%s\" command requires at least %d arguments", name,
                         command->min_args);
    } else if (n > (size_t) command->max_args) {
        return xasprintf("\"%s\" command takes at most %d arguments", name,
                         command->max_args);
    }
    for (size_t i = 0; i < n; i++) {
        if (json_item(params, i)->type != JSON_STRING) {
            return xasprintf("\"%s\" command has non-string argument", name);
        }
    }
    return NULL;
}

static void
handle_request(struct client *client, const struct jsonrpc_message *request)
{
    struct appctl_conn *conn = xzalloc(sizeof *conn);
    conn->client = client;
    conn->id = json_ref(request->id);
    client->request = conn;
    jsonrpc_pause(client->rpc, true);

    const struct json *params = request->params;
    struct appctl_command *command =
        strmap_get(appctl_commands(), request->method);
    char *error = check_request(request->method, command, params);
    if (error) {
        appctl_reply_error(conn, error);
        free(error);
        return;
    }

    int argc = params->array.n + 1;
    const char **argv = xcalloc(argc + 1, sizeof *argv);
    argv[0] = request->method;
    for (int i = 1; i < argc; i++) {
        argv[i] = json_text(json_item(params, i - 1));
    }
    log_dbg("received request %s with %d arguments, id=%s", request->method,
            argc - 1,
            request->id->type == JSON_STRING ? json_text(request->id)
                                             : "number");
    command->callback(conn, argc, argv, command->aux);
    free(argv);
}

static void
client_received(void *client_, struct jsonrpc_message *message)
{
    struct client *client = client_;
    if (message->type == JSONRPC_REQUEST && !client->request) {
        handle_request(client, message);
    } else {
        log_warn("%s: received unexpected %s message",
                 jsonrpc_name(client->rpc), jsonrpc_type_name(message->type));
        jsonrpc_message_destroy(message);
        client_destroy(client);
        return;
    }
    jsonrpc_message_destroy(message);
}

static void
client_closed(void *client, int error)
{
    (void) error;
    client_destroy(client);
}

static const struct jsonrpc_observer client_observer = {
    .received = client_received,
    .closed = client_closed,
};

static void
accept_clients(void *server_)
{
    struct appctl_server *server = server_;
    for (int i = 0; i < 16; i++) {
        struct stream *stream;
        int error = stream_accept(server->listener, &stream);
        if (error) {
            if (error != EAGAIN) {
                log_warn("%s: accept failed: %s", server->path,
                         strerror(error));
            }
            return;
        }
        struct client *client = xzalloc(sizeof *client);
        list_push_back(&server->clients, &client->node);
        client->rpc =
            jsonrpc_create(server->loop, stream, &client_observer, client);
        jsonrpc_set_backlog_limit(client->rpc, MAX_BACKLOG);
    }
}

/* The loop that serves "coverage/show" is the one that takes its samples. */
static void
take_samples(void *unused UNUSED)
{
    coverage_run();
}

struct error *
appctl_server_create(struct loop *loop, const char *path,
                     struct appctl_server **serverp)
{
    *serverp = NULL;
    appctl_register_builtins();
    if (path && !strcmp(path, "none")) {
        return NULL;
    }

    char *socket_path;
    if (path) {
        socket_path = dirs_absolute(dirs_rundir(), path);
    } else {
        socket_path = xasprintf("%s/%s.%ld.ctl", dirs_rundir(), program_name(),
                                (long) getpid());
    }
    char *name = xasprintf("punix:%s", socket_path);
    struct stream_listener *listener;
    int error = stream_listen(loop, name, NULL, &listener);
    free(name);
    if (error) {
        struct error *e = error_create_errno(
            error, "could not initialize control socket %s", socket_path);
        free(socket_path);
        return e;
    }

    struct appctl_server *server = xzalloc(sizeof *server);
    server->loop = loop;
    server->listener = listener;
    server->path = socket_path;
    list_init(&server->clients);
    stream_listener_watch(listener, accept_clients, server);
    loop_set_prepare(loop, take_samples, NULL);
    *serverp = server;
    return NULL;
}

void
appctl_server_destroy(struct appctl_server *server)
{
    if (!server) {
        return;
    }
    struct client *client, *next;
    LIST_FOR_EACH_SAFE (client, next, node, &server->clients) {
        /* A reply that cannot be sent now is lost with its client. */
        if (jsonrpc_backlog(client->rpc) && jsonrpc_flush_block(client->rpc)) {
            log_dbg("%s: reply lost", server->path);
        }
        client_destroy(client);
    }
    loop_set_prepare(server->loop, NULL, NULL);
    stream_listener_close(server->listener);
    free(server->path);
    free(server);
}

const char *
appctl_server_path(const struct appctl_server *server)
{
    return server ? server->path : NULL;
}
