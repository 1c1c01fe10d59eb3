/* Commands on any table: get, list, find, set, add, remove, clear, create,
 * destroy, wait-until, comment. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/ctl/ctl_private.h"
#include "sys/log/log.h"

LOG_MODULE(db_ctl_base);

/* TABLE RECORD COLUMN...: what most commands look at. */
static void
need_arguments(struct ctl_context *c, int first)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    ctl_need_row_ids(c, table);
    for (int i = first; i < c->argc; i++) {
        ctl_need_argument(c, table, c->argv[i]);
    }
}

static void
need_from_3(struct ctl_context *c)
{
    if (ctl_has_option(c, "--id") && ctl_has_option(c, "--if-exists")) {
        ctl_fail("--if-exists and --id may not be specified together");
    }
    need_arguments(c, 3);
}

static void
need_column_3(struct ctl_context *c)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    ctl_need_row_ids(c, table);
    ctl_need_argument(c, table, c->argv[3]);
}

/* Symbols: --id=@name. */

static struct symbol *
new_symbol(struct ctl_context *c, const char *id, bool *newp)
{
    if (*id != '@') {
        ctl_fail("row id \"%s\" does not begin with \"@\"", id);
    }
    *newp = !symbol_find(c->symbols, id);
    struct symbol *symbol = symbol_get(c->symbols, id);
    if (symbol->created) {
        ctl_fail("row id \"%s\" may only be specified on one --id option", id);
    }
    symbol->created = true;
    return symbol;
}

/* get */

static void
print_column(struct ctl_context *c, const struct idl_row *row, const char *arg)
{
    struct ctl_argument a;
    ctl_argument_parse(c, idl_row_table(row)->index, arg, CTL_OPS_NONE, &a);
    const struct type *type = &a.column->type;
    if (a.column->index != COLUMN_UUID) {
        idl_txn_verify(row, a.column);
    }
    const struct datum *d = idl_read(row, a.column);
    if (a.key) {
        if (!type_is_map(type)) {
            ctl_fail("cannot specify key to get for non-map column %s",
                     a.column->name);
        }
        union atom key;
        ctl_check(atom_from_text(&key, NULL, &type->key, a.key, c->symbols));
        size_t i = datum_find_key(d, &key, type);
        atom_uninit(&key, type->key.type);
        if (i != DATUM_NOT_FOUND) {
            atom_format(c->output, &d->values[i], type->value.type);
        } else if (!ctl_has_option(c, "--if-exists")) {
            ctl_fail("no key \"%s\" in %s record \"%s\" column %s", a.key,
                     idl_row_table(row)->name, c->argv[2], a.column->name);
        }
    } else {
        datum_format(c->output, d, type);
    }
    str_put_char(c->output, '\n');
    ctl_argument_uninit(&a);
}

static void
run_get(struct ctl_context *c)
{
    const char *id = ctl_option(c, "--id");
    bool if_exists = ctl_has_option(c, "--if-exists");
    size_t table = ctl_match_table(c, c->argv[1]);
    struct idl_row *row = ctl_match_row(c, table, c->argv[2], !if_exists);
    if (!row) {
        return;
    }
    if (id) {
        bool is_new;
        struct symbol *symbol = new_symbol(c, id, &is_new);
        if (!is_new) {
            ctl_fail("row id \"%s\" specified on \"get\" command was used "
                     "before it was defined",
                     id);
        }
        symbol->uuid = row->uuid;
        /* This symbol refers to a row that exists. */
        symbol->strong_ref = true;
    }
    for (int i = 3; i < c->argc; i++) {
        print_column(c, row, c->argv[i]);
    }
}

/* list, find */

/* The columns that --columns names, or all. */
static struct column_set
chosen_columns(struct ctl_context *c, size_t table)
{
    struct column_set set = COLUMN_SET_INITIALIZER;
    const struct table_schema *schema = idl_schema(c->idl)->tables[table];
    const char *names = ctl_option(c, "--columns");
    if (!names) {
        column_set_add(&set, schema->columns[COLUMN_UUID]);
        for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
            column_set_add(&set, schema->columns[i]);
        }
        return set;
    }
    struct str_vec parts = VEC_INITIALIZER;
    str_vec_split(&parts, names, ", ");
    for (size_t i = 0; i < parts.n; i++) {
        column_set_add(&set, !strcasecmp(parts.items[i], "_uuid")
                                 ? schema->columns[COLUMN_UUID]
                                 : ctl_match_column(c, table, parts.items[i]));
    }
    if (!set.n) {
        ctl_fail("must specify at least one column name");
    }
    str_vec_uninit(&parts);
    return set;
}

static void
need_chosen_columns(struct ctl_context *c, size_t table)
{
    struct column_set set = chosen_columns(c, table);
    ctl_need_row_ids(c, table);
    for (size_t i = 0; i < set.n; i++) {
        if (set.columns[i]->index >= COLUMN_N_STD) {
            ctl_need(c, table, set.columns[i]->name);
        }
    }
    column_set_uninit(&set);
}

static void
need_list(struct ctl_context *c)
{
    need_chosen_columns(c, ctl_match_table(c, c->argv[1]));
}

static void
need_find(struct ctl_context *c)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    need_chosen_columns(c, table);
    for (int i = 2; i < c->argc; i++) {
        ctl_need_argument(c, table, c->argv[i]);
    }
}

static void
add_headings(struct ctl_context *c, const struct column_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        text_table_add_heading(c->table, set->columns[i]->name);
    }
}

static void
add_row(struct ctl_context *c, const struct idl_row *row,
        const struct column_set *set)
{
    for (size_t i = 0; row && i < set->n; i++) {
        const struct column *column = set->columns[i];
        if (column->index != COLUMN_UUID) {
            idl_txn_verify(row, column);
        }
        text_table_add_datum(c->table, idl_read(row, column), &column->type);
    }
}

static int
compare_rows(const void *a, const void *b)
{
    const struct idl_row *const *ra = a, *const *rb = b;
    return uuid_compare(&(*ra)->uuid, &(*rb)->uuid);
}

/* The rows of 'table' by UUID; the caller frees the array. */
static struct idl_row **
sorted_rows(struct ctl_context *c, size_t table, size_t *np)
{
    struct idl_row **rows =
        xcalloc(idl_count(c->idl, table) + 1, sizeof *rows);
    size_t n = 0;
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        rows[n++] = row;
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    *np = n;
    return rows;
}

static void
run_list(struct ctl_context *c)
{
    bool must_exist = !ctl_has_option(c, "--if-exists");
    size_t table = ctl_match_table(c, c->argv[1]);
    struct column_set set = chosen_columns(c, table);
    add_headings(c, &set);
    if (c->argc > 2) {
        for (int i = 2; i < c->argc; i++) {
            add_row(c, ctl_match_row(c, table, c->argv[i], must_exist), &set);
        }
    } else {
        size_t n;
        struct idl_row **rows = sorted_rows(c, table, &n);
        for (size_t i = 0; i < n; i++) {
            add_row(c, rows[i], &set);
        }
        free(rows);
    }
    column_set_uninit(&set);
}

static bool
fits_all(struct ctl_context *c, const struct idl_row *row, int first)
{
    for (int i = first; i < c->argc; i++) {
        if (!ctl_row_fits(c, row, c->argv[i])) {
            return false;
        }
    }
    return true;
}

static void
run_find(struct ctl_context *c)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    struct column_set set = chosen_columns(c, table);
    add_headings(c, &set);
    /* Also an empty table shows that an argument is wrong. */
    for (int i = 2; i < c->argc; i++) {
        struct ctl_argument a;
        ctl_argument_parse(c, table, c->argv[i], CTL_OPS_COMPARE, &a);
        ctl_argument_uninit(&a);
    }
    size_t n;
    struct idl_row **rows = sorted_rows(c, table, &n);
    for (size_t i = 0; i < n; i++) {
        if (fits_all(c, rows[i], 2)) {
            add_row(c, rows[i], &set);
        }
    }
    free(rows);
    column_set_uninit(&set);
}

/* set, add, remove, clear */

static struct idl_row *
named_row(struct ctl_context *c)
{
    return ctl_match_row(c, ctl_match_table(c, c->argv[1]), c->argv[2],
                         !ctl_has_option(c, "--if-exists"));
}

static void
run_set(struct ctl_context *c)
{
    struct idl_row *row = named_row(c);
    for (int i = 3; row && i < c->argc; i++) {
        ctl_set_column(c, row, c->argv[i]);
    }
}

static void
run_add(struct ctl_context *c)
{
    struct idl_row *row = named_row(c);
    if (!row) {
        return;
    }
    const struct column *column =
        ctl_match_column(c, idl_row_table(row)->index, c->argv[3]);
    ctl_check_mutable(row, column);
    struct type type = column->type;
    type.n_min = 0;
    type.n_max = TYPE_UNLIMITED;
    struct datum all = DATUM_INITIALIZER;
    for (int i = 4; i < c->argc; i++) {
        struct datum d;
        ctl_check(datum_from_text(&d, &type, c->argv[i], c->symbols));
        datum_union(&all, &d, &type, false);
        datum_uninit(&d, &type);
    }
    if (row->columns && !type_is_map(&type)) {
        idl_txn_add_elements(row, column, &all);
    } else {
        struct datum new;
        datum_clone(&new, idl_read(row, column));
        idl_txn_verify(row, column);
        datum_union(&new, &all, &type, true);
        datum_uninit(&all, &type);
        idl_txn_write(row, column, &new);
    }
}

/* Removes the keys or pairs of 'text'. */
static void
remove_elements(struct ctl_context *c, struct datum *d,
                const struct column *column, const char *text)
{
    struct type type = column->type;
    type.n_min = 0;
    type.n_max = TYPE_UNLIMITED;
    struct datum remove;
    struct error *error = datum_from_text(&remove, &type, text, c->symbols);
    if (error && type_is_map(&type)) {
        /* Perhaps only keys. */
        error_destroy(error);
        base_type_init(&type.value, ATOM_VOID);
        error = datum_from_text(&remove, &type, text, c->symbols);
    }
    ctl_check(error);
    datum_subtract(d, &column->type, &remove, &type);
    datum_uninit(&remove, &type);
}

static void
run_remove(struct ctl_context *c)
{
    struct idl_row *row = named_row(c);
    if (!row) {
        return;
    }
    const struct column *column =
        ctl_match_column(c, idl_row_table(row)->index, c->argv[3]);
    ctl_check_mutable(row, column);
    idl_txn_verify(row, column);
    struct datum new;
    datum_clone(&new, idl_read(row, column));
    for (int i = 4; i < c->argc; i++) {
        remove_elements(c, &new, column, c->argv[i]);
    }
    if (new.n < column->type.n_min) {
        ctl_fail("\"remove\" operation would put %zu values in column %s of "
                 "table %s but the minimum number is %u",
                 new.n, column->name, idl_row_table(row)->name,
                 column->type.n_min);
    }
    idl_txn_write(row, column, &new);
}

static void
run_clear(struct ctl_context *c)
{
    struct idl_row *row = named_row(c);
    for (int i = 3; row && i < c->argc; i++) {
        const struct column *column =
            ctl_match_column(c, idl_row_table(row)->index, c->argv[i]);
        ctl_check_mutable(row, column);
        if (column->type.n_min > 0) {
            ctl_fail("\"clear\" operation cannot be applied to column %s of "
                     "table %s, which is not allowed to be empty",
                     column->name, idl_row_table(row)->name);
        }
        struct datum empty = DATUM_INITIALIZER;
        idl_txn_write(row, column, &empty);
    }
}

/* create, destroy */

static void
need_create(struct ctl_context *c)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    if (!ctl_has_option(c, "--id")
        && !idl_schema(c->idl)->tables[table]->is_root) {
        log_warn("applying \"create\" command to table %s without --id "
                 "option will have no effect",
                 c->ctl->config->database->tables[table].name);
    }
    need_arguments(c, 2);
}

static void
run_create(struct ctl_context *c)
{
    const char *id = ctl_option(c, "--id");
    size_t table = ctl_match_table(c, c->argv[1]);
    struct uuid uuid = uuid_random();
    bool persist = false;
    if (id && uuid_parse(id, &uuid)) {
        persist = true;
    } else if (id) {
        bool is_new;
        struct symbol *symbol = new_symbol(c, id, &is_new);
        uuid = symbol->uuid;
        if (idl_schema(c->idl)->tables[table]->is_root) {
            symbol->strong_ref = true;
        }
    }
    struct idl_row *row = idl_txn_insert(c->txn, table, &uuid, persist);
    for (int i = 2; i < c->argc; i++) {
        ctl_set_column(c, row, c->argv[i]);
    }
    str_putf(c->output, UUID_FMT, UUID_ARGS(&uuid));
}

/* The server has its own UUID for the row. */
static void
finish_create(struct ctl_context *c)
{
    struct uuid uuid;
    if (uuid_parse(str_text(c->output), &uuid)) {
        const struct uuid *real = idl_txn_insert_uuid(c->txn, &uuid);
        if (real) {
            str_clear(c->output);
            str_putf(c->output, UUID_FMT, UUID_ARGS(real));
        }
    }
    str_put_char(c->output, '\n');
}

static void
need_destroy(struct ctl_context *c)
{
    ctl_need_row_ids(c, ctl_match_table(c, c->argv[1]));
}

static void
run_destroy(struct ctl_context *c)
{
    bool all = ctl_has_option(c, "--all");
    bool must_exist = !ctl_has_option(c, "--if-exists");
    size_t table = ctl_match_table(c, c->argv[1]);
    if (all && c->argc > 2) {
        ctl_fail("--all and records argument should not be specified "
                 "together");
    }
    if (all && !must_exist) {
        ctl_fail("--all and --if-exists should not be specified together");
    }
    if (all) {
        size_t n;
        struct idl_row **rows = sorted_rows(c, table, &n);
        for (size_t i = 0; i < n; i++) {
            idl_txn_delete(rows[i]);
        }
        free(rows);
    } else if (c->argc == 2) {
        log_warn("either --all or records argument should be specified");
    }
    for (int i = 2; i < c->argc; i++) {
        struct idl_row *row = ctl_match_row(c, table, c->argv[i], must_exist);
        if (row) {
            idl_txn_delete(row);
        }
    }
}

/* wait-until, comment */

static void
run_wait_until(struct ctl_context *c)
{
    size_t table = ctl_match_table(c, c->argv[1]);
    struct idl_row *row = ctl_match_row(c, table, c->argv[2], false);
    if (!row || !fits_all(c, row, 3)) {
        c->try_again = true;
    }
}

static void
run_comment(struct ctl_context *c UNUSED)
{
}

const struct ctl_syntax ctl_database_commands[] = {
    { "comment", 0, INT_MAX, "[ARG]...", NULL, run_comment, NULL, "",
      CTL_READ_ONLY },
    { "get", 2, INT_MAX, "TABLE RECORD [COLUMN[:KEY]]...", need_from_3,
      run_get, NULL, "--if-exists,--id=", CTL_READ_ONLY },
    { "list", 1, INT_MAX, "TABLE [RECORD]...", need_list, run_list, NULL,
      "--if-exists,--columns=", CTL_READ_ONLY },
    { "find", 1, INT_MAX, "TABLE [COLUMN[:KEY]=VALUE]...", need_find, run_find,
      NULL, "--columns=", CTL_READ_ONLY },
    { "set", 3, INT_MAX, "TABLE RECORD COLUMN[:KEY]=VALUE...", need_from_3,
      run_set, NULL, "--if-exists", CTL_READ_WRITE },
    { "add", 4, INT_MAX, "TABLE RECORD COLUMN [KEY=]VALUE...", need_column_3,
      run_add, NULL, "--if-exists", CTL_READ_WRITE },
    { "remove", 4, INT_MAX, "TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...",
      need_column_3, run_remove, NULL, "--if-exists", CTL_READ_WRITE },
    { "clear", 3, INT_MAX, "TABLE RECORD COLUMN...", need_from_3, run_clear,
      NULL, "--if-exists", CTL_READ_WRITE },
    { "create", 2, INT_MAX, "TABLE COLUMN[:KEY]=VALUE...", need_create,
      run_create, finish_create, "--id=", CTL_READ_WRITE },
    { "destroy", 1, INT_MAX, "TABLE [RECORD]...", need_destroy, run_destroy,
      NULL, "--if-exists,--all", CTL_READ_WRITE },
    { "wait-until", 2, INT_MAX, "TABLE RECORD [COLUMN[:KEY]=VALUE]...",
      need_from_3, run_wait_until, NULL, "", CTL_READ_ONLY },
};
const size_t ctl_n_database_commands = ARRAY_SIZE(ctl_database_commands);
