/* Chained hash map. */

#include "base/hmap.h"

#include <stdlib.h>

#include "base/mem.h"

void
hmap_init(struct hmap *map)
{
    *map = (struct hmap) HMAP_INITIALIZER(map);
}

void
hmap_uninit(struct hmap *map)
{
    if (map && map->buckets != &map->one) {
        free(map->buckets);
    }
}

void
hmap_swap(struct hmap *a, struct hmap *b)
{
    struct hmap tmp = *a;
    *a = *b;
    *b = tmp;
    if (a->buckets == &b->one) {
        a->buckets = &a->one;
    }
    if (b->buckets == &a->one) {
        b->buckets = &b->one;
    }
}

void
hmap_clear(struct hmap *map)
{
    if (map->n) {
        map->n = 0;
        for (size_t i = 0; i <= map->mask; i++) {
            map->buckets[i] = NULL;
        }
    }
}

static void
resize(struct hmap *map, size_t new_mask)
{
    struct hmap_node **buckets = xcalloc(new_mask + 1, sizeof *buckets);
    for (size_t i = 0; i <= map->mask; i++) {
        struct hmap_node *next;
        for (struct hmap_node *node = map->buckets[i]; node; node = next) {
            next = node->next;
            node->next = buckets[node->hash & new_mask];
            buckets[node->hash & new_mask] = node;
        }
    }
    hmap_uninit(map);
    map->buckets = buckets;
    map->one = NULL;
    map->mask = new_mask;
}

void
hmap_reserve(struct hmap *map, size_t n)
{
    size_t mask = map->mask;
    while (n > mask * 2 + 1) {
        mask = mask * 2 + 1;
    }
    if (mask > map->mask) {
        resize(map, mask);
    }
}

void
hmap_add(struct hmap *map, struct hmap_node *node, uint32_t hash)
{
    if (map->n + 1 > map->mask * 2 + 1) {
        resize(map, map->mask * 4 + 3);
    }
    node->hash = hash;
    node->next = map->buckets[hash & map->mask];
    map->buckets[hash & map->mask] = node;
    map->n++;
}

static struct hmap_node **
find_link(struct hmap *map, const struct hmap_node *node)
{
    struct hmap_node **link = &map->buckets[node->hash & map->mask];
    while (*link != node) {
        assert(*link);
        link = &(*link)->next;
    }
    return link;
}

void
hmap_remove(struct hmap *map, struct hmap_node *node)
{
    *find_link(map, node) = node->next;
    map->n--;
}

void
hmap_replace(struct hmap *map, const struct hmap_node *old_node,
             struct hmap_node *new_node)
{
    *find_link(map, old_node) = new_node;
    new_node->hash = old_node->hash;
    new_node->next = old_node->next;
}

static struct hmap_node *
first_from(const struct hmap *map, size_t bucket)
{
    for (; bucket <= map->mask; bucket++) {
        if (map->buckets[bucket]) {
            return map->buckets[bucket];
        }
    }
    return NULL;
}

struct hmap_node *
hmap_first(const struct hmap *map)
{
    return map->n ? first_from(map, 0) : NULL;
}

struct hmap_node *
hmap_next(const struct hmap *map, const struct hmap_node *node)
{
    return (node->next ? node->next
                       : first_from(map, (node->hash & map->mask) + 1));
}
