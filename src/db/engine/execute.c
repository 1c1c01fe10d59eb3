/* Operations of "transact": one function per operation, one table. */

#include "db/engine/execute.h"

#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"
#include "db/engine/conditions.h"
#include "db/engine/mutation.h"

/* One execution of a request. */
struct execution {
    struct database *db;
    const struct execute_session *session;
    struct transaction *txn;
    struct symbol_table *symbols;
    long long elapsed_ms; /* Since the request came. */
    long long timeout_ms; /* Of the "wait" that does not hold. */
};

/* An operation being parsed. */
struct operation {
    const struct json *json;
    struct members members;
    struct json *result; /* What it returns; NULL for an empty object. */
};

typedef struct db_error *operation_function(struct execution *,
                                            struct operation *);

/* A row parsed from a request. */
struct parsed_row {
    const struct table_schema *schema;
    struct datum *values;      /* By column index; default if not given. */
    struct column_set columns; /* Given ones. */
};

static void
parsed_row_uninit(struct parsed_row *row)
{
    if (row->values) {
        for (size_t i = 0; i < row->schema->n_columns; i++) {
            datum_uninit(&row->values[i], &row->schema->columns[i]->type);
        }
        free(row->values);
        column_set_uninit(&row->columns);
    }
}

static struct db_error *
parsed_row_init(struct parsed_row *row, const struct table_schema *schema,
                const struct json *json, struct symbol_table *symbols)
{
    *row = (struct parsed_row){ .schema = schema };
    if (json->type != JSON_OBJECT) {
        return db_error_syntax(json, "row must be JSON object");
    }
    row->values = xcalloc(schema->n_columns, sizeof *row->values);
    for (size_t i = 0; i < schema->n_columns; i++) {
        datum_clone(&row->values[i], &schema->columns[i]->initial);
    }
    for (size_t i = 0; i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        const struct column *column =
            table_schema_find_column(schema, m->name);
        struct datum value;
        struct db_error *error =
            column ? datum_from_json(&value, &column->type, m->value, symbols)
                   : db_error_syntax_tag(json, "unknown column",
                                         "No column %s in table %s.", m->name,
                                         schema->name);
        if (error) {
            parsed_row_uninit(row);
            row->values = NULL;
            return error;
        }
        datum_swap(&row->values[column->index], &value);
        datum_uninit(&value, &column->type);
        column_set_add(&row->columns, column);
    }
    return NULL;
}

/* The member "table" of an operation; NULL after an error. */
static struct table *
parse_table(struct execution *x, struct operation *op)
{
    const struct json *json = members_get(&op->members, "table", MEMBER_ID);
    if (!json) {
        return NULL;
    }
    struct table *table = database_find_table(x->db, json_text(json));
    if (!table) {
        members_fail(&op->members, "No table named %s.", json_text(json));
    }
    return table;
}

/* Makes {'name': value} the result; takes 'value'. */
static void
put_result(struct operation *op, const char *name, struct json *value)
{
    op->result = json_object_create();
    json_object_add(op->result, name, value);
}

static void
put_count(struct operation *op, size_t n)
{
    put_result(op, "count", json_integer_create(n));
}

/* For a client that may do everything. */
static const struct rbac_client superuser;

static const struct rbac_client *
client_of(const struct execution *x)
{
    return x->session ? &x->session->client : &superuser;
}

/* --- insert ------------------------------------------------------------ */

/* Chooses the UUID of a new row. */
static struct db_error *
choose_uuid(struct execution *x, const struct table *table,
            const struct json *uuid_json, const struct json *name,
            struct uuid *uuid)
{
    if (uuid_json) {
        if (!uuid_parse(json_text(uuid_json), uuid)) {
            return db_error_syntax(uuid_json, "bad uuid");
        }
        if (table_find_row(table, uuid)
            || table_find_deleted_row(table, uuid)) {
            return db_error_syntax_tag(
                uuid_json, "duplicate uuid",
                "This UUID would duplicate a UUID already present within the "
                "table or deleted within the same transaction.");
        }
    }
    if (name) {
        struct symbol *symbol = symbol_get(x->symbols, json_text(name));
        if (symbol->created) {
            return db_error_syntax_tag(
                name, "duplicate uuid-name",
                "This \"uuid-name\" appeared on an earlier \"insert\" "
                "operation.");
        }
        if (uuid_json) {
            symbol->uuid = *uuid;
        } else {
            *uuid = symbol->uuid;
        }
        symbol->created = true;
    } else if (!uuid_json) {
        *uuid = uuid_random();
    }
    return NULL;
}

/* Refuses what would write to a database that is the server's own. */
static struct db_error *
check_reserved(const struct execution *x, const struct operation *op)
{
    if (!x->session || !x->session->is_reserved) {
        return NULL;
    }
    return db_error_create("not allowed",
                           "%s operation not allowed on table in reserved "
                           "database %s",
                           json_text(json_object_find(op->json, "op")),
                           x->db->schema->name);
}

static struct db_error *
execute_insert(struct execution *x, struct operation *op)
{
    struct table *table = parse_table(x, op);
    const struct json *uuid_json =
        members_find(&op->members, "uuid", MEMBER_STRING);
    const struct json *name =
        members_find(&op->members, "uuid-name", MEMBER_ID);
    const struct json *row_json =
        members_get(&op->members, "row", MEMBER_OBJECT);
    struct db_error *error = members_finish(&op->members);
    if (error) {
        return error;
    }

    struct uuid uuid;
    struct parsed_row parsed;
    error = choose_uuid(x, table, uuid_json, name, &uuid);
    if (!error) {
        error = parsed_row_init(&parsed, table->schema, row_json, x->symbols);
    }
    if (error) {
        return error;
    }
    error = check_reserved(x, op);
    if (!error) {
        error = rbac_check_insert(x->db, client_of(x), table, parsed.values);
    }
    if (error) {
        parsed_row_uninit(&parsed);
        return error;
    }
    struct row *row = transaction_insert(x->txn, table, &uuid);
    for (size_t i = COLUMN_N_STD; i < table->schema->n_columns; i++) {
        datum_swap(&row->fields[i], &parsed.values[i]);
    }
    parsed_row_uninit(&parsed);

    /* Requests may have very many of these: they are text at once. */
    static const char prefix[] = "{\"uuid\":[\"uuid\",\"";
    static const char suffix[] = "\"]}";

    enum { N_PREFIX = sizeof prefix - 1, N_SUFFIX = sizeof suffix - 1 };

    char text[N_PREFIX + UUID_LEN + sizeof suffix];
    memcpy(text, prefix, N_PREFIX);
    uuid_format(&uuid, text + N_PREFIX);
    memcpy(text + N_PREFIX + UUID_LEN, suffix, sizeof suffix);
    op->result = json_serialized_create(text, N_PREFIX + UUID_LEN + N_SUFFIX);
    return NULL;
}

/* --- select ------------------------------------------------------------ */

/* A row already in the result. */
struct select_row {
    struct hmap_node node; /* In 'seen' of struct select_aux. */
    const struct row *row;
};

struct select_aux {
    const struct column_set *columns;
    struct json *rows;
    struct hmap seen; /* Of struct select_row, by the columns. */
};

static uint32_t hash_fields(const struct datum *fields,
                            const struct column_set *);
static bool fields_equal(const struct datum *, const struct datum *,
                         const struct column_set *);

/* RFC 7047 §5.2.2: identical rows appear once in the result. */
static bool
select_row(struct row *row, void *aux_)
{
    struct select_aux *aux = aux_;
    if (!column_set_contains(aux->columns, COLUMN_UUID)) {
        uint32_t hash = hash_fields(row->fields, aux->columns);
        struct select_row *seen;
        HMAP_FOR_EACH_WITH_HASH (seen, node, hash, &aux->seen) {
            if (fields_equal(seen->row->fields, row->fields, aux->columns)) {
                return true;
            }
        }
        seen = xmalloc(sizeof *seen);
        seen->row = row;
        hmap_add(&aux->seen, &seen->node, hash);
    }
    json_array_add(aux->rows, row_to_json(row, aux->columns));
    return true;
}

static struct json *
select_rows(const struct table *table, const struct conditions *condition,
            const struct column_set *columns)
{
    struct select_aux aux = { columns, json_array_create(),
                              HMAP_INITIALIZER(&aux.seen) };
    conditions_for_each(table, condition, select_row, &aux);
    struct select_row *row, *next;
    HMAP_FOR_EACH_SAFE (row, next, node, &aux.seen) {
        hmap_remove(&aux.seen, &row->node);
        free(row);
    }
    hmap_uninit(&aux.seen);
    return aux.rows;
}

/* Parses the optional member 'json' of column names. */
static struct db_error *
parse_columns(struct column_set *columns, const struct table *table,
              const struct json *json)
{
    *columns = (struct column_set) COLUMN_SET_INITIALIZER;
    if (json) {
        return column_set_from_json(columns, table->schema, json);
    }
    column_set_add_all(columns, table->schema);
    return NULL;
}

static struct db_error *
execute_select(struct execution *x, struct operation *op)
{
    struct table *table = parse_table(x, op);
    const struct json *where =
        members_get(&op->members, "where", MEMBER_ARRAY);
    const struct json *columns_json =
        members_find(&op->members, "columns", MEMBER_ARRAY);
    struct db_error *error = members_finish(&op->members);
    if (error) {
        return error;
    }

    struct conditions condition = CONDITIONS_INITIALIZER;
    struct column_set columns = COLUMN_SET_INITIALIZER;
    error = conditions_from_json(&condition, table->schema, where, x->symbols);
    if (!error) {
        error = parse_columns(&columns, table, columns_json);
    }
    if (!error) {
        put_result(op, "rows", select_rows(table, &condition, &columns));
    }
    conditions_uninit(&condition);
    column_set_uninit(&columns);
    return error;
}

/* --- update ------------------------------------------------------------ */

struct change_aux {
    struct execution *x;
    const struct parsed_row *row;
    const struct mutation_list *mutations;
    struct db_error *error;
    size_t n; /* Rows changed. */
};

static bool
update_row(struct row *row, void *aux_)
{
    struct change_aux *aux = aux_;
    for (size_t i = 0; i < aux->row->columns.n; i++) {
        const struct column *column = aux->row->columns.columns[i];
        const struct datum *new = &aux->row->values[column->index];
        if (!datum_equal(&row->fields[column->index], new, &column->type)) {
            struct datum *datum = transaction_modify(aux->x->txn, row, column);
            datum_uninit(datum, &column->type);
            datum_clone(datum, new);
        }
    }
    aux->n++;
    return true;
}

static struct db_error *
execute_update(struct execution *x, struct operation *op)
{
    struct table *table = parse_table(x, op);
    const struct json *where =
        members_get(&op->members, "where", MEMBER_ARRAY);
    const struct json *row_json =
        members_get(&op->members, "row", MEMBER_OBJECT);
    struct db_error *error = members_finish(&op->members);
    if (error) {
        return error;
    }

    struct parsed_row parsed;
    struct conditions condition = CONDITIONS_INITIALIZER;
    error = parsed_row_init(&parsed, table->schema, row_json, x->symbols);
    if (error) {
        return error;
    }
    for (size_t i = 0; !error && i < parsed.columns.n; i++) {
        const struct column *column = parsed.columns.columns[i];
        if (!column->mutable) {
            error = db_error_syntax_tag(
                op->json, "constraint violation",
                "Cannot update immutable column %s in table %s.", column->name,
                table->schema->name);
        }
    }
    if (!error) {
        error =
            conditions_from_json(&condition, table->schema, where, x->symbols);
    }
    if (!error) {
        error = check_reserved(x, op);
    }
    if (!error) {
        error = rbac_check_change(x->db, client_of(x), RBAC_UPDATE, table,
                                  &condition, &parsed.columns);
    }
    if (!error) {
        struct change_aux aux = { .x = x, .row = &parsed };
        conditions_for_each(table, &condition, update_row, &aux);
        put_count(op, aux.n);
    }
    conditions_uninit(&condition);
    parsed_row_uninit(&parsed);
    return error;
}

/* --- mutate ------------------------------------------------------------ */

static bool
mutate_row(struct row *row, void *aux_)
{
    struct change_aux *aux = aux_;
    for (size_t i = 0; i < aux->mutations->n; i++) {
        const struct mutation *m = &aux->mutations->items[i];
        aux->error =
            mutation_apply(m, transaction_modify(aux->x->txn, row, m->column));
        if (aux->error) {
            return false;
        }
    }
    aux->n++;
    return true;
}

static struct db_error *
check_mutations(const struct execution *x, const struct table *table,
                const struct conditions *condition,
                const struct mutation_list *mutations)
{
    struct column_set columns = COLUMN_SET_INITIALIZER;
    for (size_t i = 0; i < mutations->n; i++) {
        column_set_add(&columns, mutations->items[i].column);
    }
    struct db_error *error = rbac_check_change(
        x->db, client_of(x), RBAC_MUTATE, table, condition, &columns);
    column_set_uninit(&columns);
    return error;
}

static struct db_error *
execute_mutate(struct execution *x, struct operation *op)
{
    struct table *table = parse_table(x, op);
    const struct json *where =
        members_get(&op->members, "where", MEMBER_ARRAY);
    const struct json *mutations_json =
        members_get(&op->members, "mutations", MEMBER_ARRAY);
    struct db_error *error = members_finish(&op->members);
    if (error) {
        return error;
    }

    struct mutation_list mutations = MUTATION_LIST_INITIALIZER;
    struct conditions condition = CONDITIONS_INITIALIZER;
    error = mutation_list_from_json(&mutations, table->schema, mutations_json,
                                    x->symbols);
    if (!error) {
        error =
            conditions_from_json(&condition, table->schema, where, x->symbols);
    }
    if (!error) {
        error = check_reserved(x, op);
    }
    if (!error) {
        error = check_mutations(x, table, &condition, &mutations);
    }
    if (!error) {
        struct change_aux aux = { .x = x, .mutations = &mutations };
        conditions_for_each(table, &condition, mutate_row, &aux);
        error = aux.error;
        put_count(op, aux.n);
    }
    mutation_list_uninit(&mutations);
    conditions_uninit(&condition);
    return error;
}

/* --- delete ------------------------------------------------------------ */

static bool
delete_row(struct row *row, void *aux_)
{
    struct change_aux *aux = aux_;
    transaction_delete(aux->x->txn, row);
    aux->n++;
    return true;
}

static struct db_error *
execute_delete(struct execution *x, struct operation *op)
{
    const struct json *where =
        members_get(&op->members, "where", MEMBER_ARRAY);
    struct table *table = parse_table(x, op);
    struct db_error *error = members_finish(&op->members);
    if (error) {
        return error;
    }

    struct conditions condition = CONDITIONS_INITIALIZER;
    error = conditions_from_json(&condition, table->schema, where, x->symbols);
    if (!error) {
        error = check_reserved(x, op);
    }
    if (!error) {
        error = rbac_check_change(x->db, client_of(x), RBAC_DELETE, table,
                                  &condition, NULL);
    }
    if (!error) {
        struct change_aux aux = { .x = x };
        conditions_for_each(table, &condition, delete_row, &aux);
        put_count(op, aux.n);
    }
    conditions_uninit(&condition);
    return error;
}

/* --- wait -------------------------------------------------------------- */

/* A row of one of the two sets that "wait" compares. */
struct wait_row {
    struct hmap_node node; /* In 'rows' of struct wait_aux. */
    const struct datum *fields;
    bool is_matched;
};

struct wait_aux {
    const struct column_set *columns;
    struct hmap rows; /* Wanted rows, of struct wait_row; a set. */
    bool is_equal;    /* No row of the table is missing among them. */
};

static uint32_t
hash_fields(const struct datum *fields, const struct column_set *columns)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = columns->columns[i];
        hash = datum_hash(&fields[column->index], &column->type, hash);
    }
    return hash;
}

static bool
fields_equal(const struct datum *a, const struct datum *b,
             const struct column_set *columns)
{
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = columns->columns[i];
        if (!datum_equal(&a[column->index], &b[column->index],
                         &column->type)) {
            return false;
        }
    }
    return true;
}

static struct wait_row *
find_wanted(const struct wait_aux *aux, const struct datum *fields,
            uint32_t hash)
{
    struct wait_row *wanted;
    HMAP_FOR_EACH_WITH_HASH (wanted, node, hash, &aux->rows) {
        if (fields_equal(wanted->fields, fields, aux->columns)) {
            return wanted;
        }
    }
    return NULL;
}

static bool
match_row(struct row *row, void *aux_)
{
    struct wait_aux *aux = aux_;
    struct wait_row *wanted =
        find_wanted(aux, row->fields, hash_fields(row->fields, aux->columns));
    if (wanted) {
        wanted->is_matched = true;
    } else {
        aux->is_equal = false;
    }
    return aux->is_equal;
}

/* Whether the rows of 'table' that match 'condition' are the 'n' wanted ones
 * in the columns of interest. */
static bool
rows_are(const struct table *table, const struct conditions *condition,
         const struct column_set *columns, const struct parsed_row *wanted,
         size_t n)
{
    struct wait_aux aux = { .columns = columns, .is_equal = true };
    struct wait_row *wait_rows = xcalloc(n + 1, sizeof *wait_rows);
    hmap_init(&aux.rows);
    for (size_t i = 0; i < n; i++) {
        uint32_t hash = hash_fields(wanted[i].values, columns);
        if (!find_wanted(&aux, wanted[i].values, hash)) {
            wait_rows[i].fields = wanted[i].values;
            hmap_add(&aux.rows, &wait_rows[i].node, hash);
        }
    }
    conditions_for_each(table, condition, match_row, &aux);
    struct wait_row *row;
    HMAP_FOR_EACH (row, node, &aux.rows) {
        aux.is_equal &= row->is_matched;
    }
    hmap_uninit(&aux.rows);
    free(wait_rows);
    return aux.is_equal;
}

/* The members of a "wait" operation. */
struct wait_op {
    struct table *table;
    const struct json *timeout, *where, *columns, *until, *rows;
};

static struct db_error *
parse_wait(struct execution *x, struct operation *op, struct wait_op *w,
           bool *is_equalp)
{
    struct members *m = &op->members;
    w->timeout = members_find(m, "timeout", MEMBER_INTEGER);
    w->where = members_get(m, "where", MEMBER_ARRAY);
    w->columns = members_find(m, "columns", MEMBER_ARRAY);
    w->until = members_get(m, "until", MEMBER_STRING);
    w->rows = members_get(m, "rows", MEMBER_ARRAY);
    w->table = parse_table(x, op);
    struct db_error *error = members_finish(m);
    if (error) {
        return error;
    }
    if (w->timeout && json_number(w->timeout) < 0) {
        return db_error_syntax(w->timeout, "timeout must be nonnegative");
    }
    if (strcmp(json_text(w->until), "==")
        && strcmp(json_text(w->until), "!=")) {
        return db_error_syntax(w->until, "\"until\" must be \"==\" or \"!=\"");
    }
    *is_equalp = json_text(w->until)[0] == '=';
    return NULL;
}

/* The error when a "wait" does not hold: NULL if it has time left, in
 * 'x->timeout_ms'. */
static struct db_error *
wait_error(struct execution *x, const struct json *timeout)
{
    if (!timeout) {
        x->timeout_ms = -1;
        return NULL;
    }
    double ms = json_number(timeout);
    long long limit = ms < 1e15 ? (long long) ms : 1000000000000000;
    if (x->elapsed_ms < limit) {
        x->timeout_ms = limit;
        return NULL;
    }
    return x->elapsed_ms
               ? db_error_create("timed out",
                                 "\"wait\" timed out after %lld ms",
                                 x->elapsed_ms)
               : db_error_create("timed out", "\"where\" clause test failed");
}

/* A "wait" that does not hold ends the execution by this error. */
static const char waiting_tag[] = "waiting";

static struct db_error *
execute_wait(struct execution *x, struct operation *op)
{
    struct wait_op w;
    bool want_equal = false;
    struct db_error *error = parse_wait(x, op, &w, &want_equal);
    if (error) {
        return error;
    }

    struct conditions condition = CONDITIONS_INITIALIZER;
    struct column_set columns = COLUMN_SET_INITIALIZER;
    size_t n = w.rows->array.n, n_parsed = 0;
    struct parsed_row *rows = xcalloc(n + 1, sizeof *rows);
    error =
        conditions_from_json(&condition, w.table->schema, w.where, x->symbols);
    if (!error) {
        error = parse_columns(&columns, w.table, w.columns);
    }
    while (!error && n_parsed < n) {
        error = parsed_row_init(&rows[n_parsed], w.table->schema,
                                json_item(w.rows, n_parsed), x->symbols);
        n_parsed += !error;
    }
    if (!error
        && rows_are(w.table, &condition, &columns, rows, n) != want_equal) {
        error = wait_error(x, w.timeout);
        if (!error) {
            error = db_error_create(waiting_tag, "not yet");
        }
    }
    conditions_uninit(&condition);
    column_set_uninit(&columns);
    for (size_t i = 0; i < n_parsed; i++) {
        parsed_row_uninit(&rows[i]);
    }
    free(rows);
    return error;
}

/* --- The others -------------------------------------------------------- */

static struct db_error *
execute_commit(struct execution *x, struct operation *op)
{
    const struct json *durable =
        members_get(&op->members, "durable", MEMBER_BOOLEAN);
    struct db_error *error = members_finish(&op->members);
    if (!error && durable->type == JSON_TRUE) {
        x->txn->is_durable = true;
    }
    return error;
}

static struct db_error *
execute_abort(struct execution *x UNUSED, struct operation *op)
{
    struct db_error *error = members_finish(&op->members);
    return error ? error : db_error_create("aborted", "aborted by request");
}

static struct db_error *
execute_comment(struct execution *x, struct operation *op)
{
    const struct json *comment =
        members_get(&op->members, "comment", MEMBER_STRING);
    struct db_error *error = members_finish(&op->members);
    if (!error) {
        transaction_add_comment(x->txn, json_text(comment));
    }
    return error;
}

static struct db_error *
execute_assert(struct execution *x, struct operation *op)
{
    const struct json *lock = members_get(&op->members, "lock", MEMBER_ID);
    struct db_error *error = members_finish(&op->members);
    if (!error
        && !(x->session && x->session->owns_lock
             && x->session->owns_lock(x->session, json_text(lock)))) {
        error = db_error_create("not owner", "Asserted lock %s not held.",
                                json_text(lock));
    }
    return error;
}

static const struct operation_class {
    const char *name;
    bool is_read_only; /* Allowed to clients that may not change anything. */
    operation_function *function;
} operation_classes[] = {
    { "insert", false, execute_insert },  { "select", true, execute_select },
    { "update", false, execute_update },  { "mutate", false, execute_mutate },
    { "delete", false, execute_delete },  { "wait", true, execute_wait },
    { "commit", false, execute_commit },  { "abort", true, execute_abort },
    { "comment", true, execute_comment }, { "assert", true, execute_assert },
};

static const struct operation_class *
find_class(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(operation_classes); i++) {
        if (!strcmp(operation_classes[i].name, name)) {
            return &operation_classes[i];
        }
    }
    return NULL;
}

/* Executes operation 'i' of 'n'; sets '*resultp' on success. */
static struct db_error *
execute_operation(struct execution *x, const struct json *json, size_t i,
                  size_t n, struct json **resultp)
{
    struct operation op = { .json = json };
    members_init_nth(&op.members, json, "Parsing ovsdb operation %zu of %zu",
                     i, n);
    const struct json *name = members_get(&op.members, "op", MEMBER_ID);
    const struct operation_class *class =
        name ? find_class(json_text(name)) : NULL;
    if (!class) {
        if (name) {
            members_fail(&op.members, "No operation \"%s\"", json_text(name));
        }
        return members_finish(&op.members);
    }
    if (x->session && x->session->is_read_only && !class->is_read_only) {
        db_error_destroy(members_finish(&op.members));
        return db_error_create(
            "not allowed",
            "%s operation not allowed when database server is in read only "
            "mode",
            class->name);
    }

    struct db_error *error = class->function(x, &op);
    if (error) {
        json_unref(op.result);
        return error;
    }
    *resultp = op.result ? op.result : json_object_create();
    return NULL;
}

/* Checks that 'params' begins with the name of the database. */
static struct db_error *
check_params(const struct database *db, const struct json *params)
{
    if (params->type != JSON_ARRAY) {
        return db_error_syntax(params, "array expected");
    }
    if (!params->array.n || json_item(params, 0)->type != JSON_STRING
        || strcmp(json_text(json_item(params, 0)), db->schema->name)) {
        return db_error_syntax(params,
                               "database name expected as first parameter");
    }
    return NULL;
}

void
execute(struct database *db, const struct execute_session *session,
        const struct json *params, long long elapsed_ms,
        struct execute_result *result)
{
    *result = (struct execute_result){ 0 };
    struct db_error *error = check_params(db, params);
    if (error) {
        result->reply = db_error_to_json(error);
        db_error_destroy(error);
        return;
    }

    struct execution x = {
        .db = db,
        .session = session,
        .txn = transaction_create(db),
        .symbols = symbol_table_create(),
        .elapsed_ms = elapsed_ms,
    };
    size_t n = params->array.n - 1;
    struct json *results = json_array_create();
    size_t i;
    for (i = 0; i < n && !error; i++) {
        struct json *one = NULL;
        error =
            execute_operation(&x, json_item(params, i + 1), i + 1, n, &one);
        if (!error) {
            json_array_add(results, one);
        }
    }
    symbol_table_destroy(x.symbols);

    const char *tag = error ? db_error_tag(error) : NULL;
    if (tag && !strcmp(tag, waiting_tag)) {
        db_error_destroy(error);
        json_unref(results);
        transaction_abort(x.txn);
        result->is_waiting = true;
        result->timeout_ms = x.timeout_ms;
        return;
    }
    if (!error) {
        error = transaction_check(x.txn);
    }
    if (error) {
        execute_reply_with_error(results, error);
        /* RFC 7047 §4.1.3: null for operations that were not tried. */
        for (; i < n; i++) {
            json_array_add(results, json_null_create());
        }
        transaction_abort(x.txn);
        x.txn = NULL;
    }
    result->reply = results;
    result->txn = x.txn;
}

bool
execute_is_read_only(const struct json *params)
{
    for (size_t i = 1; i < params->array.n; i++) {
        const struct json *op = json_item(params, i);
        const struct json *name =
            op->type == JSON_OBJECT ? json_object_find(op, "op") : NULL;
        const struct operation_class *class = name && name->type == JSON_STRING
                                                  ? find_class(json_text(name))
                                                  : NULL;
        if (class && !class->is_read_only) {
            return false;
        }
    }
    return true;
}

struct json *
execute_reply_with_error(struct json *reply, struct db_error *error)
{
    json_array_add(reply, db_error_to_json(error));
    db_error_destroy(error);
    return reply;
}
