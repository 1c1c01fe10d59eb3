/* The "_Server" database: what the server says about its databases,
 * ovsdb-server(7). */

#include <string.h>

#include "base/mem.h"
#include "db/server/mirror.h"
#include "db/server/server_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

static const char internal_schema[] =
    "{\"name\":\"_Server\",\"version\":\"1.2.0\","
    "\"cksum\":\"3009684573 744\",\"tables\":{\"Database\":{\"columns\":{"
    "\"name\":{\"type\":\"string\"},"
    "\"model\":{\"type\":{\"key\":{\"type\":\"string\",\"enum\":[\"set\","
    "[\"standalone\",\"clustered\",\"relay\"]]}}},"
    "\"connected\":{\"type\":\"boolean\"},"
    "\"leader\":{\"type\":\"boolean\"},"
    "\"schema\":{\"type\":{\"key\":{\"type\":\"string\"},"
    "\"min\":0,\"max\":1}},"
    "\"cid\":{\"type\":{\"key\":{\"type\":\"uuid\"},\"min\":0,\"max\":1}},"
    "\"sid\":{\"type\":{\"key\":{\"type\":\"uuid\"},\"min\":0,\"max\":1}},"
    "\"index\":{\"type\":{\"key\":{\"type\":\"integer\"},"
    "\"min\":0,\"max\":1}}},\"isRoot\":true}}}";

struct database *
internal_create(void)
{
    struct json *json;
    struct error *error = json_parse_string(internal_schema, &json);
    assert(!error);
    struct schema *schema;
    struct db_error *db_error = schema_from_json(&schema, json);
    assert(!db_error);
    json_unref(json);
    return database_create(schema);
}

static void
set_string(struct transaction *txn, struct row *row, const char *name,
           const char *value)
{
    struct datum datum;
    datum_init_string(&datum, value);
    transaction_write(
        txn, row, table_schema_find_column(row->table->schema, name), &datum);
}

static void
set_boolean(struct transaction *txn, struct row *row, const char *name,
            bool value)
{
    struct datum datum;
    datum_init_boolean(&datum, value);
    transaction_write(
        txn, row, table_schema_find_column(row->table->schema, name), &datum);
}

/* Makes the row of 'sdb' true. */
static void
set_row(struct transaction *txn, struct table *table,
        const struct served_db *sdb)
{
    struct row *row = table_find_row(table, &sdb->row);
    if (!row) {
        row = transaction_insert(txn, table, &sdb->row);
    }
    set_string(txn, row, "name", sdb->db->schema->name);
    set_string(txn, row, "model",
               sdb->is_relay ? "relay" : storage_model(sdb->storage));
    set_boolean(txn, row, "connected",
                !sdb->is_relay || (sdb->mirror && mirror_is_up(sdb->mirror)));
    set_boolean(txn, row, "leader", !sdb->is_relay);
    if (sdb->is_available) {
        struct json *json = schema_to_json(sdb->db->schema);
        char *schema = json_print(json, JSON_COMPACT);
        json_unref(json);
        set_string(txn, row, "schema", schema);
        free(schema);
    }
}

/* The database whose row has 'uuid', or NULL. */
static const struct served_db *
find_by_row(const struct db_server *server, const struct uuid *uuid)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        const struct served_db *sdb = node->data;
        if (uuid_equal(&sdb->row, uuid)) {
            return sdb;
        }
    }
    return NULL;
}

void
internal_update(struct db_server *server)
{
    if (!server->is_ready) {
        return;
    }
    struct database *db = db_server_find(server, "_Server");
    struct table *table = database_find_table(db, "Database");
    struct transaction *txn = transaction_create(db);

    struct row *row, *next;
    HMAP_FOR_EACH_SAFE (row, next, node, &table->rows) {
        if (!find_by_row(server, &row->uuid)) {
            transaction_delete(txn, row);
        }
    }
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        set_row(txn, table, node->data);
    }
    struct error *error = db_server_commit(server, txn, false);
    if (error) {
        log_err("_Server: %s", error_text(error));
        error_destroy(error);
    }
}
