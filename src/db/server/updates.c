/* What clients see change: the text of <table-updates>, RFC 7047 §4.1.6 and
 * ovsdb-server(7) §4.1.14 <table-updates2>. */

#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "db/server/monitor.h"

/* Begins the member of 'row'. */
static void
begin_row(struct monitor_updates *u, const struct row *row)
{
    struct str *out = &u->text;
    char uuid[UUID_LEN + 1];
    if (u->table != row->table) {
        const char *name = row->table->schema->name;
        str_put_char(out, u->table ? '}' : '{');
        u->table = row->table;
        json_put_name(out, name, strlen(name));
        str_put_char(out, '{');
    }
    uuid_format(&row->uuid, uuid);
    json_put_name(out, uuid, UUID_LEN);
}

struct json *
monitor_updates_finish(struct monitor_updates *u)
{
    struct json *updates = NULL;
    if (u->table) {
        str_put(&u->text, "}}");
        updates = json_serialized_create(u->text.text, u->text.len);
    }
    str_uninit(&u->text);
    u->table = NULL;
    return updates;
}

static void
put_datum(struct str *out, const struct column *column,
          const struct datum *datum)
{
    json_put_name(out, column->name, strlen(column->name));
    datum_put_json(out, datum, &column->type);
}

/* An object of the columns that 'select' admits; without defaults if
 * 'sparse'.  'change' selects values before the change. */
static void
put_columns(struct str *out, const struct monitor_table *mt,
            const struct row *row, const struct row_change *change, int select,
            bool sparse)
{
    str_put_char(out, '{');
    for (size_t i = 0; i < mt->n_columns; i++) {
        const struct column *column = mt->columns[i].column;
        const struct datum *datum = change
                                        ? row_change_old(change, column->index)
                                        : &row->fields[column->index];
        if (mt->columns[i].select & select
            && !(sparse && datum_is_default(datum, &column->type))) {
            put_datum(out, column, datum);
        }
    }
    str_put_char(out, '}');
}

/* <row-update> of a row that appears; 'select' says in which way. */
static void
put_appeared(struct monitor_updates *u, const struct monitor_view *view,
             const struct monitor_table *mt, const struct row *row, int select)
{
    bool is_v1 = view->version == MONITOR_V1;
    begin_row(u, row);
    str_put(&u->text, is_v1                      ? "{\"new\":"
                      : select == SELECT_INITIAL ? "{\"initial\":"
                                                 : "{\"insert\":");
    put_columns(&u->text, mt, row, NULL, select, !is_v1);
    str_put_char(&u->text, '}');
}

static void
put_disappeared(struct monitor_updates *u, const struct monitor_view *view,
                const struct monitor_table *mt,
                const struct row_change *change)
{
    begin_row(u, change->row);
    if (view->version == MONITOR_V1) {
        str_put(&u->text, "{\"old\":");
        put_columns(&u->text, mt, change->row, change, SELECT_DELETE, false);
        str_put_char(&u->text, '}');
    } else {
        str_put(&u->text, "{\"delete\":null}");
    }
}

/* Whether a change of column 'i' of the view concerns its client. */
static bool
column_is_modified(const struct monitor_view *view,
                   const struct monitor_table *mt,
                   const struct row_change *change, size_t i)
{
    return row_change_differs(change, mt->columns[i].column->index)
           && (view->version == MONITOR_V1
               || mt->columns[i].select & SELECT_MODIFY);
}

static bool
is_modified(const struct monitor_view *view, const struct monitor_table *mt,
            const struct row_change *change)
{
    for (size_t i = 0; i < mt->n_columns; i++) {
        if (column_is_modified(view, mt, change, i)) {
            return true;
        }
    }
    return false;
}

/* The old value of a column, or the difference. */
static void
put_modified_column(struct str *out, const struct monitor_view *view,
                    const struct column *column,
                    const struct row_change *change)
{
    const struct datum *old = row_change_old(change, column->index);
    if (view->version == MONITOR_V1) {
        put_datum(out, column, old);
        return;
    }
    struct datum diff;
    datum_diff(&diff, old, &change->row->fields[column->index], &column->type);
    put_datum(out, column, &diff);
    datum_uninit(&diff, &column->type);
}

/* <row-update> of a changed row, if anything of interest changed. */
static void
put_modified(struct monitor_updates *u, const struct monitor_view *view,
             const struct monitor_table *mt, const struct row_change *change)
{
    if (!is_modified(view, mt, change)) {
        return;
    }
    bool is_v1 = view->version == MONITOR_V1;
    begin_row(u, change->row);
    str_put(&u->text, is_v1 ? "{\"old\":{" : "{\"modify\":{");
    for (size_t i = 0; i < mt->n_columns; i++) {
        if (column_is_modified(view, mt, change, i)
            && mt->columns[i].select & SELECT_MODIFY) {
            put_modified_column(&u->text, view, mt->columns[i].column, change);
        }
    }
    str_put_char(&u->text, '}');
    if (is_v1) {
        str_put(&u->text, ",\"new\":");
        put_columns(&u->text, mt, change->row, NULL, SELECT_MODIFY, false);
    }
    str_put_char(&u->text, '}');
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

static void
put_change(struct monitor_updates *u, const struct monitor_view *view,
           const struct monitor_table *mt, const struct row_change *change)
{
    bool was = !change->is_insert && old_matches(mt, change);
    bool is = !change->is_delete
              && conditions_matches_any(&mt->condition, change->row->fields);
    if (was && is && mt->select & SELECT_MODIFY) {
        put_modified(u, view, mt, change);
    } else if (is && !was && mt->select & SELECT_INSERT) {
        put_appeared(u, view, mt, change->row, SELECT_INSERT);
    } else if (was && !is && mt->select & SELECT_DELETE) {
        put_disappeared(u, view, mt, change);
    }
}

struct json *
monitor_view_initial(struct monitor_view *view)
{
    if (view->initial) {
        return json_ref(view->initial);
    }
    struct monitor_updates u = MONITOR_UPDATES_INITIALIZER;
    for (size_t i = 0; i < view->db->schema->n_tables; i++) {
        const struct monitor_table *mt = &view->tables[i];
        if (!mt->table || !(mt->select & SELECT_INITIAL)) {
            continue;
        }
        const struct row *row;
        HMAP_FOR_EACH (row, node, &mt->table->rows) {
            if (conditions_matches_any(&mt->condition, row->fields)) {
                put_appeared(&u, view, mt, row, SELECT_INITIAL);
            }
        }
    }
    struct json *initial = monitor_updates_finish(&u);
    if (!initial) {
        initial = json_object_create();
    }
    if (view->key) {
        view->initial = json_ref(initial);
    }
    return initial;
}

struct json *
monitor_view_changes(const struct monitor_view *view,
                     struct row_change *const *changes, size_t n)
{
    struct monitor_updates u = MONITOR_UPDATES_INITIALIZER;
    /* Rows of a table must lie together. */
    CLEANUP(free_ptr)
    unsigned long *done = bitmap_create(view->db->schema->n_tables);
    for (size_t i = 0; i < n; i++) {
        const struct table *table = changes[i]->row->table;
        const struct monitor_table *mt = &view->tables[table->schema->index];
        if (!mt->table || bitmap_is_set(done, table->schema->index)) {
            continue;
        }
        bitmap_set1(done, table->schema->index);
        for (size_t j = i; j < n; j++) {
            if (changes[j]->row->table == table && !changes[j]->is_dropped) {
                put_change(&u, view, mt, changes[j]);
            }
        }
    }
    return monitor_updates_finish(&u);
}

void
monitor_view_recondition(const struct monitor_view *view,
                         struct monitor_table *mt,
                         const struct conditions *new_,
                         struct monitor_updates *u)
{
    const struct row *row;
    HMAP_FOR_EACH (row, node, &mt->table->rows) {
        bool was = conditions_matches_any(&mt->condition, row->fields);
        bool is = conditions_matches_any(new_, row->fields);
        if (is && !was && mt->select & SELECT_INSERT) {
            put_appeared(u, view, mt, row, SELECT_INSERT);
        } else if (was && !is && mt->select & SELECT_DELETE) {
            begin_row(u, row);
            str_put(&u->text, "{\"delete\":null}");
        }
    }
}
