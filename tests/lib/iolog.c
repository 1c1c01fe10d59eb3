/* A library to be preloaded: it writes down what a program changes in the
 * files of a directory (OVS_IOLOG_DIR), so that a test can make out what a
 * power cut would have left at every moment.
 *
 * Each record of the file OVS_IOLOG is a line "OP INODE OFFSET SIZE", SIZE
 * bytes and a newline: write, truncate, sync, syncdir; create (the name),
 * rename (both names, a null byte between), unlink (the name). */

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(NAME) ((__typeof__(&NAME)) dlsym(RTLD_NEXT, #NAME))

static void
put(const char *op, unsigned long inode, long long offset, const void *data,
    size_t size)
{
    char head[128];
    int n = snprintf(head, sizeof head, "%s %lu %lld %zu\n", op, inode, offset,
                     size);
    char *record = malloc((size_t) n + size + 1);
    memcpy(record, head, (size_t) n);
    memcpy(record + n, data, size);
    record[(size_t) n + size] = '\n';
    int fd =
        REAL(open)(getenv("OVS_IOLOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0
        || REAL(write)(fd, record, (size_t) n + size + 1)
               != (ssize_t) ((size_t) n + size + 1)) {
        abort();
    }
    REAL(close)(fd);
    free(record);
}

/* The name below the directory, or NULL. */
static const char *
inside(const char *path)
{
    const char *directory = getenv("OVS_IOLOG_DIR");
    size_t len = directory ? strlen(directory) : 0;
    return len && !strncmp(path, directory, len) && path[len] == '/'
               ? path + len + 1
               : NULL;
}

/* Whether 'fd' is the directory or a file of it, and its inode. */
static bool
is_watched(int fd, unsigned long *inodep, bool *is_dirp)
{
    char link[64], path[PATH_MAX];
    struct stat s;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0 || fstat(fd, &s)) {
        return false;
    }
    path[n] = '\0';
    *inodep = (unsigned long) s.st_ino;
    *is_dirp = S_ISDIR(s.st_mode);
    const char *directory = getenv("OVS_IOLOG_DIR");
    return *is_dirp ? directory && !strcmp(path, directory)
                    : inside(path) != NULL;
}

static void
note(const char *op, int fd, long long offset, const void *data, size_t size)
{
    unsigned long inode;
    bool is_dir;
    if (is_watched(fd, &inode, &is_dir)) {
        put(is_dir ? "syncdir" : op, inode, offset, data, size);
    }
}

static int
open_file(__typeof__(&open) real, const char *path, int flags, mode_t mode)
{
    struct stat s;
    bool is_new = flags & O_CREAT && inside(path) && stat(path, &s);
    int fd = real(path, flags, mode);
    if (fd >= 0 && is_new && !fstat(fd, &s)) {
        put("create", (unsigned long) s.st_ino, 0, inside(path),
            strlen(inside(path)));
    }
    return fd;
}

int
open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_file(REAL(open), path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_file(REAL(open64), path, flags, mode);
}

ssize_t
write(int fd, const void *data, size_t size)
{
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t n = REAL(write)(fd, data, size);
    if (n > 0) {
        note("write", fd, offset, data, (size_t) n);
    }
    return n;
}

static void
note_pieces(int fd, const struct iovec *pieces, int n_pieces, off_t offset,
            ssize_t n)
{
    char *all = malloc(n > 0 ? (size_t) n : 1);
    size_t done = 0;
    for (int i = 0; i < n_pieces && n > 0 && done < (size_t) n; i++) {
        size_t size = pieces[i].iov_len;
        if (size > (size_t) n - done) {
            size = (size_t) n - done;
        }
        memcpy(all + done, pieces[i].iov_base, size);
        done += size;
    }
    if (done) {
        note("write", fd, offset, all, done);
    }
    free(all);
}

ssize_t
pwritev(int fd, const struct iovec *pieces, int n_pieces, off_t offset)
{
    ssize_t n = REAL(pwritev)(fd, pieces, n_pieces, offset);
    note_pieces(fd, pieces, n_pieces, offset, n);
    return n;
}

ssize_t
pwritev64(int fd, const struct iovec *pieces, int n_pieces, off64_t offset)
{
    ssize_t n = REAL(pwritev64)(fd, pieces, n_pieces, offset);
    note_pieces(fd, pieces, n_pieces, offset, n);
    return n;
}

static ssize_t
no_pwrite(const char *name)
{
    fprintf(stderr, "iolog: %s() is not written down\n", name);
    abort();
}

/* Nobody calls these; if somebody begins to, the test must know. */
ssize_t
pwrite(int fd, const void *data, size_t size, off_t offset)
{
    (void) fd, (void) data, (void) size, (void) offset;
    return no_pwrite("pwrite");
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    (void) fd, (void) data, (void) size, (void) offset;
    return no_pwrite("pwrite64");
}

int
ftruncate(int fd, off_t size)
{
    int result = REAL(ftruncate)(fd, size);
    if (!result) {
        note("truncate", fd, size, "", 0);
    }
    return result;
}

int
ftruncate64(int fd, off64_t size)
{
    int result = REAL(ftruncate64)(fd, size);
    if (!result) {
        note("truncate", fd, size, "", 0);
    }
    return result;
}

int
fsync(int fd)
{
    int result = REAL(fsync)(fd);
    if (!result) {
        note("sync", fd, 0, "", 0);
    }
    return result;
}

int
fdatasync(int fd)
{
    int result = REAL(fdatasync)(fd);
    if (!result) {
        note("sync", fd, 0, "", 0);
    }
    return result;
}

int
rename(const char *old, const char *new)
{
    int result = REAL(rename)(old, new);
    if (!result && inside(old) && inside(new)) {
        char both[2 * PATH_MAX];
        int n =
            snprintf(both, sizeof both, "%s%c%s", inside(old), 0, inside(new));
        put("rename", 0, 0, both, (size_t) n);
    }
    return result;
}

int
unlink(const char *path)
{
    int result = REAL(unlink)(path);
    if (!result && inside(path)) {
        put("unlink", 0, 0, inside(path), strlen(inside(path)));
    }
    return result;
}
