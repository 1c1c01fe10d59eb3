/* Keeping to servers that are of use: a monitor of the database _Server, sent
 * before all else.  Servers that lack it are taken as they are. */

#include <string.h>

#include "db/idl/idl_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_idl);

#define SERVER_DATABASE "_Server"

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);

void
idl_set_leader_only(struct idl *idl, bool leader_only)
{
    idl->server_check.leader_only = leader_only;
}

void
idl_reset_min_index(struct idl *idl)
{
    idl->server_check.min_index = 0;
}

const char *
idl_server_complaint(const struct idl *idl)
{
    return idl->server_complaint;
}

static struct json *
monitor_id(void)
{
    return json_array_create_2(json_string_create("monid"),
                               json_string_create(SERVER_DATABASE));
}

void
idl_server_start(struct idl *idl)
{
    /* Updates of the first form have all columns of a row. */
    struct json *request = json_object_create();
    json_object_put(request, "columns", server_check_columns());
    struct json *requests = json_object_create();
    json_object_put(requests, "Database", json_array_create_1(request));
    idl->server_complaint = NULL;
    json_unref(idl->server_id);
    idl->server_id = jsonrpc_next_id();
    idl_session_send(
        idl, jsonrpc_request_create(
                 "monitor",
                 json_array_create_3(json_string_create(SERVER_DATABASE),
                                     monitor_id(), requests),
                 json_ref(idl->server_id)));
}

/* The new content of the row of our database, or NULL. */
static const struct json *
find_row(const struct idl *idl, const struct json *updates)
{
    const struct json *rows =
        updates ? json_object_find(updates, "Database") : NULL;
    if (!rows || rows->type != JSON_OBJECT) {
        return NULL;
    }
    for (size_t i = 0; i < rows->object.n; i++) {
        const struct json *new =
            json_object_find(rows->object.members[i].value, "new");
        const struct json *name = new ? json_object_find(new, "name") : NULL;
        if (name && name->type == JSON_STRING
            && !strcmp(json_text(name), idl->database->name)) {
            return new;
        }
    }
    return NULL;
}

static void
judge(struct idl *idl, const struct json *updates)
{
    const struct json *row = find_row(idl, updates);
    idl->server_complaint =
        row ? server_check_complaint(&idl->server_check, row) : NULL;
    if (idl->server_complaint) {
        log_info_rl(&rl, "%s: %s; trying another server",
                    jsonrpc_session_name(idl->session), idl->server_complaint);
        idl->state = IDL_DISCONNECTED;
        json_unref(steal_ptr(&idl->request_id));
        jsonrpc_session_reconnect(idl->session);
    }
}

void
idl_server_handle_reply(struct idl *idl, const struct jsonrpc_message *m)
{
    if (m->type == JSONRPC_REPLY) {
        judge(idl, m->result);
    }
}

bool
idl_server_handle_update(struct idl *idl, const struct json *params)
{
    if (params->type != JSON_ARRAY || params->array.n != 2) {
        return false;
    }
    struct json *id = monitor_id();
    bool ours = json_equal(json_item(params, 0), id);
    json_unref(id);
    if (ours) {
        judge(idl, json_item(params, 1));
    }
    return ours;
}
