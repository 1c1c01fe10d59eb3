/* References between rows: RFC 7047 §3.2 <base-type> "refTable".
 *
 * Strong references are counted; a row of a table that is not in the root set
 * goes away when none is left.  Weak references are taken out of the values
 * when their row goes away.  Only what a transaction changed is looked at. */

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/vec.h"
#include "db/engine/database_private.h"

typedef struct db_error *ref_visitor(struct transaction *, struct row *src,
                                     const struct column *,
                                     const struct base_type *,
                                     const struct uuid *, int sign);

static bool
column_refers(const struct column *column, enum ref_type ref_type)
{
    const struct base_type *key = &column->type.key;
    const struct base_type *value = &column->type.value;
    return ref_type == REF_STRONG
               ? base_type_is_strong_ref(key) || base_type_is_strong_ref(value)
               : base_type_is_weak_ref(key) || base_type_is_weak_ref(value);
}

static bool
base_refers(const struct base_type *base, enum ref_type ref_type)
{
    return ref_type == REF_STRONG ? base_type_is_strong_ref(base)
                                  : base_type_is_weak_ref(base);
}

static struct table *
target_table(const struct row *src, const struct base_type *base)
{
    return &src->table->db->tables[base->uuid.ref_table->index];
}

/* Whose references are visited, and for what. */
struct visit {
    struct transaction *txn;
    struct row *src;
    const struct column *column;
    ref_visitor *visitor;
};

/* Visits the 'n' UUIDs at 'atoms'. */
static struct db_error *
visit_atoms(const struct visit *v, const struct base_type *base,
            const union atom *atoms, size_t n, int sign)
{
    for (size_t i = 0; i < n; i++) {
        struct db_error *error =
            v->visitor(v->txn, v->src, v->column, base, &atoms[i].uuid, sign);
        if (error) {
            return error;
        }
    }
    return NULL;
}

/* Visits the UUIDs that are in just one of the sorted arrays. */
static struct db_error *
visit_difference(const struct visit *v, const struct datum *old,
                 const struct datum *new)
{
    const struct base_type *base = &v->column->type.key;
    size_t i = 0, j = 0;
    while (i < old->n || j < new->n) {
        int cmp = i >= old->n ? 1
                  : j >= new->n
                      ? -1
                      : uuid_compare(&old->keys[i].uuid, &new->keys[j].uuid);
        struct db_error *error = NULL;
        if (cmp < 0) {
            error = v->visitor(v->txn, v->src, v->column, base,
                               &old->keys[i].uuid, -1);
        } else if (cmp > 0) {
            error = v->visitor(v->txn, v->src, v->column, base,
                               &new->keys[j].uuid, +1);
        }
        if (error) {
            return error;
        }
        i += cmp <= 0;
        j += cmp >= 0;
    }
    return NULL;
}

/* Visits the references that a column gains and loses; 'old' or 'new' is NULL
 * if there is none. */
static struct db_error *
visit_column(const struct visit *v, enum ref_type ref_type,
             const struct datum *old, const struct datum *new)
{
    static const struct datum none = DATUM_INITIALIZER;
    const struct type *type = &v->column->type;
    old = old ? old : &none;
    new = new ? new : &none;

    struct db_error *error = NULL;
    if (base_refers(&type->key, ref_type) && old->keys != new->keys) {
        error = visit_difference(v, old, new);
    }
    if (!error && base_refers(&type->value, ref_type)
        && old->values != new->values) {
        error = visit_atoms(v, &type->value, old->values, old->n, -1);
        if (!error) {
            error = visit_atoms(v, &type->value, new->values, new->n, +1);
        }
    }
    return error;
}

/* Visits all references that 'change' makes and ends. */
static struct db_error *
visit_change(struct transaction *txn, const struct row_change *change,
             enum ref_type ref_type, ref_visitor *visit)
{
    struct row *row = change->row;
    const struct table_schema *schema = row->table->schema;
    bool is_modify = !change->is_insert && !change->is_delete;

    if (change->is_insert && change->is_delete) {
        return NULL;
    }
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (!column_refers(column, ref_type)
            || (is_modify && !row_change_differs(change, i))) {
            continue;
        }
        struct db_error *error =
            visit_column(&(struct visit){ txn, row, column, visit }, ref_type,
                         change->is_insert ? NULL : row_change_old(change, i),
                         change->is_delete ? NULL : &row->fields[i]);
        if (error) {
            return error;
        }
    }
    return NULL;
}

/* --- Strong references ------------------------------------------------- */

static struct db_error *
count_strong(struct transaction *txn, struct row *src,
             const struct column *column, const struct base_type *base,
             const struct uuid *uuid, int sign)
{
    const struct table *table = target_table(src, base);
    struct row *dst = table_find_row(table, uuid);
    if (!dst) {
        dst = table_find_deleted_row(table, uuid);
    }
    if (dst == src) {
        return NULL; /* A row does not keep itself. */
    }
    if (dst && dst->change && dst->change->is_insert
        && dst->change->is_delete) {
        dst = NULL; /* It never was. */
    }
    if (dst) {
        dst->delta += sign;
        transaction_touch(txn, dst);
        if (sign < 0) {
            vec_push(&txn->candidates, dst);
        }
        return NULL;
    }
    if (sign < 0) {
        return NULL;
    }
    return db_error_create(
        "referential integrity violation",
        "Table %s column %s row " UUID_FMT
        " references nonexistent row " UUID_FMT " in table %s.",
        src->table->schema->name, column->name, UUID_ARGS(&src->uuid),
        UUID_ARGS(uuid), table->schema->name);
}

static bool
is_garbage(const struct row *row)
{
    return !row->table->schema->is_root
           && !(row->change && row->change->is_delete)
           && (ptrdiff_t) row->n_strong + row->delta <= 0;
}

/* Deletes 'row' and ends the references that it has now: rows that lose one
 * become candidates. */
static struct db_error *
collect_row(struct transaction *txn, struct row *row)
{
    const struct table_schema *schema = row->table->schema;
    transaction_delete(txn, row);
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        if (column_refers(schema->columns[i], REF_STRONG)) {
            const struct visit v = { txn, row, schema->columns[i],
                                     count_strong };
            struct db_error *error =
                visit_column(&v, REF_STRONG, &row->fields[i], NULL);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

static struct db_error *
collect_garbage(struct transaction *txn)
{
    /* Rows that nothing ever referred to. */
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        if (change->is_insert) {
            vec_push(&txn->candidates, change->row);
        }
    }
    /* The list grows while rows go. */
    for (size_t i = 0; i < txn->candidates.n; i++) {
        if (is_garbage(txn->candidates.items[i])) {
            struct db_error *error =
                collect_row(txn, txn->candidates.items[i]);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

struct db_error *
references_update_strong(struct transaction *txn)
{
    for (size_t i = 0; i < txn->touched.n; i++) {
        txn->touched.items[i]->delta = 0;
    }
    vec_clear(&txn->candidates);
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        struct db_error *error =
            change->is_dropped
                ? NULL
                : visit_change(txn, change, REF_STRONG, count_strong);
        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < txn->touched.n; i++) {
        const struct row *row = txn->touched.items[i];
        ptrdiff_t n = (ptrdiff_t) row->n_strong + row->delta;
        if (row->change && row->change->is_delete && n > 0) {
            return db_error_create("referential integrity violation",
                                   "cannot delete %s row " UUID_FMT
                                   " because of %td remaining reference(s)",
                                   row->table->schema->name,
                                   UUID_ARGS(&row->uuid), n);
        }
    }
    /* Deleted rows that nobody touched have all their old references. */
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row *row = txn->changes.items[i]->row;
        if (row->change->is_delete && !row->is_touched && row->n_strong) {
            return db_error_create("referential integrity violation",
                                   "cannot delete %s row " UUID_FMT
                                   " because of %zu remaining reference(s)",
                                   row->table->schema->name,
                                   UUID_ARGS(&row->uuid), row->n_strong);
        }
    }
    return collect_garbage(txn);
}

/* --- Weak references --------------------------------------------------- */

static struct db_error *
empty_column_error(const struct row *row, const struct column *column,
                   size_t n_removed, bool all_zeros)
{
    const char *how = row->change && row->change->is_insert
                          ? " (inserted within this transaction)"
                          : "";
    if (all_zeros) {
        return db_error_create(
            "constraint violation",
            "Weak reference column \"%s\" in \"%s\" row " UUID_FMT
            "%s contained all-zeros UUID (probably as the default value for "
            "this column) but deleting this value caused a constraint "
            "volation because this column is not allowed to be empty.",
            column->name, row->table->schema->name, UUID_ARGS(&row->uuid),
            how);
    }
    return db_error_create(
        "constraint violation",
        "Deletion of %zu weak reference(s) to deleted (or never-existing) "
        "rows from column \"%s\" in \"%s\" row " UUID_FMT
        "%s caused this column to become empty, but constraints on this "
        "column disallow an empty column.",
        n_removed, column->name, row->table->schema->name,
        UUID_ARGS(&row->uuid), how);
}

static bool
is_dangling(const struct row *src, const struct base_type *base,
            const union atom *atom)
{
    return base_type_is_weak_ref(base)
           && !table_find_row(target_table(src, base), &atom->uuid);
}

/* Removes the weak references of a column that lead nowhere. */
static struct db_error *
prune_column(struct transaction *txn, struct row *row,
             const struct column *column)
{
    const struct type *type = &column->type;
    size_t n_removed = 0;
    bool all_zeros = false;

    for (size_t i = row->fields[column->index].n; i-- > 0;) {
        const struct datum *datum = &row->fields[column->index];
        if (is_dangling(row, &type->key, &datum->keys[i])
            || (type_is_map(type)
                && is_dangling(row, &type->value, &datum->values[i]))) {
            all_zeros |= type->key.type == ATOM_UUID
                         && uuid_is_zero(&datum->keys[i].uuid);
            datum_remove(transaction_modify(txn, row, column), i, type);
            n_removed++;
        }
    }
    return n_removed && row->fields[column->index].n < type->n_min
               ? empty_column_error(row, column, n_removed, all_zeros)
               : NULL;
}

/* A visitor that notes whether a new reference leads nowhere, by way of an
 * error. */
static struct db_error *
find_dangling(struct transaction *txn UNUSED, struct row *src,
              const struct column *column UNUSED, const struct base_type *base,
              const struct uuid *uuid, int sign)
{
    return sign > 0 && !table_find_row(target_table(src, base), uuid)
               ? db_error_create(NULL, "dangling")
               : NULL;
}

/* Prunes the columns that 'change' gave new weak references. */
static struct db_error *
prune_change(struct transaction *txn, const struct row_change *change)
{
    struct row *row = change->row;
    const struct table_schema *schema = row->table->schema;
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (!column_refers(column, REF_WEAK)
            || (!change->is_insert && !row_change_differs(change, i))) {
            continue;
        }
        const struct visit v = { txn, row, column, find_dangling };
        struct db_error *dangling = visit_column(
            &v, REF_WEAK, change->is_insert ? NULL : row_change_old(change, i),
            &row->fields[i]);
        if (dangling) {
            db_error_destroy(dangling);
            struct db_error *error = prune_column(txn, row, column);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

/* Prunes the columns that refer to the deleted 'row'. */
static struct db_error *
prune_referrers(struct transaction *txn, const struct row *row)
{
    const struct weak_ref *ref;
    LIST_FOR_EACH (ref, in_node, &row->weak_in) {
        if (!(ref->src->change && ref->src->change->is_delete)) {
            struct db_error *error = prune_column(txn, ref->src, ref->column);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

struct db_error *
references_update_weak(struct transaction *txn)
{
    /* Rows that lose references join the end of the list, but then they have
     * none to new rows. */
    size_t n = txn->changes.n;
    for (size_t i = 0; i < n; i++) {
        const struct row_change *change = txn->changes.items[i];
        struct db_error *error = change->is_delete
                                     ? prune_referrers(txn, change->row)
                                     : prune_change(txn, change);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static uint32_t
weak_hash(const struct column *column, const struct uuid *uuid)
{
    return hash_pointer(column, uuid_hash(uuid));
}

static struct db_error *
link_weak(struct transaction *txn, struct row *src,
          const struct column *column, const struct base_type *base,
          const struct uuid *uuid, int sign)
{
    uint32_t hash = weak_hash(column, uuid);
    struct weak_ref *ref;
    HMAP_FOR_EACH_WITH_HASH (ref, out_node, hash, &src->weak_out) {
        if (ref->column == column && uuid_equal(&ref->dst->uuid, uuid)) {
            ref->n += sign;
            if (!ref->n) {
                weak_ref_destroy(ref);
            }
            return NULL;
        }
    }
    struct row *dst = table_find_row(target_table(src, base), uuid);
    if (sign > 0 && dst) {
        ref = xmalloc(sizeof *ref);
        ref->src = src;
        ref->dst = dst;
        ref->column = column;
        ref->n = 1;
        list_push_back(&dst->weak_in, &ref->in_node);
        hmap_add(&src->weak_out, &ref->out_node, hash);
        txn->db->n_weak_refs++;
    }
    return NULL;
}

void
references_commit_weak(struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        if (!change->is_delete && !change->is_dropped) {
            struct db_error *error =
                visit_change(txn, change, REF_WEAK, link_weak);
            assert(!error);
        }
    }
}
