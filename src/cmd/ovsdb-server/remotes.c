/* Remotes: listeners and sessions, from the command line and from rows. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "db/server/server_config.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

/* How often rows say how their connections are. */
enum { STATUS_INTERVAL_MS = 2500 };

/* A connection method in use. */
struct remote {
    struct remotes *remotes;
    char *target;
    struct db_session_options options; /* Own: 'role', too. */
    bool is_wanted;                    /* Still asked for. */

    struct stream_listener *listener; /* If passive. */
    struct list clients;              /* Of struct client, its sessions. */
    struct db_session *session;       /* If active. */

    /* The row that asked for it. */
    struct database *db; /* NULL: not from a row. */
    const struct table *table;
    struct uuid row;
};

struct client {
    struct list node; /* In 'clients' of the remote. */
    struct remote *remote;
    struct db_session *session;
    struct loop_task end; /* Closes the session, outside its callback. */
};

/* A database that may hold remotes. */
struct watch {
    struct database_observer observer;
    struct list node; /* In 'watches'. */
    struct remotes *remotes;
    struct database *db;
};

struct remotes {
    struct db_server *server;
    struct loop *loop;
    struct strset names;      /* As they were added. */
    struct strmap configured; /* Of struct db_session_options; likewise. */
    struct strmap active;     /* Target to struct remote. */
    struct list watches;      /* Of struct watch. */
    struct loop_task task;    /* Updates after a commit. */
    struct loop_timer status_timer;
    bool is_writing_status;
};

static void write_status(void *);

static void
update_later(void *remotes)
{
    struct error *error = remotes_update(remotes);
    if (error) {
        log_err("%s", error_text(error));
        error_destroy(error);
    }
}

struct remotes *
remotes_create(struct db_server *server, struct loop *loop)
{
    struct remotes *remotes = xzalloc(sizeof *remotes);
    remotes->server = server;
    remotes->loop = loop;
    strset_init(&remotes->names);
    strmap_init(&remotes->configured);
    strmap_init(&remotes->active);
    list_init(&remotes->watches);
    loop_task_init(loop, &remotes->task, update_later, remotes);
    loop_timer_init(loop, &remotes->status_timer, write_status, remotes);
    return remotes;
}

/* --- One remote -------------------------------------------------------- */

static void
client_destroy(struct client *client)
{
    loop_task_cancel(&client->end);
    db_session_close(client->session);
    list_remove(&client->node);
    free(client);
}

static void
end_client(void *client)
{
    client_destroy(client);
}

static void
client_closed(struct db_session *session UNUSED, void *client_)
{
    struct client *client = client_;
    loop_task_schedule(&client->end);
}

static void
accept_clients(void *remote_)
{
    struct remote *remote = remote_;
    struct stream *stream;
    for (int i = 0; i < 10; i++) {
        int error = stream_accept(remote->listener, &stream);
        if (error) {
            static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
            if (error != EAGAIN) {
                log_warn_rl(&rl, "%s: accept failed: %s", remote->target,
                            strerror(error));
            }
            return;
        }
        struct client *client = xzalloc(sizeof *client);
        client->remote = remote;
        loop_task_init(remote->remotes->loop, &client->end, end_client,
                       client);
        list_push_back(&remote->clients, &client->node);
        client->session =
            db_session_accepted(remote->remotes->server, stream,
                                &remote->options, client_closed, client);
    }
}

static void
remote_destroy(struct remote *remote)
{
    struct client *client, *next;
    LIST_FOR_EACH_SAFE (client, next, node, &remote->clients) {
        client_destroy(client);
    }
    stream_listener_close(remote->listener);
    db_session_close(remote->session);
    free((char *) remote->options.role);
    free(remote->target);
    free(remote);
}

/* Makes 'dst', which owns its role, a copy of 'src'. */
static void
options_set(struct db_session_options *dst,
            const struct db_session_options *src)
{
    char *role = xstrdup_nullable(src->role);
    free((char *) dst->role);
    *dst = *src;
    dst->role = role;
}

static struct error *
remote_open(struct remotes *remotes, const char *target,
            const struct db_session_options *options, struct remote **remotep)
{
    struct remote *remote = xzalloc(sizeof *remote);
    struct error *error = NULL;
    remote->remotes = remotes;
    remote->target = xstrdup(target);
    options_set(&remote->options, options);
    list_init(&remote->clients);
    if (!stream_check_listener_name(target)) {
        const struct stream_options stream_options = {
            .default_port = 6640,
            .dscp = (uint8_t) (options->dscp >= 0 ? options->dscp : 0),
        };
        int errnum = stream_listen(remotes->loop, target, &stream_options,
                                   &remote->listener);
        if (errnum) {
            error = error_create("%s: listen failed: %s", target,
                                 strerror(errnum));
        } else {
            stream_listener_watch(remote->listener, accept_clients, remote);
        }
    } else {
        remote->session = db_session_open(remotes->server, target, options);
    }
    if (error) {
        remote_destroy(remote);
        *remotep = NULL;
        return error;
    }
    *remotep = remote;
    return NULL;
}

static bool
same_options(const struct db_session_options *a,
             const struct db_session_options *b)
{
    return a->probe_interval_ms == b->probe_interval_ms
           && a->max_backoff_ms == b->max_backoff_ms && a->dscp == b->dscp
           && a->is_read_only == b->is_read_only
           && (a->role && b->role ? !strcmp(a->role, b->role)
                                  : a->role == b->role);
}

static void
remote_set_options(struct remote *remote,
                   const struct db_session_options *options)
{
    if (same_options(&remote->options, options)) {
        return;
    }
    options_set(&remote->options, options);
    if (remote->session) {
        db_session_set_options(remote->session, options);
    }
    struct client *client;
    LIST_FOR_EACH (client, node, &remote->clients) {
        db_session_set_options(client->session, options);
    }
}

/* --- What is asked for ------------------------------------------------- */

struct error *
remotes_add(struct remotes *remotes, const char *name)
{
    struct place place;
    struct error *error = scan_prefix(name, "db:", NULL)
                              ? place_parse(remotes->server, name, &place)
                              : NULL;
    if (!error) {
        strset_add(&remotes->names, name);
    }
    return error;
}

void
remotes_set_configured(struct remotes *remotes, const struct strmap *map)
{
    const struct strmap_node *node;
    session_options_clear(&remotes->configured);
    STRMAP_FOR_EACH (node, map) {
        struct db_session_options *options = xzalloc(sizeof *options);
        options_set(options, node->data);
        strmap_add(&remotes->configured, node->name, options);
    }
}

bool
remotes_remove(struct remotes *remotes, const char *name)
{
    return strset_remove(&remotes->names, name);
}

/* What the row has in a column without values, which need not be there. */
static const struct datum *
find_value(const struct row *row, const char *name, enum atom_type type)
{
    const struct datum *datum = row_find(row, name, type, ATOM_VOID);
    return datum && datum->n ? datum : NULL;
}

/* Makes sure that 'target' is in use; '*errorp' is the first error. */
static struct remote *
want(struct remotes *remotes, const char *target,
     const struct db_session_options *options, struct error **errorp)
{
    struct remote *remote = strmap_get(&remotes->active, target);
    if (remote && remote->listener && remote->options.dscp != options->dscp) {
        strmap_find_and_delete(&remotes->active, target);
        remote_destroy(remote);
        remote = NULL;
    }
    if (!remote) {
        struct error *error = remote_open(remotes, target, options, &remote);
        if (error) {
            if (*errorp) {
                error_destroy(error);
            } else {
                *errorp = error;
            }
            return NULL;
        }
        strmap_add(&remotes->active, target, remote);
    }
    remote_set_options(remote, options);
    remote->is_wanted = true;
    return remote;
}

/* other_config:dscp, or -1. */
static int
find_dscp(const struct row *row)
{
    const struct datum *map =
        row_find(row, "other_config", ATOM_STRING, ATOM_STRING);
    const char *text = map ? datum_get_string(map, "dscp") : NULL;
    int64_t dscp;
    return text && scan_i64(text, 10, &dscp) && dscp >= 0 && dscp < 64
               ? (int) dscp
               : -1;
}

/* Wants what a row with a column "target" asks for. */
static void
want_row(struct remotes *remotes, struct database *db, const struct row *row,
         struct error **errorp)
{
    const struct datum *target = find_value(row, "target", ATOM_STRING);
    if (!target) {
        return;
    }
    struct db_session_options options = db_session_default_options;
    const struct datum *value = find_value(row, "max_backoff", ATOM_INTEGER);
    if (value) {
        options.max_backoff_ms =
            MIN(MAX(value->keys[0].integer, 0), INT32_MAX);
    }
    value = find_value(row, "inactivity_probe", ATOM_INTEGER);
    if (value) {
        options.probe_interval_ms =
            MIN(MAX(value->keys[0].integer, 0), INT32_MAX);
    }
    value = find_value(row, "read_only", ATOM_BOOLEAN);
    options.is_read_only = value && value->keys[0].boolean;
    options.dscp = find_dscp(row);
    value = find_value(row, "role", ATOM_STRING);
    const char *role = value ? atom_text(&value->keys[0]) : "";
    options.role = *role ? role : NULL;

    struct remote *remote =
        want(remotes, atom_text(&target->keys[0]), &options, errorp);
    if (remote) {
        remote->db = db;
        remote->table = row->table;
        remote->row = row->uuid;
    }
}

static void
want_place(struct remotes *remotes, const struct place *place,
           struct error **errorp)
{
    const struct base_type *key = &place->column->type.key;
    const struct row *row;
    HMAP_FOR_EACH (row, node, &place->table->rows) {
        const struct datum *datum = &row->fields[place->column->index];
        for (size_t i = 0; i < datum->n; i++) {
            if (key->type == ATOM_STRING) {
                want(remotes, atom_text(&datum->keys[i]),
                     &db_session_default_options, errorp);
                continue;
            }
            const struct table *table =
                &place->db->tables[key->uuid.ref_table->index];
            const struct row *target =
                table_find_row(table, &datum->keys[i].uuid);
            if (target) {
                want_row(remotes, place->db, target, errorp);
            }
        }
    }
}

/* Wants a target, or what the rows of a place ask for. */
static void
want_name(struct remotes *remotes, const char *name,
          const struct db_session_options *options, struct error **firstp)
{
    if (!scan_prefix(name, "db:", NULL)) {
        want(remotes, name, options, firstp);
        return;
    }
    struct place place;
    struct error *error = place_parse(remotes->server, name, &place);
    if (error) {
        log_warn("%s", error_text(error));
        error_destroy(error);
        return;
    }
    struct error *row_error = NULL;
    want_place(remotes, &place, &row_error);
    if (row_error) {
        log_err("%s", error_text(row_error));
        error_destroy(row_error);
    }
}

struct error *
remotes_update(struct remotes *remotes)
{
    struct error *first = NULL;
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH (node, &remotes->active) {
        ((struct remote *) node->data)->is_wanted = false;
    }
    STRSET_FOR_EACH (node, &remotes->names) {
        want_name(remotes, node->name, &db_session_default_options, &first);
    }
    STRMAP_FOR_EACH (node, &remotes->configured) {
        want_name(remotes, node->name, node->data, &first);
    }
    bool has_rows = false;
    STRMAP_FOR_EACH_SAFE (node, next, &remotes->active) {
        struct remote *remote = node->data;
        if (remote->is_wanted) {
            has_rows |= remote->db != NULL;
        } else {
            strmap_delete(&remotes->active, node);
            remote_destroy(remote);
        }
    }
    if (has_rows && !loop_timer_is_set(&remotes->status_timer)) {
        loop_timer_set(&remotes->status_timer, clock_msec());
    }
    return first;
}

/* --- Changes of databases ---------------------------------------------- */

/* Whether rows say what to listen on. */
static bool
has_places(const struct remotes *remotes)
{
    const struct strmap_node *node;
    STRSET_FOR_EACH (node, &remotes->names) {
        if (scan_prefix(node->name, "db:", NULL)) {
            return true;
        }
    }
    STRMAP_FOR_EACH (node, &remotes->configured) {
        if (scan_prefix(node->name, "db:", NULL)) {
            return true;
        }
    }
    return false;
}

static void
db_changed(struct database_observer *observer,
           const struct transaction *txn UNUSED)
{
    struct watch *watch = CONTAINER_OF(observer, struct watch, observer);
    if (!watch->remotes->is_writing_status && has_places(watch->remotes)) {
        loop_task_schedule(&watch->remotes->task);
    }
}

/* No remote is from a row of 'db', NULL: of any, any more. */
static void
forget_rows(struct remotes *remotes, const struct database *db)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &remotes->active) {
        struct remote *remote = node->data;
        if (!db || remote->db == db) {
            remote->db = NULL;
        }
    }
}

/* Tables and rows are others now. */
static void
db_replaced(struct database_observer *observer)
{
    struct watch *watch = CONTAINER_OF(observer, struct watch, observer);
    forget_rows(watch->remotes, watch->db);
    loop_task_schedule(&watch->remotes->task);
}

void
remotes_watch(struct remotes *remotes, struct database *db)
{
    struct watch *watch = xzalloc(sizeof *watch);
    watch->observer.committed = db_changed;
    watch->observer.replaced = db_replaced;
    watch->remotes = remotes;
    watch->db = db;
    list_push_back(&db->observers, &watch->observer.node);
    list_push_back(&remotes->watches, &watch->node);
}

void
remotes_unwatch(struct remotes *remotes, const struct database *db)
{
    struct watch *watch, *next;
    LIST_FOR_EACH_SAFE (watch, next, node, &remotes->watches) {
        if (!db || watch->db == db) {
            list_remove(&watch->observer.node);
            list_remove(&watch->node);
            free(watch);
        }
    }
    forget_rows(remotes, db);
}

/* --- Status ------------------------------------------------------------ */

static void
put_status(struct datum *status, const struct type *type, const char *key,
           const char *value)
{
    union atom k = atom_from_string(key);
    union atom v = atom_from_string(value);
    datum_put(status, &k, &v, type);
}

static void
put_number(struct datum *status, const struct type *type, const char *key,
           long long value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    put_status(status, type, key, text);
}

/* Fills the status that the row of 'remote' shall have; returns whether it is
 * connected. */
static bool
make_status(const struct remote *remote, struct datum *status,
            const struct type *type)
{
    const struct db_session *session = remote->session;
    size_t n = list_size(&remote->clients);
    if (n) {
        session =
            CONTAINER_OF(list_front(&remote->clients), struct client, node)
                ->session;
    }
    if (remote->listener) {
        uint16_t port = stream_listener_port(remote->listener);
        if (port) {
            put_number(status, type, "bound_port", port);
        }
    }
    if (!session) {
        return false;
    }
    struct db_session_status s;
    db_session_get_status(session, &s);
    put_status(status, type, "state", s.state);
    if (s.last_error) {
        put_status(status, type, "last_error",
                   s.last_error == EOF ? "End of file"
                                       : strerror(s.last_error));
    }
    if (s.connected_s >= 0) {
        put_number(status, type, "sec_since_connect", s.connected_s);
    }
    if (s.disconnected_s >= 0) {
        put_number(status, type, "sec_since_disconnect", s.disconnected_s);
    }
    if (s.n_locks_held) {
        put_status(status, type, "locks_held", s.names);
    }
    if (n > 1) {
        put_number(status, type, "n_connections", n);
    }
    free(s.names);
    return s.is_connected;
}

static void
write_remote_status(struct transaction *txn, const struct remote *remote)
{
    struct row *row = table_find_row(remote->table, &remote->row);
    if (!row) {
        return;
    }
    const struct table_schema *schema = remote->table->schema;
    const struct column *status_column =
        table_schema_find_column(schema, "status");
    const struct column *connected_column =
        table_schema_find_column(schema, "is_connected");
    struct datum status = DATUM_INITIALIZER;
    bool is_connected = false;
    if (status_column && type_is_map(&status_column->type)) {
        is_connected = make_status(remote, &status, &status_column->type);
        transaction_write(txn, row, status_column, &status);
    }
    if (connected_column && connected_column->type.key.type == ATOM_BOOLEAN) {
        struct datum value;
        datum_init_boolean(&value, is_connected);
        transaction_write(txn, row, connected_column, &value);
    }
}

static void
write_status(void *remotes_)
{
    struct remotes *remotes = remotes_;
    struct watch *watch;
    bool has_rows = false;
    LIST_FOR_EACH (watch, node, &remotes->watches) {
        struct transaction *txn = transaction_create(watch->db);
        struct strmap_node *node;
        STRMAP_FOR_EACH (node, &remotes->active) {
            const struct remote *remote = node->data;
            if (remote->db == watch->db) {
                write_remote_status(txn, remote);
                has_rows = true;
            }
        }
        remotes->is_writing_status = true;
        struct error *error = db_server_commit(remotes->server, txn, false);
        remotes->is_writing_status = false;
        if (error) {
            log_err("Failed to update remote status: %s", error_text(error));
            error_destroy(error);
        }
    }
    if (has_rows) {
        loop_timer_set(&remotes->status_timer,
                       clock_msec() + STATUS_INTERVAL_MS);
    }
}

void
remotes_put_names(const struct remotes *remotes, struct str *out)
{
    const char **names = strset_sort(&remotes->names);
    for (size_t i = 0; i < strset_count(&remotes->names); i++) {
        str_putf(out, "%s\n", names[i]);
    }
    free(names);
}

void
remotes_destroy(struct remotes *remotes)
{
    remotes_unwatch(remotes, NULL);
    loop_task_cancel(&remotes->task);
    loop_timer_cancel(&remotes->status_timer);
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &remotes->active) {
        remote_destroy(node->data);
    }
    strmap_uninit(&remotes->active);
    strset_uninit(&remotes->names);
    session_options_clear(&remotes->configured);
    strmap_uninit(&remotes->configured);
    free(remotes);
}
