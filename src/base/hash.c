/* Hash of byte strings. */

#include "base/hash.h"

uint32_t
hash_bytes(const void *data, size_t size, uint32_t basis)
{
    const uint8_t *p = data;
    uint32_t hash = basis ^ (uint32_t) size;
    for (; size >= 8; p += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        hash = hash_add64(hash, word);
    }
    if (size) {
        uint64_t word = 0;
        memcpy(&word, p, size);
        hash = hash_add64(hash, word);
    }
    return hash_finish(hash);
}
