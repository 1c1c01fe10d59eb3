/* Locks: RFC 7047 §4.1.8 to §4.1.10. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"
#include "db/server/server_private.h"

struct lock {
    char *name;
    struct list waiters; /* Of struct lock_waiter: the owner first. */
};

/* A client that has, wants or lost a lock. */
struct lock_waiter {
    struct list session_node; /* In 'waiters' of the session. */
    struct list lock_node;    /* In 'waiters' of the lock. */
    struct db_session *session;
    struct lock *lock;
    bool is_lost; /* Stolen, and not yet given back. */
    char *name;
};

static void
notify(const struct lock_waiter *waiter, const char *what)
{
    session_send(
        waiter->session,
        jsonrpc_notify_create(
            what, json_array_create_1(json_string_create(waiter->name))));
}

static struct lock_waiter *
lock_owner(const struct lock *lock)
{
    return CONTAINER_OF(list_front(&lock->waiters), struct lock_waiter,
                        lock_node);
}

static struct lock_waiter *
find_waiter(const struct db_session *session, const char *name)
{
    return strmap_get(&session->waiters_by_name, name);
}

/* The one parameter, an <id>, or NULL with an error. */
static const char *
parse_name(const struct jsonrpc_message *request, struct db_error **errorp)
{
    const struct json *params = request->params;
    if (params->type == JSON_ARRAY && params->array.n == 1
        && json_item(params, 0)->type == JSON_STRING
        && members_is_id(json_text(json_item(params, 0)))) {
        return json_text(json_item(params, 0));
    }
    *errorp = db_error_syntax(params, "%s request params must be <id>",
                              request->method);
    return NULL;
}

static struct lock *
get_lock(struct db_server *server, const char *name)
{
    struct lock *lock = strmap_get(&server->locks, name);
    if (!lock) {
        lock = xzalloc(sizeof *lock);
        lock->name = xstrdup(name);
        list_init(&lock->waiters);
        strmap_add(&server->locks, name, lock);
    }
    return lock;
}

struct json *
lock_request(struct db_session *session, const struct jsonrpc_message *request,
             bool steal, struct db_error **errorp)
{
    const char *name = parse_name(request, errorp);
    if (!name) {
        return NULL;
    }
    if (find_waiter(session, name)) {
        *errorp = db_error_syntax(request->params,
                                  "must issue \"unlock\" before new \"%s\"",
                                  request->method);
        return NULL;
    }

    struct lock *lock = get_lock(session->server, name);
    struct lock_waiter *waiter = xzalloc(sizeof *waiter);
    waiter->session = session;
    waiter->lock = lock;
    waiter->name = xstrdup(name);
    list_push_back(&session->waiters, &waiter->session_node);
    strmap_add(&session->waiters_by_name, name, waiter);
    bool is_owner = list_is_empty(&lock->waiters);
    if (steal && !is_owner) {
        struct lock_waiter *victim = lock_owner(lock);
        /* The victim is the next one in the queue. */
        victim->is_lost = true;
        victim->session->n_locks_lost++;
        notify(victim, "stolen");
        list_push_front(&lock->waiters, &waiter->lock_node);
        is_owner = true;
    } else {
        list_push_back(&lock->waiters, &waiter->lock_node);
    }
    struct json *result = json_object_create();
    json_object_put(result, "locked", json_boolean_create(is_owner));
    return result;
}

static void
forget_loss(struct lock_waiter *waiter)
{
    if (waiter->is_lost) {
        waiter->is_lost = false;
        waiter->session->n_locks_lost--;
    }
}

/* Takes 'waiter' out of everything and lets the next one have the lock. */
static void
release(struct lock_waiter *waiter)
{
    struct lock *lock = waiter->lock;
    bool was_owner = lock_owner(lock) == waiter;
    list_remove(&waiter->lock_node);
    if (list_is_empty(&lock->waiters)) {
        strmap_find_and_delete(&waiter->session->server->locks, lock->name);
        free(lock->name);
        free(lock);
    } else if (was_owner) {
        forget_loss(lock_owner(lock));
        notify(lock_owner(lock), "locked");
    }
    forget_loss(waiter);
    list_remove(&waiter->session_node);
    strmap_find_and_delete(&waiter->session->waiters_by_name, waiter->name);
    free(waiter->name);
    free(waiter);
}

struct json *
unlock_request(struct db_session *session,
               const struct jsonrpc_message *request, struct db_error **errorp)
{
    const char *name = parse_name(request, errorp);
    if (!name) {
        return NULL;
    }
    struct lock_waiter *waiter = find_waiter(session, name);
    if (!waiter) {
        *errorp = db_error_syntax(
            request->params,
            "unlock: \"unlock\" without \"lock\" or \"steal\"");
        return NULL;
    }
    release(waiter);
    return json_object_create();
}

void
locks_release_all(struct db_session *session)
{
    struct lock_waiter *waiter, *next;
    LIST_FOR_EACH_SAFE (waiter, next, session_node, &session->waiters) {
        release(waiter);
    }
}

bool
lock_is_owned(const struct db_session *session, const char *name)
{
    const struct lock_waiter *waiter = find_waiter(session, name);
    return waiter && lock_owner(waiter->lock) == waiter;
}

void
locks_get_status(const struct db_session *session,
                 struct db_session_status *status)
{
    struct str names = STR_INITIALIZER;
    const struct lock_waiter *waiter;
    LIST_FOR_EACH (waiter, session_node, &session->waiters) {
        if (waiter->is_lost) {
            status->n_locks_lost++;
        } else if (lock_owner(waiter->lock) == waiter) {
            str_putf(&names, "%s%s", names.len ? " " : "", waiter->name);
            status->n_locks_held++;
        } else {
            status->n_locks_waiting++;
        }
    }
    status->names = xstrdup(str_text(&names));
    str_uninit(&names);
}
