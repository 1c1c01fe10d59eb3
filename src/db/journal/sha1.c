/* SHA-1, with the processor's instructions for it where there are some. */

#include "db/journal/sha1.h"

#include <string.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/mem.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

static uint32_t
rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* FIPS 180-4 §6.1.2: one block of 64 bytes. */
static void
process_block_portably(uint32_t state[5], const uint8_t *block)
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

static void
process_portably(uint32_t state[5], const uint8_t *data, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks; i++) {
        process_block_portably(state, data + 64 * i);
    }
}

#if defined(__x86_64__)
/* Four rounds of kind K, which must be a constant, with the words W. */
#define ROUNDS(K, W)                             \
    do {                                         \
        __m128i e_ = _mm_sha1nexte_epu32(e, W);  \
        e = abcd;                                \
        abcd = _mm_sha1rnds4_epu32(abcd, e_, K); \
    } while (0)

/* The next four words of the schedule, in the place of the oldest, W0. */
#define SCHEDULE(W0, W1, W2, W3) \
    (W0) =                       \
        _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(W0, W1), W2), W3)

__attribute__((target("sha,ssse3,sse4.1"))) static void
process_with_sha(uint32_t state[5], const uint8_t *data, size_t n_blocks)
{
    const __m128i reverse =
        _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    /* The instructions want 'a' in the highest word. */
    __m128i abcd =
        _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *) state), 0x1b);
    __m128i last_e = _mm_set_epi32(state[4], 0, 0, 0);

    for (; n_blocks; n_blocks--, data += 64) {
        const __m128i *in = (const __m128i *) data;
        __m128i w[4];
        for (int i = 0; i < 4; i++) {
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128(in + i), reverse);
        }
        const __m128i old_abcd = abcd, old_e = last_e;

        /* 'e' of the first four rounds is there as it is; later it comes from
         * 'a' of four rounds ago. */
        __m128i e = abcd;
        abcd = _mm_sha1rnds4_epu32(abcd, _mm_add_epi32(last_e, w[0]), 0);
        for (int i = 1; i < 20; i++) {
            if (i >= 4) {
                SCHEDULE(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4],
                         w[(i + 3) % 4]);
            }
            if (i < 5) {
                ROUNDS(0, w[i % 4]);
            } else if (i < 10) {
                ROUNDS(1, w[i % 4]);
            } else if (i < 15) {
                ROUNDS(2, w[i % 4]);
            } else {
                ROUNDS(3, w[i % 4]);
            }
        }
        last_e = _mm_sha1nexte_epu32(e, old_e);
        abcd = _mm_add_epi32(abcd, old_abcd);
    }
    _mm_storeu_si128((__m128i *) state, _mm_shuffle_epi32(abcd, 0x1b));
    state[4] = _mm_extract_epi32(last_e, 3);
}

static bool
processor_has_sha(void)
{
    enum { SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };

    unsigned int a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c & SSSE3 && c & SSE41
           && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & SHA;
}
#endif

static void (*process_blocks)(uint32_t state[5], const uint8_t *,
                              size_t n_blocks) = process_portably;

static void CONSTRUCTOR
choose_process(void)
{
#if defined(__x86_64__)
    if (processor_has_sha()) {
        process_blocks = process_with_sha;
    }
#endif
}

void
sha1_init(struct sha1 *s)
{
    static const uint32_t initial[5] = { 0x67452301, 0xefcdab89, 0x98badcfe,
                                         0x10325476, 0xc3d2e1f0 };
    memcpy(s->state, initial, sizeof initial);
    s->size = 0;
}

void
sha1_update(struct sha1 *s, const void *data, size_t size)
{
    const uint8_t *p = data;
    size_t used = s->size % 64;
    s->size += size;
    if (used) {
        size_t n = MIN(size, 64 - used);
        memcpy(s->block + used, p, n);
        p += n;
        size -= n;
        if (used + n < 64) {
            return;
        }
        process_blocks(s->state, s->block, 1);
    }
    process_blocks(s->state, p, size / 64);
    if (size % 64) {
        memcpy(s->block, p + size / 64 * 64, size % 64);
    }
}

void
sha1_finish(struct sha1 *s, uint8_t digest[SHA1_SIZE])
{
    /* FIPS 180-4 §5.1.1: a one bit, zeros, the length in bits. */
    uint8_t tail[72] = { 0x80 };
    size_t used = s->size % 64;
    size_t n_pad = (used < 56 ? 56 : 120) - used;
    put_be64(tail + n_pad, s->size * 8);
    sha1_update(s, tail, n_pad + 8);
    for (int i = 0; i < 5; i++) {
        put_be32(digest + 4 * i, s->state[i]);
    }
}

void
sha1_finish_hex(struct sha1 *s, char hex[SHA1_HEX_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA1_SIZE];
    sha1_finish(s, digest);
    for (int i = 0; i < SHA1_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[SHA1_HEX_LEN] = '\0';
}

void
sha1_digest(const void *data, size_t size, uint8_t digest[SHA1_SIZE])
{
    struct sha1 s;
    sha1_init(&s);
    sha1_update(&s, data, size);
    sha1_finish(&s, digest);
}

void
sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_LEN + 1])
{
    struct sha1 s;
    sha1_init(&s);
    sha1_update(&s, data, size);
    sha1_finish_hex(&s, hex);
}
