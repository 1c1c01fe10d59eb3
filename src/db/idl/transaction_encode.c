/* Transactions as JSON: RFC 7047 §5.2. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/idl/idl_private.h"

static struct json *
operation_create(const char *op, const struct idl_row *row)
{
    struct json *json = json_object_create();
    json_object_put_string(json, "op", op);
    json_object_put_string(json, "table", row->table->schema->name);
    return json;
}

/* [["_uuid", "==", ["uuid", UUID]]] */
static struct json *
where_uuid(const struct uuid *uuid)
{
    union atom atom = { .uuid = *uuid };
    return json_array_create_1(json_array_create_3(
        json_string_create("_uuid"), json_string_create("=="),
        atom_to_json(&atom, ATOM_UUID)));
}

/* Name in the transaction of the row that it inserts as 'uuid'. */
static char *
row_name(const struct uuid *uuid)
{
    char *name = xasprintf("row" UUID_FMT, UUID_ARGS(uuid));
    for (char *p = name; *p; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }
    return name;
}

static bool
is_inserted(const struct idl_txn *txn, const struct uuid *uuid)
{
    struct idl_insert *insert;
    HMAP_FOR_EACH_WITH_HASH (insert, node, uuid_hash(uuid), &txn->inserts) {
        if (uuid_equal(&insert->given, uuid)) {
            return true;
        }
    }
    return false;
}

/* ["uuid", U] becomes ["named-uuid", NAME] where U is inserted here. */
static struct json *
name_inserted(const struct idl_txn *txn, struct json *json)
{
    if (json->type != JSON_ARRAY) {
        return json;
    }
    struct uuid uuid;
    if (json->array.n == 2 && json_item(json, 0)->type == JSON_STRING
        && json_item(json, 1)->type == JSON_STRING
        && !strcmp(json_text(json_item(json, 0)), "uuid")
        && uuid_parse(json_text(json_item(json, 1)), &uuid)) {
        if (is_inserted(txn, &uuid)) {
            char *name = row_name(&uuid);
            json_unref(json);
            json = json_array_create_2(json_string_create("named-uuid"),
                                       json_string_create(name));
            free(name);
        }
        return json;
    }
    for (size_t i = 0; i < json->array.n; i++) {
        json->array.items[i] = name_inserted(txn, json->array.items[i]);
    }
    return json;
}

static struct json *
encode_datum(const struct idl_txn *txn, const struct datum *d,
             const struct type *type)
{
    struct json *json = datum_to_json(d, type);
    bool refs = base_type_is_ref(&type->key) || base_type_is_ref(&type->value);
    return refs ? name_inserted(txn, json) : json;
}

/* "wait" for what was verified to be as it is in the replica, and for rows
 * that are mutated to exist: mutating none would go unnoticed. */
static void
encode_verified(const struct idl_row_edit *edit, struct json *operations)
{
    const struct table_schema *schema = edit->row->table->schema;
    struct json *columns = NULL, *values = NULL;
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (edit->verified[i]) {
            columns = columns ? columns : json_array_create();
            values = values ? values : json_object_create();
            json_array_add(columns, json_string_create(column->name));
            json_object_put(
                values, column->name,
                datum_to_json(&edit->row->columns[i], &column->type));
        }
    }
    if (!columns && !edit->is_insert && !edit->is_delete
        && !list_is_empty(&edit->mutations)) {
        columns = json_array_create_1(json_string_create("_uuid"));
        values = json_object_create();
        union atom atom = { .uuid = edit->row->uuid };
        json_object_put(values, "_uuid", atom_to_json(&atom, ATOM_UUID));
    }
    if (columns) {
        struct json *op = operation_create("wait", edit->row);
        json_object_put(op, "timeout", json_integer_create(0));
        json_object_put(op, "where", where_uuid(&edit->row->uuid));
        json_object_put_string(op, "until", "==");
        json_object_put(op, "columns", columns);
        json_object_put(op, "rows", json_array_create_1(values));
        json_array_add(operations, op);
    }
}

static struct json *
encode_written(const struct idl_txn *txn, const struct idl_row_edit *edit)
{
    const struct table_schema *schema = edit->row->table->schema;
    struct json *row = json_object_create();
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        if (edit->written[i] && !idl_edit_is_mutated(edit, column)
            && !(edit->is_insert
                 && datum_is_default(&edit->new[i], &column->type))) {
            json_object_put(row, column->name,
                            encode_datum(txn, &edit->new[i], &column->type));
        }
    }
    return row;
}

static bool
encode_insert(struct idl_txn *txn, const struct idl_row_edit *edit,
              struct json *operations)
{
    struct json *op = operation_create("insert", edit->row);
    if (edit->persist_uuid) {
        char uuid[UUID_LEN + 1];
        uuid_format(&edit->row->uuid, uuid);
        json_object_put_string(op, "uuid", uuid);
    }
    char *name = row_name(&edit->row->uuid);
    json_object_put_string(op, "uuid-name", name);
    free(name);
    json_object_put(op, "row", encode_written(txn, edit));

    struct idl_insert *insert;
    HMAP_FOR_EACH_WITH_HASH (insert, node, uuid_hash(&edit->row->uuid),
                             &txn->inserts) {
        if (uuid_equal(&insert->given, &edit->row->uuid)) {
            /* The parameters begin with the name of the database. */
            insert->operation = operations->array.n - 1;
        }
    }
    json_array_add(operations, op);
    return true;
}

static bool
encode_update(struct idl_txn *txn, const struct idl_row_edit *edit,
              struct json *operations)
{
    struct json *row = encode_written(txn, edit);
    if (!row->object.n) {
        json_unref(row);
        return false;
    }
    struct json *op = operation_create("update", edit->row);
    json_object_put(op, "where", where_uuid(&edit->row->uuid));
    json_object_put(op, "row", row);
    json_array_add(operations, op);
    return true;
}

static bool
encode_mutations(struct idl_txn *txn, const struct idl_row_edit *edit,
                 struct json *operations)
{
    if (list_is_empty(&edit->mutations)) {
        return false;
    }
    struct json *mutations = json_array_create();
    struct idl_mutation *m;
    LIST_FOR_EACH (m, node, &edit->mutations) {
        if (!m->datum.n) {
            continue;
        }
        struct type type = idl_mutation_type(m->column, m->add);
        struct json *operand = encode_datum(txn, &m->datum, &type);
        if (!type_is_map(&type) && m->datum.n == 1) {
            /* In full, as servers quote it in errors. */
            operand = json_array_create_2(json_string_create("set"),
                                          json_array_create_1(operand));
        }
        json_array_add(mutations,
                       json_array_create_3(
                           json_string_create(m->column->name),
                           json_string_create(m->add ? "insert" : "delete"),
                           operand));
    }
    if (!mutations->array.n) {
        json_unref(mutations);
        return false;
    }
    struct json *op = operation_create("mutate", edit->row);
    json_object_put(op, "where", where_uuid(&edit->row->uuid));
    json_object_put(op, "mutations", mutations);
    json_array_add(operations, op);
    return true;
}

static bool
encode_edit(struct idl_txn *txn, const struct idl_row_edit *edit,
            struct json *operations)
{
    if (edit->is_insert) {
        return encode_insert(txn, edit, operations);
    }
    if (edit->is_delete) {
        /* Rows of other tables go with the last reference to them. */
        if (!idl_row_table(edit->row)->is_root) {
            return false;
        }
        struct json *op = operation_create("delete", edit->row);
        json_object_put(op, "where", where_uuid(&edit->row->uuid));
        json_array_add(operations, op);
        return true;
    }
    bool updated = encode_update(txn, edit, operations);
    return encode_mutations(txn, edit, operations) || updated;
}

/* "mutate" by one, then "select" to learn the value. */
static void
encode_increment(struct idl_txn *txn, struct json *operations)
{
    const struct idl_table *table = &txn->idl->tables[txn->increment_table];
    const char *column = txn->increment_column->name;
    struct json *where =
        is_inserted(txn, &txn->increment_row)
            ? name_inserted(txn, where_uuid(&txn->increment_row))
            : where_uuid(&txn->increment_row);
    txn->increment_index = operations->array.n - 1;

    struct json *op = json_object_create();
    json_object_put_string(op, "op", "mutate");
    json_object_put_string(op, "table", table->schema->name);
    json_object_put(op, "where", json_ref(where));
    json_object_put(op, "mutations",
                    json_array_create_1(json_array_create_3(
                        json_string_create(column), json_string_create("+="),
                        json_integer_create(1))));
    json_array_add(operations, op);

    op = json_object_create();
    json_object_put_string(op, "op", "select");
    json_object_put_string(op, "table", table->schema->name);
    json_object_put(op, "where", where);
    json_object_put(op, "columns",
                    json_array_create_1(json_string_create(column)));
    json_array_add(operations, op);
}

struct json *
idl_txn_encode(struct idl_txn *txn, bool *any_changesp)
{
    struct idl *idl = txn->idl;
    struct json *operations =
        json_array_create_1(json_string_create(idl->database->name));
    if (idl->lock_name) {
        struct json *op = json_object_create();
        json_object_put_string(op, "op", "assert");
        json_object_put_string(op, "lock", idl->lock_name);
        json_array_add(operations, op);
    }
    struct idl_row_edit *edit;
    LIST_FOR_EACH (edit, node, &txn->edits) {
        encode_verified(edit, operations);
    }
    bool any = false;
    LIST_FOR_EACH (edit, node, &txn->edits) {
        any |= encode_edit(txn, edit, operations);
    }
    if (txn->increment_column && (any || txn->increment_force)) {
        encode_increment(txn, operations);
        any = true;
    } else {
        txn->increment_column = NULL;
    }
    if (txn->comment.len) {
        struct json *op = json_object_create();
        json_object_put_string(op, "op", "comment");
        json_object_put_string(op, "comment", str_text(&txn->comment));
        json_array_add(operations, op);
    }
    if (txn->dry_run) {
        struct json *op = json_object_create();
        json_object_put_string(op, "op", "abort");
        json_array_add(operations, op);
    }
    *any_changesp = any;
    return operations;
}
