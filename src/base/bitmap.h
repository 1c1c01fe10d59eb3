/* Arrays of bits. */

#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

#define BITMAP_WORD_BITS  (sizeof(unsigned long) * CHAR_BIT)
#define BITMAP_N_WORDS(n) DIV_ROUND_UP(n, BITMAP_WORD_BITS)
/* Storage for 'n' bits as a struct member or variable. */
#define BITMAP_DECLARE(name, n) unsigned long name[BITMAP_N_WORDS(n)]

static inline unsigned long *
bitmap_create(size_t n_bits)
{
    return xcalloc(BITMAP_N_WORDS(n_bits), sizeof(unsigned long));
}

static inline bool
bitmap_is_set(const unsigned long *bitmap, size_t i)
{
    return bitmap[i / BITMAP_WORD_BITS] >> i % BITMAP_WORD_BITS & 1;
}

static inline void
bitmap_set1(unsigned long *bitmap, size_t i)
{
    bitmap[i / BITMAP_WORD_BITS] |= 1UL << i % BITMAP_WORD_BITS;
}

static inline void
bitmap_set0(unsigned long *bitmap, size_t i)
{
    bitmap[i / BITMAP_WORD_BITS] &= ~(1UL << i % BITMAP_WORD_BITS);
}

static inline void
bitmap_set(unsigned long *bitmap, size_t i, bool value)
{
    if (value) {
        bitmap_set1(bitmap, i);
    } else {
        bitmap_set0(bitmap, i);
    }
}

/* Index of the first bit equal to 'value' in ['start', 'end'), else 'end'. */
static inline size_t
bitmap_scan(const unsigned long *bitmap, bool value, size_t start, size_t end)
{
    for (size_t i = start; i < end;) {
        unsigned long word = bitmap[i / BITMAP_WORD_BITS];
        word = (value ? word : ~word) >> i % BITMAP_WORD_BITS;
        if (word) {
            i += __builtin_ctzl(word);
            return i < end ? i : end;
        }
        i = ROUND_DOWN(i, BITMAP_WORD_BITS) + BITMAP_WORD_BITS;
    }
    return end;
}

static inline size_t
bitmap_count1(const unsigned long *bitmap, size_t n_bits)
{
    size_t count = 0;
    for (size_t i = bitmap_scan(bitmap, true, 0, n_bits); i < n_bits;
         i = bitmap_scan(bitmap, true, i + 1, n_bits)) {
        count++;
    }
    return count;
}

#define BITMAP_FOR_EACH_1(i, n_bits, bitmap)                     \
    for (i = bitmap_scan(bitmap, true, 0, n_bits); i < (n_bits); \
         i = bitmap_scan(bitmap, true, i + 1, n_bits))
