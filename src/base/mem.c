/* Heap allocation that does not fail. */

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NORETURN void
out_of_memory(size_t size)
{
    fprintf(stderr, "out of memory allocating %zu bytes\n", size);
    abort();
}

static void *
check(void *p, size_t size)
{
    if (!p) {
        out_of_memory(size);
    }
    return p;
}

void *
xmalloc(size_t size)
{
    return check(malloc(size ? size : 1), size);
}

void *
xcalloc(size_t count, size_t size)
{
    return check(count && size ? calloc(count, size) : calloc(1, 1),
                 count * size);
}

void *
xzalloc(size_t size)
{
    return xcalloc(1, size);
}

void *
xrealloc(void *p, size_t size)
{
    return check(realloc(p, size ? size : 1), size);
}

void *
xmemdup(const void *p, size_t size)
{
    void *copy = xmalloc(size);
    if (size) {
        memcpy(copy, p, size);
    }
    return copy;
}

char *
xmemdup0(const char *p, size_t len)
{
    char *copy = xmalloc(len + 1);
    if (len) {
        memcpy(copy, p, len);
    }
    copy[len] = '\0';
    return copy;
}

char *
xstrdup(const char *s)
{
    return xmemdup0(s, strlen(s));
}

char *
xstrdup_nullable(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

char *
xvasprintf(const char *format, va_list args)
{
    char *s;
    if (vasprintf(&s, format, args) < 0) {
        out_of_memory(0);
    }
    return s;
}

char *
xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = xvasprintf(format, args);
    va_end(args);
    return s;
}

void *
x2nrealloc(void *p, size_t *capacity, size_t size)
{
    *capacity = *capacity ? *capacity * 2 : 8;
    if (*capacity > SIZE_MAX / 2 / size) {
        out_of_memory(SIZE_MAX);
    }
    return xrealloc(p, *capacity * size);
}

void *
xmalloc_aligned(size_t alignment, size_t size)
{
    void *p;
    if (posix_memalign(&p, MAX(alignment, sizeof(void *)), size ? size : 1)) {
        out_of_memory(size);
    }
    return p;
}

void *
xzalloc_aligned(size_t alignment, size_t size)
{
    void *p = xmalloc_aligned(alignment, size);
    memset(p, 0, size);
    return p;
}

void
free_ptr(void *pointerp)
{
    free(*(void **) pointerp);
}
