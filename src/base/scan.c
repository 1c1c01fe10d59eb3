/* Strict parsing of numbers and small texts. */

#include "base/scan.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
scan_u64(const char *s, int base, uint64_t *valuep)
{
    *valuep = 0;
    if (!isxdigit((unsigned char) *s)) {
        return false;
    }
    int saved_errno = errno;
    errno = 0;
    char *end;
    unsigned long long value = strtoull(s, &end, base);
    bool ok = !errno && end != s && !*end;
    errno = saved_errno;
    if (ok) {
        *valuep = value;
    }
    return ok;
}

bool
scan_u32(const char *s, int base, uint32_t *valuep)
{
    uint64_t value;
    bool ok = scan_u64(s, base, &value) && value <= UINT32_MAX;
    *valuep = ok ? value : 0;
    return ok;
}

bool
scan_u16(const char *s, int base, uint16_t *valuep)
{
    uint64_t value;
    bool ok = scan_u64(s, base, &value) && value <= UINT16_MAX;
    *valuep = ok ? value : 0;
    return ok;
}

bool
scan_u8(const char *s, int base, uint8_t *valuep)
{
    uint64_t value;
    bool ok = scan_u64(s, base, &value) && value <= UINT8_MAX;
    *valuep = ok ? value : 0;
    return ok;
}

bool
scan_i64(const char *s, int base, int64_t *valuep)
{
    *valuep = 0;
    bool negative = *s == '-';
    uint64_t magnitude;
    if (!scan_u64(s + negative, base, &magnitude)
        || magnitude > (uint64_t) INT64_MAX + negative) {
        return false;
    }
    *valuep = negative ? (int64_t) -magnitude : (int64_t) magnitude;
    return true;
}

bool
scan_int(const char *s, int base, int *valuep)
{
    int64_t value;
    bool ok =
        scan_i64(s, base, &value) && value >= INT_MIN && value <= INT_MAX;
    *valuep = ok ? value : 0;
    return ok;
}

bool
scan_double(const char *s, double *valuep)
{
    *valuep = 0;
    if (!*s || isspace((unsigned char) *s)) {
        return false;
    }
    char *end;
    double value = strtod(s, &end);
    if (end == s || *end || !isfinite(value)) {
        return false;
    }
    *valuep = value;
    return true;
}

int
scan_hex_digit(char c)
{
    return (c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1);
}

size_t
scan_hex_bytes(const char *s, uint8_t *bytes, size_t max, const char **endp)
{
    size_t n = 0;
    for (;;) {
        s += strspn(s, ".: \t\r\n");
        int high = scan_hex_digit(s[0]);
        int low = high >= 0 ? scan_hex_digit(s[1]) : -1;
        if (low < 0 || n >= max) {
            break;
        }
        bytes[n++] = high << 4 | low;
        s += 2;
    }
    if (endp) {
        *endp = s;
    }
    return n;
}

bool
scan_bool(const char *s, bool *valuep)
{
    *valuep = !strcmp(s, "true");
    return *valuep || !strcmp(s, "false");
}

bool
scan_prefix(const char *s, const char *prefix, const char **restp)
{
    size_t len = strlen(prefix);
    bool found = !strncmp(s, prefix, len);
    if (restp) {
        *restp = found ? s + len : NULL;
    }
    return found;
}

bool
scan_suffix(const char *s, const char *suffix)
{
    size_t len = strlen(s);
    size_t suffix_len = strlen(suffix);
    return len >= suffix_len && !strcmp(s + len - suffix_len, suffix);
}

char *
scan_token(char **sp, const char *separators)
{
    char *s = *sp + strspn(*sp, separators);
    if (!*s) {
        *sp = s;
        return NULL;
    }
    char *end = s + strcspn(s, separators);
    *sp = *end ? end + 1 : end;
    *end = '\0';
    return s;
}

/* Length of the text up to the parenthesis that closes what is open at its
 * start, or up to its end. */
static size_t
parenthesized_len(const char *s)
{
    int depth = 1;
    size_t i = 0;
    for (; s[i]; i++) {
        depth += s[i] == '(' ? 1 : s[i] == ')' ? -1 : 0;
        if (!depth) {
            break;
        }
    }
    return i;
}

/* Length of a value that ends at a separator outside parentheses. */
static size_t
plain_len(const char *s)
{
    int depth = 0;
    size_t i = 0;
    for (; s[i] && (depth > 0 || !strchr(", \t\r\n", s[i])); i++) {
        depth += s[i] == '(' ? 1 : s[i] == ')' ? -1 : 0;
        if (depth < 0) {
            break;
        }
    }
    return i;
}

bool
scan_key_value(char **sp, char **keyp, char **valuep, char *delimiterp)
{
    char *s = *sp + strspn(*sp, ", \t\r\n");
    if (!*s) {
        *sp = *keyp = *valuep = s;
        return false;
    }

    *keyp = s;
    s += strcspn(s, ":=(, \t\r\n");
    char delimiter = *s && strchr(":=(", *s) ? *s : '\0';
    if (delimiterp) {
        *delimiterp = delimiter;
    }
    if (!delimiter) {
        /* A key alone: its value is the null byte that ends it. */
        *valuep = s;
        *sp = *s ? s + 1 : s;
        *s = '\0';
        return true;
    }

    *s++ = '\0';
    *valuep = s;
    s += delimiter == '(' ? parenthesized_len(s) : plain_len(s);
    if (*s) {
        *s++ = '\0';
    }
    *sp = s;
    return true;
}
