/* Databases being served. */

#include "db/server/server.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/engine/convert.h"
#include "db/server/mirror.h"
#include "db/server/server_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

static void
committed(struct database_observer *observer, const struct transaction *txn)
{
    struct served_db *sdb = CONTAINER_OF(observer, struct served_db, observer);
    if (!transaction_is_empty(txn)) {
        tlog_committed(txn);
        if (sdb->history) {
            history_add(sdb->history, txn, &sdb->txn_id);
        }
        monitors_update(sdb, txn);
        if (!list_is_empty(&sdb->triggers)) {
            loop_task_schedule(&sdb->retry);
        }
    }
}

static struct served_db *
serve(struct db_server *server, struct database *db, struct storage *storage)
{
    struct served_db *sdb = xzalloc(sizeof *sdb);
    sdb->server = server;
    sdb->db = db;
    sdb->storage = storage;
    sdb->is_available = true;
    sdb->observer.committed = committed;
    list_push_back(&db->observers, &sdb->observer.node);
    list_init(&sdb->monitors);
    list_init(&sdb->triggers);
    list_init(&sdb->compactions);
    strset_init(&sdb->backup_excluded);
    loop_task_init(server->loop, &sdb->retry, triggers_retry, sdb);
    loop_timer_init(server->loop, &sdb->initial_timer, monitors_forget_initial,
                    sdb);
    sdb->row = uuid_random();
    strmap_add(&server->dbs, db->schema->name, sdb);
    return sdb;
}

void
served_db_replace(struct served_db *sdb, struct database *content,
                  const struct db_session *converter)
{
    struct db_session *session, *next;
    LIST_FOR_EACH_SAFE (session, next, node, &sdb->server->sessions) {
        if (!session->is_change_aware && session != converter) {
            db_session_reconnect(session);
        }
    }
    triggers_abandon(sdb);
    monitors_abandon(sdb);
    history_destroy(sdb->history);
    sdb->history = NULL;
    database_replace(sdb->db, content);
    internal_update(sdb->server);
}

static void
stop_serving(struct served_db *sdb)
{
    mirror_destroy(sdb->mirror);
    triggers_abandon(sdb);
    monitors_abandon(sdb);
    loop_task_cancel(&sdb->retry);
    loop_timer_cancel(&sdb->initial_timer);
    list_remove(&sdb->observer.node);
    history_destroy(sdb->history);
    free(sdb->backup_remote);
    strset_uninit(&sdb->backup_excluded);
    compactions_abandon(sdb);
    database_destroy(sdb->db);
    storage_close(sdb->storage);
    free(sdb);
}

struct db_server *
db_server_create(struct loop *loop)
{
    struct db_server *server = xzalloc(sizeof *server);
    server->loop = loop;
    strmap_init(&server->dbs);
    list_init(&server->sessions);
    strmap_init(&server->locks);
    server->id = uuid_random();
    server->relay_probe_ms = -1;
    server->last_trimmed = LLONG_MIN / 2;
    loop_timer_init(loop, &server->trim_timer, server_trim_memory, server);
    replication_init(server);
    serve(server, internal_create(), storage_create_volatile())->is_internal =
        true;
    server->is_ready = true;
    internal_update(server);
    return server;
}

void
db_server_destroy(struct db_server *server)
{
    if (!server) {
        return;
    }
    struct db_session *session, *next;
    LIST_FOR_EACH_SAFE (session, next, node, &server->sessions) {
        db_session_close(session);
    }
    server->is_ready = false;
    loop_timer_cancel(&server->trim_timer);
    db_server_stop_replication(server);
    loop_task_cancel(&server->replication_end);
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        stop_serving(node->data);
    }
    strmap_uninit(&server->dbs);
    strmap_uninit(&server->locks);
    free(server);
}

struct error *
db_server_add_file(struct db_server *server, const char *name, char **dbp)
{
    struct storage *storage;
    struct database *db;
    struct error *error = storage_open(name, STORAGE_WRITE, &storage, &db);
    *dbp = NULL;
    if (error) {
        return error;
    }
    if (strmap_find(&server->dbs, db->schema->name)) {
        error = error_create("ovsdb error: %s: duplicate database name",
                             db->schema->name);
        database_destroy(db);
        storage_close(storage);
        return error;
    }
    replication_follow(serve(server, db, storage));
    internal_update(server);
    *dbp = xstrdup(db->schema->name);
    return NULL;
}

/* What a relay has until its source tells: no table at all. */
static struct database *
create_placeholder(const char *name)
{
    struct json *json = json_object_create();
    json_object_put_string(json, "name", name);
    json_object_put(json, "tables", json_object_create());
    struct schema *schema;
    struct db_error *error = schema_from_json(&schema, json);
    json_unref(json);
    struct database *db = error ? NULL : database_create(schema);
    db_error_destroy(error);
    return db;
}

struct error *
db_server_add_relay(struct db_server *server, const char *name,
                    const char *remotes)
{
    if (strmap_find(&server->dbs, name)) {
        return error_create("ovsdb error: %s: duplicate database name", name);
    }
    struct database *db = create_placeholder(name);
    if (!db) {
        return error_create("ovsdb error: relay:%s: not a valid name", name);
    }
    struct served_db *sdb = serve(server, db, storage_create_volatile());
    sdb->is_available = false;
    sdb->is_relay = true;
    internal_update(server);
    sdb->mirror = mirror_create(sdb, MIRROR_RELAY, remotes, NULL);
    if (server->relay_probe_ms >= 0) {
        mirror_set_probe_interval(sdb->mirror, server->relay_probe_ms);
    }
    return NULL;
}

void
db_server_set_relay_probe_interval(struct db_server *server, int ms)
{
    struct strmap_node *node;
    server->relay_probe_ms = ms;
    STRMAP_FOR_EACH (node, &server->dbs) {
        const struct served_db *sdb = node->data;
        if (sdb->is_relay) {
            mirror_set_probe_interval(sdb->mirror, ms);
        }
    }
}

bool
db_server_remove(struct db_server *server, const char *name)
{
    struct strmap_node *node = strmap_find(&server->dbs, name);
    if (!node || ((struct served_db *) node->data)->is_internal) {
        return false;
    }
    stop_serving(strmap_delete(&server->dbs, node));
    internal_update(server);
    return true;
}

void
db_server_notify_dbs_changed(struct db_server *server)
{
    struct db_session *session, *next;
    LIST_FOR_EACH_SAFE (session, next, node, &server->sessions) {
        if (!session->is_change_aware) {
            db_session_reconnect(session);
        }
    }
}

struct database *
db_server_find(const struct db_server *server, const char *name)
{
    struct served_db *sdb = strmap_get(&server->dbs, name);
    return sdb ? sdb->db : NULL;
}

void
db_server_put_names(const struct db_server *server, bool all, struct str *out)
{
    struct strmap_node **nodes = strmap_sort(&server->dbs);
    for (size_t i = 0; i < strmap_count(&server->dbs); i++) {
        const struct served_db *sdb = nodes[i]->data;
        if (all || !sdb->is_internal) {
            str_putf(out, "%s\n", nodes[i]->name);
        }
    }
    free(nodes);
}

struct error *
db_server_commit(struct db_server *server, struct transaction *txn,
                 bool is_durable)
{
    struct served_db *sdb = strmap_get(&server->dbs, txn->db->schema->name);
    struct db_error *db_error = transaction_check(txn);
    struct error *error = db_error ? db_error_to_error(db_error) : NULL;
    if (!error && !transaction_is_empty(txn)) {
        error = storage_write(sdb->storage, txn, is_durable);
    }
    if (error) {
        transaction_abort(txn);
        return error;
    }
    transaction_commit(txn);
    return NULL;
}

void
db_server_reconnect_all(struct db_server *server)
{
    struct db_session *session, *next;
    LIST_FOR_EACH_SAFE (session, next, node, &server->sessions) {
        db_session_reconnect(session);
    }
}

void
db_server_disable_monitor_cond(struct db_server *server)
{
    server->no_monitor_cond = true;
    db_server_reconnect_all(server);
}

struct db_server_counts
db_server_counts(const struct db_server *server)
{
    struct db_server_counts counts = { 0 };
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        const struct served_db *sdb = node->data;
        counts.n_atoms += sdb->db->n_atoms;
        counts.n_weak_refs += sdb->db->n_weak_refs;
        counts.n_monitors += list_size(&sdb->monitors);
        counts.n_triggers += list_size(&sdb->triggers);
        for (size_t i = 0; i < sdb->db->schema->n_tables; i++) {
            counts.n_cells += table_count(&sdb->db->tables[i])
                              * sdb->db->schema->tables[i]->n_columns;
        }
    }
    counts.n_sessions = list_size(&server->sessions);
    return counts;
}
