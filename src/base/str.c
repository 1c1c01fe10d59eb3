/* A growable string. */

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

void
str_init(struct str *s)
{
    *s = (struct str) STR_INITIALIZER;
}

void
str_uninit(struct str *s)
{
    free(s->text);
    str_init(s);
}

void
str_clear(struct str *s)
{
    str_truncate(s, 0);
}

void
str_truncate(struct str *s, size_t len)
{
    if (len < s->len) {
        s->len = len;
        s->text[len] = '\0';
    }
}

void
str_reserve(struct str *s, size_t extra)
{
    size_t need = s->len + extra + 1;
    if (need > s->capacity) {
        s->capacity = MAX(need, s->capacity * 2);
        s->capacity = MAX(s->capacity, 64);
        s->text = xrealloc(s->text, s->capacity);
    }
}

char *
str_grow(struct str *s, size_t n)
{
    str_reserve(s, n);
    char *p = s->text + s->len;
    s->len += n;
    s->text[s->len] = '\0';
    return p;
}

void
str_put_n(struct str *s, const char *text, size_t n)
{
    char *p = str_grow(s, n);
    if (n) {
        memcpy(p, text, n);
    }
}

void
str_put(struct str *s, const char *text)
{
    str_put_n(s, text, strlen(text));
}

void
str_put_repeat(struct str *s, char c, size_t n)
{
    char *p = str_grow(s, n);
    if (n) {
        memset(p, c, n);
    }
}

void
str_putv(struct str *s, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    size_t room = s->capacity - s->len;
    int need =
        vsnprintf(s->text ? s->text + s->len : NULL, room, format, copy);
    va_end(copy);
    assert(need >= 0);

    if ((size_t) need >= room) {
        str_reserve(s, need);
        vsnprintf(s->text + s->len, need + 1, format, args);
    }
    s->len += need;
}

void
str_putf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_putv(s, format, args);
    va_end(args);
}

void
str_put_u64(struct str *s, uint64_t value)
{
    char digits[20];
    size_t i = sizeof digits;
    do {
        digits[--i] = '0' + value % 10;
        value /= 10;
    } while (value);
    str_put_n(s, digits + i, sizeof digits - i);
}

void
str_put_i64(struct str *s, int64_t value)
{
    if (value < 0) {
        str_put_char(s, '-');
        str_put_u64(s, -(uint64_t) value);
    } else {
        str_put_u64(s, value);
    }
}

void
str_put_hex(struct str *s, const void *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char *p = str_grow(s, n * 2);
    for (size_t i = 0; i < n; i++) {
        *p++ = digits[bytes[i] >> 4];
        *p++ = digits[bytes[i] & 15];
    }
}

static void
put_hexdump_line(struct str *s, const uint8_t *bytes, size_t skip, size_t n,
                 bool ascii)
{
    for (size_t i = 0; i < 16; i++) {
        char gap = i == 8 ? '-' : ' ';
        if (i >= skip + n && !ascii) {
            break; /* Nothing follows. */
        } else if (i == 8 && skip < 8 && skip + n == 8) {
            str_put(s, "-  ");
        } else if (i < skip || i >= skip + n) {
            str_put(s, "   ");
        } else {
            str_putf(s, "%c%02x", gap, bytes[i - skip]);
        }
    }
    if (ascii) {
        str_put(s, " |");
        for (size_t i = 0; i < 16; i++) {
            bool shown = i >= skip && i < skip + n;
            uint8_t c = shown ? bytes[i - skip] : ' ';
            str_put_char(s, c >= 32 && c < 127 ? c : '.');
        }
        str_put_char(s, '|');
    }
    str_put_char(s, '\n');
}

void
str_put_hexdump(struct str *s, const void *data, size_t n, uintptr_t offset,
                bool ascii)
{
    const uint8_t *bytes = data;
    while (n) {
        size_t skip = offset % 16;
        size_t chunk = MIN(16 - skip, n);
        str_putf(s, "%08jx ", (uintmax_t) (offset - skip));
        put_hexdump_line(s, bytes, skip, chunk, ascii);
        bytes += chunk;
        n -= chunk;
        offset += chunk;
    }
}

void
str_put_time(struct str *s, const char *template, long long msec, bool utc)
{
    time_t seconds = msec / 1000;
    struct tm tm;
    if (utc) {
        gmtime_r(&seconds, &tm);
    } else {
        localtime_r(&seconds, &tm);
    }
    for (size_t size = 64;; size *= 2) {
        size_t start = s->len;
        str_reserve(s, size);
        size_t n = strftime(s->text + start, size, template, &tm);
        if (n || !*template) {
            s->len += n;
            s->text[s->len] = '\0';
            int divisor = 100;
            for (size_t i = start; i < s->len; i++) {
                if (s->text[i] == '#') {
                    s->text[i] = '0' + msec % 1000 / divisor % 10;
                    divisor = divisor > 1 ? divisor / 10 : 1;
                }
            }
            return;
        }
    }
}

void
str_chomp(struct str *s, const char *set)
{
    while (s->len && strchr(set, s->text[s->len - 1])) {
        str_truncate(s, s->len - 1);
    }
}

bool
str_get_line(struct str *s, void *file)
{
    str_clear(s);
    for (;;) {
        int c = getc(file);
        if (c == EOF) {
            return s->len > 0;
        } else if (c == '\n') {
            return true;
        }
        str_put_char(s, c);
    }
}

const char *
str_text(const struct str *s)
{
    return s->text ? s->text : "";
}

char *
str_steal(struct str *s)
{
    char *text = s->text ? s->text : xstrdup("");
    str_init(s);
    return text;
}
