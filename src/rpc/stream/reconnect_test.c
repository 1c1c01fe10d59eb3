/* Scenarios of the reconnection state machine, on a clock of their own. */

#include "rpc/stream/reconnect.h"

#include <errno.h>
#include <stdio.h>

#include "base/test.h"

static struct reconnect *
enabled(void)
{
    struct reconnect *r = reconnect_create(1000);
    reconnect_set_name(r, "tcp:test");
    reconnect_enable(r, 1000);
    return r;
}

static void
fail_at(struct reconnect *r, long long now)
{
    assert_int_equal(reconnect_run(r, now), RECONNECT_CONNECT);
    reconnect_connecting(r, now);
    reconnect_connect_failed(r, now, ECONNREFUSED);
}

static void
test_reconnect_pauses_double_up_to_the_limit(void **state)
{
    (void) state;
    struct reconnect *r = enabled();
    static const int pauses[] = { 1000, 2000, 4000, 8000, 8000 };
    long long now = 1000;
    for (size_t i = 0; i < 5; i++) {
        fail_at(r, now);
        assert_int_equal(reconnect_run(r, now), RECONNECT_NOTHING);
        assert_int_equal(reconnect_deadline(r), now + pauses[i]);
        now += pauses[i];
    }
    assert_int_equal(reconnect_stats(r, now).n_attempted, 5);
    reconnect_destroy(r);
}

static void
test_reconnect_probes_idle_peer_then_drops(void **state)
{
    (void) state;
    struct reconnect *r = enabled();
    assert_int_equal(reconnect_run(r, 1000), RECONNECT_CONNECT);
    reconnect_connecting(r, 1000);
    reconnect_connected(r, 1500);
    reconnect_activity(r, 3000);

    assert_int_equal(reconnect_run(r, 7999), RECONNECT_NOTHING);
    assert_int_equal(reconnect_run(r, 8000), RECONNECT_PROBE);
    reconnect_activity(r, 9000);
    assert_int_equal(reconnect_run(r, 14000), RECONNECT_PROBE);
    assert_int_equal(reconnect_run(r, 19000), RECONNECT_DISCONNECT);
    reconnect_disconnected(r, 19000, 0);
    assert_int_equal(reconnect_stats(r, 19000).total_connected_ms, 17500);
    assert_int_equal(reconnect_deadline(r), 20000);
    reconnect_destroy(r);
}

static void
test_reconnect_gives_up_after_max_tries(void **state)
{
    (void) state;
    struct reconnect *r = reconnect_create(0);
    reconnect_set_max_tries(r, 1);
    reconnect_enable(r, 0);
    fail_at(r, 0);
    assert_false(reconnect_is_enabled(r));
    assert_true(reconnect_deadline(r) == LLONG_MAX);
    reconnect_destroy(r);
}

static void
test_reconnect_tries_every_remote_at_once(void **state)
{
    (void) state;
    struct reconnect *r = enabled();
    reconnect_set_backoff_free_tries(r, 3);
    fail_at(r, 1000);
    fail_at(r, 1000);
    fail_at(r, 1000);
    assert_int_equal(reconnect_deadline(r), 2000);
    reconnect_destroy(r);
}

static void
test_reconnect_attempt_times_out(void **state)
{
    (void) state;
    struct reconnect *r = enabled();
    assert_int_equal(reconnect_run(r, 1000), RECONNECT_CONNECT);
    reconnect_connecting(r, 1000);
    assert_int_equal(reconnect_run(r, 1999), RECONNECT_NOTHING);
    assert_int_equal(reconnect_run(r, 2000), RECONNECT_DISCONNECT);
    reconnect_destroy(r);
}

static void
test_reconnect_forced_connects_again(void **state)
{
    (void) state;
    struct reconnect *r = enabled();
    reconnect_connected(r, 1000);
    reconnect_force(r, 1100);
    assert_int_equal(reconnect_run(r, 1100), RECONNECT_DISCONNECT);
    reconnect_disconnected(r, 1100, 0);
    assert_true(reconnect_is_enabled(r));
    assert_false(reconnect_is_connected(r));
    reconnect_destroy(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reconnect_pauses_double_up_to_the_limit),
        cmocka_unit_test(test_reconnect_probes_idle_peer_then_drops),
        cmocka_unit_test(test_reconnect_gives_up_after_max_tries),
        cmocka_unit_test(test_reconnect_tries_every_remote_at_once),
        cmocka_unit_test(test_reconnect_attempt_times_out),
        cmocka_unit_test(test_reconnect_forced_connects_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
