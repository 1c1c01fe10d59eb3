/* Short-key hashing for tables inside one process.
 *
 * The values differ between machines and are not for the wire or for disk.
 * They use the CRC32C instruction where the compiler may, and a
 * multiplicative mix elsewhere. */

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

static inline uint32_t
hash_add64(uint32_t hash, uint64_t data)
{
#ifdef __SSE4_2__
    return _mm_crc32_u64(hash, data);
#else
    uint64_t x = (hash ^ data) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t) (x >> 32) ^ (uint32_t) x;
#endif
}

static inline uint32_t
hash_add(uint32_t hash, uint32_t data)
{
#ifdef __SSE4_2__
    return _mm_crc32_u32(hash, data);
#else
    return hash_add64(hash, data);
#endif
}

/* Spreads every input bit over the result; call it once, at the end. */
static inline uint32_t
hash_finish(uint32_t hash)
{
    hash ^= hash >> 16;
    hash *= 0x85ebca6bu;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

static inline uint32_t
hash_u32(uint32_t x, uint32_t basis)
{
    return hash_finish(hash_add(basis, x));
}

static inline uint32_t
hash_u64(uint64_t x, uint32_t basis)
{
    return hash_finish(hash_add64(basis, x));
}

static inline uint32_t
hash_pointer(const void *p, uint32_t basis)
{
    return hash_u64((uintptr_t) p, basis);
}

/* 'n' 64-bit words. */
static inline uint32_t
hash_words64(const uint64_t *words, size_t n, uint32_t basis)
{
    for (size_t i = 0; i < n; i++) {
        basis = hash_add64(basis, words[i]);
    }
    return hash_finish(basis);
}

uint32_t hash_bytes(const void *data, size_t size, uint32_t basis);

static inline uint32_t
hash_string(const char *s, uint32_t basis)
{
    return hash_bytes(s, strlen(s), basis);
}
