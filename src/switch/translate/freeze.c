/* Frozen states by content and by recirculation ID. */

#include "switch/translate/freeze.h"

#include "base/hash.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "net/flow/mask.h"
#include "sys/clock/clock.h"
#include "sys/thread/mutex.h"

enum { UNUSED_MS = 1000 }; /* A state stays for so long after its last use. */

struct frozen_node {
    struct hmap_node id_node;
    struct hmap_node content_node; /* While it has references. */
    uint32_t id;
    unsigned int n_refs; /* 0: in the freezer's list 'unused'. */
    struct list node;    /* There. */
    long long unused_ms; /* Since when. */
    struct frozen_state state;
};

struct freezer {
    struct mutex mutex;
    struct hmap by_id GUARDED_BY(mutex);
    struct hmap by_content GUARDED_BY(mutex);
    uint32_t next_id GUARDED_BY(mutex);
    struct list unused GUARDED_BY(mutex); /* The oldest first. */
};

struct freezer *
freezer_create(void)
{
    struct freezer *f = xzalloc(sizeof *f);
    mutex_init(&f->mutex);
    hmap_init(&f->by_id);
    hmap_init(&f->by_content);
    list_init(&f->unused);
    f->next_id = 1;
    return f;
}

static void
copy_state(struct frozen_state *dst, const struct frozen_state *src)
{
    *dst = *src;
    for (size_t i = 0; i < FROZEN_N_PARTS; i++) {
        const struct frozen_bytes *part = &src->parts[i];
        dst->parts[i].data =
            part->size ? xmemdup(part->data, part->size) : NULL;
    }
}

void
frozen_state_uninit(struct frozen_state *s)
{
    for (size_t i = 0; i < FROZEN_N_PARTS; i++) {
        free(s->parts[i].data);
        s->parts[i].data = NULL;
    }
}

static void
free_node(struct freezer *f, struct frozen_node *n) REQUIRES(f->mutex)
{
    hmap_remove(&f->by_id, &n->id_node);
    if (n->n_refs) {
        hmap_remove(&f->by_content, &n->content_node);
    }
    frozen_state_uninit(&n->state);
    free(n);
}

void
freezer_destroy(struct freezer *f)
{
    if (!f) {
        return;
    }
    struct frozen_node *n, *next;
    mutex_lock(&f->mutex);
    HMAP_FOR_EACH_SAFE (n, next, id_node, &f->by_id) {
        free_node(f, n);
    }
    hmap_uninit(&f->by_id);
    hmap_uninit(&f->by_content);
    mutex_unlock(&f->mutex);
    mutex_uninit(&f->mutex);
    free(f);
}

/* Frees what nobody has used for long. */
static void
free_unused(struct freezer *f) REQUIRES(f->mutex)
{
    if (list_is_empty(&f->unused)) {
        return;
    }
    long long now = clock_msec();
    while (!list_is_empty(&f->unused)) {
        struct frozen_node *n =
            CONTAINER_OF(list_front(&f->unused), struct frozen_node, node);
        if (now < n->unused_ms + UNUSED_MS) {
            return;
        }
        list_remove(&n->node);
        free_node(f, n);
    }
}

static uint32_t
state_hash(const struct frozen_state *s)
{
    uint32_t hash = hash_pointer(s->bridge, s->table_id);
    hash = flow_hash(&s->metadata, hash);
    for (size_t i = 0; i < FROZEN_N_PARTS; i++) {
        hash = hash_bytes(s->parts[i].data, s->parts[i].size, hash);
    }
    return hash_u64(s->cookie, hash);
}

static bool
parts_equal(const struct frozen_state *a, const struct frozen_state *b)
{
    for (size_t i = 0; i < FROZEN_N_PARTS; i++) {
        const struct frozen_bytes *x = &a->parts[i], *y = &b->parts[i];
        if (x->size != y->size
            || (x->size && memcmp(x->data, y->data, x->size))) {
            return false;
        }
    }
    return true;
}

static bool
state_equal(const struct frozen_state *a, const struct frozen_state *b)
{
    return a->bridge == b->bridge && !strcmp(a->bridge_name, b->bridge_name)
           && a->table_id == b->table_id && a->cookie == b->cookie
           && flow_equal(&a->metadata, &b->metadata) && parts_equal(a, b);
}

static struct frozen_node *
find_id(const struct freezer *f, uint32_t id) REQUIRES(f->mutex)
{
    struct frozen_node *n;
    HMAP_FOR_EACH_WITH_HASH (n, id_node, hash_u32(id, 0), &f->by_id) {
        if (n->id == id) {
            return n;
        }
    }
    return NULL;
}

uint32_t
freezer_get(struct freezer *f, const struct frozen_state *state)
{
    uint32_t hash = state_hash(state);
    mutex_lock(&f->mutex);
    struct frozen_node *n;
    HMAP_FOR_EACH_WITH_HASH (n, content_node, hash, &f->by_content) {
        if (state_equal(&n->state, state)) {
            break;
        }
    }
    if (!n) {
        n = xzalloc(sizeof *n);
        list_init(&n->node);
        copy_state(&n->state, state);
        do {
            n->id = f->next_id++ & 0xfffffff;
        } while (!n->id || find_id(f, n->id));
        hmap_add(&f->by_id, &n->id_node, hash_u32(n->id, 0));
        hmap_add(&f->by_content, &n->content_node, hash);
    }
    n->n_refs++;
    free_unused(f);
    uint32_t id = n->id;
    mutex_unlock(&f->mutex);
    return id;
}

void
freezer_ref(struct freezer *f, uint32_t id)
{
    mutex_lock(&f->mutex);
    struct frozen_node *n = find_id(f, id);
    assert(n && n->n_refs);
    n->n_refs++;
    mutex_unlock(&f->mutex);
}

void
freezer_unref(struct freezer *f, uint32_t id)
{
    mutex_lock(&f->mutex);
    struct frozen_node *n = find_id(f, id);
    assert(n);
    if (!--n->n_refs) {
        hmap_remove(&f->by_content, &n->content_node);
        n->unused_ms = clock_msec();
        list_push_back(&f->unused, &n->node);
    }
    free_unused(f);
    mutex_unlock(&f->mutex);
}

bool
freezer_find(struct freezer *f, uint32_t id, struct frozen_state *statep)
{
    mutex_lock(&f->mutex);
    const struct frozen_node *n = find_id(f, id);
    if (n) {
        copy_state(statep, &n->state);
    } else {
        memset(statep, 0, sizeof *statep);
    }
    mutex_unlock(&f->mutex);
    return n != NULL;
}
