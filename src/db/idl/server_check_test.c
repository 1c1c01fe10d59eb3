/* Tests of judging servers. */

#include "db/idl/server_check.h"

#include "base/mem.h"
#include "base/test.h"

/* 'row': JSON with ' for ". */
static const char *
complaint(struct server_check *check, const char *row)
{
    char *text = xstrdup(row);
    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    struct json *json;
    assert_null(json_parse_string(text, &json));
    const char *result = server_check_complaint(check, json);
    json_unref(json);
    free(text);
    return result;
}

static void
test_single_servers_will_do(void **state UNUSED)
{
    struct server_check check = { .leader_only = true };
    assert_null(complaint(&check, "{}"));
    assert_null(complaint(&check, "{'model':'standalone','leader':false,"
                                  "'connected':false}"));
}

static void
test_leader_and_connection(void **state UNUSED)
{
    static const char *const follower =
        "{'model':'clustered','connected':true,'leader':false}";
    static const char *const cut_off =
        "{'model':'clustered','connected':false,'leader':true}";
    struct server_check any = { .leader_only = false };
    struct server_check leader = { .leader_only = true };
    assert_null(complaint(&any, follower));
    assert_string_equal(complaint(&leader, follower),
                        "clustered database server is not cluster leader");
    assert_string_equal(complaint(&any, cut_off),
                        "clustered database server is disconnected from "
                        "cluster");
    assert_null(complaint(&leader, "{'model':'clustered','connected':true,"
                                   "'leader':true,'index':['set',[]]}"));
}

static void
test_relays_are_no_leaders(void **state UNUSED)
{
    static const char *const relay = "{'model':'relay','connected':true}";
    struct server_check any = { .leader_only = false };
    struct server_check leader = { .leader_only = true };
    assert_null(complaint(&any, relay));
    assert_string_equal(complaint(&leader, relay),
                        "relay database server cannot be a leader");
    assert_string_equal(complaint(&any, "{'model':'relay','connected':false}"),
                        "relay database server is disconnected from its "
                        "source");
}

static void
test_older_states_are_stale(void **state UNUSED)
{
    struct server_check check = { .leader_only = true };
    assert_null(complaint(&check, "{'model':'clustered','index':7}"));
    assert_null(complaint(&check, "{'model':'clustered','index':9}"));
    assert_string_equal(complaint(&check, "{'model':'clustered','index':8}"),
                        "clustered database server has stale data");
    assert_null(complaint(&check, "{'model':'clustered','index':9}"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_servers_will_do),
        cmocka_unit_test(test_leader_and_connection),
        cmocka_unit_test(test_relays_are_no_leaders),
        cmocka_unit_test(test_older_states_are_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
