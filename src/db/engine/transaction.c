/* The life of a transaction: changes of rows, check, commit, abort. */

#include "db/engine/transaction.h"

#include "base/bitmap.h"
#include "base/mem.h"
#include "db/engine/database_private.h"

struct transaction *
transaction_create(struct database *db)
{
    assert(!db->transaction);
    struct transaction *txn = xzalloc(sizeof *txn);
    txn->db = db;
    db->transaction = txn;
    return txn;
}

static struct row_change *
get_change(struct transaction *txn, struct row *row)
{
    if (!row->change) {
        struct row_change *change = xzalloc(sizeof *change);
        change->row = row;
        row->change = change;
        vec_push(&txn->changes, change);
    }
    return row->change;
}

struct row *
transaction_insert(struct transaction *txn, struct table *table,
                   const struct uuid *uuid)
{
    struct row *row = row_create(table, uuid);
    get_change(txn, row)->is_insert = true;
    hmap_add(&table->rows, &row->node, uuid_hash(uuid));
    return row;
}

struct datum *
transaction_modify(struct transaction *txn, struct row *row,
                   const struct column *column)
{
    struct row_change *change = get_change(txn, row);
    size_t i = column->index;
    if (!change->is_insert) {
        size_t n_columns = row->table->schema->n_columns;
        if (!change->changed) {
            change->changed = bitmap_create(n_columns);
            change->old = xmalloc(n_columns * sizeof *change->old);
        }
        if (!bitmap_is_set(change->changed, i)) {
            bitmap_set1(change->changed, i);
            datum_clone(&change->old[i], &row->fields[i]);
        }
    }
    return &row->fields[i];
}

void
transaction_write(struct transaction *txn, struct row *row,
                  const struct column *column, struct datum *value)
{
    if (!datum_equal(&row->fields[column->index], value, &column->type)) {
        datum_swap(transaction_modify(txn, row, column), value);
    }
    datum_uninit(value, &column->type);
}

void
transaction_delete(struct transaction *txn, struct row *row)
{
    struct row_change *change = get_change(txn, row);
    assert(!change->is_delete);
    change->is_delete = true;
    hmap_remove(&row->table->rows, &row->node);
    hmap_add(&row->table->deleted, &row->node, uuid_hash(&row->uuid));
}

void
transaction_touch(struct transaction *txn, struct row *row)
{
    if (!row->is_touched) {
        row->is_touched = true;
        vec_push(&txn->touched, row);
    }
}

void
transaction_add_comment(struct transaction *txn, const char *comment)
{
    if (txn->comment.len) {
        str_put_char(&txn->comment, '\n');
    }
    str_put(&txn->comment, comment);
}

const struct datum *
row_change_old(const struct row_change *change, size_t i)
{
    return change->changed && bitmap_is_set(change->changed, i)
               ? &change->old[i]
               : &change->row->fields[i];
}

bool
row_change_differs(const struct row_change *change, size_t i)
{
    if (change->is_insert || change->is_delete) {
        return !datum_is_default(change->is_delete ? row_change_old(change, i)
                                                   : &change->row->fields[i],
                                 &row_column(change->row, i)->type);
    }
    return change->changed && bitmap_is_set(change->changed, i);
}

/* Forgets old values that equal the new; says whether any are left. */
static bool
forget_unchanged_columns(struct row_change *change)
{
    const struct row *row = change->row;
    size_t n_columns = row->table->schema->n_columns;
    bool differs = false;
    size_t i;

    if (!change->changed) {
        return false;
    }
    BITMAP_FOR_EACH_1 (i, n_columns, change->changed) {
        const struct type *type = &row_column(row, i)->type;
        if (datum_equal(&change->old[i], &row->fields[i], type)) {
            datum_uninit(&change->old[i], type);
            bitmap_set0(change->changed, i);
        } else {
            differs = true;
        }
    }
    return differs;
}

void
transaction_drop_unchanged(struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        change->is_dropped = change->is_insert || change->is_delete
                                 ? change->is_insert && change->is_delete
                                 : !forget_unchanged_columns(change);
    }
}

bool
transaction_is_empty(const struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        if (!txn->changes.items[i]->is_dropped) {
            return false;
        }
    }
    return true;
}

static struct db_error *
check_max_rows(const struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        const struct table *table = change->row->table;
        if (change->is_insert && !change->is_dropped
            && table_count(table) > table->schema->max_rows) {
            return db_error_create(
                "constraint violation",
                "transaction causes \"%s\" table to contain %zu rows, greater "
                "than the schema-defined limit of %u row(s)",
                table->schema->name, table_count(table),
                (unsigned int) table->schema->max_rows);
        }
    }
    return NULL;
}

/* Gives each inserted or modified row a new _version. */
static void
set_versions(struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        if (!change->is_dropped && !change->is_delete) {
            const struct column *column =
                row_column(change->row, COLUMN_VERSION);
            struct datum *version =
                transaction_modify(txn, change->row, column);
            struct uuid uuid = uuid_random();
            datum_uninit(version, &column->type);
            datum_init_uuid(version, &uuid);
        }
    }
}

static struct db_error *
update_references(struct transaction *txn)
{
    transaction_drop_unchanged(txn);
    struct db_error *error = references_update_strong(txn);
    if (!error) {
        error = references_update_weak(txn);
    }
    if (!error) {
        transaction_drop_unchanged(txn);
    }
    return error;
}

struct db_error *
transaction_check(struct transaction *txn)
{
    struct db_error *error = update_references(txn);
    if (!error) {
        error = check_max_rows(txn);
    }
    if (!error) {
        error = unique_check(txn);
    }
    if (!error) {
        set_versions(txn);
    }
    return error;
}

struct db_error *
transaction_check_replay(struct transaction *txn)
{
    return transaction_check(txn);
}

/* Frees 'change' and what it remembers. */
static void
change_destroy(struct row_change *change)
{
    if (change->changed) {
        const struct table_schema *schema = change->row->table->schema;
        size_t i;
        BITMAP_FOR_EACH_1 (i, schema->n_columns, change->changed) {
            datum_uninit(&change->old[i], &schema->columns[i]->type);
        }
        free(change->changed);
        free(change->old);
    }
    free(change);
}

static void
transaction_free(struct transaction *txn)
{
    txn->db->transaction = NULL;
    vec_uninit(&txn->changes);
    vec_uninit(&txn->touched);
    vec_uninit(&txn->candidates);
    str_uninit(&txn->comment);
    free(txn);
}

/* Puts the old values of columns back. */
static void
restore_columns(struct row_change *change)
{
    size_t i;
    if (change->changed) {
        BITMAP_FOR_EACH_1 (i, change->row->table->schema->n_columns,
                           change->changed) {
            datum_swap(&change->old[i], &change->row->fields[i]);
        }
    }
}

void
transaction_abort(struct transaction *txn)
{
    if (!txn) {
        return;
    }
    unique_restore(txn);
    for (size_t i = 0; i < txn->touched.n; i++) {
        txn->touched.items[i]->delta = 0;
        txn->touched.items[i]->is_touched = false;
    }
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        struct row *row = change->row;
        restore_columns(change);
        if (change->is_delete) {
            hmap_remove(&row->table->deleted, &row->node);
            hmap_add(&row->table->rows, &row->node, uuid_hash(&row->uuid));
        }
        row->change = NULL;
        bool is_insert = change->is_insert;
        change_destroy(change);
        if (is_insert) {
            hmap_remove(&row->table->rows, &row->node);
            row_destroy(row);
        }
    }
    transaction_free(txn);
}

/* Change of the number of atoms that 'change' makes. */
static ptrdiff_t
count_atoms(const struct row_change *change)
{
    ptrdiff_t n = 0;
    for (size_t i = 0; i < change->row->table->schema->n_columns; i++) {
        if (!change->is_insert) {
            n -= row_change_old(change, i)->n;
        }
        if (!change->is_delete) {
            n += change->row->fields[i].n;
        }
    }
    return n;
}

void
transaction_commit(struct transaction *txn)
{
    struct database_observer *observer, *next;
    LIST_FOR_EACH_SAFE (observer, next, node, &txn->db->observers) {
        observer->committed(observer, txn);
    }

    for (size_t i = 0; i < txn->touched.n; i++) {
        struct row *row = txn->touched.items[i];
        row->n_strong += row->delta;
        row->delta = 0;
        row->is_touched = false;
    }
    references_commit_weak(txn);
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        struct row *row = change->row;
        if (!change->is_dropped) {
            txn->db->n_atoms += count_atoms(change);
        }
        row->change = NULL;
        bool is_delete = change->is_delete;
        change_destroy(change);
        if (is_delete) {
            hmap_remove(&row->table->deleted, &row->node);
            row_destroy(row);
        }
    }
    transaction_free(txn);
}
