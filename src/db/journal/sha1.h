/* SHA-1: FIPS 180-4.  It detects damage of records; it is no protection
 * against malice. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE    20
#define SHA1_HEX_LEN 40

/* The digest of the 'size' bytes at 'data'. */
void sha1_digest(const void *data, size_t size, uint8_t digest[SHA1_SIZE]);
/* The same as lowercase hex digits with a null byte. */
void sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_LEN + 1]);
