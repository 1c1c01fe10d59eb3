/* JSON printing, and parsing of whole texts and files. */

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rpc/json/json.h"
#include "rpc/json/lexer.h"
#include "rpc/json/parser.h"

struct printer {
    struct str *out;
    enum json_print_flags flags;
    int depth;                      /* Levels of indentation. */
    const struct json_parts *parts; /* Who takes long texts, or NULL. */
};

static void
put_escape(struct str *out, uint8_t c)
{
    static const char short_forms[] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'
    };
    char letter = c < sizeof short_forms ? short_forms[c] : 0;
    if (letter) {
        str_put_char(out, '\\');
        str_put_char(out, letter);
    } else {
        str_putf(out, "\\u%04x", (unsigned int) c);
    }
}

void
json_put_string(struct str *out, const char *text, size_t len)
{
    const char *end = text + len;

    str_put_char(out, '"');
    while (text < end) {
        const char *plain_end = json_skip_plain(text, end);
        str_put_n(out, text, plain_end - text);
        text = plain_end;
        if (text < end) {
            put_escape(out, *text++);
        }
    }
    str_put_char(out, '"');
}

void
json_put_name(struct str *out, const char *name, size_t len)
{
    if (str_last(out) != '{') {
        str_put_char(out, ',');
    }
    json_put_string(out, name, len);
    str_put_char(out, ':');
}

void
json_put_real(struct str *out, double value)
{
    char buffer[64];
    /* Fifteen digits: what files and peers have always carried. */
    snprintf(buffer, sizeof buffer, "%.*g", DBL_DIG, value);
    str_put(out, buffer);
}

static void
put_line(struct printer *p)
{
    if (p->flags & JSON_PRETTY) {
        str_put_char(p->out, '\n');
        str_put_repeat(p->out, ' ', 2 * p->depth);
    }
}

static void print_value(struct printer *, const struct json *);

static int
compare_members(const void *a_, const void *b_)
{
    const struct json_member *const *a = a_;
    const struct json_member *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static void
print_member(struct printer *p, const struct json_member *m, bool first)
{
    if (!first) {
        str_put_char(p->out, ',');
        put_line(p);
    }
    json_put_string(p->out, m->name, strlen(m->name));
    str_put_char(p->out, ':');
    if (p->flags & JSON_PRETTY) {
        str_put_char(p->out, ' ');
    }
    print_value(p, m->value);
}

static void
print_object(struct printer *p, const struct json_object *object)
{
    str_put_char(p->out, '{');
    p->depth++;
    put_line(p);
    if (p->flags & JSON_SORT) {
        const struct json_member **sorted =
            xmalloc((object->n + 1) * sizeof *sorted);
        for (size_t i = 0; i < object->n; i++) {
            sorted[i] = &object->members[i];
        }
        qsort(sorted, object->n, sizeof *sorted, compare_members);
        for (size_t i = 0; i < object->n; i++) {
            print_member(p, sorted[i], !i);
        }
        free(sorted);
    } else {
        for (size_t i = 0; i < object->n; i++) {
            print_member(p, &object->members[i], !i);
        }
    }
    p->depth--;
    str_put_char(p->out, '}');
}

static void
print_array(struct printer *p, const struct json_array *array)
{
    str_put_char(p->out, '[');
    if (array->n) {
        p->depth++;
        put_line(p);
        for (size_t i = 0; i < array->n; i++) {
            if (i) {
                str_put_char(p->out, ',');
                put_line(p);
            }
            print_value(p, array->items[i]);
        }
        p->depth--;
    }
    str_put_char(p->out, ']');
}

static void
print_value(struct printer *p, const struct json *json)
{
    switch (json->type) {
    case JSON_NULL:
        str_put(p->out, "null");
        return;
    case JSON_FALSE:
        str_put(p->out, "false");
        return;
    case JSON_TRUE:
        str_put(p->out, "true");
        return;
    case JSON_OBJECT:
        print_object(p, &json->object);
        return;
    case JSON_ARRAY:
        print_array(p, &json->array);
        return;
    case JSON_INTEGER:
        str_put_i64(p->out, json->integer);
        return;
    case JSON_REAL:
        json_put_real(p->out, json->real);
        return;
    case JSON_STRING:
        json_put_string(p->out, json->string.text, json->string.len);
        return;
    case JSON_SERIALIZED:
        if (p->parts && json->string.len >= p->parts->min) {
            p->parts->take(p->parts->aux, json_ref(json));
            return;
        }
        str_put_n(p->out, json->string.text, json->string.len);
        return;
    }
    NOT_REACHED();
}

void
json_put_parts(struct str *out, const struct json *json,
               enum json_print_flags flags, const struct json_parts *parts)
{
    struct printer p = { out, flags, 0, parts };
    print_value(&p, json);
}

void
json_put(struct str *out, const struct json *json, enum json_print_flags flags)
{
    json_put_parts(out, json, flags, NULL);
}

char *
json_print(const struct json *json, enum json_print_flags flags)
{
    struct str out = STR_INITIALIZER;
    json_put(&out, json, flags);
    return str_steal(&out);
}

struct error *
json_parse(const char *text, size_t size, struct json **jsonp)
{
    struct json_parser *parser = json_parser_create(false);
    json_parser_feed(parser, text, size);
    struct error *error = json_parser_finish(parser, jsonp);
    json_parser_destroy(parser);
    return error;
}

struct error *
json_parse_string(const char *text, struct json **jsonp)
{
    return json_parse(text, strlen(text), jsonp);
}

struct error *
json_parse_file(const char *name, struct json **jsonp)
{
    bool is_stdin = !strcmp(name, "-");
    FILE *stream = is_stdin ? stdin : fopen(name, "r");

    *jsonp = NULL;
    if (!stream) {
        return error_create("error opening \"%s\": %s", name, strerror(errno));
    }
    struct json_parser *parser = json_parser_create(false);
    for (;;) {
        char buffer[65536];
        size_t n = fread(buffer, 1, sizeof buffer, stream);
        if (!n || json_parser_feed(parser, buffer, n) != n) {
            break;
        }
    }
    struct error *error = NULL;
    if (ferror(stream)) {
        error =
            error_create("error reading \"%s\": %s", name, strerror(errno));
    } else {
        error = json_parser_finish(parser, jsonp);
    }
    json_parser_destroy(parser);
    if (!is_stdin) {
        fclose(stream);
    }
    return error;
}
