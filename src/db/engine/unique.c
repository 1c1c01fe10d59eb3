/* Unique indexes: RFC 7047 §3.2 "indexes". */

#include "base/str.h"
#include "db/engine/database_private.h"

static const struct datum *
value_of(const struct row *row, const struct column *column, bool old)
{
    return old && row->change ? row_change_old(row->change, column->index)
                              : &row->fields[column->index];
}

static uint32_t
hash_of(const struct row *row, const struct table_index *index, bool old)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < index->n; i++) {
        const struct column *column = index->columns[i];
        hash = datum_hash(value_of(row, column, old), &column->type, hash);
    }
    return hash;
}

static bool
has_same_values(const struct row *a, const struct row *b,
                const struct table_index *index)
{
    for (size_t i = 0; i < index->n; i++) {
        const struct column *column = index->columns[i];
        if (!datum_equal(&a->fields[column->index], &b->fields[column->index],
                         &column->type)) {
            return false;
        }
    }
    return true;
}

/* Whether 'change' concerns 'index'. */
static bool
is_affected(const struct row_change *change, const struct table_index *index)
{
    if (change->is_insert || change->is_delete) {
        return true;
    }
    for (size_t i = 0; i < index->n; i++) {
        if (row_change_differs(change, index->columns[i]->index)) {
            return true;
        }
    }
    return false;
}

/* Appends the index values, "A and B". */
static void
put_values(struct str *out, const struct row *row,
           const struct table_index *index, bool old)
{
    for (size_t i = 0; i < index->n; i++) {
        const struct column *column = index->columns[i];
        if (i) {
            str_put(out, index->n > 2 ? ", " : " ");
            if (i == index->n - 1) {
                str_put(out, "and ");
            }
        }
        datum_format(out, value_of(row, column, old), &column->type);
    }
}

static void
put_row(struct str *out, const char *which, const struct row *row,
        const struct table_index *index)
{
    str_putf(out, "%s row, with UUID " UUID_FMT ", ", which,
             UUID_ARGS(&row->uuid));
    if (!row->change || row->change->is_dropped) {
        str_put(out, "existed in the database before this transaction and was "
                     "not modified by the transaction.");
    } else if (row->change->is_insert) {
        str_put(out, "was inserted by this transaction.");
    } else if (!is_affected(row->change, index)) {
        str_put(out, "existed in the database before this transaction, which "
                     "modified some of the row's columns but not any columns "
                     "in this index.");
    } else {
        str_put(out,
                "had the following index values before the transaction: ");
        put_values(out, row, index, true);
        str_put_char(out, '.');
    }
}

static struct db_error *
duplicate_error(const struct row *row, const struct row *other,
                const struct table_index *index)
{
    if (row->change->is_insert
        && !(other->change && other->change->is_insert)) {
        const struct row *tmp = row;
        row = other;
        other = tmp;
    }

    struct str text = STR_INITIALIZER;
    str_putf(&text,
             "Transaction causes multiple rows in \"%s\" table to have "
             "identical values (",
             row->table->schema->name);
    put_values(&text, row, index, false);
    str_putf(&text, ") for index on column%s ", index->n == 1 ? "" : "s");
    for (size_t i = 0; i < index->n; i++) {
        if (i) {
            str_put(&text, index->n > 2 ? ", " : " ");
            if (i == index->n - 1) {
                str_put(&text, "and ");
            }
        }
        str_putf(&text, "\"%s\"", index->columns[i]->name);
    }
    str_put(&text, ".  ");
    put_row(&text, "First", row, index);
    str_put(&text, "  ");
    put_row(&text, "Second", other, index);
    struct db_error *error =
        db_error_create("constraint violation", "%s", str_text(&text));
    str_uninit(&text);
    return error;
}

/* Takes the old entries of 'change' out of the indexes. */
static void
remove_old(struct row_change *change)
{
    struct row *row = change->row;
    const struct table_schema *schema = row->table->schema;
    for (size_t i = 0; i < schema->n_indexes; i++) {
        if (!change->is_insert && is_affected(change, &schema->indexes[i])) {
            hmap_remove(&row->table->indexes[i], &row->entries[i].node);
            change->entries_out |= UINT64_C(1) << i;
        }
    }
}

static struct db_error *
add_new(struct row_change *change)
{
    struct row *row = change->row;
    const struct table_schema *schema = row->table->schema;
    for (size_t i = 0; i < schema->n_indexes; i++) {
        const struct table_index *index = &schema->indexes[i];
        if (change->is_delete || !is_affected(change, index)) {
            continue;
        }
        uint32_t hash = hash_of(row, index, false);
        const struct index_entry *entry;
        HMAP_FOR_EACH_WITH_HASH (entry, node, hash, &row->table->indexes[i]) {
            if (has_same_values(row, entry->row, index)) {
                return duplicate_error(row, entry->row, index);
            }
        }
        hmap_add(&row->table->indexes[i], &row->entries[i].node, hash);
        change->entries_in |= UINT64_C(1) << i;
    }
    return NULL;
}

struct db_error *
unique_check(struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        if (!txn->changes.items[i]->is_dropped) {
            remove_old(txn->changes.items[i]);
        }
    }
    for (size_t i = 0; i < txn->changes.n; i++) {
        if (!txn->changes.items[i]->is_dropped) {
            struct db_error *error = add_new(txn->changes.items[i]);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

void
unique_restore(struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        struct row *row = change->row;
        for (size_t j = 0; j < row->table->schema->n_indexes; j++) {
            if (change->entries_in >> j & 1) {
                hmap_remove(&row->table->indexes[j], &row->entries[j].node);
            }
        }
    }
    for (size_t i = 0; i < txn->changes.n; i++) {
        struct row_change *change = txn->changes.items[i];
        struct row *row = change->row;
        const struct table_schema *schema = row->table->schema;
        for (size_t j = 0; j < schema->n_indexes; j++) {
            if (change->entries_out >> j & 1) {
                hmap_add(&row->table->indexes[j], &row->entries[j].node,
                         hash_of(row, &schema->indexes[j], true));
            }
        }
        change->entries_in = change->entries_out = 0;
    }
}
