/* Schemas as data of C say what the schema files say. */

#include "base/mem.h"
#include "base/test.h"
#include "db/idl/vswitch_rows.h"
#include "db/idl/vswitch_schema_text.h"
#include "db/idl/vtep_rows.h"
#include "db/idl/vtep_schema_text.h"

static void
check_schema(const struct row_database *database, const char *text)
{
    struct json *json;
    assert_null(json_parse_string(text, &json));
    struct schema *expected;
    assert_null(schema_from_json(&expected, json));
    struct schema *got = schema_from_desc(database->schema);

    struct json *a = schema_to_json(expected), *b = schema_to_json(got);
    char *expected_text = json_print(a, JSON_SORT);
    char *got_text = json_print(b, JSON_SORT);
    assert_string_equal(got_text, expected_text);
    for (size_t i = 0; i < expected->n_tables; i++) {
        const struct table_schema *t = expected->tables[i];
        assert_int_equal(got->tables[i]->mutable, t->mutable);
        for (size_t j = 0; j < t->n_columns; j++) {
            assert_true(datum_equal(&got->tables[i]->columns[j]->initial,
                                    &t->columns[j]->initial,
                                    &t->columns[j]->type));
        }
    }
    free(expected_text);
    free(got_text);
    json_unref(a);
    json_unref(b);
    json_unref(json);
    schema_destroy(expected);
    schema_destroy(got);
}

static void
test_vswitch(void **state UNUSED)
{
    check_schema(&vswitch_database, vswitch_schema_text);
}

static void
test_vtep(void **state UNUSED)
{
    check_schema(&vtep_database, vtep_schema_text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vswitch),
        cmocka_unit_test(test_vtep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
