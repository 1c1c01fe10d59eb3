/* Datums to and from JSON text without JSON values between: for files, whose
 * records may be large and were checked when they were written. */

#include <string.h>

#include "base/utf8.h"
#include "db/data/datum.h"

static void
put_uuid(struct str *out, const struct uuid *uuid)
{
    char text[UUID_LEN + 1];
    uuid_format(uuid, text);
    str_put_n(out, "[\"uuid\",\"", 9);
    str_put_n(out, text, UUID_LEN);
    str_put_n(out, "\"]", 2);
}

void
atom_put_json(struct str *out, const union atom *atom, enum atom_type type)
{
    switch (type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        str_put_i64(out, atom->integer);
        return;
    case ATOM_REAL:
        json_put_real(out, atom->real);
        return;
    case ATOM_BOOLEAN:
        str_put(out, atom->boolean ? "true" : "false");
        return;
    case ATOM_STRING:
        json_put_string(out, atom->string->text, atom->string->len);
        return;
    case ATOM_UUID:
        put_uuid(out, &atom->uuid);
        return;
    }
    NOT_REACHED();
}

void
datum_put_json(struct str *out, const struct datum *d, const struct type *type)
{
    bool map = type_is_map(type);
    if (!map && d->n == 1) {
        atom_put_json(out, &d->keys[0], type->key.type);
        return;
    }
    str_put_n(out, map ? "[\"map\",[" : "[\"set\",[", 8);
    for (size_t i = 0; i < d->n; i++) {
        if (i) {
            str_put_char(out, ',');
        }
        if (map) {
            str_put_char(out, '[');
        }
        atom_put_json(out, &d->keys[i], type->key.type);
        if (map) {
            str_put_char(out, ',');
            atom_put_json(out, &d->values[i], type->value.type);
            str_put_char(out, ']');
        }
    }
    str_put_n(out, "]]", 2);
}

/* --- Reading ----------------------------------------------------------- */

static bool
read_string(union atom *atom, struct json_cursor *c)
{
    struct json_span span;
    if (!json_cursor_string(c, &span)
        || !utf8_check(span.text, span.len, NULL)) {
        return false;
    }
    atom->string = atom_string_create(span.text, span.len);
    return true;
}

static bool
read_uuid(union atom *atom, struct json_cursor *c)
{
    struct json_span span;
    return json_cursor_take(c, '[') && json_cursor_literal(c, "uuid")
           && json_cursor_take(c, ',') && json_cursor_string(c, &span)
           && span.len == UUID_LEN && uuid_parse_prefix(span.text, &atom->uuid)
           && json_cursor_take(c, ']');
}

static bool
read_unchecked(union atom *atom, enum atom_type type, struct json_cursor *c)
{
    switch (type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        return json_cursor_integer(c, &atom->integer);
    case ATOM_REAL:
        return json_cursor_real(c, &atom->real);
    case ATOM_BOOLEAN:
        return json_cursor_boolean(c, &atom->boolean);
    case ATOM_STRING:
        return read_string(atom, c);
    case ATOM_UUID:
        return read_uuid(atom, c);
    }
    NOT_REACHED();
}

static bool
read_atom(union atom *atom, const struct base_type *base,
          struct json_cursor *c)
{
    memset(atom, 0, sizeof *atom);
    if (!read_unchecked(atom, base->type, c)) {
        return false;
    }
    struct db_error *error = atom_check(atom, base);
    if (error) {
        db_error_destroy(error);
        atom_uninit(atom, base->type);
    }
    return !error;
}

/* Appends one element: an atom of a set, a pair of a map. */
static bool
read_element(struct datum *d, const struct type *type, struct json_cursor *c)
{
    union atom key, value;
    bool map = type_is_map(type);
    if ((map && !json_cursor_take(c, '['))
        || !read_atom(&key, &type->key, c)) {
        return false;
    }
    if (map
        && (!json_cursor_take(c, ',')
            || !read_atom(&value, &type->value, c))) {
        atom_uninit(&key, type->key.type);
        return false;
    }
    datum_add_take(d, &key, &value, type);
    return !map || json_cursor_take(c, ']');
}

/* The elements of ["set", [...]] or ["map", [...]] from the '[' on. */
static bool
read_elements(struct datum *d, const struct type *type, struct json_cursor *c)
{
    if (!json_cursor_take(c, '[')
        || !json_cursor_literal(c, type_is_map(type) ? "map" : "set")
        || !json_cursor_take(c, ',') || !json_cursor_take(c, '[')) {
        return false;
    }
    bool first = true, more;
    for (;;) {
        if (!json_cursor_next(c, ']', &first, &more)) {
            return false;
        }
        if (!more) {
            return json_cursor_take(c, ']');
        }
        if (!read_element(d, type, c)) {
            return false;
        }
    }
}

/* Whether a value of a set is not an atom but ["set", ...]. */
static bool
is_tagged(const struct type *type, struct json_cursor *c)
{
    if (!json_cursor_next_is(c, '[')) {
        return false;
    }
    if (type->key.type != ATOM_UUID) {
        return true;
    }
    /* ["uuid", ...] is an atom. */
    struct json_cursor ahead = { .p = c->p + 1, .end = c->end };
    struct json_span span;
    bool tagged = json_cursor_string(&ahead, &span) && span.len == 3;
    json_cursor_uninit(&ahead);
    return tagged;
}

bool
datum_read_json(struct datum *d, const struct type *type,
                struct json_cursor *c, bool is_diff)
{
    datum_init_empty(d);
    bool good =
        type_is_map(type) || is_tagged(type, c)
            ? read_elements(d, type, c)
                  && (is_diff || (d->n >= type->n_min && d->n <= type->n_max))
            : read_element(d, type, c);
    if (good) {
        struct db_error *error = datum_sort(d, type);
        good = !error;
        db_error_destroy(error);
    }
    if (!good) {
        datum_uninit(d, type);
    }
    return good;
}
