/* The streaming parser: a lexer that is fed runs of bytes, and an automaton
 * with an explicit stack that builds the value.
 *
 * A token that lies whole in one run of bytes is used in place; one that is
 * split between runs collects in 'token'. */

#include "rpc/json/parser.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/vec.h"
#include "rpc/json/json_private.h"
#include "rpc/json/lexer.h"
#include "rpc/json/name.h"

/* Bytes of text that a value takes at least on average where its size is
 * limited: one needs many times that in memory. */
enum { BYTES_PER_VALUE = 16 };

enum lex_state {
    LEX_START,   /* Between tokens. */
    LEX_KEYWORD, /* Within true, false, null. */
    LEX_NUMBER,  /* Within a number. */
    LEX_STRING,  /* Within a string. */
    LEX_ESCAPE,  /* Within a string, after a backslash. */
};

enum parse_state {
    PARSE_START,        /* A value, which must be an object or array. */
    PARSE_OBJECT_BEGIN, /* A name or '}'. */
    PARSE_OBJECT_NAME,  /* A name. */
    PARSE_OBJECT_COLON, /* ':'. */
    PARSE_OBJECT_VALUE, /* Any value. */
    PARSE_OBJECT_NEXT,  /* ',' or '}'. */
    PARSE_ARRAY_BEGIN,  /* A value or ']'. */
    PARSE_ARRAY_VALUE,  /* A value. */
    PARSE_ARRAY_NEXT,   /* ',' or ']'. */
    PARSE_END,          /* Nothing more. */
};

struct level {
    struct json *container; /* Object or array being filled. */
    const char *name;       /* Of the member whose value comes next. */
};

struct json_parser {
    bool trailer;    /* Values may follow each other. */
    bool done;       /* A value or an error is there. */
    size_t max_size; /* Of a value, in bytes, or 0. */

    enum lex_state lex_state;
    struct str token;      /* The part of a token from earlier runs. */
    const char *run_start; /* Start of the run being fed. */
    size_t line;           /* At 'run_start', from 0. */
    size_t column;         /* At 'run_start', from 0. */
    size_t byte;           /* At 'run_start', from 0. */
    bool is_idle;          /* Nothing but white space so far. */
    size_t n_values;       /* Values within the value. */

    enum parse_state parse_state;
    VEC(struct level) stack; /* Open containers, outermost first. */
    struct json *result;     /* The complete value. */
    struct error *error;     /* First error found. */
    struct json_name_cache names;
};

struct json_parser *
json_parser_create(bool trailer)
{
    struct json_parser *p = xzalloc(sizeof *p);
    p->trailer = trailer;
    p->is_idle = true;
    return p;
}

static void
parser_reset(struct json_parser *p)
{
    for (size_t i = 0; i < p->stack.n; i++) {
        json_unref(p->stack.items[i].container);
        if (p->stack.items[i].name) {
            json_name_unref(p->stack.items[i].name);
        }
    }
    vec_clear(&p->stack);
    str_clear(&p->token);
    json_unref(p->result);
    error_destroy(p->error);
    p->result = NULL;
    p->error = NULL;
    p->done = false;
    p->is_idle = true;
    p->lex_state = LEX_START;
    p->parse_state = PARSE_START;
    p->line = p->column = p->byte = p->n_values = 0;
}

void
json_parser_destroy(struct json_parser *p)
{
    if (p) {
        parser_reset(p);
        vec_uninit(&p->stack);
        str_uninit(&p->token);
        json_name_cache_clear(&p->names);
        free(p);
    }
}

void
json_parser_set_max_size(struct json_parser *p, size_t max_size)
{
    p->max_size = max_size;
}

bool
json_parser_is_done(const struct json_parser *p)
{
    return p->done;
}

bool
json_parser_is_idle(const struct json_parser *p)
{
    return p->is_idle;
}

/* Moves the position over the run up to 'end'. */
static void
advance(struct json_parser *p, const char *end)
{
    const char *line_start = p->run_start;
    const char *newline;
    while ((newline = memchr(line_start, '\n', end - line_start))) {
        p->line++;
        p->column = 0;
        line_start = newline + 1;
    }
    p->column += end - line_start;
    p->byte += end - p->run_start;
    p->run_start = end;
}

/* Ends parsing with the error 'text' at 'at', which lies in the run. */
static void PRINTF_FORMAT(3, 4)
    fail(struct json_parser *p, const char *at, const char *format, ...)
{
    if (p->error) {
        return;
    }
    advance(p, at);
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    p->error = error_create("line %zu, column %zu, byte %zu: %s", p->line,
                            p->column, p->byte, text);
    free(text);
    p->done = true;
}

/* --- Grammar ----------------------------------------------------------- */

/* A complete value arrived: puts it where it belongs. */
static void
put_value(struct json_parser *p, struct json *value)
{
    if (!p->stack.n) {
        p->result = value;
        p->parse_state = PARSE_END;
        p->done = p->trailer;
        return;
    }
    struct level *top = &vec_last(&p->stack);
    if (top->name) {
        if (json_object_find(top->container, top->name)) {
            json_object_put(top->container, top->name, value);
            json_name_unref(top->name);
        } else {
            json_object_add_name(top->container, top->name, value);
        }
        top->name = NULL;
        p->parse_state = PARSE_OBJECT_NEXT;
    } else {
        json_array_add(top->container, value);
        p->parse_state = PARSE_ARRAY_NEXT;
    }
}

static void
push_container(struct json_parser *p, const char *at, struct json *container)
{
    if (p->stack.n >= JSON_MAX_DEPTH) {
        json_unref(container);
        fail(p, at, "input exceeds maximum nesting depth %d", JSON_MAX_DEPTH);
        return;
    }
    struct level level = { container, NULL };
    vec_push(&p->stack, level);
    p->parse_state = container->type == JSON_OBJECT ? PARSE_OBJECT_BEGIN
                                                    : PARSE_ARRAY_BEGIN;
}

static void
pop_container(struct json_parser *p)
{
    put_value(p, vec_pop(&p->stack).container);
}

/* Handles a token where a value may stand.  For punctuation 'scalar' is NULL;
 * otherwise this takes it. */
static void
take_value(struct json_parser *p, const char *at, char punct,
           struct json *scalar)
{
    if (scalar) {
        put_value(p, scalar);
    } else if (punct == '{') {
        push_container(p, at, json_object_create());
    } else if (punct == '[') {
        push_container(p, at, json_array_create());
    } else {
        fail(p, at, "syntax error expecting value");
    }
}

/* Handles one token at 'at': punctuation 'punct', or 'scalar', which this
 * takes. */
static void
take_token(struct json_parser *p, const char *at, char punct,
           struct json *scalar)
{
    const char *expected = NULL;
    p->is_idle = false;
    p->n_values += scalar || punct == '[' || punct == '{';
    if (p->max_size && p->n_values > p->max_size / BYTES_PER_VALUE) {
        fail(p, at, "input exceeds maximum number of %zu values",
             p->max_size / BYTES_PER_VALUE);
        json_unref(scalar);
        return;
    }
    switch (p->parse_state) {
    case PARSE_START:
        if (punct == '{' || punct == '[') {
            take_value(p, at, punct, NULL);
            return;
        }
        expected = "syntax error at beginning of input";
        break;
    case PARSE_ARRAY_BEGIN:
        if (punct == ']') {
            pop_container(p);
            return;
        }
        FALLTHROUGH;
    case PARSE_ARRAY_VALUE:
    case PARSE_OBJECT_VALUE:
        take_value(p, at, punct, scalar);
        return;
    case PARSE_OBJECT_BEGIN:
        if (punct == '}') {
            pop_container(p);
            return;
        }
        FALLTHROUGH;
    case PARSE_OBJECT_NAME:
        expected = "syntax error parsing object expecting string";
        break;
    case PARSE_OBJECT_COLON:
        if (punct == ':') {
            p->parse_state = PARSE_OBJECT_VALUE;
            return;
        }
        expected = "syntax error parsing object expecting ':'";
        break;
    case PARSE_OBJECT_NEXT:
        if (punct == '}') {
            pop_container(p);
            return;
        } else if (punct == ',') {
            p->parse_state = PARSE_OBJECT_NAME;
            return;
        }
        expected = "syntax error expecting '}' or ','";
        break;
    case PARSE_ARRAY_NEXT:
        if (punct == ']') {
            pop_container(p);
            return;
        } else if (punct == ',') {
            p->parse_state = PARSE_ARRAY_VALUE;
            return;
        }
        expected = "syntax error expecting ']' or ','";
        break;
    case PARSE_END:
        expected = "trailing garbage at end of input";
        break;
    }
    json_unref(scalar);
    fail(p, at, "%s", expected);
}

/* --- Tokens ------------------------------------------------------------ */

static void
take_keyword(struct json_parser *p, const char *at, const char *s, size_t len)
{
    struct json *scalar = NULL;
    if (len == 4 && !memcmp(s, "true", 4)) {
        scalar = json_boolean_create(true);
    } else if (len == 5 && !memcmp(s, "false", 5)) {
        scalar = json_boolean_create(false);
    } else if (len == 4 && !memcmp(s, "null", 4)) {
        scalar = json_null_create();
    } else {
        fail(p, at, "invalid keyword '%.*s'", (int) MIN(len, 1000), s);
        return;
    }
    take_token(p, at, 0, scalar);
}

static void
take_number(struct json_parser *p, const char *at, const char *s, size_t len)
{
    char small[64];
    char *copy = NULL;
    if (len < sizeof small) {
        memcpy(small, s, len);
        small[len] = '\0';
        s = small;
    } else {
        s = copy = xmemdup0(s, len);
    }

    int64_t integer;
    const char *wrong = json_check_number(s);
    if (wrong) {
        fail(p, at, "%s", wrong);
    } else if (json_scan_integer(s, &integer)) {
        take_token(p, at, 0, json_integer_create(integer));
    } else {
        double value = strtod(s, NULL);
        if (isfinite(value)) {
            take_token(p, at, 0, json_real_create(value));
        } else {
            fail(p, at, "number outside valid range");
        }
    }
    free(copy);
}

/* Takes a string whose escapes are resolved: a name or a value. */
static void
take_plain_string(struct json_parser *p, const char *at, const char *s,
                  size_t len)
{
    if (p->parse_state == PARSE_OBJECT_BEGIN
        || p->parse_state == PARSE_OBJECT_NAME) {
        p->is_idle = false;
        vec_last(&p->stack).name = json_name_cache_get(&p->names, s, len);
        p->parse_state = PARSE_OBJECT_COLON;
    } else {
        take_token(p, at, 0, json_string_create_n(s, len));
    }
}

static void
take_string(struct json_parser *p, const char *at, const char *s, size_t len)
{
    if (!memchr(s, '\\', len)) {
        take_plain_string(p, at, s, len);
        return;
    }
    struct str out = STR_INITIALIZER;
    char *wrong = json_unescape(s, s + len, &out);
    if (wrong) {
        fail(p, at, "%s", wrong);
        free(wrong);
    } else {
        take_plain_string(p, at, str_text(&out), out.len);
    }
    str_uninit(&out);
}

/* Completes a token that began before 's' or at 's' and ends at 'end', where
 * 'at' is the position for errors. */
static void
end_token(struct json_parser *p, const char *s, const char *end)
{
    void (*take)(struct json_parser *, const char *, const char *, size_t) =
        p->lex_state == LEX_KEYWORD  ? take_keyword
        : p->lex_state == LEX_NUMBER ? take_number
                                     : take_string;
    p->lex_state = LEX_START;
    if (p->token.len) {
        str_put_n(&p->token, s, end - s);
        take(p, end, p->token.text, p->token.len);
        str_clear(&p->token);
    } else {
        take(p, end, s, end - s);
    }
}

/* --- Lexer ------------------------------------------------------------- */

/* Classes of characters between tokens and within numbers. */
enum {
    C_SPACE = 1,
    C_PUNCT = 2,
    C_LETTER = 4,
    C_NUMBER_START = 8,
    C_NUMBER = 16,
};

static uint8_t classes[256];

static void CONSTRUCTOR
init_classes(void)
{
    for (const char *s = " \t\n\r"; *s; s++) {
        classes[(uint8_t) *s] |= C_SPACE;
    }
    for (const char *s = "{}[],:"; *s; s++) {
        classes[(uint8_t) *s] |= C_PUNCT;
    }
    for (int c = 'a'; c <= 'z'; c++) {
        classes[c] |= C_LETTER;
    }
    for (const char *s = "-0123456789"; *s; s++) {
        classes[(uint8_t) *s] |= C_NUMBER_START | C_NUMBER;
    }
    for (const char *s = "+.eE"; *s; s++) {
        classes[(uint8_t) *s] |= C_NUMBER;
    }
}

/* Lexes the rest of a string from 's'; the part from 'start' on is not in
 * 'token' yet.  Returns where to go on. */
static const char *
lex_string(struct json_parser *p, const char *s, const char *end)
{
    const char *start = s;
    if (p->lex_state == LEX_ESCAPE && s < end) {
        p->lex_state = LEX_STRING;
        goto escaped;
    }
    for (;;) {
        s = json_skip_plain(s, end);
        if (s >= end) {
            break;
        }
        if (*s == '"') {
            end_token(p, start, s);
            return s + 1;
        }
        if (*s != '\\') {
            fail(p, s, "U+%04X must be escaped in quoted string",
                 (unsigned int) (uint8_t) *s);
            return s;
        }
        if (++s >= end) {
            p->lex_state = LEX_ESCAPE;
            break;
        }
escaped:
        if ((uint8_t) *s < 0x20) {
            fail(p, s, "U+%04X must be escaped in quoted string",
                 (unsigned int) (uint8_t) *s);
            return s;
        }
        s++;
    }
    str_put_n(&p->token, start, s - start);
    return s;
}

/* Lexes the rest of a keyword or number. */
static const char *
lex_word(struct json_parser *p, const char *s, const char *end)
{
    uint8_t kind = p->lex_state == LEX_KEYWORD ? C_LETTER : C_NUMBER;
    const char *start = s;
    while (s < end && classes[(uint8_t) *s] & kind) {
        s++;
    }
    if (s < end) {
        end_token(p, start, s);
    } else {
        str_put_n(&p->token, start, s - start);
    }
    return s;
}

static const char *
lex_start(struct json_parser *p, const char *s, const char *end)
{
    uint8_t c = *s;
    uint8_t kind = classes[c];
    if (kind & C_PUNCT) {
        take_token(p, s, c, NULL);
        return s + 1;
    } else if (c == '"') {
        p->lex_state = LEX_STRING;
        p->is_idle = false;
        return lex_string(p, s + 1, end);

    } else if (kind & C_SPACE) {
        return s + 1;

    } else if (kind & C_NUMBER_START) {
        p->lex_state = LEX_NUMBER;

    } else if (kind & C_LETTER) {
        p->lex_state = LEX_KEYWORD;
    } else if (c > 0x20 && c < 0x7f) {
        fail(p, s, "invalid character '%c'", c);
        return s;
    } else {
        fail(p, s, "invalid character U+%04x", (unsigned int) c);
        return s;
    }
    p->is_idle = false;
    return lex_word(p, s, end);
}

size_t
json_parser_feed(struct json_parser *p, const char *data, size_t size)
{
    const char *s = data;
    const char *end = data + size;

    p->run_start = data;
    while (s < end && !p->done) {
        switch (p->lex_state) {
        case LEX_START:
            s = lex_start(p, s, end);
            break;
        case LEX_KEYWORD:
        case LEX_NUMBER:
            s = lex_word(p, s, end);
            break;
        case LEX_STRING:
        case LEX_ESCAPE:
            s = lex_string(p, s, end);
            break;
        }
    }
    if (!p->error) {
        advance(p, s);
        if (p->max_size && p->byte > p->max_size && !p->result) {
            fail(p, s, "input exceeds maximum size of %zu bytes", p->max_size);
        }
    }
    return s - data;
}

struct error *
json_parser_finish(struct json_parser *p, struct json **jsonp)
{
    if (!p->done) {
        if (p->lex_state == LEX_STRING || p->lex_state == LEX_ESCAPE) {
            p->run_start = "";
            fail(p, p->run_start, "unexpected end of input in quoted string");
        } else if (p->lex_state != LEX_START) {
            /* White space ends the word. */
            json_parser_feed(p, " ", 1);
        }
        if (!p->error && p->parse_state != PARSE_END) {
            p->run_start = "";
            fail(p, p->run_start, "%s",
                 p->parse_state == PARSE_START ? "empty input stream"
                                               : "unexpected end of input");
        }
    }

    struct error *error = steal_ptr(&p->error);
    *jsonp = error ? NULL : steal_ptr(&p->result);
    parser_reset(p);
    return error;
}
