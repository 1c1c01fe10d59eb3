/* Any JSON as the parameters of "transact": what it did must commit. */

#include "db/engine/execute.h"

#include "base/mem.h"
#include "db/engine/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    struct error *error = json_parse((const char *) data, size, &json);
    struct execute_result result = { 0 };
    struct database *db = test_database();
    if (!error && json->type == JSON_ARRAY) {
        execute(db, &(struct execute_session){ 0 }, json, 0, &result);
        json_unref(result.reply);
        if (result.txn) {
            transaction_commit(result.txn);
        }
    }
    return json_unref(json), error_destroy(error), database_destroy(db), 0;
}
