/* The cursor. */

#include "rpc/json/cursor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/json/lexer.h"

/* Longest number; longer ones are left to the parser. */
enum { NUMBER_MAX = 63 };

void
json_cursor_init(struct json_cursor *c, const char *text, size_t size)
{
    c->p = text;
    c->end = text + size;
    str_init(&c->buffer);
}

void
json_cursor_uninit(struct json_cursor *c)
{
    str_uninit(&c->buffer);
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
skip_space(struct json_cursor *c)
{
    while (c->p < c->end && is_space(*c->p)) {
        c->p++;
    }
}

bool
json_cursor_next_is(struct json_cursor *c, char wanted)
{
    skip_space(c);
    return c->p < c->end && *c->p == wanted;
}

bool
json_cursor_take(struct json_cursor *c, char punct)
{
    if (!json_cursor_next_is(c, punct)) {
        return false;
    }
    c->p++;
    return true;
}

/* The rest of a string that has an escape at 'escape'. */
static bool
read_escaped(struct json_cursor *c, const char *start, const char *escape,
             struct json_span *span)
{
    const char *s = escape;
    while (s < c->end && *s != '"') {
        if (*s == '\\') {
            s++;
            if (s >= c->end || (uint8_t) *s < 0x20) {
                return false;
            }
            s++;
        } else if ((uint8_t) *s < 0x20) {
            return false;
        }
        s = json_skip_plain(s, c->end);
    }
    if (s >= c->end) {
        return false;
    }
    str_clear(&c->buffer);
    char *wrong = json_unescape(start, s, &c->buffer);
    if (wrong) {
        free(wrong);
        return false;
    }
    *span = (struct json_span){ str_text(&c->buffer), c->buffer.len };
    c->p = s + 1;
    return true;
}

bool
json_cursor_string(struct json_cursor *c, struct json_span *span)
{
    if (!json_cursor_take(c, '"')) {
        return false;
    }
    const char *start = c->p;
    const char *s = json_skip_plain(start, c->end);
    if (s < c->end && *s == '"') {
        *span = (struct json_span){ start, s - start };
        c->p = s + 1;
        return true;
    }
    return s < c->end && *s == '\\' && read_escaped(c, start, s, span);
}

bool
json_cursor_literal(struct json_cursor *c, const char *text)
{
    struct json_span span;
    return json_cursor_string(c, &span) && span.len == strlen(text)
           && !memcmp(span.text, text, span.len);
}

bool
json_cursor_name(struct json_cursor *c, struct json_span *span)
{
    return json_cursor_string(c, span) && json_cursor_take(c, ':');
}

/* Copies the number that comes next and checks its grammar. */
static bool
take_number(struct json_cursor *c, char number[NUMBER_MAX + 1])
{
    skip_space(c);
    size_t len = 0;
    while (c->p + len < c->end && c->p[len]
           && strchr("+-.0123456789eE", c->p[len])) {
        if (len >= NUMBER_MAX) {
            return false;
        }
        number[len] = c->p[len];
        len++;
    }
    number[len] = '\0';
    c->p += len;
    return !json_check_number(number);
}

/* Takes an integer of few digits, which most are. */
static bool
take_small_integer(struct json_cursor *c, int64_t *valuep)
{
    enum { MAX_DIGITS = 18 };

    const char *s = c->p;
    bool is_negative = s < c->end && *s == '-';
    s += is_negative;
    const char *start = s;
    int64_t value = 0;
    while (s < c->end && *s >= '0' && *s <= '9' && s - start < MAX_DIGITS) {
        value = value * 10 + (*s++ - '0');
    }
    if (s == start || s >= c->end || (*start == '0' && s - start > 1)
        || !(*s == ',' || *s == ']' || *s == '}' || is_space(*s))) {
        return false;
    }
    *valuep = is_negative ? -value : value;
    c->p = s;
    return true;
}

bool
json_cursor_integer(struct json_cursor *c, int64_t *valuep)
{
    skip_space(c);
    if (take_small_integer(c, valuep)) {
        return true;
    }
    char number[NUMBER_MAX + 1];
    if (!take_number(c, number)) {
        return false;
    }
    return json_scan_integer(number, valuep);
}

bool
json_cursor_real(struct json_cursor *c, double *valuep)
{
    char number[NUMBER_MAX + 1];
    if (!take_number(c, number)) {
        return false;
    }
    *valuep = strtod(number, NULL);
    return isfinite(*valuep);
}

/* Takes 'word', which no letter may follow. */
static bool
take_word(struct json_cursor *c, const char *word)
{
    size_t len = strlen(word);
    skip_space(c);
    if ((size_t) (c->end - c->p) <= len || memcmp(c->p, word, len)
        || (c->p[len] >= 'a' && c->p[len] <= 'z')) {
        return false;
    }
    c->p += len;
    return true;
}

bool
json_cursor_boolean(struct json_cursor *c, bool *valuep)
{
    *valuep = json_cursor_next_is(c, 't');
    return take_word(c, *valuep ? "true" : "false");
}

bool
json_cursor_null(struct json_cursor *c)
{
    return take_word(c, "null");
}

bool
json_cursor_skip_scalar(struct json_cursor *c)
{
    struct json_span span;
    double real;
    bool boolean;
    if (json_cursor_next_is(c, '"')) {
        return json_cursor_string(c, &span);
    }
    if (json_cursor_next_is(c, 't') || json_cursor_next_is(c, 'f')) {
        return json_cursor_boolean(c, &boolean);
    }
    return json_cursor_real(c, &real);
}

bool
json_cursor_next(struct json_cursor *c, char close, bool *firstp, bool *morep)
{
    *morep = !json_cursor_next_is(c, close);
    if (!*morep) {
        c->p++;
        return true;
    }
    bool first = *firstp;
    *firstp = false;
    /* A mark that closes after a comma is the next element's problem. */
    return first || json_cursor_take(c, ',');
}

bool
json_cursor_at_end(struct json_cursor *c)
{
    skip_space(c);
    return c->p == c->end;
}
