/* Any JSON as records of a database file, one after the other: read as text
 * where that is possible, which must come to the same as reading values. */

#include "db/engine/record.h"

#include <stdlib.h>

#include "db/engine/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
replay_both(struct database *by_value, struct database *by_text,
            const struct json *record)
{
    char *text = json_print(record, JSON_COMPACT);
    struct db_error *error = record_replay(by_value, record);
    if (record_replay_text(by_text, text, strlen(text))) {
        assert(!error);
    } else {
        db_error_destroy(record_replay(by_text, record));
    }
    db_error_destroy(error);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json = test_array(data, size);
    struct database *by_value = test_database(), *by_text = test_database();
    for (size_t i = 0; i < json->array.n; i++) {
        replay_both(by_value, by_text, json_item(json, i));
    }
    struct str a = STR_INITIALIZER, b = STR_INITIALIZER;
    record_put_database(&a, by_value, 0, NULL);
    record_put_database(&b, by_text, 0, NULL);
    assert(!strcmp(str_text(&a), str_text(&b)));
    str_uninit(&a);
    str_uninit(&b);
    database_destroy(by_value);
    database_destroy(by_text);
    return json_unref(json), 0;
}
