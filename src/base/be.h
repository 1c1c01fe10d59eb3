/* Integers in network byte order, and unaligned access to them.
 *
 * be16, be32, be64 hold big-endian bytes; they are converted once, at the
 * edge, with be16_to_host() and its kin. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

typedef uint16_t be16;
typedef uint32_t be32;
typedef uint64_t be64;

/* A 128-bit integer, host order. */
struct u128 {
    uint64_t hi;
    uint64_t lo;
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BE16_CONST(x) ((be16) __builtin_bswap16(x))
#define BE32_CONST(x) ((be32) __builtin_bswap32(x))
#define BE64_CONST(x) ((be64) __builtin_bswap64(x))
#else
#define BE16_CONST(x) ((be16) (x))
#define BE32_CONST(x) ((be32) (x))
#define BE64_CONST(x) ((be64) (x))
#endif
#define BE16_MAX ((be16) UINT16_MAX)
#define BE32_MAX ((be32) UINT32_MAX)
#define BE64_MAX ((be64) UINT64_MAX)

static inline be16
be16_from_host(uint16_t x)
{
    return BE16_CONST(x);
}

static inline be32
be32_from_host(uint32_t x)
{
    return BE32_CONST(x);
}

static inline be64
be64_from_host(uint64_t x)
{
    return BE64_CONST(x);
}

static inline uint16_t
be16_to_host(be16 x)
{
    return BE16_CONST(x);
}

static inline uint32_t
be32_to_host(be32 x)
{
    return BE32_CONST(x);
}

static inline uint64_t
be64_to_host(be64 x)
{
    return BE64_CONST(x);
}

/* Unaligned loads and stores: 'get' and 'put' of big-endian bytes to and from
 * host order. */
static inline uint16_t
get_be16(const void *p)
{
    be16 x;
    memcpy(&x, p, sizeof x);
    return be16_to_host(x);
}

static inline uint32_t
get_be32(const void *p)
{
    be32 x;
    memcpy(&x, p, sizeof x);
    return be32_to_host(x);
}

static inline uint64_t
get_be64(const void *p)
{
    be64 x;
    memcpy(&x, p, sizeof x);
    return be64_to_host(x);
}

static inline void
put_be16(void *p, uint16_t value)
{
    be16 x = be16_from_host(value);
    memcpy(p, &x, sizeof x);
}

static inline void
put_be32(void *p, uint32_t value)
{
    be32 x = be32_from_host(value);
    memcpy(p, &x, sizeof x);
}

static inline void
put_be64(void *p, uint64_t value)
{
    be64 x = be64_from_host(value);
    memcpy(p, &x, sizeof x);
}

static inline bool
u128_equal(struct u128 a, struct u128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool
u128_is_zero(struct u128 a)
{
    return !(a.hi | a.lo);
}
