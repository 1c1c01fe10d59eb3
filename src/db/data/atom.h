/* Atoms, the smallest database values: RFC 7047 §5.1 <atom>.
 *
 * A union carries no type: whoever holds it knows the type.  Strings are
 * immutable and reference-counted, not atomically: they stay in the thread
 * that made them. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "base/uuid.h"
#include "db/data/db_error.h"
#include "db/data/symbol.h"
#include "rpc/json/json.h"

enum atom_type {
    ATOM_VOID, /* No value: the value type of what is not a map. */
    ATOM_INTEGER,
    ATOM_REAL,
    ATOM_BOOLEAN,
    ATOM_STRING,
    ATOM_UUID,
};

#define ATOM_N_TYPES (ATOM_UUID + 1)

struct atom_string {
    uint32_t n_refs;
    uint32_t len; /* Bytes of 'text'. */
    char text[];  /* UTF-8 with a null byte at the end. */
};

union atom {
    int64_t integer;
    double real;
    bool boolean;
    struct atom_string *string; /* Owned reference. */
    struct uuid uuid;
};

struct base_type;

/* "integer" ...; "void" for ATOM_VOID. */
const char *atom_type_name(enum atom_type);
bool atom_type_parse(const char *name, enum atom_type *typep);

static inline struct atom_string *
atom_string_ref(struct atom_string *s)
{
    s->n_refs++;
    return s;
}

/* A reference to a string with this text, perhaps one that the thread made
 * before. */
struct atom_string *atom_string_create(const char *text, size_t len);
void atom_string_unref(struct atom_string *);

/* 0, 0.0, false, "" or the zero UUID. */
void atom_init_default(union atom *, enum atom_type);
bool atom_is_default(const union atom *, enum atom_type);
void atom_clone(union atom *dst, const union atom *src, enum atom_type);
void atom_uninit(union atom *, enum atom_type);
/* A string atom with a copy of 'text'. */
union atom atom_from_string(const char *text);

static inline const char *
atom_text(const union atom *string)
{
    return string->string->text;
}

/* Total order, by value; <0, 0, >0. */
int atom_compare(const union atom *, const union atom *, enum atom_type);
bool atom_equal(const union atom *, const union atom *, enum atom_type);
uint32_t atom_hash(const union atom *, enum atom_type, uint32_t basis);

/* Parses 'json' and checks the constraints of 'base'.  'symbols' (may be
 * NULL) resolves ["named-uuid", NAME], adding names it does not know. */
struct db_error *atom_from_json(union atom *, const struct base_type *base,
                                const struct json *,
                                struct symbol_table *) WARN_UNUSED;
/* The same without the constraints. */
struct db_error *atom_from_json_unchecked(union atom *, enum atom_type,
                                          const struct json *,
                                          struct symbol_table *) WARN_UNUSED;
struct json *atom_to_json(const union atom *, enum atom_type) WARN_UNUSED;
/* Appends the text of atom_to_json(). */
void atom_put_json(struct str *, const union atom *, enum atom_type);

/* Parses one unquoted token in the syntax of ovs-vsctl(8).  If 'range_endp'
 * is not NULL an integer may be a range A-B: then '*range_endp' becomes a
 * heap copy of B, for the caller to free, else NULL.  "@name" is looked up in
 * 'symbols' if that is not NULL. */
struct error *atom_from_text(union atom *, union atom **range_endp,
                             const struct base_type *base, const char *text,
                             struct symbol_table *) WARN_UNUSED;
/* Appends the atom as ovs-vsctl prints it: strings are quoted if needed. */
void atom_format(struct str *, const union atom *, enum atom_type);
/* The same, strings never quoted. */
void atom_format_bare(struct str *, const union atom *, enum atom_type);
/* The first bytes of a string atom that are not UTF-8, in hex, for messages;
 * the caller frees them.  NULL if there are none. */
char *atom_bad_utf8(const union atom *string) WARN_UNUSED;
/* Whether the string 'text' must be quoted to be read back as a string. */
bool atom_needs_quotes(const char *text);

/* "constraint violation" unless 'atom', of the type of 'base', fits it. */
struct db_error *atom_check(const union atom *,
                            const struct base_type *) WARN_UNUSED;
