/* The hash index of subtables. */

#include "net/classify/rcu_index.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/mem.h"

static struct rcu_index_table *
table_create(uint32_t n_buckets)
{
    struct rcu_index_table *table =
        xzalloc(sizeof *table + n_buckets * sizeof table->buckets[0]);
    table->mask = n_buckets - 1;
    return table;
}

static void
table_free(void *arg)
{
    struct rcu_index_table *table = arg;
    for (uint32_t i = 0; i <= table->mask; i++) {
        struct rcu_index_node *node = rcu_get_protected(&table->buckets[i]);
        while (node) {
            struct rcu_index_node *next = rcu_get_protected(&node->next);
            free(node);
            node = next;
        }
    }
    free(table);
}

static void
table_add(struct rcu_index_table *table, uint32_t hash, uint32_t count,
          void *item)
{
    struct rcu_index_node *node = xmalloc(sizeof *node);
    node->hash = hash;
    node->count = count;
    node->item = item;
    rcu_init(&node->next,
             rcu_get_protected(&table->buckets[hash & table->mask]));
    rcu_set(&table->buckets[hash & table->mask], node);
}

void
rcu_index_init(struct rcu_index *index)
{
    rcu_init(&index->table, table_create(1));
    index->n = 0;
}

void
rcu_index_uninit(struct rcu_index *index)
{
    table_free(rcu_get_protected(&index->table));
}

static void
grow(struct rcu_index *index)
{
    struct rcu_index_table *old = rcu_get_protected(&index->table);
    struct rcu_index_table *table = table_create((old->mask + 1) * 4);
    for (uint32_t i = 0; i <= old->mask; i++) {
        struct rcu_index_node *node = rcu_get_protected(&old->buckets[i]);
        for (; node; node = rcu_get_protected(&node->next)) {
            table_add(table, node->hash, node->count, node->item);
        }
    }
    rcu_set(&index->table, table);
    rcu_postpone(table_free, old);
}

static void
add(struct rcu_index *index, uint32_t hash, uint32_t count, void *item)
{
    if (index->n > rcu_get_protected(&index->table)->mask) {
        grow(index);
    }
    table_add(rcu_get_protected(&index->table), hash, count, item);
    index->n++;
}

void
rcu_index_add(struct rcu_index *index, uint32_t hash, void *item)
{
    add(index, hash, 1, item);
}

void
rcu_index_remove(struct rcu_index *index, uint32_t hash, const void *item)
{
    struct rcu_index_table *table = rcu_get_protected(&index->table);
    struct rcu_index_node *prev = NULL;
    struct rcu_index_node *node =
        rcu_get_protected(&table->buckets[hash & table->mask]);
    while (node && (node->hash != hash || node->item != item)) {
        prev = node;
        node = rcu_get_protected(&node->next);
    }
    assert(node);
    struct rcu_index_node *next = rcu_get_protected(&node->next);
    if (prev) {
        rcu_set(&prev->next, next);
    } else {
        rcu_set(&table->buckets[hash & table->mask], next);
    }
    index->n--;
    rcu_postpone(free, node);
}

void
rcu_index_count_add(struct rcu_index *index, uint32_t hash)
{
    struct rcu_index_node *node =
        (struct rcu_index_node *) rcu_index_first(index, hash);
    if (node) {
        node->count++;
    } else {
        add(index, hash, 1, NULL);
    }
}

void
rcu_index_count_remove(struct rcu_index *index, uint32_t hash)
{
    struct rcu_index_node *node =
        (struct rcu_index_node *) rcu_index_first(index, hash);
    if (!--node->count) {
        rcu_index_remove(index, hash, NULL);
    }
}
