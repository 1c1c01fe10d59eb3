/* Transactions to and from records of the database file. */

#include "db/engine/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

/* Whether values of the column are kept in files. */
static bool
is_kept(const struct column *column)
{
    return column->persistent && column->index >= COLUMN_N_STD;
}

static void
put_column(struct json *object, const struct column *column,
           const struct datum *datum)
{
    json_object_add_take(object, xstrdup(column->name),
                         datum_to_json(datum, &column->type));
}

/* The columns of 'row' that are not the default. */
static struct json *
row_to_record(const struct row *row)
{
    const struct table_schema *schema = row->table->schema;
    struct json *object = json_object_create();
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (is_kept(column)
            && !datum_is_default(&row->fields[i], &column->type)) {
            put_column(object, column, &row->fields[i]);
        }
    }
    return object;
}

/* What 'change' is in a record, or NULL if nothing that is kept changed. */
static struct json *
change_to_record(const struct row_change *change, bool is_diff)
{
    const struct row *row = change->row;
    if (change->is_delete) {
        return json_null_create();
    } else if (change->is_insert) {
        return row_to_record(row);
    }

    struct json *object = NULL;
    size_t i;
    BITMAP_FOR_EACH_1 (i, row->table->schema->n_columns, change->changed) {
        const struct column *column = row_column(row, i);
        if (!is_kept(column)) {
            continue;
        }
        if (!object) {
            object = json_object_create();
        }
        if (is_diff) {
            struct datum diff;
            datum_diff(&diff, &change->old[i], &row->fields[i], &column->type);
            put_column(object, column, &diff);
            datum_uninit(&diff, &column->type);
        } else {
            put_column(object, column, &row->fields[i]);
        }
    }
    return object;
}

/* The object of 'table' in 'record', made if it is not there. */
static struct json *
table_object(struct json *record, const struct table *table)
{
    struct json *object = json_object_find(record, table->schema->name);
    if (!object) {
        object = json_object_create();
        json_object_put(record, table->schema->name, object);
    }
    return object;
}

static void
put_row(struct json *object, const struct row *row, struct json *value)
{
    char name[UUID_LEN + 1];
    uuid_format(&row->uuid, name);
    json_object_add_take(object, xstrdup(name), value);
}

/* Whether 'change' is of a set or map from a default that is not empty: the
 * row's record may have left it out, and readers do not agree on differences
 * from what was left out. */
static bool
is_ambiguous(const struct row_change *change)
{
    if (change->is_insert || change->is_delete || change->is_dropped) {
        return false;
    }
    for (size_t i = COLUMN_N_STD; i < change->row->table->schema->n_columns;
         i++) {
        const struct type *type = &row_column(change->row, i)->type;
        if (type->n_min && type->n_max > 1 && row_change_differs(change, i)
            && datum_is_default(&change->old[i], type)) {
            return true;
        }
    }
    return false;
}

struct json *
record_from_transaction(const struct transaction *txn, long long date_ms,
                        bool is_diff)
{
    struct json *record = NULL;
    for (size_t i = 0; is_diff && i < txn->changes.n; i++) {
        if (is_ambiguous(txn->changes.items[i])) {
            is_diff = false;
        }
    }
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        struct json *value =
            change->is_dropped ? NULL : change_to_record(change, is_diff);
        if (!value) {
            continue;
        }
        if (!record) {
            record = json_object_create();
        }
        put_row(table_object(record, change->row->table), change->row, value);
    }
    if (!record) {
        return NULL;
    }
    if (txn->comment.len) {
        json_object_put_string(record, "_comment", str_text(&txn->comment));
    }
    if (is_diff) {
        json_object_put(record, "_is_diff", json_boolean_create(true));
    }
    json_object_put(record, "_date", json_integer_create(date_ms));
    return record;
}

struct json *
record_from_database(const struct database *db, long long date_ms,
                     const char *comment)
{
    struct json *record = json_object_create();
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        const struct table *table = &db->tables[i];
        const struct row *row;
        HMAP_FOR_EACH (row, node, &table->rows) {
            put_row(table_object(record, table), row, row_to_record(row));
        }
    }
    if (comment) {
        json_object_put_string(record, "_comment", comment);
    }
    json_object_put(record, "_date", json_integer_create(date_ms));
    return record;
}

/* --- Replay ------------------------------------------------------------ */

struct replay {
    struct transaction *txn;
    bool is_diff; /* Values of existing rows are differences. */
};

static struct db_error *
replay_column(const struct replay *r, struct row *row,
              const struct column *column, const struct json *json,
              bool is_new)
{
    const struct type *type = &column->type;
    struct datum value;
    struct db_error *error;
    if (r->is_diff && !is_new) {
        struct datum diff;
        error = datum_from_json_unlimited(&diff, type, json, NULL);
        if (error) {
            return error;
        }
        error =
            datum_apply_diff(&value, &row->fields[column->index], &diff, type);
        datum_uninit(&diff, type);
    } else {
        error = datum_from_json(&value, type, json, NULL);
    }
    if (!error) {
        datum_swap(transaction_modify(r->txn, row, column), &value);
        datum_uninit(&value, type);
    }
    return error;
}

static struct db_error *
replay_row(const struct replay *r, struct table *table,
           const struct uuid *uuid, const struct json *json)
{
    struct row *row = table_find_row(table, uuid);
    if (json->type == JSON_NULL) {
        if (!row) {
            return db_error_create(
                "transaction causes deletion of nonexistent row",
                "row " UUID_FMT " of table %s is not there", UUID_ARGS(uuid),
                table->schema->name);
        }
        transaction_delete(r->txn, row);
        return NULL;
    }
    if (json->type != JSON_OBJECT) {
        return db_error_syntax(json, "row must be JSON object or null");
    }

    bool is_new = !row;
    if (is_new) {
        if (table_find_deleted_row(table, uuid)) {
            return db_error_syntax(json, "row is deleted and inserted");
        }
        row = transaction_insert(r->txn, table, uuid);
    }
    for (size_t i = 0; i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        const struct column *column =
            table_schema_find_column(table->schema, m->name);
        if (column && !is_kept(column)) {
            continue;
        }
        struct db_error *error = NULL;
        if (column) {
            error = replay_column(r, row, column, m->value, is_new);
        } else {
            error = db_error_syntax_tag(json, "unknown column",
                                        "No column %s in table %s.", m->name,
                                        table->schema->name);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct db_error *
replay_table(const struct replay *r, struct table *table,
             const struct json *json)
{
    if (json->type != JSON_OBJECT) {
        return db_error_syntax(json, "object expected");
    }
    for (size_t i = 0; i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        struct uuid uuid;
        if (!uuid_parse(m->name, &uuid)) {
            return db_error_syntax(json, "\"%s\" is not a valid UUID",
                                   m->name);
        }
        struct db_error *error = replay_row(r, table, &uuid, m->value);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct db_error *
replay_tables(const struct replay *r, const struct json *record)
{
    for (size_t i = 0; i < record->object.n; i++) {
        const struct json_member *m = &record->object.members[i];
        struct table *table = database_find_table(r->txn->db, m->name);
        struct db_error *error = NULL;
        if (table) {
            error = replay_table(r, table, m->value);
        } else if (m->name[0] != '_') {
            error = db_error_syntax_tag(record, "unknown table",
                                        "No table named %s.", m->name);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct db_error *
record_replay(struct database *db, const struct json *record)
{
    if (record->type != JSON_OBJECT) {
        return db_error_syntax(record, "object expected");
    }
    const struct json *is_diff = json_object_find(record, "_is_diff");
    struct replay r = {
        .txn = transaction_create(db),
        .is_diff = is_diff && is_diff->type == JSON_TRUE,
    };
    struct db_error *error = replay_tables(&r, record);
    if (!error) {
        error = transaction_check_replay(r.txn);
    }
    if (error) {
        transaction_abort(r.txn);
    } else {
        transaction_commit(r.txn);
    }
    return error;
}
