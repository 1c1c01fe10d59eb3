/* The way from a command line to a daemon.
 *
 * With --detach --monitor there are three processes: the original one, which
 * waits for the daemon to serve; the monitor; and the daemon, which the
 * monitor starts again after crashes.  A byte in a pipe says "I serve". */

#include "sys/process/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/process/child.h"
#include "sys/process/daemon_private.h"
#include "sys/process/dirs.h"
#include "sys/process/fatal.h"
#include "sys/process/lockfile.h"
#include "sys/process/program.h"

LOG_MODULE(daemon_unix);

struct daemon_config daemon_config;

static int notify_fd = -1; /* To the process that waits, or -1. */

/* Ends as the child ended, which has told why. */
static void __attribute__((noreturn)) end_like_child(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status)) {
        _exit(WEXITSTATUS(status));
    }
    char *text = child_status_text(status);
    program_error(0, "fork child died before signaling startup (%s)", text);
    _exit(EXIT_FAILURE);
}

pid_t
daemon_fork_and_wait(int *notify_fdp, bool exit_on_failure)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC)) {
        program_fatal(errno, "pipe failed");
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        program_fatal(errno, "fork failed");
    } else if (!pid) {
        close(fds[0]);
        lockfile_after_fork();
        *notify_fdp = fds[1];
        return 0;
    }
    close(fds[1]);
    char c;
    ssize_t n;
    do {
        n = read(fds[0], &c, 1);
    } while (n < 0 && errno == EINTR);
    close(fds[0]);
    *notify_fdp = -1;
    if (n != 1 && exit_on_failure) {
        end_like_child(child_wait(pid));
    }
    return pid;
}

static void
notify(int *fdp)
{
    if (*fdp >= 0) {
        ssize_t n UNUSED = write(*fdp, "", 1);
        close(*fdp);
        *fdp = -1;
    }
}

/* Standard descriptors stay open, on /dev/null, so that nothing else gets
 * their numbers. */
static void
close_standard_fds(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd >= 0) {
        for (int i = 0; i < 3; i++) {
            dup2(fd, i);
        }
        if (fd > 2) {
            close(fd);
        }
    }
    log_detach_console();
}

static void
leave_terminal(void)
{
    if (daemon_config.detach) {
        if (!daemon_config.no_chdir && chdir("/")) {
            log_warn("cannot change to directory / (%s)", strerror(errno));
        }
        close_standard_fds();
    }
}

/* Becomes the monitor, or returns in the daemon. */
static void
start_monitor(void)
{
    int upper_fd = notify_fd;
    notify_fd = -1;
    pid_t pid = daemon_fork_and_wait(&notify_fd, true);
    if (pid) {
        notify(&upper_fd);
        leave_terminal();
        monitor_run(pid, &notify_fd);
    } else if (upper_fd >= 0) {
        close(upper_fd);
    }
}

/* Ports and connections have descriptors each: as many as are allowed. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void
daemon_start(bool keep_net_caps)
{
    raise_descriptor_limit();
    if (daemon_config.pidfile) {
        pidfile_check();
    }
    if (daemon_config.switch_user) {
        user_switch(keep_net_caps);
    }
    if (daemon_config.detach) {
        if (daemon_fork_and_wait(&notify_fd, true)) {
            _exit(EXIT_SUCCESS);
        }
        setsid();
    }
    if (daemon_config.monitor) {
        start_monitor();
    }
    fatal_start();
    if (daemon_config.pidfile) {
        pidfile_create();
    }
}

void
daemon_complete(void)
{
    fflush(stdout);
    notify(&notify_fd);
    leave_terminal();
}

bool
daemon_is_detached(void)
{
    return daemon_config.detach;
}

void
daemon_set_detach(void)
{
    daemon_config.detach = true;
}

void
daemon_set_pidfile(const char *name)
{
    char *file = name && *name ? NULL : xasprintf("%s.pid", program_name());
    free(daemon_config.pidfile);
    daemon_config.pidfile = dirs_absolute(dirs_rundir(), file ? file : name);
    free(file);
}

const char *
daemon_pidfile(void)
{
    return daemon_config.pidfile;
}

bool
daemon_user(uid_t *uidp, gid_t *gidp)
{
    *uidp = daemon_config.uid;
    *gidp = daemon_config.gid;
    return daemon_config.switch_user;
}

bool
daemon_is_confined(void)
{
    return !daemon_config.no_self_confinement;
}

bool
daemon_may_use_path(const char *name)
{
    if (!daemon_is_confined() || name[0] != '/') {
        return !strstr(name, "../") || !daemon_is_confined();
    }
    size_t len = strlen(dirs_rundir());
    return !strncmp(name, dirs_rundir(), len) && name[len] == '/'
           && !strstr(name + len, "/../");
}
