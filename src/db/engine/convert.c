/* Changing the schema of a database. */

#include "db/engine/convert.h"

#include <stdlib.h>

#include "base/mem.h"
#include "db/engine/transaction.h"

/* Where a column's values come from. */
struct source {
    const struct column *old; /* NULL: the column has its default. */
    const struct column *new;
    bool is_same_type;
};

/* One per column of 'new', beginning with COLUMN_N_STD. */
static struct source *
find_sources(const struct table_schema *old, const struct table_schema *new)
{
    struct source *sources = xcalloc(new->n_columns, sizeof *sources);
    for (size_t i = COLUMN_N_STD; i < new->n_columns; i++) {
        struct source *s = &sources[i];
        s->new = new->columns[i];
        s->old = table_schema_find_column(old, s->new->name);
        if (s->old) {
            struct json *a = type_to_json(&s->old->type);
            struct json *b = type_to_json(&s->new->type);
            s->is_same_type = json_equal(a, b);
            json_unref(a);
            json_unref(b);
        }
    }
    return sources;
}

static struct db_error *
convert_value(struct transaction *txn, struct row *new_row,
              const struct source *source, const struct datum *old)
{
    struct datum value;
    if (source->is_same_type) {
        datum_clone(&value, old);
    } else {
        struct json *json = datum_to_json(old, &source->old->type);
        struct db_error *error =
            datum_from_json(&value, &source->new->type, json, NULL);
        json_unref(json);
        if (error) {
            return error;
        }
    }
    transaction_write(txn, new_row, source->new, &value);
    return NULL;
}

static struct db_error *
convert_row(struct transaction *txn, struct table *new_table,
            const struct source *sources, const struct row *old_row)
{
    struct row *new_row = transaction_insert(txn, new_table, &old_row->uuid);
    for (size_t i = COLUMN_N_STD; i < new_table->schema->n_columns; i++) {
        const struct source *source = &sources[i];
        struct db_error *error =
            source->old ? convert_value(txn, new_row, source,
                                        &old_row->fields[source->old->index])
                        : NULL;
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct db_error *
convert_table(struct transaction *txn, const struct table *old_table)
{
    struct table *new_table =
        database_find_table(txn->db, old_table->schema->name);
    struct db_error *error = NULL;
    if (new_table) {
        struct source *sources =
            find_sources(old_table->schema, new_table->schema);
        const struct row *row;
        HMAP_FOR_EACH (row, node, &old_table->rows) {
            error = convert_row(txn, new_table, sources, row);
            if (error) {
                break;
            }
        }
        free(sources);
    }
    return error;
}

struct db_error *
database_convert(const struct database *old, struct schema *schema,
                 struct database **newp)
{
    struct database *new_ = database_create(schema);
    struct transaction *txn = transaction_create(new_);
    struct db_error *error = NULL;
    for (size_t i = 0; !error && i < old->schema->n_tables; i++) {
        error = convert_table(txn, &old->tables[i]);
    }
    if (!error) {
        error = transaction_check(txn);
    }
    if (error) {
        transaction_abort(txn);
        database_destroy(new_);
        *newp = NULL;
    } else {
        transaction_commit(txn);
        *newp = new_;
    }
    return error;
}

void
database_replace(struct database *db, struct database *content)
{
    struct database old = *db;
    assert(!db->transaction && !content->transaction);
    *db = *content;
    db->observers = old.observers; /* Which stay with the address. */
    *content = old;
    list_init(&content->observers);
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        db->tables[i].db = db;
    }
    for (size_t i = 0; i < content->schema->n_tables; i++) {
        content->tables[i].db = content;
    }
    database_destroy(content);
    struct database_observer *observer, *next;
    LIST_FOR_EACH_SAFE (observer, next, node, &db->observers) {
        if (observer->replaced) {
            observer->replaced(observer);
        }
    }
}
