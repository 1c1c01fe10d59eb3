/* Differences of datums. */

#include "db/data/datum.h"

/* Walks two datums side by side: <0 if the next element is only in 'a', >0 if
 * only in 'b', 0 if both have the key. */
static int
next_side(const struct datum *a, size_t i, const struct datum *b, size_t j,
          enum atom_type type)
{
    if (i >= a->n) {
        return 1;
    }
    if (j >= b->n) {
        return -1;
    }
    return atom_compare(&a->keys[i], &b->keys[j], type);
}

static void
add_from(struct datum *dst, const struct datum *src, size_t i,
         const struct type *type)
{
    datum_add_unsorted(dst, &src->keys[i],
                       src->values ? &src->values[i] : NULL, type);
}

static bool
same_value(const struct datum *a, size_t i, const struct datum *b, size_t j,
           const struct type *type)
{
    return !type_is_map(type)
           || atom_equal(&a->values[i], &b->values[j], type->value.type);
}

void
datum_added_removed(struct datum *added, struct datum *removed,
                    struct datum *changed, const struct datum *old,
                    const struct datum *new, const struct type *type)
{
    struct datum *outputs[] = { added, removed, changed };
    for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
        if (outputs[i]) {
            datum_init_empty(outputs[i]);
        }
    }
    if (old->keys == new->keys && old->n == new->n) {
        return;
    }
    size_t i = 0, j = 0;
    while (i < old->n || j < new->n) {
        int side = next_side(old, i, new, j, type->key.type);
        if (side < 0 && removed) {
            add_from(removed, old, i, type);
        } else if (side > 0 && added) {
            add_from(added, new, j, type);
        } else if (!side && changed && !same_value(old, i, new, j, type)) {
            add_from(changed, new, j, type);
        }
        i += side <= 0;
        j += side >= 0;
    }
}

void
datum_diff(struct datum *diff, const struct datum *old,
           const struct datum *new, const struct type *type)
{
    datum_init_empty(diff);
    if (!type_is_composite(type)) {
        datum_clone(diff, new);
        return;
    }
    size_t i = 0, j = 0;
    while (i < old->n || j < new->n) {
        int side = next_side(old, i, new, j, type->key.type);
        if (side < 0) {
            add_from(diff, old, i, type);
        } else if (side > 0 || !same_value(old, i, new, j, type)) {
            add_from(diff, new, j, type);
        }
        i += side <= 0;
        j += side >= 0;
    }
}

struct db_error *
datum_apply_diff(struct datum *new, const struct datum *old,
                 const struct datum *diff, const struct type *type)
{
    datum_init_empty(new);
    if (!type_is_composite(type)) {
        datum_clone(new, diff);
        return NULL;
    }
    size_t i = 0, j = 0;
    while (i < old->n || j < diff->n) {
        int side = next_side(old, i, diff, j, type->key.type);
        if (side < 0) {
            add_from(new, old, i, type);
        } else if (side > 0 || !same_value(old, i, diff, j, type)) {
            /* A key that is in both goes away, unless a map's value
             * changes. */
            add_from(new, diff, j, type);
        }
        i += side <= 0;
        j += side >= 0;
    }
    if (new->n < type->n_min || new->n > type->n_max) {
        size_t n = new->n;
        datum_uninit(new, type);
        return db_error_create(
            "ovsdb error",
            "%zu elements after the difference do not fit the %s", n,
            type_is_map(type) ? "map" : "set");
    }
    return NULL;
}

struct db_error *
datum_apply_diff_in_place(struct datum *d, const struct datum *diff,
                          const struct type *type)
{
    struct datum new;
    struct db_error *error = datum_apply_diff(&new, d, diff, type);
    if (!error) {
        datum_swap(d, &new);
        datum_uninit(&new, type);
    }
    return error;
}
