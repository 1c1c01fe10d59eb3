/* Requests about monitors, and sending of updates. */

#include "db/server/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "db/data/members.h"
#include "sys/clock/clock.h"

struct monitor {
    struct list db_node;           /* In 'monitors' of the database. */
    struct hmap_node session_node; /* In 'monitors' of the session, by 'id'. */
    struct db_session *session;
    struct served_db *sdb;
    struct json *id;
    struct monitor_view *view;
};

/* Rows in text are kept so long for the next client. */
enum { INITIAL_KEEP_MS = 1000 };

/* Shared views, by 'key'. */
static struct hmap views = HMAP_INITIALIZER(&views);

/* The shared view that is the same as 'view', which it takes, or 'view'. */
static struct monitor_view *
share_view(struct monitor_view *view)
{
    if (!view->key) {
        return view;
    }
    uint32_t hash = hash_string(view->key, 0);
    struct monitor_view *other;
    HMAP_FOR_EACH_WITH_HASH (other, node, hash, &views) {
        if (other->db == view->db && other->version == view->version
            && !strcmp(other->key, view->key)) {
            monitor_view_destroy(view);
            other->n_refs++;
            return other;
        }
    }
    hmap_add(&views, &view->node, hash);
    return view;
}

static void
unref_view(struct monitor_view *view)
{
    if (!--view->n_refs) {
        if (view->key) {
            hmap_remove(&views, &view->node);
        }
        monitor_view_destroy(view);
    }
}

static void
monitor_destroy(struct monitor *monitor)
{
    list_remove(&monitor->db_node);
    hmap_remove(&monitor->session->monitors, &monitor->session_node);
    json_unref(monitor->id);
    unref_view(monitor->view);
    free(monitor);
}

static struct monitor *
find_monitor(const struct db_session *session, const struct json *id)
{
    struct monitor *monitor;
    HMAP_FOR_EACH_WITH_HASH (monitor, session_node, json_hash(id, 0),
                             &session->monitors) {
        if (json_equal(monitor->id, id)) {
            return monitor;
        }
    }
    return NULL;
}

/* Sends an update with the serialized <table-updates>. */
static void
send_updates(const struct monitor *monitor, struct json *updates)
{
    static const char *const methods[] = { [MONITOR_V1] = "update",
                                           [MONITOR_V2] = "update2",
                                           [MONITOR_V3] = "update3" };
    struct str head = STR_INITIALIZER;
    str_put(&head, "{\"id\":null,\"method\":\"");
    str_put(&head, methods[monitor->view->version]);
    str_put(&head, "\",\"params\":[");
    json_put(&head, monitor->id, JSON_COMPACT);
    if (monitor->view->version == MONITOR_V3) {
        char last_id[UUID_LEN + 1];
        uuid_format(history_last_id(monitor->sdb->history), last_id);
        str_put(&head, ",\"");
        str_put(&head, last_id);
        str_put_char(&head, '"');
    }
    str_put_char(&head, ',');
    session_send_text(monitor->session, &head, updates, "]}");
}

static struct db_error *
check_since_params(const struct json *params)
{
    struct uuid uuid;
    if (params->array.n != 4) {
        return db_error_syntax(params, "invalid parameters");
    }
    const struct json *last = json_item(params, 3);
    if (last->type != JSON_STRING) {
        return db_error_syntax(last, "last-txn-id must be string");
    }
    if (!uuid_parse(json_text(last), &uuid)) {
        return db_error_syntax(last, "last-txn-id must be UUID format.");
    }
    return NULL;
}

/* The rows there are.  What they look like is remembered for a moment: clients
 * often come many at once. */
static struct json *
initial(struct monitor *monitor)
{
    struct json *rows = monitor_view_initial(monitor->view);
    if (monitor->view->initial) {
        loop_timer_set(&monitor->sdb->initial_timer,
                       clock_msec() + INITIAL_KEEP_MS);
    }
    return rows;
}

void
monitors_forget_initial(void *sdb_)
{
    struct served_db *sdb = sdb_;
    struct monitor *monitor;
    LIST_FOR_EACH (monitor, db_node, &sdb->monitors) {
        json_unref(steal_ptr(&monitor->view->initial));
    }
    loop_timer_cancel(&sdb->initial_timer);
}

/* [found, last ID, updates]: what 'monitor' missed since 'last', or
 * everything. */
static struct json *
reply_since(struct monitor *monitor, const struct json *last)
{
    struct served_db *sdb = monitor->sdb;
    struct uuid id;
    struct history_changes changes;
    char last_id[UUID_LEN + 1];
    if (!sdb->history) {
        sdb->history = history_create(&sdb->txn_id);
    }
    bool ok = uuid_parse(json_text(last), &id);
    assert(ok); /* It was checked. */
    bool found = history_since(sdb->history, &id, &changes);
    struct json *updates = found ? monitor_view_changes(
                               monitor->view, changes.all.items, changes.all.n)
                                 : initial(monitor);
    history_changes_uninit(&changes);
    uuid_format(history_last_id(sdb->history), last_id);
    return json_array_create_3(json_boolean_create(found),
                               json_string_create(last_id),
                               updates ? updates : json_object_create());
}

struct json *
monitor_request(struct db_session *session, struct served_db *sdb,
                enum monitor_version version, const struct json *params,
                struct db_error **errorp)
{
    if (version == MONITOR_V3) {
        *errorp = check_since_params(params);
    } else if (params->array.n < 3) {
        *errorp = db_error_syntax(params, "invalid parameters");
    }
    if (*errorp) {
        return NULL;
    }
    const struct json *id = json_item(params, 1);
    const struct json *requests = json_item(params, 2);
    if (requests->type != JSON_OBJECT) {
        *errorp = db_error_syntax(requests, "monitor-requests must be object");
        return NULL;
    }
    if (find_monitor(session, id)) {
        *errorp = db_error_syntax(id, "duplicate monitor ID");
        return NULL;
    }
    struct monitor_view *view;
    *errorp = monitor_view_create(&view, sdb->db, version, requests);
    if (*errorp) {
        return NULL;
    }

    struct monitor *monitor = xzalloc(sizeof *monitor);
    monitor->session = session;
    monitor->sdb = sdb;
    monitor->id = json_ref(id);
    monitor->view = share_view(view);
    list_push_back(&sdb->monitors, &monitor->db_node);
    hmap_add(&session->monitors, &monitor->session_node, json_hash(id, 0));
    return version == MONITOR_V3 ? reply_since(monitor, json_item(params, 3))
                                 : initial(monitor);
}

struct json *
monitor_cancel(struct db_session *session, const struct json *params,
               struct json **errorp)
{
    if (params->type != JSON_ARRAY || params->array.n != 1) {
        *errorp = json_string_create("invalid parameters");
        return NULL;
    }
    struct monitor *monitor = find_monitor(session, json_item(params, 0));
    if (!monitor) {
        *errorp = json_string_create("unknown monitor");
        return NULL;
    }
    monitor_destroy(monitor);
    return json_object_create();
}

/* --- Changing conditions ----------------------------------------------- */

/* The condition in the requests 'json' for one table. */
static struct db_error *
parse_condition(const struct monitor_table *mt, const struct json *json,
                struct conditions *condition)
{
    const char *name = mt->table->schema->name;
    *condition = (struct conditions) CONDITIONS_INITIALIZER;
    for (size_t i = 0; i < json->array.n; i++) {
        const struct json *request = json_item(json, i);
        struct members m;
        members_init(&m, request, "Parsing table %s", name);
        const struct json *columns = members_find(&m, "columns", MEMBER_ARRAY);
        const struct json *where = members_find(&m, "where", MEMBER_ARRAY);
        struct db_error *error = members_finish(&m);
        if (!error && columns) {
            error =
                db_error_syntax(request, "changing columns is unsupported");
        }
        conditions_uninit(condition);
        if (!error && where) {
            error = conditions_from_json(condition, mt->table->schema, where,
                                         NULL);
        }
        if (error) {
            conditions_uninit(condition);
            return error;
        }
    }
    return NULL;
}

/* The table that a member of the requests is about. */
static struct db_error *
find_change(struct monitor_view *view, const struct json_member *m,
            struct monitor_table **mtp)
{
    const struct table *table = database_find_table(view->db, m->name);
    if (!table) {
        return db_error_syntax(NULL, "no table named %s", m->name);
    }
    *mtp = &view->tables[table->schema->index];
    if (!(*mtp)->table) {
        return db_error_syntax(NULL, "no table named %s in monitor session",
                               m->name);
    }
    if (m->value->type != JSON_ARRAY) {
        return db_error_syntax(
            NULL, "table %s no monitor-cond-change JSON array", m->name);
    }
    return NULL;
}

/* Applies 'requests' to the view of 'monitor', which nobody shares. */
static struct db_error *
change_conditions(struct monitor *monitor, const struct json *requests,
                  struct monitor_updates *updates)
{
    struct monitor_view *view = monitor->view;
    size_t n = requests->object.n;
    struct conditions *conditions = xcalloc(n + 1, sizeof *conditions);
    struct db_error *error = NULL;
    size_t n_parsed = 0;
    struct monitor_table *mt;
    for (; !error && n_parsed < n; n_parsed++) {
        const struct json_member *m = &requests->object.members[n_parsed];
        error = find_change(view, m, &mt);
        if (!error) {
            error = parse_condition(mt, m->value, &conditions[n_parsed]);
        }
    }
    for (size_t i = 0; i < n_parsed; i++) {
        const struct json_member *m = &requests->object.members[i];
        if (!error && view->version != MONITOR_V1 && m->value->array.n) {
            struct db_error *never = find_change(view, m, &mt);
            assert(!never);
            monitor_view_recondition(view, mt, &conditions[i], updates);
            struct conditions old = mt->condition;
            mt->condition = conditions[i];
            conditions[i] = old;
        }
        conditions_uninit(&conditions[i]);
    }
    free(conditions);
    return error;
}

/* Gives 'monitor' a view of its own. */
static void
unshare_view(struct monitor *monitor)
{
    struct monitor_view *old = monitor->view;
    if (old->key && old->n_refs == 1) {
        hmap_remove(&views, &old->node);
        free(old->key);
        old->key = NULL;
    } else if (old->key) {
        struct json *requests;
        struct error *error = json_parse_string(old->key, &requests);
        assert(!error);
        struct db_error *db_error = monitor_view_create(
            &monitor->view, old->db, old->version, requests);
        assert(!db_error);
        json_unref(requests);
        free(monitor->view->key);
        monitor->view->key = NULL;
        unref_view(old);
    }
}

struct json *
monitor_cond_change(struct db_session *session, const struct json *params,
                    struct db_error **errorp)
{
    if (params->type != JSON_ARRAY || params->array.n != 3) {
        *errorp = db_error_syntax(params, "invalid parameters");
        return NULL;
    }
    const struct json *id = json_item(params, 0);
    const struct json *new_id = json_item(params, 1);
    const struct json *requests = json_item(params, 2);
    struct monitor *monitor = find_monitor(session, id);
    if (!monitor) {
        *errorp = db_error_syntax(id, "unknown monitor session");
        return NULL;
    }
    if (!json_equal(id, new_id) && find_monitor(session, new_id)) {
        *errorp = db_error_syntax(new_id, "duplicate monitor ID");
        return NULL;
    }
    if (requests->type != JSON_OBJECT) {
        *errorp = db_error_syntax(
            NULL, "monitor-cond-change-requests must be object");
        return NULL;
    }

    struct monitor_updates updates = MONITOR_UPDATES_INITIALIZER;
    unshare_view(monitor);
    *errorp = change_conditions(monitor, requests, &updates);
    if (*errorp) {
        str_uninit(&updates.text);
        return NULL;
    }
    hmap_remove(&session->monitors, &monitor->session_node);
    json_unref(monitor->id);
    monitor->id = json_ref(new_id);
    hmap_add(&session->monitors, &monitor->session_node, json_hash(new_id, 0));
    struct json *json = monitor_updates_finish(&updates);
    if (json) {
        send_updates(monitor, json);
        json_unref(json);
    }
    return json_object_create();
}

/* --- Events ------------------------------------------------------------ */

/* Computes the text of the updates of 'txn', once per view. */
static void
print_changes(struct monitor_view *view, const struct transaction *txn)
{
    if (view->txn == txn) {
        return;
    }
    view->txn = txn;
    json_unref(view->updates);
    view->updates =
        monitor_view_changes(view, txn->changes.items, txn->changes.n);
}

void
monitors_update(struct served_db *sdb, const struct transaction *txn)
{
    struct monitor *monitor;
    if (loop_timer_is_set(&sdb->initial_timer)) {
        monitors_forget_initial(sdb);
    }
    LIST_FOR_EACH (monitor, db_node, &sdb->monitors) {
        print_changes(monitor->view, txn);
        if (monitor->view->updates) {
            send_updates(monitor, monitor->view->updates);
        }
    }
    /* The address of 'txn' may come again. */
    LIST_FOR_EACH (monitor, db_node, &sdb->monitors) {
        monitor->view->txn = NULL;
        json_unref(steal_ptr(&monitor->view->updates));
    }
}

void
monitors_forget(struct db_session *session)
{
    struct monitor *monitor, *next;
    HMAP_FOR_EACH_SAFE (monitor, next, session_node, &session->monitors) {
        monitor_destroy(monitor);
    }
}

void
monitors_abandon(struct served_db *sdb)
{
    struct monitor *monitor, *next;
    LIST_FOR_EACH_SAFE (monitor, next, db_node, &sdb->monitors) {
        if (monitor->session->is_change_aware) {
            /* ovsdb-server(7) §4.1.17 "monitor_canceled". */
            session_send(monitor->session,
                         jsonrpc_notify_create(
                             "monitor_canceled",
                             json_array_create_1(json_ref(monitor->id))));
        }
        monitor_destroy(monitor);
    }
}
