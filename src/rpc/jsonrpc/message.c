/* JSON-RPC messages: making, checking, printing. */

#include "rpc/jsonrpc/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct jsonrpc_message *
create(enum jsonrpc_type type, const char *method, struct json *id)
{
    struct jsonrpc_message *message = xzalloc(sizeof *message);
    message->type = type;
    message->method = xstrdup_nullable(method);
    message->id = id;
    return message;
}

struct jsonrpc_message *
jsonrpc_request_create(const char *method, struct json *params,
                       struct json *id)
{
    struct jsonrpc_message *message = create(JSONRPC_REQUEST, method, id);
    message->params = params;
    return message;
}

struct jsonrpc_message *
jsonrpc_notify_create(const char *method, struct json *params)
{
    struct jsonrpc_message *message = create(JSONRPC_NOTIFY, method, NULL);
    message->params = params;
    return message;
}

struct jsonrpc_message *
jsonrpc_reply_create(struct json *result, struct json *id)
{
    struct jsonrpc_message *message = create(JSONRPC_REPLY, NULL, id);
    message->result = result;
    return message;
}

struct jsonrpc_message *
jsonrpc_error_create(struct json *error, struct json *id)
{
    struct jsonrpc_message *message = create(JSONRPC_ERROR, NULL, id);
    message->error = error;
    return message;
}

struct json *
jsonrpc_next_id(void)
{
    static int64_t next;
    return json_integer_create(next++);
}

struct jsonrpc_message *
jsonrpc_message_clone(const struct jsonrpc_message *old)
{
    struct jsonrpc_message *message =
        create(old->type, old->method, json_ref(old->id));
    message->params = json_ref(old->params);
    message->result = json_ref(old->result);
    message->error = json_ref(old->error);
    return message;
}

void
jsonrpc_message_destroy(struct jsonrpc_message *message)
{
    if (message) {
        free(message->method);
        json_unref(message->params);
        json_unref(message->result);
        json_unref(message->error);
        json_unref(message->id);
        free(message);
    }
}

const char *
jsonrpc_type_name(enum jsonrpc_type type)
{
    switch (type) {
    case JSONRPC_REQUEST:
        return "request";
    case JSONRPC_NOTIFY:
        return "notification";
    case JSONRPC_REPLY:
        return "reply";
    case JSONRPC_ERROR:
        return "error";
    }
    NOT_REACHED();
}

/* Which members each type of message must have: RFC 7047 §4 and JSON-RPC 1.0.
 */
static const struct requirement {
    bool method, params, result, error, id;
} requirements[] = {
    [JSONRPC_REQUEST] = { .method = true, .params = true, .id = true },
    [JSONRPC_NOTIFY] = { .method = true, .params = true },
    [JSONRPC_REPLY] = { .result = true, .id = true },
    [JSONRPC_ERROR] = { .error = true, .id = true },
};

static struct error *
check_member(const struct jsonrpc_message *message, const char *name,
             bool there, bool required)
{
    if (there == required) {
        return NULL;
    }
    return error_create("%s must%s have \"%s\"",
                        jsonrpc_type_name(message->type),
                        required ? "" : " not", name);
}

static struct error *
check(const struct jsonrpc_message *m)
{
    const struct requirement *r = &requirements[m->type];
    if (m->params && m->params->type != JSON_ARRAY) {
        return error_create("\"params\" must be JSON array");
    }
    struct error *error = check_member(m, "method", m->method, r->method);
    if (!error) {
        error = check_member(m, "params", m->params, r->params);
    }
    if (!error) {
        error = check_member(m, "result", m->result, r->result);
    }
    if (!error) {
        error = check_member(m, "error", m->error, r->error);
    }
    if (!error) {
        error = check_member(m, "id", m->id, r->id);
    }
    return error;
}

/* Removes member 'name'; a JSON null counts as none. */
static struct json *
remove_member(struct json *object, const char *name)
{
    struct json *value = json_object_remove(object, name);
    if (value && value->type == JSON_NULL) {
        json_unref(value);
        return NULL;
    }
    return value;
}

static struct error *
decode_members(struct json *object, struct jsonrpc_message *m)
{
    struct json *method = remove_member(object, "method");
    if (method && method->type != JSON_STRING) {
        json_unref(method);
        return error_create("method is not a JSON string");
    }
    m->method = method ? xstrdup(json_text(method)) : NULL;
    json_unref(method);
    m->params = remove_member(object, "params");
    /* A null result is a result. */
    m->result = json_object_remove(object, "result");
    m->error = remove_member(object, "error");
    m->id = remove_member(object, "id");
    if (m->method) {
        m->type = m->id ? JSONRPC_REQUEST : JSONRPC_NOTIFY;
    } else {
        m->type = m->error ? JSONRPC_ERROR : JSONRPC_REPLY;
    }
    if (m->type != JSONRPC_REPLY && m->result
        && m->result->type == JSON_NULL) {
        json_unref(m->result);
        m->result = NULL;
    }
    if (object->object.n) {
        return error_create("message has unexpected member \"%s\"",
                            object->object.members[0].name);
    }
    return check(m);
}

struct error *
jsonrpc_message_decode(struct json *json, struct jsonrpc_message **messagep)
{
    *messagep = NULL;
    if (json->type != JSON_OBJECT) {
        json_unref(json);
        return error_create("message is not a JSON object");
    }
    struct jsonrpc_message *message = xzalloc(sizeof *message);
    struct error *error = decode_members(json, message);
    json_unref(json);
    if (error) {
        jsonrpc_message_destroy(message);
        return error;
    }
    *messagep = message;
    return NULL;
}

struct json *
jsonrpc_message_encode(struct jsonrpc_message *m)
{
    struct json *json = json_object_create();
    if (m->method) {
        json_object_put_string(json, "method", m->method);
    }
    if (m->params) {
        json_object_put(json, "params", steal_ptr(&m->params));
    }
    if (m->result) {
        json_object_put(json, "result", steal_ptr(&m->result));
    } else if (m->type == JSONRPC_REPLY) {
        json_object_put(json, "result", json_null_create());
    }
    if (m->error) {
        json_object_put(json, "error", steal_ptr(&m->error));
    } else if (m->type == JSONRPC_REPLY) {
        json_object_put(json, "error", json_null_create());
    }
    if (m->id) {
        json_object_put(json, "id", steal_ptr(&m->id));
    } else if (m->type == JSONRPC_NOTIFY) {
        json_object_put(json, "id", json_null_create());
    }
    jsonrpc_message_destroy(m);
    return json;
}

static void
put_member(struct str *s, const char *name, const struct json *value,
           const struct json_parts *parts)
{
    json_put_name(s, name, strlen(name));
    if (value) {
        json_put_parts(s, value, JSON_COMPACT, parts);
    } else {
        str_put(s, "null");
    }
}

void
jsonrpc_message_put(struct str *s, const struct jsonrpc_message *m,
                    const struct json_parts *parts)
{
    bool reply = m->type == JSONRPC_REPLY || m->type == JSONRPC_ERROR;
    /* The braces of the message: its members begin right behind. */
    str_put_char(s, '{');
    if (reply) {
        put_member(s, "id", m->id, parts);
        if (m->type == JSONRPC_REPLY) {
            put_member(s, "result", m->result, parts);
        }
        put_member(s, "error", m->error, parts);
    } else {
        put_member(s, "id", m->id, parts);
        str_put(s, ",\"method\":");
        json_put_string(s, m->method, strlen(m->method));
        put_member(s, "params", m->params, parts);
    }
    str_put_char(s, '}');
}
