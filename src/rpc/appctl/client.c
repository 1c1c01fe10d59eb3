/* The client of runtime commands. */

#include "rpc/appctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "rpc/jsonrpc/connection.h"
#include "rpc/stream/stream.h"
#include "sys/log/log.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"

LOG_MODULE(unixctl);

struct appctl_client {
    struct jsonrpc *rpc;
};

struct error *
appctl_client_find(const char *target, char **pathp)
{
    struct stat st;
    *pathp = NULL;
    if (target[0] == '/'
        || (strchr(target, '/') && !stat(target, &st)
            && S_ISSOCK(st.st_mode))) {
        *pathp = dirs_absolute(NULL, target);
        return NULL;
    }

    char *pidfile = xasprintf("%s/%s.pid", dirs_rundir(), target);
    pid_t pid = daemon_read_pidfile(pidfile);
    struct error *error = NULL;
    if (pid < 0) {
        error = error_create("cannot read pidfile \"%s\" (%s)", pidfile,
                             strerror(-pid));
    } else {
        *pathp = xasprintf("%s/%s.%ld.ctl", dirs_rundir(), target, (long) pid);
    }
    free(pidfile);
    return error;
}

static void
ignore_message(void *arg, struct jsonrpc_message *message)
{
    (void) arg;
    jsonrpc_message_destroy(message);
}

static void
ignore_close(void *arg, int error)
{
    (void) arg;
    (void) error;
}

static const struct jsonrpc_observer observer = {
    .received = ignore_message,
    .closed = ignore_close,
};

int
appctl_client_connect(struct loop *loop, const char *path,
                      struct appctl_client **clientp)
{
    *clientp = NULL;
    char *name = xasprintf("unix:%s", path);
    struct stream *stream;
    int error = stream_open(loop, name, NULL, &stream);
    free(name);
    while (!error) {
        error = stream_connect(stream);
        if (error != EAGAIN) {
            break;
        }
        error = stream_wait(stream, STREAM_RECV | STREAM_SEND, -1);
    }
    if (error) {
        log_warn("failed to connect to %s", path);
        stream_close(stream);
        return error;
    }

    struct appctl_client *client = xmalloc(sizeof *client);
    client->rpc = jsonrpc_create(loop, stream, &observer, client);
    *clientp = client;
    return 0;
}

void
appctl_client_close(struct appctl_client *client)
{
    if (client) {
        jsonrpc_destroy(client->rpc);
        free(client);
    }
}

int
appctl_client_call(struct appctl_client *client, const char *command, int argc,
                   char *const argv[], struct json **resultp, char **errorp)
{
    *resultp = NULL;
    *errorp = NULL;
    struct json *params = json_array_create();
    for (int i = 0; i < argc; i++) {
        json_array_add(params, json_string_create(argv[i]));
    }
    struct jsonrpc_message *request =
        jsonrpc_request_create(command, params, jsonrpc_next_id());
    struct jsonrpc_message *reply;
    int error = jsonrpc_transact_block(client->rpc, request, &reply);
    if (error) {
        log_warn("error communicating with %s: %s", jsonrpc_name(client->rpc),
                 error == EOF ? "End of file" : strerror(error));
        return error;
    }

    if (reply->type == JSONRPC_ERROR) {
        if (reply->error && reply->error->type == JSON_STRING) {
            *errorp = xstrdup(json_text(reply->error));
        } else {
            log_warn("%s: unexpected error type in JSON RPC reply: %s",
                     jsonrpc_name(client->rpc),
                     reply->error ? json_type_name(reply->error->type)
                                  : "none");
            error = EINVAL;
        }
    } else {
        *resultp = json_ref(reply->result);
    }
    jsonrpc_message_destroy(reply);
    return error;
}
