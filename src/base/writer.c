/* A growing byte buffer. */

#include "base/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
writer_init(struct writer *w)
{
    *w = (struct writer) WRITER_INITIALIZER;
}

void
writer_uninit(struct writer *w)
{
    free(w->data);
    writer_init(w);
}

void
writer_clear(struct writer *w)
{
    w->size = 0;
}

void
writer_reserve(struct writer *w, size_t extra)
{
    if (w->size + extra > w->capacity) {
        w->capacity = MAX(w->size + extra, w->capacity * 2);
        w->capacity = MAX(w->capacity, 128);
        w->data = xrealloc(w->data, w->capacity);
    }
}

void *
writer_grow(struct writer *w, size_t size)
{
    writer_reserve(w, size);
    void *p = w->data + w->size;
    w->size += size;
    return p;
}

void *
writer_zeros(struct writer *w, size_t size)
{
    void *p = writer_grow(w, size);
    if (size) {
        memset(p, 0, size);
    }
    return p;
}

void
writer_pad(struct writer *w, size_t start, size_t multiple)
{
    size_t size = w->size - start;
    writer_zeros(w, ROUND_UP(size, multiple) - size);
}

void
writer_put(struct writer *w, const void *data, size_t size)
{
    void *p = writer_grow(w, size);
    if (size) {
        memcpy(p, data, size);
    }
}

void
writer_insert(struct writer *w, size_t offset, const void *data, size_t size)
{
    size_t tail = w->size - offset;
    writer_grow(w, size);
    if (size) {
        memmove(w->data + offset + size, w->data + offset, tail);
        memcpy(w->data + offset, data, size);
    }
}

void
writer_pull(struct writer *w, size_t size)
{
    assert(size <= w->size);
    w->size -= size;
    if (w->size) {
        memmove(w->data, w->data + size, w->size);
    }
}

void
writer_truncate(struct writer *w, size_t size)
{
    assert(size <= w->size);
    w->size = size;
}

uint8_t *
writer_steal(struct writer *w)
{
    uint8_t *data = w->data;
    writer_init(w);
    return data;
}
