/* Hands out the smallest free number of a range. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct id_pool;

/* Numbers from 'base' on, 'n_ids' of them. */
struct id_pool *id_pool_create(uint32_t base, uint32_t n_ids);
void id_pool_destroy(struct id_pool *);
/* False when all are in use. */
bool id_pool_alloc(struct id_pool *, uint32_t *idp);
/* Marks 'id' as used; false if it was, or is out of range. */
bool id_pool_take(struct id_pool *, uint32_t id);
/* Numbers not in use are ignored. */
void id_pool_free(struct id_pool *, uint32_t id);
