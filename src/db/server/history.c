/* The latest transactions of a database. */

#include "db/server/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

enum {
    HISTORY_MAX = 1000,
    /* Atoms that may be kept however small the database is. */
    HISTORY_MIN_ATOMS = 10000,
};

/* What a transaction did to a row. */
struct past_change {
    const struct table *table;
    struct uuid uuid;
    bool is_insert;
    unsigned long *changed; /* Bitmap: columns whose 'old' is set. */
    struct datum *old;      /* By column index. */
};

struct past {
    struct list node; /* In 'pasts'. */
    struct uuid id;
    VEC(struct past_change) changes;
    size_t n_atoms;
};

struct history {
    struct list pasts; /* Of struct past, the oldest first. */
    size_t n;
    size_t n_atoms;
    struct uuid first_id; /* What was before the oldest. */
    struct uuid last_id;
};

static struct uuid
use_id(const struct uuid *id)
{
    return uuid_is_zero(id) ? uuid_random() : *id;
}

struct history *
history_create(const struct uuid *id)
{
    struct history *history = xzalloc(sizeof *history);
    list_init(&history->pasts);
    history->first_id = use_id(id);
    history->last_id = history->first_id;
    return history;
}

static void
past_destroy(struct past *past)
{
    for (size_t i = 0; i < past->changes.n; i++) {
        struct past_change *c = &past->changes.items[i];
        size_t n = c->table->schema->n_columns;
        for (size_t j = 0; c->changed && j < n; j++) {
            if (bitmap_is_set(c->changed, j)) {
                datum_uninit(&c->old[j], &c->table->schema->columns[j]->type);
            }
        }
        free(c->changed);
        free(c->old);
    }
    vec_uninit(&past->changes);
    free(past);
}

static void
forget_oldest(struct history *history)
{
    struct past *past =
        CONTAINER_OF(list_pop_front(&history->pasts), struct past, node);
    history->first_id = past->id;
    history->n--;
    history->n_atoms -= past->n_atoms;
    past_destroy(past);
}

void
history_destroy(struct history *history)
{
    if (history) {
        while (history->n) {
            forget_oldest(history);
        }
        free(history);
    }
}

static void
remember(struct past *past, const struct row_change *change)
{
    const struct row *row = change->row;
    size_t n = row->table->schema->n_columns;
    struct past_change *c = vec_add(&past->changes);
    *c = (struct past_change){
        .table = row->table,
        .uuid = row->uuid,
        .is_insert = change->is_insert,
    };
    if (change->is_insert) {
        return;
    }
    c->changed = bitmap_create(n);
    c->old = xmalloc(n * sizeof *c->old);
    for (size_t i = 0; i < n; i++) {
        if (change->is_delete || row_change_differs(change, i)) {
            const struct datum *old = row_change_old(change, i);
            bitmap_set1(c->changed, i);
            datum_clone(&c->old[i], old);
            past->n_atoms += old->n;
        }
    }
}

void
history_add(struct history *history, const struct transaction *txn,
            const struct uuid *id)
{
    struct past *past = xzalloc(sizeof *past);
    past->id = use_id(id);
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        if (!change->is_dropped) {
            remember(past, change);
        }
    }
    past->n_atoms += past->changes.n;
    list_push_back(&history->pasts, &past->node);
    history->last_id = past->id;
    history->n++;
    history->n_atoms += past->n_atoms;
    size_t max_atoms = MAX(txn->db->n_atoms, HISTORY_MIN_ATOMS);
    while (history->n > HISTORY_MAX || history->n_atoms > max_atoms) {
        forget_oldest(history);
    }
}

const struct uuid *
history_last_id(const struct history *history)
{
    return &history->last_id;
}

/* --- What changed since ------------------------------------------------ */

/* A row's changes together. */
struct joined_change {
    struct hmap_node node; /* By UUID. */
    const struct table *table;
    struct row_change *change;
};

static struct row_change *
find_joined(struct hmap *joined, const struct past_change *past)
{
    uint32_t hash = uuid_hash(&past->uuid);
    struct joined_change *j;
    HMAP_FOR_EACH_WITH_HASH (j, node, hash, joined) {
        if (j->table == past->table
            && uuid_equal(&j->change->row->uuid, &past->uuid)) {
            return j->change;
        }
    }
    size_t n = past->table->schema->n_columns;
    j = xzalloc(sizeof *j);
    j->table = past->table;
    j->change = xzalloc(sizeof *j->change);
    j->change->is_insert = past->is_insert;
    j->change->changed = bitmap_create(n);
    j->change->old = xzalloc(n * sizeof *j->change->old);
    j->change->row = table_find_row(past->table, &past->uuid);
    if (!j->change->row) {
        /* Stands for the row that is gone. */
        struct row *row = xzalloc(sizeof *row + n * sizeof *row->fields);
        row->table = (struct table *) past->table;
        row->uuid = past->uuid;
        j->change->row = row;
        j->change->is_delete = true;
    }
    hmap_add(joined, &j->node, hash);
    return j->change;
}

/* The first value seen of a column is the one from before.  Values stay the
 * history's. */
static void
join(struct hmap *joined, const struct past_change *past)
{
    struct row_change *change = find_joined(joined, past);
    size_t n = past->table->schema->n_columns;
    for (size_t i = 0; past->changed && i < n; i++) {
        if (bitmap_is_set(past->changed, i)
            && !bitmap_is_set(change->changed, i)) {
            bitmap_set1(change->changed, i);
            change->old[i] = past->old[i];
        }
    }
}

static void
change_destroy(struct row_change *change)
{
    if (change->is_delete) {
        free(change->row);
    }
    free(change->changed);
    free(change->old);
    free(change);
}

/* Forgets columns that have their old value again; false if all do. */
static bool
still_differs(struct row_change *change)
{
    const struct row *row = change->row;
    if (change->is_insert || change->is_delete) {
        return change->is_insert != change->is_delete;
    }
    bool differs = false;
    for (size_t i = 0; i < row->table->schema->n_columns; i++) {
        if (bitmap_is_set(change->changed, i)
            && datum_equal(&change->old[i], &row->fields[i],
                           &row_column(row, i)->type)) {
            bitmap_set0(change->changed, i);
        }
        differs |= bitmap_is_set(change->changed, i) && i != COLUMN_VERSION;
    }
    return differs;
}

bool
history_since(const struct history *history, const struct uuid *id,
              struct history_changes *changes)
{
    struct hmap joined = HMAP_INITIALIZER(&joined);
    bool found = uuid_equal(id, &history->first_id);
    const struct past *past;
    *changes = (struct history_changes){ VEC_INITIALIZER };
    LIST_FOR_EACH (past, node, &history->pasts) {
        for (size_t i = 0; found && i < past->changes.n; i++) {
            join(&joined, &past->changes.items[i]);
        }
        found |= uuid_equal(id, &past->id);
    }
    struct joined_change *j, *next;
    HMAP_FOR_EACH_SAFE (j, next, node, &joined) {
        if (still_differs(j->change)) {
            vec_push(&changes->all, j->change);
        } else {
            change_destroy(j->change);
        }
        hmap_remove(&joined, &j->node);
        free(j);
    }
    hmap_uninit(&joined);
    return found;
}

void
history_changes_uninit(struct history_changes *changes)
{
    for (size_t i = 0; i < changes->all.n; i++) {
        change_destroy(changes->all.items[i]);
    }
    vec_uninit(&changes->all);
}
