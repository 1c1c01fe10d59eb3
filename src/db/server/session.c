/* Sessions: the requests of clients, dispatched by method. */

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/server/server_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_jsonrpc_server);

enum {
    /* A client that leaves more than this unread is cut off, unless twice the
     * databases are more: it may well have asked for all of them. */
    SESSION_MIN_BACKLOG = 64 << 20,
    /* Requests wait while more than this is unread, ... */
    SESSION_PAUSE_BACKLOG = 1 << 20,
    /* ... or so many transactions wait, or they are so large together. */
    SESSION_PAUSE_WAITING = 1000,
    SESSION_PAUSE_WAITING_BYTES = 64 << 20,
    /* A client that sends a longer message is cut off. */
    SESSION_MAX_MESSAGE = 256 << 20,
    /* After so many bytes of requests, what they took is given back to the
     * system, but not again so soon. */
    TRIM_BYTES = 16 << 20,
    TRIM_INTERVAL_MS = 10 * 1000,
};

static void
update_backlog_limit(struct db_session *session)
{
    off_t size = 0;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &session->server->dbs) {
        size += storage_size(((struct served_db *) node->data)->storage);
    }
    jsonrpc_session_set_backlog_limit(session->rpc,
                                      MAX(SESSION_MIN_BACKLOG, 2 * size));
}

const char *
session_peer_id(const struct db_session *session)
{
    struct jsonrpc *rpc = jsonrpc_session_connection(session->rpc);
    return rpc ? jsonrpc_peer_id(rpc) : NULL;
}

void
session_send(struct db_session *session, struct jsonrpc_message *message)
{
    update_backlog_limit(session);
    jsonrpc_session_send(session->rpc, message);
}

static void
send_error(struct db_session *session, const struct jsonrpc_message *request,
           struct db_error *error)
{
    session_send(session, jsonrpc_error_create(db_error_to_json(error),
                                               json_ref(request->id)));
    db_error_destroy(error);
}

static void
send_result(struct db_session *session, const struct jsonrpc_message *request,
            struct json *result, struct db_error *error)
{
    if (error) {
        send_error(session, request, error);
    } else {
        session_send(session,
                     jsonrpc_reply_create(result, json_ref(request->id)));
    }
}

/* The database that the parameters begin with, or NULL after an error
 * reply. */
static struct served_db *
find_db(struct db_session *session, const struct jsonrpc_message *request)
{
    const struct json *params = request->params;
    if (params->type != JSON_ARRAY || !params->array.n
        || json_item(params, 0)->type != JSON_STRING) {
        send_error(session, request,
                   db_error_syntax(
                       params, "%s request params must begin with <db-name>",
                       request->method));
        return NULL;
    }
    const char *name = json_text(json_item(params, 0));
    struct served_db *sdb = strmap_get(&session->server->dbs, name);
    if (!sdb) {
        send_error(
            session, request,
            db_error_syntax_tag(params, "unknown database",
                                "%s request specifies unknown database %s",
                                request->method, name));
    } else if (!sdb->is_available) {
        send_error(session, request,
                   db_error_create("database not available",
                                   "%s request specifies database %s which is "
                                   "not yet available because it has not "
                                   "completed joining its cluster",
                                   request->method, name));
        return NULL;
    }
    return sdb;
}

/* Handlers take nothing over. */
typedef void request_handler(struct db_session *, struct jsonrpc_message *);

static void
handle_list_dbs(struct db_session *session, struct jsonrpc_message *request)
{
    const struct strmap *dbs = &session->server->dbs;
    struct json *names = json_array_create();
    struct strmap_node **nodes = strmap_sort(dbs);
    for (size_t i = 0; i < strmap_count(dbs); i++) {
        json_array_add(names, json_string_create(nodes[i]->name));
    }
    free(nodes);
    send_result(session, request, names, NULL);
}

static void
handle_get_schema(struct db_session *session, struct jsonrpc_message *request)
{
    const struct served_db *sdb = find_db(session, request);
    if (sdb) {
        send_result(session, request, schema_to_json(sdb->db->schema), NULL);
    }
}

static void
handle_get_server_id(struct db_session *session,
                     struct jsonrpc_message *request)
{
    char id[UUID_LEN + 1];
    uuid_format(&session->server->id, id);
    send_result(session, request, json_string_create(id), NULL);
}

static void
handle_monitor_version(struct db_session *session,
                       struct jsonrpc_message *request,
                       enum monitor_version version)
{
    if (version != MONITOR_V1 && session->server->no_monitor_cond) {
        session_send(session,
                     jsonrpc_error_create(json_string_create("unknown method"),
                                          json_ref(request->id)));
        return;
    }
    struct served_db *sdb = find_db(session, request);
    if (sdb) {
        struct db_error *error = NULL;
        struct json *result =
            monitor_request(session, sdb, version, request->params, &error);
        send_result(session, request, result, error);
    }
}

static void
handle_monitor(struct db_session *session, struct jsonrpc_message *request)
{
    handle_monitor_version(session, request, MONITOR_V1);
}

static void
handle_monitor_cond(struct db_session *session,
                    struct jsonrpc_message *request)
{
    handle_monitor_version(session, request, MONITOR_V2);
}

static void
handle_monitor_cond_since(struct db_session *session,
                          struct jsonrpc_message *request)
{
    handle_monitor_version(session, request, MONITOR_V3);
}

static void
handle_monitor_cond_change(struct db_session *session,
                           struct jsonrpc_message *request)
{
    struct db_error *error = NULL;
    struct json *result =
        monitor_cond_change(session, request->params, &error);
    send_result(session, request, result, error);
}

static void
handle_monitor_cancel(struct db_session *session,
                      struct jsonrpc_message *request)
{
    struct json *error = NULL;
    struct json *result = monitor_cancel(session, request->params, &error);
    session_send(session,
                 error ? jsonrpc_error_create(error, json_ref(request->id))
                       : jsonrpc_reply_create(result, json_ref(request->id)));
}

/* Backups leave locks to the active server. */
static bool
refuse_locks(struct db_session *session, const struct jsonrpc_message *request)
{
    if (session->server->replication) {
        session_send(session,
                     jsonrpc_error_create(
                         json_string_create("lock and unlock methods not "
                                            "allowed, DB server is read "
                                            "only."),
                         json_ref(request->id)));
        return true;
    }
    return false;
}

static void
handle_lock(struct db_session *session, struct jsonrpc_message *request)
{
    if (refuse_locks(session, request)) {
        return;
    }
    struct db_error *error = NULL;
    struct json *result = lock_request(
        session, request, !strcmp(request->method, "steal"), &error);
    send_result(session, request, result, error);
}

static void
handle_unlock(struct db_session *session, struct jsonrpc_message *request)
{
    if (refuse_locks(session, request)) {
        return;
    }
    struct db_error *error = NULL;
    struct json *result = unlock_request(session, request, &error);
    send_result(session, request, result, error);
}

static void
handle_set_db_change_aware(struct db_session *session,
                           struct jsonrpc_message *request)
{
    const struct json *params = request->params;
    if (params->type != JSON_ARRAY || params->array.n != 1
        || !json_is_boolean(json_item(params, 0))) {
        send_error(session, request,
                   db_error_syntax(params,
                                   "%s: true or false parameter expected",
                                   request->method));
        return;
    }
    session->is_change_aware = json_item(params, 0)->type == JSON_TRUE;
    send_result(session, request, json_object_create(), NULL);
}

static struct db_error *
convert(struct db_session *session, struct served_db *sdb,
        const struct json *params)
{
    if (params->array.n != 2) {
        return db_error_syntax(params, "array expected");
    }
    if (session_may_only_read(session, sdb)) {
        return db_error_create("not allowed",
                               "convert operation not allowed when database "
                               "server is in read only mode");
    }
    return served_db_convert(sdb, json_item(params, 1), session);
}

/* "transact" and "convert", which may take their time: takes 'request'. */
static void
handle_trigger(struct db_session *session, struct jsonrpc_message *request)
{
    struct served_db *sdb = find_db(session, request);
    bool is_convert = !strcmp(request->method, "convert");
    if (sdb && is_convert && session->role) {
        send_error(session, request,
                   db_error_create("permission error",
                                   "RBAC rules for role \"%s\" prohibit "
                                   "conversion of databases.",
                                   session->role));
    } else if (sdb && (sdb->is_relay || !is_convert)) {
        trigger_execute(session, sdb, request);
        return;
    } else if (sdb) {
        struct db_error *error = convert(session, sdb, request->params);
        bool ok = !error;
        send_result(session, request, ok ? json_object_create() : NULL, error);
        if (ok && !session->is_change_aware) {
            db_session_reconnect(session);
        }
    }
    jsonrpc_message_destroy(request);
}

static const struct method {
    const char *name;
    request_handler *handler;
} methods[] = {
    { "list_dbs", handle_list_dbs },
    { "get_schema", handle_get_schema },
    { "get_server_id", handle_get_server_id },
    { "monitor", handle_monitor },
    { "monitor_cond", handle_monitor_cond },
    { "monitor_cond_since", handle_monitor_cond_since },
    { "monitor_cond_change", handle_monitor_cond_change },
    { "monitor_cancel", handle_monitor_cancel },
    { "lock", handle_lock },
    { "steal", handle_lock },
    { "unlock", handle_unlock },
    { "set_db_change_aware", handle_set_db_change_aware },
};

static void
handle_request(struct db_session *session, struct jsonrpc_message *request)
{
    if (!strcmp(request->method, "transact")
        || !strcmp(request->method, "convert")) {
        handle_trigger(session, request);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (!strcmp(methods[i].name, request->method)) {
            methods[i].handler(session, request);
            jsonrpc_message_destroy(request);
            return;
        }
    }
    session_send(session,
                 jsonrpc_error_create(json_string_create("unknown method"),
                                      json_ref(request->id)));
    jsonrpc_message_destroy(request);
}

void
server_trim_memory(void *server_)
{
    struct db_server *server = server_;
    server->n_untrimmed = 0;
    server->last_trimmed = clock_msec();
    malloc_trim(0);
}

/* Counts the bytes of requests since the last time. */
static void
count_received(struct db_session *session)
{
    struct db_server *server = session->server;
    unsigned long long n = jsonrpc_session_received_bytes(session->rpc);
    session->request_size = n - session->n_received;
    server->n_untrimmed += session->request_size;
    session->n_received = n;
    if (server->n_untrimmed >= TRIM_BYTES
        && !loop_timer_is_set(&server->trim_timer)) {
        long long next = server->last_trimmed + TRIM_INTERVAL_MS;
        loop_timer_set(&server->trim_timer, MAX(next, clock_msec()));
    }
}

void
session_update_pause(struct db_session *session)
{
    jsonrpc_session_pause(
        session->rpc,
        jsonrpc_session_backlog(session->rpc) > SESSION_PAUSE_BACKLOG
            || session->n_waiting >= SESSION_PAUSE_WAITING
            || session->waiting_size >= SESSION_PAUSE_WAITING_BYTES);
}

static void
received(void *session_, struct jsonrpc_message *message)
{
    struct db_session *session = session_;
    count_received(session);
    if (message->type == JSONRPC_REQUEST) {
        handle_request(session, message);
        session_update_pause(session);
        return;
    }
    if (message->type == JSONRPC_NOTIFY) {
        /* Others mean nothing to this server. */
        if (!strcmp(message->method, "cancel")
            && message->params->array.n == 1) {
            trigger_cancel(session, json_item(message->params, 0));
        }
    } else {
        log_warn("%s: received unexpected %s message",
                 jsonrpc_session_name(session->rpc),
                 jsonrpc_type_name(message->type));
        jsonrpc_message_destroy(message);
        jsonrpc_session_reconnect(session->rpc);
        return;
    }
    jsonrpc_message_destroy(message);
}

void
session_send_text(struct db_session *session, struct str *head,
                  struct json *body, const char *tail)
{
    update_backlog_limit(session);
    jsonrpc_session_send_text(session->rpc, head, body, tail);
}

void
session_forget(struct db_session *session)
{
    triggers_forget(session);
    monitors_forget(session);
    locks_release_all(session);
    session->is_change_aware = false;
}

static void
drained(void *session)
{
    session_update_pause(session);
}

static void
disconnected(void *session_, int error UNUSED)
{
    struct db_session *session = session_;
    count_received(session);
    session_forget(session);
    session_update_pause(session);
    if (session->closed && !jsonrpc_session_is_alive(session->rpc)) {
        session->closed(session, session->closed_arg);
    }
}

const struct db_session_options db_session_default_options = {
    .probe_interval_ms = -1,
    .max_backoff_ms = -1,
    .dscp = -1,
};

static const struct jsonrpc_session_observer observer = {
    .disconnected = disconnected,
    .received = received,
    .drained = drained,
};

static struct db_session *
session_create(struct db_server *server)
{
    struct db_session *session = xzalloc(sizeof *session);
    session->server = server;
    hmap_init(&session->monitors);
    list_init(&session->triggers);
    list_init(&session->waiters);
    strmap_init(&session->waiters_by_name);
    list_push_back(&server->sessions, &session->node);
    return session;
}

struct db_session *
db_session_open(struct db_server *server, const char *name,
                const struct db_session_options *options)
{
    struct db_session *session = session_create(server);
    session->rpc =
        jsonrpc_session_open(server->loop, name, true, &observer, session);
    jsonrpc_session_set_max_message_size(session->rpc, SESSION_MAX_MESSAGE);
    db_session_set_options(session, options);
    return session;
}

struct db_session *
db_session_accepted(struct db_server *server, struct stream *stream,
                    const struct db_session_options *options,
                    void (*closed)(struct db_session *, void *), void *arg)
{
    struct db_session *session = session_create(server);
    session->closed = closed;
    session->closed_arg = arg;
    session->rpc = jsonrpc_session_accepted(server->loop, stream,
                                            (uint8_t) MAX(options->dscp, 0),
                                            &observer, session);
    jsonrpc_session_set_max_message_size(session->rpc, SESSION_MAX_MESSAGE);
    db_session_set_options(session, options);
    return session;
}

void
db_session_close(struct db_session *session)
{
    if (session) {
        session_forget(session);
        list_remove(&session->node);
        jsonrpc_session_close(session->rpc);
        hmap_uninit(&session->monitors);
        strmap_uninit(&session->waiters_by_name);
        free(session->role);
        free(session);
    }
}

void
db_session_set_options(struct db_session *session,
                       const struct db_session_options *options)
{
    if (options->max_backoff_ms >= 0) {
        jsonrpc_session_set_max_backoff(session->rpc, options->max_backoff_ms);
    }
    if (options->probe_interval_ms >= 0) {
        jsonrpc_session_set_probe_interval(session->rpc,
                                           options->probe_interval_ms);
    }
    if (options->dscp >= 0 && !session->closed) {
        jsonrpc_session_set_dscp(session->rpc, (uint8_t) options->dscp);
    }
    session->is_read_only = options->is_read_only;
    free(session->role);
    session->role = xstrdup_nullable(options->role);
}

void
db_session_reconnect(struct db_session *session)
{
    jsonrpc_session_reconnect(session->rpc);
}

void
db_session_get_status(const struct db_session *session,
                      struct db_session_status *status)
{
    struct reconnect_stats stats = jsonrpc_session_stats(session->rpc);
    long long now = clock_msec();
    *status = (struct db_session_status){
        .is_connected = jsonrpc_session_is_connected(session->rpc),
        .state = stats.state,
        .last_error = jsonrpc_session_last_error(session->rpc),
        .connected_s = stats.last_connected_ms == LLONG_MAX
                           ? -1
                           : (now - stats.last_connected_ms) / 1000,
        .disconnected_s = stats.last_disconnected_ms == LLONG_MAX
                              ? -1
                              : (now - stats.last_disconnected_ms) / 1000,
    };
    locks_get_status(session, status);
}
