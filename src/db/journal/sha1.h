/* SHA-1: FIPS 180-4.  It detects damage of records; it is no protection
 * against malice. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE    20
#define SHA1_HEX_LEN 40

/* A digest being computed. */
struct sha1 {
    uint32_t state[5];
    uint64_t size;     /* Bytes so far. */
    uint8_t block[64]; /* The last 'size % 64' of them. */
};

void sha1_init(struct sha1 *);
void sha1_update(struct sha1 *, const void *data, size_t size);
void sha1_finish(struct sha1 *, uint8_t digest[SHA1_SIZE]);
/* The same as lowercase hex digits with a null byte. */
void sha1_finish_hex(struct sha1 *, char hex[SHA1_HEX_LEN + 1]);

/* The digest of the 'size' bytes at 'data'. */
void sha1_digest(const void *data, size_t size, uint8_t digest[SHA1_SIZE]);
void sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_LEN + 1]);
