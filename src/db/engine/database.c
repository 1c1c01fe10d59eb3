/* Tables and rows. */

#include "db/engine/database.h"

#include "base/mem.h"
#include "db/engine/database_private.h"

static void
table_init(struct table *table, struct database *db,
           const struct table_schema *schema)
{
    table->schema = schema;
    table->db = db;
    hmap_init(&table->rows);
    hmap_init(&table->deleted);
    table->indexes = xcalloc(schema->n_indexes + 1, sizeof *table->indexes);
    for (size_t i = 0; i < schema->n_indexes; i++) {
        hmap_init(&table->indexes[i]);
    }
}

static void
table_uninit(struct table *table)
{
    struct row *row, *next;
    HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
        hmap_remove(&table->rows, &row->node);
        row_destroy(row);
    }
    hmap_uninit(&table->rows);
    hmap_uninit(&table->deleted);
    for (size_t i = 0; i < table->schema->n_indexes; i++) {
        hmap_uninit(&table->indexes[i]);
    }
    free(table->indexes);
}

struct database *
database_create(struct schema *schema)
{
    struct database *db = xzalloc(sizeof *db);
    db->schema = schema;
    db->tables = xcalloc(schema->n_tables + 1, sizeof *db->tables);
    for (size_t i = 0; i < schema->n_tables; i++) {
        table_init(&db->tables[i], db, schema->tables[i]);
    }
    list_init(&db->observers);
    return db;
}

void
database_destroy(struct database *db)
{
    if (db) {
        assert(!db->transaction);
        for (size_t i = 0; i < db->schema->n_tables; i++) {
            table_uninit(&db->tables[i]);
        }
        free(db->tables);
        schema_destroy(db->schema);
        free(db);
    }
}

struct table *
database_find_table(const struct database *db, const char *name)
{
    const struct table_schema *schema = schema_find_table(db->schema, name);
    return schema ? &db->tables[schema->index] : NULL;
}

struct table *
database_find_table_n(const struct database *db, const char *name, size_t len)
{
    const struct strmap_node *node =
        strmap_find_n(&db->schema->by_name, name, len);
    const struct table_schema *schema = node ? node->data : NULL;
    return schema ? &db->tables[schema->index] : NULL;
}

static struct row *
find_in(const struct hmap *rows, const struct uuid *uuid)
{
    struct row *row;
    HMAP_FOR_EACH_WITH_HASH (row, node, uuid_hash(uuid), rows) {
        if (uuid_equal(&row->uuid, uuid)) {
            return row;
        }
    }
    return NULL;
}

struct row *
table_find_row(const struct table *table, const struct uuid *uuid)
{
    return find_in(&table->rows, uuid);
}

struct row *
table_find_deleted_row(const struct table *table, const struct uuid *uuid)
{
    return find_in(&table->deleted, uuid);
}

const struct datum *
row_find(const struct row *row, const char *name, enum atom_type key,
         enum atom_type value)
{
    const struct column *column =
        table_schema_find_column(row->table->schema, name);
    return column && column->type.key.type == key
                   && column->type.value.type == value
               ? &row->fields[column->index]
               : NULL;
}

struct json *
row_to_json(const struct row *row, const struct column_set *columns)
{
    struct json *json = json_object_create();
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = columns->columns[i];
        json_object_add(
            json, column->name,
            datum_to_json(&row->fields[column->index], &column->type));
    }
    return json;
}

struct row *
row_create(struct table *table, const struct uuid *uuid)
{
    const struct table_schema *schema = table->schema;
    struct row *row =
        xzalloc(sizeof *row + schema->n_columns * sizeof *row->fields);
    row->table = table;
    row->uuid = *uuid;
    list_init(&row->weak_in);
    hmap_init(&row->weak_out);
    if (schema->n_indexes) {
        row->entries = xcalloc(schema->n_indexes, sizeof *row->entries);
        for (size_t i = 0; i < schema->n_indexes; i++) {
            row->entries[i].row = row;
        }
    }
    for (size_t i = 0; i < schema->n_columns; i++) {
        datum_clone(&row->fields[i], &schema->columns[i]->initial);
    }
    datum_uninit(&row->fields[COLUMN_UUID],
                 &schema->columns[COLUMN_UUID]->type);
    datum_init_uuid(&row->fields[COLUMN_UUID], uuid);
    return row;
}

void
row_destroy(struct row *row)
{
    const struct table_schema *schema = row->table->schema;
    struct weak_ref *ref, *next;
    HMAP_FOR_EACH_SAFE (ref, next, out_node, &row->weak_out) {
        weak_ref_destroy(ref);
    }
    LIST_FOR_EACH_SAFE (ref, next, in_node, &row->weak_in) {
        weak_ref_destroy(ref);
    }
    hmap_uninit(&row->weak_out);
    for (size_t i = 0; i < schema->n_columns; i++) {
        datum_uninit(&row->fields[i], &schema->columns[i]->type);
    }
    free(row->entries);
    free(row);
}

void
weak_ref_destroy(struct weak_ref *ref)
{
    ref->src->table->db->n_weak_refs--;
    hmap_remove(&ref->src->weak_out, &ref->out_node);
    list_remove(&ref->in_node);
    free(ref);
}
