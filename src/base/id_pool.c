/* Hands out the smallest free number of a range: a bitmap that grows as far
 * as numbers have been used, and a hint below which none is free. */

#include "base/id_pool.h"

#include "base/bitmap.h"
#include "base/mem.h"

struct id_pool {
    uint32_t base;       /* First number. */
    uint32_t n_ids;      /* Size of the range. */
    unsigned long *used; /* One bit a number. */
    uint32_t n_bits;     /* Bits in 'used'; those beyond are free. */
    uint32_t next;       /* All before this offset are used. */
};

struct id_pool *
id_pool_create(uint32_t base, uint32_t n_ids)
{
    struct id_pool *pool = xzalloc(sizeof *pool);
    pool->base = base;
    pool->n_ids = n_ids;
    return pool;
}

void
id_pool_destroy(struct id_pool *pool)
{
    if (pool) {
        free(pool->used);
        free(pool);
    }
}

static void
reserve_bit(struct id_pool *pool, uint32_t bit)
{
    if (bit >= pool->n_bits) {
        size_t old_words = BITMAP_N_WORDS(pool->n_bits);
        size_t n_words = MAX(old_words * 2, BITMAP_N_WORDS((size_t) bit + 1));
        pool->used = xrealloc(pool->used, n_words * sizeof *pool->used);
        memset(pool->used + old_words, 0,
               (n_words - old_words) * sizeof *pool->used);
        pool->n_bits = MIN(n_words * BITMAP_WORD_BITS, UINT32_MAX);
    }
}

bool
id_pool_alloc(struct id_pool *pool, uint32_t *idp)
{
    uint32_t bit = bitmap_scan(pool->used, false, pool->next, pool->n_bits);
    *idp = 0;
    if (bit >= pool->n_ids) {
        return false;
    }
    reserve_bit(pool, bit);
    bitmap_set1(pool->used, bit);
    pool->next = bit + 1;
    *idp = pool->base + bit;
    return true;
}

bool
id_pool_take(struct id_pool *pool, uint32_t id)
{
    uint32_t bit = id - pool->base;
    if (id < pool->base || bit >= pool->n_ids) {
        return false;
    }
    reserve_bit(pool, bit);
    if (bitmap_is_set(pool->used, bit)) {
        return false;
    }
    bitmap_set1(pool->used, bit);
    return true;
}

void
id_pool_free(struct id_pool *pool, uint32_t id)
{
    uint32_t bit = id - pool->base;
    if (id >= pool->base && bit < pool->n_bits) {
        bitmap_set0(pool->used, bit);
        pool->next = MIN(pool->next, bit);
    }
}
