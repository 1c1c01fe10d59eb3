/* "transact" requests: executed at once; those whose "wait" does not hold are
 * tried again after commits and at their timeout. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/server/mirror.h"
#include "db/server/server_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

struct trigger {
    struct list db_node;      /* In 'triggers' of the database. */
    struct list session_node; /* In 'triggers' of the session. */
    struct served_db *sdb;
    struct db_session *session;
    struct jsonrpc_message *request; /* Owned. */
    long long created_ms;
    struct loop_timer timer; /* The timeout of the "wait". */
    size_t size;             /* Bytes of the request, about. */
    bool is_forwarded;       /* The source of the relay answers it. */
    int64_t forward_id;      /* As mirror_forward() gave it; 0: not sent. */
};

/* The session as operations see it. */
struct session_view {
    struct execute_session base;
    const struct db_session *session;
};

static bool
owns_lock(const struct execute_session *base, const char *name)
{
    const struct session_view *view =
        CONTAINER_OF(base, const struct session_view, base);
    return lock_is_owned(view->session, name);
}

static void
reply(struct db_session *session, const struct jsonrpc_message *request,
      struct json *result)
{
    session_send(session, jsonrpc_reply_create(result, json_ref(request->id)));
}

/* Writes and commits what 'result' holds; returns the reply. */
static struct json *
finish(struct served_db *sdb, struct execute_result *result)
{
    if (!result->txn) {
        return result->reply;
    }
    struct error *error = transaction_is_empty(result->txn)
                              ? NULL
                              : storage_write(sdb->storage, result->txn,
                                              result->txn->is_durable);
    if (!error) {
        transaction_commit(result->txn);
        return result->reply;
    }
    log_err("%s: %s", sdb->db->schema->name, error_text(error));
    transaction_abort(result->txn);
    struct db_error *db_error =
        db_error_create("I/O error", "%s", error_text(error));
    error_destroy(error);
    return execute_reply_with_error(result->reply, db_error);
}

static void
run(struct db_session *session, struct served_db *sdb,
    const struct json *params, long long elapsed_ms,
    struct execute_result *result)
{
    struct session_view view = {
        .base = { .is_read_only = session_may_only_read(session, sdb),
                  .is_reserved = sdb->is_internal,
                  .client = { session->role, session_peer_id(session) },
                  .owns_lock = owns_lock },
        .session = session,
    };
    execute(sdb->db, &view.base, params, elapsed_ms, result);
}

static void trigger_destroy(struct trigger *);

/* Tries 'trigger' again. */
static void
retry(struct trigger *trigger)
{
    struct execute_result result;
    run(trigger->session, trigger->sdb, trigger->request->params,
        clock_msec() - trigger->created_ms, &result);
    if (!result.is_waiting) {
        struct json *json = finish(trigger->sdb, &result);
        reply(trigger->session, trigger->request, json);
        trigger_destroy(trigger);
    }
}

static void
timed_out(void *trigger)
{
    retry(trigger);
}

static struct trigger *
trigger_create(struct db_session *session, struct served_db *sdb,
               struct jsonrpc_message *request)
{
    struct trigger *trigger = xzalloc(sizeof *trigger);
    trigger->sdb = sdb;
    trigger->session = session;
    trigger->request = request;
    trigger->created_ms = clock_msec();
    trigger->size = session->request_size;
    session->n_waiting++;
    session->waiting_size += trigger->size;
    list_push_back(&sdb->triggers, &trigger->db_node);
    list_push_back(&session->triggers, &trigger->session_node);
    loop_timer_init(session->server->loop, &trigger->timer, timed_out,
                    trigger);
    return trigger;
}

/* Whether the relay's source has to do it. */
static bool
is_for_source(const struct db_session *session, const struct served_db *sdb,
              const struct jsonrpc_message *request)
{
    return sdb->is_relay && !session->is_read_only
           && (strcmp(request->method, "transact") != 0
               || !execute_is_read_only(request->params));
}

/* The source does not know the client's role: what that forbids is refused
 * here, with a reply. */
static bool
refuse_by_role(struct db_session *session, struct served_db *sdb,
               struct jsonrpc_message *request)
{
    if (!session->role) {
        return false;
    }
    struct json *error = NULL;
    struct execute_result result;
    run(session, sdb, request->params, 0, &result);
    if (result.txn) {
        transaction_abort(result.txn);
        json_unref(result.reply);
    } else if (!result.is_waiting) {
        error = result.reply;
    }
    if (error) {
        reply(session, request, error);
        jsonrpc_message_destroy(request);
    }
    return error != NULL;
}

void
trigger_execute(struct db_session *session, struct served_db *sdb,
                struct jsonrpc_message *request)
{
    struct trigger *trigger;
    LIST_FOR_EACH (trigger, session_node, &session->triggers) {
        if (json_equal(trigger->request->id, request->id)) {
            struct db_error *error = db_error_syntax(
                request->params, "%s: duplicate request ID", request->method);
            session_send(session, jsonrpc_error_create(db_error_to_json(error),
                                                       json_ref(request->id)));
            db_error_destroy(error);
            jsonrpc_message_destroy(request);
            return;
        }
    }

    if (is_for_source(session, sdb, request)) {
        if (refuse_by_role(session, sdb, request)) {
            return;
        }
        trigger = trigger_create(session, sdb, request);
        trigger->is_forwarded = true;
        triggers_forward(sdb);
        return;
    }
    struct execute_result result;
    run(session, sdb, request->params, 0, &result);
    if (!result.is_waiting) {
        struct json *json = finish(sdb, &result);
        reply(session, request, json);
        jsonrpc_message_destroy(request);
        return;
    }
    trigger = trigger_create(session, sdb, request);
    if (result.timeout_ms >= 0) {
        loop_timer_set(&trigger->timer,
                       trigger->created_ms + result.timeout_ms);
    }
}

static void
trigger_destroy(struct trigger *trigger)
{
    loop_timer_cancel(&trigger->timer);
    list_remove(&trigger->db_node);
    list_remove(&trigger->session_node);
    trigger->session->n_waiting--;
    trigger->session->waiting_size -= trigger->size;
    session_update_pause(trigger->session);
    jsonrpc_message_destroy(trigger->request);
    free(trigger);
}

static void
end_with_error(struct trigger *trigger, const char *text)
{
    session_send(trigger->session,
                 jsonrpc_error_create(json_string_create(text),
                                      json_ref(trigger->request->id)));
    trigger_destroy(trigger);
}

void
trigger_cancel(struct db_session *session, const struct json *id)
{
    struct trigger *trigger;
    LIST_FOR_EACH (trigger, session_node, &session->triggers) {
        if (json_equal(trigger->request->id, id)) {
            /* RFC 7047 §4.1.4. */
            end_with_error(trigger, "canceled");
            return;
        }
    }
}

void
triggers_retry(void *sdb_)
{
    struct served_db *sdb = sdb_;
    struct trigger *trigger, *next;
    LIST_FOR_EACH_SAFE (trigger, next, db_node, &sdb->triggers) {
        if (!trigger->is_forwarded) {
            retry(trigger);
        }
    }
}

void
triggers_forward(struct served_db *sdb)
{
    struct trigger *trigger;
    LIST_FOR_EACH (trigger, db_node, &sdb->triggers) {
        if (trigger->is_forwarded && !trigger->forward_id) {
            trigger->forward_id =
                mirror_forward(sdb->mirror, trigger->request->method,
                               trigger->request->params);
        }
    }
}

void
trigger_forwarded(struct served_db *sdb, int64_t id,
                  const struct jsonrpc_message *reply_)
{
    struct trigger *trigger;
    LIST_FOR_EACH (trigger, db_node, &sdb->triggers) {
        if (id && trigger->forward_id == id) {
            struct json *own_id = json_ref(trigger->request->id);
            session_send(
                trigger->session,
                reply_->type == JSONRPC_ERROR
                    ? jsonrpc_error_create(json_ref(reply_->error), own_id)
                    : jsonrpc_reply_create(json_ref(reply_->result), own_id));
            trigger_destroy(trigger);
            return;
        }
    }
}

void
triggers_lost(struct served_db *sdb)
{
    struct trigger *trigger, *next;
    LIST_FOR_EACH_SAFE (trigger, next, db_node, &sdb->triggers) {
        if (trigger->forward_id) {
            end_with_error(trigger, "canceled");
        }
    }
}

void
triggers_abandon(struct served_db *sdb)
{
    struct trigger *trigger, *next;
    LIST_FOR_EACH_SAFE (trigger, next, db_node, &sdb->triggers) {
        end_with_error(trigger, "canceled");
    }
}

void
triggers_forget(struct db_session *session)
{
    struct trigger *trigger, *next;
    LIST_FOR_EACH_SAFE (trigger, next, session_node, &session->triggers) {
        trigger_destroy(trigger);
    }
}
