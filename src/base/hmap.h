/* Chained hash map, intrusive: members embed a struct hmap_node and the user
 * compares keys.  Not for concurrent use. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct hmap_node {
    uint32_t hash;          /* Hash of the key. */
    struct hmap_node *next; /* Next in the bucket, or NULL. */
};

struct hmap {
    struct hmap_node **buckets; /* 'mask' + 1 chains; '&one' at first. */
    struct hmap_node *one;      /* The bucket of a map that never grew. */
    size_t mask;
    size_t n;
};

#define HMAP_INITIALIZER(map)                         \
    {                                                 \
        (struct hmap_node **) &(map)->one, NULL, 0, 0 \
    }

void hmap_init(struct hmap *map);
/* Frees the buckets; the nodes are the user's. */
void hmap_uninit(struct hmap *map);
/* Exchanges the contents of 'a' and 'b'. */
void hmap_swap(struct hmap *a, struct hmap *b);
/* Forgets all nodes, keeps the memory. */
void hmap_clear(struct hmap *map);
void hmap_reserve(struct hmap *map, size_t n);
void hmap_add(struct hmap *map, struct hmap_node *node, uint32_t hash);
void hmap_remove(struct hmap *map, struct hmap_node *node);
/* Puts 'new_node' in the place of 'old_node', whose hash it takes. */
void hmap_replace(struct hmap *map, const struct hmap_node *old_node,
                  struct hmap_node *new_node);
/* Iteration in bucket order; NULL at the end. */
struct hmap_node *hmap_first(const struct hmap *map);
struct hmap_node *hmap_next(const struct hmap *map,
                            const struct hmap_node *node);

static inline size_t
hmap_count(const struct hmap *map)
{
    return map->n;
}

static inline bool
hmap_is_empty(const struct hmap *map)
{
    return !map->n;
}

/* First node with hash 'hash', or NULL. */
static inline struct hmap_node *
hmap_first_with_hash(const struct hmap *map, uint32_t hash)
{
    struct hmap_node *node = map->buckets[hash & map->mask];
    while (node && node->hash != hash) {
        node = node->next;
    }
    return node;
}

static inline struct hmap_node *
hmap_next_with_hash(const struct hmap_node *node)
{
    uint32_t hash = node->hash;
    do {
        node = node->next;
    } while (node && node->hash != hash);
    return (struct hmap_node *) node;
}

#define HMAP_OBJECT_(node, iter, member) \
    ((node) ? CONTAINER_OF(node, __typeof__(*iter), member) : NULL)

/* 'iter', declared by the caller, is NULL after a loop that ran to its end. */
#define HMAP_FOR_EACH(iter, member, map)                           \
    for (iter = HMAP_OBJECT_(hmap_first(map), iter, member); iter; \
         iter = HMAP_OBJECT_(hmap_next(map, &iter->member), iter, member))

#define HMAP_FOR_EACH_WITH_HASH(iter, member, hash_, map)                     \
    for (iter = HMAP_OBJECT_(hmap_first_with_hash(map, hash_), iter, member); \
         iter; iter = HMAP_OBJECT_(hmap_next_with_hash(&iter->member), iter,  \
                                   member))

/* The body may remove or free 'iter'; 'next_' is scratch. */
#define HMAP_FOR_EACH_SAFE(iter, next_, member, map)                        \
    for (iter = HMAP_OBJECT_(hmap_first(map), iter, member);                \
         iter                                                               \
         && (next_ =                                                        \
                 HMAP_OBJECT_(hmap_next(map, &iter->member), iter, member), \
            1);                                                             \
         iter = next_)
