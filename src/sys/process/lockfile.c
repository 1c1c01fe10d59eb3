/* Lock files.  A process's fcntl() locks do not conflict with each other, and
 * closing any descriptor of a file drops them, so a table of what is locked
 * stands before the system call. */

#include "sys/process/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"
#include "sys/thread/mutex.h"

LOG_MODULE(lockfile);
COVERAGE(lockfile_lock);

struct lockfile {
    struct list node; /* In 'locks'. */
    char *name;
    dev_t device;
    ino_t inode;
    int fd;
};

static struct mutex mutex = MUTEX_INITIALIZER;
static struct list locks GUARDED_BY(mutex) = LIST_INITIALIZER(&locks);

char *
lockfile_name(const char *file)
{
    /* The lock belongs to the file that a link names. */
    char *real = realpath(file, NULL);
    const char *name = real ? real : file;
    const char *slash = strrchr(name, '/');
    int dir_len = slash ? slash + 1 - name : 0;
    /* Names stay as the user wrote them where that names the same. */
    struct stat st;
    if (lstat(file, &st) || !S_ISLNK(st.st_mode)) {
        name = file;
        slash = strrchr(name, '/');
        dir_len = slash ? slash + 1 - name : 0;
    }
    char *result = xasprintf("%.*s.%s.~lock~", dir_len, name, name + dir_len);
    free(real);
    return result;
}

static bool
is_locked_here(const struct stat *st) REQUIRES(mutex)
{
    struct lockfile *lock;
    LIST_FOR_EACH (lock, node, &locks) {
        if (lock->device == st->st_dev && lock->inode == st->st_ino) {
            return true;
        }
    }
    return false;
}

static int
lock_fd(int fd, pid_t *holderp)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    if (!fcntl(fd, F_SETLK, &l)) {
        return 0;
    }
    int error = errno == EACCES ? EAGAIN : errno;
    if (error == EAGAIN) {
        l.l_type = F_WRLCK;
        if (!fcntl(fd, F_GETLK, &l) && l.l_type != F_UNLCK) {
            *holderp = l.l_pid > 0 ? l.l_pid : 0;
        }
    }
    return error;
}

static int
try_lock(const char *name, struct lockfile **lockp, pid_t *holderp)
    REQUIRES(mutex)
{
    struct stat st;
    if (!stat(name, &st) && is_locked_here(&st)) {
        return EDEADLK;
    }
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int error = errno;
        log_warn("%s: failed to open lock file: %s", name, strerror(error));
        return error;
    }
    int error = fstat(fd, &st) ? errno : lock_fd(fd, holderp);
    if (error) {
        close(fd);
        return error;
    }
    struct lockfile *lock = xmalloc(sizeof *lock);
    lock->name = xstrdup(name);
    lock->device = st.st_dev;
    lock->inode = st.st_ino;
    lock->fd = fd;
    list_push_back(&locks, &lock->node);
    *lockp = lock;
    return 0;
}

int
lockfile_lock(const char *file, struct lockfile **lockp, pid_t *holderp)
{
    coverage_inc(lockfile_lock);
    *lockp = NULL;
    *holderp = 0;
    char *name = lockfile_name(file);
    mutex_lock(&mutex);
    int error = try_lock(name, lockp, holderp);
    mutex_unlock(&mutex);
    if (error == EDEADLK) {
        log_warn("%s: cannot lock file because this process has already "
                 "locked it",
                 name);
    } else if (error == EAGAIN && *holderp) {
        log_warn("%s: cannot lock file because it is already locked by pid "
                 "%ld",
                 name, (long) *holderp);
    } else if (error) {
        log_warn("%s: failed to lock file: %s", name, strerror(error));
    }
    free(name);
    return error;
}

void
lockfile_unlock(struct lockfile *lock)
{
    if (lock) {
        mutex_lock(&mutex);
        list_remove(&lock->node);
        mutex_unlock(&mutex);
        close(lock->fd);
        free(lock->name);
        free(lock);
    }
}

void
lockfile_after_fork(void)
{
    struct lockfile *lock;
    mutex_lock(&mutex);
    LIST_FOR_EACH (lock, node, &locks) {
        close(lock->fd);
        lock->fd = -1;
    }
    list_init(&locks);
    mutex_unlock(&mutex);
}
