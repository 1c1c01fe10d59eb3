/* Columns that are named "db:DB,TABLE,COLUMN". */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovsdb-server/ovsdb_server.h"

struct error *
place_parse(const struct db_server *server, const char *name,
            struct place *place)
{
    CLEANUP(free_ptr) char *copy = xstrdup(name + strlen("db:"));
    char *p = copy;
    const char *db_name = strsep(&p, ",");
    const char *table_name = strsep(&p, ",");
    const char *column_name = strsep(&p, ",");
    if (!column_name || p) {
        return error_create("\"%s\": invalid syntax", name);
    }
    place->db = db_server_find(server, db_name);
    if (!place->db) {
        return error_create("\"%s\": no database named %s", name, db_name);
    }
    place->table = database_find_table(place->db, table_name);
    if (!place->table) {
        return error_create("\"%s\": no table named %s", name, table_name);
    }
    place->column =
        table_schema_find_column(place->table->schema, column_name);
    if (!place->column) {
        return error_create("\"%s\": table \"%s\" has no column \"%s\"", name,
                            table_name, column_name);
    }
    const struct base_type *key = &place->column->type.key;
    if (key->type != ATOM_STRING && !base_type_is_ref(key)) {
        return error_create("\"%s\": table \"%s\" column \"%s\" is not a "
                            "string or reference",
                            name, table_name, column_name);
    }
    return NULL;
}

/* The first string of a column of 'row', or NULL. */
static const char *
first_string(const struct row *row, const struct column *column)
{
    const struct datum *datum = &row->fields[column->index];
    return column->type.key.type == ATOM_STRING && datum->n
                   && atom_text(&datum->keys[0])[0]
               ? atom_text(&datum->keys[0])
               : NULL;
}

char *
place_first_string(const struct place *place)
{
    const struct row *row;
    HMAP_FOR_EACH (row, node, &place->table->rows) {
        const char *text = first_string(row, place->column);
        if (text) {
            return xstrdup(text);
        }
    }
    return NULL;
}
