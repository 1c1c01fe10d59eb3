/* Heap allocation that does not fail: exhaustion aborts the program. */

#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

void *xmalloc(size_t size) MALLOC_LIKE;
void *xcalloc(size_t count, size_t size) MALLOC_LIKE;
/* Zeroed memory. */
void *xzalloc(size_t size) MALLOC_LIKE;
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s) MALLOC_LIKE;
/* A copy of 's', or NULL if 's' is NULL. */
char *xstrdup_nullable(const char *s);
void *xmemdup(const void *p, size_t size) MALLOC_LIKE;
/* A copy of the 'len' bytes at 'p' with a null byte after them. */
char *xmemdup0(const char *p, size_t len) MALLOC_LIKE;
char *xasprintf(const char *format, ...) PRINTF_FORMAT(1, 2);
char *xvasprintf(const char *format, va_list args) PRINTF_FORMAT(1, 0);
/* Grows the array 'p' of '*capacity' members of 'size' bytes to at least
 * twice as many (8 at first) and updates '*capacity'. */
void *x2nrealloc(void *p, size_t *capacity, size_t size);
/* Memory aligned to 'alignment', a power of two; released by free(). */
void *xmalloc_aligned(size_t alignment, size_t size);
/* xmalloc_aligned(), zeroed. */
void *xzalloc_aligned(size_t alignment, size_t size);

/* For CLEANUP(free_ptr) on a pointer variable. */
void free_ptr(void *pointerp);
