/* Transactions: collecting changes, committing, replies. */

#include "db/idl/transaction.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/db_error.h"
#include "db/idl/idl_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_idl);

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

const char *
idl_txn_status_name(enum idl_txn_status status)
{
    static const char *const names[] = {
        [IDL_TXN_UNCOMMITTED] = "uncommitted",
        [IDL_TXN_UNCHANGED] = "unchanged",
        [IDL_TXN_INCOMPLETE] = "incomplete",
        [IDL_TXN_ABORTED] = "aborted",
        [IDL_TXN_SUCCESS] = "success",
        [IDL_TXN_TRY_AGAIN] = "try again",
        [IDL_TXN_NOT_LOCKED] = "not locked",
        [IDL_TXN_ERROR] = "error",
    };
    return names[status];
}

struct idl_txn *
idl_txn_create(struct idl *idl)
{
    assert(!idl->txn);
    struct idl_txn *txn = xzalloc(sizeof *txn);
    txn->idl = idl;
    txn->seqno = idl->seqno;
    list_init(&txn->node);
    list_init(&txn->edits);
    hmap_init(&txn->inserts);
    txn->status = IDL_TXN_UNCOMMITTED;
    idl->txn = txn;
    return txn;
}

struct idl_txn *
idl_txn_get(const struct idl *idl)
{
    return idl->txn;
}

/* Edits. */

/* The type of a mutation's datum: to remove from a map, keys do. */
struct type
idl_mutation_type(const struct column *column, bool add)
{
    struct type type = column->type;
    if (!add) {
        base_type_init(&type.value, ATOM_VOID);
    }
    return type;
}

static void
destroy_mutation(struct idl_mutation *m)
{
    struct type type = idl_mutation_type(m->column, m->add);
    list_remove(&m->node);
    datum_uninit(&m->datum, &type);
    free(m);
}

void
idl_edit_destroy(struct idl_row_edit *edit)
{
    struct idl_row *row = edit->row;
    const struct table_schema *schema = row->table->schema;
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (edit->written[i]) {
            datum_uninit(&edit->new[i], &schema->columns[i]->type);
        }
    }
    while (!list_is_empty(&edit->mutations)) {
        destroy_mutation(CONTAINER_OF(list_front(&edit->mutations),
                                      struct idl_mutation, node));
    }
    list_remove(&edit->node);
    row->edit = NULL;
    if (edit->is_insert) {
        hmap_remove(&row->table->rows, &row->node);
        idl_row_destroy(row);
    } else {
        idl_row_index(row);
    }
    free(edit->new);
    free(edit->written);
    free(edit->verified);
    free(edit);
}

static struct idl_row_edit *
edit_get(struct idl_row *row)
{
    if (!row->edit) {
        size_t n = row->table->schema->n_columns;
        struct idl_row_edit *edit = xzalloc(sizeof *edit);
        edit->row = row;
        edit->new = xcalloc(n, sizeof *edit->new);
        edit->written = xcalloc(n, sizeof *edit->written);
        edit->verified = xcalloc(n, sizeof *edit->verified);
        list_init(&edit->mutations);
        list_push_back(&row->table->idl->txn->edits, &edit->node);
        row->edit = edit;
    }
    return row->edit;
}

/* Drops the edits: the rows are as the server has them again. */
static void
disassemble(struct idl_txn *txn)
{
    while (!list_is_empty(&txn->edits)) {
        idl_edit_destroy(
            CONTAINER_OF(list_front(&txn->edits), struct idl_row_edit, node));
    }
    if (txn->idl->txn == txn) {
        txn->idl->txn = NULL;
    }
}

void
idl_txn_destroy(struct idl_txn *txn)
{
    if (!txn) {
        return;
    }
    disassemble(txn);
    if (txn->status == IDL_TXN_INCOMPLETE) {
        list_remove(&txn->node);
    }
    struct idl_insert *insert, *next;
    HMAP_FOR_EACH_SAFE (insert, next, node, &txn->inserts) {
        free(insert);
    }
    hmap_uninit(&txn->inserts);
    json_unref(txn->id);
    free(txn->error);
    str_uninit(&txn->comment);
    free(txn);
}

void
idl_txn_add_comment(struct idl_txn *txn, const char *comment)
{
    if (txn->comment.len) {
        str_put_char(&txn->comment, '\n');
    }
    str_put(&txn->comment, comment);
}

void
idl_txn_set_optimistic(struct idl_txn *txn)
{
    txn->is_optimistic = true;
}

void
idl_txn_set_dry_run(struct idl_txn *txn)
{
    txn->dry_run = true;
}

void
idl_txn_increment(struct idl_txn *txn, const struct idl_row *row,
                  const struct column *column, bool force)
{
    txn->increment_table = row->table->index;
    txn->increment_row = row->uuid;
    txn->increment_column = column;
    txn->increment_force = force;
}

void
idl_txn_verify(const struct idl_row *row, const struct column *column)
{
    struct idl_row *r = (struct idl_row *) row;
    if (r->columns && r->table->idl->txn
        && r->table->modes[column->index] & IDL_MONITOR
        && r->table->column_at_server[column->index]
        && !(r->edit && r->edit->written[column->index]
             && !idl_edit_is_mutated(r->edit, column))) {
        edit_get(r)->verified[column->index] = true;
    }
}

void
idl_txn_write(struct idl_row *row, const struct column *column,
              struct datum *datum)
{
    const struct type *type = &column->type;
    struct idl_table *table = row->table;
    size_t i = column->index;
    bool was_written = row->edit && row->edit->written[i];
    if (!table->column_at_server[i]) {
        /* Nothing that this server could keep. */
        datum_uninit(datum, type);
        return;
    }
    if (row->columns && !was_written && table->modes[i] & IDL_MONITOR
        && datum_equal(&row->columns[i], datum, type)) {
        datum_uninit(datum, type);
        return;
    }
    struct idl_row_edit *edit = edit_get(row);
    table->n_edits[i]++;
    if (was_written) {
        datum_uninit(&edit->new[i], type);
    }
    edit->written[i] = true;
    edit->new[i] = *datum;
    datum_init_empty(datum);
    idl_row_index(row);
    /* The whole value takes the place of changes to the old one. */
    struct idl_mutation *m, *next;
    LIST_FOR_EACH_SAFE (m, next, node, &edit->mutations) {
        if (m->column == column) {
            destroy_mutation(m);
        }
    }
}

bool
idl_edit_is_mutated(const struct idl_row_edit *edit,
                    const struct column *column)
{
    struct idl_mutation *m;
    LIST_FOR_EACH (m, node, &edit->mutations) {
        if (m->column == column) {
            return true;
        }
    }
    return false;
}

/* Notes a mutation as part of the last one of its column, if that is of its
 * kind.  What is removed again must not be added: a row that was inserted may
 * be gone. */
static void
add_mutation(struct idl_row_edit *edit, const struct column *column, bool add,
             struct datum *datum)
{
    struct type type = idl_mutation_type(column, add);
    struct idl_mutation *m, *next, *last = NULL;
    LIST_FOR_EACH_SAFE (m, next, node, &edit->mutations) {
        if (m->column != column) {
            continue;
        }
        last = m;
        if (m->add && !add) {
            datum_subtract(&m->datum, &column->type, datum, &type);
        }
    }
    if (last && last->add == add) {
        datum_union(&last->datum, datum, &type, false);
        datum_uninit(datum, &type);
        return;
    }
    m = xzalloc(sizeof *m);
    m->column = column;
    m->add = add;
    m->datum = *datum;
    list_push_back(&edit->mutations, &m->node);
    datum_init_empty(datum);
}

static void
mutate(struct idl_row *row, const struct column *column, struct datum *datum,
       bool add)
{
    struct type type = idl_mutation_type(column, add);
    if (!row->table->column_at_server[column->index]) {
        /* Nothing that this server could keep. */
        datum_uninit(datum, &type);
        return;
    }
    struct idl_row_edit *edit = edit_get(row);
    struct datum *new = &edit->new[column->index];
    bool is_whole = !row->columns
                    || (edit->written[column->index]
                        && !idl_edit_is_mutated(edit, column));
    if (!edit->written[column->index]) {
        datum_clone(new, idl_read(row, column));
        edit->written[column->index] = true;
    }
    if (add) {
        datum_union(new, datum, &column->type, false);
    } else {
        datum_subtract(new, &column->type, datum, &type);
    }
    row->table->n_edits[column->index]++;
    idl_row_index(row);
    if (is_whole) {
        datum_uninit(datum, &type);
    } else {
        add_mutation(edit, column, add, datum);
    }
}

void
idl_txn_add_elements(struct idl_row *row, const struct column *column,
                     struct datum *datum)
{
    mutate(row, column, datum, true);
}

void
idl_txn_remove_keys(struct idl_row *row, const struct column *column,
                    struct datum *keys)
{
    mutate(row, column, keys, false);
}

struct idl_row *
idl_txn_insert(struct idl_txn *txn, size_t table, const struct uuid *uuid,
               bool persist)
{
    struct uuid random = uuid_random();
    struct idl_row *row =
        idl_row_create(&txn->idl->tables[table], uuid ? uuid : &random);
    struct idl_row_edit *edit = edit_get(row);
    row->table->n_edits[COLUMN_UUID]++;
    edit->is_insert = true;
    edit->persist_uuid = persist;
    const struct table_schema *schema = row->table->schema;
    for (size_t i = COLUMN_N_STD; i < schema->n_columns; i++) {
        edit->written[i] = true;
        datum_init_default(&edit->new[i], &schema->columns[i]->type);
    }
    edit->written[COLUMN_UUID] = true;
    datum_init_uuid(&edit->new[COLUMN_UUID], &row->uuid);
    idl_row_index(row);

    struct idl_insert *insert = xzalloc(sizeof *insert);
    insert->given = row->uuid;
    hmap_add(&txn->inserts, &insert->node, uuid_hash(&row->uuid));
    return row;
}

/* The row will not be inserted: nothing may call it by a name. */
static void
forget_insert(struct idl_txn *txn, const struct uuid *uuid)
{
    struct idl_insert *insert;
    HMAP_FOR_EACH_WITH_HASH (insert, node, uuid_hash(uuid), &txn->inserts) {
        if (uuid_equal(&insert->given, uuid)) {
            hmap_remove(&txn->inserts, &insert->node);
            free(insert);
            return;
        }
    }
}

void
idl_txn_delete(struct idl_row *row)
{
    struct idl_row_edit *edit = edit_get(row);
    row->table->n_edits[COLUMN_UUID]++;
    if (edit->is_insert) {
        forget_insert(row->table->idl->txn, &row->uuid);
        idl_edit_destroy(edit);
        return;
    }
    edit->is_delete = true;
}

uint64_t
idl_txn_n_edits(const struct idl *idl, size_t table, size_t column_index)
{
    return idl->tables[table].n_edits[column_index];
}

/* Commit. */

static enum idl_txn_status
finish(struct idl_txn *txn, enum idl_txn_status status)
{
    txn->status = status;
    disassemble(txn);
    return status;
}

enum idl_txn_status
idl_txn_commit(struct idl_txn *txn)
{
    struct idl *idl = txn->idl;
    if (txn->status != IDL_TXN_UNCOMMITTED) {
        return txn->status;
    }
    /* RFC 7047 §4.1.8: a client that wants a lock and lacks it keeps off. */
    if (idl->lock_name && !idl->has_lock) {
        return finish(txn, IDL_TXN_NOT_LOCKED);
    }
    bool any_changes;
    struct json *operations = idl_txn_encode(txn, &any_changes);
    if (!any_changes) {
        json_unref(operations);
        return finish(txn, IDL_TXN_UNCHANGED);
    }
    if (!idl_is_connected(idl) || idl->state != IDL_UP) {
        json_unref(operations);
        return finish(txn, IDL_TXN_TRY_AGAIN);
    }
    txn->id = jsonrpc_next_id();
    idl_session_send(idl, jsonrpc_request_create("transact", operations,
                                                 json_ref(txn->id)));
    finish(txn, IDL_TXN_INCOMPLETE);
    list_push_back(&idl->pending, &txn->node);
    return IDL_TXN_INCOMPLETE;
}

enum idl_txn_status
idl_txn_commit_block(struct idl_txn *txn)
{
    enum idl_txn_status status = idl_txn_commit(txn);
    while (status == IDL_TXN_INCOMPLETE) {
        loop_run_once(txn->idl->loop, -1);
        status = txn->status;
    }
    return status;
}

void
idl_txn_abort(struct idl_txn *txn)
{
    if (txn->status == IDL_TXN_UNCOMMITTED) {
        finish(txn, IDL_TXN_ABORTED);
    } else if (txn->status == IDL_TXN_INCOMPLETE) {
        list_remove(&txn->node);
        list_init(&txn->node);
        txn->status = IDL_TXN_ABORTED;
    }
}

enum idl_txn_status
idl_txn_status(const struct idl_txn *txn)
{
    return txn->status;
}

const char *
idl_txn_error(const struct idl_txn *txn)
{
    return txn->error ? txn->error : idl_txn_status_name(txn->status);
}

int64_t
idl_txn_increment_value(const struct idl_txn *txn)
{
    return txn->increment_value;
}

static struct idl_insert *
find_insert(const struct idl_txn *txn, const struct uuid *uuid)
{
    struct idl_insert *insert;
    HMAP_FOR_EACH_WITH_HASH (insert, node, uuid_hash(uuid), &txn->inserts) {
        if (uuid_equal(&insert->given, uuid)) {
            return insert;
        }
    }
    return NULL;
}

const struct uuid *
idl_txn_insert_uuid(const struct idl_txn *txn, const struct uuid *uuid)
{
    const struct idl_insert *insert = find_insert(txn, uuid);
    return insert && txn->status == IDL_TXN_SUCCESS ? &insert->real : NULL;
}

/* Replies. */

void
idl_txn_complete(struct idl_txn *txn, enum idl_txn_status status)
{
    list_remove(&txn->node);
    list_init(&txn->node);
    txn->status = status;
    if (txn->idl->observer.transaction_done) {
        txn->idl->observer.transaction_done(txn->idl->arg);
    }
}

void
idl_txn_fail_all(struct idl *idl)
{
    while (!list_is_empty(&idl->pending)) {
        idl_txn_complete(
            CONTAINER_OF(list_front(&idl->pending), struct idl_txn, node),
            IDL_TXN_TRY_AGAIN);
    }
}

static void
set_error(struct idl_txn *txn, const struct json *json)
{
    if (!txn->error) {
        txn->error = json_print(json, JSON_SORT);
        log_warn_rl(&rl, "transaction error: %s", txn->error);
    }
}

/* The result of the operation that incremented, and the one that read. */
static void
take_increment(struct idl_txn *txn, const struct json *results)
{
    if (txn->increment_index + 1 >= results->array.n) {
        return;
    }
    const struct json *rows =
        json_object_find(json_item(results, txn->increment_index + 1), "rows");
    if (rows && rows->type == JSON_ARRAY && rows->array.n == 1) {
        const struct json *value =
            json_object_find(json_item(rows, 0), txn->increment_column->name);
        if (value && value->type == JSON_INTEGER) {
            txn->increment_value = value->integer;
        }
    }
}

static void
take_uuid(struct idl_insert *insert, const struct json *result)
{
    const struct json *uuid = json_object_find(result, "uuid");
    union atom atom;
    if (uuid) {
        struct db_error *error =
            atom_from_json_unchecked(&atom, ATOM_UUID, uuid, NULL);
        if (!error) {
            insert->real = atom.uuid;
        }
        db_error_destroy(error);
    }
}

static enum idl_txn_status
take_results(struct idl_txn *txn, const struct json *results)
{
    bool try_again = false, not_locked = false, hard = false;
    for (size_t i = 0; i < results->array.n; i++) {
        const struct json *result = json_item(results, i);
        const struct json *error = json_object_find(result, "error");
        if (!error || error->type != JSON_STRING) {
            continue;
        }
        if (!strcmp(json_text(error), "timed out")) {
            try_again = true;
        } else if (!strcmp(json_text(error), "not owner")) {
            not_locked = true;
        } else if (!strcmp(json_text(error), "aborted")) {
            continue;
        } else if (txn->is_optimistic && txn->seqno != txn->idl->seqno) {
            /* Servers tell of changes before they reply. */
            try_again = true;
        } else {
            hard = true;
            set_error(txn, result);
        }
    }
    if (hard || not_locked || try_again) {
        return hard ? IDL_TXN_ERROR
                    : (not_locked ? IDL_TXN_NOT_LOCKED : IDL_TXN_TRY_AGAIN);
    }
    struct idl_insert *insert;
    HMAP_FOR_EACH (insert, node, &txn->inserts) {
        if (insert->operation < results->array.n) {
            take_uuid(insert, json_item(results, insert->operation));
        }
    }
    if (txn->increment_column) {
        take_increment(txn, results);
    }
    return txn->dry_run ? IDL_TXN_UNCHANGED : IDL_TXN_SUCCESS;
}

bool
idl_txn_handle_reply(struct idl *idl, const struct jsonrpc_message *m)
{
    struct idl_txn *txn;
    LIST_FOR_EACH (txn, node, &idl->pending) {
        if (json_equal(txn->id, m->id)) {
            enum idl_txn_status status = IDL_TXN_ERROR;
            if (m->type == JSONRPC_ERROR) {
                set_error(txn, m->error);
            } else if (!m->result || m->result->type != JSON_ARRAY) {
                txn->error = xstrdup("reply to \"transact\" is not an array");
            } else {
                status = take_results(txn, m->result);
            }
            idl_txn_complete(txn, status);
            return true;
        }
    }
    return false;
}
