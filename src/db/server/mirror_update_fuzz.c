/* Any JSON as pairs of updates of all forms from another server: what they
 * did must commit, and nothing else may happen. */

#include "db/engine/test_schema.h"
#include "db/server/mirror_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json = test_array(data, size);
    struct database *db = test_database();
    for (size_t i = 0; i < json->array.n; i++) {
        struct transaction *txn;
        struct mirror_update update = {
            .db = db,
            .version = i % 3,
            .is_initial = i % 2,
            .updates = json_item(json, i),
        };
        struct db_error *error = mirror_update_transaction(&update, &txn);
        if (!error) {
            error = transaction_check(txn);
            if (error) {
                transaction_abort(txn);
            } else {
                transaction_commit(txn);
            }
        }
        db_error_destroy(error);
    }
    return json_unref(json), database_destroy(db), 0;
}
