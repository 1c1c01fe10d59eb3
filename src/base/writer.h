/* A growing byte buffer.  Offsets stay valid while it grows; pointers into it
 * do not.  Integers are host order here, big-endian in the buffer. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"

struct writer {
    uint8_t *data;   /* 'size' bytes, on the heap. */
    size_t size;     /* Bytes written. */
    size_t capacity; /* Bytes allocated. */
};

#define WRITER_INITIALIZER \
    {                      \
        NULL, 0, 0         \
    }

void writer_init(struct writer *);
void writer_uninit(struct writer *);
void writer_clear(struct writer *);
void writer_reserve(struct writer *, size_t extra);
/* Appends 'size' uninitialized bytes and returns their address. */
void *writer_grow(struct writer *, size_t size);
/* Appends 'size' zero bytes and returns their address. */
void *writer_zeros(struct writer *, size_t size);
/* Appends zeros until the bytes from offset 'start' on are a multiple of
 * 'multiple'. */
void writer_pad(struct writer *, size_t start, size_t multiple);
void writer_put(struct writer *, const void *, size_t size);
/* Inserts 'size' bytes at 'offset'. */
void writer_insert(struct writer *, size_t offset, const void *, size_t size);
/* Removes 'size' bytes from the front. */
void writer_pull(struct writer *, size_t size);
/* Cuts to 'size' bytes. */
void writer_truncate(struct writer *, size_t size);
/* The bytes, for free() by the caller; leaves an empty buffer. */
uint8_t *writer_steal(struct writer *) WARN_UNUSED;

static inline void
writer_u8(struct writer *w, uint8_t value)
{
    *(uint8_t *) writer_grow(w, 1) = value;
}

static inline void
writer_u16(struct writer *w, uint16_t value)
{
    put_be16(writer_grow(w, 2), value);
}

static inline void
writer_u32(struct writer *w, uint32_t value)
{
    put_be32(writer_grow(w, 4), value);
}

static inline void
writer_u64(struct writer *w, uint64_t value)
{
    put_be64(writer_grow(w, 8), value);
}

/* Overwrites the two bytes at 'offset': lengths known only at the end. */
static inline void
writer_set_u16(struct writer *w, size_t offset, uint16_t value)
{
    put_be16(w->data + offset, value);
}

static inline void
writer_set_u32(struct writer *w, size_t offset, uint32_t value)
{
    put_be32(w->data + offset, value);
}
