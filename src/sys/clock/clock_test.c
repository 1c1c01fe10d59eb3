/* Real and simulated time. */

#include "sys/clock/clock.h"

#include "base/compiler.h"
#include "base/test.h"

static int n_calls;

static void
observe(void)
{
    n_calls++;
}

static void
test_clock_runs_forward(void **state UNUSED)
{
    long long start = clock_usec();

    assert_true(clock_usec() >= start);
    assert_true(clock_boot_msec() <= clock_msec());
}

static void
test_warp_moves_a_running_clock(void **state UNUSED)
{
    long long start = clock_msec();

    clock_warp(1000000);

    assert_true(clock_msec() >= start + 1000000);
}

static void
test_stopped_clock_moves_only_by_warp(void **state UNUSED)
{
    clock_add_observer(observe);
    clock_stop();
    long long start = clock_msec();
    long long wall = clock_wall_msec();
    assert_true(clock_is_stopped());
    assert_int_equal(n_calls, 1);

    clock_warp(5000);

    assert_int_equal(clock_msec(), start + 5000);
    assert_int_equal(clock_wall_msec(), wall + 5000);
    assert_int_equal(n_calls, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_runs_forward),
        cmocka_unit_test(test_warp_moves_a_running_clock),
        cmocka_unit_test(test_stopped_clock_moves_only_by_warp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
