/* Lookups: the rule that a flow meets, and the bits that told. */

#include <string.h>

#include "base/hash.h"
#include "net/classify/classifier_private.h"

/* What the tries say of one flow, asked for when needed. */
struct lookup {
    const struct classifier_impl *impl;
    const struct flow *flow;
    struct flow_mask *mask; /* NULL if nobody wants it. */
    uint64_t version;
    unsigned n_tries;
    unsigned asked;    /* Bit i: 'results[i]' is set. */
    unsigned relevant; /* Bit i: the flow has the field. */
    struct prefix_trie_result results[CLASSIFIER_MAX_TRIES];
};

/* Adds the subtable's packed words ['start', 'end') to what was looked at. */
static void
look_words(struct lookup *l, const struct subtable *st, unsigned start,
           unsigned end)
{
    if (l->mask) {
        uint64_t *out = flow_words_mutable(&l->mask->bits);
        const uint64_t *masks = packed_match_masks(&st->mask);
        for (unsigned i = start; i < end; i++) {
            out[st->words[i]] |= masks[i];
        }
    }
}

static void
set_prefix_bits(uint8_t *bytes, unsigned n_bits)
{
    memset(bytes, 0xff, n_bits / 8);
    if (n_bits % 8) {
        bytes[n_bits / 8] |= 0xff << (8 - n_bits % 8);
    }
}

static bool
prefix_bits_are_set(const uint8_t *bytes, unsigned n_bits)
{
    uint8_t last = n_bits % 8 ? 0xff << (8 - n_bits % 8) : 0;
    for (unsigned i = 0; i < n_bits / 8; i++) {
        if (bytes[i] != 0xff) {
            return false;
        }
    }
    return !last || (bytes[n_bits / 8] & last) == last;
}

static void
ask_trie(struct lookup *l, unsigned i, const struct field *f)
{
    if (i >= CLASSIFIER_MAX_TRIES) {
        NOT_REACHED();
    }
    const struct trie *trie = &l->impl->tries[i];
    l->asked |= 1u << i;
    if (field_prereqs_ok(f, l->flow, NULL)) {
        const uint8_t *value = (const uint8_t *) l->flow + f->flow_offset;
        l->relevant |= 1u << i;
        l->results[i] = prefix_trie_lookup(&trie->trie, value, f->n_bytes * 8);
    }
}

/* Whether a trie rules the subtable out, as for fields in the flow's words
 * before 'end'.  Fewer bits are then looked at than the subtable has, or bits
 * that were looked at already: a trie serves all of the classifier, and what
 * it says about rules that this flow never comes near must not narrow the
 * answer. */
static bool
tries_rule_out(struct lookup *l, const struct subtable *st, size_t start,
               size_t end)
{
    for (unsigned i = 0; i < l->n_tries; i++) {
        unsigned len = __atomic_load_n(&st->trie_len[i], __ATOMIC_RELAXED);
        const struct field *f = rcu_get(&l->impl->tries[i].field);
        if (!len || !f || f->flow_offset / 8u < start
            || f->flow_offset / 8u >= end) {
            continue;
        }
        if (!(l->asked & 1u << i)) {
            ask_trie(l, i, f);
        }
        if (!(l->relevant & 1u << i)
            || prefix_trie_has_len(&l->results[i], len)) {
            continue;
        }
        if (!l->mask) {
            return true;
        }
        uint8_t *bytes = (uint8_t *) &l->mask->bits + f->flow_offset;
        unsigned n_bits = l->results[i].n_bits;
        if (n_bits <= len) {
            set_prefix_bits(bytes, n_bits);
            return true;
        }
        if (prefix_bits_are_set(bytes, n_bits)) {
            return true;
        }
    }
    return false;
}

/* Whether the ports alone tell that no rule of the subtable is met; then only
 * their leading bits that tell are looked at. */
static bool
ports_rule_out(struct lookup *l, const struct subtable *st)
{
    if (!st->ports_len) {
        return false;
    }
    be32 ports;
    memcpy(&ports, &l->flow->tp_src, sizeof ports);
    ports &= st->ports_mask;
    struct prefix_trie_result r = prefix_trie_lookup(
        &st->ports, (const uint8_t *) &ports, st->ports_len);
    if (prefix_trie_has_len(&r, st->ports_len)) {
        return false;
    }
    if (l->mask) {
        uint8_t bits[PORTS_BYTES] = { 0 };
        be32 looked;
        set_prefix_bits(bits, r.n_bits);
        memcpy(&looked, bits, sizeof looked);
        looked &= st->ports_mask;
        be32 *out = (be32 *) (void *) &l->mask->bits.tp_src;
        *out |= looked;
    }
    return true;
}

static bool
entry_matches(const struct classifier_entry *entry, const struct subtable *st,
              const uint64_t *masked)
{
    const uint64_t *values = entry->rule->match.words;
    for (unsigned i = 0; i < st->mask.n_words; i++) {
        if (values[i] != masked[i]) {
            return false;
        }
    }
    return true;
}

static const struct classifier_entry *
find_best(const struct lookup *l, const struct subtable *st,
          const uint64_t *masked, uint32_t hash)
{
    const struct classifier_entry *best = NULL;
    const struct rcu_index_node *node = rcu_index_first(&st->rules, hash);
    for (; node; node = rcu_index_next(node)) {
        const struct classifier_entry *entry = node->item;
        if (entry_is_visible(entry, l->version)
            && entry_matches(entry, st, masked)
            && (!best || entry->rule->priority > best->rule->priority)) {
            best = entry;
        }
    }
    return best;
}

/* Stage by stage; the first that has no rule with such values ends it. */
static const struct classifier_entry *
lookup_subtable(struct lookup *l, const struct subtable *st)
{
    const uint64_t *flow = flow_words(l->flow);
    const uint64_t *masks = packed_match_masks(&st->mask);
    uint64_t masked[FLOW_WORDS];
    uint32_t hash = 0;
    unsigned i = 0;
    size_t stage_start = 0;
    for (unsigned stage = 0;; stage++) {
        bool last = stage == st->n_stages;
        unsigned end = st->stage_end[stage];
        size_t stage_end = last ? FLOW_WORDS : st->words[end - 1] + 1u;
        if (l->n_tries && tries_rule_out(l, st, stage_start, stage_end)) {
            /* The words of the stages before were looked at. */
            look_words(l, st, 0, i);
            return NULL;
        }
        for (; i < end; i++) {
            masked[i] = flow[st->words[i]] & masks[i];
            hash = hash_add64(hash, masked[i]);
        }
        if (last) {
            break;
        }
        if (!rcu_index_first(&st->stages[stage], hash_finish(hash))) {
            look_words(l, st, 0, end);
            return NULL;
        }
        stage_start = stage_end;
    }

    const struct classifier_entry *best =
        find_best(l, st, masked, hash_finish(hash));
    if (!best && ports_rule_out(l, st)) {
        look_words(l, st, 0, st->l4_start);
    } else {
        look_words(l, st, 0, st->mask.n_words);
    }
    return best;
}

const struct classifier_rule *
classifier_lookup(const struct classifier *cls, classifier_version version,
                  const struct flow *flow, struct flow_mask *mask)
{
    const struct classifier_impl *impl = cls->impl;
    struct lookup l = {
        .impl = impl,
        .flow = flow,
        .mask = mask,
        .version = version,
        .n_tries = __atomic_load_n(&impl->n_tries, __ATOMIC_ACQUIRE),
    };
    const struct classifier_entry *best = NULL;
    const struct subtable_vector *vector = rcu_get(&impl->vector);
    for (size_t i = 0; i < vector->n; i++) {
        if (best && best->rule->priority >= vector->items[i].max_priority) {
            break;
        }
        const struct classifier_entry *entry =
            lookup_subtable(&l, vector->items[i].subtable);
        if (entry && (!best || entry->rule->priority > best->rule->priority)) {
            best = entry;
        }
    }
    return best ? best->rule : NULL;
}
