/* Following a database of another server: its updates as transactions. */

#include <string.h>

#include "db/server/mirror_private.h"

static struct db_error *
set_column(struct transaction *txn, struct row *row,
           const struct column *column, const struct json *json, bool is_diff)
{
    const struct datum *old = &row->fields[column->index];
    struct datum value, diff;
    struct db_error *error;
    if (is_diff) {
        error = datum_from_json_unlimited(&diff, &column->type, json, NULL);
        if (!error) {
            error = datum_apply_diff(&value, old, &diff, &column->type);
            datum_uninit(&diff, &column->type);
        }
    } else {
        error = datum_from_json(&value, &column->type, json, NULL);
    }
    if (error) {
        return error;
    }
    transaction_write(txn, row, column, &value);
    return NULL;
}

/* Columns that a row in full leaves out have their default value. */
static void
reset_missing(struct transaction *txn, struct row *row,
              const struct json *json)
{
    const struct table_schema *schema = row->table->schema;
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (!json_object_find(json, column->name)) {
            struct datum value;
            datum_init_default(&value, &column->type);
            transaction_write(txn, row, column, &value);
        }
    }
}

static struct db_error *
set_columns(struct transaction *txn, struct row *row, const struct json *json,
            bool is_diff)
{
    if (json->type != JSON_OBJECT) {
        return db_error_syntax(json, "row is not an object");
    }
    for (size_t i = 0; i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        const struct column *column =
            table_schema_find_column(row->table->schema, m->name);
        if (!column || column->index < COLUMN_N_STD) {
            return db_error_syntax(json, "no column %s in table %s", m->name,
                                   row->table->schema->name);
        }
        struct db_error *error =
            set_column(txn, row, column, m->value, is_diff);
        if (error) {
            return error;
        }
    }
    return NULL;
}

/* The whole row, or NULL. */
static const struct json *
full_content(const struct mirror_update *u, const struct json *update)
{
    if (u->version == MONITOR_V1) {
        return json_object_find(update, "new");
    }
    const struct json *full = json_object_find(update, "initial");
    return full ? full : json_object_find(update, "insert");
}

static struct db_error *
apply_row(const struct mirror_update *u, struct transaction *txn,
          struct table *table, const struct json_member *m)
{
    struct uuid uuid;
    if (!uuid_parse(m->name, &uuid) || m->value->type != JSON_OBJECT) {
        return db_error_syntax(m->value, "\"%s\" is no row update", m->name);
    }
    struct row *row = table_find_row(table, &uuid);
    const struct json *full = full_content(u, m->value);
    if (full) {
        if (!row) {
            row = transaction_insert(txn, table, &uuid);
        } else if (full->type == JSON_OBJECT) {
            reset_missing(txn, row, full);
        }
        return set_columns(txn, row, full, false);
    }
    const struct json *diff = json_object_find(m->value, "modify");
    if (!row) {
        return db_error_syntax(m->value, "no row %s in table %s", m->name,
                               table->schema->name);
    } else if (diff) {
        return set_columns(txn, row, diff, true);
    }
    transaction_delete(txn, row);
    return NULL;
}

static void
delete_missing(struct transaction *txn, struct table *table,
               const struct json *rows)
{
    struct row *row, *next;
    HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
        char uuid[UUID_LEN + 1];
        uuid_format(&row->uuid, uuid);
        if (!rows || !json_object_find(rows, uuid)) {
            transaction_delete(txn, row);
        }
    }
}

static struct db_error *
apply_table(const struct mirror_update *u, struct transaction *txn,
            struct table *table, const struct json *rows)
{
    if (rows && rows->type != JSON_OBJECT) {
        return db_error_syntax(rows, "table update is not an object");
    }
    if (u->is_initial) {
        delete_missing(txn, table, rows);
    }
    for (size_t i = 0; rows && i < rows->object.n; i++) {
        struct db_error *error =
            apply_row(u, txn, table, &rows->object.members[i]);
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct db_error *
mirror_update_transaction(const struct mirror_update *u,
                          struct transaction **txnp)
{
    *txnp = NULL;
    if (u->updates->type != JSON_OBJECT) {
        return db_error_syntax(u->updates, "update is not an object");
    }
    struct transaction *txn = transaction_create(u->db);
    for (size_t i = 0; i < u->db->schema->n_tables; i++) {
        struct table *table = &u->db->tables[i];
        const char *name = table->schema->name;
        if (u->excluded && strset_contains(u->excluded, name)) {
            continue;
        }
        struct db_error *error =
            apply_table(u, txn, table, json_object_find(u->updates, name));
        if (error) {
            transaction_abort(txn);
            return error;
        }
    }
    *txnp = txn;
    return NULL;
}
