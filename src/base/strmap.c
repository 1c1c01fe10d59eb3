/* Maps from strings to pointers, and sets of strings. */

#include "base/strmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void
strmap_init(struct strmap *m)
{
    hmap_init(&m->map);
}

void
strmap_clear(struct strmap *m)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, m) {
        strmap_delete(m, node);
    }
}

void
strmap_uninit(struct strmap *m)
{
    strmap_clear(m);
    hmap_uninit(&m->map);
}

void
strmap_uninit_free(struct strmap *m)
{
    struct strmap_node *node, *next;
    STRMAP_FOR_EACH_SAFE (node, next, m) {
        free(strmap_delete(m, node));
    }
    hmap_uninit(&m->map);
}

struct strmap_node *
strmap_add(struct strmap *m, const char *name, const void *data)
{
    struct strmap_node *node = xmalloc(sizeof *node);
    node->name = xstrdup(name);
    node->data = (void *) data;
    hmap_add(&m->map, &node->node, hash_string(name, 0));
    return node;
}

bool
strmap_add_once(struct strmap *m, const char *name, const void *data)
{
    if (strmap_find(m, name)) {
        return false;
    }
    strmap_add(m, name, data);
    return true;
}

void *
strmap_replace(struct strmap *m, const char *name, const void *data)
{
    struct strmap_node *node = strmap_find(m, name);
    if (!node) {
        strmap_add(m, name, data);
        return NULL;
    }
    void *old = node->data;
    node->data = (void *) data;
    return old;
}

struct strmap_node *
strmap_find_n(const struct strmap *m, const char *name, size_t len)
{
    struct strmap_node *node;
    HMAP_FOR_EACH_WITH_HASH (node, node, hash_bytes(name, len, 0), &m->map) {
        if (!strncmp(node->name, name, len) && !node->name[len]) {
            return node;
        }
    }
    return NULL;
}

struct strmap_node *
strmap_find(const struct strmap *m, const char *name)
{
    return strmap_find_n(m, name, strlen(name));
}

void *
strmap_get(const struct strmap *m, const char *name)
{
    const struct strmap_node *node = strmap_find(m, name);
    return node ? node->data : NULL;
}

void *
strmap_delete(struct strmap *m, struct strmap_node *node)
{
    void *data = node->data;
    hmap_remove(&m->map, &node->node);
    free(node->name);
    free(node);
    return data;
}

void *
strmap_find_and_delete(struct strmap *m, const char *name)
{
    struct strmap_node *node = strmap_find(m, name);
    return node ? strmap_delete(m, node) : NULL;
}

static int
compare_nodes(const void *a, const void *b)
{
    const struct strmap_node *const *x = a;
    const struct strmap_node *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

struct strmap_node **
strmap_sort(const struct strmap *m)
{
    struct strmap_node **nodes = xcalloc(strmap_count(m), sizeof *nodes);
    struct strmap_node *node;
    size_t n = 0;
    STRMAP_FOR_EACH (node, m) {
        nodes[n++] = node;
    }
    qsort(nodes, n, sizeof *nodes, compare_nodes);
    return nodes;
}

void
strset_init(struct strset *s)
{
    strmap_init(&s->map);
}

void
strset_uninit(struct strset *s)
{
    strmap_uninit(&s->map);
}

void
strset_clear(struct strset *s)
{
    strmap_clear(&s->map);
}

bool
strset_add(struct strset *s, const char *name)
{
    return strmap_add_once(&s->map, name, NULL);
}

bool
strset_remove(struct strset *s, const char *name)
{
    struct strmap_node *node = strmap_find(&s->map, name);
    if (node) {
        strmap_delete(&s->map, node);
    }
    return node != NULL;
}

bool
strset_contains(const struct strset *s, const char *name)
{
    return strmap_find(&s->map, name) != NULL;
}

bool
strset_equal(const struct strset *a, const struct strset *b)
{
    if (strset_count(a) != strset_count(b)) {
        return false;
    }
    struct strmap_node *node;
    STRSET_FOR_EACH (node, a) {
        if (!strset_contains(b, node->name)) {
            return false;
        }
    }
    return true;
}

const char **
strset_sort(const struct strset *s)
{
    struct strmap_node **nodes = strmap_sort(&s->map);
    const char **names = xcalloc(strset_count(s), sizeof *names);
    for (size_t i = 0; i < strset_count(s); i++) {
        names[i] = nodes[i]->name;
    }
    free(nodes);
    return names;
}
