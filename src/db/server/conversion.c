/* Changing the schema of a database that is being served: ovsdb-server(7)
 * §4.1.20. */

#include <string.h>

#include "db/engine/convert.h"
#include "db/server/server_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

static struct db_error *
parse_schema(const struct served_db *sdb, const struct json *json,
             struct schema **schemap)
{
    const char *name = sdb->db->schema->name;
    struct db_error *error = schema_from_json(schemap, json);
    if (!error && strcmp((*schemap)->name, name) != 0) {
        error = db_error_create(
            "invalid parameters",
            "new schema name (%s) does not match database name (%s)",
            (*schemap)->name, name);
    } else if (!error && sdb->is_internal) {
        error = db_error_create("not allowed",
                                "the schema of %s cannot be changed", name);
    }
    if (error) {
        schema_destroy(*schemap);
        *schemap = NULL;
    }
    return error;
}

struct db_error *
served_db_convert(struct served_db *sdb, const struct json *json,
                  const struct db_session *converter)
{
    struct schema *schema = NULL;
    struct database *converted;
    struct db_error *error = parse_schema(sdb, json, &schema);
    if (!error) {
        error = database_convert(sdb->db, schema, &converted);
    }
    if (error) {
        return error;
    }
    struct error *io_error =
        storage_compact(sdb->storage, converted, "converted by ovsdb-server");
    if (io_error) {
        log_err("%s: %s", sdb->db->schema->name, error_text(io_error));
        error = db_error_create("I/O error", "%s", error_text(io_error));
        error_destroy(io_error);
        database_destroy(converted);
        return error;
    }
    log_info("%s: converted to schema version %s", sdb->db->schema->name,
             *converted->schema->version ? converted->schema->version
                                         : "none");
    served_db_replace(sdb, converted, converter);
    return NULL;
}
