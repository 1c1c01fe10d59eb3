/* The monitor: a process that starts the daemon again when it crashes. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/process/child.h"
#include "sys/process/daemon_private.h"
#include "sys/process/fatal.h"
#include "sys/process/program.h"
#include "sys/thread/thread.h"

LOG_MODULE(daemon_unix);

enum { MIN_RESTART_S = 10 };

/* Signals that mean a mistake in the program. */
static const int crash_signals[] = { SIGABRT, SIGALRM, SIGBUS,  SIGFPE, SIGILL,
                                     SIGPIPE, SIGSEGV, SIGXCPU, SIGXFSZ };

static bool
is_crash(int status)
{
    for (size_t i = 0; WIFSIGNALED(status) && i < ARRAY_SIZE(crash_signals);
         i++) {
        if (WTERMSIG(status) == crash_signals[i]) {
            return true;
        }
    }
    return false;
}

/* One core file is enough. */
static void
disable_core_dumps(void)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none)) {
        log_warn("failed to disable core dumps: %s", strerror(errno));
    }
}

/* Keeps a daemon that crashes at once from using the whole machine. */
static void
wait_before_restart(time_t *last_restartp, const char *what)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (*last_restartp && now.tv_sec < *last_restartp + MIN_RESTART_S) {
        log_warn("%s, waiting until %d seconds since last restart", what,
                 MIN_RESTART_S);
        while (now.tv_sec < *last_restartp + MIN_RESTART_S) {
            sleep(*last_restartp + MIN_RESTART_S - now.tv_sec);
            clock_gettime(CLOCK_MONOTONIC, &now);
        }
    }
    *last_restartp = now.tv_sec;
    log_err("%s, restarting", what);
}

void
monitor_run(pid_t pid, int *notify_fdp)
{
    char *what = xstrdup("healthy");
    time_t last_restart = 0;
    unsigned int n_crashes = 0;
    thread_set_name("monitor");
    for (;;) {
        /* The daemon may have the file rotated meanwhile. */
        log_suspend_file();
        program_set_title("monitoring pid %ld (%s)", (long) pid, what);
        int status = child_wait(pid);
        int error = log_reopen();
        if (error && error != ENXIO) {
            log_warn("cannot open the log file again (%s)", strerror(error));
        }

        char *text = child_status_text(status);
        free(what);
        if (!is_crash(status)) {
            log_info("pid %ld died, %s, exiting", (long) pid, text);
            free(text);
            exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SUCCESS);
        }
        n_crashes++;
        what = xasprintf("%u crashes: pid %ld died, %s", n_crashes, (long) pid,
                         text);
        free(text);
        if (WCOREDUMP(status)) {
            disable_core_dumps();
        }
        wait_before_restart(&last_restart, what);
        pid = daemon_fork_and_wait(notify_fdp, false);
        if (!pid) {
            break;
        }
    }
    free(what);
    thread_set_name(program_name());
    program_set_title(NULL);
}
