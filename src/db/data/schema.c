/* Database schemas: parsing, checking, printing. */

#include "db/data/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The names of the members of 'object', sorted; the caller frees the array. */
static const char **
sorted_names(const struct json *object)
{
    size_t n = object->object.n;
    const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = object->object.members[i].name;
    }
    qsort(names, n, sizeof *names, compare_names);
    return names;
}

static struct db_error *
check_name(const char *name, const struct json *where)
{
    if (*name == '_') {
        return db_error_syntax(where,
                               "names beginning with \"_\" are reserved");
    }
    if (!members_is_id(name)) {
        return db_error_syntax(where, "name must be a valid id");
    }
    return NULL;
}

/* Columns. */

static void
column_destroy(struct column *column)
{
    if (column) {
        free(column->name);
        datum_uninit(&column->initial, &column->type);
        type_uninit(&column->type);
        free(column);
    }
}

/* Takes 'type'. */
static struct column *
column_create(const char *name, const struct type *type, bool is_fixed,
              bool is_ephemeral)
{
    /* A weak reference goes away with its row: the column must be able to
     * change. */
    bool weak = base_type_is_weak_ref(&type->key)
                || base_type_is_weak_ref(&type->value);
    struct column *column = xzalloc(sizeof *column);
    column->name = xstrdup(name);
    column->type = *type;
    datum_init_default(&column->initial, &column->type);
    column->mutable = weak || !is_fixed;
    column->persistent = !is_ephemeral;
    return column;
}

static struct db_error *
column_from_json(struct column **columnp, const char *name,
                 const struct json *json)
{
    struct members m;
    members_init(&m, json, "Parsing schema for column %s", name);
    const struct json *mutable = members_find(&m, "mutable", MEMBER_BOOLEAN);
    const struct json *ephemeral =
        members_find(&m, "ephemeral", MEMBER_BOOLEAN);
    const struct json *type_json =
        members_get(&m, "type", MEMBER_STRING | MEMBER_OBJECT);
    struct db_error *error = members_finish(&m);
    struct type type;
    if (!error) {
        error = type_from_json(&type, type_json);
    }
    if (error) {
        return error;
    }
    *columnp =
        column_create(name, &type, mutable && mutable->type == JSON_FALSE,
                      ephemeral && ephemeral->type == JSON_TRUE);
    return NULL;
}

struct json *
column_to_json(const struct column *column)
{
    struct json *json = json_object_create();
    json_object_put(json, "type", type_to_json(&column->type));
    if (!column->mutable) {
        json_object_put(json, "mutable", json_boolean_create(false));
    }
    if (!column->persistent) {
        json_object_put(json, "ephemeral", json_boolean_create(true));
    }
    return json;
}

/* Tables. */

static void
table_add_column(struct table_schema *table, struct column *column)
{
    table->columns = xrealloc(table->columns,
                              (table->n_columns + 1) * sizeof *table->columns);
    column->index = table->n_columns;
    table->columns[table->n_columns++] = column;
    strmap_add(&table->by_name, column->name, column);
    if (column->index >= COLUMN_N_STD) {
        table->mutable |= column->mutable;
    }
}

static void
table_add_std_column(struct table_schema *table, const char *name,
                     bool mutable)
{
    struct column *column = xzalloc(sizeof *column);
    column->name = xstrdup(name);
    type_init_scalar(&column->type, ATOM_UUID);
    datum_init_default(&column->initial, &column->type);
    column->mutable = mutable;
    table_add_column(table, column);
}

static struct table_schema *
table_schema_create(const char *name)
{
    struct table_schema *table = xzalloc(sizeof *table);
    table->name = xstrdup(name);
    table->max_rows = UINT32_MAX;
    strmap_init(&table->by_name);
    table_add_std_column(table, "_uuid", false);
    table_add_std_column(table, "_version", false);
    table->columns[COLUMN_UUID]->persistent = true;
    return table;
}

static void
table_schema_destroy(struct table_schema *table)
{
    if (table) {
        for (size_t i = 0; i < table->n_columns; i++) {
            column_destroy(table->columns[i]);
        }
        for (size_t i = 0; i < table->n_indexes; i++) {
            free(table->indexes[i].columns);
        }
        free(table->columns);
        free(table->indexes);
        strmap_uninit(&table->by_name);
        free(table->name);
        free(table);
    }
}

static struct db_error *
parse_columns(struct table_schema *table, const struct json *columns,
              const struct json *json)
{
    if (!columns->object.n) {
        return db_error_syntax(json, "table must have at least one column");
    }
    struct db_error *error = NULL;
    const char **names = sorted_names(columns);
    for (size_t i = 0; !error && i < columns->object.n; i++) {
        struct column *column = NULL;
        error = check_name(names[i], json);
        if (!error) {
            error = column_from_json(&column, names[i],
                                     json_object_find(columns, names[i]));
        }
        if (!error) {
            table_add_column(table, column);
        }
    }
    free(names);
    return error;
}

static struct db_error *
parse_index(struct table_schema *table, const struct json *names,
            const struct json *json)
{
    struct column_set set = COLUMN_SET_INITIALIZER;
    struct db_error *error = column_set_from_json(&set, table, names);
    if (error) {
        return error;
    }
    if (!set.n) {
        error = db_error_syntax(json, "index must have at least one column");
    }
    for (size_t i = 0; !error && i < set.n; i++) {
        if (!set.columns[i]->persistent) {
            error = db_error_syntax(
                json, "ephemeral columns (such as %s) may not be indexed",
                set.columns[i]->name);
        }
    }
    if (error) {
        column_set_uninit(&set);
        return error;
    }
    table->indexes = xrealloc(table->indexes,
                              (table->n_indexes + 1) * sizeof *table->indexes);
    table->indexes[table->n_indexes++] =
        (struct table_index){ set.columns, set.n };
    return NULL;
}

static struct db_error *
table_schema_from_json(struct table_schema **tablep, const char *name,
                       const struct json *json)
{
    struct members m;
    members_init(&m, json, "Parsing table schema for table %s", name);
    const struct json *columns = members_get(&m, "columns", MEMBER_OBJECT);
    const struct json *max_rows = members_find(&m, "maxRows", MEMBER_INTEGER);
    const struct json *is_root = members_find(&m, "isRoot", MEMBER_BOOLEAN);
    const struct json *indexes = members_find(&m, "indexes", MEMBER_ARRAY);
    struct db_error *error = members_finish(&m);
    if (error) {
        return error;
    }
    if (max_rows && max_rows->integer <= 0) {
        return db_error_syntax(json, "maxRows must be at least 1");
    }
    struct table_schema *table = table_schema_create(name);
    if (max_rows && max_rows->integer < UINT32_MAX) {
        table->max_rows = max_rows->integer;
    }
    table->is_root = is_root && is_root->type == JSON_TRUE;
    error = parse_columns(table, columns, json);
    for (size_t i = 0; !error && indexes && i < indexes->array.n; i++) {
        error = parse_index(table, json_item(indexes, i), json);
    }
    if (error) {
        table_schema_destroy(table);
        return error;
    }
    *tablep = table;
    return NULL;
}

const struct column *
table_schema_find_column(const struct table_schema *table, const char *name)
{
    return strmap_get(&table->by_name, name);
}

const struct column *
table_schema_find_column_n(const struct table_schema *table, const char *name,
                           size_t len)
{
    const struct strmap_node *node = strmap_find_n(&table->by_name, name, len);
    return node ? node->data : NULL;
}

struct json *
table_schema_to_json(const struct table_schema *table, bool default_is_root)
{
    struct json *json = json_object_create();
    if (default_is_root != table->is_root) {
        json_object_put(json, "isRoot", json_boolean_create(table->is_root));
    }
    struct json *columns = json_object_create();
    for (size_t i = COLUMN_N_STD; i < table->n_columns; i++) {
        json_object_put(columns, table->columns[i]->name,
                        column_to_json(table->columns[i]));
    }
    json_object_put(json, "columns", columns);
    if (table->max_rows != UINT32_MAX) {
        json_object_put(json, "maxRows", json_integer_create(table->max_rows));
    }
    if (table->n_indexes) {
        struct json *indexes = json_array_create();
        for (size_t i = 0; i < table->n_indexes; i++) {
            struct column_set set = { table->indexes[i].columns,
                                      table->indexes[i].n, 0 };
            json_array_add(indexes, column_set_to_json(&set));
        }
        json_object_put(json, "indexes", indexes);
    }
    return json;
}

/* Schemas. */

/* Whether 's' begins with digits; skips them. */
static bool
skip_digits(const char **s)
{
    size_t n = strspn(*s, "0123456789");
    *s += n;
    return n > 0;
}

bool
schema_version_is_valid(const char *s)
{
    return skip_digits(&s) && *s++ == '.' && skip_digits(&s) && *s++ == '.'
           && skip_digits(&s) && !*s;
}

/* Finds the table that 'base' refers to. */
static struct db_error *
resolve_ref(const struct schema *schema, const struct column *column,
            struct base_type *base, const char *part)
{
    if (!base_type_is_ref(base)) {
        return NULL;
    }
    base->uuid.ref_table =
        schema_find_table(schema, base->uuid.ref_table_name);
    if (!base->uuid.ref_table) {
        return db_error_syntax(NULL,
                               "column %s %s refers to undefined table %s",
                               column->name, part, base->uuid.ref_table_name);
    }
    return NULL;
}

static struct db_error *
resolve_refs(struct schema *schema)
{
    for (size_t i = 0; i < schema->n_tables; i++) {
        struct table_schema *table = schema->tables[i];
        for (size_t j = 0; j < table->n_columns; j++) {
            struct column *column = table->columns[j];
            struct db_error *error =
                resolve_ref(schema, column, &column->type.key, "key");
            if (!error) {
                error =
                    resolve_ref(schema, column, &column->type.value, "value");
            }
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

/* RFC 7047 §3.2: in a schema that never says isRoot every table is one. */
static bool
any_root(const struct schema *schema)
{
    for (size_t i = 0; i < schema->n_tables; i++) {
        if (schema->tables[i]->is_root) {
            return true;
        }
    }
    return false;
}

static struct schema *
schema_create(const char *name, const char *version, const char *cksum)
{
    struct schema *schema = xzalloc(sizeof *schema);
    strmap_init(&schema->by_name);
    schema->name = xstrdup(name);
    schema->version = xstrdup(version);
    schema->cksum = xstrdup(cksum);
    return schema;
}

/* 'tables' has room for it. */
static void
schema_add_table(struct schema *schema, struct table_schema *table)
{
    table->index = schema->n_tables;
    schema->tables[schema->n_tables++] = table;
    strmap_add(&schema->by_name, table->name, table);
}

/* JSON of a description, which is right. */
static struct json *
parse_desc(const char *text)
{
    struct json *json;
    struct error *error = json_parse_string(text, &json);
    assert(!error);
    return json;
}

static void
base_from_desc(struct base_type *base, const struct base_desc *desc)
{
    base_type_init(base, desc->type);
    if (desc->ref_table) {
        base->uuid.ref_table_name = xstrdup(desc->ref_table);
        base->uuid.ref_type = desc->is_weak ? REF_WEAK : REF_STRONG;
    }
}

static struct column *
column_from_desc(const struct column_desc *desc)
{
    struct type type = { .n_min = desc->n_min, .n_max = desc->n_max };
    if (desc->type) {
        struct json *json = parse_desc(desc->type);
        struct db_error *error = type_from_json(&type, json);
        assert(!error);
        json_unref(json);
    } else {
        base_from_desc(&type.key, &desc->key);
        base_from_desc(&type.value, &desc->value);
    }
    return column_create(desc->name, &type, desc->is_fixed,
                         desc->is_ephemeral);
}

static struct table_schema *
table_from_desc(const struct table_desc *desc)
{
    struct table_schema *table = table_schema_create(desc->name);
    table->is_root = desc->is_root;
    table->max_rows = desc->max_rows ? desc->max_rows : UINT32_MAX;
    for (size_t i = 0; i < desc->n_columns; i++) {
        table_add_column(table, column_from_desc(&desc->columns[i]));
    }
    if (desc->indexes) {
        struct json *indexes = parse_desc(desc->indexes);
        for (size_t i = 0; i < indexes->array.n; i++) {
            struct db_error *error =
                parse_index(table, json_item(indexes, i), indexes);
            assert(!error);
        }
        json_unref(indexes);
    }
    return table;
}

struct schema *
schema_from_desc(const struct schema_desc *desc)
{
    struct schema *schema =
        schema_create(desc->name, desc->version, desc->cksum);
    schema->tables = xcalloc(desc->n_tables, sizeof *schema->tables);
    for (size_t i = 0; i < desc->n_tables; i++) {
        schema_add_table(schema, table_from_desc(&desc->tables[i]));
    }
    struct db_error *error = resolve_refs(schema);
    assert(!error);
    return schema;
}

static struct db_error *
parse_tables(struct schema *schema, const struct json *tables,
             const struct json *json)
{
    struct db_error *error = NULL;
    const char **names = sorted_names(tables);
    schema->tables = xcalloc(tables->object.n + 1, sizeof *schema->tables);
    for (size_t i = 0; !error && i < tables->object.n; i++) {
        struct table_schema *table = NULL;
        error = check_name(names[i], json);
        if (!error) {
            error = table_schema_from_json(&table, names[i],
                                           json_object_find(tables, names[i]));
        }
        if (!error) {
            schema_add_table(schema, table);
        }
    }
    free(names);
    return error;
}

struct db_error *
schema_from_json(struct schema **schemap, const struct json *json)
{
    *schemap = NULL;
    struct members m;
    members_init(&m, json, "Parsing database schema");
    const struct json *name = members_get(&m, "name", MEMBER_ID);
    const struct json *version = members_find(&m, "version", MEMBER_STRING);
    const struct json *cksum = members_find(&m, "cksum", MEMBER_STRING);
    const struct json *tables = members_get(&m, "tables", MEMBER_OBJECT);
    members_find(&m, "$schema", MEMBER_STRING);
    struct db_error *error = members_finish(&m);
    if (error) {
        return error;
    }
    if (version && !schema_version_is_valid(json_text(version))) {
        return db_error_syntax(json,
                               "schema version \"%s\" not in format x.y.z",
                               json_text(version));
    }
    struct schema *schema =
        schema_create(json_text(name), version ? json_text(version) : "",
                      cksum ? json_text(cksum) : "");
    error = parse_tables(schema, tables, json);
    if (!error) {
        error = resolve_refs(schema);
    }
    if (error) {
        schema_destroy(schema);
        return error;
    }
    if (!any_root(schema)) {
        for (size_t i = 0; i < schema->n_tables; i++) {
            schema->tables[i]->is_root = true;
        }
    }
    *schemap = schema;
    return NULL;
}

struct db_error *
schema_from_file(struct schema **schemap, const char *name)
{
    *schemap = NULL;
    struct json *json;
    struct error *e = json_parse_file(name, &json);
    if (e) {
        struct error *wrapped = error_create(
            "\"%s\" could not be read as JSON (%s)", name, error_text(e));
        error_destroy(e);
        return db_error_from_error(wrapped);
    }
    struct db_error *error = schema_from_json(schemap, json);
    json_unref(json);
    return error ? db_error_prefix(
               error, "failed to parse \"%s\" as ovsdb schema", name)
                 : NULL;
}

void
schema_destroy(struct schema *schema)
{
    if (schema) {
        for (size_t i = 0; i < schema->n_tables; i++) {
            table_schema_destroy(schema->tables[i]);
        }
        free(schema->tables);
        strmap_uninit(&schema->by_name);
        free(schema->name);
        free(schema->version);
        free(schema->cksum);
        free(schema);
    }
}

struct schema *
schema_clone(const struct schema *old)
{
    struct json *json = schema_to_json(old);
    struct schema *schema;
    struct db_error *error = schema_from_json(&schema, json);
    assert(!error);
    json_unref(json);
    return schema;
}

struct json *
schema_to_json(const struct schema *schema)
{
    /* Without roots named, all are: then the old form is printed. */
    bool default_is_root = true;
    for (size_t i = 0; i < schema->n_tables; i++) {
        default_is_root &= schema->tables[i]->is_root;
    }
    struct json *json = json_object_create();
    json_object_put_string(json, "name", schema->name);
    if (*schema->version) {
        json_object_put_string(json, "version", schema->version);
    }
    if (*schema->cksum) {
        json_object_put_string(json, "cksum", schema->cksum);
    }
    struct json *tables = json_object_create();
    for (size_t i = 0; i < schema->n_tables; i++) {
        json_object_put(
            tables, schema->tables[i]->name,
            table_schema_to_json(schema->tables[i], default_is_root));
    }
    json_object_put(json, "tables", tables);
    return json;
}

bool
schema_equal(const struct schema *a, const struct schema *b)
{
    struct json *ja = schema_to_json(a);
    struct json *jb = schema_to_json(b);
    bool equal = json_equal(ja, jb);
    json_unref(ja);
    json_unref(jb);
    return equal;
}

struct table_schema *
schema_find_table(const struct schema *schema, const char *name)
{
    return strmap_get(&schema->by_name, name);
}
