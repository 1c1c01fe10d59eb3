/* Inside the classifier: subtables, entries, tries. */

#pragma once

#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "net/classify/classifier.h"
#include "net/classify/prefix_trie.h"
#include "net/classify/rcu_index.h"

enum {
    N_STAGES = 4, /* Metadata, L2, L3, L4. */
    PORTS_BYTES = 4,
    PORTS_BITS = 32,
};

/* A rule while it is in a classifier. */
struct classifier_entry {
    const struct classifier_rule *rule;
    struct subtable *subtable;
    struct list in_subtable; /* In subtable->entries. */
    struct heap_node by_priority;
    uint64_t add_version;
    uint64_t remove_version;   /* Atomic. */
    uint32_t hashes[N_STAGES]; /* Up to the end of each of its stages. */
};

/* Rules with one mask.  Readers see all but what is marked. */
struct subtable {
    struct hmap_node by_mask; /* Writer's: in classifier_impl.subtables. */
    struct list entries;      /* Writer's. */
    struct heap priorities;   /* Writer's. */

    struct packed_match mask;    /* Its masks; the values are zero. */
    uint8_t words[FLOW_WORDS];   /* Flow's word of each packed one. */
    unsigned n_stages;           /* Indexed stages before the last. */
    uint8_t stage_end[N_STAGES]; /* Packed words up to their ends, and all
                                    * in [n_stages]. */
    unsigned l4_start;           /* First packed word of L4. */
    struct rcu_index stages[N_STAGES - 1]; /* Hashes, to tell misses early. */
    struct rcu_index rules;                /* Entries by the whole hash. */

    uint16_t trie_len[CLASSIFIER_MAX_TRIES]; /* Prefix length of the field's
                                              * mask; 0 for none; atomic. */
    be32 ports_mask;                         /* tp_src and tp_dst. */
    unsigned ports_len; /* Bits up to the last of it; 0: no trie. */
    struct prefix_trie ports;
};

struct trie {
    RCU_PTR(const struct field *) field;
    unsigned n_bytes;
    struct prefix_trie trie;
};

/* Subtables by falling priority. */
struct subtable_vector {
    size_t n;

    struct {
        int max_priority;
        struct subtable *subtable;
    } items[];
};

struct classifier_impl {
    struct hmap subtables; /* Writer's. */
    RCU_PTR(struct subtable_vector *) vector;
    struct trie tries[CLASSIFIER_MAX_TRIES];
    unsigned n_tries; /* Atomic. */
    size_t n_rules;
    bool deferred; /* 'vector' is changed at publish. */
    bool dirty;    /* 'vector' is to be changed. */
};

static inline bool
entry_is_visible(const struct classifier_entry *entry, uint64_t version)
{
    return entry->add_version <= version
           && version
                  < __atomic_load_n(&entry->remove_version, __ATOMIC_RELAXED);
}

int subtable_max_priority(const struct subtable *);
struct subtable *subtable_create(const struct packed_match *mask);
/* After a grace period. */
void subtable_delete(struct subtable *);
/* Hashes of the values at the ends of all stages. */
void subtable_hash_values(const struct subtable *, const uint64_t *values,
                          uint32_t hashes[N_STAGES]);
void subtable_add(struct subtable *, struct classifier_entry *);
void subtable_remove(struct subtable *, struct classifier_entry *);
/* An entry with these values that is visible, or any if 'priority' is
 * CLASSIFIER_PRIORITY_MIN. */
struct classifier_entry *subtable_find(const struct subtable *,
                                       const struct packed_match *,
                                       int priority, uint64_t version);
/* Prefix length of a field's mask in a match, 0 if it is none. */
unsigned trie_mask_len(const struct field *, const struct packed_match *);
/* The field's value in a match. */
void trie_value(const struct field *, const struct packed_match *,
                uint8_t bytes[16]);
