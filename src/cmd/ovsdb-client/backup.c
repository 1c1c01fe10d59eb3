/* "backup" and "restore": the content of a database as a standalone file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/ovsdb-client/client.h"
#include "db/engine/database.h"
#include "db/journal/journal.h"
#include "db/journal/sha1.h"
#include "db/storage/storage.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_client);

static void
write_record(struct json *json)
{
    char *text = json_print(json, JSON_SORT);
    char *line = xasprintf("%s\n", text);
    char hex[SHA1_HEX_LEN + 1];
    sha1_hex(line, strlen(line), hex);
    printf("OVSDB " JOURNAL_MAGIC_STANDALONE " %zu %s\n%s", strlen(line), hex,
           line);
    free(line);
    free(text);
    json_unref(json);
}

/* Columns that are kept in files. */
static void
stored_columns(const struct table_schema *t, struct column_set *columns)
{
    for (size_t i = COLUMN_N_STD; i < t->n_columns; i++) {
        if (t->columns[i]->persistent) {
            column_set_add(columns, t->columns[i]);
        }
    }
}

static struct json *
select_of(const struct table_schema *t)
{
    struct column_set columns = COLUMN_SET_INITIALIZER;
    column_set_add(&columns, t->columns[COLUMN_UUID]);
    stored_columns(t, &columns);
    struct json *op = json_object_create();
    json_object_put_string(op, "op", "select");
    json_object_put_string(op, "table", t->name);
    json_object_put(op, "where", json_array_create());
    json_object_put(op, "columns", column_set_to_json(&columns));
    column_set_uninit(&columns);
    return op;
}

/* {"UUID": {"COLUMN": VALUE...}...} of the result of a select. */
static struct json *
rows_by_uuid(const struct table_schema *t, const struct json *result)
{
    const struct json *rows =
        result->type == JSON_OBJECT ? json_object_find(result, "rows") : NULL;
    if (!rows || rows->type != JSON_ARRAY) {
        char *text = json_print(result, JSON_SORT);
        client_fail("%s table: %s", t->name, text);
    }
    struct json *table = json_object_create();
    for (size_t i = 0; i < rows->array.n; i++) {
        const struct json *row = json_item(rows, i);
        const struct json *uuid = json_object_find(row, "_uuid");
        if (!uuid || uuid->type != JSON_ARRAY || uuid->array.n != 2
            || json_item(uuid, 1)->type != JSON_STRING) {
            client_fail("%s table: a row without _uuid", t->name);
        }
        struct json *copy = json_object_create();
        for (size_t j = 0; j < row->object.n; j++) {
            const struct json_member *m = &row->object.members[j];
            if (strcmp(m->name, "_uuid")) {
                json_object_put(copy, m->name, json_ref(m->value));
            }
        }
        json_object_put(table, json_text(json_item(uuid, 1)), copy);
    }
    return table;
}

void
client_backup(struct client *c)
{
    if (isatty(STDOUT_FILENO)) {
        client_fail("not writing backup to a terminal; "
                    "please redirect stdout to a file");
    }
    struct schema *schema = client_schema(c);
    struct json *params = json_array_create_1(json_string_create(c->database));
    for (size_t i = 0; i < schema->n_tables; i++) {
        json_array_add(params, select_of(schema->tables[i]));
    }
    struct json *result = client_call(c, "transact", params);
    if (result->type != JSON_ARRAY || result->array.n != schema->n_tables) {
        char *text = json_print(result, JSON_SORT);
        client_fail("%s: strange reply: %s", c->server, text);
    }
    struct json *record = json_object_create();
    for (size_t i = 0; i < schema->n_tables; i++) {
        struct json *rows =
            rows_by_uuid(schema->tables[i], json_item(result, i));
        if (rows->object.n) {
            json_object_put(record, schema->tables[i]->name, json_ref(rows));
        }
        json_unref(rows);
    }
    json_object_put(record, "_date", json_integer_create(clock_wall_msec()));
    json_object_put_string(record, "_comment",
                           "produced by \"ovsdb-client backup\"");
    json_object_put(record, "_is_diff", json_boolean_create(true));
    write_record(schema_to_json(schema));
    write_record(record);
    json_unref(result);
    schema_destroy(schema);
    if (fflush(stdout)) {
        client_fail("cannot write the backup to stdout");
    }
}

/* Restoring.  New rows get new UUIDs; until then they go by these names. */

static char *
row_name(const char *uuid)
{
    char *name = xasprintf("row%s", uuid);
    for (char *p = name; *p; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    return name;
}

/* 'json' with the UUIDs of rows of 'db' replaced by their names; only for
 * values of columns that refer to rows. */
static struct json *
name_references(const struct database *db, const struct json *json)
{
    struct uuid uuid;
    if (json->type != JSON_ARRAY) {
        return json_ref((struct json *) json);
    }
    if (json->array.n == 2 && json_item(json, 0)->type == JSON_STRING
        && !strcmp(json_text(json_item(json, 0)), "uuid")
        && json_item(json, 1)->type == JSON_STRING
        && uuid_parse(json_text(json_item(json, 1)), &uuid)) {
        for (size_t i = 0; i < db->schema->n_tables; i++) {
            if (table_find_row(&db->tables[i], &uuid)) {
                char *name = row_name(json_text(json_item(json, 1)));
                struct json *named =
                    json_array_create_2(json_string_create("named-uuid"),
                                        json_string_create(name));
                free(name);
                return named;
            }
        }
        return json_ref((struct json *) json);
    }
    struct json *copy = json_array_create();
    for (size_t i = 0; i < json->array.n; i++) {
        json_array_add(copy, name_references(db, json_item(json, i)));
    }
    return copy;
}

static struct json *
insert_of(const struct database *db, const struct row *row,
          const struct column_set *columns)
{
    struct json *values = json_object_create();
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = columns->columns[i];
        struct json *value =
            datum_to_json(&row->fields[column->index], &column->type);
        if (column->type.key.type == ATOM_UUID
            || column->type.value.type == ATOM_UUID) {
            struct json *named = name_references(db, value);
            json_unref(value);
            value = named;
        }
        json_object_put(values, column->name, value);
    }
    char text[UUID_LEN + 1];
    uuid_format(&row->uuid, text);
    char *name = row_name(text);
    struct json *op = json_object_create();
    json_object_put_string(op, "op", "insert");
    json_object_put_string(op, "table", row->table->schema->name);
    json_object_put_string(op, "uuid-name", name);
    json_object_put(op, "row", values);
    free(name);
    return op;
}

/* The transaction that replaces everything by the content of 'db'. */
static struct json *
replacement(const struct database *db)
{
    struct json *txn =
        json_array_create_1(json_string_create(db->schema->name));
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        struct json *op = json_object_create();
        json_object_put_string(op, "op", "delete");
        json_object_put_string(op, "table", db->schema->tables[i]->name);
        json_object_put(op, "where", json_array_create());
        json_array_add(txn, op);
    }
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        struct column_set columns = COLUMN_SET_INITIALIZER;
        stored_columns(db->schema->tables[i], &columns);
        struct row *row;
        HMAP_FOR_EACH (row, node, &db->tables[i].rows) {
            json_array_add(txn, insert_of(db, row, &columns));
        }
        column_set_uninit(&columns);
    }
    return txn;
}

static void
check_schema(struct client *c, const struct schema *backup)
{
    struct schema *schema = client_schema(c);
    if (!schema_equal(backup, schema)) {
        bool versions = strcmp(backup->version, schema->version);
        char *text = xasprintf(
            "backup schema has %s \"%s\" but database schema has %s \"%s\"",
            versions ? "version" : "checksum",
            versions ? backup->version : backup->cksum,
            versions ? "version" : "checksum",
            versions ? schema->version : schema->cksum);
        if (!c->force) {
            client_fail("%s (use --force to override differences, or "
                        "\"ovsdb-client convert\" to change the schema)",
                        text);
        }
        log_info("%s", text);
        free(text);
    }
    schema_destroy(schema);
}

void
client_restore(struct client *c)
{
    if (isatty(STDIN_FILENO)) {
        client_fail("not reading backup from a terminal; "
                    "please redirect stdin from a file");
    }
    struct storage *storage;
    struct database *db;
    struct error *error =
        storage_open("/dev/stdin", STORAGE_READ, &storage, &db);
    if (error) {
        client_fail("%s", error_text(error));
    }
    check_schema(c, db->schema);
    struct json *result = client_call(c, "transact", replacement(db));
    for (size_t i = 0; result->type == JSON_ARRAY && i < result->array.n;
         i++) {
        const struct json *item = json_item(result, i);
        if (item->type == JSON_OBJECT && json_object_find(item, "error")) {
            char *text = json_print(item, JSON_SORT);
            client_fail("server returned error reply: %s", text);
        }
    }
    json_unref(result);
    database_destroy(db);
    storage_close(storage);
}
