/* Subtables: rules with one mask. */

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "net/classify/classifier_private.h"

/* Priorities as the heap counts them. */
static uint64_t
heap_priority(int priority)
{
    return (uint64_t) ((int64_t) priority - INT32_MIN);
}

int
subtable_max_priority(const struct subtable *st)
{
    const struct heap_node *top = heap_top(&st->priorities);
    return top ? (int) ((int64_t) top->priority + INT32_MIN) : INT32_MIN;
}

static void
init_stages(struct subtable *st)
{
    static const size_t ends[N_STAGES] = { FLOW_STAGE_METADATA, FLOW_STAGE_L2,
                                           FLOW_STAGE_L3, FLOW_STAGE_L4 };
    unsigned n = st->mask.n_words, at = 0;
    for (int i = 0; i < N_STAGES; i++) {
        unsigned start = at;
        while (at < n && st->words[at] < ends[i]) {
            at++;
        }
        if (i == N_STAGES - 1) {
            st->l4_start = start;
        }
        if (at > start && at < n) {
            rcu_index_init(&st->stages[st->n_stages]);
            st->stage_end[st->n_stages++] = at;
        }
    }
    st->stage_end[st->n_stages] = n;
}

struct subtable *
subtable_create(const struct packed_match *match)
{
    struct subtable *st = xzalloc(sizeof *st);
    list_init(&st->entries);
    heap_init(&st->priorities);
    packed_match_clone(&st->mask, match);
    memset(st->mask.words, 0, st->mask.n_words * sizeof *st->mask.words);
    struct packed_map map = match->map;
    for (uint32_t i = 0; i < match->n_words; i++) {
        st->words[i] = packed_map_pop(&map);
    }
    init_stages(st);
    rcu_index_init(&st->rules);
    prefix_trie_init(&st->ports);

    struct match mask;
    packed_match_expand(&st->mask, &mask);
    uint8_t bytes[PORTS_BYTES];
    memcpy(bytes, &mask.mask.bits.tp_src, 2);
    memcpy(bytes + 2, &mask.mask.bits.tp_dst, 2);
    memcpy(&st->ports_mask, bytes, sizeof bytes);
    if (st->ports_mask) {
        st->ports_len =
            PORTS_BITS - __builtin_ctz(be32_to_host(st->ports_mask));
    }
    return st;
}

static void
subtable_free(void *arg)
{
    struct subtable *st = arg;
    for (unsigned i = 0; i < st->n_stages; i++) {
        rcu_index_uninit(&st->stages[i]);
    }
    rcu_index_uninit(&st->rules);
    heap_uninit(&st->priorities);
    packed_match_uninit(&st->mask);
    free(st);
}

void
subtable_delete(struct subtable *st)
{
    prefix_trie_clear(&st->ports);
    rcu_postpone(subtable_free, st);
}

void
subtable_hash_values(const struct subtable *st, const uint64_t *values,
                     uint32_t hashes[N_STAGES])
{
    uint32_t hash = 0;
    unsigned i = 0;
    for (unsigned stage = 0; stage <= st->n_stages; stage++) {
        for (; i < st->stage_end[stage]; i++) {
            hash = hash_add64(hash, values[i]);
        }
        hashes[stage] = hash_finish(hash);
    }
}

static void
ports_value(const struct classifier_entry *entry, uint8_t bytes[PORTS_BYTES])
{
    const struct packed_match *m = &entry->rule->match;
    uint64_t word = m->words[m->n_words - 1];
    memcpy(bytes, (uint8_t *) &word + 4, PORTS_BYTES);
}

static_assert(offsetof(struct flow, tp_src) == sizeof(struct flow) - 4,
              "ports are the flow's last bytes");

void
subtable_add(struct subtable *st, struct classifier_entry *entry)
{
    subtable_hash_values(st, entry->rule->match.words, entry->hashes);
    entry->subtable = st;
    list_push_back(&st->entries, &entry->in_subtable);
    heap_add(&st->priorities, &entry->by_priority,
             heap_priority(entry->rule->priority));
    /* Readers look at ports and stages first, so they are told first. */
    if (st->ports_len) {
        uint8_t bytes[PORTS_BYTES];
        ports_value(entry, bytes);
        prefix_trie_add(&st->ports, bytes, st->ports_len);
    }
    for (unsigned i = 0; i < st->n_stages; i++) {
        rcu_index_count_add(&st->stages[i], entry->hashes[i]);
    }
    rcu_index_add(&st->rules, entry->hashes[st->n_stages], entry);
}

void
subtable_remove(struct subtable *st, struct classifier_entry *entry)
{
    rcu_index_remove(&st->rules, entry->hashes[st->n_stages], entry);
    for (unsigned i = 0; i < st->n_stages; i++) {
        rcu_index_count_remove(&st->stages[i], entry->hashes[i]);
    }
    if (st->ports_len) {
        uint8_t bytes[PORTS_BYTES];
        ports_value(entry, bytes);
        prefix_trie_remove(&st->ports, bytes, st->ports_len);
    }
    heap_remove(&st->priorities, &entry->by_priority);
    list_remove(&entry->in_subtable);
}

struct classifier_entry *
subtable_find(const struct subtable *st, const struct packed_match *match,
              int priority, uint64_t version)
{
    uint32_t hashes[N_STAGES];
    subtable_hash_values(st, match->words, hashes);
    const struct rcu_index_node *node =
        rcu_index_first(&st->rules, hashes[st->n_stages]);
    for (; node; node = rcu_index_next(node)) {
        struct classifier_entry *entry = node->item;
        if (entry->rule->priority == priority
            && entry_is_visible(entry, version)
            && packed_match_equal(&entry->rule->match, match)) {
            return entry;
        }
    }
    return NULL;
}
