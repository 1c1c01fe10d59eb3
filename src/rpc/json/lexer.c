/* Tokens of JSON. */

#include "rpc/json/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/utf8.h"

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *
json_check_number(const char *s)
{
    s += *s == '-';
    if (*s == '0') {
        if (is_digit(*++s)) {
            return "leading zeros not allowed";
        }
    } else if (is_digit(*s)) {
        while (is_digit(*s)) {
            s++;
        }
    } else {
        return "'-' must be followed by digit";
    }
    if (*s == '.') {
        if (!is_digit(*++s)) {
            return "decimal point must be followed by digit";
        }
        while (is_digit(*s)) {
            s++;
        }
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '+' || *s == '-';
        if (!is_digit(*s)) {
            return "exponent must contain at least one digit";
        }
        long exponent = 0;
        for (; is_digit(*s); s++) {
            exponent = exponent * 10 + (*s - '0');
            if (exponent > 99999999) {
                return "exponent outside valid range";
            }
        }
    }
    return *s ? "syntax error in number" : NULL;
}

/* Appends 'digit' to 'value'; false if that does not fit. */
static bool
append_digit(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value)
           && !__builtin_add_overflow(*value, digit, value);
}

bool
json_scan_integer(const char *s, int64_t *valuep)
{
    /* Negative values have one more, so the value is kept negative. */
    bool is_negative = *s == '-';
    int64_t value = 0;
    long n_zeros = 0; /* Behind 'value', not yet in it. */
    bool is_fraction = false;
    long n_fraction = 0; /* Digits behind the point. */
    for (s += is_negative; is_digit(*s) || *s == '.'; s++) {
        if (*s == '.') {
            is_fraction = true;
            continue;
        }
        n_fraction += is_fraction;
        n_zeros++;
        if (*s == '0') {
            continue;
        }
        for (; n_zeros > 1; n_zeros--) {
            if (value && !append_digit(&value, 0)) {
                return false;
            }
        }
        n_zeros = 0;
        if (!append_digit(&value, -(*s - '0'))) {
            return false;
        }
    }
    long exponent = n_zeros - n_fraction + (*s ? strtol(s + 1, NULL, 10) : 0);
    for (; value && exponent > 0; exponent--) {
        if (!append_digit(&value, 0)) {
            return false;
        }
    }
    if (value && exponent < 0) {
        return false;
    }
    *valuep = value;
    return is_negative || !__builtin_sub_overflow(0, value, valuep);
}

/* The value of four hex digits, or -1. */
static int
hex4(const char *s)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = scan_hex_digit(s[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Decodes the \u escape at 's' (after the backslash); returns its length or 0
 * with '*wrongp' set. */
static size_t
unescape_unicode(const char *s, const char *end, struct str *out,
                 const char **wrongp)
{
    if (end - s < 5) {
        *wrongp = "quoted string ends within \\u escape";
        return 0;
    }
    int high = hex4(s + 1);
    if (high < 0) {
        *wrongp = "malformed \\u escape";
        return 0;
    }
    if (!high) {
        *wrongp = "null bytes not supported in quoted strings";
        return 0;
    }
    if (high < 0xd800 || high > 0xdbff) {
        if (high >= 0xdc00 && high <= 0xdfff) {
            /* A lone trailing surrogate is kept, in three bytes. */
            str_put_char(out, (char) (0xe0 | high >> 12));
            str_put_char(out, (char) (0x80 | (high >> 6 & 0x3f)));
            str_put_char(out, (char) (0x80 | (high & 0x3f)));
        } else {
            utf8_put(out, high);
        }
        return 5;
    }
    int low = end - s >= 11 && s[5] == '\\' && s[6] == 'u' ? hex4(s + 7) : -1;
    if (low < 0) {
        *wrongp = "malformed escaped surrogate pair";
        return 0;
    }
    if (low < 0xdc00 || low > 0xdfff) {
        *wrongp = "second half of escaped surrogate pair is not trailing "
                  "surrogate";
        return 0;
    }
    utf8_put(out, 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
    return 11;
}

char *
json_unescape(const char *s, const char *end, struct str *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";

    while (s < end) {
        const char *backslash = memchr(s, '\\', end - s);
        if (!backslash) {
            backslash = end;
        }
        str_put_n(out, s, backslash - s);
        s = backslash + 1;
        if (backslash == end) {
            break;
        }
        const char *letter = *s ? strchr(letters, *s) : NULL;
        if (letter) {
            str_put_char(out, values[letter - letters]);
            s++;
        } else if (*s == 'u') {
            const char *wrong;
            size_t n = unescape_unicode(s, end, out, &wrong);
            if (!n) {
                return xstrdup(wrong);
            }
            s += n;
        } else {
            return xasprintf("bad escape \\%c", *s);
        }
    }
    return NULL;
}

const char *
json_skip_plain(const char *s, const char *end)
{
    /* Eight at a time: bytes below 0x20, '"' and '\' show in their top bit
     * of one of the tests; bytes from 0x80 on are masked out. */
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    while (end - s >= 8) {
        uint64_t x;
        memcpy(&x, s, 8);
        uint64_t quote = x ^ ones * '"';
        uint64_t slash = x ^ ones * '\\';
        uint64_t found = ((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote)
                         | ((slash - ones) & ~slash);
        if (found & tops) {
            break;
        }
        s += 8;
    }
    while (s < end && (uint8_t) *s >= 0x20 && *s != '"' && *s != '\\') {
        s++;
    }
    return s;
}
