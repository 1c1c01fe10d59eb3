/* UTF-8. */

#include "base/utf8.h"

#include <string.h>

static bool
is_continuation(char c)
{
    return (c & 0xc0) == 0x80;
}

size_t
utf8_decode(const char *s, size_t size, uint32_t *code_pointp)
{
    /* The smallest code point that needs each length: RFC 3629 §3 forbids
     * longer forms. */
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    *code_pointp = 0;
    if (!size) {
        return 0;
    }
    uint8_t c = *s;
    size_t len = (c < 0x80             ? 1
                  : (c & 0xe0) == 0xc0 ? 2
                  : (c & 0xf0) == 0xe0 ? 3
                  : (c & 0xf8) == 0xf0 ? 4
                                       : 0);
    if (!len || len > size) {
        return 0;
    }
    uint32_t code_point = len == 1 ? c : c & (0x7f >> len);
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(s[i])) {
            return 0;
        }
        code_point = code_point << 6 | (s[i] & 0x3f);
    }
    if (code_point < least[len] || code_point > 0x10ffff
        || (code_point >= 0xd800 && code_point <= 0xdfff)) {
        return 0;
    }
    *code_pointp = code_point;
    return len;
}

bool
utf8_check(const char *s, size_t size, size_t *offsetp)
{
    size_t i = 0;
    while (i < size) {
        uint64_t eight;
        if (size - i >= sizeof eight) {
            memcpy(&eight, s + i, sizeof eight);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                i += sizeof eight;
                continue;
            }
        }
        uint32_t code_point;
        size_t len =
            (s[i] & 0x80) ? utf8_decode(s + i, size - i, &code_point) : 1;
        if (!len) {
            break;
        }
        i += len;
    }
    if (offsetp) {
        *offsetp = i < size ? i : 0;
    }
    return i >= size;
}

void
utf8_put(struct str *s, uint32_t c)
{
    if (c < 0x80) {
        str_put_char(s, c);
    } else if (c < 0x800) {
        str_put_char(s, 0xc0 | c >> 6);
        str_put_char(s, 0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        str_put_char(s, 0xe0 | c >> 12);
        str_put_char(s, 0x80 | (c >> 6 & 0x3f));
        str_put_char(s, 0x80 | (c & 0x3f));
    } else {
        str_put_char(s, 0xf0 | c >> 18);
        str_put_char(s, 0x80 | (c >> 12 & 0x3f));
        str_put_char(s, 0x80 | (c >> 6 & 0x3f));
        str_put_char(s, 0x80 | (c & 0x3f));
    }
}
