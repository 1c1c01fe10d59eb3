/* Token bucket: bounds the rate of something, with bursts. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
    uint32_t rate;     /* Tokens added per millisecond. */
    uint32_t burst;    /* Most tokens it holds. */
    uint32_t tokens;   /* Tokens now. */
    long long last_ms; /* When tokens were last added; 0 at first. */
};

/* Starts full. */
#define TOKEN_BUCKET_INITIALIZER(rate, burst) \
    {                                         \
        rate, burst, burst, 0                 \
    }

/* Takes 'n' tokens at time 'now_ms', or none and says so. */
static inline bool
token_bucket_take(struct token_bucket *b, uint32_t n, long long now_ms)
{
    if (b->tokens < n || now_ms > b->last_ms) {
        if (now_ms > b->last_ms) {
            uint64_t elapsed = now_ms - b->last_ms;
            uint64_t room = b->burst - b->tokens;
            /* Beyond 2**32 ms the bucket is full whatever its rate. */
            uint64_t add = elapsed > UINT32_MAX ? room : elapsed * b->rate;
            b->tokens += add < room ? add : room;
        }
        b->last_ms = now_ms;
    }
    if (b->tokens < n) {
        return false;
    }
    b->tokens -= n;
    return true;
}

/* When 'n' tokens will be there, in ms on the clock of 'now_ms'. */
static inline long long
token_bucket_when(const struct token_bucket *b, uint32_t n)
{
    if (b->tokens >= n || !b->rate) {
        return b->last_ms;
    }
    return b->last_ms + (n - b->tokens + b->rate - 1) / b->rate;
}
