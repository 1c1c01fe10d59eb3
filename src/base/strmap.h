/* Maps from strings to pointers, and sets of strings.  Keys are copied. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/hmap.h"

struct strmap_node {
    struct hmap_node node;
    char *name; /* Owned by the map. */
    void *data; /* The user's. */
};

struct strmap {
    struct hmap map; /* Of struct strmap_node. */
};

#define STRMAP_INITIALIZER(m)       \
    {                               \
        HMAP_INITIALIZER(&(m)->map) \
    }

void strmap_init(struct strmap *);
/* Frees nodes and names, not the data. */
void strmap_uninit(struct strmap *);
/* Frees nodes and names, and passes each datum to free(). */
void strmap_uninit_free(struct strmap *);
void strmap_clear(struct strmap *);
/* Adds 'name', also when it is there already. */
struct strmap_node *strmap_add(struct strmap *, const char *name,
                               const void *data);
/* Adds 'name' unless it is there; says whether it did. */
bool strmap_add_once(struct strmap *, const char *name, const void *data);
/* Adds or replaces; returns the data that was there before, or NULL. */
void *strmap_replace(struct strmap *, const char *name, const void *data);
struct strmap_node *strmap_find(const struct strmap *, const char *name);
struct strmap_node *strmap_find_n(const struct strmap *, const char *name,
                                  size_t len);
/* The data of 'name', or NULL. */
void *strmap_get(const struct strmap *, const char *name);
/* Removes and frees the node; returns its data. */
void *strmap_delete(struct strmap *, struct strmap_node *);
/* Removes 'name' if it is there; returns its data or NULL. */
void *strmap_find_and_delete(struct strmap *, const char *name);
/* The nodes sorted by name: an array of strmap_count() that the caller
 * frees. */
struct strmap_node **strmap_sort(const struct strmap *);

static inline size_t
strmap_count(const struct strmap *m)
{
    return hmap_count(&m->map);
}

static inline bool
strmap_is_empty(const struct strmap *m)
{
    return hmap_is_empty(&m->map);
}

#define STRMAP_FOR_EACH(iter, m) HMAP_FOR_EACH (iter, node, &(m)->map)
#define STRMAP_FOR_EACH_SAFE(iter, next_, m) \
    HMAP_FOR_EACH_SAFE (iter, next_, node, &(m)->map)

/* A set of strings. */
struct strset {
    struct strmap map; /* With NULL data. */
};

#define STRSET_INITIALIZER(s)         \
    {                                 \
        STRMAP_INITIALIZER(&(s)->map) \
    }

void strset_init(struct strset *);
void strset_uninit(struct strset *);
void strset_clear(struct strset *);
/* Says whether it was new. */
bool strset_add(struct strset *, const char *);
/* Says whether it was there. */
bool strset_remove(struct strset *, const char *);
bool strset_contains(const struct strset *, const char *);
bool strset_equal(const struct strset *, const struct strset *);
/* Names in byte order: an array of strset_count() borrowed strings that the
 * caller frees. */
const char **strset_sort(const struct strset *);

static inline size_t
strset_count(const struct strset *s)
{
    return strmap_count(&s->map);
}

static inline bool
strset_is_empty(const struct strset *s)
{
    return strmap_is_empty(&s->map);
}

/* 'iter' is a struct strmap_node *; the string is iter->name. */
#define STRSET_FOR_EACH(iter, s) STRMAP_FOR_EACH (iter, &(s)->map)
