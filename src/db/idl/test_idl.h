/* What the tests of the replica share. */

#pragma once

#include <assert.h>

#include "db/idl/idl_private.h"
#include "db/idl/vswitch_rows.h"

static inline void
test_idl_changed(void *arg UNUSED)
{
}

/* A replica of Open_vSwitch whose observer does nothing. */
static inline struct idl *
test_idl_create(struct loop *loop)
{
    static const struct idl_observer observer = { .changed =
                                                      test_idl_changed };
    return idl_create(loop, &vswitch_database, &observer, NULL);
}

/* idl_apply() of JSON text, which must be right. */
static inline struct db_error *
test_idl_apply(struct idl *idl, const char *text,
               enum idl_monitor_method method, bool initial)
{
    struct json *json;
    struct error *bad = json_parse_string(text, &json);
    assert(!bad);
    struct db_error *error = idl_apply(idl, json, method, initial);
    json_unref(json);
    return error;
}
