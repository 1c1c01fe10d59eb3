/* Tests of the replica: updates of all forms, as rows show them. */

#include "base/test.h"
#include "db/idl/test_idl.h"

#define BR   "\"11111111-1111-4111-8111-111111111111\""
#define NAME "\"name\":\"br0\""

struct fixture {
    struct loop *loop;
    struct idl *idl;
};

static int
set_up(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    f->loop = loop_create();
    f->idl = test_idl_create(f->loop);
    idl_monitor_all(f->idl);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    idl_destroy(f->idl);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

/* Applies 'text'; true if it is right. */
static bool
apply(struct fixture *f, const char *text, enum idl_monitor_method method,
      bool initial)
{
    struct db_error *error = test_idl_apply(f->idl, text, method, initial);
    bool ok = !error;
    db_error_destroy(error);
    return ok;
}

static size_t
count(const struct fixture *f)
{
    return idl_count(f->idl, VSWITCH_TABLE_BRIDGE);
}

static void
test_plain(void **state)
{
    struct fixture *f = *state;
    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"new\":{" NAME "}}}}",
                      IDL_MONITOR_PLAIN, true));
    assert_int_equal(count(f), 1);
    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"old\":{" NAME "}}}}",
                      IDL_MONITOR_PLAIN, false));
    assert_int_equal(count(f), 0);
}

static void
test_differences(void **state)
{
    struct fixture *f = *state;
    assert_true(apply(f,
                      "{\"Bridge\":{" BR ":{\"initial\":{" NAME
                      ",\"external_ids\":[\"map\",[[\"a\",\"1\"]]]}}}}",
                      IDL_MONITOR_COND, true));
    const struct idl_row *row = idl_first(f->idl, VSWITCH_TABLE_BRIDGE);
    const struct column *ids =
        table_schema_find_column(row->table->schema, "external_ids");
    assert_int_equal(idl_read(row, ids)->n, 1);
    assert_true(apply(f,
                      "{\"Bridge\":{" BR ":{\"modify\":{\"external_ids\":"
                      "[\"map\",[[\"a\",\"1\"],[\"b\",\"2\"],"
                      "[\"c\",\"3\"]]]}}}}",
                      IDL_MONITOR_COND, false));
    assert_int_equal(idl_read(row, ids)->n, 2);
    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"delete\":null}}}",
                      IDL_MONITOR_COND, false));
    assert_int_equal(count(f), 0);
}

static void
test_missing_in_new_content(void **state)
{
    struct fixture *f = *state;
    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"insert\":{" NAME "}}}}",
                      IDL_MONITOR_COND_SINCE, false));
    assert_int_equal(count(f), 1);
    assert_true(apply(f, "{}", IDL_MONITOR_COND_SINCE, true));
    assert_int_equal(count(f), 0);
}

static void
test_errors(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{\"Bridge\":[]}",
        "{\"Bridge\":{\"x\":{}}}",
        "{\"Bridge\":{" BR ":[]}}",
        "{\"Bridge\":{" BR ":{\"insert\":{\"name\":3}}}}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(apply(*state, bad[i], IDL_MONITOR_COND, false));
    }
}

/* An update of a column that the client itself writes changes the row, but is
 * no news. */
static void
test_omitted_alert(void **state)
{
    struct fixture *f = *state;
    idl_omit_alert(f->idl, VSWITCH_TABLE_BRIDGE, VSWITCH_BRIDGE_STATUS);
    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"insert\":{" NAME "}}}}",
                      IDL_MONITOR_COND, false));
    assert_true(f->idl->alert);
    idl_touch_if_alert(f->idl);
    loop_run_once(f->loop, 0);
    uint64_t seqno = idl_seqno(f->idl);

    const char *status = "{\"Bridge\":{" BR ":{\"modify\":{\"status\":"
                         "[\"map\",[[\"a\",\"1\"]]]}}}}";
    assert_true(apply(f, status, IDL_MONITOR_COND, false));
    idl_touch_if_alert(f->idl);
    assert_int_equal(idl_seqno(f->idl), seqno);
    const struct idl_row *row = idl_first(f->idl, VSWITCH_TABLE_BRIDGE);
    assert_int_equal(vswitch_bridge_from_row(row)->status.n, 1);

    assert_true(apply(f, "{\"Bridge\":{" BR ":{\"delete\":null}}}",
                      IDL_MONITOR_COND, false));
    idl_touch_if_alert(f->idl);
    assert_int_equal(idl_seqno(f->idl), seqno + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_differences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_in_new_content, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_omitted_alert, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
