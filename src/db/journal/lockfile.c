/* Lock files. */

#include "db/journal/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"

struct lockfile {
    struct list node; /* In 'held'. */
    int fd;
    dev_t device; /* Identity of the lock file. */
    ino_t inode;
};

/* Locks of this process: closing any descriptor of a file would drop its
 * fcntl() locks, so that a second one must not even be opened. */
static struct list held = LIST_INITIALIZER(&held);

char *
lockfile_name(const char *name)
{
    /* The lock lies beside the file that a symbolic link leads to. */
    char *real = realpath(name, NULL);
    const char *path = real ? real : name;
    const char *slash = strrchr(path, '/');
    char *result = slash ? xasprintf("%.*s/.%s.~lock~", (int) (slash - path),
                                     path, slash + 1)
                         : xasprintf(".%s.~lock~", path);
    free(real);
    return result;
}

static bool
is_held(const char *lock_name)
{
    struct stat s;
    struct lockfile *lock;
    if (!stat(lock_name, &s)) {
        LIST_FOR_EACH (lock, node, &held) {
            if (lock->device == s.st_dev && lock->inode == s.st_ino) {
                return true;
            }
        }
    }
    return false;
}

static int
take_lock(int fd, int *ownerp)
{
    struct flock flock = { .l_type = F_WRLCK,
                           .l_whence = SEEK_SET,
                           .l_start = 0 };
    if (!fcntl(fd, F_SETLK, &flock)) {
        return 0;
    }
    int error = errno;
    if (!fcntl(fd, F_GETLK, &flock) && flock.l_type != F_UNLCK) {
        *ownerp = flock.l_pid;
    }
    return error;
}

int
lockfile_lock(const char *name, struct lockfile **lockp, int *ownerp)
{
    *lockp = NULL;
    *ownerp = 0;
    CLEANUP(free_ptr) char *lock_name = lockfile_name(name);
    if (is_held(lock_name)) {
        return EDEADLK;
    }
    int fd = open(lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    struct stat s;
    int error = fstat(fd, &s) ? errno : take_lock(fd, ownerp);
    if (error) {
        close(fd);
        return error;
    }
    struct lockfile *lock = xmalloc(sizeof *lock);
    lock->fd = fd;
    lock->device = s.st_dev;
    lock->inode = s.st_ino;
    list_push_back(&held, &lock->node);
    *lockp = lock;
    return 0;
}

void
lockfile_unlock(struct lockfile *lock)
{
    if (lock) {
        list_remove(&lock->node);
        close(lock->fd);
        free(lock);
    }
}
