/* Tries of bit strings: which prefixes of a value are there, and how many of
 * its bits tell so.  One writer, lock-free readers.
 *
 * Values are big-endian bytes; a prefix has 1 to 128 bits. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sys/thread/rcu.h"

enum { PREFIX_TRIE_MAX_BITS = 128 };

struct prefix_trie_node;

struct prefix_trie {
    RCU_PTR(struct prefix_trie_node *) root;
};

struct prefix_trie_result {
    uint64_t lens[2]; /* Bit i: a prefix of i + 1 bits is there. */
    unsigned n_bits;  /* Leading bits of the value that tell so. */
};

void prefix_trie_init(struct prefix_trie *);
/* Frees all after a grace period. */
void prefix_trie_clear(struct prefix_trie *);
/* Each prefix counts as often as it is added. */
void prefix_trie_add(struct prefix_trie *, const uint8_t *value, unsigned len);
void prefix_trie_remove(struct prefix_trie *, const uint8_t *value,
                        unsigned len);
/* Looks up a value of 'n_bits' bits. */
struct prefix_trie_result prefix_trie_lookup(const struct prefix_trie *,
                                             const uint8_t *value,
                                             unsigned n_bits);

static inline bool
prefix_trie_has_len(const struct prefix_trie_result *r, unsigned len)
{
    return r->lens[(len - 1) / 64] >> (len - 1) % 64 & 1;
}
