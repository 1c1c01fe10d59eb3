/* Datums as JSON: RFC 7047 §5.1 <value>. */

#include <string.h>

#include "db/data/datum.h"

/* How strictly a value is read. */
enum strictness {
    STRICT,    /* Everything 'type' demands. */
    UNLIMITED, /* Any number of elements. */
    UNCHECKED, /* Only the types of atoms. */
};

struct context {
    const struct type *type;
    enum strictness strictness;
    struct symbol_table *symbols; /* May be NULL. */
};

/* The array of ["set", ARRAY] or ["map", ARRAY], or NULL. */
static const struct json *
tagged_array(const struct json *json, const char *tag)
{
    if (json->type == JSON_ARRAY && json->array.n == 2
        && json_item(json, 0)->type == JSON_STRING
        && !strcmp(json_text(json_item(json, 0)), tag)
        && json_item(json, 1)->type == JSON_ARRAY) {
        return json_item(json, 1);
    }
    return NULL;
}

static struct db_error *
parse_atom(union atom *atom, const struct base_type *base,
           const struct json *json, const struct context *c)
{
    return c->strictness == UNCHECKED
               ? atom_from_json_unchecked(atom, base->type, json, c->symbols)
               : atom_from_json(atom, base, json, c->symbols);
}

/* Appends one element: an atom of a set, a pair of a map. */
static struct db_error *
parse_element(struct datum *d, const struct json *json,
              const struct context *c)
{
    const struct type *type = c->type;
    bool map = type_is_map(type);
    if (map && (json->type != JSON_ARRAY || json->array.n != 2)) {
        return db_error_syntax(json, "expected 2-element array");
    }
    union atom key, value;
    struct db_error *error =
        parse_atom(&key, &type->key, map ? json_item(json, 0) : json, c);
    if (error) {
        return error;
    }
    if (map) {
        error = parse_atom(&value, &type->value, json_item(json, 1), c);
        if (error) {
            atom_uninit(&key, type->key.type);
            return error;
        }
    }
    datum_add_take(d, &key, &value, type);
    return NULL;
}

static struct db_error *
check_n(size_t n, const struct json *json, const struct context *c)
{
    const struct type *type = c->type;
    if (c->strictness != STRICT || (n >= type->n_min && n <= type->n_max)) {
        return NULL;
    }
    const char *class = type_is_map(type) ? "map" : "set";
    if (type->n_min == type->n_max) {
        return db_error_syntax(
            json, "%s must have exactly one member but %zu are present", class,
            n);
    }
    return db_error_syntax(json,
                           "%s must have %u to %u members but %zu are present",
                           class, type->n_min, type->n_max, n);
}

static struct db_error *
parse(struct datum *d, const struct json *json, const struct context *c)
{
    bool map = type_is_map(c->type);
    const char *class = map ? "map" : "set";
    const struct json *array = tagged_array(json, class);
    if (!array) {
        bool tagged = json->type == JSON_ARRAY && json->array.n > 0
                      && json_item(json, 0)->type == JSON_STRING
                      && !strcmp(json_text(json_item(json, 0)), "set");
        if (map || tagged) {
            return db_error_syntax(json, "expected [\"%s\", <array>]", class);
        }
        return parse_element(d, json, c);
    }
    struct db_error *error = check_n(array->array.n, json, c);
    for (size_t i = 0; !error && i < array->array.n; i++) {
        error = parse_element(d, json_item(array, i), c);
    }
    return error ? error : datum_sort(d, c->type);
}

static struct db_error *
from_json(struct datum *d, const struct json *json, const struct context *c)
{
    datum_init_empty(d);
    struct db_error *error = parse(d, json, c);
    if (error) {
        datum_uninit(d, c->type);
    }
    return error;
}

struct db_error *
datum_from_json(struct datum *d, const struct type *type,
                const struct json *json, struct symbol_table *symbols)
{
    struct context c = { type, STRICT, symbols };
    return from_json(d, json, &c);
}

struct db_error *
datum_from_json_unlimited(struct datum *d, const struct type *type,
                          const struct json *json,
                          struct symbol_table *symbols)
{
    struct context c = { type, UNLIMITED, symbols };
    return from_json(d, json, &c);
}

struct db_error *
datum_from_json_unchecked(struct datum *d, const struct type *type,
                          const struct json *json)
{
    struct context c = { type, UNCHECKED, NULL };
    return from_json(d, json, &c);
}

struct json *
datum_to_json(const struct datum *d, const struct type *type)
{
    bool map = type_is_map(type);
    if (!map && d->n == 1) {
        return atom_to_json(&d->keys[0], type->key.type);
    }
    struct json *array = json_array_create();
    for (size_t i = 0; i < d->n; i++) {
        struct json *item = atom_to_json(&d->keys[i], type->key.type);
        if (map) {
            item = json_array_create_2(
                item, atom_to_json(&d->values[i], type->value.type));
        }
        json_array_add(array, item);
    }
    return json_array_create_2(json_string_create(map ? "map" : "set"), array);
}

struct db_error *
datum_check(const struct datum *d, const struct type *type)
{
    struct db_error *error = NULL;
    for (size_t i = 0; !error && i < d->n; i++) {
        error = atom_check(&d->keys[i], &type->key);
        if (!error && type_is_map(type)) {
            error = atom_check(&d->values[i], &type->value);
        }
    }
    return error;
}
