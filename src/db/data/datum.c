/* Datums: memory, order, comparison, set operations.
 *
 * The atoms of a datum lie in one block: a header with the reference count,
 * then 'capacity' keys, then, of a map, as many values.  'keys' points behind
 * the header.  An empty datum may have no block. */

#include "db/data/datum.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct block {
    uint32_t n_refs;
    uint32_t capacity; /* Keys it has room for. */
    union atom atoms[];
};

static struct block *
block_of(const struct datum *d)
{
    return CONTAINER_OF(d->keys, struct block, atoms);
}

static struct block *
block_create(size_t capacity, bool map)
{
    struct block *block = xmalloc(
        sizeof *block + capacity * (map ? 2 : 1) * sizeof *block->atoms);
    block->n_refs = 1;
    block->capacity = capacity;
    return block;
}

/* Gives 'd' a block of its own with room for 'capacity' keys. */
static void
reallocate(struct datum *d, size_t capacity, const struct type *type)
{
    bool map = type_is_map(type);
    struct block *block = block_create(capacity, map);
    union atom *keys = block->atoms;
    union atom *values = map ? keys + capacity : NULL;
    bool shared = d->keys && block_of(d)->n_refs > 1;
    for (size_t i = 0; i < d->n; i++) {
        if (shared) {
            atom_clone(&keys[i], &d->keys[i], type->key.type);
        } else {
            keys[i] = d->keys[i];
        }
        if (map && shared) {
            atom_clone(&values[i], &d->values[i], type->value.type);
        } else if (map) {
            values[i] = d->values[i];
        }
    }
    if (shared) {
        block_of(d)->n_refs--;
    } else if (d->keys) {
        free(block_of(d));
    }
    d->keys = keys;
    d->values = values;
}

void
datum_make_writable(struct datum *d, const struct type *type)
{
    if (d->keys && block_of(d)->n_refs > 1) {
        reallocate(d, MAX(d->n, 1), type);
    }
}

/* Makes the arrays the datum's own, with room for one more element. */
static void
reserve_one(struct datum *d, const struct type *type)
{
    if (!d->keys || block_of(d)->n_refs > 1) {
        /* Most values change once: no room to spare. */
        reallocate(d, d->n + 1, type);
    } else if (d->n >= block_of(d)->capacity) {
        reallocate(d, d->n < 1 ? 1 : d->n * 2, type);
    }
}

void
datum_init_empty(struct datum *d)
{
    d->n = 0;
    d->keys = d->values = NULL;
}

void
datum_init_default(struct datum *d, const struct type *type)
{
    datum_init_empty(d);
    if (type->n_min) {
        union atom key, value;
        atom_init_default(&key, type->key.type);
        if (type_is_map(type)) {
            atom_init_default(&value, type->value.type);
        }
        datum_add_take(d, &key, &value, type);
    }
}

bool
datum_is_default(const struct datum *d, const struct type *type)
{
    if (d->n != type->n_min) {
        return false;
    }
    for (size_t i = 0; i < d->n; i++) {
        if (!atom_is_default(&d->keys[i], type->key.type)
            || (type_is_map(type)
                && !atom_is_default(&d->values[i], type->value.type))) {
            return false;
        }
    }
    return true;
}

void
datum_clone(struct datum *dst, const struct datum *src)
{
    *dst = *src;
    if (dst->keys) {
        block_of(dst)->n_refs++;
    }
}

void
datum_uninit(struct datum *d, const struct type *type)
{
    if (d->keys && !--block_of(d)->n_refs) {
        for (size_t i = 0; i < d->n; i++) {
            atom_uninit(&d->keys[i], type->key.type);
            if (d->values) {
                atom_uninit(&d->values[i], type->value.type);
            }
        }
        free(block_of(d));
    }
    datum_init_empty(d);
}

void
datum_swap(struct datum *a, struct datum *b)
{
    struct datum tmp = *a;
    *a = *b;
    *b = tmp;
}

void
datum_init_key(struct datum *d, union atom *key, const struct type *type)
{
    datum_init_empty(d);
    datum_add_take(d, key, NULL, type);
}

static void
init_one(struct datum *d, union atom key)
{
    struct block *block = block_create(1, false);
    block->atoms[0] = key;
    d->n = 1;
    d->keys = block->atoms;
    d->values = NULL;
}

void
datum_init_integer(struct datum *d, int64_t value)
{
    init_one(d, (union atom){ .integer = value });
}

void
datum_init_boolean(struct datum *d, bool value)
{
    init_one(d, (union atom){ .boolean = value });
}

void
datum_init_uuid(struct datum *d, const struct uuid *uuid)
{
    init_one(d, (union atom){ .uuid = *uuid });
}

void
datum_init_string(struct datum *d, const char *text)
{
    init_one(d, atom_from_string(text));
}

/* Building. */

void
datum_add_unsorted(struct datum *d, const union atom *key,
                   const union atom *value, const struct type *type)
{
    union atom k, v;
    atom_clone(&k, key, type->key.type);
    if (type_is_map(type)) {
        atom_clone(&v, value, type->value.type);
    }
    datum_add_take(d, &k, &v, type);
}

void
datum_add_take(struct datum *d, union atom *key, union atom *value,
               const struct type *type)
{
    reserve_one(d, type);
    d->keys[d->n] = *key;
    if (type_is_map(type)) {
        d->values[d->n] = *value;
    }
    d->n++;
}

struct sort_item {
    union atom key;
    union atom value;
    size_t index; /* Makes the order stable. */
};

static int
compare_items(const void *a_, const void *b_, void *type)
{
    const struct sort_item *a = a_, *b = b_;
    int cmp =
        atom_compare(&a->key, &b->key, ((const struct type *) type)->key.type);
    return cmp ? cmp : (a->index < b->index ? -1 : 1);
}

static bool
is_sorted(const struct datum *d, enum atom_type key_type)
{
    for (size_t i = 1; i < d->n; i++) {
        if (atom_compare(&d->keys[i - 1], &d->keys[i], key_type) >= 0) {
            return false;
        }
    }
    return true;
}

/* Sorts; equal keys stay in the order in which they were. */
static void
sort_stable(struct datum *d, const struct type *type)
{
    if (is_sorted(d, type->key.type)) {
        return;
    }
    datum_make_writable(d, type);
    struct sort_item *items = xcalloc(d->n, sizeof *items);
    for (size_t i = 0; i < d->n; i++) {
        items[i].key = d->keys[i];
        items[i].index = i;
        if (d->values) {
            items[i].value = d->values[i];
        }
    }
    qsort_r(items, d->n, sizeof *items, compare_items, (void *) type);
    for (size_t i = 0; i < d->n; i++) {
        d->keys[i] = items[i].key;
        if (d->values) {
            d->values[i] = items[i].value;
        }
    }
    free(items);
}

struct db_error *
datum_sort(struct datum *d, const struct type *type)
{
    sort_stable(d, type);
    if (is_sorted(d, type->key.type)) {
        return NULL;
    }
    return db_error_create("ovsdb error", type_is_map(type)
                                              ? "map contains duplicate key"
                                              : "set contains duplicate");
}

void
datum_sort_unique(struct datum *d, const struct type *type)
{
    sort_stable(d, type);
    if (is_sorted(d, type->key.type)) {
        return;
    }
    size_t n = 1;
    for (size_t i = 1; i < d->n; i++) {
        if (atom_equal(&d->keys[i], &d->keys[n - 1], type->key.type)) {
            atom_uninit(&d->keys[i], type->key.type);
            if (d->values) {
                atom_uninit(&d->values[i], type->value.type);
            }
        } else {
            d->keys[n] = d->keys[i];
            if (d->values) {
                d->values[n] = d->values[i];
            }
            n++;
        }
    }
    d->n = n;
}

/* Comparing. */

static int
compare_atoms(const union atom *a, const union atom *b, size_t n,
              enum atom_type type)
{
    for (size_t i = 0; i < n; i++) {
        int cmp = atom_compare(&a[i], &b[i], type);
        if (cmp) {
            return cmp;
        }
    }
    return 0;
}

int
datum_compare(const struct datum *a, const struct datum *b,
              const struct type *type)
{
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    if (a->keys == b->keys) {
        return 0;
    }
    int cmp = compare_atoms(a->keys, b->keys, a->n, type->key.type);
    if (!cmp && type_is_map(type)) {
        cmp = compare_atoms(a->values, b->values, a->n, type->value.type);
    }
    return cmp;
}

bool
datum_equal(const struct datum *a, const struct datum *b,
            const struct type *type)
{
    if (a->n != b->n) {
        return false;
    }
    if (a->keys == b->keys) {
        return true;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!atom_equal(&a->keys[i], &b->keys[i], type->key.type)
            || (a->values
                && !atom_equal(&a->values[i], &b->values[i],
                               type->value.type))) {
            return false;
        }
    }
    return true;
}

uint32_t
datum_hash(const struct datum *d, const struct type *type, uint32_t basis)
{
    basis = hash_u32(d->n, basis);
    for (size_t i = 0; i < d->n; i++) {
        basis = atom_hash(&d->keys[i], type->key.type, basis);
        if (d->values) {
            basis = atom_hash(&d->values[i], type->value.type, basis);
        }
    }
    return basis;
}

/* Looking up. */

/* Index of the first key not less than 'key'; '*foundp' if it is equal. */
static size_t
lower_bound(const struct datum *d, const union atom *key, enum atom_type type,
            bool *foundp)
{
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int cmp = atom_compare(&d->keys[mid], key, type);
        if (!cmp) {
            *foundp = true;
            return mid;
        }
        if (cmp < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    *foundp = false;
    return low;
}

size_t
datum_find_key(const struct datum *d, const union atom *key,
               const struct type *type)
{
    bool found;
    size_t i = lower_bound(d, key, type->key.type, &found);
    return found ? i : DATUM_NOT_FOUND;
}

size_t
datum_find_key_value(const struct datum *d, const union atom *key,
                     const union atom *value, const struct type *type)
{
    size_t i = datum_find_key(d, key, type);
    if (i != DATUM_NOT_FOUND && type_is_map(type)
        && !atom_equal(&d->values[i], value, type->value.type)) {
        return DATUM_NOT_FOUND;
    }
    return i;
}

const char *
datum_get_string(const struct datum *map, const char *key)
{
    size_t low = 0, high = map->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int cmp = strcmp(atom_text(&map->keys[mid]), key);
        if (!cmp) {
            return atom_text(&map->values[mid]);
        }
        if (cmp < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

/* Index in 'b' of element 'i' of 'a'. */
static size_t
find_in(const struct datum *b, const struct datum *a, size_t i,
        const struct type *type)
{
    return datum_find_key_value(
        b, &a->keys[i], type_is_map(type) ? &a->values[i] : NULL, type);
}

bool
datum_includes_all(const struct datum *a, const struct datum *b,
                   const struct type *type)
{
    if (a->n > b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (find_in(b, a, i, type) == DATUM_NOT_FOUND) {
            return false;
        }
    }
    return true;
}

bool
datum_excludes_all(const struct datum *a, const struct datum *b,
                   const struct type *type)
{
    for (size_t i = 0; i < a->n; i++) {
        if (find_in(b, a, i, type) != DATUM_NOT_FOUND) {
            return false;
        }
    }
    return true;
}

/* Changing. */

/* Whether changing 'a' in place for each element of 'b' is less work than
 * making it anew. */
static bool
is_small_change(const struct datum *a, const struct datum *b)
{
    return b->n < a->n / 16;
}

static void
add_each(struct datum *a, const struct datum *b, const struct type *type,
         bool replace)
{
    for (size_t i = 0; i < b->n; i++) {
        if (!replace
            && datum_find_key(a, &b->keys[i], type) != DATUM_NOT_FOUND) {
            continue;
        }
        union atom key, value;
        atom_clone(&key, &b->keys[i], type->key.type);
        if (b->values) {
            atom_clone(&value, &b->values[i], type->value.type);
        }
        datum_put(a, &key, b->values ? &value : NULL, type);
    }
}

static void
remove_each(struct datum *a, const struct type *a_type, const struct datum *b,
            const struct type *b_type)
{
    for (size_t i = 0; i < b->n; i++) {
        size_t j = datum_find_key_value(
            a, &b->keys[i], b->values ? &b->values[i] : NULL, b_type);
        if (j != DATUM_NOT_FOUND) {
            datum_remove(a, j, a_type);
        }
    }
}

void
datum_union(struct datum *a, const struct datum *b, const struct type *type,
            bool replace)
{
    if (!b->n) {
        return;
    }
    if (is_small_change(a, b)) {
        add_each(a, b, type, replace);
        return;
    }
    struct datum merged = DATUM_INITIALIZER;
    size_t i = 0, j = 0;
    while (i < a->n || j < b->n) {
        int cmp = i >= a->n ? 1
                  : j >= b->n
                      ? -1
                      : atom_compare(&a->keys[i], &b->keys[j], type->key.type);
        const struct datum *src = cmp < 0 || (!cmp && !replace) ? a : b;
        size_t k = src == a ? i : j;
        datum_add_unsorted(&merged, &src->keys[k],
                           src->values ? &src->values[k] : NULL, type);
        i += cmp <= 0;
        j += cmp >= 0;
    }
    datum_swap(a, &merged);
    datum_uninit(&merged, type);
}

void
datum_subtract(struct datum *a, const struct type *a_type,
               const struct datum *b, const struct type *b_type)
{
    if (is_small_change(a, b)) {
        remove_each(a, a_type, b, b_type);
        return;
    }
    struct datum left = DATUM_INITIALIZER;
    for (size_t i = 0; i < a->n; i++) {
        const union atom *value = a->values ? &a->values[i] : NULL;
        if (datum_find_key_value(b, &a->keys[i], value, b_type)
            == DATUM_NOT_FOUND) {
            datum_add_unsorted(&left, &a->keys[i], value, a_type);
        }
    }
    datum_swap(a, &left);
    datum_uninit(&left, a_type);
}

void
datum_remove(struct datum *d, size_t index, const struct type *type)
{
    datum_make_writable(d, type);
    atom_uninit(&d->keys[index], type->key.type);
    size_t n_after = d->n - index - 1;
    memmove(&d->keys[index], &d->keys[index + 1], n_after * sizeof *d->keys);
    if (d->values) {
        atom_uninit(&d->values[index], type->value.type);
        memmove(&d->values[index], &d->values[index + 1],
                n_after * sizeof *d->values);
    }
    d->n--;
}

void
datum_put(struct datum *d, union atom *key, union atom *value,
          const struct type *type)
{
    bool found;
    size_t i = lower_bound(d, key, type->key.type, &found);
    if (found) {
        datum_make_writable(d, type);
        atom_uninit(key, type->key.type);
        if (d->values) {
            atom_uninit(&d->values[i], type->value.type);
            d->values[i] = *value;
        }
        return;
    }
    reserve_one(d, type);
    memmove(&d->keys[i + 1], &d->keys[i], (d->n - i) * sizeof *d->keys);
    d->keys[i] = *key;
    if (d->values) {
        memmove(&d->values[i + 1], &d->values[i],
                (d->n - i) * sizeof *d->values);
        d->values[i] = *value;
    }
    d->n++;
}
