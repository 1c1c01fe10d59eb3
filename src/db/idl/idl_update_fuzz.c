/* Fuzzes updates: an array of table updates, applied to an empty replica. */

#include "db/idl/idl_private.h"
#include "db/idl/vswitch_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct idl_observer observer;
    struct json *json;
    error_destroy(json_parse((const char *) data, size, &json));
    struct loop *loop = loop_create();
    struct idl *idl = idl_create(loop, &vswitch_database, &observer, NULL);
    idl_monitor_all(idl);
    for (size_t i = 0; json && json->type == JSON_ARRAY && i < json->array.n;
         i++) {
        db_error_destroy(idl_apply(idl, json_item(json, i),
                                   (enum idl_monitor_method)(i % 3), i < 3));
    }
    idl_destroy(idl);
    loop_destroy(loop);
    json_unref(json);
    return 0;
}
