/* Indexes: a red-black tree of nodes that point to rows, for each.
 *
 * A row's nodes are taken out of their trees before any is put back in, when
 * a batch of updates changed several rows: in between, the order of the trees
 * is not that of the columns. */

#include "db/idl/idl_index.h"

#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/idl/idl_private.h"

struct idl_index_node {
    RB_ENTRY(idl_index_node) entry;
    struct idl_row *row;
    struct idl_index *index;
    struct idl_index_node *next; /* In row->index_nodes. */
};

RB_HEAD(idl_index_tree, idl_index_node);

struct idl_index {
    struct idl_index_tree tree;
    struct idl_table *table;
    struct idl_index_column *columns;
    size_t n_columns;
    struct idl_index *next; /* In table->indexes. */
};

static const struct column *
column_at(const struct idl_index *index, size_t i)
{
    return index->table->schema
        ->columns[index->columns[i].column + COLUMN_N_STD];
}

static int
compare_column(const struct idl_index *index, size_t i, const struct datum *a,
               const struct datum *b)
{
    const struct idl_index_column *c = &index->columns[i];
    int cmp = c->compare ? c->compare(a, b)
                         : datum_compare(a, b, &column_at(index, i)->type);
    return c->descending ? -cmp : cmp;
}

int
idl_index_compare(const struct idl_index *index, const struct idl_row *row,
                  const struct datum *const keys[], size_t n)
{
    int cmp = 0;
    for (size_t i = 0; i < n && !cmp; i++) {
        cmp = compare_column(index, i, idl_read(row, column_at(index, i)),
                             keys[i]);
    }
    return cmp;
}

static int
compare_nodes(const struct idl_index_node *a, const struct idl_index_node *b)
{
    for (size_t i = 0; i < a->index->n_columns; i++) {
        const struct column *column = column_at(a->index, i);
        int cmp = compare_column(a->index, i, idl_read(a->row, column),
                                 idl_read(b->row, column));
        if (cmp) {
            return cmp;
        }
    }
    return uuid_compare(&a->row->uuid, &b->row->uuid);
}

RB_PROTOTYPE(idl_index_tree, idl_index_node, entry, compare_nodes)
RB_GENERATE(idl_index_tree, idl_index_node, entry, compare_nodes)

static void
add_row(struct idl_index *index, struct idl_row *row)
{
    struct idl_index_node *node = xzalloc(sizeof *node);
    node->row = row;
    node->index = index;
    node->next = row->index_nodes;
    row->index_nodes = node;
    idl_index_tree_RB_INSERT(&index->tree, node);
}

struct idl_index *
idl_index_create(struct idl *idl, size_t table_index,
                 const struct idl_index_column columns[], size_t n_columns)
{
    struct idl_table *table = &idl->tables[table_index];
    struct idl_index *index = xzalloc(sizeof *index);
    RB_INIT(&index->tree);
    index->table = table;
    index->columns = xmemdup(columns, n_columns * sizeof *columns);
    index->n_columns = n_columns;
    index->next = table->indexes;
    table->indexes = index;
    struct idl_row *row;
    HMAP_FOR_EACH (row, node, &table->rows) {
        add_row(index, row);
    }
    return index;
}

void
idl_index_destroy_all(struct idl_table *table)
{
    while (table->indexes) {
        struct idl_index *index = table->indexes;
        table->indexes = index->next;
        free(index->columns);
        free(index);
    }
}

void
idl_row_unindex(struct idl_row *row)
{
    while (row->index_nodes) {
        struct idl_index_node *node = row->index_nodes;
        row->index_nodes = node->next;
        idl_index_tree_RB_REMOVE(&node->index->tree, node);
        free(node);
    }
}

void
idl_row_index(struct idl_row *row)
{
    idl_row_unindex(row);
    struct idl_index *i = row->deleted ? NULL : row->table->indexes;
    for (; i; i = i->next) {
        add_row(i, row);
    }
}

/* Going through. */

static struct idl_row *
visible(struct idl_index_node *node)
{
    while (node && node->row->edit && node->row->edit->is_delete) {
        node = idl_index_tree_RB_NEXT(node);
    }
    return node ? node->row : NULL;
}

struct idl_row *
idl_index_first(const struct idl_index *index)
{
    return visible(idl_index_tree_RB_MINMAX(
        (struct idl_index_tree *) &index->tree, RB_NEGINF));
}

struct idl_row *
idl_index_next(const struct idl_index *index, const struct idl_row *row)
{
    for (struct idl_index_node *node = row->index_nodes; node;
         node = node->next) {
        if (node->index == index) {
            return visible(idl_index_tree_RB_NEXT(node));
        }
    }
    return NULL;
}

struct idl_row *
idl_index_lower_bound(const struct idl_index *index,
                      const struct datum *const keys[], size_t n)
{
    struct idl_index_node *found = NULL;
    struct idl_index_node *node = RB_ROOT(&index->tree);
    while (node) {
        if (idl_index_compare(index, node->row, keys, n) < 0) {
            node = RB_RIGHT(node, entry);
        } else {
            found = node;
            node = RB_LEFT(node, entry);
        }
    }
    return visible(found);
}

struct idl_row *
idl_index_find(const struct idl_index *index, const struct datum *const keys[],
               size_t n)
{
    struct idl_row *row = idl_index_lower_bound(index, keys, n);
    return row && !idl_index_compare(index, row, keys, n) ? row : NULL;
}
