/* TCP: "tcp:HOST:PORT" and "ptcp:[PORT][:IP]". */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "rpc/stream/stream_private.h"
#include "sys/log/log.h"
#include "sys/socket/address.h"
#include "sys/socket/resolver.h"
#include "sys/socket/socket.h"

LOG_MODULE(stream_tcp);

static void
name_resolved(void *tcp_, const char *error, const struct sockaddr_storage *ss)
{
    struct tcp_stream *tcp = tcp_;
    tcp->query = NULL;
    if (error) {
        log_warn("%s: cannot look up host: %s", tcp->up.name, error);
        stream_set_fd(&tcp->up, -1, EHOSTUNREACH);
        return;
    }
    struct sockaddr_storage remote = *ss;
    int fd;
    address_set_port(&remote, tcp->port);
    int result = socket_connect_tcp(&remote, tcp->dscp, &fd);
    stream_set_fd(&tcp->up, fd, result);
}

int
stream_open_tcp(struct loop *loop, const struct stream_class *class,
                const char *name, const char *rest,
                const struct stream_options *options, struct stream **streamp)
{
    struct address_host host;
    struct error *error =
        address_parse_host(rest, options->default_port, &host);
    if (error) {
        stream_log_bad_address(error);
        return EAFNOSUPPORT;
    }
    struct sockaddr_storage remote;
    bool numeric = address_from_host(&host, &remote);
    int fd = -1;
    int result = numeric      ? socket_connect_tcp(&remote, options->dscp, &fd)
                 : host.scope ? EAFNOSUPPORT
                              : EINPROGRESS;
    if (!result || result == EINPROGRESS) {
        struct tcp_stream *tcp = stream_create(loop, class, name, fd, result);
        tcp->port = host.port;
        tcp->dscp = options->dscp;
        if (!numeric) {
            tcp->host = xstrdup(host.host);
            tcp->query = resolver_start(loop, host.host, name_resolved, tcp);
        }
        *streamp = &tcp->up;
        result = 0;
    } else {
        log_err("%s: connect: %s", name, strerror(result));
    }
    address_host_uninit(&host);
    return result;
}

static int
tcp_open(struct loop *loop, const char *name, const char *rest,
         const struct stream_options *options, struct stream **streamp)
{
    return stream_open_tcp(loop, &stream_tcp_class, name, rest, options,
                           streamp);
}

void
stream_close_tcp(struct stream *stream)
{
    struct tcp_stream *tcp = CONTAINER_OF(stream, struct tcp_stream, up);
    resolver_cancel(tcp->query);
    free(tcp->host);
}

const struct stream_class stream_tcp_class = {
    .prefix = "tcp",
    .size = sizeof(struct tcp_stream),
    .needs_probes = true,
    .open = tcp_open,
    .close = stream_close_tcp,
};

static char *
listener_name(const char *prefix, const struct sockaddr_storage *ss)
{
    struct str s = STR_INITIALIZER;
    str_putf(&s, "%s:%u:", prefix, address_port(ss));
    address_put(&s, ss, true);
    return str_steal(&s);
}

int
stream_listen_tcp(struct loop *loop, const struct stream_listener_class *class,
                  const char *rest, const struct stream_options *options,
                  struct stream_listener **listenerp)
{
    struct sockaddr_storage ss;
    struct error *error =
        address_parse_passive(rest, options->default_port, &ss);
    if (error) {
        stream_log_bad_address(error);
        return EAFNOSUPPORT;
    }
    bool chosen = !address_port(&ss);
    int fd;
    int result = socket_listen_tcp(&ss, options->dscp, &fd);
    socklen_t size = sizeof ss;
    if (result) {
        log_err("%s: bind: %s", rest, strerror(result));
        return result;
    } else if (getsockname(fd, (struct sockaddr *) &ss, &size)) {
        result = errno;
        close(fd);
        return result;
    }
    if (chosen) {
        stream_log_chosen_port(rest, address_port(&ss));
    }
    char *bound_name = listener_name(class->prefix, &ss);
    *listenerp = stream_listener_create(loop, class, bound_name, fd);
    (*listenerp)->port = address_port(&ss);
    free(bound_name);
    return 0;
}

static int
ptcp_listen(struct loop *loop, const char *name UNUSED, const char *rest,
            const struct stream_options *options,
            struct stream_listener **listenerp)
{
    return stream_listen_tcp(loop, &stream_ptcp_class, rest, options,
                             listenerp);
}

struct stream *
stream_accept_tcp(struct stream_listener *listener,
                  const struct stream_class *class, int fd)
{
    struct sockaddr_storage ss;
    socklen_t size = sizeof ss;
    struct str name = STR_INITIALIZER;
    str_putf(&name, "%s:", class->prefix);
    if (!getpeername(fd, (struct sockaddr *) &ss, &size)) {
        address_put_with_port(&name, &ss);
    } else {
        str_put(&name, "<gone>");
    }
    socket_set_nodelay(fd);
    struct tcp_stream *tcp =
        stream_create(listener->loop, class, str_text(&name), fd, 0);
    str_uninit(&name);
    return &tcp->up;
}

static struct stream *
ptcp_accept(struct stream_listener *listener, int fd)
{
    return stream_accept_tcp(listener, &stream_tcp_class, fd);
}

const struct stream_listener_class stream_ptcp_class = {
    .prefix = "ptcp",
    .needs_probes = true,
    .listen = ptcp_listen,
    .accept = ptcp_accept,
};
