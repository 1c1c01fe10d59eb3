/* TLS: "ssl:HOST:PORT" and "pssl:[PORT][:IP]", over TCP. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rpc/stream/stream_private.h"
#include "rpc/stream/tls_private.h"
#include "sys/log/log.h"
#include "sys/socket/address.h"
#include "sys/socket/socket.h"

LOG_MODULE(stream_ssl);

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(10, 25);

struct ssl_stream {
    struct tcp_stream tcp;
    SSL *ssl;          /* NULL until TCP is connected. */
    SSL_CTX *context;  /* Until then: what it will be made of. */
    char *peer_id;     /* Common name of its certificate, or NULL. */
    char *complaint;   /* What is wrong with the peer's certificate. */
    uint32_t rx_event; /* What the last read and write waited for. */
    uint32_t tx_event;
    bool is_bootstrapping;
};

static struct ssl_stream *
ssl_cast(const struct stream *stream)
{
    return CONTAINER_OF(stream, struct ssl_stream, tcp.up);
}

/* Certificates. */

int
stream_ssl_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = tls.X509_STORE_CTX_get_ex_data(
        store, tls.SSL_get_ex_data_X509_STORE_CTX_idx());
    struct ssl_stream *s = tls.SSL_get_ex_data(ssl, 0);
    if (ok || s->is_bootstrapping) {
        return 1;
    }
    char subject[256] = "none";
    X509 *cert = tls.X509_STORE_CTX_get_current_cert(store);
    if (cert) {
        tls.X509_NAME_oneline(tls.X509_get_subject_name(cert), subject,
                              sizeof subject);
    }
    free(s->complaint);
    s->complaint = xasprintf(
        "%s (certificate of %s)",
        tls.X509_verify_cert_error_string(tls.X509_STORE_CTX_get_error(store)),
        subject);
    return 0;
}

/* Says why the peer and we parted. */
static void
log_failure(struct ssl_stream *s, const char *what, int result)
{
    CLEANUP(str_uninit) struct str reason = STR_INITIALIZER;
    tls_put_errors(&reason);
    if (s->complaint) {
        str_putf(&reason, "%s%s", reason.len ? ": " : "", s->complaint);
    }
    if (!reason.len) {
        str_put(&reason,
                result && errno ? strerror(errno) : "connection closed");
    }
    log_warn_rl(&rl, "%s: %s: %s", s->tcp.up.name, what, str_text(&reason));
}

/* Connecting. */

static bool
start_tls(struct ssl_stream *s, bool is_server)
{
    s->ssl = tls.SSL_new(s->context);
    if (!s->ssl || !tls.SSL_set_fd(s->ssl, s->tcp.up.fd)) {
        log_failure(s, "cannot use TLS", 0);
        return false;
    }
    tls.SSL_set_ex_data(s->ssl, 0, s);
    if (is_server) {
        tls.SSL_set_accept_state(s->ssl);
    } else {
        tls.SSL_set_connect_state(s->ssl);
        const char *name = tls_server_name(s->tcp.host);
        if (name) {
            tls.SSL_ctrl(s->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                         TLSEXT_NAMETYPE_host_name, (void *) name);
        }
    }
    return true;
}

static int
shake_hands(struct ssl_stream *s)
{
    tls.ERR_clear_error();
    errno = 0;
    int result = tls.SSL_do_handshake(s->ssl);
    if (result == 1) {
        return 0;
    }
    switch (tls.SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        s->rx_event = EPOLLIN;
        return EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        s->rx_event = EPOLLOUT;
        return EAGAIN;
    default:
        log_failure(s, "TLS handshake failed", result);
        return EPROTO;
    }
}

static void
note_peer_id(struct ssl_stream *s)
{
    char name[256];
    X509 *cert = tls.SSL_get1_peer_certificate(s->ssl);
    if (cert && tls_verifies_peers()
        && tls.X509_NAME_get_text_by_NID(tls.X509_get_subject_name(cert),
                                         NID_commonName, name, sizeof name)
               > 0) {
        s->peer_id = xstrdup(name);
    }
    tls.X509_free(cert);
}

static int
ssl_connect(struct stream *stream)
{
    struct ssl_stream *s = ssl_cast(stream);
    if (!s->ssl) {
        int error = socket_finish_connect(stream->fd);
        if (error) {
            return error;
        } else if (!start_tls(s, false)) {
            return EPROTO;
        }
    }
    int error = shake_hands(s);
    s->tx_event = EPOLLOUT;
    if (!error) {
        s->rx_event = EPOLLIN;
        if (s->is_bootstrapping) {
            /* Whether that worked or not: nobody knows this peer yet. */
            tls_bootstrap(stream->name, s->ssl);
            return EPROTO;
        }
        note_peer_id(s);
    }
    return error;
}

static struct ssl_stream *
ssl_init(struct ssl_stream *s)
{
    s->rx_event = EPOLLIN;
    s->tx_event = EPOLLOUT;
    s->is_bootstrapping = tls_is_bootstrapping();
    return s;
}

static int
ssl_open(struct loop *loop, const char *name, const char *rest,
         const struct stream_options *options, struct stream **streamp)
{
    SSL_CTX *context = tls_context();
    if (!context) {
        return ENOPROTOOPT;
    }
    struct stream *stream;
    int error =
        stream_open_tcp(loop, &stream_ssl_class, name, rest, options, &stream);
    if (error) {
        return error;
    }
    struct ssl_stream *s = ssl_init(ssl_cast(stream));
    s->context = context;
    tls.SSL_CTX_up_ref(context);
    *streamp = stream;
    return 0;
}

/* Data. */

/* What 'result' of a read or write means: 0 for the end, or -errno; the next
 * attempt waits for '*eventp'. */
static ssize_t
explain(struct ssl_stream *s, const char *what, int result, uint32_t *eventp)
{
    int error = errno;
    switch (tls.SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
        *eventp = EPOLLIN;
        return -EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        *eventp = EPOLLOUT;
        return -EAGAIN;
    case SSL_ERROR_SYSCALL:
        tls.ERR_clear_error();
        return error ? -error : 0;
    default:
        log_failure(s, what, result);
        return -EPROTO;
    }
}

static ssize_t
ssl_recv(struct stream *stream, void *buffer, size_t n)
{
    struct ssl_stream *s = ssl_cast(stream);
    tls.ERR_clear_error();
    errno = 0;
    int result = tls.SSL_read(s->ssl, buffer, n > INT_MAX ? INT_MAX : (int) n);
    s->rx_event = EPOLLIN;
    return result > 0 ? result
                      : explain(s, "cannot receive", result, &s->rx_event);
}

static ssize_t
ssl_send(struct stream *stream, const void *data, size_t n)
{
    struct ssl_stream *s = ssl_cast(stream);
    tls.ERR_clear_error();
    errno = 0;
    int result = tls.SSL_write(s->ssl, data, n > INT_MAX ? INT_MAX : (int) n);
    s->tx_event = EPOLLOUT;
    ssize_t sent =
        result > 0 ? result : explain(s, "cannot send", result, &s->tx_event);
    return sent ? sent : -EPIPE;
}

static uint32_t
ssl_events(const struct stream *stream, unsigned int wants)
{
    const struct ssl_stream *s = ssl_cast(stream);
    if (stream->state == STREAM_CONNECTING) {
        return s->ssl ? s->rx_event : EPOLLOUT;
    }
    return (wants & STREAM_RECV ? s->rx_event : 0)
           | (wants & STREAM_SEND ? s->tx_event : 0);
}

static bool
ssl_has_pending(const struct stream *stream)
{
    const struct ssl_stream *s = ssl_cast(stream);
    return s->ssl && tls.SSL_has_pending(s->ssl);
}

static const char *
ssl_peer_id(const struct stream *stream)
{
    return ssl_cast(stream)->peer_id;
}

static void
ssl_close(struct stream *stream)
{
    struct ssl_stream *s = ssl_cast(stream);
    if (s->ssl) {
        if (stream->state == STREAM_CONNECTED) {
            tls.SSL_shutdown(s->ssl);
        }
        tls.ERR_clear_error();
        tls.SSL_free(s->ssl);
    }
    tls.SSL_CTX_free(s->context);
    free(s->peer_id);
    free(s->complaint);
    stream_close_tcp(stream);
}

const struct stream_class stream_ssl_class = {
    .prefix = "ssl",
    .size = sizeof(struct ssl_stream),
    .needs_probes = true,
    .open = ssl_open,
    .connect = ssl_connect,
    .recv = ssl_recv,
    .send = ssl_send,
    .events = ssl_events,
    .has_pending = ssl_has_pending,
    .peer_id = ssl_peer_id,
    .close = ssl_close,
};

/* Listening. */

static int
pssl_listen(struct loop *loop, const char *name UNUSED, const char *rest,
            const struct stream_options *options,
            struct stream_listener **listenerp)
{
    /* Keys may come later. */
    return tls_load() ? stream_listen_tcp(loop, &stream_pssl_class, rest,
                                          options, listenerp)
                      : ENOPROTOOPT;
}

static struct stream *
pssl_accept(struct stream_listener *listener, int fd)
{
    struct stream *stream = stream_accept_tcp(listener, &stream_ssl_class, fd);
    struct ssl_stream *s = ssl_init(ssl_cast(stream));
    s->context = tls_context();
    if (s->context) {
        tls.SSL_CTX_up_ref(s->context);
    }
    if (!s->context || !start_tls(s, true)) {
        stream_set_fd(stream, fd, EPROTO);
    }
    return stream;
}

const struct stream_listener_class stream_pssl_class = {
    .prefix = "pssl",
    .needs_probes = true,
    .listen = pssl_listen,
    .accept = pssl_accept,
};
