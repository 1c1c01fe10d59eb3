/* The log file. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/log/log_private.h"

LOG_MODULE(vlog);

static char *file_name;  /* Configured, or NULL; under log_mutex. */
static int file_fd = -1; /* -1: closed; changes under log_mutex. */

bool
log_file_is_open(void)
{
    return __atomic_load_n(&file_fd, __ATOMIC_RELAXED) >= 0;
}

/* Records go straight to the kernel: none is lost if the program aborts. */
void
log_file_write(const struct str *line)
{
    const char *p = line->text;
    size_t left = line->len;
    while (left) {
        ssize_t n = write(file_fd, p, left);
        if (n > 0) {
            p += n;
            left -= n;
        } else if (errno != EINTR) {
            break;
        }
    }
}

static bool
same_file(int fd, const char *name)
{
    struct stat a, b;
    return !fstat(fd, &a) && !stat(name, &b) && a.st_dev == b.st_dev
           && a.st_ino == b.st_ino;
}

int
log_set_file(const char *name)
{
    if (log_file_is_open()) {
        log_info("closing log file");
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0660);
    if (fd < 0) {
        int error = errno;
        log_warn("failed to open %s for logging: %s", name, strerror(error));
        return error;
    }

    mutex_lock(&log_mutex);
    int old_fd = file_fd;
    char *old_name = file_name;
    file_name = xstrdup(name);
    __atomic_store_n(&file_fd, fd, __ATOMIC_RELAXED);
    mutex_unlock(&log_mutex);
    if (old_fd >= 0) {
        close(old_fd);
    }
    free(old_name);
    log_update_all_levels();
    log_info("opened log file %s", name);
    return 0;
}

int
log_reopen(void)
{
    mutex_lock(&log_mutex);
    char *name = xstrdup_nullable(file_name);
    bool same = name && file_fd >= 0 && same_file(file_fd, name);
    mutex_unlock(&log_mutex);

    int error = !name ? ENXIO : same ? 0 : log_set_file(name);
    free(name);
    return error;
}

void
log_close(void)
{
    mutex_lock(&log_mutex);
    int fd = file_fd;
    __atomic_store_n(&file_fd, -1, __ATOMIC_RELAXED);
    mutex_unlock(&log_mutex);
    if (fd >= 0) {
        close(fd);
        log_update_all_levels();
    }
}

void
log_suspend_file(void)
{
    if (log_file_is_open()) {
        log_info("closing log file");
        log_close();
    }
}

int
log_change_owner(unsigned int user, unsigned int group)
{
    mutex_lock(&log_mutex);
    int error = file_fd >= 0 && fchown(file_fd, user, group) ? errno : 0;
    if (error) {
        error = file_name && chown(file_name, user, group) ? errno : 0;
    }
    mutex_unlock(&log_mutex);
    return error;
}
