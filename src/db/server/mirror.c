/* Following a database of another server: the session. */

#include "db/server/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/server/mirror_private.h"
#include "sys/log/log.h"

LOG_MODULE(replication);

enum { MIRROR_MAX_MESSAGE = 1 << 30 };

/* Methods, the best first, and what their updates are called. */
static const struct {
    const char *name;
    const char *update;
} methods[] = {
    [MONITOR_V1] = { "monitor", "update" },
    [MONITOR_V2] = { "monitor_cond", "update2" },
    [MONITOR_V3] = { "monitor_cond_since", "update3" },
};

enum state {
    STATE_DISCONNECTED,
    STATE_SERVER_ID, /* Asked for it. */
    STATE_SCHEMA,    /* Likewise. */
    STATE_MONITOR,   /* Likewise for the content. */
    STATE_UP,
    STATE_ENDED, /* With 'error'. */
};

struct mirror {
    struct served_db *sdb;
    enum mirror_kind kind;
    const struct strset *excluded;
    struct jsonrpc_session *rpc;
    enum state state;
    enum monitor_version version;
    int64_t last_request; /* ID of the last request. */
    int64_t awaited;      /* ID of the reply that 'state' waits for. */
    struct uuid last_id;  /* Of the content, for monitor_cond_since. */
    char *error;
};

static void
set_state(struct mirror *m, enum state state)
{
    bool was_up = m->state == STATE_UP;
    m->state = state;
    if (was_up != (state == STATE_UP)) {
        internal_update(m->sdb->server);
    }
}

static void
fail(struct mirror *m, char *text)
{
    log_err("%s: %s", m->sdb->db->schema->name, text);
    free(m->error);
    m->error = text;
    set_state(m, STATE_ENDED);
    replication_mirror_ended(m->sdb->server);
}

/* --- Asking ------------------------------------------------------------ */

static int64_t
request(struct mirror *m, const char *method, struct json *params)
{
    int64_t id = ++m->last_request;
    struct jsonrpc_message *message =
        jsonrpc_request_create(method, params, json_integer_create(id));
    jsonrpc_session_send(m->rpc, message);
    return id;
}

static void
ask(struct mirror *m, enum state state, const char *method,
    struct json *params)
{
    m->awaited = request(m, method, params);
    set_state(m, state);
}

static struct json *
db_name(const struct mirror *m)
{
    return json_string_create(m->sdb->db->schema->name);
}

static void
ask_schema(struct mirror *m)
{
    ask(m, STATE_SCHEMA, "get_schema", json_array_create_1(db_name(m)));
}

static bool
is_wanted(const struct mirror *m, const struct table_schema *table)
{
    return !m->excluded || !strset_contains(m->excluded, table->name);
}

/* Everything but what is excluded. */
static struct json *
monitor_requests(const struct mirror *m)
{
    const struct schema *schema = m->sdb->db->schema;
    struct json *requests = json_object_create();
    for (size_t i = 0; i < schema->n_tables; i++) {
        const struct table_schema *table = schema->tables[i];
        if (is_wanted(m, table)) {
            struct json *columns = json_array_create();
            for (size_t j = COLUMN_N_STD; j < table->n_columns; j++) {
                json_array_add(columns,
                               json_string_create(table->columns[j]->name));
            }
            struct json *one = json_object_create();
            json_object_put(one, "columns", columns);
            json_object_put(requests, table->name, json_array_create_1(one));
        }
    }
    return requests;
}

static void
ask_content(struct mirror *m)
{
    struct json *params = json_array_create_3(
        db_name(m), json_string_create("mirror"), monitor_requests(m));
    if (m->version == MONITOR_V3) {
        char last_id[UUID_LEN + 1];
        uuid_format(&m->last_id, last_id);
        json_array_add(params, json_string_create(last_id));
    }
    ask(m, STATE_MONITOR, methods[m->version].name, params);
}

/* --- Answers ----------------------------------------------------------- */

static void
got_server_id(struct mirror *m, const struct json *result)
{
    char own[UUID_LEN + 1];
    uuid_format(&m->sdb->server->id, own);
    if (result->type == JSON_STRING && !strcmp(json_text(result), own)) {
        fail(m, xstrdup("Server ID check failed: Self replicating is not "
                        "allowed"));
    } else {
        ask_schema(m);
    }
}

static void
got_schema(struct mirror *m, const struct json *result)
{
    struct served_db *sdb = m->sdb;
    struct schema *schema;
    struct db_error *error = schema_from_json(&schema, result);
    if (error) {
        char *text = db_error_to_text(error);
        log_warn("%s: bad schema from %s: %s", sdb->db->schema->name,
                 jsonrpc_session_name(m->rpc), text);
        free(text);
        db_error_destroy(error);
        jsonrpc_session_reconnect(m->rpc);
        return;
    }
    bool is_same = sdb->is_available && schema_equal(schema, sdb->db->schema);
    if (is_same) {
        schema_destroy(schema);
        ask_content(m);
    } else if (m->kind == MIRROR_REPLICA) {
        schema_destroy(schema);
        fail(m, xasprintf("the schema at %s is another: not replicated",
                          jsonrpc_session_name(m->rpc)));
    } else if (strcmp(schema->name, sdb->db->schema->name) != 0) {
        schema_destroy(schema);
        fail(m, xasprintf("%s serves another database under this name",
                          jsonrpc_session_name(m->rpc)));
    } else {
        m->last_id = (struct uuid){ { 0 } };
        sdb->is_available = true;
        served_db_replace(sdb, database_create(schema), NULL);
        ask_content(m);
    }
}

/* Commits <table-updates>; false after an error. */
static bool
apply(struct mirror *m, const struct json *updates, bool is_initial)
{
    struct mirror_update update = {
        .db = m->sdb->db,
        .excluded = m->excluded,
        .version = m->version,
        .is_initial = is_initial,
        .updates = updates,
    };
    struct transaction *txn;
    struct error *error = NULL;
    struct db_error *db_error = mirror_update_transaction(&update, &txn);
    if (db_error) {
        error = db_error_to_error(db_error);
    } else {
        m->sdb->txn_id = m->last_id;
        error = db_server_commit(m->sdb->server, txn, false);
    }
    if (!error) {
        return true;
    }
    char *text = error_steal_text(error);
    m->last_id = (struct uuid){ { 0 } };
    if (m->kind == MIRROR_REPLICA) {
        fail(m, text);
    } else {
        log_err("%s: bad update from %s: %s", m->sdb->db->schema->name,
                jsonrpc_session_name(m->rpc), text);
        free(text);
        jsonrpc_session_reconnect(m->rpc);
    }
    return false;
}

static void
got_content(struct mirror *m, const struct json *result)
{
    bool is_initial = true;
    if (m->version == MONITOR_V3) {
        bool ok = result->type == JSON_ARRAY && result->array.n == 3
                  && json_item(result, 1)->type == JSON_STRING
                  && uuid_parse(json_text(json_item(result, 1)), &m->last_id);
        if (!ok) {
            log_warn("%s: bad reply from %s", m->sdb->db->schema->name,
                     jsonrpc_session_name(m->rpc));
            jsonrpc_session_reconnect(m->rpc);
            return;
        }
        is_initial = json_item(result, 0)->type != JSON_TRUE;
        result = json_item(result, 2);
    }
    if (apply(m, result, is_initial)) {
        log_info("%s: following %s", m->sdb->db->schema->name,
                 jsonrpc_session_name(m->rpc));
        set_state(m, STATE_UP);
        triggers_forward(m->sdb);
    }
}

static void
got_error(struct mirror *m, const struct jsonrpc_message *message)
{
    if (m->state == STATE_SERVER_ID) {
        ask_schema(m); /* It has none. */
    } else if (m->state == STATE_MONITOR && m->version != MONITOR_V1) {
        m->version--;
        ask_content(m);
    } else {
        char *text = json_print(message->error, JSON_COMPACT);
        log_warn("%s: %s refuses: %s", m->sdb->db->schema->name,
                 jsonrpc_session_name(m->rpc), text);
        free(text);
        jsonrpc_session_reconnect(m->rpc);
    }
}

static void
got_reply(struct mirror *m, const struct jsonrpc_message *message)
{
    bool is_integer = message->id && message->id->type == JSON_INTEGER;
    int64_t id = is_integer ? message->id->integer : 0;
    if (id != m->awaited) {
        trigger_forwarded(m->sdb, id, message);
        return;
    }
    m->awaited = 0;
    if (message->type == JSONRPC_ERROR) {
        got_error(m, message);
    } else if (m->state == STATE_SERVER_ID) {
        got_server_id(m, message->result);
    } else if (m->state == STATE_SCHEMA) {
        got_schema(m, message->result);
    } else if (m->state == STATE_MONITOR) {
        got_content(m, message->result);
    }
}

static void
got_notify(struct mirror *m, const struct jsonrpc_message *message)
{
    const struct json *params = message->params;
    if (!strcmp(message->method, "monitor_canceled")) {
        ask_schema(m);
        return;
    }
    bool is_v3 = m->version == MONITOR_V3;
    if (m->state != STATE_UP
        || strcmp(message->method, methods[m->version].update) != 0
        || params->type != JSON_ARRAY || params->array.n != (is_v3 ? 3 : 2)) {
        return;
    }
    if (is_v3 && json_item(params, 1)->type == JSON_STRING) {
        uuid_parse(json_text(json_item(params, 1)), &m->last_id);
    }
    apply(m, json_item(params, is_v3 ? 2 : 1), false);
}

/* --- The session ------------------------------------------------------- */

static void
connected(void *m_)
{
    struct mirror *m = m_;
    if (m->state == STATE_ENDED) {
        return;
    }
    m->version = MONITOR_V3;
    if (m->kind == MIRROR_RELAY) {
        request(m, "set_db_change_aware",
                json_array_create_1(json_boolean_create(true)));
        ask_schema(m);
    } else {
        ask(m, STATE_SERVER_ID, "get_server_id", json_array_create());
    }
}

static void
disconnected(void *m_, int error UNUSED)
{
    struct mirror *m = m_;
    m->awaited = 0;
    if (m->state != STATE_ENDED) {
        set_state(m, STATE_DISCONNECTED);
        triggers_lost(m->sdb);
    }
}

static void
received(void *m_, struct jsonrpc_message *message)
{
    struct mirror *m = m_;
    if (m->state == STATE_ENDED) {
        /* Nothing is of interest any more. */
    } else if (message->type == JSONRPC_REPLY
               || message->type == JSONRPC_ERROR) {
        got_reply(m, message);
    } else if (message->type == JSONRPC_NOTIFY) {
        got_notify(m, message);
    }
    jsonrpc_message_destroy(message);
}

struct mirror *
mirror_create(struct served_db *sdb, enum mirror_kind kind,
              const char *remotes, const struct strset *excluded)
{
    static const struct jsonrpc_session_observer observer = {
        .connected = connected,
        .disconnected = disconnected,
        .received = received,
    };
    struct mirror *m = xzalloc(sizeof *m);
    m->sdb = sdb;
    m->kind = kind;
    m->excluded = excluded;
    struct str_vec names = VEC_INITIALIZER;
    str_vec_split(&names, remotes, ",");
    m->rpc = jsonrpc_session_open_multiple(sdb->server->loop, &names, true,
                                           true, &observer, m);
    jsonrpc_session_set_max_message_size(m->rpc, MIRROR_MAX_MESSAGE);
    str_vec_uninit(&names);
    return m;
}

void
mirror_destroy(struct mirror *m)
{
    if (m) {
        jsonrpc_session_close(m->rpc);
        free(m->error);
        free(m);
    }
}

void
mirror_set_probe_interval(struct mirror *m, int ms)
{
    jsonrpc_session_set_probe_interval(m->rpc, ms);
}

bool
mirror_is_up(const struct mirror *m)
{
    return m->state == STATE_UP;
}

const char *
mirror_error(const struct mirror *m)
{
    return m->error;
}

int64_t
mirror_forward(struct mirror *m, const char *method, const struct json *params)
{
    return m->state == STATE_UP ? request(m, method, json_ref(params)) : 0;
}
