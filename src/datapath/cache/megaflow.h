/* Megaflow classifier: from a packet's key to the flow that covers it.
 *
 * Megaflows are disjoint, so the first hit is the answer.  Flows of one input
 * port are in subtables, one per mask; when a port has many masks, new ones
 * join a subtable with fewer bits, so that the number of probes is bounded
 * whatever packets come.  Readers take no lock (RCU); writers are one at a
 * time. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "net/flow/flow.h"

enum {
    MEGAFLOW_MERGE_FROM = 32,     /* Subtables of a port before masks merge. */
    MEGAFLOW_MAX_SUBTABLES = 128, /* Of a port. */
    MEGAFLOW_MAX_CHAIN = 16,      /* Flows of one hash after a merge. */
};

/* What a flow embeds.  Words that the mask does not look at are left out. */
struct megaflow {
    uint32_t hash;    /* In its subtable. */
    uint32_t in_port; /* Its vector's. */
    uint16_t n_words; /* Entries of 'words'. */
    uint16_t n_rest;  /* Entries of 'rest'. */

    struct megaflow_word {
        uint64_t value; /* Masked. */
        uint64_t mask;
    } *words; /* Owned, with what the next two point to. */

    uint64_t *rest;    /* What the mask leaves out of the key, if not zero. */
    uint16_t *indexes; /* Word numbers of 'words', then of 'rest'. */
    struct megaflow_subtable *subtable;
};

struct megaflow_table;

struct megaflow_table *megaflow_table_create(void);
/* Must be empty, and no reader left. */
void megaflow_table_destroy(struct megaflow_table *);

/* Fills 'm' from key and mask; megaflow_uninit() frees what it allocates. */
void megaflow_init(struct megaflow *m, const struct flow *key,
                   const struct flow_mask *mask);
void megaflow_uninit(struct megaflow *m);
/* The key and the mask that it was made of. */
void megaflow_expand(const struct megaflow *m, struct flow *key,
                     struct flow_mask *mask);
/* False if the port has too many masks. */
bool megaflow_insert(struct megaflow_table *, struct megaflow *m) WARN_UNUSED;
void megaflow_remove(struct megaflow_table *, struct megaflow *m);
/* NULL if there is none.  '*n_probesp' (not NULL) counts subtables. */
struct megaflow *megaflow_lookup(const struct megaflow_table *,
                                 const struct flow *key, unsigned *n_probesp);
/* Subtables of all ports. */
size_t megaflow_table_n_masks(const struct megaflow_table *);

/* Whether the flow covers the key. */
static inline bool
megaflow_covers(const struct megaflow *m, const struct flow *key)
{
    const uint64_t *words = flow_words(key);
    uint64_t diff = 0;
    for (size_t i = 0; i < m->n_words; i++) {
        diff |= (words[m->indexes[i]] & m->words[i].mask) ^ m->words[i].value;
    }
    return !diff;
}
