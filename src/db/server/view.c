/* Views of a database, and updates of them: RFC 7047 §4.1.5, §4.1.6, and
 * ovsdb-server(7) §4.1.12 to §4.1.16. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"
#include "db/server/monitor.h"

/* --- Parsing ----------------------------------------------------------- */

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
            return db_error_syntax(json,
                                   "column name mentioned more than once");
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
            return db_error_syntax(columns, "columns must be array of column "
                                            "names");
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

/* Parses one <monitor-request> of a table. */
static struct db_error *
parse_request(struct monitor_table *mt, enum monitor_version version,
              const struct json *json)
{
    const char *name = mt->table->schema->name;
    struct members m;
    members_init(&m, json, "Parsing table %s", name);
    const struct json *where =
        version == MONITOR_V1
            ? NULL
            : members_find(&m, "where", MEMBER_ARRAY | MEMBER_BOOLEAN);
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
    if (!error && where && where->type == JSON_ARRAY) {
        conditions_uninit(&mt->condition);
        error = conditions_from_json(&mt->condition, mt->table->schema, where,
                                     NULL);
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
        return parse_request(mt, view->version, json);
    }
    for (size_t i = 0; i < json->array.n; i++) {
        struct db_error *error =
            parse_request(mt, view->version, json_item(json, i));
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
    free(view->updates);
    free(view->key);
    free(view);
}

/* --- Updates ----------------------------------------------------------- */

/* An object of the columns that 'select' admits; without defaults if
 * 'sparse'.  'old' selects values before the change. */
static struct json *
put_columns(const struct monitor_table *mt, const struct row *row,
            const struct row_change *change, int select, bool sparse)
{
    struct json *object = json_object_create();
    for (size_t i = 0; i < mt->n_columns; i++) {
        const struct column *column = mt->columns[i].column;
        const struct datum *datum = change
                                        ? row_change_old(change, column->index)
                                        : &row->fields[column->index];
        if (mt->columns[i].select & select
            && !(sparse && datum_is_default(datum, &column->type))) {
            json_object_add(object, column->name,
                            datum_to_json(datum, &column->type));
        }
    }
    return object;
}

static struct json *
object_of_one(const char *name, struct json *value)
{
    struct json *object = json_object_create();
    json_object_add(object, name, value);
    return object;
}

/* <row-update> of a row that appears; 'select' says in which way. */
static struct json *
appeared(const struct monitor_view *view, const struct monitor_table *mt,
         const struct row *row, int select)
{
    bool is_v1 = view->version == MONITOR_V1;
    return object_of_one(is_v1                      ? "new"
                         : select == SELECT_INITIAL ? "initial"
                                                    : "insert",
                         put_columns(mt, row, NULL, select, !is_v1));
}

static struct json *
disappeared(const struct monitor_view *view, const struct monitor_table *mt,
            const struct row_change *change)
{
    return view->version == MONITOR_V1
               ? object_of_one("old", put_columns(mt, change->row, change,
                                                  SELECT_DELETE, false))
               : object_of_one("delete", json_null_create());
}

/* <row-update> of a changed row, or NULL if nothing of interest changed. */
static struct json *
modified(const struct monitor_view *view, const struct monitor_table *mt,
         const struct row_change *change)
{
    const struct row *row = change->row;
    bool is_v1 = view->version == MONITOR_V1;
    struct json *object = NULL;
    bool any = false;
    for (size_t i = 0; i < mt->n_columns; i++) {
        const struct column *column = mt->columns[i].column;
        bool is_wanted = mt->columns[i].select & SELECT_MODIFY;
        if (!row_change_differs(change, column->index)
            || (!is_wanted && !is_v1)) {
            continue;
        }
        any = true;
        if (!object) {
            object = json_object_create();
        }
        if (!is_wanted) {
            continue;
        }
        const struct datum *old = row_change_old(change, column->index);
        struct json *value;
        if (is_v1) {
            value = datum_to_json(old, &column->type);
        } else {
            struct datum diff;
            datum_diff(&diff, old, &row->fields[column->index], &column->type);
            value = datum_to_json(&diff, &column->type);
            datum_uninit(&diff, &column->type);
        }
        json_object_add(object, column->name, value);
    }
    if (!any) {
        return NULL;
    }
    if (!is_v1) {
        return object_of_one("modify", object);
    }
    struct json *update = object_of_one("old", object);
    json_object_put(update, "new",
                    put_columns(mt, row, NULL, SELECT_MODIFY, false));
    return update;
}

/* Whether the old content of the row matches. */
static bool
old_matches(const struct monitor_table *mt, const struct row_change *change)
{
    size_t n = change->row->table->schema->n_columns;
    if (!mt->condition.n) {
        return true;
    }
    /* Borrowed values, by column index. */
    struct datum *old = xmalloc(n * sizeof *old);
    for (size_t i = 0; i < n; i++) {
        old[i] = *row_change_old(change, i);
    }
    bool matches = conditions_matches_any(&mt->condition, old);
    free(old);
    return matches;
}

static struct json *
row_update(const struct monitor_view *view, const struct monitor_table *mt,
           const struct row_change *change)
{
    bool was = !change->is_insert && old_matches(mt, change);
    bool is = !change->is_delete
              && conditions_matches_any(&mt->condition, change->row->fields);
    if (was && is) {
        return mt->select & SELECT_MODIFY ? modified(view, mt, change) : NULL;
    } else if (is) {
        return mt->select & SELECT_INSERT
                   ? appeared(view, mt, change->row, SELECT_INSERT)
                   : NULL;
    } else if (was) {
        return mt->select & SELECT_DELETE ? disappeared(view, mt, change)
                                          : NULL;
    }
    return NULL;
}

/* Puts 'update' of 'row' into '*updatesp', which is made if NULL. */
static void
put_update(struct json **updatesp, const struct row *row, struct json *update)
{
    const char *name = row->table->schema->name;
    char uuid[UUID_LEN + 1];
    if (!*updatesp) {
        *updatesp = json_object_create();
    }
    struct json *table = json_object_find(*updatesp, name);
    if (!table) {
        table = json_object_create();
        json_object_put(*updatesp, name, table);
    }
    uuid_format(&row->uuid, uuid);
    json_object_add(table, uuid, update);
}

struct json *
monitor_view_initial(const struct monitor_view *view)
{
    struct json *updates = json_object_create();
    for (size_t i = 0; i < view->db->schema->n_tables; i++) {
        const struct monitor_table *mt = &view->tables[i];
        if (!mt->table || !(mt->select & SELECT_INITIAL)) {
            continue;
        }
        const struct row *row;
        HMAP_FOR_EACH (row, node, &mt->table->rows) {
            if (conditions_matches_any(&mt->condition, row->fields)) {
                put_update(&updates, row,
                           appeared(view, mt, row, SELECT_INITIAL));
            }
        }
    }
    return updates;
}

struct json *
monitor_view_changes(const struct monitor_view *view,
                     struct row_change *const *changes, size_t n)
{
    struct json *updates = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct row_change *change = changes[i];
        const struct monitor_table *mt =
            &view->tables[change->row->table->schema->index];
        struct json *update = mt->table && !change->is_dropped
                                  ? row_update(view, mt, change)
                                  : NULL;
        if (update) {
            put_update(&updates, change->row, update);
        }
    }
    return updates;
}

void
monitor_view_recondition(const struct monitor_view *view,
                         struct monitor_table *mt,
                         const struct conditions *new_, struct json **updatesp)
{
    const struct row *row;
    HMAP_FOR_EACH (row, node, &mt->table->rows) {
        bool was = conditions_matches_any(&mt->condition, row->fields);
        bool is = conditions_matches_any(new_, row->fields);
        if (is && !was && mt->select & SELECT_INSERT) {
            put_update(updatesp, row, appeared(view, mt, row, SELECT_INSERT));
        } else if (was && !is && mt->select & SELECT_DELETE) {
            put_update(updatesp, row,
                       object_of_one("delete", json_null_create()));
        }
    }
}
