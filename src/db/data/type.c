/* Types of columns. */

#include "db/data/type.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/datum.h"
#include "db/data/members.h"

void
base_type_init(struct base_type *base, enum atom_type type)
{
    memset(base, 0, sizeof *base);
    base->type = type;
    switch (type) {
    case ATOM_INTEGER:
        base->integer.min = INT64_MIN;
        base->integer.max = INT64_MAX;
        break;
    case ATOM_REAL:
        base->real.min = -DBL_MAX;
        base->real.max = DBL_MAX;
        break;
    case ATOM_STRING:
        base->string.max_len = UINT32_MAX;
        break;
    case ATOM_VOID:
    case ATOM_BOOLEAN:
    case ATOM_UUID:
        break;
    }
}

/* The type of 'enum_' of a base type of 'type'. */
static struct type
enum_type(enum atom_type type)
{
    struct type t = { .n_min = 1, .n_max = TYPE_UNLIMITED };
    base_type_init(&t.key, type);
    base_type_init(&t.value, ATOM_VOID);
    return t;
}

void
base_type_clone(struct base_type *dst, const struct base_type *src)
{
    *dst = *src;
    if (src->enum_) {
        dst->enum_ = xmalloc(sizeof *dst->enum_);
        datum_clone(dst->enum_, src->enum_);
    }
    if (src->type == ATOM_UUID) {
        dst->uuid.ref_table_name = xstrdup_nullable(src->uuid.ref_table_name);
    }
}

void
base_type_uninit(struct base_type *base)
{
    if (base->enum_) {
        struct type type = enum_type(base->type);
        datum_uninit(base->enum_, &type);
        free(base->enum_);
        base->enum_ = NULL;
    }
    if (base->type == ATOM_UUID) {
        free(base->uuid.ref_table_name);
        base->uuid.ref_table_name = NULL;
    }
}

bool
base_type_has_constraints(const struct base_type *base)
{
    if (base->enum_) {
        return true;
    }
    switch (base->type) {
    case ATOM_INTEGER:
        return base->integer.min != INT64_MIN
               || base->integer.max != INT64_MAX;
    case ATOM_REAL:
        return base->real.min != -DBL_MAX || base->real.max != DBL_MAX;
    case ATOM_STRING:
        return base->string.min_len != 0 || base->string.max_len != UINT32_MAX;
    case ATOM_UUID:
        return base->uuid.ref_table_name != NULL;
    case ATOM_VOID:
    case ATOM_BOOLEAN:
        return false;
    }
    NOT_REACHED();
}

void
base_type_clear_constraints(struct base_type *base)
{
    enum atom_type type = base->type;
    base_type_uninit(base);
    base_type_init(base, type);
}

bool
base_type_is_strong_ref(const struct base_type *base)
{
    return base_type_is_ref(base) && base->uuid.ref_type == REF_STRONG;
}

bool
base_type_is_weak_ref(const struct base_type *base)
{
    return base_type_is_ref(base) && base->uuid.ref_type == REF_WEAK;
}

/* JSON in. */

static struct db_error *
atomic_type_from_json(enum atom_type *typep, const struct json *json)
{
    if (json->type != JSON_STRING) {
        return db_error_syntax(json, "atomic-type expected");
    }
    if (!atom_type_parse(json_text(json), typep)) {
        return db_error_syntax(json, "\"%s\" is not an atomic-type",
                               json_text(json));
    }
    return NULL;
}

static struct db_error *
enum_from_json(struct base_type *base, const struct json *json)
{
    struct type type = enum_type(base->type);
    struct datum datum;
    struct db_error *error = datum_from_json(&datum, &type, json, NULL);
    if (!error) {
        base->enum_ = xmemdup(&datum, sizeof datum);
    }
    return error;
}

static struct db_error *
length_from_json(const char *name, uint32_t *lenp, const struct json *json)
{
    if (!json) {
        return NULL;
    }
    if (json->integer < 0 || json->integer > UINT32_MAX) {
        return db_error_syntax(json, "%s out of valid range 0 to %u", name,
                               UINT32_MAX);
    }
    *lenp = json->integer;
    return NULL;
}

static struct db_error *
ref_from_json(struct base_type *base, const struct json *table,
              const struct json *ref_type, const struct json *whole)
{
    if (!table) {
        return NULL;
    }
    base->uuid.ref_table_name = xstrdup(json_text(table));
    base->uuid.ref_type = REF_STRONG;
    if (!ref_type || !strcmp(json_text(ref_type), "strong")) {
        return NULL;
    }
    if (!strcmp(json_text(ref_type), "weak")) {
        base->uuid.ref_type = REF_WEAK;
        return NULL;
    }
    return db_error_syntax(whole,
                           "refType must be \"strong\" or \"weak\" (not "
                           "\"%s\")",
                           json_text(ref_type));
}

/* The members that constrain a base type of 'base->type'. */
static struct db_error *
constraints_from_json(struct base_type *base, struct members *m,
                      const struct json *json)
{
    struct db_error *error = NULL;
    if (base->type == ATOM_INTEGER) {
        const struct json *min = members_find(m, "minInteger", MEMBER_INTEGER);
        const struct json *max = members_find(m, "maxInteger", MEMBER_INTEGER);
        base->integer.min = min ? min->integer : INT64_MIN;
        base->integer.max = max ? max->integer : INT64_MAX;
        if (base->integer.min > base->integer.max) {
            error = db_error_syntax(json, "minInteger exceeds maxInteger");
        }
    } else if (base->type == ATOM_REAL) {
        const struct json *min = members_find(m, "minReal", MEMBER_NUMBER);
        const struct json *max = members_find(m, "maxReal", MEMBER_NUMBER);
        base->real.min = min ? json_number(min) : -DBL_MAX;
        base->real.max = max ? json_number(max) : DBL_MAX;
        if (base->real.min > base->real.max) {
            error = db_error_syntax(json, "minReal exceeds maxReal");
        }
    } else if (base->type == ATOM_STRING) {
        const struct json *min = members_find(m, "minLength", MEMBER_INTEGER);
        const struct json *max = members_find(m, "maxLength", MEMBER_INTEGER);
        error = length_from_json("minLength", &base->string.min_len, min);
        if (!error) {
            error = length_from_json("maxLength", &base->string.max_len, max);
        }
        if (!error && base->string.min_len > base->string.max_len) {
            error = db_error_syntax(json, "minLength exceeds maxLength");
        }
    } else if (base->type == ATOM_UUID) {
        const struct json *table = members_find(m, "refTable", MEMBER_ID);
        const struct json *ref_type =
            table ? members_find(m, "refType", MEMBER_STRING) : NULL;
        error = ref_from_json(base, table, ref_type, json);
    }
    return error;
}

static struct db_error *
base_type_from_object(struct base_type *base, const struct json *json)
{
    struct members m;
    members_init(&m, json, "Parsing ovsdb type");
    const struct json *type = members_get(&m, "type", MEMBER_STRING);
    if (members_failed(&m)) {
        return members_finish(&m);
    }
    enum atom_type atom_type;
    struct db_error *error = atomic_type_from_json(&atom_type, type);
    if (!error) {
        base_type_init(base, atom_type);
        const struct json *enum_ = members_find(&m, "enum", MEMBER_ANY);
        error = enum_ ? enum_from_json(base, enum_)
                      : constraints_from_json(base, &m, json);
    }
    struct db_error *late = members_finish(&m);
    if (error) {
        db_error_destroy(late);
        return error;
    }
    return late;
}

struct db_error *
base_type_from_json(struct base_type *base, const struct json *json)
{
    base_type_init(base, ATOM_VOID);
    if (json->type == JSON_STRING) {
        enum atom_type type;
        struct db_error *error = atomic_type_from_json(&type, json);
        if (!error) {
            base_type_init(base, type);
        }
        return error;
    }
    struct db_error *error = base_type_from_object(base, json);
    if (error) {
        base_type_uninit(base);
        base_type_init(base, ATOM_VOID);
    }
    return error;
}

static struct db_error *
n_from_json(const struct json *json, uint32_t *np)
{
    if (!json) {
        return NULL;
    }
    if (json->type == JSON_INTEGER && json->integer >= 0
        && json->integer < UINT32_MAX) {
        *np = json->integer;
        return NULL;
    }
    return db_error_syntax(json, "bad min or max value");
}

static struct db_error *
type_from_object(struct type *type, const struct json *json)
{
    struct members m;
    members_init(&m, json, "Parsing ovsdb type");
    int base_types = MEMBER_STRING | MEMBER_OBJECT;
    const struct json *key = members_get(&m, "key", base_types);
    const struct json *value = members_find(&m, "value", base_types);
    const struct json *min = members_find(&m, "min", MEMBER_INTEGER);
    const struct json *max =
        members_find(&m, "max", MEMBER_INTEGER | MEMBER_STRING);
    struct db_error *error = members_finish(&m);
    if (!error) {
        error = base_type_from_json(&type->key, key);
    }
    if (!error && value) {
        error = base_type_from_json(&type->value, value);
    }
    if (!error) {
        error = n_from_json(min, &type->n_min);
    }
    if (!error && max && max->type == JSON_STRING
        && !strcmp(json_text(max), "unlimited")) {
        type->n_max = TYPE_UNLIMITED;
    } else if (!error) {
        error = n_from_json(max, &type->n_max);
    }
    /* RFC 7047 §3.2: "min" is 0 or 1, "max" at least 1. */
    if (!error && (type->n_min > 1 || type->n_max < 1)) {
        error = db_error_syntax(json, "ovsdb type fails constraint checks");
    }
    return error;
}

struct db_error *
type_from_json(struct type *type, const struct json *json)
{
    type_init_scalar(type, ATOM_VOID);
    struct db_error *error;
    if (json->type == JSON_STRING) {
        error = base_type_from_json(&type->key, json);
    } else {
        error = type_from_object(type, json);
    }
    if (error) {
        type_uninit(type);
        type_init_scalar(type, ATOM_VOID);
    }
    return error;
}

void
type_init_scalar(struct type *type, enum atom_type atom_type)
{
    base_type_init(&type->key, atom_type);
    base_type_init(&type->value, ATOM_VOID);
    type->n_min = type->n_max = 1;
}

void
type_clone(struct type *dst, const struct type *src)
{
    base_type_clone(&dst->key, &src->key);
    base_type_clone(&dst->value, &src->value);
    dst->n_min = src->n_min;
    dst->n_max = src->n_max;
}

void
type_uninit(struct type *type)
{
    base_type_uninit(&type->key);
    base_type_uninit(&type->value);
}

/* JSON out. */

struct json *
base_type_to_json(const struct base_type *base)
{
    if (!base_type_has_constraints(base)) {
        return json_string_create(atom_type_name(base->type));
    }
    struct json *json = json_object_create();
    json_object_put_string(json, "type", atom_type_name(base->type));
    if (base->enum_) {
        struct type type = enum_type(base->type);
        json_object_put(json, "enum", datum_to_json(base->enum_, &type));
        return json;
    }
    switch (base->type) {
    case ATOM_INTEGER:
        if (base->integer.min != INT64_MIN) {
            json_object_put(json, "minInteger",
                            json_integer_create(base->integer.min));
        }
        if (base->integer.max != INT64_MAX) {
            json_object_put(json, "maxInteger",
                            json_integer_create(base->integer.max));
        }
        break;
    case ATOM_REAL:
        if (base->real.min != -DBL_MAX) {
            json_object_put(json, "minReal", json_real_create(base->real.min));
        }
        if (base->real.max != DBL_MAX) {
            json_object_put(json, "maxReal", json_real_create(base->real.max));
        }
        break;
    case ATOM_STRING:
        if (base->string.min_len) {
            json_object_put(json, "minLength",
                            json_integer_create(base->string.min_len));
        }
        if (base->string.max_len != UINT32_MAX) {
            json_object_put(json, "maxLength",
                            json_integer_create(base->string.max_len));
        }
        break;
    case ATOM_UUID:
        json_object_put_string(json, "refTable", base->uuid.ref_table_name);
        if (base->uuid.ref_type == REF_WEAK) {
            json_object_put_string(json, "refType", "weak");
        }
        break;
    case ATOM_VOID:
    case ATOM_BOOLEAN:
        break;
    }
    return json;
}

struct json *
type_to_json(const struct type *type)
{
    if (type_is_scalar(type) && !base_type_has_constraints(&type->key)) {
        return json_string_create(atom_type_name(type->key.type));
    }
    struct json *json = json_object_create();
    json_object_put(json, "key", base_type_to_json(&type->key));
    if (type_is_map(type)) {
        json_object_put(json, "value", base_type_to_json(&type->value));
    }
    if (type->n_min != 1) {
        json_object_put(json, "min", json_integer_create(type->n_min));
    }
    if (type->n_max == TYPE_UNLIMITED) {
        json_object_put_string(json, "max", "unlimited");
    } else if (type->n_max != 1) {
        json_object_put(json, "max", json_integer_create(type->n_max));
    }
    return json;
}

/* English. */

static const char *
english_name(enum atom_type type)
{
    return atom_type_name(type);
}

char *
type_to_english(const struct type *type)
{
    const char *key = english_name(type->key.type);
    if (type_is_scalar(type)) {
        return xstrdup(key);
    }
    struct str s = STR_INITIALIZER;
    str_put(&s, type_is_map(type) ? "map of " : "set of ");
    if (type->n_max == TYPE_UNLIMITED) {
        if (type->n_min) {
            str_putf(&s, "%u or more ", type->n_min);
        }
    } else if (type->n_min) {
        str_putf(&s, "%u to %u ", type->n_min, type->n_max);
    } else {
        str_putf(&s, "up to %u ", type->n_max);
    }
    if (type_is_map(type)) {
        str_putf(&s, "(%s, %s) pairs", key, english_name(type->value.type));
    } else {
        str_putf(&s, "%ss", key);
    }
    return str_steal(&s);
}
