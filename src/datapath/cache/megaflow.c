/* The megaflow classifier. */

#include "datapath/cache/megaflow.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "sys/thread/rcu.h"

#define TOMBSTONE ((struct megaflow *) (uintptr_t) 1)

/* Slots of a subtable, open addressing. */
struct slots {
    size_t mask; /* Number of slots - 1. */
    struct megaflow *flows[];
};

struct megaflow_subtable {
    RCU_PTR(struct slots *) slots;
    size_t n_flows;
    size_t n_used;    /* Slots that are not NULL. */
    uint16_t n_words; /* Of the mask. */
    uint64_t masks[FLOW_WORDS];
    uint16_t indexes[FLOW_WORDS];
};

/* Subtables of one input port, published whole. */
struct vector {
    uint32_t in_port;
    size_t n;
    struct megaflow_subtable *subtables[];
};

/* All vectors, published whole: sorted by nothing, hashed by port. */
struct directory {
    size_t mask;
    struct vector *vectors[];
};

struct megaflow_table {
    RCU_PTR(struct directory *) directory;
    size_t n_vectors;
    size_t n_masks;
};

static struct directory *
directory_create(size_t n)
{
    struct directory *d = xzalloc(sizeof *d + n * sizeof *d->vectors);
    d->mask = n - 1;
    return d;
}

struct megaflow_table *
megaflow_table_create(void)
{
    struct megaflow_table *t = xzalloc(sizeof *t);
    rcu_init(&t->directory, directory_create(8));
    return t;
}

void
megaflow_table_destroy(struct megaflow_table *t)
{
    if (t) {
        struct directory *d = rcu_get_protected(&t->directory);
        for (size_t i = 0; i <= d->mask; i++) {
            free(d->vectors[i]);
        }
        free(d);
        free(t);
    }
}

static struct vector **
find_slot(struct directory *d, uint32_t in_port)
{
    size_t i = hash_u32(in_port, 0) & d->mask;
    while (d->vectors[i] && d->vectors[i]->in_port != in_port) {
        i = (i + 1) & d->mask;
    }
    return &d->vectors[i];
}

static struct vector *
find_vector(const struct megaflow_table *t, uint32_t in_port)
{
    const struct directory *d = rcu_get(&t->directory);
    size_t i = hash_u32(in_port, 0) & d->mask;
    struct vector *v;
    while ((v = __atomic_load_n(&d->vectors[i], __ATOMIC_ACQUIRE))
           && v->in_port != in_port) {
        i = (i + 1) & d->mask;
    }
    return v;
}

/* Publishes 'new_vector' in the place of the port's one, if any. */
static void
set_vector(struct megaflow_table *t, struct vector *new_vector)
{
    struct directory *d = rcu_get_protected(&t->directory);
    struct vector **slot = find_slot(d, new_vector->in_port);
    struct vector *old = *slot;

    if (!old && (t->n_vectors + 1) * 2 > d->mask) {
        struct directory *bigger = directory_create((d->mask + 1) * 2);
        for (size_t i = 0; i <= d->mask; i++) {
            if (d->vectors[i]) {
                *find_slot(bigger, d->vectors[i]->in_port) = d->vectors[i];
            }
        }
        *find_slot(bigger, new_vector->in_port) = new_vector;
        rcu_set(&t->directory, bigger);
        rcu_postpone(free, d);
        t->n_vectors++;
        return;
    }
    t->n_vectors += !old;
    __atomic_store_n(slot, new_vector, __ATOMIC_RELEASE);
    if (old) {
        rcu_postpone(free, old);
    }
}

void
megaflow_init(struct megaflow *m, const struct flow *key,
              const struct flow_mask *mask)
{
    const uint64_t *words = flow_words(key);
    const uint64_t *bits = flow_words(&mask->bits);

    memset(m, 0, sizeof *m);
    m->in_port = key->in_port;
    for (size_t i = FLOW_DATAPATH_START; i < FLOW_WORDS; i++) {
        m->n_words += bits[i] != 0;
        m->n_rest += (words[i] & ~bits[i]) != 0;
    }
    m->words =
        xmalloc(m->n_words * (sizeof *m->words + sizeof *m->indexes)
                + m->n_rest * (sizeof *m->rest + sizeof *m->indexes) + 1);
    m->rest = (uint64_t *) (m->words + m->n_words);
    m->indexes = (uint16_t *) (m->rest + m->n_rest);
    size_t n = 0, n_rest = 0;
    for (size_t i = FLOW_DATAPATH_START; i < FLOW_WORDS; i++) {
        uint64_t rest = words[i] & ~bits[i];
        if (bits[i]) {
            m->words[n] =
                (struct megaflow_word){ words[i] & bits[i], bits[i] };
            m->indexes[n++] = i;
        }
        if (rest) {
            m->rest[n_rest] = rest;
            m->indexes[m->n_words + n_rest++] = i;
        }
    }
}

void
megaflow_uninit(struct megaflow *m)
{
    free(m->words);
}

void
megaflow_expand(const struct megaflow *m, struct flow *key,
                struct flow_mask *mask)
{
    memset(key, 0, sizeof *key);
    memset(mask, 0, sizeof *mask);
    uint64_t *words = flow_words_mutable(key);
    uint64_t *bits = flow_words_mutable(&mask->bits);
    for (size_t i = 0; i < m->n_words; i++) {
        words[m->indexes[i]] = m->words[i].value;
        bits[m->indexes[i]] = m->words[i].mask;
    }
    for (size_t i = 0; i < m->n_rest; i++) {
        words[m->indexes[m->n_words + i]] |= m->rest[i];
    }
}

static uint32_t
hash_in_subtable(const struct megaflow_subtable *s, const uint64_t *words)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < s->n_words; i++) {
        hash = hash_add64(hash, words[s->indexes[i]] & s->masks[i]);
    }
    return hash_finish(hash);
}

/* The mask word of flow 'm' for word 'index', 0 if it looks at none. */
static const struct megaflow_word *
word_of(const struct megaflow *m, unsigned index)
{
    for (size_t i = 0; i < m->n_words; i++) {
        if (m->indexes[i] == index) {
            return &m->words[i];
        }
    }
    return NULL;
}

static bool
mask_equal(const struct megaflow_subtable *s, const struct megaflow *m)
{
    if (s->n_words != m->n_words) {
        return false;
    }
    for (size_t i = 0; i < m->n_words; i++) {
        if (s->indexes[i] != m->indexes[i]
            || s->masks[i] != m->words[i].mask) {
            return false;
        }
    }
    return true;
}

/* Hash of the flow in 's', whose mask must be part of the flow's. */
static bool
hash_flow(const struct megaflow_subtable *s, const struct megaflow *m,
          uint32_t *hashp)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < s->n_words; i++) {
        const struct megaflow_word *w = word_of(m, s->indexes[i]);
        if (!w || s->masks[i] & ~w->mask) {
            return false;
        }
        hash = hash_add64(hash, w->value & s->masks[i]);
    }
    *hashp = hash_finish(hash);
    return true;
}

static struct slots *
slots_create(size_t n)
{
    struct slots *s = xzalloc(sizeof *s + n * sizeof *s->flows);
    s->mask = n - 1;
    return s;
}

static size_t
chain_length(const struct megaflow_subtable *s, uint32_t hash)
{
    const struct slots *slots = rcu_get_protected(&s->slots);
    size_t n = 0;
    for (size_t i = hash & slots->mask; slots->flows[i];
         i = (i + 1) & slots->mask) {
        n += slots->flows[i] != TOMBSTONE && slots->flows[i]->hash == hash;
    }
    return n;
}

static void
put(struct slots *slots, struct megaflow *m)
{
    size_t i = m->hash & slots->mask;
    while (slots->flows[i] && slots->flows[i] != TOMBSTONE) {
        i = (i + 1) & slots->mask;
    }
    __atomic_store_n(&slots->flows[i], m, __ATOMIC_RELEASE);
}

static void
subtable_add(struct megaflow_subtable *s, struct megaflow *m)
{
    struct slots *slots = rcu_get_protected(&s->slots);
    if ((s->n_used + 1) * 2 > slots->mask) {
        size_t n = 8;
        while (n < (s->n_flows + 1) * 4) {
            n *= 2;
        }
        struct slots *bigger = slots_create(n);
        for (size_t i = 0; i <= slots->mask; i++) {
            if (slots->flows[i] && slots->flows[i] != TOMBSTONE) {
                put(bigger, slots->flows[i]);
            }
        }
        rcu_set(&s->slots, bigger);
        rcu_postpone(free, slots);
        slots = bigger;
        s->n_used = s->n_flows;
    }
    m->subtable = s;
    put(slots, m);
    s->n_flows++;
    s->n_used++;
}

static struct megaflow_subtable *
add_subtable(struct megaflow_table *t, const struct vector *old,
             const struct megaflow *m)
{
    struct megaflow_subtable *s = xzalloc(sizeof *s);
    size_t n = old ? old->n : 0;

    rcu_init(&s->slots, slots_create(8));
    s->n_words = m->n_words;
    for (size_t i = 0; i < m->n_words; i++) {
        s->indexes[i] = m->indexes[i];
        s->masks[i] = m->words[i].mask;
    }
    struct vector *v = xmalloc(sizeof *v + (n + 1) * sizeof *v->subtables);
    v->in_port = m->in_port;
    v->n = n + 1;
    if (n) {
        memcpy(v->subtables, old->subtables, n * sizeof *v->subtables);
    }
    v->subtables[n] = s;
    t->n_masks++;
    set_vector(t, v);
    return s;
}

bool
megaflow_insert(struct megaflow_table *t, struct megaflow *m)
{
    struct vector *v = find_vector(t, m->in_port);

    for (size_t i = 0; v && i < v->n; i++) {
        if (mask_equal(v->subtables[i], m)) {
            bool ok = hash_flow(v->subtables[i], m, &m->hash);
            assert(ok);
            subtable_add(v->subtables[i], m);
            return true;
        }
    }
    if (v && v->n >= MEGAFLOW_MERGE_FROM) {
        for (size_t i = 0; i < v->n; i++) {
            if (hash_flow(v->subtables[i], m, &m->hash)
                && chain_length(v->subtables[i], m->hash)
                       < MEGAFLOW_MAX_CHAIN) {
                subtable_add(v->subtables[i], m);
                return true;
            }
        }
        if (v->n >= MEGAFLOW_MAX_SUBTABLES) {
            return false;
        }
    }
    struct megaflow_subtable *s = add_subtable(t, v, m);
    bool ok = hash_flow(s, m, &m->hash);
    assert(ok);
    subtable_add(s, m);
    return true;
}

static void
free_subtable(void *s_)
{
    struct megaflow_subtable *s = s_;
    free(rcu_get_protected(&s->slots));
    free(s);
}

static void
remove_subtable(struct megaflow_table *t, struct megaflow_subtable *s,
                uint32_t in_port)
{
    const struct vector *old = find_vector(t, in_port);
    struct vector *v = xmalloc(sizeof *v + old->n * sizeof *v->subtables);
    v->in_port = in_port;
    v->n = 0;
    for (size_t i = 0; i < old->n; i++) {
        if (old->subtables[i] != s) {
            v->subtables[v->n++] = old->subtables[i];
        }
    }
    set_vector(t, v);
    t->n_masks--;
    rcu_postpone(free_subtable, s);
}

void
megaflow_remove(struct megaflow_table *t, struct megaflow *m)
{
    struct megaflow_subtable *s = m->subtable;
    struct slots *slots = rcu_get_protected(&s->slots);
    size_t i = m->hash & slots->mask;

    while (slots->flows[i] != m) {
        assert(slots->flows[i]);
        i = (i + 1) & slots->mask;
    }
    __atomic_store_n(&slots->flows[i], TOMBSTONE, __ATOMIC_RELEASE);
    if (!--s->n_flows) {
        remove_subtable(t, s, m->in_port);
    }
}

struct megaflow *
megaflow_lookup(const struct megaflow_table *t, const struct flow *key,
                unsigned *n_probesp)
{
    const struct vector *v = find_vector(t, key->in_port);
    const uint64_t *words = flow_words(key);

    for (size_t k = 0; v && k < v->n; k++) {
        const struct megaflow_subtable *s = v->subtables[k];
        uint32_t hash = hash_in_subtable(s, words);
        const struct slots *slots = rcu_get(&s->slots);
        struct megaflow *m;
        if (n_probesp) {
            ++*n_probesp;
        }
        for (size_t i = hash & slots->mask;
             (m = __atomic_load_n(&slots->flows[i], __ATOMIC_ACQUIRE));
             i = (i + 1) & slots->mask) {
            if (m != TOMBSTONE && m->hash == hash && megaflow_covers(m, key)) {
                return m;
            }
        }
    }
    return NULL;
}

size_t
megaflow_table_n_masks(const struct megaflow_table *t)
{
    return t->n_masks;
}
