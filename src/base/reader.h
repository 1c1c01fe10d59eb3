/* A cursor over bytes with a sticky error: once a read goes past the end,
 * 'failed' stays set and every further read gives zeros or NULL.  Multi-byte
 * integers are big-endian on the wire, host order here. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"
#include "base/compiler.h"

struct reader {
    const uint8_t *data; /* Next byte; the bytes are borrowed. */
    size_t left;         /* Bytes from 'data' on. */
    bool failed;         /* A read went past the end. */
};

static inline struct reader
reader_init(const void *data, size_t size)
{
    return (struct reader){ data, size, false };
}

/* The next 'size' bytes, or NULL if there are not so many. */
static inline const void *
reader_take(struct reader *r, size_t size)
{
    if (UNLIKELY(r->failed || r->left < size)) {
        r->failed = true;
        r->left = 0;
        return NULL;
    }
    const void *p = r->data;
    r->data += size;
    r->left -= size;
    return p;
}

/* The next 'size' bytes without taking them, or NULL. */
static inline const void *
reader_peek(const struct reader *r, size_t size)
{
    return r->failed || r->left < size ? NULL : r->data;
}

static inline void
reader_skip(struct reader *r, size_t size)
{
    (void) reader_take(r, size);
}

static inline void
reader_copy(struct reader *r, void *dst, size_t size)
{
    const void *p = reader_take(r, size);
    if (p) {
        memcpy(dst, p, size);
    } else {
        memset(dst, 0, size);
    }
}

/* A cursor over the next 'size' bytes, which this one passes. */
static inline struct reader
reader_sub(struct reader *r, size_t size)
{
    const void *p = reader_take(r, size);
    return (struct reader){ p, p ? size : 0, !p };
}

static inline uint8_t
reader_u8(struct reader *r)
{
    const uint8_t *p = reader_take(r, 1);
    return p ? *p : 0;
}

static inline uint16_t
reader_u16(struct reader *r)
{
    const void *p = reader_take(r, 2);
    return p ? get_be16(p) : 0;
}

static inline uint32_t
reader_u32(struct reader *r)
{
    const void *p = reader_take(r, 4);
    return p ? get_be32(p) : 0;
}

static inline uint64_t
reader_u64(struct reader *r)
{
    const void *p = reader_take(r, 8);
    return p ? get_be64(p) : 0;
}

/* Whether all bytes were read and none was missing. */
static inline bool
reader_done(const struct reader *r)
{
    return !r->failed && !r->left;
}
