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
put_column(struct str *out, const struct column *column,
           const struct datum *datum)
{
    json_put_name(out, column->name, strlen(column->name));
    datum_put_json(out, datum, &column->type);
}

/* The columns of 'row' that are not the default. */
static void
put_row(struct str *out, const struct row *row)
{
    const struct table_schema *schema = row->table->schema;
    str_put_char(out, '{');
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (is_kept(column)
            && !datum_is_default(&row->fields[i], &column->type)) {
            put_column(out, column, &row->fields[i]);
        }
    }
    str_put_char(out, '}');
}

/* Whether anything that is kept changed. */
static bool
change_is_kept(const struct row_change *change)
{
    size_t i;
    if (change->is_dropped) {
        return false;
    }
    if (change->is_delete || change->is_insert) {
        return true;
    }
    BITMAP_FOR_EACH_1 (i, change->row->table->schema->n_columns,
                       change->changed) {
        if (is_kept(row_column(change->row, i))) {
            return true;
        }
    }
    return false;
}

/* The changed columns of a row. */
static void
put_modification(struct str *out, const struct row_change *change,
                 bool is_diff)
{
    const struct row *row = change->row;
    size_t i;
    str_put_char(out, '{');
    BITMAP_FOR_EACH_1 (i, row->table->schema->n_columns, change->changed) {
        const struct column *column = row_column(row, i);
        if (!is_kept(column)) {
            continue;
        }
        if (is_diff) {
            struct datum diff;
            datum_diff(&diff, &change->old[i], &row->fields[i], &column->type);
            put_column(out, column, &diff);
            datum_uninit(&diff, &column->type);
        } else {
            put_column(out, column, &row->fields[i]);
        }
    }
    str_put_char(out, '}');
}

/* What 'change', which is kept, is in a record. */
static void
put_change(struct str *out, const struct row_change *change, bool is_diff)
{
    if (change->is_delete) {
        str_put(out, "null");
    } else if (change->is_insert) {
        put_row(out, change->row);
    } else {
        put_modification(out, change, is_diff);
    }
}

/* Begins the member of a table in a record. */
static void
put_table(struct str *out, const struct table *table)
{
    const char *name = table->schema->name;
    json_put_name(out, name, strlen(name));
    str_put_char(out, '{');
}

/* Begins the member of a row in a table. */
static void
put_uuid(struct str *out, const struct uuid *uuid)
{
    char text[UUID_LEN + 1];
    uuid_format(uuid, text);
    json_put_name(out, text, UUID_LEN);
}

/* Ends the tables of a record. */
static void
put_end(struct str *out, const char *comment, bool is_diff, long long date_ms)
{
    const char *comma = str_last(out) == '{' ? "" : ",";
    if (comment) {
        str_put(out, comma);
        str_put(out, "\"_comment\":");
        json_put_string(out, comment, strlen(comment));
        comma = ",";
    }
    if (is_diff) {
        str_put(out, comma);
        str_put(out, "\"_is_diff\":true");
        comma = ",";
    }
    str_put(out, comma);
    str_put(out, "\"_date\":");
    str_put_i64(out, date_ms);
    str_put_char(out, '}');
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

/* The kept changes of the table of change 'first', which is its first one. */
static void
put_table_changes(struct str *out, const struct transaction *txn, size_t first,
                  bool is_diff)
{
    const struct table *table = txn->changes.items[first]->row->table;
    put_table(out, table);
    for (size_t i = first; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        if (change->row->table == table && change_is_kept(change)) {
            put_uuid(out, &change->row->uuid);
            put_change(out, change, is_diff);
        }
    }
    str_put_char(out, '}');
}

bool
record_put_transaction(struct str *out, const struct transaction *txn,
                       long long date_ms, bool is_diff)
{
    for (size_t i = 0; is_diff && i < txn->changes.n; i++) {
        if (is_ambiguous(txn->changes.items[i])) {
            is_diff = false;
        }
    }
    CLEANUP(free_ptr)
    unsigned long *done = bitmap_create(txn->db->schema->n_tables);
    bool any = false;
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        size_t table = change->row->table->schema->index;
        if (bitmap_is_set(done, table) || !change_is_kept(change)) {
            continue;
        }
        if (!any) {
            str_put_char(out, '{');
            any = true;
        }
        put_table_changes(out, txn, i, is_diff);
        bitmap_set1(done, table);
    }
    if (any) {
        put_end(out, txn->comment.len ? str_text(&txn->comment) : NULL,
                is_diff, date_ms);
    }
    return any;
}

void
record_put_database(struct str *out, const struct database *db,
                    long long date_ms, const char *comment)
{
    str_put_char(out, '{');
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        const struct table *table = &db->tables[i];
        if (!table_count(table)) {
            continue;
        }
        put_table(out, table);
        const struct row *row;
        HMAP_FOR_EACH (row, node, &table->rows) {
            put_uuid(out, &row->uuid);
            put_row(out, row);
        }
        str_put_char(out, '}');
    }
    put_end(out, comment, false, date_ms);
}

/* --- Replay of values -------------------------------------------------- */

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
            return db_error_create("syntax error",
                                   "transaction deletes row " UUID_FMT
                                   " that does not exist",
                                   UUID_ARGS(uuid));
        }
        transaction_delete(r->txn, row);
        return NULL;
    }
    if (json->type != JSON_OBJECT) {
        return db_error_syntax(json, "row must be JSON object");
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

/* --- Replay of text ---------------------------------------------------- */

/* A text being replayed.  Whatever is unusual ends it, and the record is
 * replayed by way of JSON values. */
struct reader {
    struct transaction *txn;
    struct json_cursor cursor;
    bool is_diff;            /* Values of existing rows are differences. */
    unsigned long *is_known; /* Bitmap of tables that the record had. */
};

static bool
read_column(struct reader *r, struct row *row, bool is_new)
{
    struct json_span name;
    if (!json_cursor_name(&r->cursor, &name)) {
        return false;
    }
    const struct column *column =
        table_schema_find_column_n(row->table->schema, name.text, name.len);
    if (!column || !is_kept(column)) {
        return false;
    }
    bool is_diff = r->is_diff && !is_new;
    if (is_diff && row->change && row->change->changed
        && bitmap_is_set(row->change->changed, column->index)) {
        return false;
    }
    struct datum value;
    if (!datum_read_json(&value, &column->type, &r->cursor, is_diff)) {
        return false;
    }
    struct datum *datum = transaction_modify(r->txn, row, column);
    if (is_diff) {
        struct db_error *error =
            datum_apply_diff_in_place(datum, &value, &column->type);
        datum_uninit(&value, &column->type);
        db_error_destroy(error);
        return !error;
    }
    datum_swap(datum, &value);
    datum_uninit(&value, &column->type);
    return true;
}

static bool
read_row(struct reader *r, struct table *table)
{
    struct json_span name;
    struct uuid uuid;
    if (!json_cursor_name(&r->cursor, &name) || name.len != UUID_LEN
        || !uuid_parse_prefix(name.text, &uuid)) {
        return false;
    }
    struct row *row = table_find_row(table, &uuid);
    bool is_new = !row;
    if (is_new ? table_find_deleted_row(table, &uuid) != NULL
               : row->change != NULL) {
        return false;
    }
    if (!json_cursor_next_is(&r->cursor, '{')) {
        if (is_new || !json_cursor_null(&r->cursor)) {
            return false;
        }
        transaction_delete(r->txn, row);
        return true;
    }
    if (is_new) {
        row = transaction_insert(r->txn, table, &uuid);
    }
    bool first = true, more = true;
    if (!json_cursor_take(&r->cursor, '{')) {
        return false;
    }
    while (json_cursor_next(&r->cursor, '}', &first, &more) && more) {
        if (!read_column(r, row, is_new)) {
            return false;
        }
    }
    return !more;
}

/* A member of the record: a table, or "_date" and the like. */
static bool
read_member(struct reader *r, bool *is_diffp)
{
    struct json_span name;
    if (!json_cursor_name(&r->cursor, &name)) {
        return false;
    }
    if (name.len == 8 && !memcmp(name.text, "_is_diff", 8)) {
        return json_cursor_boolean(&r->cursor, is_diffp);
    }
    struct table *table =
        database_find_table_n(r->txn->db, name.text, name.len);
    if (!table) {
        return name.len && name.text[0] == '_'
               && json_cursor_skip_scalar(&r->cursor);
    }
    if (bitmap_is_set(r->is_known, table->schema->index)
        || !json_cursor_take(&r->cursor, '{')) {
        return false;
    }
    bitmap_set1(r->is_known, table->schema->index);
    bool first = true, more = true;
    while (json_cursor_next(&r->cursor, '}', &first, &more) && more) {
        if (!read_row(r, table)) {
            return false;
        }
    }
    return !more;
}

static bool
read_record(struct reader *r)
{
    bool is_diff = false, first = true, more = true;
    if (!json_cursor_take(&r->cursor, '{')) {
        return false;
    }
    while (json_cursor_next(&r->cursor, '}', &first, &more) && more) {
        if (!read_member(r, &is_diff)) {
            return false;
        }
    }
    /* The guess from the text was right? */
    return !more && is_diff == r->is_diff && json_cursor_at_end(&r->cursor);
}

bool
record_replay_text(struct database *db, const char *text, size_t size)
{
    static const char is_diff[] = "\"_is_diff\"";
    struct reader r = {
        .txn = transaction_create(db),
        .is_diff = memmem(text, size, is_diff, strlen(is_diff)) != NULL,
        .is_known = bitmap_create(db->schema->n_tables),
    };
    json_cursor_init(&r.cursor, text, size);
    bool good = read_record(&r);
    json_cursor_uninit(&r.cursor);
    free(r.is_known);
    if (good) {
        struct db_error *error = transaction_check_replay(r.txn);
        good = !error;
        db_error_destroy(error);
    }
    if (good) {
        transaction_commit(r.txn);
    } else {
        transaction_abort(r.txn);
    }
    return good;
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
