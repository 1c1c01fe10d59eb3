/* Execution of "transact" requests: RFC 7047 §4.1.3 and §5.2. */

#pragma once

#include <stdbool.h>

#include "db/engine/database.h"
#include "db/engine/rbac.h"
#include "db/engine/transaction.h"
#include "rpc/json/json.h"

/* What the requests need to know about their client. */
struct execute_session {
    bool is_read_only; /* Only operations that change nothing. */
    bool is_reserved;  /* The database is written by the server only. */
    struct rbac_client client;
    /* Whether the client owns 'lock', for "assert"; may be NULL. */
    bool (*owns_lock)(const struct execute_session *, const char *lock);
};

struct execute_result {
    struct json *reply;      /* Array of results, or an error object. */
    struct transaction *txn; /* Checked, to commit or abort; or NULL. */
    bool is_waiting;         /* A "wait" does not hold yet: try again. */
    long long timeout_ms;    /* With 'is_waiting': -1 forever, or until the
                              * time since the request reached this. */
};

/* Executes 'params', ["DB", OPERATION...].  'elapsed_ms' is the time since
 * the request came first: a "wait" fails when it exceeds its timeout.
 *
 * With 'is_waiting', nothing else of the result is set.  Otherwise 'reply' is
 * set; if 'txn' is not NULL the caller writes it, commits it and sends
 * 'reply', or aborts it and replaces the reply by
 * execute_reply_with_error(). */
void execute(struct database *, const struct execute_session *,
             const struct json *params, long long elapsed_ms,
             struct execute_result *);
/* Whether no operation in 'params' asks for a change. */
bool execute_is_read_only(const struct json *params);
/* Appends 'error', which it takes, to 'reply' and returns it. */
struct json *execute_reply_with_error(struct json *reply, struct db_error *);
