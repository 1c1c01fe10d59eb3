/* Daemons, pidfiles and child processes. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "sys/log/log_config.h"
#include "sys/process/child.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/fatal.h"
#include "sys/process/lockfile.h"
#include "sys/process/memory_report.h"
#include "sys/process/program.h"

static char directory[] = "/tmp/process_test.XXXXXX";

static int
enter_directory(void **state UNUSED)
{
    error_destroy(log_configure("off"));
    return !mkdtemp(directory) || chdir(directory);
}

static int
leave_directory(void **state UNUSED)
{
    const char *argv[] = { "rm", "-rf", directory, NULL };
    pid_t pid;
    error_destroy(child_start(argv, NULL, &pid));
    return child_wait(pid);
}

static void
test_capture_returns_output_and_status(void **state UNUSED)
{
    const char *argv[] = { "sh", "-c", "cat; echo bye; exit 3", NULL };
    struct str output = STR_INITIALIZER;
    int status;

    assert_null(child_capture(argv, "hello\n", 100, &output, &status));

    assert_string_equal(str_text(&output), "hello\nbye\n");
    char *text = child_status_text(status);
    assert_string_equal(text, "exit status 3");
    free(text);
    str_uninit(&output);
}

static void
test_missing_program_is_an_error(void **state UNUSED)
{
    const char *argv[] = { "./no-such-program", NULL };
    pid_t pid;

    struct error *error = child_start(argv, NULL, &pid);

    assert_string_equal(error_text(error), "cannot run ./no-such-program: "
                                           "No such file or directory");
    error_destroy(error);
}

static void
test_lock_excludes_itself_and_others(void **state UNUSED)
{
    struct lockfile *a, *b;
    pid_t holder;

    assert_int_equal(lockfile_lock("db", &a, &holder), 0);
    assert_int_equal(access(".db.~lock~", F_OK), 0);
    assert_int_equal(lockfile_lock("./db", &b, &holder), EDEADLK);
    pid_t pid = fork();
    if (!pid) {
        lockfile_after_fork();
        _exit(lockfile_lock("db", &b, &holder) != EAGAIN
              || holder != getppid());
    }
    assert_int_equal(child_wait(pid), 0);

    lockfile_unlock(a);
    assert_int_equal(lockfile_lock("db", &a, &holder), 0);
    lockfile_unlock(a);
}

/* Runs 'function' in a process of its own; returns its wait status. */
static int
run_in_child(void (*function)(void))
{
    pid_t pid = fork();
    if (!pid) {
        fatal_after_fork();
        function();
        exit(0);
    }
    return child_wait(pid);
}

static void
make_files_and_die(void)
{
    close(open("doomed", O_CREAT | O_WRONLY, 0600));
    close(open("kept", O_CREAT | O_WRONLY, 0600));
    fatal_add_file("doomed");
    fatal_add_file("kept");
    fatal_remove_file("kept");
    kill(getpid(), SIGTERM);
    for (;;) {
        pause();
    }
}

static void
test_signal_unlinks_files_and_kills(void **state UNUSED)
{
    int status = run_in_child(make_files_and_die);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(access("doomed", F_OK), -1);
    assert_int_equal(access("kept", F_OK), 0);
}

static void
make_file_and_exit(void)
{
    close(open("doomed", O_CREAT | O_WRONLY, 0600));
    fatal_add_file("doomed");
}

static void
test_exit_unlinks_files(void **state UNUSED)
{
    assert_int_equal(run_in_child(make_file_and_exit), 0);

    assert_int_equal(access("doomed", F_OK), -1);
}

static int daemon_pipe[2];

static void
serve(void)
{
    daemon_set_detach();
    char *name = dirs_absolute(directory, "daemon.pid");
    daemon_set_pidfile(name);
    daemon_start(false);
    long pid = getpid();
    assert_int_equal(write(daemon_pipe[1], &pid, sizeof pid), sizeof pid);
    daemon_complete();
    for (;;) {
        pause();
    }
}

static void
test_detached_daemon_holds_pidfile(void **state UNUSED)
{
    char *name = dirs_absolute(directory, "daemon.pid");
    long pid;
    assert_int_equal(pipe2(daemon_pipe, O_CLOEXEC), 0);
    assert_int_equal(daemon_read_pidfile(name), -ENOENT);

    assert_int_equal(run_in_child(serve), 0);
    assert_int_equal(read(daemon_pipe[0], &pid, sizeof pid), sizeof pid);
    assert_int_equal(daemon_read_pidfile(name), pid);
    kill(pid, SIGTERM);

    /* The pipe ends when the daemon does; its file is gone by then. */
    close(daemon_pipe[1]);
    assert_int_equal(read(daemon_pipe[0], &pid, 1), 0);
    assert_int_equal(daemon_read_pidfile(name), -ENOENT);
    close(daemon_pipe[0]);
    free(name);
}

static void
report_items(struct memory_report *report, void *count)
{
    memory_report_add(report, "zebras", 1);
    memory_report_add(report, "apes", *(int *) count);
}

static void
test_memory_report_adds_up_in_order(void **state UNUSED)
{
    struct str s = STR_INITIALIZER;
    int two = 2, five = 5;
    memory_report_register(report_items, &two);
    memory_report_register(report_items, &five);

    memory_report_put(&s);

    assert_string_equal(str_text(&s), "apes:7 zebras:2\n");
    memory_report_unregister(report_items, &two);
    memory_report_unregister(report_items, &five);
    str_uninit(&s);
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_returns_output_and_status),
        cmocka_unit_test(test_missing_program_is_an_error),
        cmocka_unit_test(test_lock_excludes_itself_and_others),
        cmocka_unit_test(test_signal_unlinks_files_and_kills),
        cmocka_unit_test(test_exit_unlinks_files),
        cmocka_unit_test(test_detached_daemon_holds_pidfile),
        cmocka_unit_test(test_memory_report_adds_up_in_order),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
