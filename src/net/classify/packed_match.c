/* Matches without their zero words. */

#include "net/classify/packed_match.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void
packed_match_init(struct packed_match *packed, const struct match *match)
{
    const uint64_t *flow = flow_words(&match->flow);
    const uint64_t *mask = flow_words(&match->mask.bits);
    uint64_t values[FLOW_WORDS], masks[FLOW_WORDS];
    uint32_t n = 0;
    memset(packed, 0, sizeof *packed);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (mask[i]) {
            packed->map.bits[i / 64] |= UINT64_C(1) << i % 64;
            values[n] = flow[i] & mask[i];
            masks[n++] = mask[i];
        }
    }
    packed->n_words = n;
    packed->words = xmalloc(MAX(n, 1) * 2 * sizeof *packed->words);
    memcpy(packed->words, values, n * sizeof *values);
    memcpy(packed->words + n, masks, n * sizeof *masks);
    if (match->mask.bits.tunnel.metadata_present) {
        packed->tun_layout =
            xmemdup(&match->tun_layout, sizeof match->tun_layout);
    }
}

void
packed_match_clone(struct packed_match *dst, const struct packed_match *src)
{
    *dst = *src;
    dst->words =
        xmemdup(src->words, MAX(src->n_words, 1) * 2 * sizeof *src->words);
    if (src->tun_layout) {
        dst->tun_layout = xmemdup(src->tun_layout, sizeof *src->tun_layout);
    }
}

void
packed_match_uninit(struct packed_match *packed)
{
    free(packed->words);
    free(packed->tun_layout);
    memset(packed, 0, sizeof *packed);
}

void
packed_match_expand(const struct packed_match *packed, struct match *match)
{
    struct packed_map map = packed->map;
    const uint64_t *masks = packed_match_masks(packed);
    uint64_t *flow = flow_words_mutable(&match->flow);
    uint64_t *mask = flow_words_mutable(&match->mask.bits);
    match_init_any(match);
    for (uint32_t i = 0; i < packed->n_words; i++) {
        int word = packed_map_pop(&map);
        flow[word] = packed->words[i];
        mask[word] = masks[i];
    }
    if (packed->tun_layout) {
        match->tun_layout = *packed->tun_layout;
    }
}

bool
packed_match_equal(const struct packed_match *a, const struct packed_match *b)
{
    return !memcmp(&a->map, &b->map, sizeof a->map)
           && !memcmp(a->words, b->words,
                      (size_t) a->n_words * 2 * sizeof *a->words);
}

uint32_t
packed_match_hash(const struct packed_match *m, uint32_t basis)
{
    return hash_words64(m->words, (size_t) m->n_words * 2,
                        hash_words64(m->map.bits, PACKED_MAP_WORDS, basis));
}

bool
packed_match_flow(const struct packed_match *m, const struct flow *flow)
{
    struct packed_map map = m->map;
    const uint64_t *words = flow_words(flow);
    const uint64_t *masks = packed_match_masks(m);
    for (uint32_t i = 0; i < m->n_words; i++) {
        int word = packed_map_pop(&map);
        if ((words[word] ^ m->words[i]) & masks[i]) {
            return false;
        }
    }
    return true;
}
