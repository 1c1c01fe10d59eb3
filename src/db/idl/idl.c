/* The replica: tables, rows, what is monitored. */

#include "db/idl/idl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/idl/idl_private.h"

static void
notify(void *idl_)
{
    struct idl *idl = idl_;
    idl->observer.changed(idl->arg);
    idl_clear_changes(idl);
}

struct idl *
idl_create(struct loop *loop, const struct row_database *database,
           const struct idl_observer *observer, void *arg)
{
    struct idl *idl = xzalloc(sizeof *idl);
    idl->loop = loop;
    idl->database = database;
    idl->observer = *observer;
    idl->arg = arg;
    idl->probe_interval_ms = -1;
    idl->server_check.leader_only = true;
    idl->schema = schema_from_desc(database->schema);
    list_init(&idl->changes);
    list_init(&idl->pending);
    loop_task_init(loop, &idl->notify, notify, idl);
    idl->monitor_id = json_array_create_2(json_string_create("monid"),
                                          json_string_create(database->name));
    idl->tables = xcalloc(database->n_tables, sizeof *idl->tables);
    for (size_t i = 0; i < database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        table->idl = idl;
        table->index = i;
        table->desc = &database->tables[i];
        table->schema = idl->schema->tables[i];
        assert(!strcmp(table->desc->name, table->schema->name));
        table->modes = xcalloc(table->schema->n_columns, 1);
        table->column_at_server = xcalloc(table->schema->n_columns, 1);
        table->n_edits =
            xcalloc(table->schema->n_columns, sizeof *table->n_edits);
        hmap_init(&table->rows);
    }
    return idl;
}

void
idl_destroy(struct idl *idl)
{
    if (!idl) {
        return;
    }
    assert(!idl->txn);
    idl_txn_fail_all(idl);
    jsonrpc_session_close(idl->session);
    loop_task_cancel(&idl->notify);
    idl_clear_changes(idl);
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        struct idl_row *row, *next;
        HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
            hmap_remove(&table->rows, &row->node);
            idl_row_destroy(row);
        }
        hmap_uninit(&table->rows);
        idl_index_destroy_all(table);
        idl_condition_uninit(&table->condition);
        free(table->modes);
        free(table->column_at_server);
        free(table->n_edits);
    }
    free(idl->tables);
    schema_destroy(idl->schema);
    json_unref(idl->monitor_id);
    json_unref(idl->request_id);
    json_unref(idl->lock_id);
    json_unref(idl->server_id);
    json_unref(idl->condition_id);
    free(idl->lock_name);
    free(idl->remote);
    free(idl->error);
    free(idl);
}

/* A change of what is monitored takes a new monitor; the session asks for
 * it when it connects, so make it connect again. */
static void
remonitor(struct idl *idl)
{
    if (idl->session && idl->state != IDL_DISCONNECTED) {
        idl->last_id = (struct uuid){ { 0 } };
        idl_session_start(idl);
    }
}

static void
add_table(struct idl_table *table)
{
    table->wanted = true;
    for (size_t i = COLUMN_N_STD; i < table->schema->n_columns; i++) {
        table->modes[i] = IDL_MONITOR | IDL_ALERT;
    }
}

void
idl_monitor_all(struct idl *idl)
{
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        add_table(&idl->tables[i]);
    }
    remonitor(idl);
}

void
idl_monitor_table(struct idl *idl, size_t table)
{
    add_table(&idl->tables[table]);
    remonitor(idl);
}

void
idl_monitor_rows(struct idl *idl, size_t table)
{
    if (!idl->tables[table].wanted) {
        idl->tables[table].wanted = true;
        remonitor(idl);
    }
}

void
idl_monitor_column(struct idl *idl, size_t table, size_t column)
{
    idl->tables[table].wanted = true;
    unsigned char *mode = &idl->tables[table].modes[column + COLUMN_N_STD];
    if (!(*mode & IDL_MONITOR)) {
        *mode = IDL_MONITOR | IDL_ALERT;
        remonitor(idl);
    }
}

void
idl_omit_alert(struct idl *idl, size_t table, size_t column)
{
    idl->tables[table].modes[column + COLUMN_N_STD] &= ~IDL_ALERT;
}

void
idl_omit_column(struct idl *idl, size_t table, size_t column)
{
    idl->tables[table].modes[column + COLUMN_N_STD] = 0;
}

bool
idl_has_ever_synced(const struct idl *idl)
{
    return idl->ever_synced;
}

const char *
idl_error(const struct idl *idl)
{
    return idl->error;
}

uint64_t
idl_seqno(const struct idl *idl)
{
    return idl->seqno;
}

struct loop *
idl_loop(const struct idl *idl)
{
    return idl->loop;
}

const char *
idl_remote(const struct idl *idl)
{
    return idl->remote ? idl->remote : "";
}

const struct schema *
idl_schema(const struct idl *idl)
{
    return idl->schema;
}

bool
idl_has_table(const struct idl *idl, size_t table)
{
    return idl->tables[table].at_server;
}

bool
idl_has_column(const struct idl *idl, const struct table_schema *table,
               const struct column *column)
{
    return idl->tables[table->index].column_at_server[column->index];
}

/* Iteration. */

static bool
is_visible(const struct idl_row *row)
{
    return !(row->edit && row->edit->is_delete);
}

static struct idl_row *
next_visible(const struct idl_table *table, struct hmap_node *node)
{
    while (node) {
        struct idl_row *row = CONTAINER_OF(node, struct idl_row, node);
        if (is_visible(row)) {
            return row;
        }
        node = hmap_next(&table->rows, node);
    }
    return NULL;
}

struct idl_row *
idl_first(const struct idl *idl, size_t table)
{
    const struct idl_table *t = &idl->tables[table];
    return next_visible(t, hmap_first(&t->rows));
}

struct idl_row *
idl_next(const struct idl_row *row)
{
    return next_visible(row->table, hmap_next(&row->table->rows, &row->node));
}

struct idl_row *
idl_find(const struct idl *idl, size_t table, const struct uuid *uuid)
{
    struct idl_row *row = idl_table_find(&idl->tables[table], uuid);
    return row && is_visible(row) ? row : NULL;
}

size_t
idl_count(const struct idl *idl, size_t table)
{
    return hmap_count(&idl->tables[table].rows);
}

/* Changes. */

static struct idl_row *
change_at(const struct idl *idl, struct list *node)
{
    return node == &idl->changes
               ? NULL
               : CONTAINER_OF(node, struct idl_row, change_node);
}

struct idl_row *
idl_first_change(const struct idl *idl)
{
    return change_at(idl, idl->changes.next);
}

struct idl_row *
idl_next_change(const struct idl *idl, const struct idl_row *row)
{
    return change_at(idl, row->change_node.next);
}

bool
idl_row_changed(const struct idl_row *row, size_t column)
{
    size_t i = column + COLUMN_N_STD;
    return row->changed_columns[i / 64] >> (i % 64) & 1;
}
