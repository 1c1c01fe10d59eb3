/* The pid file: its content says who runs, its lock that he still does. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "sys/log/log.h"
#include "sys/process/daemon_private.h"
#include "sys/process/fatal.h"
#include "sys/process/program.h"

LOG_MODULE(daemon_unix);

static int own_fd = -1; /* Holds the lock. */

static int
set_lock(int fd, int command, struct flock *l)
{
    *l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int result;
    do {
        result = fcntl(fd, command, l);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

static pid_t
read_content(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    int64_t pid = 0;
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return scan_i64(text, 10, &pid) && pid > 0 && pid <= INT32_MAX ? pid : 0;
}

/* As daemon_read_pidfile(); a missing file is worth a warning only if
 * 'must_exist'. */
static pid_t
read_pidfile(const char *name, bool must_exist)
{
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) {
        fd = open(name, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        int error = errno;
        if (error != ENOENT || must_exist) {
            log_warn("%s: open: %s", name, strerror(error));
        }
        return -error;
    }

    struct flock l;
    struct stat own, st;
    pid_t result;
    int error = set_lock(fd, F_GETLK, &l);
    if (error) {
        log_warn("%s: fcntl: %s", name, strerror(error));
        result = -error;
    } else if (own_fd >= 0 && !fstat(own_fd, &own) && !fstat(fd, &st)
               && own.st_dev == st.st_dev && own.st_ino == st.st_ino) {
        /* Our own lock shows to others only, and closing 'fd' drops it. */
        result = getpid();
        set_lock(own_fd, F_SETLK, &l);
    } else if (l.l_type == F_UNLCK) {
        result = -ESRCH;
    } else {
        /* A process of another name space has no id here but in the file. */
        result = l.l_pid > 0 ? l.l_pid : read_content(fd);
        if (!result) {
            result = -ESRCH;
        }
    }
    close(fd);
    if (result == getpid() && own_fd >= 0) {
        set_lock(own_fd, F_SETLK, &l);
    }
    return result;
}

pid_t
daemon_read_pidfile(const char *name)
{
    return read_pidfile(name, true);
}

void
pidfile_check(void)
{
    const char *name = daemon_config.pidfile;
    pid_t pid = read_pidfile(name, false);
    if (daemon_config.overwrite_pidfile || pid == -ENOENT || pid == -ESRCH) {
        return;
    } else if (pid > 0) {
        program_fatal(0, "%s: already running as pid %ld, aborting", name,
                      (long) pid);
    } else {
        program_fatal(0, "%s: pidfile check failed (%s), aborting", name,
                      strerror(-pid));
    }
}

void
pidfile_create(void)
{
    const char *name = daemon_config.pidfile;
    char *tmp = xasprintf("%s.tmp", name);
    fatal_add_file(tmp);
    int fd = open(tmp, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        program_fatal(errno, "%s: create failed", tmp);
    }
    struct flock l;
    int error = set_lock(fd, F_SETLK, &l);
    if (error) {
        program_fatal(error, "%s: fcntl(F_SETLK) failed", tmp);
    }
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", (long) getpid());
    if (ftruncate(fd, 0) || write(fd, text, len) != len) {
        program_fatal(errno, "%s: write failed", tmp);
    }
    fatal_add_file(name);
    if (rename(tmp, name)) {
        program_fatal(errno, "failed to rename \"%s\" to \"%s\"", tmp, name);
    }
    fatal_remove_file(tmp);
    free(tmp);
    own_fd = fd;
}

void
pidfile_forget(void)
{
    if (own_fd >= 0) {
        close(own_fd);
        own_fd = -1;
    }
}
