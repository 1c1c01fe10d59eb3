/* A growable string: append-only printing without fixed buffers. */

#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct str {
    char *text;      /* Null-terminated when not NULL. */
    size_t len;      /* Without the null byte. */
    size_t capacity; /* Bytes at 'text'. */
};

#define STR_INITIALIZER \
    {                   \
        NULL, 0, 0      \
    }

void str_init(struct str *);
void str_uninit(struct str *);
/* Empties the string, keeps the memory. */
void str_clear(struct str *);
/* Cuts to at most 'len' characters. */
void str_truncate(struct str *, size_t len);
void str_reserve(struct str *, size_t extra);
/* Appends 'n' uninitialized characters and returns a pointer to them. */
char *str_grow(struct str *, size_t n);
void str_put_n(struct str *, const char *, size_t n);
void str_put(struct str *, const char *);
void str_put_repeat(struct str *, char, size_t n);
void str_putf(struct str *, const char *format, ...) PRINTF_FORMAT(2, 3);
void str_putv(struct str *, const char *format, va_list) PRINTF_FORMAT(2, 0);
/* Decimal, without printf's cost. */
void str_put_u64(struct str *, uint64_t);
void str_put_i64(struct str *, int64_t);
/* Appends 'n' bytes as hex digits. */
void str_put_hex(struct str *, const void *, size_t n);
/* Appends lines of offset, 16 bytes in hex and, if 'ascii', as characters.
 * Offsets begin at 'offset'. */
void str_put_hexdump(struct str *, const void *, size_t n, uintptr_t offset,
                     bool ascii);
/* Appends the current time in the format of strftime() with "%.ns" style
 * sub-seconds: '#' characters become fraction digits.  'msec' is the wall
 * time in ms; 'utc' selects UTC over local time. */
void str_put_time(struct str *, const char *template, long long msec,
                  bool utc);
/* Drops trailing characters that occur in 'set'. */
void str_chomp(struct str *, const char *set);
/* Reads one line, without its newline; false at end of file. */
bool str_get_line(struct str *, void *file);

/* Null-terminated text, "" if empty; borrowed. */
const char *str_text(const struct str *);
/* The text, which the caller must free(); leaves an empty string. */
char *str_steal(struct str *) WARN_UNUSED;

static inline void
str_put_char(struct str *s, char c)
{
    if (LIKELY(s->len + 1 < s->capacity)) {
        s->text[s->len++] = c;
        s->text[s->len] = '\0';
    } else {
        *str_grow(s, 1) = c;
    }
}

static inline char
str_last(const struct str *s)
{
    return s->len ? s->text[s->len - 1] : '\0';
}
