/* The record file.
 *
 * Reading goes through a stdio stream; writing through its descriptor with
 * one pwritev() per record, so that a crash leaves at most a torn tail. */

#include "db/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/str.h"
#include "db/journal/sha1.h"
#include "sys/process/lockfile.h"

/* Longest record header that is worth looking at. */
enum { HEADER_MAX = 128 };

struct journal {
    char *name;         /* As given. */
    char *display_name; /* Base name, for error texts. */
    FILE *stream;
    enum journal_mode mode;
    const char *magic;
    struct lockfile *lock;
    off_t offset;      /* End of the last record read or written. */
    off_t prev_offset; /* Start of it. */
    bool is_writing;   /* A record was written: no reading any more. */
    struct str buffer; /* Text of the record read last. */
};

static const char *
base_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash && slash[1] ? slash + 1 : name;
}

static bool split_header(char *line, const char **magicp, size_t *sizep,
                         char hash[SHA1_HEX_LEN + 1]);

static struct error *
io_error(const struct journal *j, int errnum, const char *what)
{
    return error_create("I/O error: %s: %s (%s)", j->name, what,
                        errnum == EOF ? "End of file" : strerror(errnum));
}

/* Opens the file behind 'j', whose lock is held if need be. */
static struct error *
open_stream(struct journal *j)
{
    int flags = j->mode == JOURNAL_READ    ? O_RDONLY
                : j->mode == JOURNAL_WRITE ? O_RDWR
                                           : O_RDWR | O_CREAT | O_EXCL;
    int fd = open(j->name, flags | O_CLOEXEC, 0660);
    if (fd < 0) {
        return io_error(j, errno,
                        j->mode == JOURNAL_CREATE ? "create failed"
                                                  : "open failed");
    }
    j->stream = fdopen(fd, j->mode == JOURNAL_READ ? "rb" : "r+b");
    if (!j->stream) {
        int error = errno;
        close(fd);
        return io_error(j, error, "open failed");
    }
    return NULL;
}

/* Finds out which kind of file 'j' is. */
static struct error *
read_magic(struct journal *j)
{
    static const char *const magics[] = { JOURNAL_MAGIC_STANDALONE,
                                          JOURNAL_MAGIC_CLUSTER };
    char line[HEADER_MAX], hash[SHA1_HEX_LEN + 1];

    if (fgets(line, sizeof line, j->stream)) {
        const char *magic;
        size_t size;
        if (!split_header(line, &magic, &size, hash)) {
            return error_create("ovsdb error: %s: unexpected file format",
                                j->name);
        }
        for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
            if (!strcmp(magic, magics[i])) {
                j->magic = magics[i];
                return fseeko(j->stream, 0, SEEK_SET)
                           ? io_error(j, errno, "seek failed")
                           : NULL;
            }
        }
    }
    if (ferror(j->stream)) {
        return io_error(j, errno, "read error");
    }
    return error_create("ovsdb error: %s: cannot identify file type", j->name);
}

struct error *
journal_open(const char *name, enum journal_mode mode, struct journal **jp)
{
    struct error *error = NULL;
    struct journal *j = xzalloc(sizeof *j);
    j->name = xstrdup(name);
    j->display_name = xstrdup(base_name(name));
    j->mode = mode;
    j->magic = JOURNAL_MAGIC_STANDALONE;

    *jp = NULL;
    if (mode != JOURNAL_READ) {
        pid_t owner;
        int errnum = lockfile_lock(name, &j->lock, &owner);
        if (errnum) {
            error = io_error(j, errnum, "failed to lock lockfile");
        }
    }
    if (!error) {
        error = open_stream(j);
    }
    if (!error && mode != JOURNAL_CREATE) {
        error = read_magic(j);
    }
    if (error) {
        journal_close(j);
        return error;
    }
    *jp = j;
    return NULL;
}

void
journal_close(struct journal *j)
{
    if (j) {
        if (j->stream) {
            fclose(j->stream);
        }
        lockfile_unlock(j->lock);
        str_uninit(&j->buffer);
        free(j->name);
        free(j->display_name);
        free(j);
    }
}

const char *
journal_name(const struct journal *j)
{
    return j->name;
}

const char *
journal_magic(const struct journal *j)
{
    return j->magic;
}

off_t
journal_offset(const struct journal *j)
{
    return j->offset;
}

off_t
journal_size(const struct journal *j)
{
    struct stat s;
    return fstat(fileno(j->stream), &s) ? 0 : s.st_size;
}

/* Takes a record header apart; 'line' is cut to pieces. */
static bool
split_header(char *line, const char **magicp, size_t *sizep,
             char hash[SHA1_HEX_LEN + 1])
{
    char *p = line;
    const char *ovsdb = scan_token(&p, " \n");
    const char *magic = scan_token(&p, " \n");
    const char *size = scan_token(&p, " \n");
    const char *digest = scan_token(&p, " \n");
    uint64_t value;

    if (!digest || strcmp(ovsdb, "OVSDB") || !scan_u64(size, 10, &value)
        || !value || value > INT64_MAX || strlen(digest) != SHA1_HEX_LEN
        || digest[strspn(digest, "0123456789abcdefABCDEF")]) {
        return false;
    }
    *magicp = magic;
    *sizep = value;
    memcpy(hash, digest, SHA1_HEX_LEN + 1);
    return true;
}

/* One of the right kind of record. */
static bool
parse_header(const struct journal *j, char *line, size_t *sizep,
             char hash[SHA1_HEX_LEN + 1])
{
    const char *magic;
    return split_header(line, &magic, sizep, hash) && !strcmp(magic, j->magic);
}

/* What is wrong with 'line', a header in place of which one was expected: as
 * much of it is shown as is known to be one, or all of it. */
static struct error *
header_error(const struct journal *j, const char *line)
{
    size_t len = strcspn(line, "\n");
    if (!strncmp(line, "OVSDB ", 6)) {
        len = 6 + strcspn(line + 6, " \n");
    }
    return error_create("syntax error: %s: parse error at offset %lld in "
                        "header line \"%.*s\"",
                        j->name, (long long) j->offset, (int) len, line);
}

/* Reads and checks the 'size' bytes of a record at 'start'. */
static struct error *
read_body(struct journal *j, size_t size, off_t start, const char *hash)
{
    /* The file's size bounds what a damaged header makes us allocate. */
    off_t left = journal_size(j) - start;
    if (left < 0 || (uint64_t) left < size) {
        return error_create("I/O error: %s: error reading %zu bytes starting "
                            "at offset %lld (End of file)",
                            j->name, size, (long long) start);
    }
    str_clear(&j->buffer);
    char *data = str_grow(&j->buffer, size);
    errno = 0;
    if (fread(data, 1, size, j->stream) != size) {
        return error_create("I/O error: %s: error reading %zu bytes starting "
                            "at offset %lld (%s)",
                            j->name, size, (long long) start,
                            errno ? strerror(errno) : "End of file");
    }

    char actual[SHA1_HEX_LEN + 1];
    sha1_hex(data, size, actual);
    if (strcasecmp(actual, hash)) {
        return error_create("syntax error: %s: %zu bytes starting at offset "
                            "%lld have SHA-1 hash %s but should have hash %s",
                            j->name, size, (long long) start, actual, hash);
    }
    return NULL;
}

struct error *
journal_read_text(struct journal *j, const char **textp, size_t *sizep)
{
    char line[HEADER_MAX], pieces[HEADER_MAX];
    char hash[SHA1_HEX_LEN + 1];
    size_t size;

    *textp = NULL;
    *sizep = 0;
    assert(!j->is_writing);
    if (!fgets(line, sizeof line, j->stream)) {
        /* The last record may have been a large one. */
        str_uninit(&j->buffer);
        return ferror(j->stream) ? io_error(j, errno, "read error") : NULL;
    }
    size_t header_len = strlen(line);
    memcpy(pieces, line, header_len + 1);
    if (!header_len || line[header_len - 1] != '\n'
        || !parse_header(j, pieces, &size, hash)) {
        return header_error(j, line);
    }
    off_t start = j->offset + header_len;
    struct error *error = read_body(j, size, start, hash);
    if (!error) {
        j->prev_offset = j->offset;
        j->offset = start + size;
        *textp = j->buffer.text;
        *sizep = size;
    }
    return error;
}

/* That the record read last is not what it should be. */
static struct error *
content_error(const struct journal *j, const char *problem)
{
    return error_create("syntax error: %s: %zu bytes starting at offset %lld "
                        "are not %s",
                        j->name, j->buffer.len,
                        (long long) j->offset - (long long) j->buffer.len,
                        problem);
}

struct error *
journal_parse(struct journal *j, struct json **jsonp)
{
    struct error *wrapped,
        *error = json_parse(j->buffer.text, j->buffer.len, jsonp);
    if (error) {
        CLEANUP(free_ptr)
        char *problem = xasprintf("valid JSON (%s)", error_text(error));
        error_destroy(error);
        wrapped = content_error(j, problem);
    } else if ((*jsonp)->type != JSON_OBJECT) {
        json_unref(steal_ptr(jsonp));
        wrapped = content_error(j, "a JSON object");
    } else {
        return NULL;
    }
    journal_unread(j);
    return wrapped;
}

struct error *
journal_read(struct journal *j, struct json **jsonp)
{
    const char *text;
    size_t size;
    *jsonp = NULL;
    struct error *error = journal_read_text(j, &text, &size);
    return error || !text ? error : journal_parse(j, jsonp);
}

void
journal_unread(struct journal *j)
{
    j->offset = j->prev_offset;
}

struct error *
journal_truncate(struct journal *j)
{
    return ftruncate(fileno(j->stream), j->offset)
               ? io_error(j, errno, "truncate failed")
               : NULL;
}

/* Reads all after 'j->offset'. */
static struct error *
read_rest(const struct journal *j, struct str *rest)
{
    off_t left;
    while ((left = journal_size(j) - j->offset - (off_t) rest->len) > 0) {
        str_reserve(rest, left);
        ssize_t n = pread(fileno(j->stream), rest->text + rest->len, left,
                          j->offset + (off_t) rest->len);
        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n <= 0) {
            return io_error(j, n < 0 ? errno : EOF, "read error");
        }
        rest->len += n;
    }
    return NULL;
}

/* Writes 'content' into the new file 'name', for good. */
static int
write_file(const char *name, const struct str *content)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    int errnum = 0;
    for (size_t done = 0; done < content->len && !errnum;) {
        ssize_t n = write(fd, content->text + done, content->len - done);
        errnum = n > 0 ? 0 : n ? errno : ENOSPC;
        done += n > 0 ? n : 0;
        errnum = errnum == EINTR ? 0 : errnum;
    }
    errnum = errnum ? errnum : fsync(fd) ? errno : 0;
    close(fd);
    if (errnum) {
        unlink(name);
    }
    return errnum;
}

struct error *
journal_save_rest(const struct journal *j, char **savedp)
{
    CLEANUP(str_uninit) struct str rest = STR_INITIALIZER;
    *savedp = NULL;
    struct error *error = read_rest(j, &rest);
    /* The beginning may be a record, too: the one that could not be read.
     * Others may have zeros before them, where data never came to disk. */
    CLEANUP(free_ptr) char *header = xasprintf("OVSDB %s ", j->magic);
    if (error || !rest.len
        || !memmem(rest.text + 1, rest.len - 1, header, strlen(header))) {
        return error;
    }
    /* What was kept before stays. */
    char *name = xasprintf("%s.damaged-%lld", j->name, (long long) j->offset);
    int errnum = write_file(name, &rest);
    for (int i = 2; errnum == EEXIST; i++) {
        free(name);
        name =
            xasprintf("%s.damaged-%lld.%d", j->name, (long long) j->offset, i);
        errnum = write_file(name, &rest);
    }
    if (errnum) {
        error = error_create("I/O error: %s: cannot save damaged records (%s)",
                             name, strerror(errnum));
        free(name);
    } else {
        *savedp = name;
    }
    return error;
}

/* Writes 'n' pieces at 'j->offset', in one call if the system takes them;
 * on failure leaves nothing of them. */
static struct error *
write_pieces(struct journal *j, struct iovec *pieces, int n)
{
    int fd = fileno(j->stream);
    off_t offset = j->offset;
    while (n) {
        ssize_t written = pwritev(fd, pieces, n, offset);
        if (written < 0 && errno == EINTR) {
            continue;
        } else if (written <= 0) {
            int errnum = written < 0 ? errno : ENOSPC;
            if (ftruncate(fd, j->offset)) {
                return io_error(j, errno, "write and truncate failed");
            }
            return io_error(j, errnum, "write failed");
        }
        offset += written;
        for (; n && (size_t) written >= pieces->iov_len; pieces++, n--) {
            written -= pieces->iov_len;
        }
        if (n) {
            pieces->iov_base = (char *) pieces->iov_base + written;
            pieces->iov_len -= written;
        }
    }
    j->prev_offset = j->offset;
    j->offset = offset;
    return NULL;
}

struct error *
journal_write_text(struct journal *j, const char *text, size_t len)
{
    if (!j->is_writing) {
        struct error *error;
        if (journal_size(j) > j->offset && (error = journal_truncate(j))) {
            return error;
        }
        str_uninit(&j->buffer);
        j->is_writing = true;
    }

    /* The hash covers the newline, too. */
    static const char newline[] = "\n";
    struct sha1 sha1;
    char header[HEADER_MAX];
    char hash[SHA1_HEX_LEN + 1];
    sha1_init(&sha1);
    sha1_update(&sha1, text, len);
    sha1_update(&sha1, newline, 1);
    sha1_finish_hex(&sha1, hash);
    int n = snprintf(header, sizeof header, "OVSDB %s %zu %s\n", j->magic,
                     len + 1, hash);
    struct iovec pieces[] = { { header, n },
                              { (char *) text, len },
                              { (char *) newline, 1 } };
    return write_pieces(j, pieces, ARRAY_SIZE(pieces));
}

struct error *
journal_write(struct journal *j, const struct json *json)
{
    struct str text = STR_INITIALIZER;
    json_put(&text, json, JSON_COMPACT);
    struct error *error = journal_write_text(j, str_text(&text), text.len);
    str_uninit(&text);
    return error;
}

struct error *
journal_commit(struct journal *j)
{
    return fdatasync(fileno(j->stream)) ? io_error(j, errno, "fsync failed")
                                        : NULL;
}

struct error *
journal_replace_start(struct journal *old, struct journal **newp)
{
    CLEANUP(free_ptr) char *real = realpath(old->name, NULL);
    CLEANUP(free_ptr)
    char *name = xasprintf("%s.tmp", real ? real : old->name);
    if (unlink(name) && errno != ENOENT) {
        *newp = NULL;
        return error_create("I/O error: failed to remove %s (%s)", name,
                            strerror(errno));
    }
    struct error *error = journal_open(name, JOURNAL_CREATE, newp);
    if (!error) {
        struct stat s;
        if (!fstat(fileno(old->stream), &s)
            && (fchmod(fileno((*newp)->stream), s.st_mode & 07777)
                || (!geteuid()
                    && fchown(fileno((*newp)->stream), s.st_uid, s.st_gid)))) {
            error = io_error(*newp, errno, "cannot set owner and mode");
            journal_replace_abort(*newp);
            *newp = NULL;
        }
    }
    return error;
}

/* Makes the directory entry of 'name' durable. */
static int
sync_directory(const char *name)
{
    const char *slash = strrchr(name, '/');
    CLEANUP(free_ptr)
    char *directory = !slash          ? xstrdup(".")
                      : slash == name ? xstrdup("/")
                                      : xmemdup0(name, slash - name);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = fsync(fd) ? errno : 0;
    close(fd);
    return error;
}

static struct error *
sync_name(const struct journal *j, const char *name)
{
    int errnum = sync_directory(name);
    return errnum ? io_error(j, errnum, "failed to sync directory") : NULL;
}

struct error *
journal_commit_name(struct journal *j)
{
    return sync_name(j, j->name);
}

struct error *
journal_replace_finish(struct journal *old, struct journal *new_)
{
    struct error *error = NULL;
    CLEANUP(free_ptr) char *real = realpath(old->name, NULL);
    const char *target = real ? real : old->name;

    if (fsync(fileno(new_->stream))) {
        error = io_error(new_, errno, "fsync failed");
    } else if (rename(new_->name, target)) {
        error =
            error_create("I/O error: failed to rename \"%s\" to \"%s\" (%s)",
                         new_->name, target, strerror(errno));
    }
    if (error) {
        journal_replace_abort(new_);
        return error;
    }
    error = sync_name(old, target);

    FILE *stream = old->stream;
    old->stream = new_->stream;
    new_->stream = stream;
    old->offset = new_->offset;
    old->prev_offset = new_->prev_offset;
    old->is_writing = true;
    CLEANUP(free_ptr) char *lock_name = lockfile_name(new_->name);
    unlink(lock_name);
    journal_close(new_);
    return error;
}

void
journal_replace_abort(struct journal *new_)
{
    if (new_) {
        CLEANUP(free_ptr) char *lock_name = lockfile_name(new_->name);
        unlink(new_->name);
        unlink(lock_name);
        journal_close(new_);
    }
}

struct error *
journal_replace_catch_up(struct journal *old, off_t offset,
                         struct journal *new_)
{
    enum { STEP = 1 << 20 };

    CLEANUP(free_ptr) char *buffer = xmalloc(STEP);
    new_->offset = new_->prev_offset = journal_size(new_);
    new_->is_writing = true;
    while (offset < old->offset) {
        size_t size = MIN(old->offset - offset, STEP);
        ssize_t n = pread(fileno(old->stream), buffer, size, offset);
        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n <= 0) {
            return io_error(old, n < 0 ? errno : EOF, "read error");
        }
        struct iovec piece = { buffer, n };
        struct error *error = write_pieces(new_, &piece, 1);
        if (error) {
            return error;
        }
        offset += n;
    }
    return NULL;
}

int
journal_fd(const struct journal *j)
{
    return fileno(j->stream);
}
