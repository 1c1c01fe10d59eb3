/* Values, streaming parser and printer. */

#include "rpc/json/json.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/test.h"
#include "rpc/json/parser.h"

/* Compact text of 'text', fed in runs of 'run' bytes, or the error. */
static char *
reprint(const char *text, size_t run)
{
    struct json_parser *p = json_parser_create(false);
    for (size_t i = 0; i < strlen(text); i += run) {
        size_t n = MIN(run, strlen(text) - i);
        if (json_parser_feed(p, text + i, n) != n) {
            break;
        }
    }
    struct json *json;
    struct error *error = json_parser_finish(p, &json);
    char *result =
        error ? error_steal_text(error) : json_print(json, JSON_COMPACT);
    json_unref(json);
    json_parser_destroy(p);
    return result;
}

static void
test_parse_any_split_gives_expected_text(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { " [ ] ", "[]" },
        { "{\"b\":1,\"a\":[true,false,null]}",
          "{\"b\":1,\"a\":[true,false,null]}" },
        { "{\"a\":1,\"a\":2}", "{\"a\":2}" },
        { "[1e3,1.5,-0,1e-400,1e19,9223372036854775807]",
          "[1000,1.5,0,0,1e+19,9223372036854775807]" },
        { "[-9223372036854775808,9223372036854775808]",
          "[-9223372036854775808,9.22337203685478e+18]" },
        { "[\"\\/\\b\\u0001\\u00e9\\ud83d\\ude00\\\"\\\\x\"]",
          "[\"/\\b\\u0001\xc3\xa9\xf0\x9f\x98\x80\\\"\\\\x\"]" },
        { "[\"a long string without any escape at all\"]",
          "[\"a long string without any escape at all\"]" },
        { "", "line 0, column 0, byte 0: empty input stream" },
        { "[bad", "line 0, column 4, byte 4: invalid keyword 'bad'" },
        { "[1", "line 0, column 3, byte 3: unexpected end of input" },
        { "[1,", "line 0, column 3, byte 3: unexpected end of input" },
        { "[1 2]",
          "line 0, column 4, byte 4: syntax error expecting ']' or ','" },
        { "{1:2}", "line 0, column 2, byte 2: syntax error parsing object "
                   "expecting string" },
        { "[\"a", "line 0, column 3, byte 3: unexpected end of input in "
                  "quoted string" },
        { "[\"\\u00\"]", "line 0, column 6, byte 6: quoted string ends "
                         "within \\u escape" },
        { "[\"\\u0000\"]", "line 0, column 8, byte 8: null bytes not "
                           "supported in quoted strings" },
        { "[01]", "line 0, column 3, byte 3: leading zeros not allowed" },
        { "\n[\n @", "line 2, column 1, byte 4: invalid character '@'" },
        { "[1][", "line 0, column 3, byte 3: trailing garbage at end of "
                  "input" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t run = 1; run <= strlen(cases[i].in) + 1; run++) {
            char *out = reprint(cases[i].in, run);
            assert_string_equal(out, cases[i].out);
            free(out);
        }
    }
}

static void
test_parser_with_trailer_splits_messages(void **state UNUSED)
{
    const char *data = "{\"id\":1}[2]  {}";
    static const char *const expected[] = { "{\"id\":1}", "[2]", "{}" };
    struct json_parser *p = json_parser_create(true);
    size_t n = 0;

    for (size_t i = 0; data[i];) {
        i += json_parser_feed(p, data + i, strlen(data + i));
        assert_true(json_parser_is_done(p));
        struct json *json;
        assert_null(json_parser_finish(p, &json));
        char *text = json_print(json, JSON_COMPACT);
        assert_string_equal(text, expected[n++]);
        free(text);
        json_unref(json);
    }

    assert_int_equal(n, 3);
    json_parser_destroy(p);
}

static void
test_parse_nesting_is_bounded(void **state UNUSED)
{
    char *deep = xmemdup0("", 0);
    for (int depth = JSON_MAX_DEPTH; depth <= JSON_MAX_DEPTH + 1; depth++) {
        deep = xrealloc(deep, 2 * depth + 1);
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        deep[2 * depth] = '\0';
        struct json *json;
        struct error *error = json_parse_string(deep, &json);
        assert_int_equal(!error, depth == JSON_MAX_DEPTH);
        error_destroy(error);
        json_unref(json);
    }
    free(deep);
}

static void
test_parse_too_large_fails(void **state UNUSED)
{
    struct json_parser *p = json_parser_create(true);
    json_parser_set_max_size(p, 10);
    json_parser_feed(p, "[\"aaaaaaaaaaaaaaaaaa", 20);
    struct json *json;
    struct error *error = json_parser_finish(p, &json);
    assert_non_null(error);
    error_destroy(error);
    json_parser_destroy(p);
}

static void
test_object_with_many_members_finds_each(void **state UNUSED)
{
    struct json *object = json_object_create();
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "m%d", i);
        json_object_put(object, name, json_integer_create(i));
    }
    json_unref(json_object_remove(object, "m500"));

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "m%d", i);
        struct json *value = json_object_find(object, name);
        assert_int_equal(value ? value->integer : -1, i == 500 ? -1 : i);
    }

    struct json *copy = json_clone_deep(object);
    assert_true(json_equal(copy, object));
    assert_int_equal(json_hash(copy, 0), json_hash(object, 0));
    json_unref(copy);
    json_unref(object);
}

static void
test_print_pretty_sorted(void **state UNUSED)
{
    struct json *json;
    assert_null(
        json_parse_string("{\"b\":[1,{}],\"a\":[],\"c\":{\"d\":2}}", &json));
    char *text = json_print(json, JSON_PRETTY | JSON_SORT);
    assert_string_equal(text, "{\n"
                              "  \"a\": [],\n"
                              "  \"b\": [\n"
                              "    1,\n"
                              "    {\n      }],\n"
                              "  \"c\": {\n"
                              "    \"d\": 2}}");
    free(text);
    json_unref(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_any_split_gives_expected_text),
        cmocka_unit_test(test_parser_with_trailer_splits_messages),
        cmocka_unit_test(test_parse_nesting_is_bounded),
        cmocka_unit_test(test_parse_too_large_fails),
        cmocka_unit_test(test_object_with_many_members_finds_each),
        cmocka_unit_test(test_print_pretty_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
