/* Universally unique identifiers. */

#include "base/uuid.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/compiler.h"

/* Not 0: the state of the repeatable sequence. */
static _Atomic uint64_t seeded_state;

void
uuid_set_seed(uint64_t seed)
{
    atomic_store(&seeded_state, seed ? seed : 1);
}

/* The splitmix64 generator: one step of a Weyl sequence, mixed. */
static uint64_t
seeded_next(void)
{
    uint64_t x = atomic_fetch_add(&seeded_state, UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void
fill_random(void *data, size_t size)
{
    if (atomic_load(&seeded_state)) {
        uint64_t words[2] = { seeded_next(), seeded_next() };
        memcpy(data, words, size);
    } else if (getrandom(data, size, 0) != (ssize_t) size) {
        perror("getrandom");
        abort();
    }
}

struct uuid
uuid_random(void)
{
    /* System calls cost more than the bytes: fetch for 64 UUIDs at once. */
    static _Thread_local struct uuid pool[64];
    static _Thread_local size_t n_pool;

    struct uuid uuid;
    if (atomic_load(&seeded_state)) {
        fill_random(&uuid, sizeof uuid);
    } else {
        if (!n_pool) {
            fill_random(pool, 256);
            fill_random((char *) pool + 256, 256);
            fill_random((char *) pool + 512, 256);
            fill_random((char *) pool + 768, 256);
            n_pool = ARRAY_SIZE(pool);
        }
        uuid = pool[--n_pool];
    }
    /* RFC 4122 §4.4: variant and version bits. */
    uuid.parts[2] = (uuid.parts[2] & 0x3fffffff) | 0x80000000;
    uuid.parts[1] = (uuid.parts[1] & 0xffff0fff) | 0x00004000;
    return uuid;
}

static int
hex_digit(char c)
{
    return (c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1);
}

static bool
is_dash_position(int i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool
uuid_parse_prefix(const char *s, struct uuid *uuidp)
{
    struct uuid uuid = { { 0 } };
    int n_digits = 0;
    for (int i = 0; i < UUID_LEN; i++) {
        if (is_dash_position(i)) {
            if (s[i] != '-') {
                goto invalid;
            }
        } else {
            int digit = hex_digit(s[i]);
            if (digit < 0) {
                goto invalid;
            }
            uint32_t *part = &uuid.parts[n_digits++ / 8];
            *part = *part << 4 | digit;
        }
    }
    *uuidp = uuid;
    return true;

invalid:
    memset(uuidp, 0, sizeof *uuidp);
    return false;
}

bool
uuid_parse(const char *s, struct uuid *uuidp)
{
    if (uuid_parse_prefix(s, uuidp)) {
        if (!s[UUID_LEN]) {
            return true;
        }
        memset(uuidp, 0, sizeof *uuidp);
    }
    return false;
}

void
uuid_format(const struct uuid *uuid, char buffer[UUID_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    int n_digits = 0;
    for (int i = 0; i < UUID_LEN; i++) {
        if (is_dash_position(i)) {
            buffer[i] = '-';
        } else {
            uint32_t part = uuid->parts[n_digits / 8];
            buffer[i] = digits[part >> (28 - n_digits % 8 * 4) & 15];
            n_digits++;
        }
    }
    buffer[UUID_LEN] = '\0';
}

int
uuid_partial_match(const struct uuid *uuid, const char *s)
{
    char text[UUID_LEN + 1];
    uuid_format(uuid, text);
    int n = 0;
    while (s[n] && tolower((unsigned char) s[n]) == text[n]) {
        n++;
    }
    return s[n] ? 0 : n;
}
