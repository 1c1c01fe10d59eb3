/* Settings of TLS, and the OpenSSL context that they make. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "rpc/stream/tls_private.h"
#include "sys/log/log.h"

LOG_MODULE(stream_ssl);

/* A file, and what it looked like when it was read. */
struct tls_file {
    char *name; /* As configured; NULL: it is not. */
    char *path; /* What that means; NULL likewise. */
    struct timespec mtime;
    ino_t inode; /* 0: it was not there. */
    off_t size;
};

static struct {
    struct tls_file private_key, certificate, ca_cert, peer_ca_cert;
    bool bootstrap;
    char *protocols, *ciphers, *ciphersuites, *server_name;
    char *(*resolve)(const char *name, void *arg); /* NULL: none. */
    void *resolve_arg;
    bool changed; /* Since the context was made. */
    bool bootstraps;
    SSL_CTX *context; /* NULL: none could be made. */
} config;

static struct tls_file *const files[] = {
    &config.private_key,
    &config.certificate,
    &config.ca_cert,
    &config.peer_ca_cert,
};

/* Settings. */

static void
set(char **textp, const char *text)
{
    if (*textp && text ? strcmp(*textp, text) != 0 : *textp != text) {
        free(*textp);
        *textp = xstrdup_nullable(text);
        config.changed = true;
    }
}

void
tls_set_private_key(const char *file)
{
    set(&config.private_key.name, file);
}

void
tls_set_certificate(const char *file)
{
    set(&config.certificate.name, file);
}

void
tls_set_ca_cert(const char *file, bool bootstrap)
{
    set(&config.ca_cert.name, file);
    if (config.bootstrap != bootstrap) {
        config.bootstrap = bootstrap;
        config.changed = true;
    }
}

void
tls_set_peer_ca_cert(const char *file)
{
    set(&config.peer_ca_cert.name, file);
}

void
tls_set_protocols(const char *protocols)
{
    set(&config.protocols, protocols);
}

void
tls_set_ciphers(const char *ciphers)
{
    set(&config.ciphers, ciphers);
}

void
tls_set_ciphersuites(const char *suites)
{
    set(&config.ciphersuites, suites);
}

void
tls_set_server_name(const char *name)
{
    set(&config.server_name, name);
}

void
tls_set_resolver(char *(*resolve)(const char *name, void *arg), void *arg)
{
    config.resolve = resolve;
    config.resolve_arg = arg;
    config.changed = true;
}

const char *
tls_server_name(const char *host)
{
    return config.server_name ? config.server_name : host;
}

bool
tls_is_bootstrapping(void)
{
    return config.bootstraps;
}

bool
tls_verifies_peers(void)
{
    return config.ca_cert.path && strcmp(config.ca_cert.path, "none") != 0;
}

/* Files. */

/* The file as it is now; its path is the caller's to free. */
static struct tls_file
look_at(const struct tls_file *file)
{
    struct tls_file now = { .name = file->name };
    struct stat s;
    if (file->name) {
        now.path = config.resolve
                       ? config.resolve(file->name, config.resolve_arg)
                       : xstrdup(file->name);
    }
    if (now.path && !stat(now.path, &s)) {
        now.mtime = s.st_mtim;
        now.inode = s.st_ino;
        now.size = s.st_size;
    }
    return now;
}

static bool
same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool
is_same_file(const struct tls_file *a, const struct tls_file *b)
{
    return same_text(a->path, b->path) && a->inode == b->inode
           && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec
           && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* Whether a file is another than it was, which then is remembered. */
static bool
files_changed(void)
{
    bool changed = false;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct tls_file now = look_at(files[i]);
        changed |= !is_same_file(&now, files[i]);
        config.changed |= !same_text(now.path, files[i]->path);
        free(files[i]->path);
        *files[i] = now;
    }
    return changed;
}

/* Logs what OpenSSL complains about. */
static void
log_failure(const char *what, const char *name)
{
    CLEANUP(str_uninit) struct str s = STR_INITIALIZER;
    tls_put_errors(&s);
    log_err("%s: %s: %s", name, what, str_text(&s));
}

/* The context. */

/* Nobody is there to be asked. */
static int
no_passphrase(char *buffer UNUSED, int size UNUSED, int writing UNUSED,
              void *arg UNUSED)
{
    return -1;
}

/* Versions of TLS, oldest first. */
static const struct {
    const char *name;
    int version; /* 0: no longer offered. */
} protocols[] = {
    { "TLSv1", 0 },
    { "TLSv1.1", 0 },
    { "TLSv1.2", TLS1_2_VERSION },
    { "TLSv1.3", TLS1_3_VERSION },
};

static int
find_protocol(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (strlen(protocols[i].name) == len
            && !strncmp(protocols[i].name, name, len)) {
            return (int) i;
        }
    }
    return -1;
}

/* Enables the versions of one word: "A", "A-B" or "A+". */
static bool
enable_protocols(const char *word, bool enabled[])
{
    size_t len = strcspn(word, "-+");
    int first = find_protocol(word, len);
    int last = first;
    if (word[len] == '+') {
        last = word[len + 1] ? -1 : (int) ARRAY_SIZE(protocols) - 1;
    } else if (word[len] == '-') {
        last = find_protocol(word + len + 1, strlen(word + len + 1));
    }
    if (first < 0 || last < first) {
        log_err("%s: SSL protocol not recognized", word);
        return false;
    }
    for (int i = first; i <= last; i++) {
        enabled[i] = true;
        if (!protocols[i].version) {
            log_warn("%s is obsolete and stays disabled", protocols[i].name);
        }
    }
    return true;
}

static void
set_protocol_range(SSL_CTX *context)
{
    bool enabled[ARRAY_SIZE(protocols)] = { false };
    int min = 0, max = 0;
    CLEANUP(free_ptr) char *text = xstrdup_nullable(config.protocols);
    char *p = text;
    const char *word;
    bool ok = true;
    while (p && ok && (word = scan_token(&p, ", \t"))) {
        ok = enable_protocols(word, enabled);
    }
    for (size_t i = 0; ok && i < ARRAY_SIZE(protocols); i++) {
        if (enabled[i] && protocols[i].version) {
            min = min ? min : protocols[i].version;
            max = protocols[i].version;
        }
    }
    if (config.protocols && ok && !min) {
        log_err("%s: no usable protocol; the default is used",
                config.protocols);
    }
    tls.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION,
                     min ? min : TLS1_2_VERSION, NULL);
    tls.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, max, NULL);
}

static void
set_ciphers(SSL_CTX *context)
{
    const char *ciphers = config.ciphers ? config.ciphers : "HIGH:!aNULL:!MD5";
    if (!tls.SSL_CTX_set_cipher_list(context, ciphers)) {
        log_failure("cannot use these ciphers", ciphers);
    }
    if (config.ciphersuites
        && !tls.SSL_CTX_set_ciphersuites(context, config.ciphersuites)) {
        log_failure("cannot use these cipher suites", config.ciphersuites);
    }
}

/* The key and its certificate. */
static bool
load_identity(SSL_CTX *context)
{
    bool ok = true;
    const char *key = config.private_key.path;
    const char *cert = config.certificate.path;
    if (!key) {
        log_err("Private key must be configured to use SSL");
        ok = false;
    } else if (tls.SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM)
               != 1) {
        log_failure("cannot read private key", key);
        ok = false;
    }
    if (!cert) {
        log_err("Certificate must be configured to use SSL");
        ok = false;
    } else if (tls.SSL_CTX_use_certificate_chain_file(context, cert) != 1) {
        log_failure("cannot read certificate", cert);
        ok = false;
    }
    if (ok && !tls.SSL_CTX_check_private_key(context)) {
        log_failure("private key does not match certificate", key);
        ok = false;
    }
    return ok;
}

static bool
load_ca(SSL_CTX *context)
{
    const char *ca = config.ca_cert.path;
    int mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    config.bootstraps = false;
    if (!ca) {
        log_err("CA certificate must be configured to use SSL");
        return false;
    }
    if (!strcmp(ca, "none")) {
        log_warn("Peer certificate validation disabled (this is a security "
                 "risk)");
        mode = SSL_VERIFY_NONE;
    } else if (config.bootstrap && access(ca, F_OK) && errno == ENOENT) {
        config.bootstraps = true;
    } else if (!tls.SSL_CTX_load_verify_locations(context, ca, NULL)) {
        /* No peer will pass, which its connection tells. */
        log_failure("cannot read CA certificate", ca);
    } else {
        tls.SSL_CTX_set_client_CA_list(context,
                                       tls.SSL_load_client_CA_file(ca));
    }
    tls.SSL_CTX_set_verify(context, mode, stream_ssl_verify);
    return true;
}

static void
load_peer_ca(SSL_CTX *context)
{
    const char *name = config.peer_ca_cert.path;
    if (!name) {
        return;
    }
    FILE *file = fopen(name, "re");
    if (!file) {
        log_err("%s: cannot read CA certificate: %s", name, strerror(errno));
        return;
    }
    X509 *cert;
    while ((cert = tls.PEM_read_X509(file, NULL, NULL, NULL))) {
        if (!tls.SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, cert)) {
            log_failure("cannot send this CA certificate", name);
            tls.X509_free(cert);
        }
    }
    tls.ERR_clear_error(); /* The end of the file. */
    fclose(file);
}

static SSL_CTX *
make_context(void)
{
    SSL_CTX *context = tls.SSL_CTX_new(tls.TLS_method());
    if (!context) {
        log_failure("cannot use TLS", "OpenSSL");
        return NULL;
    }
    tls.SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION
                                         | SSL_OP_IGNORE_UNEXPECTED_EOF);
    tls.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF,
                     NULL);
    tls.SSL_CTX_ctrl(context, SSL_CTRL_MODE,
                     SSL_MODE_ENABLE_PARTIAL_WRITE
                         | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
                     NULL);
    tls.SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    set_protocol_range(context);
    set_ciphers(context);
    bool has_identity = load_identity(context);
    bool has_ca = load_ca(context);
    if (!has_identity || !has_ca) {
        tls.SSL_CTX_free(context);
        return NULL;
    }
    load_peer_ca(context);
    return context;
}

SSL_CTX *
tls_context(void)
{
    if (!tls_load()) {
        return NULL;
    }
    bool changed = files_changed();
    if (config.context && !config.changed && !changed) {
        return config.context;
    }
    tls.ERR_clear_error();
    SSL_CTX *context = make_context();
    if (context || config.changed) {
        if (config.context) {
            tls.SSL_CTX_free(config.context);
        }
        config.context = context;
        config.changed = false;
    } /* Else files are being replaced, one after the other. */
    return config.context;
}

/* Bootstrapping. */

static bool
is_self_signed(X509 *cert)
{
    return tls.X509_check_issued(cert, cert) == X509_V_OK;
}

static void
log_certificate(const char *peer, X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    CLEANUP(str_uninit) struct str fingerprint = STR_INITIALIZER;
    tls.X509_digest(cert, tls.EVP_sha1(), digest, &n);
    for (unsigned int i = 0; i < n; i++) {
        str_putf(&fingerprint, "%s%02x", i ? ":" : "", digest[i]);
    }
    char subject[256];
    tls.X509_NAME_oneline(tls.X509_get_subject_name(cert), subject,
                          sizeof subject);
    log_info("%s: trusting CA certificate of %s (fingerprint %s)", peer,
             subject, str_text(&fingerprint));
}

static bool
write_certificate(const char *name, X509 *cert)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        log_err("%s: cannot create CA certificate: %s", name, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool ok = tls.PEM_write_X509(file, cert);
    if (fclose(file) || !ok) {
        log_err("%s: cannot write CA certificate: %s", name, strerror(errno));
        unlink(name);
        return false;
    }
    return true;
}

bool
tls_bootstrap(const char *peer, SSL *ssl)
{
    const char *name = config.ca_cert.path;
    const OPENSSL_STACK *chain =
        (const OPENSSL_STACK *) tls.SSL_get_peer_cert_chain(ssl);
    int n = chain ? tls.OPENSSL_sk_num(chain) : 0;
    X509 *last = n > 0 ? tls.OPENSSL_sk_value(chain, n - 1) : NULL;
    if (!last || !is_self_signed(last)) {
        log_err("%s: cannot bootstrap CA certificate: the peer did not send "
                "the certificate of its CA",
                peer);
        return false;
    }
    if (!write_certificate(name, last)) {
        return false;
    }
    log_certificate(peer, last);
    log_info("%s: bootstrapped CA certificate into %s; connecting again to "
             "use it",
             peer, name);
    return true;
}
