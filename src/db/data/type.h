/* Types of columns: RFC 7047 §3.2 <base-type> and <type>. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "db/data/atom.h"
#include "db/data/db_error.h"
#include "rpc/json/json.h"

struct datum;
struct table_schema;

enum ref_type {
    REF_STRONG, /* The row referred to lives as long as the reference. */
    REF_WEAK,   /* The reference goes away with the row. */
};

/* The type of an atom with its constraints. */
struct base_type {
    enum atom_type type;
    struct datum *enum_; /* Allowed values, a set of 'type'; NULL if any. */

    union {
        struct {
            int64_t min; /* INT64_MIN if not limited. */
            int64_t max; /* INT64_MAX if not limited. */
        } integer;

        struct {
            double min; /* -DBL_MAX if not limited. */
            double max; /* DBL_MAX if not limited. */
        } real;

        struct {
            uint32_t min_len; /* Characters. */
            uint32_t max_len; /* UINT32_MAX if not limited. */
        } string;

        struct {
            char *ref_table_name;   /* Owned; NULL if not a reference. */
            enum ref_type ref_type; /* If 'ref_table_name'. */
            /* Borrowed; set once the schema is complete. */
            const struct table_schema *ref_table;
        } uuid;
    };
};

/* "max": "unlimited". */
#define TYPE_UNLIMITED UINT32_MAX

struct type {
    struct base_type key;
    struct base_type value; /* ATOM_VOID unless a map. */
    uint32_t n_min;         /* 0 or 1. */
    uint32_t n_max;         /* At least 1; TYPE_UNLIMITED. */
};

/* Initializes 'base' without constraints. */
void base_type_init(struct base_type *, enum atom_type);
void base_type_clone(struct base_type *dst, const struct base_type *src);
void base_type_uninit(struct base_type *);
/* Whether it has more to it than its type: an enumeration, limits, a
 * reference. */
bool base_type_has_constraints(const struct base_type *);
/* Removes what base_type_has_constraints() speaks of. */
void base_type_clear_constraints(struct base_type *);
struct db_error *base_type_from_json(struct base_type *,
                                     const struct json *) WARN_UNUSED;
struct json *base_type_to_json(const struct base_type *) WARN_UNUSED;
bool base_type_is_strong_ref(const struct base_type *);
bool base_type_is_weak_ref(const struct base_type *);

static inline bool
base_type_is_ref(const struct base_type *base)
{
    return base->type == ATOM_UUID && base->uuid.ref_table_name;
}

/* A scalar of 'type' without constraints. */
void type_init_scalar(struct type *, enum atom_type);
void type_clone(struct type *dst, const struct type *src);
void type_uninit(struct type *);
struct db_error *type_from_json(struct type *,
                                const struct json *) WARN_UNUSED;
struct json *type_to_json(const struct type *) WARN_UNUSED;
/* English: "set of up to 3 integers", "map of (string, string) pairs". */
char *type_to_english(const struct type *) WARN_UNUSED;

static inline bool
type_is_map(const struct type *type)
{
    return type->value.type != ATOM_VOID;
}

static inline bool
type_is_scalar(const struct type *type)
{
    return !type_is_map(type) && type->n_min == 1 && type->n_max == 1;
}

static inline bool
type_is_optional(const struct type *type)
{
    return type->n_min == 0;
}

static inline bool
type_is_optional_scalar(const struct type *type)
{
    return !type_is_map(type) && type->n_min == 0 && type->n_max == 1;
}

/* More than one element is possible. */
static inline bool
type_is_composite(const struct type *type)
{
    return type->n_max > 1;
}

static inline bool
type_is_set(const struct type *type)
{
    return !type_is_map(type) && (type->n_min != 1 || type->n_max != 1);
}
