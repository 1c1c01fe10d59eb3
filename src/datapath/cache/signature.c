/* The signature cache. */

#include "datapath/cache/signature.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

struct signature_cache *
signature_cache_create(void)
{
    return xzalloc_aligned(CACHE_LINE, sizeof(struct signature_cache));
}

void
signature_cache_destroy(struct signature_cache *c)
{
    free(c);
}

uint32_t
signature_hash(const struct flow *key)
{
    const uint64_t *w = flow_words(key);
    uint32_t hash = hash_add64(key->in_port, w[FLOW_WORD(recirc_id)]);
    hash = hash_add64(hash, w[FLOW_WORD(dl_dst)]);
    hash = hash_add64(hash, w[FLOW_WORD(dl_dst) + 1]);
    hash = hash_add64(hash, w[FLOW_WORD(vlans)]);
    hash = hash_add64(hash, w[FLOW_WORD(nw_src)]);
    if (key->dl_type == BE16_CONST(0x86dd)) {
        for (size_t i = 0; i < 4; i++) {
            hash = hash_add64(hash, w[FLOW_WORD(ipv6_src) + i]);
        }
    }
    hash = hash_add64(hash, (uint64_t) key->nw_proto << 32
                                | (uint32_t) key->tp_src << 16 | key->tp_dst);
    return hash_finish(hash);
}

void
signature_insert(struct signature_cache *c, uint32_t hash, uint32_t flow)
{
    struct signature_bucket *b = signature_bucket(c, hash);
    uint16_t signature = signature_of(hash);
    unsigned way = SIGNATURE_WAYS;

    for (unsigned i = 0; i < SIGNATURE_WAYS; i++) {
        if (b->flows[i] == flow && b->signatures[i] == signature) {
            return;
        }
        if (b->flows[i] == SIGNATURE_NONE) {
            way = i;
        }
    }
    if (way == SIGNATURE_WAYS) {
        way = b->next++ % SIGNATURE_WAYS;
    }
    b->signatures[way] = signature;
    b->flows[way] = flow;
}
