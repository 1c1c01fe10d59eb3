/* What arguments of commands name: tables, columns, rows, conditions. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/ctl/ctl_private.h"

/* Names are compared without case, '-' as '_'. */
static char
fold(char c)
{
    return c == '-' ? '_' : tolower((unsigned char) c);
}

enum match { MATCH_NONE, MATCH_PREFIX, MATCH_FULL };

static enum match
match_name(const char *name, const char *text)
{
    for (; *text; name++, text++) {
        if (fold(*name) != fold(*text)) {
            return MATCH_NONE;
        }
    }
    return *name ? MATCH_PREFIX : MATCH_FULL;
}

size_t
ctl_match_table(const struct ctl_context *c, const char *name)
{
    const struct row_database *database = c->ctl->config->database;
    size_t n = 0, last = 0;
    struct str matches = STR_INITIALIZER;
    for (size_t i = 0; i < database->n_tables; i++) {
        enum match match = match_name(database->tables[i].name, name);
        if (match == MATCH_FULL) {
            str_uninit(&matches);
            return i;
        }
        if (match == MATCH_PREFIX) {
            str_putf(&matches, "%s%s", n ? ", " : "",
                     database->tables[i].name);
            last = i;
            n++;
        }
    }
    if (n > 1) {
        ctl_fail("\"%s\" matches multiple table names: %s", name,
                 str_text(&matches));
    }
    str_uninit(&matches);
    if (!n) {
        ctl_fail("unknown table \"%s\"", name);
    }
    return last;
}

const struct column *
ctl_match_column(const struct ctl_context *c, size_t table, const char *name)
{
    const struct table_schema *schema = idl_schema(c->idl)->tables[table];
    struct str matches = STR_INITIALIZER;
    size_t n = 0, last = 0;
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        const char *column = schema->columns[i]->name;
        enum match match = match_name(column, name);
        if (match == MATCH_FULL) {
            str_uninit(&matches);
            return schema->columns[i];
        }
        if (match == MATCH_PREFIX) {
            str_putf(&matches, "%s%s", n ? ", " : "", column);
            last = i;
            n++;
        }
    }
    if (n > 1) {
        ctl_fail("%s contains more than one column whose name matches "
                 "\"%s\": %s",
                 schema->name, name, str_text(&matches));
    }
    str_uninit(&matches);
    if (!n) {
        ctl_fail("%s does not contain a column whose name matches \"%s\"",
                 schema->name, name);
    }
    return schema->columns[last];
}

/* Rows. */

/* Whether 'datum', a column or the value of a key of it, is 'name'. */
static bool
names_row(const struct idl_row *row, const struct ctl_row_id *id,
          const char *name)
{
    const struct column *column =
        table_schema_find_column(idl_row_table(row), id->column);
    const struct datum *d = idl_read(row, column);
    if (id->key) {
        const char *value = datum_get_string(d, id->key);
        return value && !strcmp(value, name);
    }
    if (d->n != 1) {
        return false;
    }
    struct str text = STR_INITIALIZER;
    atom_format_bare(&text, &d->keys[0], column->type.key.type);
    bool equal = !strcmp(str_text(&text), name);
    str_uninit(&text);
    return equal;
}

/* The row that 'named' refers to, or itself. */
static struct idl_row *
follow(struct ctl_context *c, struct idl_row *named,
       const struct ctl_row_id *id)
{
    if (!id->ref) {
        return named;
    }
    const struct column *column =
        table_schema_find_column(idl_row_table(named), id->ref);
    const struct datum *d = idl_read(named, column);
    const union atom *refs = type_is_map(&column->type) ? d->values : d->keys;
    return d->n == 1 ? idl_find(c->idl, id->table, &refs[0].uuid) : NULL;
}

static struct idl_row *
find_by_id(struct ctl_context *c, const struct ctl_row_id *id,
           const char *name)
{
    struct idl_row *row, *found = NULL;
    if (!id->column) {
        if (strcmp(name, ".")) {
            return NULL;
        }
        row = idl_first(c->idl, id->id_table);
        return row && !idl_next(row) ? row : NULL;
    }
    IDL_FOR_EACH(row, c->idl, id->id_table)
    {
        if (names_row(row, id, name)) {
            if (found) {
                ctl_fail("multiple rows in %s match \"%s\"",
                         c->ctl->config->database->tables[id->id_table].name,
                         name);
            }
            found = row;
        }
    }
    return found ? follow(c, found, id) : NULL;
}

/* UUIDs may be cut to four digits or more. */
static struct idl_row *
find_by_uuid_prefix(struct ctl_context *c, size_t table, const char *name)
{
    struct idl_row *row, *found = NULL;
    if (strlen(name) < 4
        || strspn(name, "0123456789abcdefABCDEF-") != strlen(name)) {
        return NULL;
    }
    IDL_FOR_EACH(row, c->idl, table)
    {
        if (uuid_partial_match(&row->uuid, name) == (int) strlen(name)) {
            if (found) {
                return NULL;
            }
            found = row;
        }
    }
    return found;
}

struct idl_row *
ctl_match_row(struct ctl_context *c, size_t table, const char *name,
              bool must_exist)
{
    struct uuid uuid;
    struct idl_row *row = NULL;
    if (uuid_parse(name, &uuid)) {
        row = idl_find(c->idl, table, &uuid);
    }
    const struct ctl_config *config = c->ctl->config;
    for (size_t i = 0; !row && i < config->n_row_ids; i++) {
        if (config->row_ids[i].table == table) {
            row = find_by_id(c, &config->row_ids[i], name);
        }
    }
    if (!row) {
        row = find_by_uuid_prefix(c, table, name);
    }
    if (!row && must_exist) {
        ctl_fail("no row \"%s\" in table %s", name,
                 config->database->tables[table].name);
    }
    return row;
}

void
ctl_need_row_ids(struct ctl_context *c, size_t table)
{
    const struct ctl_config *config = c->ctl->config;
    ctl_need(c, table, NULL);
    for (size_t i = 0; i < config->n_row_ids; i++) {
        const struct ctl_row_id *id = &config->row_ids[i];
        if (id->table == table) {
            ctl_need(c, id->id_table, id->column);
            if (id->ref) {
                ctl_need(c, id->id_table, id->ref);
            }
        }
    }
}

/* Arguments. */

/* Longer ones first where one begins another. */
static const char *const operators[] = {
    "{not-in}", "{<=}", "{>=}", "{!=}", "{in}", "{=}", "{<}",
    "{>}",      "<=",   ">=",   "!=",   "=",    "<",   ">",
};

enum {
    OP_NOT_IN,
    OP_SUBSET,
    OP_SUPERSET,
    OP_SET_NE,
    OP_IN,
    OP_SET_EQ,
    OP_PROPER_SUBSET,
    OP_PROPER_SUPERSET,
    OP_LE,
    OP_GE,
    OP_NE,
    OP_EQ,
    OP_LT,
    OP_GT,
};

static int
find_operator(const char *p, enum ctl_ops ops)
{
    if (ops == CTL_OPS_SET) {
        return *p == '=' ? OP_EQ : -1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        if (!strncmp(p, operators[i], strlen(operators[i]))) {
            return i;
        }
    }
    return -1;
}

static NORETURN void
fail_operator(const char *arg, enum ctl_ops ops)
{
    if (ops == CTL_OPS_SET) {
        ctl_fail("%s: argument does not end in \"=\" followed by a value.",
                 arg);
    }
    ctl_fail("%s: argument does not end in \"=\", \"!=\", \"<\", \">\", "
             "\"<=\", \">=\", \"{=}\", \"{!=}\", \"{<}\", \"{>}\", "
             "\"{<=}\", \"{>=}\", \"{in}\", or \"{not-in}\" followed by a "
             "value.",
             arg);
}

/* Takes a token as datums have them, with its quotes. */
static char *
take_token(const char **pp)
{
    const char *start = *pp, *p = start;
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            p += *p == '\\' && p[1];
        }
        if (!*p) {
            ctl_fail("%s: quoted string extends past end of argument", start);
        }
        p++;
    }
    struct str token = STR_INITIALIZER;
    str_put_n(&token, start, p - start);
    for (; *p && !strchr(":=, []{}!<>", *p); p++) {
        /* A backslash stands for the character after it. */
        p += *p == '\\' && p[1];
        str_put_char(&token, *p);
    }
    *pp = p;
    return str_steal(&token);
}

void
ctl_argument_parse(const struct ctl_context *c, size_t table, const char *arg,
                   enum ctl_ops ops, struct ctl_argument *a)
{
    memset(a, 0, sizeof *a);
    a->op = -1;
    const char *p = arg;
    char *name = take_token(&p);
    if (!*name) {
        ctl_fail("%s: missing column name", arg);
    }
    a->column = ops == CTL_OPS_NONE && !strcmp(name, "_uuid")
                    ? idl_schema(c->idl)->tables[table]->columns[COLUMN_UUID]
                    : ctl_match_column(c, table, name);
    free(name);
    if (*p == ':') {
        p++;
        a->key = take_token(&p);
    }
    if (ops == CTL_OPS_NONE) {
        if (*p) {
            ctl_fail("%s: trailing garbage \"%s\" in argument", arg, p);
        }
        return;
    }
    a->op = find_operator(p, ops);
    if (a->op < 0) {
        fail_operator(arg, ops);
    }
    p += strlen(operators[a->op]);
    if (!*p) {
        fail_operator(arg, ops);
    }
    a->value = xstrdup(p);
}

void
ctl_argument_uninit(struct ctl_argument *a)
{
    free(a->key);
    free(a->value);
}

void
ctl_need_argument(struct ctl_context *c, size_t table, const char *arg)
{
    const char *p = arg;
    char *name = take_token(&p);
    if (!*name) {
        ctl_fail("%s: missing column name", arg);
    }
    if (!strcmp(name, "_uuid")) {
        ctl_need(c, table, NULL);
    } else {
        ctl_need(c, table, ctl_match_column(c, table, name)->name);
    }
    free(name);
}

/* Comparison. */

static bool
compare_sets(int op, const struct datum *a, const struct datum *b,
             const struct type *type)
{
    switch (op) {
    case OP_SET_EQ:
        return datum_compare(a, b, type) == 0;
    case OP_SET_NE:
        return datum_compare(a, b, type) != 0;
    case OP_SUBSET:
    case OP_IN:
        return datum_includes_all(a, b, type);
    case OP_SUPERSET:
        return datum_includes_all(b, a, type);
    case OP_PROPER_SUBSET:
        return a->n < b->n && datum_includes_all(a, b, type);
    case OP_PROPER_SUPERSET:
        return a->n > b->n && datum_includes_all(b, a, type);
    default:
        return datum_excludes_all(a, b, type);
    }
}

static bool
compare_order(int op, int cmp)
{
    switch (op) {
    case OP_EQ:
        return cmp == 0;
    case OP_NE:
        return cmp != 0;
    case OP_LT:
        return cmp < 0;
    case OP_GT:
        return cmp > 0;
    case OP_LE:
        return cmp <= 0;
    default:
        return cmp >= 0;
    }
}

static bool
is_set_operator(int op)
{
    return op <= OP_PROPER_SUPERSET;
}

/* Compares the value of a key of a map. */
static bool
fits_key(struct ctl_context *c, const struct datum *d,
         const struct ctl_argument *a)
{
    const struct type *type = &a->column->type;
    if (!type_is_map(type)) {
        ctl_fail("cannot specify key to check for non-map column %s",
                 a->column->name);
    }
    union atom key;
    ctl_check(atom_from_text(&key, NULL, &type->key, a->key, c->symbols));
    struct type value_type = { .n_max = TYPE_UNLIMITED };
    value_type.key = type->value;
    base_type_init(&value_type.value, ATOM_VOID);
    size_t i = datum_find_key(d, &key, type);
    atom_uninit(&key, type->key.type);

    bool fits;
    struct datum have = DATUM_INITIALIZER, want;
    if (is_set_operator(a->op)) {
        ctl_check(datum_from_text(&want, &value_type, a->value, c->symbols));
        if (i != DATUM_NOT_FOUND) {
            datum_add_unsorted(&have, &d->values[i], NULL, &value_type);
        }
        fits = compare_sets(a->op, &have, &want, &value_type);
        datum_uninit(&want, &value_type);
    } else {
        union atom value;
        ctl_check(
            atom_from_text(&value, NULL, &type->value, a->value, c->symbols));
        fits = i != DATUM_NOT_FOUND
               && compare_order(a->op, atom_compare(&d->values[i], &value,
                                                    type->value.type));
        atom_uninit(&value, type->value.type);
    }
    datum_uninit(&have, &value_type);
    return fits;
}

bool
ctl_row_fits(struct ctl_context *c, const struct idl_row *row, const char *arg)
{
    struct ctl_argument a;
    ctl_argument_parse(c, idl_row_table(row)->index, arg, CTL_OPS_COMPARE, &a);
    const struct datum *d = idl_read(row, a.column);
    bool fits;
    if (a.key) {
        fits = fits_key(c, d, &a);
    } else {
        struct type type = a.column->type;
        if (is_set_operator(a.op)) {
            type.n_min = 0;
            type.n_max = TYPE_UNLIMITED;
        }
        struct datum want;
        ctl_check(datum_from_text(&want, &type, a.value, c->symbols));
        fits = is_set_operator(a.op)
                   ? compare_sets(a.op, d, &want, &type)
                   : compare_order(a.op, datum_compare(d, &want, &type));
        datum_uninit(&want, &type);
    }
    ctl_argument_uninit(&a);
    return fits;
}

/* Setting. */

void
ctl_check_mutable(const struct idl_row *row, const struct column *column)
{
    if (!column->mutable && row->columns) {
        ctl_fail("cannot modify read-only column %s in table %s", column->name,
                 idl_row_table(row)->name);
    }
}

void
ctl_set_column(struct ctl_context *c, struct idl_row *row, const char *arg)
{
    struct ctl_argument a;
    ctl_argument_parse(c, idl_row_table(row)->index, arg, CTL_OPS_SET, &a);
    ctl_check_mutable(row, a.column);
    const struct type *type = &a.column->type;
    struct datum new;
    if (a.key) {
        if (!type_is_map(type)) {
            ctl_fail("cannot specify key to set for non-map column %s",
                     a.column->name);
        }
        union atom key, value;
        ctl_check(atom_from_text(&key, NULL, &type->key, a.key, c->symbols));
        ctl_check(
            atom_from_text(&value, NULL, &type->value, a.value, c->symbols));
        idl_txn_verify(row, a.column);
        datum_clone(&new, idl_read(row, a.column));
        datum_put(&new, &key, &value, type);
    } else {
        ctl_check(datum_from_text(&new, type, a.value, c->symbols));
    }
    idl_txn_write(row, a.column, &new);
    ctl_argument_uninit(&a);
}
