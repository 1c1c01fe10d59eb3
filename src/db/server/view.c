/* What clients ask to see: RFC 7047 §4.1.5 and ovsdb-server(7) §4.1.12 to
 * §4.1.14 <monitor-request>. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"
#include "db/server/monitor.h"

static struct db_error *
parse_select(const struct json *json, const char *table, int *selectp)
{
    static const char *const names[] = { "initial", "insert", "delete",
                                         "modify" };
    *selectp = SELECT_ALL;
    if (!json) {
        return NULL;
    }
    struct members m;
    members_init(&m, json, "Parsing table %s select", table);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct json *value = members_find(&m, names[i], MEMBER_BOOLEAN);
        if (value && value->type == JSON_FALSE) {
            *selectp &= ~(1 << i);
        }
    }
    return members_finish(&m);
}

static struct db_error *
add_column(struct monitor_table *mt, const struct column *column, int select,
           const struct json *json)
{
    for (size_t i = 0; i < mt->n_columns; i++) {
        if (mt->columns[i].column == column) {
            return db_error_syntax(json, "column %s mentioned more than once",
                                   column->name);
        }
    }
    mt->columns[mt->n_columns++] = (struct monitor_column){ column, select };
    return NULL;
}

static struct db_error *
add_columns(struct monitor_table *mt, const struct json *columns, int select)
{
    const struct table_schema *schema = mt->table->schema;
    struct db_error *error = NULL;
    if (!columns) {
        for (size_t i = COLUMN_VERSION; !error && i < schema->n_columns; i++) {
            error = add_column(mt, schema->columns[i], select, NULL);
        }
        return error;
    }
    if (columns->type != JSON_ARRAY) {
        return db_error_syntax(columns, "array of column names expected");
    }
    for (size_t i = 0; !error && i < columns->array.n; i++) {
        const struct json *name = json_item(columns, i);
        if (name->type != JSON_STRING) {
            return db_error_syntax(columns, "array of column names expected");
        }
        const struct column *column =
            table_schema_find_column(schema, json_text(name));
        error = column
                    ? add_column(mt, column, select, columns)
                    : db_error_syntax(columns, "%s is not a valid column name",
                                      json_text(name));
    }
    return error;
}

/* Parses one <monitor-request> of a table; the first one has the condition
 * for all. */
static struct db_error *
parse_request(struct monitor_table *mt, enum monitor_version version,
              const struct json *json, bool is_first)
{
    const char *name = mt->table->schema->name;
    struct members m;
    members_init(&m, json, "Parsing table %s", name);
    const struct json *where =
        version == MONITOR_V1 ? NULL : members_find(&m, "where", MEMBER_ARRAY);
    const struct json *columns = members_find(&m, "columns", MEMBER_ARRAY);
    const struct json *select_json = members_find(&m, "select", MEMBER_OBJECT);
    struct db_error *error = members_finish(&m);
    int select = 0;
    if (!error) {
        error = parse_select(select_json, name, &select);
    }
    if (!error) {
        error = add_columns(mt, columns, select);
        mt->select |= select;
    }
    if (!error && where) {
        struct conditions condition = CONDITIONS_INITIALIZER;
        error =
            conditions_from_json(&condition, mt->table->schema, where, NULL);
        if (!error && is_first) {
            mt->condition = condition;
        } else {
            conditions_uninit(&condition);
        }
    }
    return error;
}

static struct db_error *
parse_table(struct monitor_view *view, const char *name,
            const struct json *json)
{
    const struct table *table = database_find_table(view->db, name);
    if (!table) {
        return db_error_syntax(NULL, "no table named %s", name);
    }
    struct monitor_table *mt = &view->tables[table->schema->index];
    mt->table = table;
    mt->columns = xcalloc(table->schema->n_columns, sizeof *mt->columns);
    if (json->type != JSON_ARRAY) {
        return parse_request(mt, view->version, json, true);
    }
    for (size_t i = 0; i < json->array.n; i++) {
        struct db_error *error =
            parse_request(mt, view->version, json_item(json, i), !i);
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct db_error *
monitor_view_create(struct monitor_view **viewp, const struct database *db,
                    enum monitor_version version, const struct json *requests)
{
    struct monitor_view *view = xzalloc(sizeof *view);
    view->n_refs = 1;
    view->version = version;
    view->db = db;
    view->tables = xcalloc(db->schema->n_tables + 1, sizeof *view->tables);
    struct db_error *error = NULL;
    bool has_condition = false;
    for (size_t i = 0; !error && i < requests->object.n; i++) {
        const struct json_member *m = &requests->object.members[i];
        error = parse_table(view, m->name, m->value);
    }
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        has_condition |= view->tables[i].condition.n > 0;
    }
    if (error) {
        monitor_view_destroy(view);
        *viewp = NULL;
        return error;
    }
    if (!has_condition) {
        view->key = json_print(requests, JSON_SORT);
    }
    *viewp = view;
    return NULL;
}

void
monitor_view_destroy(struct monitor_view *view)
{
    for (size_t i = 0; i < view->db->schema->n_tables; i++) {
        free(view->tables[i].columns);
        conditions_uninit(&view->tables[i].condition);
    }
    free(view->tables);
    json_unref(view->initial);
    json_unref(view->updates);
    free(view->key);
    free(view);
}
