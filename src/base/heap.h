/* Binary heap, intrusive: the largest priority first.  Equal priorities come
 * out in no particular order. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    size_t index;      /* Place in the array, from 1; 0 when in no heap. */
    uint64_t priority; /* Larger is nearer to the top. */
};

struct heap {
    struct heap_node **array; /* array[1] is the top. */
    size_t n;
    size_t capacity;
};

void heap_init(struct heap *);
/* Frees the array; the nodes are the user's. */
void heap_uninit(struct heap *);
void heap_add(struct heap *, struct heap_node *, uint64_t priority);
void heap_change(struct heap *, struct heap_node *, uint64_t priority);
void heap_remove(struct heap *, struct heap_node *);
/* Removes and returns the top; the heap must not be empty. */
struct heap_node *heap_pop(struct heap *);

static inline struct heap_node *
heap_top(const struct heap *heap)
{
    return heap->n ? heap->array[1] : NULL;
}

static inline bool
heap_is_empty(const struct heap *heap)
{
    return !heap->n;
}
