/* SHA-1 over whole buffers. */

#include "db/journal/sha1.h"

#include <string.h>

#include "base/be.h"

static uint32_t
rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* FIPS 180-4 §6.1.2: one block of 64 bytes. */
static void
process_block(uint32_t state[5], const uint8_t *block)
{
    uint32_t w[80];
    for (int t = 0; t < 16; t++) {
        w[t] = get_be32(block + 4 * t);
    }
    for (int t = 16; t < 80; t++) {
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4];
    for (int t = 0; t < 80; t++) {
        uint32_t f, k;
        if (t < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (t < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (t < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        uint32_t next = rotate(a, 5) + f + e + k + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void
sha1_digest(const void *data, size_t size, uint8_t digest[SHA1_SIZE])
{
    uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                          0xc3d2e1f0 };
    const uint8_t *p = data;
    size_t left = size;
    for (; left >= 64; left -= 64, p += 64) {
        process_block(state, p);
    }

    /* FIPS 180-4 §5.1.1: a one bit, zeros, the length in bits. */
    uint8_t tail[128] = { 0 };
    size_t tail_size = left < 56 ? 64 : 128;
    if (left) {
        memcpy(tail, p, left);
    }
    tail[left] = 0x80;
    put_be64(tail + tail_size - 8, (uint64_t) size * 8);
    for (size_t i = 0; i < tail_size; i += 64) {
        process_block(state, tail + i);
    }
    for (int i = 0; i < 5; i++) {
        put_be32(digest + 4 * i, state[i]);
    }
}

void
sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA1_SIZE];
    sha1_digest(data, size, digest);
    for (int i = 0; i < SHA1_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[SHA1_HEX_LEN] = '\0';
}
