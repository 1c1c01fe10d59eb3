/* Server and client of runtime commands, in one loop. */

#include "rpc/appctl/appctl.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "rpc/appctl/client.h"
#include "sys/clock/clock.h"
#include "sys/log/log_config.h"
#include "sys/process/program.h"

struct fixture {
    struct loop *loop;
    struct appctl_server *server;
    struct appctl_client *client;
    struct appctl_conn *waiting; /* A request to answer later. */
    struct loop_timer timer;
    int n_fired;
};

static void
say(struct appctl_conn *conn, int argc, const char *argv[], void *aux UNUSED)
{
    assert_int_equal(argc, 2);
    assert_string_equal(argv[0], "say");
    appctl_reply(conn, argv[1]);
}

static void
wait_for_timer(struct appctl_conn *conn, int argc UNUSED,
               const char *argv[] UNUSED, void *f_)
{
    struct fixture *f = f_;
    f->waiting = conn;
    loop_timer_set(&f->timer, 0);
}

static void
timer_expired(void *f_)
{
    struct fixture *f = f_;
    f->n_fired++;
    if (f->waiting) {
        appctl_reply_error(f->waiting, "too late");
        f->waiting = NULL;
    }
}

static int
setup(void **state)
{
    static struct fixture f; /* Commands are registered once. */
    char *path = xasprintf("/tmp/appctl_test.%d", (int) getpid());
    error_destroy(log_configure("off"));
    f.loop = loop_create();
    loop_timer_init(f.loop, &f.timer, timer_expired, &f);
    f.n_fired = 0;
    assert_null(appctl_server_create(f.loop, path, &f.server));
    appctl_register("say", "WORD", 1, 1, say, NULL);
    appctl_register("wait", NULL, 0, 0, wait_for_timer, &f);
    assert_int_equal(appctl_client_connect(f.loop, path, &f.client), 0);
    free(path);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    appctl_client_close(f->client);
    appctl_server_destroy(f->server);
    loop_destroy(f->loop);
    return 0;
}

/* Runs 'command' with one argument, if 'argument' is not NULL; compares the
 * reply, or the error if 'expect_error'. */
static void
check(struct fixture *f, const char *command, const char *argument,
      const char *expected, bool expect_error)
{
    struct json *result;
    char *error;
    char *argv[] = { (char *) argument };
    assert_int_equal(appctl_client_call(f->client, command, argument != NULL,
                                        argv, &result, &error),
                     0);
    if (expect_error) {
        assert_null(result);
        assert_string_equal(error, expected);
    } else {
        assert_null(error);
        assert_string_equal(json_text(result), expected);
    }
    json_unref(result);
    free(error);
}

static void
test_reply_ends_in_newline(void **state)
{
    check(*state, "say", "hello", "hello\n", false);
    check(*state, "say", "hello\n", "hello\n", false);
    check(*state, "say", "", "", false);
}

static void
test_wrong_calls_are_errors(void **state)
{
    check(*state, "say", NULL,
          "\"say\" command requires at least 1 arguments\n", true);
    check(*state, "version", "x",
          "\"version\" command takes at most 0 arguments\n", true);
    check(*state, "foo", NULL,
          "\"foo\" is not a valid command (use \"list-commands\" to see a "
          "list of valid commands)\n",
          true);
    check(*state, "coverage/read-counter", "foo", "No such counter\n", true);
    check(*state, "vlog/reopen", NULL, "Logging to file not configured\n",
          true);
    check(*state, "vlog/set", "foo",
          "no destination, level, or module \"foo\"\n", true);
}

static void
test_reply_may_come_later(void **state)
{
    check(*state, "wait", NULL, "too late\n", true);
}

static void
test_warp_fires_timers_before_it_replies(void **state)
{
    struct fixture *f = *state;
    appctl_register_time(f->loop, true);
    check(f, "time/stop", NULL, "", false);
    long long start = clock_msec();
    loop_timer_set(&f->timer, start + 60000);

    check(f, "time/warp", "59999", "warped\n", false);
    assert_int_equal(f->n_fired, 0);
    check(f, "time/warp", "1", "warped\n", false);

    assert_int_equal(f->n_fired, 1);
    assert_int_equal(clock_msec(), start + 60000);
    check(f, "time/warp", "x", "invalid MSECS\n", true);
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reply_ends_in_newline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_wrong_calls_are_errors, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_reply_may_come_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_warp_fires_timers_before_it_replies, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
