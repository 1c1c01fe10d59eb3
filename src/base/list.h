/* Circular doubly linked list, intrusive: members embed a struct list. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* The list's head, or a node of it. */
struct list {
    struct list *prev; /* Last element, or the one before. */
    struct list *next; /* First element, or the one after. */
};

#define LIST_INITIALIZER(head) \
    {                          \
        head, head             \
    }

static inline void
list_init(struct list *list)
{
    list->prev = list->next = list;
}

/* Inserts 'node' just before 'before'. */
static inline void
list_insert(struct list *before, struct list *node)
{
    node->prev = before->prev;
    node->next = before;
    before->prev->next = node;
    before->prev = node;
}

static inline void
list_push_back(struct list *list, struct list *node)
{
    list_insert(list, node);
}

static inline void
list_push_front(struct list *list, struct list *node)
{
    list_insert(list->next, node);
}

/* Takes 'node' out of its list and returns the one that followed it. */
static inline struct list *
list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    return node->next;
}

static inline bool
list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* A list of exactly one node. */
static inline bool
list_is_singleton(const struct list *list)
{
    return !list_is_empty(list) && list->next == list->prev;
}

/* The first node; the list must not be empty. */
static inline struct list *
list_front(const struct list *list)
{
    return list->next;
}

static inline struct list *
list_back(const struct list *list)
{
    return list->prev;
}

static inline struct list *
list_pop_front(struct list *list)
{
    struct list *node = list->next;
    list_remove(node);
    return node;
}

static inline struct list *
list_pop_back(struct list *list)
{
    struct list *node = list->prev;
    list_remove(node);
    return node;
}

static inline size_t
list_size(const struct list *list)
{
    size_t n = 0;
    for (const struct list *node = list->next; node != list;
         node = node->next) {
        n++;
    }
    return n;
}

/* Puts the head 'dst' in the place of the head 'src', which becomes
 * uninitialized. */
static inline void
list_move(struct list *dst, struct list *src)
{
    if (list_is_empty(src)) {
        list_init(dst);
    } else {
        *dst = *src;
        dst->prev->next = dst;
        dst->next->prev = dst;
    }
}

/* Iterates with 'iter' (a pointer to the containing struct, declared by the
 * caller) over 'list', whose nodes are the struct's 'member'.  'iter' has no
 * meaning after the loop. */
#define LIST_FOR_EACH(iter, member, list)                              \
    for (iter = CONTAINER_OF((list)->next, __typeof__(*iter), member); \
         &iter->member != (list);                                      \
         iter = CONTAINER_OF(iter->member.next, __typeof__(*iter), member))

#define LIST_FOR_EACH_REVERSE(iter, member, list)                      \
    for (iter = CONTAINER_OF((list)->prev, __typeof__(*iter), member); \
         &iter->member != (list);                                      \
         iter = CONTAINER_OF(iter->member.prev, __typeof__(*iter), member))

/* The body may remove or free 'iter'; 'next' is scratch. */
#define LIST_FOR_EACH_SAFE(iter, next_, member, list)                        \
    for (iter = CONTAINER_OF((list)->next, __typeof__(*iter), member);       \
         &iter->member != (list)                                             \
         && (next_ =                                                         \
                 CONTAINER_OF(iter->member.next, __typeof__(*iter), member), \
            1);                                                              \
         iter = next_)
