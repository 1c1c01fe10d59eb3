/* Mutations. */

#include "db/engine/mutation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const mutator_names[] = {
    [MUTATOR_ADD] = "+=",        [MUTATOR_SUB] = "-=",
    [MUTATOR_MUL] = "*=",        [MUTATOR_DIV] = "/=",
    [MUTATOR_MOD] = "%=",        [MUTATOR_INSERT] = "insert",
    [MUTATOR_DELETE] = "delete",
};

static struct db_error *
mutator_from_name(const char *name, enum mutator *mutatorp)
{
    for (size_t i = 0; i < ARRAY_SIZE(mutator_names); i++) {
        if (!strcmp(mutator_names[i], name)) {
            *mutatorp = i;
            return NULL;
        }
    }
    return db_error_create("unknown mutator", "No mutator named %s.", name);
}

/* Whether 'mutator' may be applied to columns of type 'type'. */
static bool
is_applicable(enum mutator mutator, const struct type *type)
{
    bool is_integer = type->key.type == ATOM_INTEGER;
    switch (mutator) {
    case MUTATOR_ADD:
    case MUTATOR_SUB:
    case MUTATOR_MUL:
    case MUTATOR_DIV:
        return !type_is_map(type)
               && (is_integer || type->key.type == ATOM_REAL);
    case MUTATOR_MOD:
        return !type_is_map(type) && is_integer;
    case MUTATOR_INSERT:
    case MUTATOR_DELETE:
        return !type_is_scalar(type);
    }
    NOT_REACHED();
}

/* Computes the type of the argument; 'is_key_set' for a set of keys to delete
 * from a map. */
static void
argument_type(struct mutation *m, bool is_key_set)
{
    type_clone(&m->type, &m->column->type);
    if (m->mutator == MUTATOR_INSERT || m->mutator == MUTATOR_DELETE) {
        m->type.n_min = 0;
        if (m->mutator == MUTATOR_DELETE) {
            m->type.n_max = TYPE_UNLIMITED;
        }
        if (is_key_set) {
            base_type_uninit(&m->type.value);
            base_type_init(&m->type.value, ATOM_VOID);
        }
    } else {
        m->type.n_min = m->type.n_max = 1;
        base_type_clear_constraints(&m->type.key);
    }
}

static struct db_error *
mutation_from_json(struct mutation *m, const struct table_schema *schema,
                   const struct json *json, struct symbol_table *symbols)
{
    if (json->type != JSON_ARRAY || json->array.n != 3
        || json_item(json, 0)->type != JSON_STRING
        || json_item(json, 1)->type != JSON_STRING) {
        return db_error_syntax(json, "Parse error in mutation.");
    }
    const char *name = json_text(json_item(json, 0));
    const struct column *column = table_schema_find_column(schema, name);
    if (!column) {
        return db_error_syntax_tag(json, "unknown column",
                                   "No column %s in table %s.", name,
                                   schema->name);
    }
    if (!column->mutable) {
        return db_error_syntax_tag(
            json, "constraint violation",
            "Cannot mutate immutable column %s in table %s.", name,
            schema->name);
    }
    struct db_error *error =
        mutator_from_name(json_text(json_item(json, 1)), &m->mutator);
    if (error) {
        return error;
    }
    if (!is_applicable(m->mutator, &column->type)) {
        char *english = type_to_english(&column->type);
        error = db_error_syntax(json,
                                "Type mismatch: \"%s\" operator may not be "
                                "applied to column %s of type %s.",
                                mutator_names[m->mutator], name, english);
        free(english);
        return error;
    }

    m->column = column;
    argument_type(m, false);
    error = datum_from_json(&m->arg, &m->type, json_item(json, 2), symbols);
    if (error && m->mutator == MUTATOR_DELETE && type_is_map(&m->type)) {
        db_error_destroy(error);
        type_uninit(&m->type);
        argument_type(m, true);
        error =
            datum_from_json(&m->arg, &m->type, json_item(json, 2), symbols);
    }
    if (error) {
        type_uninit(&m->type);
        m->column = NULL;
    }
    return error;
}

struct db_error *
mutation_list_from_json(struct mutation_list *list,
                        const struct table_schema *schema,
                        const struct json *json, struct symbol_table *symbols)
{
    size_t n = json->array.n;
    list->items = n ? xcalloc(n, sizeof *list->items) : NULL;
    list->n = n;
    for (size_t i = 0; i < n; i++) {
        struct db_error *error = mutation_from_json(
            &list->items[i], schema, json_item(json, i), symbols);
        if (error) {
            mutation_list_uninit(list);
            return error;
        }
    }
    return NULL;
}

void
mutation_list_uninit(struct mutation_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct mutation *m = &list->items[i];
        if (m->column) {
            datum_uninit(&m->arg, &m->type);
            type_uninit(&m->type);
        }
    }
    free(list->items);
    list->items = NULL;
    list->n = 0;
}

enum outcome {
    OUTCOME_OK,
    OUTCOME_OUT_OF_RANGE,
    OUTCOME_DIVISION_BY_ZERO,
};

static enum outcome
mutate_integer(enum mutator mutator, int64_t *x, int64_t y)
{
    bool overflow = false;
    switch (mutator) {
    case MUTATOR_ADD:
        overflow = __builtin_add_overflow(*x, y, x);
        break;
    case MUTATOR_SUB:
        overflow = __builtin_sub_overflow(*x, y, x);
        break;
    case MUTATOR_MUL:
        overflow = __builtin_mul_overflow(*x, y, x);
        break;
    case MUTATOR_DIV:
    case MUTATOR_MOD:
        if (!y) {
            return OUTCOME_DIVISION_BY_ZERO;
        }
        if (y == -1) {
            /* INT64_MIN / -1 does not fit, so there is no remainder. */
            overflow = __builtin_sub_overflow(0, *x, x);
            if (mutator == MUTATOR_MOD) {
                *x = 0;
            }
        } else {
            *x = mutator == MUTATOR_DIV ? *x / y : *x % y;
        }
        break;
    case MUTATOR_INSERT:
    case MUTATOR_DELETE:
        NOT_REACHED();
    }
    return overflow ? OUTCOME_OUT_OF_RANGE : OUTCOME_OK;
}

static enum outcome
mutate_real(enum mutator mutator, double *x, double y)
{
    switch (mutator) {
    case MUTATOR_ADD:
        *x += y;
        break;
    case MUTATOR_SUB:
        *x -= y;
        break;
    case MUTATOR_MUL:
        *x *= y;
        break;
    case MUTATOR_DIV:
        if (y == 0) {
            return OUTCOME_DIVISION_BY_ZERO;
        }
        *x /= y;
        break;
    case MUTATOR_MOD:
    case MUTATOR_INSERT:
    case MUTATOR_DELETE:
        NOT_REACHED();
    }
    return isfinite(*x) ? OUTCOME_OK : OUTCOME_OUT_OF_RANGE;
}

static struct db_error *
apply_arithmetic(const struct mutation *m, struct datum *datum)
{
    const struct type *type = &m->column->type;
    datum_make_writable(datum, type);
    for (size_t i = 0; i < datum->n; i++) {
        union atom *atom = &datum->keys[i];
        enum outcome outcome =
            type->key.type == ATOM_INTEGER
                ? mutate_integer(m->mutator, &atom->integer,
                                 m->arg.keys[0].integer)
                : mutate_real(m->mutator, &atom->real, m->arg.keys[0].real);
        if (outcome == OUTCOME_DIVISION_BY_ZERO) {
            return db_error_create("domain error", "Division by zero.");
        } else if (outcome == OUTCOME_OUT_OF_RANGE) {
            return db_error_create(
                "range error", "Result of \"%s\" operation is out of range.",
                mutator_names[m->mutator]);
        }
        struct db_error *error = atom_check(atom, &type->key);
        if (error) {
            return error;
        }
    }
    struct db_error *error = datum_sort(datum, type);
    if (error) {
        db_error_destroy(error);
        return db_error_create(
            "constraint violation",
            "Result of \"%s\" operation contains duplicates.",
            mutator_names[m->mutator]);
    }
    return NULL;
}

struct db_error *
mutation_apply(const struct mutation *m, struct datum *datum)
{
    const struct type *type = &m->column->type;
    if (m->mutator == MUTATOR_INSERT) {
        datum_union(datum, &m->arg, type, false);
    } else if (m->mutator == MUTATOR_DELETE) {
        datum_subtract(datum, type, &m->arg, &m->type);
    } else {
        return apply_arithmetic(m, datum);
    }
    if (datum->n < type->n_min || datum->n > type->n_max) {
        char *english = type_to_english(type);
        struct db_error *error = db_error_create(
            "constraint violation", "Attempted to store %zu elements in %s.",
            datum->n, english);
        free(english);
        return error;
    }
    return NULL;
}
