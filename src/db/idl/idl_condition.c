/* Conditions: which rows of a table are replicated.
 *
 * A table has the condition that is wanted, the one that was asked for and
 * not yet confirmed, and the one that the server has, by which what it sends
 * is to be understood.  One request for changes is under way at a time.  After
 * a reconnection that goes on from the last update, the server starts from
 * the condition that it confirmed, and is asked for the newer one again: it
 * then tells rows that are there already, which does no harm. */

#include "db/idl/idl_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_idl);

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

struct json *
idl_clause(const struct column *column, const char *function,
           const struct datum *datum)
{
    return json_array_create_3(json_string_create(column->name),
                               json_string_create(function),
                               datum_to_json(datum, &column->type));
}

static bool
is_same(const struct json *a, const struct json *b)
{
    return a && b ? json_equal(a, b) : a == b;
}

static void
replace(struct json **dst, const struct json *src)
{
    struct json *new = src ? json_ref(src) : NULL;
    json_unref(*dst);
    *dst = new;
}

uint64_t
idl_set_condition(struct idl *idl, size_t table, struct json *where)
{
    struct idl_condition *condition = &idl->tables[table].condition;
    if (where && !where->array.n) {
        /* To the server, no clauses at all are no condition. */
        json_array_add(where, json_boolean_create(false));
    }
    if (is_same(condition->wanted, where)) {
        json_unref(where);
    } else {
        json_unref(condition->wanted);
        condition->wanted = where;
        idl->condition_seqno++;
        idl->condition_refused = false;
        idl_condition_sync(idl);
    }
    return idl->condition_seqno;
}

uint64_t
idl_condition_seqno(const struct idl *idl)
{
    return idl->condition_confirmed;
}

void
idl_condition_start(struct idl *idl, bool from_scratch)
{
    for (size_t i = 0; from_scratch && i < idl->database->n_tables; i++) {
        struct idl_condition *condition = &idl->tables[i].condition;
        replace(&condition->at_server, condition->wanted);
    }
    idl->condition_refused = false;
    json_unref(steal_ptr(&idl->condition_id));
}

static void
confirm(struct idl *idl, uint64_t seqno)
{
    if (idl->condition_confirmed != seqno) {
        idl->condition_confirmed = seqno;
        idl_touch(idl);
    }
}

/* What differs, in the form of "monitor_cond_change"; NULL if nothing. */
static struct json *
collect(struct idl *idl)
{
    struct json *requests = NULL;
    for (size_t i = 0; i < idl->database->n_tables; i++) {
        struct idl_table *table = &idl->tables[i];
        struct idl_condition *condition = &table->condition;
        replace(&condition->asked, condition->wanted);
        if (table->wanted && table->at_server
            && !is_same(condition->wanted, condition->at_server)) {
            struct json *request = json_object_create();
            json_object_put(request, "where",
                            condition->wanted ? json_ref(condition->wanted)
                                              : json_array_create_1(
                                                  json_boolean_create(true)));
            requests = requests ? requests : json_object_create();
            json_object_put(requests, table->schema->name,
                            json_array_create_1(request));
        }
    }
    return requests;
}

void
idl_condition_sync(struct idl *idl)
{
    if (idl->state != IDL_UP || idl->condition_id || idl->condition_refused) {
        return;
    }
    if (idl->method == IDL_MONITOR_PLAIN) {
        /* The server knows no conditions: all rows are here. */
        confirm(idl, idl->condition_seqno);
        return;
    }
    struct json *requests = collect(idl);
    if (!requests) {
        confirm(idl, idl->condition_seqno);
        return;
    }
    idl->condition_asked = idl->condition_seqno;
    idl->condition_id = jsonrpc_next_id();
    idl_session_send(
        idl, jsonrpc_request_create(
                 "monitor_cond_change",
                 json_array_create_3(json_ref(idl->monitor_id),
                                     json_ref(idl->monitor_id), requests),
                 json_ref(idl->condition_id)));
}

void
idl_condition_handle_reply(struct idl *idl, const struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_ERROR) {
        char *text = json_print(m->error, JSON_SORT);
        log_err_rl(&rl, "%s: server refuses condition: %s",
                   idl->database->name, text);
        free(text);
        idl->condition_refused = idl->condition_asked == idl->condition_seqno;
    } else {
        for (size_t i = 0; i < idl->database->n_tables; i++) {
            struct idl_condition *condition = &idl->tables[i].condition;
            replace(&condition->at_server, condition->asked);
        }
        confirm(idl, idl->condition_asked);
    }
    idl_condition_sync(idl);
}

void
idl_condition_uninit(struct idl_condition *condition)
{
    json_unref(condition->wanted);
    json_unref(condition->asked);
    json_unref(condition->at_server);
}
