/* Datums, the values of columns: sets and maps of atoms, RFC 7047 §5.1
 * <value>.
 *
 * Keys are sorted and unique; a map's values lie beside them.  The arrays are
 * shared by reference count, copied on write: cloning is cheap, and functions
 * that change a datum make it writable first.  A datum carries no type: every
 * function takes it.  A datum stays in the thread that made it, as its strings
 * do. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "db/data/atom.h"
#include "db/data/db_error.h"
#include "db/data/type.h"
#include "rpc/json/cursor.h"
#include "rpc/json/json.h"

struct datum {
    size_t n;           /* Elements. */
    union atom *keys;   /* 'n' atoms, sorted; read only unless writable. */
    union atom *values; /* 'n' atoms of a map, else NULL. */
};

#define DATUM_NOT_FOUND SIZE_MAX
#define DATUM_INITIALIZER \
    {                     \
        0, NULL, NULL     \
    }

/* Creation.  Every datum must end in datum_uninit() with its type. */
void datum_init_empty(struct datum *);
/* As many default atoms as 'type' needs: none, or one. */
void datum_init_default(struct datum *, const struct type *);
bool datum_is_default(const struct datum *, const struct type *);
/* Shares the arrays of 'src'. */
void datum_clone(struct datum *dst, const struct datum *src);
void datum_uninit(struct datum *, const struct type *);
void datum_swap(struct datum *, struct datum *);
/* One key; takes the atom. */
void datum_init_key(struct datum *, union atom *key, const struct type *);
void datum_init_integer(struct datum *, int64_t);
void datum_init_boolean(struct datum *, bool);
void datum_init_uuid(struct datum *, const struct uuid *);
void datum_init_string(struct datum *, const char *);

/* Building: any order, then datum_sort(). */
/* Appends clones of 'key' and, of a map, 'value'. */
void datum_add_unsorted(struct datum *, const union atom *key,
                        const union atom *value, const struct type *);
/* Appends and takes 'key' and 'value' (NULL unless a map). */
void datum_add_take(struct datum *, union atom *key, union atom *value,
                    const struct type *);
/* Sorts; NULL, or "ovsdb error" about a duplicate key, which leaves the
 * datum unsorted, fit for datum_uninit() only. */
struct db_error *datum_sort(struct datum *, const struct type *) WARN_UNUSED;
/* Sorts and removes duplicates: the first of equal keys stays. */
void datum_sort_unique(struct datum *, const struct type *);
/* Makes the arrays the datum's own, so that its atoms may be changed in
 * place; keys need datum_sort() afterwards. */
void datum_make_writable(struct datum *, const struct type *);

/* Comparing. */
int datum_compare(const struct datum *, const struct datum *,
                  const struct type *);
bool datum_equal(const struct datum *, const struct datum *,
                 const struct type *);
uint32_t datum_hash(const struct datum *, const struct type *, uint32_t basis);

/* Looking up; DATUM_NOT_FOUND if it is not there. */
size_t datum_find_key(const struct datum *, const union atom *key,
                      const struct type *);
size_t datum_find_key_value(const struct datum *, const union atom *key,
                            const union atom *value, const struct type *);
/* Value of the string key 'key' in a map of strings, or NULL; borrowed. */
const char *datum_get_string(const struct datum *map, const char *key);
/* Every element of 'a' is in 'b'. */
bool datum_includes_all(const struct datum *a, const struct datum *b,
                        const struct type *);
/* No element of 'a' is in 'b'. */
bool datum_excludes_all(const struct datum *a, const struct datum *b,
                        const struct type *);

/* Changing. */
/* Adds the elements of 'b' whose keys 'a' lacks; values of keys that it has
 * stay, or become those of 'b' if 'replace'. */
void datum_union(struct datum *a, const struct datum *b, const struct type *,
                 bool replace);
/* Removes from 'a' the keys of 'b', or the pairs if 'b_type' (the type of
 * 'b', which may be the set of the keys of a map 'a') is a map. */
void datum_subtract(struct datum *a, const struct type *a_type,
                    const struct datum *b, const struct type *b_type);
void datum_remove(struct datum *, size_t index, const struct type *);
/* Adds or replaces the pair or key, keeping the order; takes both atoms. */
void datum_put(struct datum *, union atom *key, union atom *value,
               const struct type *);

/* Differences, as "update2" of ovsdb-server(7) has them: of sets, the
 * elements in exactly one; of maps, pairs removed, added and changed to. */
void datum_diff(struct datum *diff, const struct datum *old,
                const struct datum *new, const struct type *);
/* The datum that 'diff' makes of 'old', in 'new'. */
struct db_error *datum_apply_diff(struct datum *new, const struct datum *old,
                                  const struct datum *diff,
                                  const struct type *) WARN_UNUSED;
/* The same, in place. */
struct db_error *datum_apply_diff_in_place(struct datum *,
                                           const struct datum *diff,
                                           const struct type *) WARN_UNUSED;
/* What differs, each NULL if not wanted: 'added' and 'removed' by key,
 * 'changed' values of maps (as they are in 'new'). */
void datum_added_removed(struct datum *added, struct datum *removed,
                         struct datum *changed, const struct datum *old,
                         const struct datum *new, const struct type *);

/* JSON.  A set of one is printed as its atom; parsers take both. */
struct db_error *datum_from_json(struct datum *, const struct type *,
                                 const struct json *,
                                 struct symbol_table *) WARN_UNUSED;
/* Without limits on the number of elements: operands of mutations,
 * conditions, and differences. */
struct db_error *datum_from_json_unlimited(struct datum *, const struct type *,
                                           const struct json *,
                                           struct symbol_table *) WARN_UNUSED;
/* Without any constraint (fast: the peer is trusted to have checked them),
 * for a difference or a value. */
struct db_error *datum_from_json_unchecked(struct datum *, const struct type *,
                                           const struct json *) WARN_UNUSED;
struct json *datum_to_json(const struct datum *,
                           const struct type *) WARN_UNUSED;

/* The same without building JSON values.  put appends the text of
 * datum_to_json(). */
void datum_put_json(struct str *, const struct datum *, const struct type *);
/* Reads what datum_from_json() would take, or with 'is_diff' what
 * datum_from_json_unlimited() would.  False, with '*d' not initialized, if it
 * would not, or if that is not sure: then those say what is wrong. */
bool datum_read_json(struct datum *d, const struct type *,
                     struct json_cursor *, bool is_diff) WARN_UNUSED;

/* The syntax of ovs-vsctl(8). */
struct error *datum_from_text(struct datum *, const struct type *,
                              const char *text,
                              struct symbol_table *) WARN_UNUSED;
void datum_format(struct str *, const struct datum *, const struct type *);
void datum_format_bare(struct str *, const struct datum *,
                       const struct type *);

/* "constraint violation" unless every atom fits 'type' (the number of
 * elements is not looked at). */
struct db_error *datum_check(const struct datum *,
                             const struct type *) WARN_UNUSED;
