/* Any JSON as the parameters of "transact": what it did must commit. */

#include "db/engine/execute.h"

#include "db/engine/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json = test_array(data, size);
    struct execute_result result;
    struct database *db = test_database();
    execute(db, &(struct execute_session){ 0 }, json, 0, &result);
    json_unref(result.reply);
    if (result.txn) {
        transaction_commit(result.txn);
    }
    return json_unref(json), database_destroy(db), 0;
}
