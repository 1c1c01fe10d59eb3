/* Fuzzes schemas: what parses must print and parse again to the same. */

#include "db/data/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    struct error *e = json_parse((const char *) data, size, &json);
    if (e) {
        error_destroy(e);
        return 0;
    }
    struct schema *schema;
    struct db_error *error = schema_from_json(&schema, json);
    if (!error) {
        struct schema *copy = schema_clone(schema);
        assert(schema_equal(schema, copy));
        schema_destroy(copy);
        schema_destroy(schema);
    }
    json_unref(json);
    db_error_destroy(error);
    return 0;
}
