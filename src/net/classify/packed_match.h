/* Matches without their zero words: what a rule keeps. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/flow/flow.h"
#include "net/flow/match.h"

enum {
    PACKED_MAP_WORDS = (sizeof(struct flow) / 8 + 63) / 64,
};

/* Bit i: word i of the flow is stored. */
struct packed_map {
    uint64_t bits[PACKED_MAP_WORDS];
};

struct packed_match {
    struct packed_map map; /* Words with a nonzero mask. */
    uint32_t n_words;      /* Ones of the map. */
    uint64_t *words;       /* 'n_words' values, then as many masks; heap. */
    struct tun_layout *tun_layout; /* Heap; NULL if it has none. */
};

void packed_match_init(struct packed_match *, const struct match *);
void packed_match_clone(struct packed_match *, const struct packed_match *);
void packed_match_uninit(struct packed_match *);
void packed_match_expand(const struct packed_match *, struct match *);
bool packed_match_equal(const struct packed_match *,
                        const struct packed_match *);
uint32_t packed_match_hash(const struct packed_match *, uint32_t basis);
/* Whether 'flow' meets the match. */
bool packed_match_flow(const struct packed_match *, const struct flow *flow);

static inline const uint64_t *
packed_match_masks(const struct packed_match *m)
{
    return m->words + m->n_words;
}

/* Takes the lowest bit of the map, clears it there, and returns its number,
 * or -1 at the end. */
static inline int
packed_map_pop(struct packed_map *map)
{
    for (int i = 0; i < PACKED_MAP_WORDS; i++) {
        if (map->bits[i]) {
            int bit = __builtin_ctzll(map->bits[i]);
            map->bits[i] &= map->bits[i] - 1;
            return i * 64 + bit;
        }
    }
    return -1;
}
