/* Connecting to the server, or to the first of several that is of use, and
 * choosing the database. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovsdb-client/client.h"
#include "db/idl/server_check.h"
#include "rpc/stream/stream.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_client);

static void
observe_message(void *c_, struct jsonrpc_message *m)
{
    struct client *c = c_;
    if (m->type == JSONRPC_REQUEST && !strcmp(m->method, "echo")) {
        jsonrpc_send(c->rpc, jsonrpc_reply_create(json_ref(m->params),
                                                  json_ref(m->id)));
    } else if (c->received) {
        c->received(c, m);
    }
    jsonrpc_message_destroy(m);
}

static void
observe_end(void *c_, int error)
{
    struct client *c = c_;
    if (c->received) {
        client_fail("%s: receive failed (%s)", jsonrpc_name(c->rpc),
                    error == EOF ? "End of file" : strerror(error));
    }
}

/* Returns 0 or errno. */
static int
connect_to(struct client *c, const char *server)
{
    static const struct jsonrpc_observer observer = {
        .received = observe_message,
        .closed = observe_end,
    };
    struct stream *stream;
    int error = stream_open(c->loop, server, NULL, &stream);
    if (error) {
        return error;
    }
    while ((error = stream_connect(stream)) == EAGAIN) {
        error = stream_wait(stream, STREAM_RECV, -1);
        if (error) {
            break;
        }
    }
    if (error) {
        stream_close(stream);
        return error;
    }
    c->rpc = jsonrpc_create(c->loop, stream, &observer, c);
    return 0;
}

/* Takes the database from the arguments if the first one names one of the
 * server's. */
static void
choose_database(struct client *c, const struct client_command *command)
{
    struct str_vec names = client_databases(c);
    if (c->argc > command->min_args && c->argc
        && str_vec_contains(&names, c->argv[0])) {
        c->database = c->argv[0];
        c->argv++;
        c->argc--;
    } else if (str_vec_contains(&names, "Open_vSwitch")) {
        c->database = "Open_vSwitch";
    } else {
        for (size_t i = 0; i < names.n; i++) {
            if (names.items[i][0] != '_') {
                if (c->database) {
                    client_fail("no default database for `%s' command, "
                                "please specify a database name",
                                command->name);
                }
                c->database = xstrdup(names.items[i]);
            }
        }
        if (!c->database) {
            client_fail("the server has no database");
        }
    }
    str_vec_uninit(&names);
}

/* Several servers. */

/* Why the server connected to is of no use, or NULL. */
static const char *
find_fault(struct client *c)
{
    struct jsonrpc_message *reply;
    int error = jsonrpc_transact_block(
        c->rpc,
        jsonrpc_request_create("transact", client_status_params(c->database),
                               jsonrpc_next_id()),
        &reply);
    if (error) {
        return error == EOF ? "End of file" : strerror(error);
    }
    const struct json *rows = reply->type == JSONRPC_REPLY
                                  ? client_status_rows(reply->result)
                                  : NULL;
    struct server_check check = { .leader_only = c->leader_only };
    const char *complaint =
        !rows           ? "it cannot tell about its databases"
        : rows->array.n ? server_check_complaint(&check, json_item(rows, 0))
                        : "it lacks the database";
    jsonrpc_message_destroy(reply);
    return complaint;
}

static bool
try_server(struct client *c, const char *server)
{
    int error = connect_to(c, server);
    const char *complaint = error         ? strerror(error)
                            : c->database ? find_fault(c)
                                          : NULL;
    if (complaint) {
        log_info("%s: %s", server, complaint);
        jsonrpc_destroy(c->rpc);
        c->rpc = NULL;
    }
    return !complaint;
}

/* Takes the database from the arguments without asking a server. */
static void
take_database(struct client *c, const struct client_command *command)
{
    if (command->find_database) {
        c->database = command->find_database(c);
    } else if (command->needs_database) {
        if (c->argc <= command->min_args) {
            client_fail("database name is required with multiple remotes");
        }
        c->database = c->argv[0];
        c->argv++;
        c->argc--;
    }
}

void
client_connect(struct client *c, const struct client_command *command)
{
    struct str_vec servers = VEC_INITIALIZER;
    str_vec_split(&servers, c->server, ",");
    if (servers.n > 1) {
        take_database(c, command);
        size_t i = 0;
        while (i < servers.n && !try_server(c, servers.items[i])) {
            i++;
        }
        if (i == servers.n) {
            client_fail("no servers were available");
        }
    } else {
        int error = connect_to(c, c->server);
        if (error) {
            client_fail("failed to connect to \"%s\" (%s)", c->server,
                        strerror(error));
        }
        if (command->needs_database) {
            choose_database(c, command);
        }
    }
    str_vec_uninit(&servers);
}
