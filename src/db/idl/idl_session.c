/* The conversation with the server: schema, monitor, updates, lock. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/idl/idl_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_idl);

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

void
idl_session_send(struct idl *idl, struct jsonrpc_message *message)
{
    jsonrpc_session_send(idl->session, message);
}

/* Sends a request whose reply the state machine waits for. */
static void
send_request(struct idl *idl, enum idl_state state, const char *method,
             struct json *params)
{
    json_unref(idl->request_id);
    idl->request_id = jsonrpc_next_id();
    idl->state = state;
    idl_session_send(idl, jsonrpc_request_create(method, params,
                                                 json_ref(idl->request_id)));
}

/* Lock: RFC 7047 §4.1.8. */

static void
send_lock(struct idl *idl, const char *method)
{
    struct json *id = jsonrpc_next_id();
    idl_session_send(
        idl,
        jsonrpc_request_create(
            method, json_array_create_1(json_string_create(idl->lock_name)),
            json_ref(id)));
    json_unref(idl->lock_id);
    idl->lock_id = id;
}

static void
set_has_lock(struct idl *idl, bool has, bool contended)
{
    if (idl->has_lock != has || idl->lock_contended != contended) {
        idl->has_lock = has;
        idl->lock_contended = contended;
        idl_touch(idl);
    }
}

void
idl_set_lock(struct idl *idl, const char *name)
{
    if (idl->lock_name && name && !strcmp(idl->lock_name, name)) {
        return;
    }
    bool up = idl->session && jsonrpc_session_is_connected(idl->session);
    if (idl->lock_name) {
        if (up) {
            send_lock(idl, "unlock");
        }
        json_unref(steal_ptr(&idl->lock_id));
        free(idl->lock_name);
        idl->lock_name = NULL;
        set_has_lock(idl, false, false);
    }
    if (name) {
        idl->lock_name = xstrdup(name);
        if (up) {
            send_lock(idl, "lock");
        }
    }
}

bool
idl_has_lock(const struct idl *idl)
{
    return idl->has_lock;
}

bool
idl_is_lock_contended(const struct idl *idl)
{
    return idl->lock_contended;
}

/* Monitor. */

static struct json *
monitored_columns(const struct idl_table *table)
{
    struct json *columns = json_array_create();
    for (size_t i = COLUMN_N_STD; i < table->schema->n_columns; i++) {
        if (table->modes[i] & IDL_MONITOR && table->column_at_server[i]) {
            json_array_add(
                columns, json_string_create(table->schema->columns[i]->name));
        }
    }
    return columns;
}

static void
send_monitor(struct idl *idl)
{
    static const char *const methods[] = { "monitor_cond_since",
                                           "monitor_cond", "monitor" };
    struct json *requests = json_object_create();
    bool from_scratch =
        idl->method != IDL_MONITOR_COND_SINCE || uuid_is_zero(&idl->last_id);
    idl_condition_start(idl, from_scratch);
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        const struct idl_table *table = &idl->tables[i];
        const struct json *where = table->condition.at_server;
        if (table->wanted && table->at_server) {
            struct json *request = json_object_create();
            json_object_put(request, "columns", monitored_columns(table));
            if (where && idl->method != IDL_MONITOR_PLAIN) {
                json_object_put(request, "where", json_ref(where));
            }
            json_object_put(requests, table->schema->name,
                            json_array_create_1(request));
        }
    }
    struct json *params =
        json_array_create_3(json_string_create(idl->database->name),
                            json_ref(idl->monitor_id), requests);
    if (idl->method == IDL_MONITOR_COND_SINCE) {
        char last_id[UUID_LEN + 1];
        uuid_format(&idl->last_id, last_id);
        json_array_add(params, json_string_create(last_id));
    }
    send_request(idl, IDL_GET_CONTENT, methods[idl->method], params);
}

void
idl_set_trust(struct idl *idl, bool trust)
{
    idl->trusts_server = trust;
}

static void
ask_for_schema(struct idl *idl)
{
    idl->is_trusting = false;
    send_request(idl, IDL_GET_SCHEMA, "get_schema",
                 json_array_create_1(json_string_create(idl->database->name)));
}

/* Takes it that the server has all that we know: if not, it refuses. */
static void
assume_schema(struct idl *idl)
{
    idl->is_trusting = true;
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        table->at_server = true;
        memset(table->column_at_server, true, table->schema->n_columns);
    }
}

void
idl_session_start(struct idl *idl)
{
    idl->method = IDL_MONITOR_COND_SINCE;
    if (idl->trusts_server) {
        assume_schema(idl);
        send_monitor(idl);
    } else {
        ask_for_schema(idl);
    }
}

/* Notes which tables and columns the server has. */
static void
take_schema(struct idl *idl, const struct json *json)
{
    const struct json *tables = json_object_find(json, "tables");
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        const struct json *t =
            tables ? json_object_find(tables, table->schema->name) : NULL;
        const struct json *columns = t ? json_object_find(t, "columns") : NULL;
        table->at_server = columns != NULL;
        if (table->wanted && !table->at_server) {
            log_warn("%s database lacks %s table (database needs upgrade?)",
                     idl->database->name, table->schema->name);
        }
        for (size_t j = 0; j < table->schema->n_columns; j++) {
            const char *name = table->schema->columns[j]->name;
            bool *has = &table->column_at_server[j];
            *has = columns
                   && (j < COLUMN_N_STD || json_object_find(columns, name));
            if (table->at_server && table->modes[j] & IDL_MONITOR && !*has) {
                log_warn("%s table in %s database lacks %s column "
                         "(database needs upgrade?)",
                         table->schema->name, idl->database->name, name);
            }
        }
    }
}

static void
fail(struct idl *idl, const char *text)
{
    free(idl->error);
    idl->error = xstrdup(text);
    idl->state = IDL_DISCONNECTED;
    if (idl->observer.disconnected) {
        idl->observer.disconnected(idl->arg);
    }
}

static void
bad_content(struct idl *idl, struct db_error *error)
{
    char *text = db_error_to_text(error);
    log_err_rl(&rl, "error parsing database updates: %s", text);
    free(text);
    db_error_destroy(error);
    jsonrpc_session_reconnect(idl->session);
}

static void
take_content(struct idl *idl, const struct json *result)
{
    bool initial = true;
    const struct json *updates = result;
    if (idl->method == IDL_MONITOR_COND_SINCE) {
        if (result->type != JSON_ARRAY || result->array.n != 3
            || !json_is_boolean(json_item(result, 0))
            || json_item(result, 1)->type != JSON_STRING) {
            bad_content(idl, db_error_syntax(result, "bad reply to "
                                                     "monitor_cond_since"));
            return;
        }
        initial = json_item(result, 0)->type == JSON_FALSE;
        uuid_parse(json_text(json_item(result, 1)), &idl->last_id);
        updates = json_item(result, 2);
    }
    struct db_error *error = idl_apply(idl, updates, idl->method, initial);
    if (error) {
        idl->last_id = (struct uuid){ { 0 } };
        bad_content(idl, error);
        return;
    }
    idl->state = IDL_UP;
    idl->ever_synced = true;
    free(idl->error);
    idl->error = NULL;
    idl_touch(idl);
    idl_condition_sync(idl);
}

static void
handle_reply(struct idl *idl, const struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_ERROR) {
        const struct json *name = json_object_find(m->error, "error");
        const char *text = m->error->type == JSON_STRING ? json_text(m->error)
                           : name && name->type == JSON_STRING
                               ? json_text(name)
                               : "";
        if (idl->state == IDL_GET_CONTENT && !strcmp(text, "unknown method")
            && idl->method < IDL_MONITOR_PLAIN) {
            idl->method++;
            send_monitor(idl);
            return;
        }
        if (idl->state == IDL_GET_CONTENT && idl->is_trusting) {
            idl->method = IDL_MONITOR_COND_SINCE;
            ask_for_schema(idl);
            return;
        }
        char *s = json_print(m->error, JSON_SORT);
        log_err_rl(&rl, "%s: server refuses: %s", idl->database->name, s);
        fail(idl, s);
        free(s);
    } else if (idl->state == IDL_GET_SCHEMA) {
        take_schema(idl, m->result);
        send_monitor(idl);
    } else if (idl->state == IDL_GET_CONTENT) {
        take_content(idl, m->result);
    }
}

/* Notifications. */

static void
handle_update(struct idl *idl, const struct json *params,
              enum idl_monitor_method method)
{
    size_t n = method == IDL_MONITOR_COND_SINCE ? 3 : 2;
    if (params->type != JSON_ARRAY || params->array.n != n
        || !json_equal(json_item(params, 0), idl->monitor_id)
        || idl->state != IDL_UP) {
        return;
    }
    if (n == 3 && json_item(params, 1)->type == JSON_STRING) {
        uuid_parse(json_text(json_item(params, 1)), &idl->last_id);
    }
    struct db_error *error =
        idl_apply(idl, json_item(params, n - 1), method, false);
    if (error) {
        idl->last_id = (struct uuid){ { 0 } };
        bad_content(idl, error);
        return;
    }
    idl_touch_if_alert(idl);
}

static void
handle_notify(struct idl *idl, const struct jsonrpc_message *m)
{
    static const char *const updates[] = { "update3", "update2", "update" };
    for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
        if (!strcmp(m->method, updates[i])) {
            if (i != IDL_MONITOR_PLAIN
                || !idl_server_handle_update(idl, m->params)) {
                handle_update(idl, m->params, i);
            }
            return;
        }
    }
    bool locked = !strcmp(m->method, "locked");
    if ((locked || !strcmp(m->method, "stolen")) && idl->lock_name
        && m->params->type == JSON_ARRAY && m->params->array.n == 1
        && json_item(m->params, 0)->type == JSON_STRING
        && !strcmp(json_text(json_item(m->params, 0)), idl->lock_name)) {
        set_has_lock(idl, locked, !locked);
    }
}

static void
handle_lock_reply(struct idl *idl, const struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_REPLY && idl->lock_name) {
        const struct json *locked = json_object_find(m->result, "locked");
        bool has = locked && locked->type == JSON_TRUE;
        set_has_lock(idl, has, !has);
    }
}

/* Session. */

static void
on_connected(void *idl_)
{
    struct idl *idl = idl_;
    idl_server_start(idl);
    idl_session_start(idl);
    if (idl->lock_name) {
        send_lock(idl, "lock");
    }
}

static void
on_disconnected(void *idl_, int error UNUSED)
{
    struct idl *idl = idl_;
    idl->state = IDL_DISCONNECTED;
    json_unref(steal_ptr(&idl->request_id));
    json_unref(steal_ptr(&idl->server_id));
    idl_txn_fail_all(idl);
    if (idl->lock_name) {
        set_has_lock(idl, false, false);
    }
    if (idl->observer.disconnected) {
        idl->observer.disconnected(idl->arg);
    }
}

/* Whether 'm' is the reply to the request '*idp', which is forgotten then. */
static bool
take_reply(struct json **idp, const struct jsonrpc_message *m)
{
    bool is_reply = *idp && json_equal(m->id, *idp);
    if (is_reply) {
        json_unref(steal_ptr(idp));
    }
    return is_reply;
}

static void
on_received(void *idl_, struct jsonrpc_message *m)
{
    struct idl *idl = idl_;
    if (m->type == JSONRPC_NOTIFY) {
        handle_notify(idl, m);
    } else if (m->type == JSONRPC_REPLY || m->type == JSONRPC_ERROR) {
        if (take_reply(&idl->request_id, m)) {
            handle_reply(idl, m);
        } else if (take_reply(&idl->lock_id, m)) {
            handle_lock_reply(idl, m);
        } else if (take_reply(&idl->server_id, m)) {
            idl_server_handle_reply(idl, m);
        } else if (take_reply(&idl->condition_id, m)) {
            idl_condition_handle_reply(idl, m);
        } else {
            idl_txn_handle_reply(idl, m);
        }
    }
    jsonrpc_message_destroy(m);
}

static struct str_vec
split_remotes(const char *remote)
{
    struct str_vec remotes = VEC_INITIALIZER;
    str_vec_split(&remotes, remote, ",");
    return remotes;
}

void
idl_connect(struct idl *idl, const char *remote, bool retry)
{
    static const struct jsonrpc_session_observer observer = {
        .connected = on_connected,
        .disconnected = on_disconnected,
        .received = on_received,
    };
    assert(!idl->session);
    free(idl->remote);
    idl->remote = xstrdup(remote);
    struct str_vec remotes = split_remotes(remote);
    idl->session = jsonrpc_session_open_multiple(idl->loop, &remotes, retry,
                                                 idl->shuffle, &observer, idl);
    str_vec_uninit(&remotes);
    if (idl->probe_interval_ms >= 0) {
        jsonrpc_session_set_probe_interval(idl->session,
                                           idl->probe_interval_ms);
    }
}

void
idl_set_remote(struct idl *idl, const char *remote)
{
    if (!idl->session) {
        idl_connect(idl, remote, true);
        return;
    }
    free(idl->remote);
    idl->remote = xstrdup(remote);
    struct str_vec remotes = split_remotes(remote);
    jsonrpc_session_set_remotes(idl->session, &remotes);
    str_vec_uninit(&remotes);
}

void
idl_set_shuffle(struct idl *idl, bool shuffle)
{
    idl->shuffle = shuffle;
}

void
idl_set_probe_interval(struct idl *idl, int ms)
{
    idl->probe_interval_ms = ms;
    if (idl->session) {
        jsonrpc_session_set_probe_interval(idl->session, ms);
    }
}

void
idl_reconnect(struct idl *idl)
{
    if (idl->session) {
        jsonrpc_session_reconnect(idl->session);
    }
}

bool
idl_is_alive(const struct idl *idl)
{
    return idl->session && jsonrpc_session_is_alive(idl->session);
}

bool
idl_is_connected(const struct idl *idl)
{
    return idl->session && jsonrpc_session_is_connected(idl->session);
}

int
idl_last_error(const struct idl *idl)
{
    return idl->session ? jsonrpc_session_last_error(idl->session) : 0;
}
