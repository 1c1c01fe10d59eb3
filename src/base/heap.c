/* Binary heap. */

#include "base/heap.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/mem.h"

void
heap_init(struct heap *heap)
{
    *heap = (struct heap){ NULL, 0, 0 };
}

void
heap_uninit(struct heap *heap)
{
    free(heap->array);
    heap_init(heap);
}

static void
place(struct heap *heap, struct heap_node *node, size_t index)
{
    heap->array[index] = node;
    node->index = index;
}

static void
sift_up(struct heap *heap, struct heap_node *node)
{
    size_t i = node->index;
    for (; i > 1 && heap->array[i / 2]->priority < node->priority; i /= 2) {
        place(heap, heap->array[i / 2], i);
    }
    place(heap, node, i);
}

static void
sift_down(struct heap *heap, struct heap_node *node)
{
    size_t i = node->index;
    for (;;) {
        size_t child = i * 2;
        if (child < heap->n
            && heap->array[child + 1]->priority
                   > heap->array[child]->priority) {
            child++;
        }
        if (child > heap->n
            || heap->array[child]->priority <= node->priority) {
            break;
        }
        place(heap, heap->array[child], i);
        i = child;
    }
    place(heap, node, i);
}

void
heap_add(struct heap *heap, struct heap_node *node, uint64_t priority)
{
    if (heap->n + 1 >= heap->capacity) {
        heap->array =
            x2nrealloc(heap->array, &heap->capacity, sizeof *heap->array);
    }
    node->priority = priority;
    place(heap, node, ++heap->n);
    sift_up(heap, node);
}

void
heap_change(struct heap *heap, struct heap_node *node, uint64_t priority)
{
    uint64_t old = node->priority;
    node->priority = priority;
    if (priority > old) {
        sift_up(heap, node);
    } else {
        sift_down(heap, node);
    }
}

void
heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t i = node->index;
    struct heap_node *last = heap->array[heap->n--];
    node->index = 0;
    if (last != node) {
        place(heap, last, i);
        sift_up(heap, last);
        sift_down(heap, last);
    }
}

struct heap_node *
heap_pop(struct heap *heap)
{
    struct heap_node *top = heap->array[1];
    heap_remove(heap, top);
    return top;
}
