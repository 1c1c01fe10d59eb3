/* Non-blocking sockets. */

#include "sys/socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/socket/address.h"

enum { BACKLOG = 64 };

static const int on = 1;

int
socket_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ? errno : 0;
}

int
socket_set_dscp(int fd, int family, uint8_t dscp)
{
    /* RFC 2474 §3: the upper six bits of the octet. */
    int value = dscp << 2;
    if (dscp > 63) {
        return EINVAL;
    } else if (family == AF_INET) {
        return setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof value) ? errno
                                                                        : 0;
    } else if (family == AF_INET6) {
        return setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value)
                   ? errno
                   : 0;
    }
    return ENOPROTOOPT;
}

void
socket_set_nodelay(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int
socket_set_keepalive(int fd, int idle_s, int interval_s, int count)
{
    const struct {
        int name;
        int value;
    } options[] = {
        { TCP_KEEPIDLE, idle_s },
        { TCP_KEEPINTVL, interval_s },
        { TCP_KEEPCNT, count },
    };

    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on)) {
        return errno;
    }
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (options[i].value
            && setsockopt(fd, IPPROTO_TCP, options[i].name, &options[i].value,
                          sizeof options[i].value)) {
            return errno;
        }
    }
    return 0;
}

/* A socket of the address's family. */
static int
open_socket(const struct sockaddr_storage *ss, int type, int *fdp)
{
    *fdp = socket(ss->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fdp < 0 ? errno : 0;
}

/* Closes '*fdp' because of 'error', which it returns. */
static int
give_up(int *fdp, int error)
{
    close(*fdp);
    *fdp = -1;
    return error;
}

int
socket_connect_tcp(const struct sockaddr_storage *remote, uint8_t dscp,
                   int *fdp)
{
    int error = open_socket(remote, SOCK_STREAM, fdp);
    if (error) {
        return error;
    }
    /* As for an outgoing connection's mark, refusal must not stop it. */
    if (dscp && socket_set_dscp(*fdp, remote->ss_family, dscp)) {
        return give_up(fdp, EINVAL);
    }
    socket_set_nodelay(*fdp);
    if (!connect(*fdp, (const struct sockaddr *) remote,
                 address_size(remote))) {
        return 0;
    }
    return errno == EINPROGRESS ? EINPROGRESS : give_up(fdp, errno);
}

int
socket_finish_connect(int fd)
{
    struct pollfd pfd = { fd, POLLOUT, 0 };
    if (poll(&pfd, 1, 0) <= 0) {
        return EAGAIN;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)) {
        return errno;
    } else if (!error && (pfd.revents & POLLERR)) {
        return EPROTO;
    }
    return error;
}

int
socket_listen_tcp(const struct sockaddr_storage *local, uint8_t dscp, int *fdp)
{
    int error = open_socket(local, SOCK_STREAM, fdp);
    if (error) {
        return error;
    }
    setsockopt(*fdp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(*fdp, (const struct sockaddr *) local, address_size(local))) {
        return give_up(fdp, errno);
    }
    if (dscp && socket_set_dscp(*fdp, local->ss_family, dscp)) {
        return give_up(fdp, EINVAL);
    }
    return listen(*fdp, BACKLOG) ? give_up(fdp, errno) : 0;
}

int
socket_open_udp(const struct sockaddr_storage *local,
                const struct sockaddr_storage *remote, int *fdp)
{
    int error = open_socket(remote ? remote : local, SOCK_DGRAM, fdp);
    if (error) {
        return error;
    }
    if ((local
         && bind(*fdp, (const struct sockaddr *) local, address_size(local)))
        || (remote
            && connect(*fdp, (const struct sockaddr *) remote,
                       address_size(remote)))) {
        return give_up(fdp, errno);
    }
    return 0;
}

/* A path as the kernel takes it.  One that is too long goes through a
 * descriptor of its directory, 'dir_fd' (else -1), which must stay open until
 * the path was used. */
static int
make_unix_address(const char *path, struct sockaddr_un *sun, int *dir_fdp)
{
    *dir_fdp = -1;
    memset(sun, 0, sizeof *sun);
    sun->sun_family = AF_UNIX;
    if (strlen(path) < sizeof sun->sun_path) {
        memcpy(sun->sun_path, path, strlen(path));
        return 0;
    }
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    char *dir = slash ? xmemdup0(path, slash - path + 1) : xstrdup(".");
    *dir_fdp = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = *dir_fdp < 0 ? errno : 0;
    free(dir);
    if (!error) {
        int len = snprintf(sun->sun_path, sizeof sun->sun_path,
                           "/proc/self/fd/%d/%s", *dir_fdp, file);
        if (len >= (int) sizeof sun->sun_path) {
            close(*dir_fdp);
            *dir_fdp = -1;
            error = ENAMETOOLONG;
        }
    }
    return error;
}

static int
connect_unix(int type, const struct sockaddr_un *sun, int *fdp)
{
    *fdp = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fdp < 0) {
        return errno;
    }
    if (connect(*fdp, (const struct sockaddr *) sun, sizeof *sun)
        && errno != EINPROGRESS) {
        /* EAGAIN means that the listener's queue is full. */
        return give_up(fdp, errno == EAGAIN ? ECONNREFUSED : errno);
    }
    return 0;
}

int
socket_connect_unix(int type, const char *path, int *fdp)
{
    struct sockaddr_un sun;
    int dir_fd;
    *fdp = -1;
    int error = make_unix_address(path, &sun, &dir_fd);
    if (!error) {
        error = connect_unix(type, &sun, fdp);
    }
    if (dir_fd >= 0) {
        close(dir_fd);
    }
    return error;
}

/* Whether 'sun' names a socket that a dead process left behind. */
static bool
is_stale(const struct sockaddr_un *sun, int type)
{
    struct stat st;
    int fd;
    if (stat(sun->sun_path, &st) || !S_ISSOCK(st.st_mode)) {
        return false;
    }
    int error = connect_unix(type, sun, &fd);
    if (!error) {
        close(fd);
    }
    return error == ECONNREFUSED;
}

static int
bind_unix(int fd, int type, mode_t mode, const struct sockaddr_un *sun)
{
    /* Nobody else can connect before the permissions are what they shall
     * be: listening comes later. */
    mode_t old_mask = umask(0777);
    umask(old_mask | (0777 & ~mode));
    int error =
        bind(fd, (const struct sockaddr *) sun, sizeof *sun) ? errno : 0;
    if (error == EADDRINUSE && is_stale(sun, type)) {
        unlink(sun->sun_path);
        error =
            bind(fd, (const struct sockaddr *) sun, sizeof *sun) ? errno : 0;
    }
    umask(old_mask);
    return error;
}

int
socket_listen_unix(int type, const char *path, mode_t mode, int *fdp)
{
    struct sockaddr_un sun;
    int dir_fd;
    *fdp = -1;
    int error = make_unix_address(path, &sun, &dir_fd);
    if (error) {
        return error;
    }
    *fdp = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    error = *fdp < 0 ? errno : bind_unix(*fdp, type, mode, &sun);
    if (!error && type == SOCK_STREAM && listen(*fdp, BACKLOG)) {
        error = errno;
    }
    if (error && *fdp >= 0) {
        give_up(fdp, error);
    }
    if (dir_fd >= 0) {
        close(dir_fd);
    }
    return error;
}
