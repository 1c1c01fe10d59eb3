/* Tests of schemas. */

#include "db/data/schema.h"

#include "base/test.h"

static struct json *
parse_json(const char *text)
{
    struct json *json;
    struct error *error = json_parse_string(text, &json);
    if (error) {
        fail_msg("%s: %s", text, error_text(error));
    }
    return json;
}

static void
test_schema_prints_as_it_was_read(void **state UNUSED)
{
    struct json *json = parse_json(
        "{\"name\":\"d\",\"version\":\"1.2.3\",\"cksum\":\"1 2\",\"tables\":"
        "{\"T\":{\"isRoot\":true,\"maxRows\":5,\"indexes\":[[\"a\"]],"
        "\"columns\":{\"a\":{\"type\":\"string\",\"mutable\":false},"
        "\"b\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"U\","
        "\"refType\":\"weak\"},\"min\":0,\"max\":\"unlimited\"}},"
        "\"c\":{\"type\":{\"key\":{\"type\":\"integer\",\"minInteger\":1,"
        "\"maxInteger\":9},\"value\":\"real\"},\"ephemeral\":true}}},"
        "\"U\":{\"columns\":{\"e\":{\"type\":{\"key\":{\"type\":\"string\","
        "\"enum\":[\"set\",[\"x\",\"y\"]]}}}}}}}");
    struct schema *schema;
    assert_null(schema_from_json(&schema, json));

    struct json *out = schema_to_json(schema);

    assert_true(json_equal(json, out));
    assert_int_equal(schema->tables[0]->columns[2]->index, 2);
    json_unref(out);
    json_unref(json);
    schema_destroy(schema);
}

static void
test_bad_schema_names_the_problem(void **state UNUSED)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        { "[]",
          "syntax error: Parsing database schema failed: Object expected." },
        { "{\"name\":\"d\"}", "Parsing database schema failed: "
                              "Required 'tables' member is missing." },
        { "{\"name\":\"d\",\"version\":\"1\",\"tables\":{}}",
          "schema version \"1\" not in format x.y.z" },
        { "{\"name\":\"d\",\"tables\":{\"T\":{\"columns\":{\"c\":{\"type\":"
          "{\"key\":{\"type\":\"uuid\",\"refTable\":\"U\"}}}}}}}",
          "syntax error: column c key refers to undefined table U" },
        { "{\"name\":\"d\",\"tables\":{\"T\":{\"columns\":{}}}}",
          "table must have at least one column" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct json *json = parse_json(rows[i].text);
        struct schema *schema;

        struct db_error *error = schema_from_json(&schema, json);

        assert_non_null(error);
        char *text = db_error_to_text(error);
        assert_non_null(strstr(text, rows[i].error));
        free(text);
        db_error_destroy(error);
        json_unref(json);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_prints_as_it_was_read),
        cmocka_unit_test(test_bad_schema_names_the_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
