/* Datums in the syntax of ovs-vsctl(8): "[a, b]", "{k=v, k2=v2}", brackets
 * optional on input. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/datum.h"

static const char *
skip_spaces(const char *p)
{
    return p + strspn(p, " ");
}

/* Takes the token at '*pp', quotes included; '*tokenp' is the caller's. */
static struct error *
take_token(const char **pp, char **tokenp)
{
    const char *start = *pp;
    const char *p = start;
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            if (*p == '\\' && p[1]) {
                p++;
            }
        }
        if (!*p) {
            *tokenp = NULL;
            return error_create(
                "%s: quoted string extends past end of argument", start);
        }
        p++;
    }
    struct str token = STR_INITIALIZER;
    str_put_n(&token, start, p - start);
    for (; *p && !strchr(":=, []{}!<>", *p); p++) {
        /* A backslash stands for the character after it. */
        p += *p == '\\' && p[1];
        str_put_char(&token, *p);
    }
    *pp = p;
    *tokenp = str_steal(&token);
    return NULL;
}

static struct error *
parse_atom(const char **pp, union atom *atom, union atom **range_endp,
           const struct base_type *base, struct symbol_table *symbols)
{
    char *token;
    struct error *error = take_token(pp, &token);
    if (!error) {
        error = atom_from_text(atom, range_endp, base, token, symbols);
    }
    free(token);
    return error;
}

/* Parses one value, range or pair and appends it. */
static struct error *
parse_element(const char *text, const char **pp, struct datum *d,
              const struct type *type, struct symbol_table *symbols)
{
    bool map = type_is_map(type);
    union atom key, value;
    union atom *range_end = NULL;
    struct error *error =
        parse_atom(pp, &key, map ? NULL : &range_end, &type->key, symbols);
    if (error) {
        return error;
    }
    if (map) {
        *pp = skip_spaces(*pp);
        if (**pp != '=') {
            /* The text ends after the quote at the end of the input, as
             * scripts know it. */
            error = **pp ? error_create("%s: syntax error at \"%c\" "
                                        "expecting \"=\"",
                                        text, **pp)
                         : error_create("%s: syntax error at \"", text);
        } else {
            *pp = skip_spaces(*pp + 1);
            error = parse_atom(pp, &value, NULL, &type->value, symbols);
        }
        if (error) {
            atom_uninit(&key, type->key.type);
            return error;
        }
    }
    datum_add_take(d, &key, &value, type);
    if (range_end) {
        for (int64_t i = key.integer; i < range_end->integer;) {
            union atom next = { .integer = ++i };
            datum_add_take(d, &next, NULL, type);
        }
        free(range_end);
    }
    return NULL;
}

static struct error *
parse_elements(const char *text, struct datum *d, const struct type *type,
               struct symbol_table *symbols)
{
    const char *p = skip_spaces(text);
    bool map = type_is_map(type);
    char end = '\0';
    if (*p == (map ? '{' : '[')) {
        end = map ? '}' : ']';
        p = skip_spaces(p + 1);
    }
    while (*p && *p != end) {
        if (strchr(":=,[]{}!<>", *p)) {
            char *english = type_to_english(type);
            struct error *error = error_create(
                "%s: unexpected \"%c\" parsing %s", text, *p, english);
            free(english);
            return error;
        }
        struct error *error = parse_element(text, &p, d, type, symbols);
        if (error) {
            return error;
        }
        p = skip_spaces(p);
        if (*p == ',') {
            p = skip_spaces(p + 1);
        }
    }
    if (end && *p != end) {
        return error_create("%s: missing \"%c\" at end of data", text, end);
    }
    if (end && *skip_spaces(p + 1)) {
        return error_create("%s: trailing garbage after \"%c\"", text, end);
    }
    return NULL;
}

static struct error *
check(struct datum *d, const struct type *type, const char *text)
{
    if (d->n < type->n_min) {
        return error_create("%s: %zu value(s) specified but the minimum "
                            "number is %u",
                            text, d->n, type->n_min);
    }
    if (d->n > type->n_max) {
        return error_create("%s: %zu value(s) specified but the maximum "
                            "number is %u",
                            text, d->n, type->n_max);
    }
    struct db_error *error = datum_sort(d, type);
    if (error) {
        db_error_destroy(error);
        return error_create("%s: %s", text,
                            type_is_map(type)
                                ? "map contains duplicate key"
                                : "set contains duplicate value");
    }
    return NULL;
}

struct error *
datum_from_text(struct datum *d, const struct type *type, const char *text,
                struct symbol_table *symbols)
{
    datum_init_empty(d);
    struct error *error = parse_elements(text, d, type, symbols);
    if (!error) {
        error = check(d, type, text);
    }
    if (error) {
        datum_uninit(d, type);
    }
    return error;
}

void
datum_format(struct str *s, const struct datum *d, const struct type *type)
{
    bool map = type_is_map(type);
    bool brackets = type->n_max > 1 || !d->n;
    if (brackets) {
        str_put_char(s, map ? '{' : '[');
    }
    for (size_t i = 0; i < d->n; i++) {
        if (i) {
            str_put(s, ", ");
        }
        atom_format(s, &d->keys[i], type->key.type);
        if (map) {
            str_put_char(s, '=');
            atom_format(s, &d->values[i], type->value.type);
        }
    }
    if (brackets) {
        str_put_char(s, map ? '}' : ']');
    }
}

void
datum_format_bare(struct str *s, const struct datum *d,
                  const struct type *type)
{
    for (size_t i = 0; i < d->n; i++) {
        if (i) {
            str_put_char(s, ' ');
        }
        atom_format_bare(s, &d->keys[i], type->key.type);
        if (type_is_map(type)) {
            str_put_char(s, '=');
            atom_format_bare(s, &d->values[i], type->value.type);
        }
    }
}
