/* Atoms: life, order, JSON, constraints. */

#include "db/data/atom.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "db/data/datum.h"
#include "db/data/members.h"
#include "db/data/type.h"

static const char *const type_names[ATOM_N_TYPES] = {
    [ATOM_VOID] = "void",     [ATOM_INTEGER] = "integer",
    [ATOM_REAL] = "real",     [ATOM_BOOLEAN] = "boolean",
    [ATOM_STRING] = "string", [ATOM_UUID] = "uuid",
};

const char *
atom_type_name(enum atom_type type)
{
    return type_names[type];
}

bool
atom_type_parse(const char *name, enum atom_type *typep)
{
    for (enum atom_type type = ATOM_INTEGER; type < ATOM_N_TYPES; type++) {
        if (!strcmp(name, type_names[type])) {
            *typep = type;
            return true;
        }
    }
    *typep = ATOM_VOID;
    return false;
}

/* Short strings made lately, by hash: keys of maps and common values come
 * again and again, and share their memory. */
enum { N_RECENT = 1024, RECENT_LEN = 32 };
static _Thread_local struct atom_string *recent[N_RECENT];

static struct atom_string *
string_create(const char *text, size_t len)
{
    struct atom_string *s = xmalloc(sizeof *s + len + 1);
    s->n_refs = 1;
    s->len = len;
    memcpy(s->text, text, len);
    s->text[len] = '\0';
    return s;
}

struct atom_string *
atom_string_create(const char *text, size_t len)
{
    if (len > RECENT_LEN) {
        return string_create(text, len);
    }
    struct atom_string **slot = &recent[hash_bytes(text, len, 0) % N_RECENT];
    if (!*slot || (*slot)->len != len || memcmp((*slot)->text, text, len)) {
        atom_string_unref(*slot);
        *slot = string_create(text, len);
    }
    return atom_string_ref(*slot);
}

void
atom_string_unref(struct atom_string *s)
{
    if (s && !--s->n_refs) {
        free(s);
    }
}

union atom
atom_from_string(const char *text)
{
    return (union atom){ .string = atom_string_create(text, strlen(text)) };
}

void
atom_init_default(union atom *atom, enum atom_type type)
{
    memset(atom, 0, sizeof *atom);
    if (type == ATOM_STRING) {
        atom->string = atom_string_create("", 0);
    }
}

bool
atom_is_default(const union atom *atom, enum atom_type type)
{
    switch (type) {
    case ATOM_VOID:
        return true;
    case ATOM_INTEGER:
        return !atom->integer;
    case ATOM_REAL:
        return atom->real == 0.0;
    case ATOM_BOOLEAN:
        return !atom->boolean;
    case ATOM_STRING:
        return !atom->string->len;
    case ATOM_UUID:
        return uuid_is_zero(&atom->uuid);
    }
    NOT_REACHED();
}

void
atom_clone(union atom *dst, const union atom *src, enum atom_type type)
{
    *dst = *src;
    if (type == ATOM_STRING) {
        atom_string_ref(dst->string);
    }
}

void
atom_uninit(union atom *atom, enum atom_type type)
{
    if (type == ATOM_STRING) {
        atom_string_unref(atom->string);
    }
}

int
atom_compare(const union atom *a, const union atom *b, enum atom_type type)
{
    switch (type) {
    case ATOM_VOID:
        return 0;
    case ATOM_INTEGER:
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    case ATOM_REAL:
        return a->real < b->real ? -1 : a->real > b->real;
    case ATOM_BOOLEAN:
        return a->boolean - b->boolean;
    case ATOM_STRING:
        return a->string == b->string
                   ? 0
                   : strcmp(a->string->text, b->string->text);
    case ATOM_UUID:
        return uuid_compare(&a->uuid, &b->uuid);
    }
    NOT_REACHED();
}

bool
atom_equal(const union atom *a, const union atom *b, enum atom_type type)
{
    if (type == ATOM_STRING) {
        return a->string == b->string
               || (a->string->len == b->string->len
                   && !memcmp(a->string->text, b->string->text,
                              a->string->len));
    }
    return !atom_compare(a, b, type);
}

uint32_t
atom_hash(const union atom *atom, enum atom_type type, uint32_t basis)
{
    switch (type) {
    case ATOM_VOID:
        return basis;
    case ATOM_INTEGER:
        return hash_u64(atom->integer, basis);
    case ATOM_REAL: {
        /* -0.0 equals 0.0. */
        double real = atom->real == 0.0 ? 0.0 : atom->real;
        return hash_bytes(&real, sizeof real, basis);
    }
    case ATOM_BOOLEAN:
        return hash_u32(atom->boolean, basis);
    case ATOM_STRING:
        return hash_bytes(atom->string->text, atom->string->len, basis);
    case ATOM_UUID:
        return hash_u32(uuid_hash(&atom->uuid), basis);
    }
    NOT_REACHED();
}

/* JSON. */

/* RFC 7047 §5.1 <uuid> and <named-uuid>. */
static struct db_error *
uuid_from_json(struct uuid *uuid, const struct json *json,
               struct symbol_table *symbols)
{
    bool pair = json->type == JSON_ARRAY && json->array.n == 2
                && json_item(json, 0)->type == JSON_STRING
                && json_item(json, 1)->type == JSON_STRING;
    const char *name = pair ? json_text(json_item(json, 1)) : NULL;
    if (pair && !strcmp(json_text(json_item(json, 0)), "uuid")) {
        if (!uuid_parse(name, uuid)) {
            return db_error_syntax(json, "\"%s\" is not a valid UUID", name);
        }
        return NULL;
    }
    if (pair && symbols
        && !strcmp(json_text(json_item(json, 0)), "named-uuid")) {
        if (!members_is_id(name)) {
            return db_error_syntax(json,
                                   "named-uuid string is not a valid <id>");
        }
        *uuid = symbol_get(symbols, name)->uuid;
        return NULL;
    }
    return db_error_syntax(json, "expected [\"%s\", <string>]", "uuid");
}

struct db_error *
atom_from_json_unchecked(union atom *atom, enum atom_type type,
                         const struct json *json, struct symbol_table *symbols)
{
    memset(atom, 0, sizeof *atom);
    switch (type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        if (json->type == JSON_INTEGER) {
            atom->integer = json->integer;
            return NULL;
        }
        break;
    case ATOM_REAL:
        if (json->type == JSON_INTEGER || json->type == JSON_REAL) {
            atom->real = json_number(json);
            return NULL;
        }
        break;
    case ATOM_BOOLEAN:
        if (json_is_boolean(json)) {
            atom->boolean = json->type == JSON_TRUE;
            return NULL;
        }
        break;
    case ATOM_STRING:
        if (json->type == JSON_STRING) {
            atom->string =
                atom_string_create(json_text(json), json->string.len);
            return NULL;
        }
        break;
    case ATOM_UUID:
        return uuid_from_json(&atom->uuid, json, symbols);
    }
    return db_error_syntax(json, "expected %s", atom_type_name(type));
}

/* JSON lets unpaired surrogates and any bytes pass; the database does not. */
static struct db_error *
check_utf8(const union atom *atom, enum atom_type type)
{
    char *bytes = type == ATOM_STRING ? atom_bad_utf8(atom) : NULL;
    if (!bytes) {
        return NULL;
    }
    struct db_error *error = db_error_create(
        "constraint violation",
        "not a valid UTF-8 string: invalid UTF-8 sequence %s", bytes);
    free(bytes);
    return error;
}

struct db_error *
atom_from_json(union atom *atom, const struct base_type *base,
               const struct json *json, struct symbol_table *symbols)
{
    struct db_error *error =
        atom_from_json_unchecked(atom, base->type, json, symbols);
    if (error) {
        return error;
    }
    /* The symbol learns how it is referred to. */
    if (base->type == ATOM_UUID && symbols && json->type == JSON_ARRAY
        && json->array.n == 2 && base->uuid.ref_table_name
        && !strcmp(json_text(json_item(json, 0)), "named-uuid")) {
        struct symbol *symbol =
            symbol_get(symbols, json_text(json_item(json, 1)));
        if (base->uuid.ref_type == REF_STRONG) {
            symbol->strong_ref = true;
        } else {
            symbol->weak_ref = true;
        }
    }
    error = check_utf8(atom, base->type);
    if (!error) {
        error = atom_check(atom, base);
    }
    if (error) {
        atom_uninit(atom, base->type);
        memset(atom, 0, sizeof *atom);
    }
    return error;
}

struct json *
atom_to_json(const union atom *atom, enum atom_type type)
{
    switch (type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        return json_integer_create(atom->integer);
    case ATOM_REAL:
        return json_real_create(atom->real);
    case ATOM_BOOLEAN:
        return json_boolean_create(atom->boolean);
    case ATOM_STRING:
        return json_string_create_n(atom->string->text, atom->string->len);
    case ATOM_UUID: {
        char text[UUID_LEN + 1];
        uuid_format(&atom->uuid, text);
        return json_array_create_2(json_string_create_n("uuid", 4),
                                   json_string_create_n(text, UUID_LEN));
    }
    }
    NOT_REACHED();
}

/* Constraints. */

static struct db_error *
check_enum(const union atom *atom, const struct base_type *base)
{
    struct type type = { .n_min = 1, .n_max = TYPE_UNLIMITED };
    base_type_init(&type.key, base->type);
    base_type_init(&type.value, ATOM_VOID);
    if (datum_find_key(base->enum_, atom, &type) != DATUM_NOT_FOUND) {
        return NULL;
    }
    struct str value = STR_INITIALIZER;
    struct str allowed = STR_INITIALIZER;
    atom_format(&value, atom, base->type);
    datum_format(&allowed, base->enum_, &type);
    struct db_error *error = db_error_create(
        "constraint violation", "%s is not one of the allowed values (%s)",
        str_text(&value), str_text(&allowed));
    str_uninit(&value);
    str_uninit(&allowed);
    return error;
}

static struct db_error *
check_integer(int64_t value, const struct base_type *base)
{
    int64_t min = base->integer.min;
    int64_t max = base->integer.max;
    if (value >= min && value <= max) {
        return NULL;
    }
    if (max == INT64_MAX) {
        return db_error_create("constraint violation",
                               "%" PRId64
                               " is less than minimum allowed value %" PRId64,
                               value, min);
    }
    if (min == INT64_MIN) {
        return db_error_create(
            "constraint violation",
            "%" PRId64 " is greater than maximum allowed value %" PRId64,
            value, max);
    }
    return db_error_create("constraint violation",
                           "%" PRId64 " is not in the valid range %" PRId64
                           " to %" PRId64 " (inclusive)",
                           value, min, max);
}

static struct db_error *
check_real(double value, const struct base_type *base)
{
    double min = base->real.min;
    double max = base->real.max;
    if (value >= min && value <= max) {
        return NULL;
    }
    if (min != -DBL_MAX && max != DBL_MAX) {
        return db_error_create(
            "constraint violation",
            "%.*g is not in the valid range %.*g to %.*g (inclusive)", DBL_DIG,
            value, DBL_DIG, min, DBL_DIG, max);
    }
    if (min != -DBL_MAX) {
        return db_error_create("constraint violation",
                               "%.*g is less than minimum allowed value %.*g",
                               DBL_DIG, value, DBL_DIG, min);
    }
    return db_error_create("constraint violation",
                           "%.*g is greater than maximum allowed value %.*g",
                           DBL_DIG, value, DBL_DIG, max);
}

static size_t
count_characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++) {
        n += (*s & 0xc0) != 0x80;
    }
    return n;
}

static struct db_error *
check_string(const struct atom_string *s, const struct base_type *base)
{
    if (!base->string.min_len && base->string.max_len == UINT32_MAX) {
        return NULL;
    }
    size_t len = count_characters(s->text);
    if (len < base->string.min_len) {
        return db_error_create("constraint violation",
                               "\"%s\" length %zu is less than minimum "
                               "allowed length %u",
                               s->text, len, base->string.min_len);
    }
    if (len > base->string.max_len) {
        return db_error_create("constraint violation",
                               "\"%s\" length %zu is greater than maximum "
                               "allowed length %u",
                               s->text, len, base->string.max_len);
    }
    return NULL;
}

struct db_error *
atom_check(const union atom *atom, const struct base_type *base)
{
    if (base->enum_) {
        return check_enum(atom, base);
    }
    switch (base->type) {
    case ATOM_VOID:
    case ATOM_BOOLEAN:
    case ATOM_UUID:
        return NULL;
    case ATOM_INTEGER:
        return check_integer(atom->integer, base);
    case ATOM_REAL:
        return check_real(atom->real, base);
    case ATOM_STRING:
        return check_string(atom->string, base);
    }
    NOT_REACHED();
}
