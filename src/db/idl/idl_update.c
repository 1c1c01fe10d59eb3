/* Updates from the server: RFC 7047 §4.1.6, and "update2" and "update3" of
 * ovsdb-server(7). */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "db/data/members.h"
#include "db/idl/idl_private.h"

static struct db_error *
bad(const struct json *json, const char *what)
{
    return db_error_syntax(json, "%s is not an object", what);
}

/* Sets the column from 'json'; if 'diff', that is a difference. */
static struct db_error *
set_column(struct idl_row *row, const struct column *column,
           const struct json *json, bool diff)
{
    struct datum d;
    struct db_error *error =
        datum_from_json_unchecked(&d, &column->type, json);
    if (error) {
        return error;
    }
    struct datum *old = &row->columns[column->index];
    if (diff) {
        struct datum new;
        error = datum_apply_diff(&new, old, &d, &column->type);
        datum_uninit(&d, &column->type);
        if (error) {
            return error;
        }
        d = new;
    }
    if (!datum_equal(old, &d, &column->type)) {
        datum_swap(old, &d);
        idl_row_note_change(row, column->index);
    }
    datum_uninit(&d, &column->type);
    return NULL;
}

static struct db_error *
set_columns(struct idl_row *row, const struct json *json, bool diff)
{
    if (json->type != JSON_OBJECT) {
        return bad(json, "row");
    }
    for (size_t i = 0; i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        const struct column *column =
            table_schema_find_column(row->table->schema, m->name);
        /* A column that was not asked for is no concern of ours. */
        if (column && column->index >= COLUMN_N_STD) {
            struct db_error *error = set_column(row, column, m->value, diff);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

/* The row 'uuid' with default values, new or as it was. */
static struct idl_row *
get_row(struct idl_table *table, const struct uuid *uuid)
{
    struct idl_row *row = idl_table_find(table, uuid);
    if (row) {
        return row;
    }
    row = idl_row_create(table, uuid);
    const struct table_schema *schema = table->schema;
    row->columns = xcalloc(schema->n_columns, sizeof *row->columns);
    for (size_t i = 0; i < schema->n_columns; i++) {
        datum_init_default(&row->columns[i], &schema->columns[i]->type);
    }
    union atom key = { .uuid = *uuid };
    datum_uninit(&row->columns[COLUMN_UUID],
                 &schema->columns[COLUMN_UUID]->type);
    datum_init_key(&row->columns[COLUMN_UUID], &key,
                   &schema->columns[COLUMN_UUID]->type);
    row->inserted = true;
    idl_row_note_change(row, COLUMN_UUID);
    return row;
}

/* Columns that a row in full leaves out have their default value. */
static void
reset_missing(struct idl_row *row, const struct json *json)
{
    const struct table_schema *schema = row->table->schema;
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (!json_object_find(json, column->name)
            && !datum_is_default(&row->columns[i], &column->type)) {
            datum_uninit(&row->columns[i], &column->type);
            datum_init_default(&row->columns[i], &column->type);
            idl_row_note_change(row, i);
        }
    }
}

static struct db_error *
apply_full(struct idl_table *table, const struct uuid *uuid,
           const struct json *json)
{
    struct idl_row *row = get_row(table, uuid);
    if (json->type == JSON_OBJECT && !row->inserted) {
        reset_missing(row, json);
    }
    return set_columns(row, json, false);
}

static void
apply_delete(struct idl_table *table, const struct uuid *uuid)
{
    struct idl_row *row = idl_table_find(table, uuid);
    if (row) {
        idl_row_delete(row);
    }
}

static struct db_error *
apply_row(struct idl_table *table, const struct uuid *uuid,
          const struct json *update, enum idl_monitor_method method)
{
    if (update->type != JSON_OBJECT) {
        return bad(update, "row update");
    }
    if (method == IDL_MONITOR_PLAIN) {
        const struct json *new = json_object_find(update, "new");
        if (!new) {
            apply_delete(table, uuid);
            return NULL;
        }
        /* "new" holds all monitored columns. */
        return set_columns(get_row(table, uuid), new, false);
    }
    const struct json *full = json_object_find(update, "initial");
    full = full ? full : json_object_find(update, "insert");
    if (full) {
        return apply_full(table, uuid, full);
    }
    const struct json *diff = json_object_find(update, "modify");
    if (diff) {
        struct idl_row *row = idl_table_find(table, uuid);
        return row ? set_columns(row, diff, true) : NULL;
    }
    apply_delete(table, uuid);
    return NULL;
}

/* The whole content came: rows that are not in it are gone. */
static void
delete_missing(struct idl_table *table, const struct json *rows)
{
    struct idl_row *row, *next;
    HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
        char uuid[UUID_LEN + 1];
        uuid_format(&row->uuid, uuid);
        if (!rows || !json_object_find(rows, uuid)) {
            idl_row_delete(row);
        }
    }
}

static struct db_error *
apply_table(struct idl_table *table, const struct json *rows,
            enum idl_monitor_method method)
{
    if (rows->type != JSON_OBJECT) {
        return bad(rows, "table update");
    }
    for (size_t i = 0; i < rows->object.n; i++) {
        const struct json_member *m = &rows->object.members[i];
        struct uuid uuid;
        if (!uuid_parse(m->name, &uuid)) {
            return db_error_syntax(rows, "\"%s\" is not a valid UUID",
                                   m->name);
        }
        struct db_error *error = apply_row(table, &uuid, m->value, method);
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct db_error *
idl_apply(struct idl *idl, const struct json *updates,
          enum idl_monitor_method method, bool initial)
{
    if (updates->type != JSON_OBJECT) {
        return bad(updates, "update");
    }
    struct db_error *error = NULL;
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        const struct json *rows =
            json_object_find(updates, table->schema->name);
        if (initial) {
            delete_missing(table, rows);
        }
        if (rows && !error) {
            error = apply_table(table, rows, method);
        }
    }
    idl_resolve_changes(idl);
    return error;
}
