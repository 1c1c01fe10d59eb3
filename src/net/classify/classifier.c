/* The writer's side: rules in and out, tries, iteration. */

#include "net/classify/classifier.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/classify/classifier_private.h"

static struct subtable_vector *
vector_create(size_t n)
{
    struct subtable_vector *v = xmalloc(sizeof *v + n * sizeof v->items[0]);
    v->n = n;
    return v;
}

void
classifier_init(struct classifier *cls, const enum field_id *fields, size_t n)
{
    struct classifier_impl *impl = xzalloc(sizeof *impl);
    hmap_init(&impl->subtables);
    rcu_init(&impl->vector, vector_create(0));
    for (int i = 0; i < CLASSIFIER_MAX_TRIES; i++) {
        prefix_trie_init(&impl->tries[i].trie);
    }
    cls->impl = impl;
    classifier_set_prefix_fields(cls, fields, n);
}

static void
impl_free(void *arg)
{
    struct classifier_impl *impl = arg;
    free(rcu_get_protected(&impl->vector));
    free(impl);
}

void
classifier_uninit(struct classifier *cls)
{
    struct classifier_impl *impl = cls->impl;
    if (!impl) {
        return;
    }
    assert(!impl->n_rules);
    struct subtable *st, *next;
    HMAP_FOR_EACH_SAFE (st, next, by_mask, &impl->subtables) {
        hmap_remove(&impl->subtables, &st->by_mask);
        subtable_delete(st);
    }
    hmap_uninit(&impl->subtables);
    for (int i = 0; i < CLASSIFIER_MAX_TRIES; i++) {
        prefix_trie_clear(&impl->tries[i].trie);
    }
    rcu_postpone(impl_free, impl);
    cls->impl = NULL;
}

bool
classifier_field_can_prefix(enum field_id id)
{
    const struct field *f = field_from_id(id);
    return f->trie && f->mapped && !f->host_order && !f->flow_shift
           && f->flow_size == f->n_bytes;
}

unsigned
trie_mask_len(const struct field *f, const struct packed_match *packed)
{
    struct match match;
    packed_match_expand(packed, &match);
    const uint8_t *mask = (uint8_t *) &match.mask.bits + f->flow_offset;
    unsigned len = 0;
    while (len < f->n_bytes * 8u && mask[len / 8] >> (7 - len % 8) & 1) {
        len++;
    }
    for (unsigned i = len; i < f->n_bytes * 8u; i++) {
        if (mask[i / 8] >> (7 - i % 8) & 1) {
            return 0;
        }
    }
    return len;
}

void
trie_value(const struct field *f, const struct packed_match *packed,
           uint8_t bytes[16])
{
    struct match match;
    packed_match_expand(packed, &match);
    memcpy(bytes, (uint8_t *) &match.flow + f->flow_offset, f->n_bytes);
}

/* Adds a subtable's rules to trie 'i', or removes them. */
static void
trie_change(struct classifier_impl *impl, unsigned i,
            const struct classifier_entry *entry, bool add)
{
    unsigned len = entry->subtable->trie_len[i];
    const struct field *f = rcu_get_protected(&impl->tries[i].field);
    if (len) {
        uint8_t bytes[16];
        trie_value(f, &entry->rule->match, bytes);
        (add ? prefix_trie_add : prefix_trie_remove)(&impl->tries[i].trie,
                                                     bytes, len);
    }
}

static void
trie_set_field(struct classifier_impl *impl, unsigned i, const struct field *f)
{
    struct trie *trie = &impl->tries[i];
    struct subtable *st;
    /* Readers stop using it before it changes. */
    HMAP_FOR_EACH (st, by_mask, &impl->subtables) {
        __atomic_store_n(&st->trie_len[i], 0, __ATOMIC_RELAXED);
    }
    if (rcu_get_protected(&trie->field)) {
        rcu_set(&trie->field, NULL);
        rcu_synchronize();
        prefix_trie_clear(&trie->trie);
    }
    if (!f) {
        return;
    }
    rcu_set(&trie->field, f);
    HMAP_FOR_EACH (st, by_mask, &impl->subtables) {
        unsigned len = trie_mask_len(f, &st->mask);
        struct classifier_entry *entry;
        LIST_FOR_EACH (entry, in_subtable, &st->entries) {
            if (len) {
                uint8_t bytes[16];
                trie_value(f, &entry->rule->match, bytes);
                prefix_trie_add(&trie->trie, bytes, len);
            }
        }
        __atomic_store_n(&st->trie_len[i], len, __ATOMIC_RELEASE);
    }
}

bool
classifier_set_prefix_fields(struct classifier *cls,
                             const enum field_id *fields, size_t n)
{
    static const enum field_id defaults[] = { FIELD_IPV4_DST, FIELD_IPV4_SRC,
                                              FIELD_IPV6_DST, FIELD_IPV6_SRC };
    struct classifier_impl *impl = cls->impl;
    if (!fields) {
        fields = defaults;
        n = ARRAY_SIZE(defaults);
    }
    const struct field *wanted[CLASSIFIER_MAX_TRIES] = { NULL };
    size_t n_wanted = 0;
    for (size_t i = 0; i < n && n_wanted < CLASSIFIER_MAX_TRIES; i++) {
        const struct field *f = field_from_id(fields[i]);
        bool seen = !classifier_field_can_prefix(fields[i]);
        for (size_t j = 0; j < n_wanted; j++) {
            seen |= wanted[j] == f;
        }
        if (!seen) {
            wanted[n_wanted++] = f;
        }
    }
    bool changed = false;
    for (size_t i = 0; i < CLASSIFIER_MAX_TRIES; i++) {
        if (rcu_get_protected(&impl->tries[i].field) != wanted[i]) {
            trie_set_field(impl, i, wanted[i]);
            changed = true;
        }
    }
    __atomic_store_n(&impl->n_tries, n_wanted, __ATOMIC_RELEASE);
    return changed;
}

size_t
classifier_get_prefix_fields(const struct classifier *cls,
                             enum field_id *fields)
{
    for (unsigned i = 0; i < cls->impl->n_tries; i++) {
        fields[i] = rcu_get_protected(&cls->impl->tries[i].field)->id;
    }
    return cls->impl->n_tries;
}

size_t
classifier_count(const struct classifier *cls)
{
    return cls->impl->n_rules;
}

bool
classifier_is_empty(const struct classifier *cls)
{
    return !cls->impl->n_rules;
}

size_t
classifier_n_subtables(const struct classifier *cls)
{
    return hmap_count(&cls->impl->subtables);
}

static uint32_t
mask_hash(const struct packed_match *m)
{
    return hash_words64(packed_match_masks(m), m->n_words,
                        hash_words64(m->map.bits, PACKED_MAP_WORDS, 0));
}

static struct subtable *
find_subtable(const struct classifier_impl *impl, const struct packed_match *m)
{
    struct subtable *st;
    uint32_t hash = mask_hash(m);
    HMAP_FOR_EACH_WITH_HASH (st, by_mask, hash, &impl->subtables) {
        if (!memcmp(&st->mask.map, &m->map, sizeof m->map)
            && !memcmp(packed_match_masks(&st->mask), packed_match_masks(m),
                       m->n_words * sizeof *m->words)) {
            return st;
        }
    }
    return NULL;
}

static int
compare_items(const void *a_, const void *b_)
{
    const __typeof__(((struct subtable_vector *) 0)->items[0]) *a = a_;
    const __typeof__(((struct subtable_vector *) 0)->items[0]) *b = b_;
    return a->max_priority > b->max_priority   ? -1
           : a->max_priority < b->max_priority ? 1
                                               : 0;
}

static void
publish_vector(struct classifier_impl *impl)
{
    struct subtable_vector *old = rcu_get_protected(&impl->vector);
    struct subtable_vector *v = vector_create(hmap_count(&impl->subtables));
    struct subtable *st;
    size_t i = 0;
    HMAP_FOR_EACH (st, by_mask, &impl->subtables) {
        v->items[i].max_priority = subtable_max_priority(st);
        v->items[i++].subtable = st;
    }
    qsort(v->items, v->n, sizeof v->items[0], compare_items);
    rcu_set(&impl->vector, v);
    rcu_postpone(free, old);
    impl->dirty = false;
}

static void
vector_changed(struct classifier_impl *impl)
{
    impl->dirty = true;
    if (!impl->deferred) {
        publish_vector(impl);
    }
}

void
classifier_defer(struct classifier *cls)
{
    cls->impl->deferred = true;
}

void
classifier_publish(struct classifier *cls)
{
    struct classifier_impl *impl = cls->impl;
    impl->deferred = false;
    if (!impl->dirty) {
        return;
    }
    /* Subtables that became empty were kept for readers of the vector. */
    struct subtable *st, *next;
    VEC(struct subtable *) empty = VEC_INITIALIZER;
    HMAP_FOR_EACH_SAFE (st, next, by_mask, &impl->subtables) {
        if (list_is_empty(&st->entries)) {
            hmap_remove(&impl->subtables, &st->by_mask);
            vec_push(&empty, st);
        }
    }
    publish_vector(impl);
    for (size_t i = 0; i < empty.n; i++) {
        subtable_delete(empty.items[i]);
    }
    vec_uninit(&empty);
}

static struct subtable *
add_subtable(struct classifier_impl *impl, const struct packed_match *m)
{
    struct subtable *st = subtable_create(m);
    for (unsigned i = 0; i < impl->n_tries; i++) {
        const struct field *f = rcu_get_protected(&impl->tries[i].field);
        st->trie_len[i] = f ? trie_mask_len(f, m) : 0;
    }
    hmap_add(&impl->subtables, &st->by_mask, mask_hash(m));
    return st;
}

void
classifier_insert(struct classifier *cls, struct classifier_rule *rule,
                  classifier_version version)
{
    struct classifier_impl *impl = cls->impl;
    struct subtable *st = find_subtable(impl, &rule->match);
    struct classifier_entry *entry = xzalloc(sizeof *entry);
    assert(!rule->entry);
    if (!st) {
        st = add_subtable(impl, &rule->match);
    }
    entry->rule = rule;
    entry->subtable = st;
    entry->add_version = version;
    entry->remove_version = CLASSIFIER_VERSION_NOT_REMOVED;
    __atomic_store_n(&rule->entry, entry, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < impl->n_tries; i++) {
        trie_change(impl, i, entry, true);
    }
    bool was_empty = list_is_empty(&st->entries);
    int old_max = subtable_max_priority(st);
    subtable_add(st, entry);
    impl->n_rules++;
    if (was_empty || rule->priority > old_max) {
        vector_changed(impl);
    }
}

struct classifier_rule *
classifier_replace(struct classifier *cls, struct classifier_rule *rule,
                   classifier_version version)
{
    const struct classifier_rule *old =
        classifier_find_rule_exact(cls, rule, version);
    struct classifier_rule *removed = (struct classifier_rule *) old;
    classifier_insert(cls, rule, version);
    if (removed) {
        classifier_remove(cls, removed);
    }
    return removed;
}

bool
classifier_remove(struct classifier *cls, struct classifier_rule *rule)
{
    struct classifier_impl *impl = cls->impl;
    struct classifier_entry *entry = rule->entry;
    if (!entry) {
        return false;
    }
    struct subtable *st = entry->subtable;
    int old_max = subtable_max_priority(st);
    subtable_remove(st, entry);
    for (unsigned i = 0; i < impl->n_tries; i++) {
        trie_change(impl, i, entry, false);
    }
    impl->n_rules--;
    __atomic_store_n(&rule->entry, NULL, __ATOMIC_RELEASE);
    rcu_postpone(free, entry);
    if (list_is_empty(&st->entries)) {
        if (impl->deferred) {
            impl->dirty = true;
        } else {
            hmap_remove(&impl->subtables, &st->by_mask);
            publish_vector(impl);
            subtable_delete(st);
        }
    } else if (subtable_max_priority(st) != old_max) {
        vector_changed(impl);
    }
    return true;
}

const struct classifier_rule *
classifier_find_rule_exact(const struct classifier *cls,
                           const struct classifier_rule *rule,
                           classifier_version version)
{
    const struct subtable *st = find_subtable(cls->impl, &rule->match);
    const struct classifier_entry *entry =
        st ? subtable_find(st, &rule->match, rule->priority, version) : NULL;
    return entry ? entry->rule : NULL;
}

const struct classifier_rule *
classifier_find_exact(const struct classifier *cls, const struct match *match,
                      int priority, classifier_version version)
{
    struct classifier_rule rule;
    classifier_rule_init(&rule, match, priority);
    const struct classifier_rule *found =
        classifier_find_rule_exact(cls, &rule, version);
    classifier_rule_uninit(&rule);
    return found;
}

bool
classifier_overlaps(const struct classifier *cls,
                    const struct classifier_rule *rule,
                    classifier_version version)
{
    struct match match;
    struct subtable *st;
    packed_match_expand(&rule->match, &match);
    HMAP_FOR_EACH (st, by_mask, &cls->impl->subtables) {
        struct classifier_entry *entry;
        if (subtable_max_priority(st) < rule->priority) {
            continue;
        }
        LIST_FOR_EACH (entry, in_subtable, &st->entries) {
            struct match other;
            if (entry->rule->priority != rule->priority || entry->rule == rule
                || !entry_is_visible(entry, version)
                || packed_match_equal(&entry->rule->match, &rule->match)) {
                continue;
            }
            packed_match_expand(&entry->rule->match, &other);
            if (match_overlap(&match, &other)) {
                return true;
            }
        }
    }
    return false;
}

static bool
is_target(const struct classifier_cursor *c,
          const struct classifier_entry *entry)
{
    if (!entry_is_visible(entry, c->version)) {
        return false;
    }
    if (!c->target) {
        return true;
    }
    struct match match;
    packed_match_expand(&entry->rule->match, &match);
    return match_subset(&match, c->target);
}

/* Whether rules of the subtable can be targets at all. */
static bool
subtable_is_target(const struct classifier_cursor *c,
                   const struct subtable *st)
{
    struct match mask;
    if (!c->target || match_is_any(c->target)) {
        return true;
    }
    packed_match_expand(&st->mask, &mask);
    return flow_mask_contains(&mask.mask, &c->target->mask);
}

/* The next target at or behind 'node' of the subtable.  The entry after the
 * current one is remembered, so that the current one can be removed. */
static bool
cursor_scan(struct classifier_cursor *c, struct subtable *st,
            struct list *node)
{
    for (; node != &st->entries; node = node->next) {
        struct classifier_entry *entry =
            CONTAINER_OF(node, struct classifier_entry, in_subtable);
        if (is_target(c, entry)) {
            c->entry = node->next;
            c->rule = (struct classifier_rule *) entry->rule;
            return true;
        }
    }
    return false;
}

/* The subtables, from the current one on. */
static struct classifier_rule *
cursor_advance(struct classifier_cursor *c)
{
    struct hmap *map = &c->cls->impl->subtables;
    struct subtable *st = c->subtable;
    struct list *node = c->entry;
    while (st) {
        struct hmap_node *next = hmap_next(map, &st->by_mask);
        struct subtable *following =
            next ? CONTAINER_OF(next, struct subtable, by_mask) : NULL;
        if (node || subtable_is_target(c, st)) {
            if (cursor_scan(c, st, node ? node : st->entries.next)) {
                c->subtable = st;
                /* Removing the last rule removes the subtable. */
                if (c->entry == &st->entries) {
                    c->subtable = following;
                    c->entry = NULL;
                }
                return c->rule;
            }
        }
        st = following;
        node = NULL;
    }
    c->subtable = NULL;
    c->rule = NULL;
    return NULL;
}

struct classifier_rule *
classifier_cursor_first(struct classifier_cursor *c,
                        const struct classifier *cls,
                        const struct match *target, classifier_version version)
{
    struct hmap_node *first = hmap_first(&cls->impl->subtables);
    *c = (struct classifier_cursor){
        .cls = cls,
        .target = target,
        .version = version,
        .subtable =
            first ? CONTAINER_OF(first, struct subtable, by_mask) : NULL,
    };
    return cursor_advance(c);
}

struct classifier_rule *
classifier_cursor_next(struct classifier_cursor *c)
{
    return cursor_advance(c);
}
