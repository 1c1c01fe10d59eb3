/* Judging servers by their database _Server. */

#include "db/idl/server_check.h"

#include <string.h>

#include "base/compiler.h"

struct json *
server_check_columns(void)
{
    static const char *const names[] = { "name", "model", "connected",
                                         "leader", "index" };
    struct json *columns = json_array_create();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        json_array_add(columns, json_string_create(names[i]));
    }
    return columns;
}

static bool
is_false(const struct json *row, const char *column)
{
    const struct json *value = json_object_find(row, column);
    return value && value->type == JSON_FALSE;
}

const char *
server_check_complaint(struct server_check *check, const struct json *row)
{
    const struct json *model = json_object_find(row, "model");
    if (!model || model->type != JSON_STRING) {
        return NULL;
    }
    bool connected = !is_false(row, "connected");
    if (!strcmp(json_text(model), "relay")) {
        return check->leader_only ? "relay database server cannot be a leader"
               : connected
                   ? NULL
                   : "relay database server is disconnected from its source";
    }
    if (strcmp(json_text(model), "clustered")) {
        return NULL;
    }
    if (!connected) {
        return "clustered database server is disconnected from cluster";
    }
    if (check->leader_only && is_false(row, "leader")) {
        return "clustered database server is not cluster leader";
    }
    const struct json *index = json_object_find(row, "index");
    if (index && index->type == JSON_INTEGER) {
        if (index->integer < check->min_index) {
            return "clustered database server has stale data";
        }
        check->min_index = index->integer;
    }
    return NULL;
}
