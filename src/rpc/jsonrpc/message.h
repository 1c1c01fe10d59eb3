/* JSON-RPC 1.0 messages, as OVSDB uses them: RFC 7047 §4. */

#pragma once

#include "base/error.h"
#include "rpc/json/json.h"

enum jsonrpc_type {
    JSONRPC_REQUEST, /* Expects a reply or error with its id. */
    JSONRPC_NOTIFY,  /* Expects nothing. */
    JSONRPC_REPLY,
    JSONRPC_ERROR,
};

struct jsonrpc_message {
    enum jsonrpc_type type;
    char *method;        /* Request and notify. */
    struct json *params; /* Request and notify: an array. */
    struct json *result; /* Reply; NULL prints as null. */
    struct json *error;  /* Error. */
    struct json *id;     /* All but notify. */
};

/* These take their arguments except 'method'. */
struct jsonrpc_message *jsonrpc_request_create(const char *method,
                                               struct json *params,
                                               struct json *id);
struct jsonrpc_message *jsonrpc_notify_create(const char *method,
                                              struct json *params);
struct jsonrpc_message *jsonrpc_reply_create(struct json *result,
                                             struct json *id);
struct jsonrpc_message *jsonrpc_error_create(struct json *error,
                                             struct json *id);
/* An id that no earlier call returned. */
struct json *jsonrpc_next_id(void);
struct jsonrpc_message *jsonrpc_message_clone(const struct jsonrpc_message *);
/* NULL is legal. */
void jsonrpc_message_destroy(struct jsonrpc_message *);

/* "request", "notification", "reply", "error" */
const char *jsonrpc_type_name(enum jsonrpc_type);
/* The message in 'json', which it takes. */
struct error *jsonrpc_message_decode(struct json *json,
                                     struct jsonrpc_message **) WARN_UNUSED;
/* Takes 'message'. */
struct json *jsonrpc_message_encode(struct jsonrpc_message *message);
/* Appends the text, as it goes to the peer; 'parts', which may be NULL, takes
 * long serialized values out of it (json_put_parts()). */
void jsonrpc_message_put(struct str *, const struct jsonrpc_message *,
                         const struct json_parts *parts);
