/* Any JSON as a condition: what parses must print and parse to the same. */

#include "db/engine/conditions.h"

#include "base/mem.h"
#include "db/engine/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json = test_array(data, size), *out = NULL;
    struct database *db = test_database();
    const struct table_schema *t = database_find_table(db, "T")->schema;
    struct conditions a, b;
    struct db_error *e = conditions_from_json(&a, t, json, NULL);
    if (!e) {
        out = conditions_to_json(&a);
        e = conditions_from_json(&b, t, out, NULL);
        assert(!e && a.n == b.n);
        conditions_uninit(&a), conditions_uninit(&b), json_unref(out);
    }
    return json_unref(json), db_error_destroy(e), database_destroy(db), 0;
}
