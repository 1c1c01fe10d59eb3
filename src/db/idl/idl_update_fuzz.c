/* Fuzzes updates: an array of table updates, applied to an empty replica. */

#include "db/idl/test_idl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    error_destroy(json_parse((const char *) data, size, &json));
    struct loop *loop = loop_create();
    struct idl *idl = test_idl_create(loop);
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
