/* File descriptors, timers, tasks and latches of a loop. */

#include "sys/loop/loop.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/test.h"
#include "sys/clock/clock.h"
#include "sys/thread/thread.h"

/* Counts calls and can end the loop. */
struct probe {
    struct loop *loop;
    struct loop_timer timer;
    struct loop_task task;
    struct loop_latch latch;
    struct loop_fd fd;
    struct loop_fd *other; /* Removed by the callback if not NULL. */
    int n;
};

static void
probe_call(void *probe_)
{
    struct probe *probe = probe_;
    probe->n++;
    loop_quit(probe->loop);
}

static void
probe_reschedule(void *probe_)
{
    struct probe *probe = probe_;
    probe->n++;
    loop_task_schedule(&probe->task);
}

static void
probe_fd(void *probe_, uint32_t events UNUSED)
{
    struct probe *probe = probe_;
    probe->n++;
    if (probe->other) {
        loop_fd_remove(probe->other);
    }
}

static int
setup(void **state)
{
    *state = loop_create();
    return 0;
}

static int
teardown(void **state)
{
    loop_destroy(*state);
    return 0;
}

static void
test_task_scheduled_by_task_runs_in_next_iteration(void **state)
{
    struct probe probe = { .loop = *state };
    loop_task_init(*state, &probe.task, probe_reschedule, &probe);

    loop_task_schedule(&probe.task);
    loop_task_schedule(&probe.task);
    loop_run_once(*state, -1);
    assert_int_equal(probe.n, 1);
    loop_run_once(*state, -1);
    assert_int_equal(probe.n, 2);

    loop_task_cancel(&probe.task);
    loop_run_once(*state, 0);
    assert_int_equal(probe.n, 2);
}

static void
test_descriptor_removed_by_callback_is_not_called(void **state)
{
    struct probe a = { .loop = *state }, b = { .loop = *state };
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int copy = dup(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_fd_add(*state, &a.fd, fds[0], EPOLLIN, probe_fd, &a);
    loop_fd_add(*state, &b.fd, copy, EPOLLIN, probe_fd, &b);
    a.other = &b.fd;
    b.other = &a.fd;

    loop_run_once(*state, -1);

    assert_int_equal(a.n + b.n, 1);
    loop_fd_remove(&a.fd);
    loop_fd_remove(&b.fd);
    close(fds[0]);
    close(fds[1]);
    close(copy);
}

static void
test_regular_file_is_always_ready(void **state)
{
    struct probe probe = { .loop = *state };
    int fd = fileno(tmpfile());
    loop_fd_add(*state, &probe.fd, fd, EPOLLIN, probe_fd, &probe);

    loop_run_once(*state, -1);
    assert_int_equal(probe.n, 1);

    loop_fd_modify(&probe.fd, 0);
    loop_run_once(*state, 0);
    assert_int_equal(probe.n, 1);
    loop_fd_remove(&probe.fd);
}

static void
set_latch(void *latch)
{
    loop_latch_set(latch);
}

static void
test_latch_set_by_thread_wakes_loop(void **state)
{
    struct probe probe = { .loop = *state };
    loop_latch_init(*state, &probe.latch, probe_call, &probe);

    pthread_t thread = thread_create("latch", set_latch, &probe.latch);
    loop_run(*state);

    thread_join(thread);
    assert_int_equal(probe.n, 1);
    loop_latch_uninit(&probe.latch);
}

static void
test_signal_calls_back(void **state)
{
    struct probe probe = { .loop = *state };
    loop_signal_add(*state, SIGUSR1, probe_call, &probe);

    raise(SIGUSR1);
    loop_run(*state);

    assert_int_equal(probe.n, 1);
}

static void
test_timer_waits_for_warp_while_time_is_stopped(void **state)
{
    struct probe probe = { .loop = *state };
    loop_timer_init(*state, &probe.timer, probe_call, &probe);
    clock_stop();
    long long start = clock_msec();

    loop_timer_set(&probe.timer, start + 5000);
    loop_run_once(*state, 0);
    assert_int_equal(probe.n, 0);

    clock_warp(4999);
    loop_run_once(*state, 0);
    assert_int_equal(probe.n, 0);
    clock_warp(1);
    loop_run(*state);

    assert_int_equal(probe.n, 1);
    assert_false(loop_timer_is_set(&probe.timer));
}

static void
warp_soon(void *unused UNUSED)
{
    clock_warp(100000);
}

static void
test_warp_wakes_sleeping_loop(void **state)
{
    struct probe probe = { .loop = *state };
    loop_timer_init(*state, &probe.timer, probe_call, &probe);
    loop_timer_set(&probe.timer, clock_msec() + 50000);

    pthread_t thread = thread_create("warp", warp_soon, NULL);
    loop_run(*state);

    thread_join(thread);
    assert_int_equal(probe.n, 1);
}

static void
run_other(void *loop)
{
    loop_run(loop);
}

static void
test_settle_lets_other_loops_pass(void **state)
{
    struct probe probe = { .loop = loop_create() };
    loop_timer_init(probe.loop, &probe.timer, probe_call, &probe);
    loop_timer_set(&probe.timer, clock_msec() + 1000);
    pthread_t thread = thread_create("other", run_other, probe.loop);

    clock_warp(1000);
    loop_settle_others(*state, 10000);

    thread_join(thread);
    assert_int_equal(probe.n, 1);
    loop_destroy(probe.loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_task_scheduled_by_task_runs_in_next_iteration, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_descriptor_removed_by_callback_is_not_called, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_regular_file_is_always_ready,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_latch_set_by_thread_wakes_loop,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_signal_calls_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_timer_waits_for_warp_while_time_is_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warp_wakes_sleeping_loop, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_settle_lets_other_loops_pass,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
