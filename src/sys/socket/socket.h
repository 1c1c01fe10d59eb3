/* Non-blocking sockets: TCP, UDP and Unix domain, IPv4 and IPv6. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"

enum { SOCKET_DSCP_DEFAULT = 0 };

/* Begins to connect a TCP socket.  0 and '*fdp' connected, EINPROGRESS and
 * '*fdp' connecting (socket_finish_connect() once writable), or an errno. */
int socket_connect_tcp(const struct sockaddr_storage *remote, uint8_t dscp,
                       int *fdp) WARN_UNUSED;
/* Result of a connection attempt: 0, EAGAIN if not known yet, or errno. */
int socket_finish_connect(int fd) WARN_UNUSED;
/* A listening TCP socket. 0 or errno. */
int socket_listen_tcp(const struct sockaddr_storage *local, uint8_t dscp,
                      int *fdp) WARN_UNUSED;
/* A UDP socket bound to 'local' (NULL: none) and connected to 'remote' (NULL:
 * not).  0 or errno. */
int socket_open_udp(const struct sockaddr_storage *local,
                    const struct sockaddr_storage *remote,
                    int *fdp) WARN_UNUSED;

/* Unix domain sockets of 'type' SOCK_STREAM or SOCK_DGRAM; 'path' may be
 * longer than sun_path holds.  Connecting is done at once or fails. */
int socket_connect_unix(int type, const char *path, int *fdp) WARN_UNUSED;
/* Binds, replacing a socket file that nobody listens on any more, and for
 * SOCK_STREAM listens.  'mode' are the file's permissions at most; the
 * umask takes more away.  The caller arranges for unlinking. */
int socket_listen_unix(int type, const char *path, mode_t mode,
                       int *fdp) WARN_UNUSED;

/* 0 or errno. */
int socket_set_nonblocking(int fd) WARN_UNUSED;
int socket_set_dscp(int fd, int family, uint8_t dscp) WARN_UNUSED;
/* TCP_NODELAY; failures do not matter. */
void socket_set_nodelay(int fd);
/* SO_KEEPALIVE with these times; 0 leaves the system's. */
int socket_set_keepalive(int fd, int idle_s, int interval_s,
                         int count) WARN_UNUSED;
