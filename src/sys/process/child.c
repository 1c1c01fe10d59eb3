/* Helper programs. */

#include "sys/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/process/fatal.h"

/* In the child: only async-signal-safe calls. */
static void __attribute__((noreturn))
run_child(const char *const *argv, const struct child_fds *fds, int status_fd)
{
    fatal_reset_for_exec();
    if (fds) {
        /* Copies beyond the standard ones first: 'fds' may name those. */
        int wanted[3] = { fds->in, fds->out, fds->err };
        for (int i = 0; i < 3; i++) {
            int fd = wanted[i] >= 0 ? wanted[i] : open("/dev/null", O_RDWR);
            wanted[i] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        }
        for (int i = 0; i < 3; i++) {
            dup2(wanted[i], i);
        }
    }
    int high = fcntl(status_fd, F_DUPFD_CLOEXEC, 3);
    if (high >= 0) {
        dup2(high, 3);
        fcntl(3, F_SETFD, FD_CLOEXEC);
        close_range(4, ~0U, 0);
        status_fd = 3;
    }
    execvp(argv[0], (char *const *) argv);
    int error = errno;
    ssize_t n UNUSED = write(status_fd, &error, sizeof error);
    _exit(127);
}

struct error *
child_start(const char *const *argv, const struct child_fds *fds, pid_t *pidp)
{
    int status[2];
    *pidp = 0;
    if (pipe2(status, O_CLOEXEC)) {
        return error_create_errno(errno, "cannot run %s", argv[0]);
    }
    pid_t pid = fork();
    if (!pid) {
        run_child(argv, fds, status[1]);
    }
    int error = pid < 0 ? errno : 0;
    close(status[1]);
    if (!error) {
        ssize_t n;
        do {
            n = read(status[0], &error, sizeof error);
        } while (n < 0 && errno == EINTR);
        if (n != sizeof error) {
            error = 0;
        } else {
            child_wait(pid);
        }
    }
    close(status[0]);
    if (error) {
        return error_create_errno(error, "cannot run %s", argv[0]);
    }
    *pidp = pid;
    return NULL;
}

int
child_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    return status;
}

char *
child_status_text(int status)
{
    const char *core = WCOREDUMP(status) ? ", core dumped" : "";
    if (WIFEXITED(status)) {
        return xasprintf("exit status %d%s", WEXITSTATUS(status), core);
    } else if (WIFSIGNALED(status)) {
        return xasprintf("killed (%s)%s", strsignal(WTERMSIG(status)), core);
    } else if (WIFSTOPPED(status)) {
        return xasprintf("stopped (%s)%s", strsignal(WSTOPSIG(status)), core);
    }
    return xasprintf("terminated abnormally (%x)%s", (unsigned) status, core);
}

/* Feeds 'input' to 'in_fd' and collects 'out_fd' until its end. */
static void
exchange(int in_fd, int out_fd, const char *input, size_t max_output,
         struct str *output)
{
    size_t left = input ? strlen(input) : 0;
    if (!left) {
        close(in_fd);
        in_fd = -1;
    }
    for (;;) {
        struct pollfd fds[2] = { { out_fd, POLLIN, 0 },
                                 { in_fd, POLLOUT, 0 } };
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            break;
        }
        if (in_fd >= 0 && fds[1].revents) {
            ssize_t n = write(in_fd, input, left);
            if (n > 0) {
                input += n;
                left -= n;
            }
            if (!left || (n < 0 && errno != EAGAIN && errno != EINTR)) {
                close(in_fd);
                in_fd = -1;
            }
        }
        if (fds[0].revents) {
            char buffer[4096];
            ssize_t n = read(out_fd, buffer, sizeof buffer);
            if (!n || (n < 0 && errno != EINTR)) {
                break;
            }
            if (n > 0 && output->len < max_output) {
                str_put_n(output, buffer,
                          MIN((size_t) n, max_output - output->len));
            }
        }
    }
    if (in_fd >= 0) {
        close(in_fd);
    }
    close(out_fd);
}

struct error *
child_capture(const char *const *argv, const char *input, size_t max_output,
              struct str *output, int *statusp)
{
    int in[2], out[2];
    pid_t pid;
    *statusp = 0;
    if (pipe2(in, O_CLOEXEC)) {
        return error_create_errno(errno, "cannot run %s", argv[0]);
    }
    if (pipe2(out, O_CLOEXEC)) {
        close(in[0]);
        close(in[1]);
        return error_create_errno(errno, "cannot run %s", argv[0]);
    }
    struct child_fds fds = { in[0], out[1], STDERR_FILENO };
    struct error *error = child_start(argv, &fds, &pid);
    close(in[0]);
    close(out[1]);
    if (error) {
        close(in[1]);
        close(out[0]);
        return error;
    }
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    exchange(in[1], out[0], input, max_output, output);
    *statusp = child_wait(pid);
    return NULL;
}

/* Closes all descriptors but the standard ones and two. */
static void
close_all_but(int a, int b)
{
    int low = MIN(a, b), high = MAX(a, b);
    if (low > STDERR_FILENO + 1) {
        close_range(STDERR_FILENO + 1, low - 1, 0);
    }
    if (high > low + 1) {
        close_range(low + 1, high - 1, 0);
    }
    close_range(high + 1, ~0U, 0);
}

/* In the copy: what 'function' says goes into the pipe, nothing if all is
 * well, then a null byte: without it the copy died. */
static void __attribute__((noreturn))
run_copy(struct error *(*function)(void *arg), void *arg, int keep_fd,
         int result_fd, pid_t parent)
{
    fatal_reset_for_exec();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE);
    }
    close_all_but(keep_fd, result_fd);
    struct error *error = function(arg);
    const char *text = error ? error_text(error) : "";
    ssize_t n UNUSED = write(result_fd, text, strlen(text) + 1);
    _exit(EXIT_SUCCESS);
}

struct error *
child_copy_start(struct error *(*function)(void *arg), void *arg, int keep_fd,
                 pid_t *pidp, int *fdp)
{
    int fds[2];
    pid_t parent = getpid();
    if (pipe2(fds, O_CLOEXEC)) {
        return error_create_errno(errno, "cannot make a pipe");
    }
    pid_t pid = fork();
    if (!pid) {
        run_copy(function, arg, keep_fd, fds[1], parent);
    }
    int errnum = errno;
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return error_create_errno(errnum, "cannot fork");
    }
    *pidp = pid;
    *fdp = fds[0];
    return NULL;
}

struct error *
child_copy_finish(pid_t pid, int fd)
{
    /* A pipe holds this much: the copy never waits for us. */
    char text[4096];
    ssize_t n;
    do {
        n = read(fd, text, sizeof text);
    } while (n < 0 && errno == EINTR);
    close(fd);
    int status = child_wait(pid);
    if (n > 0 && !text[n - 1]) {
        return *text ? error_create("%s", text) : NULL;
    }
    CLEANUP(free_ptr) char *how = child_status_text(status);
    return error_create("child process %s", how);
}

void
child_copy_cancel(pid_t pid, int fd)
{
    kill(pid, SIGKILL);
    close(fd);
    child_wait(pid);
}
