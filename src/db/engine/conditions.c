/* Conditions. */

#include "db/engine/conditions.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/engine/transaction.h"

static const char *const function_names[] = {
    [CONDITION_FALSE] = "false",
    [CONDITION_TRUE] = "true",
    [CONDITION_LT] = "<",
    [CONDITION_LE] = "<=",
    [CONDITION_EQ] = "==",
    [CONDITION_NE] = "!=",
    [CONDITION_GE] = ">=",
    [CONDITION_GT] = ">",
    [CONDITION_INCLUDES] = "includes",
    [CONDITION_EXCLUDES] = "excludes",
};

static struct db_error *
function_from_name(const char *name, enum condition_function *functionp)
{
    for (size_t i = CONDITION_LT; i < ARRAY_SIZE(function_names); i++) {
        if (!strcmp(function_names[i], name)) {
            *functionp = i;
            return NULL;
        }
    }
    return db_error_create("unknown function", "No function named %s.", name);
}

static bool
is_ordering(enum condition_function function)
{
    return function == CONDITION_LT || function == CONDITION_LE
           || function == CONDITION_GE || function == CONDITION_GT;
}

/* Adapts '*type', a copy of the column's type, to the argument of the
 * clause's function: RFC 7047 §5.1. */
static struct db_error *
argument_type(const struct clause *clause, const struct json *json,
              struct type *type)
{
    const struct column *column = clause->column;
    if (is_ordering(clause->function)) {
        bool is_number =
            type->key.type == ATOM_INTEGER || type->key.type == ATOM_REAL;
        if (type_is_map(type) || type->n_max != 1 || !is_number) {
            char *english = type_to_english(&column->type);
            struct db_error *error = db_error_syntax(
                json,
                "Type mismatch: \"%s\" operator may not be applied to column "
                "%s of type %s.",
                function_names[clause->function], column->name, english);
            free(english);
            return error;
        }
        type->n_min = 1;
    } else if (clause->function == CONDITION_INCLUDES
               || clause->function == CONDITION_EXCLUDES) {
        if (!type_is_scalar(type)) {
            type->n_min = 0;
            if (clause->function == CONDITION_EXCLUDES) {
                type->n_max = UINT_MAX;
            }
        }
    }
    return NULL;
}

static struct db_error *
clause_from_json(struct clause *clause, const struct table_schema *schema,
                 const struct json *json, struct symbol_table *symbols)
{
    if (json_is_boolean(json)) {
        clause->function =
            json->type == JSON_TRUE ? CONDITION_TRUE : CONDITION_FALSE;
        return NULL;
    }
    if (json->type != JSON_ARRAY || json->array.n != 3
        || json_item(json, 0)->type != JSON_STRING
        || json_item(json, 1)->type != JSON_STRING) {
        return db_error_syntax(json, "Parse error in condition.");
    }

    const char *name = json_text(json_item(json, 0));
    const struct column *column = table_schema_find_column(schema, name);
    if (!column) {
        return db_error_syntax_tag(json, "unknown column",
                                   "No column %s in table %s.", name,
                                   schema->name);
    }
    struct db_error *error =
        function_from_name(json_text(json_item(json, 1)), &clause->function);
    if (error) {
        return error;
    }
    clause->column = column;
    struct type type = column->type;
    error = argument_type(clause, json, &type);
    if (!error) {
        error =
            datum_from_json(&clause->arg, &type, json_item(json, 2), symbols);
    }
    if (error) {
        clause->column = NULL;
    }
    return error;
}

struct db_error *
conditions_from_json(struct conditions *condition,
                     const struct table_schema *schema,
                     const struct json *json, struct symbol_table *symbols)
{
    size_t n = json->array.n;
    condition->clauses = n ? xcalloc(n, sizeof *condition->clauses) : NULL;
    condition->n = n;
    for (size_t i = 0; i < n; i++) {
        struct db_error *error = clause_from_json(
            &condition->clauses[i], schema, json_item(json, i), symbols);
        if (error) {
            conditions_uninit(condition);
            return error;
        }
    }
    return NULL;
}

void
conditions_uninit(struct conditions *condition)
{
    for (size_t i = 0; i < condition->n; i++) {
        struct clause *clause = &condition->clauses[i];
        if (clause->column) {
            datum_uninit(&clause->arg, &clause->column->type);
        }
    }
    free(condition->clauses);
    condition->clauses = NULL;
    condition->n = 0;
}

struct json *
conditions_to_json(const struct conditions *condition)
{
    struct json *json = json_array_create();
    for (size_t i = 0; i < condition->n; i++) {
        const struct clause *clause = &condition->clauses[i];
        json_array_add(
            json, clause->column ? json_array_create_3(
                      json_string_create(clause->column->name),
                      json_string_create(function_names[clause->function]),
                      datum_to_json(&clause->arg, &clause->column->type))
                                 : json_boolean_create(clause->function
                                                       == CONDITION_TRUE));
    }
    return json;
}

bool
conditions_equal(const struct conditions *a, const struct conditions *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct clause *x = &a->clauses[i];
        const struct clause *y = &b->clauses[i];
        if (x->function != y->function || x->column != y->column
            || (x->column
                && !datum_equal(&x->arg, &y->arg, &x->column->type))) {
            return false;
        }
    }
    return true;
}

static bool
clause_matches(const struct clause *clause, const struct datum *fields)
{
    if (!clause->column) {
        return clause->function == CONDITION_TRUE;
    }
    const struct type *type = &clause->column->type;
    const struct datum *field = &fields[clause->column->index];
    const struct datum *arg = &clause->arg;

    if (is_ordering(clause->function)) {
        if (field->n != 1) {
            return false;
        }
        int cmp = atom_compare(&field->keys[0], &arg->keys[0], type->key.type);
        return clause->function == CONDITION_LT   ? cmp < 0
               : clause->function == CONDITION_LE ? cmp <= 0
               : clause->function == CONDITION_GT ? cmp > 0
                                                  : cmp >= 0;
    }
    switch (clause->function) {
    case CONDITION_EQ:
        return datum_equal(field, arg, type);
    case CONDITION_NE:
        return !datum_equal(field, arg, type);
    case CONDITION_INCLUDES:
        return datum_includes_all(arg, field, type);
    case CONDITION_EXCLUDES:
        return datum_excludes_all(arg, field, type);
    case CONDITION_FALSE:
    case CONDITION_TRUE:
    case CONDITION_LT:
    case CONDITION_LE:
    case CONDITION_GE:
    case CONDITION_GT:
        break;
    }
    NOT_REACHED();
}

bool
conditions_matches_all(const struct conditions *condition,
                       const struct datum *fields)
{
    for (size_t i = 0; i < condition->n; i++) {
        if (!clause_matches(&condition->clauses[i], fields)) {
            return false;
        }
    }
    return true;
}

bool
conditions_matches_any(const struct conditions *condition,
                       const struct datum *fields)
{
    for (size_t i = 0; i < condition->n; i++) {
        if (clause_matches(&condition->clauses[i], fields)) {
            return true;
        }
    }
    return !condition->n;
}

/* The clause that fixes the value of 'column', or NULL. */
static const struct clause *
find_equal(const struct conditions *condition, const struct column *column)
{
    for (size_t i = 0; i < condition->n; i++) {
        const struct clause *clause = &condition->clauses[i];
        if (clause->column == column && clause->function == CONDITION_EQ) {
            return clause;
        }
    }
    return NULL;
}

/* Finds the one row that 'condition' admits through the unique index 'i';
 * false if it does not fix all of the index's columns. */
static bool
find_by_index(const struct table *table, size_t i,
              const struct conditions *condition, struct row **rowp)
{
    const struct table_index *index = &table->schema->indexes[i];
    uint32_t hash = 0;
    for (size_t j = 0; j < index->n; j++) {
        const struct clause *clause = find_equal(condition, index->columns[j]);
        if (!clause) {
            return false;
        }
        hash = datum_hash(&clause->arg, &clause->column->type, hash);
    }
    const struct index_entry *entry;
    *rowp = NULL;
    HMAP_FOR_EACH_WITH_HASH (entry, node, hash, &table->indexes[i]) {
        if (conditions_matches_all(condition, entry->row->fields)) {
            *rowp = entry->row;
            break;
        }
    }
    return true;
}

/* Finds the only row that can match, NULL if none; false if an index does not
 * tell. */
static bool
find_only(const struct table *table, const struct conditions *condition,
          struct row **rowp)
{
    const struct clause *clause =
        find_equal(condition, table->schema->columns[COLUMN_UUID]);
    if (clause) {
        *rowp = table_find_row(table, &clause->arg.keys[0].uuid);
        return true;
    }
    /* Indexes show the state before the open transaction. */
    if (table->db->transaction && table->db->transaction->changes.n) {
        return false;
    }
    for (size_t i = 0; i < table->schema->n_indexes; i++) {
        if (find_by_index(table, i, condition, rowp)) {
            return true;
        }
    }
    return false;
}

void
conditions_for_each(const struct table *table,
                    const struct conditions *condition,
                    bool (*visit)(struct row *, void *aux), void *aux)
{
    struct row *row, *next;
    if (condition->n && find_only(table, condition, &row)) {
        if (row && conditions_matches_all(condition, row->fields)) {
            visit(row, aux);
        }
        return;
    }
    HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
        if (conditions_matches_all(condition, row->fields)
            && !visit(row, aux)) {
            return;
        }
    }
}
