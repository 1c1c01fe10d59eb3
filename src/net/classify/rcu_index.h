/* A hash index for one writer and lock-free readers: from hashes to pointers,
 * with a count.  Readers walk chains of nodes that never change but in their
 * links; growing makes new nodes. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sys/thread/rcu.h"

struct rcu_index_node {
    RCU_PTR(struct rcu_index_node *) next;
    uint32_t hash;
    uint32_t count; /* The writer's. */
    void *item;
};

struct rcu_index_table {
    uint32_t mask;
    RCU_PTR(struct rcu_index_node *) buckets[];
};

struct rcu_index {
    RCU_PTR(struct rcu_index_table *) table;
    size_t n;
};

void rcu_index_init(struct rcu_index *);
/* At once: no reader may be left. */
void rcu_index_uninit(struct rcu_index *);
void rcu_index_add(struct rcu_index *, uint32_t hash, void *item);
/* The item must be there with this hash. */
void rcu_index_remove(struct rcu_index *, uint32_t hash, const void *item);
/* The index as a bag of hashes. */
void rcu_index_count_add(struct rcu_index *, uint32_t hash);
void rcu_index_count_remove(struct rcu_index *, uint32_t hash);

static inline const struct rcu_index_node *
rcu_index_skip(const struct rcu_index_node *node, uint32_t hash)
{
    while (node && node->hash != hash) {
        node = rcu_get(&node->next);
    }
    return node;
}

/* First node with the hash, or NULL; then the next one. */
static inline const struct rcu_index_node *
rcu_index_first(const struct rcu_index *index, uint32_t hash)
{
    const struct rcu_index_table *table = rcu_get(&index->table);
    return rcu_index_skip(rcu_get(&table->buckets[hash & table->mask]), hash);
}

static inline const struct rcu_index_node *
rcu_index_next(const struct rcu_index_node *node)
{
    return rcu_index_skip(rcu_get(&node->next), node->hash);
}
