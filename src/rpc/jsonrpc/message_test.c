/* Tests of JSON-RPC messages. */

#include "rpc/jsonrpc/message.h"

#include "base/str.h"
#include "base/test.h"

static char *
round_trip(const char *text)
{
    struct json *json;
    struct error *error = json_parse_string(text, &json);
    assert_null(error);
    struct jsonrpc_message *message;
    error = jsonrpc_message_decode(json, &message);
    if (error) {
        assert_null(message);
        return error_steal_text(error);
    }
    struct str s = STR_INITIALIZER;
    jsonrpc_message_put(&s, message, NULL);
    jsonrpc_message_destroy(message);
    return str_steal(&s);
}

static void
test_message_round_trips(void **state)
{
    (void) state;
    static const char *texts[] = {
        "{\"id\":1,\"method\":\"echo\",\"params\":[]}",
        "{\"id\":null,\"method\":\"update\",\"params\":[null,{}]}",
        "{\"id\":\"x\",\"result\":[1],\"error\":null}",
        "{\"id\":3,\"result\":null,\"error\":null}",
        "{\"id\":3,\"error\":\"canceled\"}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        char *text = round_trip(texts[i]);
        assert_string_equal(text, texts[i]);
        free(text);
    }
}

static void
test_message_bad_names_what_is_wrong(void **state)
{
    (void) state;

    static const struct {
        const char *text, *error;
    } cases[] = {
        { "[]", "message is not a JSON object" },
        { "{\"id\":1,\"method\":\"x\"}", "request must have \"params\"" },
        { "{\"id\":1,\"method\":\"x\",\"params\":{}}",
          "\"params\" must be JSON array" },
        { "{\"id\":1,\"method\":3,\"params\":[]}",
          "method is not a JSON string" },
        { "{\"result\":1}", "reply must have \"id\"" },
        { "{\"id\":1,\"result\":1,\"x\":2}",
          "message has unexpected member \"x\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = round_trip(cases[i].text);
        assert_string_equal(text, cases[i].error);
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_round_trips),
        cmocka_unit_test(test_message_bad_names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
