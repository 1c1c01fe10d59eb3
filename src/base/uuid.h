/* Universally unique identifiers: RFC 4122, version 4. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"

/* 128 bits: the four groups of 32 bits of the printed form, host order. */
struct uuid {
    uint32_t parts[4];
};

#define UUID_LEN 36
/* For printf: "a UUID is "UUID_FMT, UUID_ARGS(&uuid). */
#define UUID_FMT "%08x-%04x-%04x-%04x-%04x%08x"
#define UUID_ARGS(u)                                                    \
    (unsigned int) (u)->parts[0], (unsigned int) ((u)->parts[1] >> 16), \
        (unsigned int) ((u)->parts[1] & 0xffff),                        \
        (unsigned int) ((u)->parts[2] >> 16),                           \
        (unsigned int) ((u)->parts[2] & 0xffff), (unsigned int) (u)->parts[3]

/* A random UUID; any thread. */
struct uuid uuid_random(void);
/* Makes uuid_random() repeat: a sequence made from 'seed', for tests. */
void uuid_set_seed(uint64_t seed);
/* Exactly the 36 characters of a UUID. */
bool uuid_parse(const char *s, struct uuid *uuidp);
/* A UUID at the start of 's', whatever follows. */
bool uuid_parse_prefix(const char *s, struct uuid *uuidp);
/* Whether 's' is a part of a UUID's text from its start; returns the number
 * of characters that fit, or 0 if it cannot begin one. */
int uuid_partial_match(const struct uuid *, const char *s);
/* Writes 36 characters and a null byte. */
void uuid_format(const struct uuid *, char buffer[UUID_LEN + 1]);

static inline bool
uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return !memcmp(a, b, sizeof *a);
}

static inline bool
uuid_is_zero(const struct uuid *u)
{
    return !(u->parts[0] | u->parts[1] | u->parts[2] | u->parts[3]);
}

/* Order of the printed forms. */
static inline int
uuid_compare(const struct uuid *a, const struct uuid *b)
{
    for (int i = 0; i < 4; i++) {
        if (a->parts[i] != b->parts[i]) {
            return a->parts[i] < b->parts[i] ? -1 : 1;
        }
    }
    return 0;
}

static inline uint32_t
uuid_hash(const struct uuid *u)
{
    return hash_u32(u->parts[0], u->parts[3]);
}
