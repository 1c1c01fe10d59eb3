/* Counters of events and their rates. */

#include "sys/log/coverage.h"

#include "base/test.h"
#include "sys/clock/clock.h"
#include "sys/thread/thread.h"

COVERAGE(test_hit);
COVERAGE(test_never_hit);

static void
hit(void *unused UNUSED)
{
    for (int i = 0; i < 1000; i++) {
        coverage_inc(test_hit);
    }
}

static void
test_counts_of_all_threads_add_up(void **state UNUSED)
{
    pthread_t a = thread_create("hit%u", hit, NULL);
    pthread_t b = thread_create("hit%u", hit, NULL);
    uint64_t total;

    hit(NULL);
    thread_join(a);
    thread_join(b);

    assert_true(coverage_read("test_hit", &total));
    assert_int_equal(total, 3000);
    assert_true(coverage_read("test_never_hit", &total));
    assert_int_equal(total, 0);
    assert_false(coverage_read("test_unknown", &total));
}

static void
test_show_prints_rates(void **state UNUSED)
{
    struct str s = STR_INITIALIZER;
    clock_stop();
    coverage_run();
    coverage_add(test_hit, 600);
    clock_warp(5000);

    coverage_put(&s);

    /* All 3600 events so far fall into the first sample. */
    assert_non_null(strstr(s.text, "\ntest_hit                 720.0/sec"
                                   "    60.000/sec        1.0000/sec"
                                   "   total: 3600\n"));
    assert_non_null(strstr(s.text, "\n1 events never hit\n"));
    str_uninit(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_of_all_threads_add_up),
        cmocka_unit_test(test_show_prints_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
