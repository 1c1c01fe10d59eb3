/* Signature cache: from the hash of a packet's key to the number of a flow,
 * by 16 bits of the hash.  A hit is only a hint: the user checks that the
 * flow covers the key.  One thread's own. */

#pragma once

#include <stdint.h>

#include "net/flow/flow.h"

enum {
    SIGNATURE_WAYS = 8,
    SIGNATURE_BUCKETS = 16384,
    SIGNATURE_NONE = 0, /* No flow has this number. */
};

struct signature_bucket {
    uint16_t signatures[SIGNATURE_WAYS];
    uint32_t flows[SIGNATURE_WAYS];
    uint8_t next; /* Way that is overwritten next. */
    uint8_t pad[15];
} __attribute__((aligned(64)));

struct signature_cache {
    struct signature_bucket buckets[SIGNATURE_BUCKETS];
};

struct signature_cache *signature_cache_create(void);
void signature_cache_destroy(struct signature_cache *);

/* Hash of what tells connections apart: ports, addresses, in_port. */
uint32_t signature_hash(const struct flow *key);
void signature_insert(struct signature_cache *, uint32_t hash, uint32_t flow);

static inline struct signature_bucket *
signature_bucket(struct signature_cache *c, uint32_t hash)
{
    return &c->buckets[hash % SIGNATURE_BUCKETS];
}

static inline uint16_t
signature_of(uint32_t hash)
{
    return hash >> 16;
}
