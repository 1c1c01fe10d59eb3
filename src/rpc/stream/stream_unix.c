/* Unix domain sockets: "unix:FILE" and "punix:FILE".  A FILE that is not
 * absolute lies in the run directory. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "rpc/stream/stream_private.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/fatal.h"
#include "sys/socket/socket.h"

LOG_MODULE(stream_unix);

/* Permissions of sockets, before the umask. */
enum { SOCKET_MODE = 0770 };

static int
unix_open(struct loop *loop, const char *name, const char *rest,
          const struct stream_options *options UNUSED, struct stream **streamp)
{
    char *path = dirs_absolute(dirs_rundir(), rest);
    int fd;
    int error = socket_connect_unix(SOCK_STREAM, path, &fd);
    free(path);
    if (!error) {
        *streamp = stream_create(loop, &stream_unix_class, name, fd, 0);
    }
    return error;
}

const struct stream_class stream_unix_class = {
    .prefix = "unix",
    .size = sizeof(struct stream),
    .needs_probes = false,
    .open = unix_open,
};

static int
punix_listen(struct loop *loop, const char *name, const char *rest,
             const struct stream_options *options UNUSED,
             struct stream_listener **listenerp)
{
    char *path = dirs_absolute(dirs_rundir(), rest);
    int fd;
    int error = socket_listen_unix(SOCK_STREAM, path, SOCKET_MODE, &fd);
    if (error) {
        log_err("%s: binding failed: %s", path, strerror(error));
        free(path);
        return error;
    }
    *listenerp = stream_listener_create(loop, &stream_punix_class, name, fd);
    (*listenerp)->path = path;
    fatal_add_file(path);
    return 0;
}

/* Peers are told apart by number: their sockets have no names. */
static struct stream *
punix_accept(struct stream_listener *listener, int fd)
{
    static unsigned int n_accepted;
    char *name = xasprintf(
        "unix#%u", __atomic_fetch_add(&n_accepted, 1, __ATOMIC_RELAXED));
    struct stream *stream =
        stream_create(listener->loop, &stream_unix_class, name, fd, 0);
    free(name);
    return stream;
}

const struct stream_listener_class stream_punix_class = {
    .prefix = "punix",
    .needs_probes = false,
    .listen = punix_listen,
    .accept = punix_accept,
};

void
stream_listener_close(struct stream_listener *listener)
{
    if (!listener) {
        return;
    }
    loop_fd_remove(&listener->watch);
    loop_timer_cancel(&listener->pause);
    if (listener->path) {
        int error = fatal_unlink_now(listener->path);
        if (error && error != ENOENT) {
            log_warn("could not unlink \"%s\" (%s)", listener->path,
                     strerror(error));
        }
        free(listener->path);
    }
    if (listener->fd >= 0) {
        close(listener->fd);
    }
    list_remove(&listener->replay_node);
    free(listener->name);
    free(listener);
}
