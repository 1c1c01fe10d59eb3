/* Any JSON as records of a database file, one after the other. */

#include "db/engine/record.h"

#include "db/engine/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json = test_array(data, size);
    struct database *db = test_database();
    for (size_t i = 0; i < json->array.n; i++) {
        db_error_destroy(record_replay(db, json_item(json, i)));
    }
    return json_unref(json), database_destroy(db), 0;
}
