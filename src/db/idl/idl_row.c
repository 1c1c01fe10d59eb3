/* Rows of the replica: life, references, typed members, changes. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/idl/idl_private.h"

struct idl_row *
idl_table_find(const struct idl_table *table, const struct uuid *uuid)
{
    struct idl_row *row;
    HMAP_FOR_EACH_WITH_HASH (row, node, uuid_hash(uuid), &table->rows) {
        if (uuid_equal(&row->uuid, uuid)) {
            return row;
        }
    }
    return NULL;
}

struct idl_row *
idl_row_create(struct idl_table *table, const struct uuid *uuid)
{
    /* The typed struct begins with the row. */
    struct idl_row *row = xzalloc(table->desc->size);
    row->uuid = *uuid;
    row->table = table;
    list_init(&row->referrers);
    list_init(&row->refs);
    list_init(&row->change_node);
    hmap_add(&table->rows, &row->node, uuid_hash(uuid));
    return row;
}

static void
unlink_refs(struct list *refs)
{
    while (!list_is_empty(refs)) {
        struct idl_ref *ref =
            CONTAINER_OF(list_pop_front(refs), struct idl_ref, from_node);
        list_remove(&ref->to_node);
        free(ref);
    }
}

static void *
member(const struct idl_row *row, size_t offset)
{
    return (char *) row + offset;
}

static void
clear_members(struct idl_row *row)
{
    for (size_t i = 0; i < row->table->desc->n_columns; i++) {
        const struct row_column *c = &row->table->desc->columns[i];
        if (c->kind == ROW_ROWS) {
            free(*(void **) member(row, c->offset));
        } else if (c->kind == ROW_MAP_ROWS) {
            free(*(void **) member(row, c->extra));
        }
    }
    memset(row + 1, 0, row->table->desc->size - sizeof *row);
}

void
idl_row_destroy(struct idl_row *row)
{
    unlink_refs(&row->refs);
    while (!list_is_empty(&row->referrers)) {
        struct idl_ref *ref = CONTAINER_OF(list_pop_front(&row->referrers),
                                           struct idl_ref, to_node);
        list_remove(&ref->from_node);
        free(ref);
    }
    idl_row_unindex(row);
    clear_members(row);
    const struct table_schema *schema = row->table->schema;
    for (size_t i = 0; row->columns && i < schema->n_columns; i++) {
        datum_uninit(&row->columns[i], &schema->columns[i]->type);
    }
    free(row->columns);
    free(row);
}

/* Typed members. */

/* Finds the row and notes the reference. */
static struct idl_row *
follow(struct idl_row *row, const struct base_type *base,
       const struct uuid *uuid)
{
    struct idl_table *table =
        &row->table->idl->tables[base->uuid.ref_table->index];
    struct idl_row *to = idl_table_find(table, uuid);
    if (to) {
        struct idl_ref *ref = xmalloc(sizeof *ref);
        ref->from = row;
        list_push_back(&row->refs, &ref->from_node);
        list_push_back(&to->referrers, &ref->to_node);
    }
    return to;
}

static void
set_rows(struct idl_row *row, const struct row_column *c,
         const struct datum *d, const struct type *type)
{
    if (!d->n) {
        return;
    }
    struct idl_row **rows = xcalloc(d->n, sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (c->kind == ROW_ROWS) {
            rows[n] = follow(row, &type->key, &d->keys[i].uuid);
            n += rows[n] != NULL;
        } else {
            rows[n++] = follow(row, &type->value, &d->values[i].uuid);
        }
    }
    if (c->kind == ROW_ROWS) {
        *(struct idl_row ***) member(row, c->offset) = rows;
        *(size_t *) member(row, c->extra) = n;
    } else {
        *(struct datum *) member(row, c->offset) = *d;
        *(struct idl_row ***) member(row, c->extra) = rows;
    }
}

static void
set_member(struct idl_row *row, const struct row_column *c,
           const struct datum *d, const struct type *type)
{
    void *p = member(row, c->offset);
    switch (c->kind) {
    case ROW_INTEGER:
        *(int64_t *) p = d->n ? d->keys[0].integer : 0;
        break;
    case ROW_REAL:
        *(double *) p = d->n ? d->keys[0].real : 0;
        break;
    case ROW_BOOLEAN:
        *(bool *) p = d->n && d->keys[0].boolean;
        break;
    case ROW_STRING:
        *(const char **) p = d->n          ? atom_text(&d->keys[0])
                             : type->n_min ? ""
                                           : NULL;
        break;
    case ROW_UUID:
        *(struct uuid *) p = d->n ? d->keys[0].uuid : (struct uuid){ { 0 } };
        break;
    case ROW_OPTIONAL:
        /* All members of the union begin where it does. */
        *(const void **) p = d->n ? &d->keys[0] : NULL;
        break;
    case ROW_ROW:
        *(struct idl_row **) p =
            d->n ? follow(row, &type->key, &d->keys[0].uuid) : NULL;
        break;
    case ROW_ROWS:
    case ROW_MAP_ROWS:
        set_rows(row, c, d, type);
        break;
    case ROW_DATUM:
        *(struct datum *) p = *d;
        break;
    }
}

static void
resolve(struct idl_row *row)
{
    unlink_refs(&row->refs);
    clear_members(row);
    for (size_t i = 0; i < row->table->desc->n_columns; i++) {
        set_member(row, &row->table->desc->columns[i],
                   &row->columns[i + COLUMN_N_STD],
                   &row->table->schema->columns[i + COLUMN_N_STD]->type);
    }
}

/* Changes. */

void
idl_touch(struct idl *idl)
{
    idl->seqno++;
    idl->alert = false;
    loop_task_schedule(&idl->notify);
}

void
idl_touch_if_alert(struct idl *idl)
{
    if (idl->alert) {
        idl_touch(idl);
    } else if (!loop_task_is_scheduled(&idl->notify)) {
        idl_clear_changes(idl);
    }
}

static void
list_change(struct idl_row *row)
{
    if (list_is_empty(&row->change_node)) {
        list_push_back(&row->table->idl->changes, &row->change_node);
    }
}

void
idl_row_note_change(struct idl_row *row, size_t column_index)
{
    list_change(row);
    row->changed_columns[column_index / 64] |= UINT64_C(1)
                                               << column_index % 64;
    struct idl *idl = row->table->idl;
    idl->alert |= row->inserted || row->table->modes[column_index] & IDL_ALERT;
}

void
idl_row_delete(struct idl_row *row)
{
    hmap_remove(&row->table->rows, &row->node);
    row->deleted = true;
    row->table->idl->alert = true;
    list_change(row);
    struct idl_ref *ref;
    LIST_FOR_EACH (ref, to_node, &row->referrers) {
        /* Its pointers to this row must go. */
        list_change(ref->from);
    }
}

void
idl_resolve_changes(struct idl *idl)
{
    struct idl_row *row;
    LIST_FOR_EACH (row, change_node, &idl->changes) {
        idl_row_unindex(row);
    }
    LIST_FOR_EACH (row, change_node, &idl->changes) {
        if (!row->deleted) {
            resolve(row);
            idl_row_index(row);
        }
    }
}

void
idl_clear_changes(struct idl *idl)
{
    while (!list_is_empty(&idl->changes)) {
        struct idl_row *row = CONTAINER_OF(list_pop_front(&idl->changes),
                                           struct idl_row, change_node);
        list_init(&row->change_node);
        if (row->deleted) {
            idl_row_destroy(row);
        } else {
            row->inserted = false;
            memset(row->changed_columns, 0, sizeof row->changed_columns);
        }
    }
}

/* Reading. */

const struct table_schema *
idl_row_table(const struct idl_row *row)
{
    return row->table->schema;
}

struct idl *
idl_row_idl(const struct idl_row *row)
{
    return row->table->idl;
}

const struct datum *
idl_read(const struct idl_row *row, const struct column *column)
{
    static const struct datum empty = DATUM_INITIALIZER;
    if (row->edit && row->edit->written[column->index]) {
        return &row->edit->new[column->index];
    }
    return row->columns ? &row->columns[column->index] : &empty;
}

void
idl_for_each_referrer(const struct idl_row *row,
                      void (*fn)(struct idl_row *referrer, void *arg),
                      void *arg)
{
    struct idl_row *last = NULL;
    struct idl_ref *ref;
    LIST_FOR_EACH (ref, to_node, &row->referrers) {
        /* References of one row come one after the other. */
        if (ref->from != last) {
            last = ref->from;
            fn(last, arg);
        }
    }
}
