/* What the files of TLS share. */

#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/str.h"
#include "rpc/stream/tls.h"

/* The functions of OpenSSL that are used.  Linking with it would add a
 * millisecond to the start of every command-line tool. */
#define TLS_FUNCTIONS(F)                  \
    F(ERR_clear_error)                    \
    F(ERR_error_string_n)                 \
    F(ERR_get_error)                      \
    F(ERR_reason_error_string)            \
    F(EVP_sha1)                           \
    F(OPENSSL_sk_num)                     \
    F(OPENSSL_sk_value)                   \
    F(PEM_read_X509)                      \
    F(PEM_write_X509)                     \
    F(SSL_CTX_check_private_key)          \
    F(SSL_CTX_ctrl)                       \
    F(SSL_CTX_free)                       \
    F(SSL_CTX_load_verify_locations)      \
    F(SSL_CTX_new)                        \
    F(SSL_CTX_set_cipher_list)            \
    F(SSL_CTX_set_ciphersuites)           \
    F(SSL_CTX_set_client_CA_list)         \
    F(SSL_CTX_set_default_passwd_cb)      \
    F(SSL_CTX_set_options)                \
    F(SSL_CTX_set_verify)                 \
    F(SSL_CTX_up_ref)                     \
    F(SSL_CTX_use_PrivateKey_file)        \
    F(SSL_CTX_use_certificate_chain_file) \
    F(SSL_ctrl)                           \
    F(SSL_do_handshake)                   \
    F(SSL_free)                           \
    F(SSL_get_error)                      \
    F(SSL_get1_peer_certificate)          \
    F(SSL_get_ex_data)                    \
    F(SSL_get_ex_data_X509_STORE_CTX_idx) \
    F(SSL_get_peer_cert_chain)            \
    F(SSL_has_pending)                    \
    F(SSL_load_client_CA_file)            \
    F(SSL_new)                            \
    F(SSL_read)                           \
    F(SSL_set_accept_state)               \
    F(SSL_set_connect_state)              \
    F(SSL_set_ex_data)                    \
    F(SSL_set_fd)                         \
    F(SSL_shutdown)                       \
    F(SSL_write)                          \
    F(TLS_method)                         \
    F(X509_NAME_get_text_by_NID)          \
    F(X509_NAME_oneline)                  \
    F(X509_STORE_CTX_get_current_cert)    \
    F(X509_STORE_CTX_get_error)           \
    F(X509_STORE_CTX_get_ex_data)         \
    F(X509_check_issued)                  \
    F(X509_digest)                        \
    F(X509_free)                          \
    F(X509_get_subject_name)              \
    F(X509_verify_cert_error_string)

struct tls_library {
#define DECLARE(NAME) __typeof__(NAME) *NAME;
    TLS_FUNCTIONS(DECLARE)
#undef DECLARE
};

extern struct tls_library tls;

/* Loads OpenSSL; false, once with a log record, if it is not there. */
bool tls_load(void);
/* Appends the errors that OpenSSL noted, and forgets them. */
void tls_put_errors(struct str *);

/* A reference to borrow: keys as they are now, or NULL after a log record that
 * says what is missing.  The next call may free it; streams hold their own. */
SSL_CTX *tls_context(void);
/* Whether the next peer's CA certificate is to be trusted and kept. */
bool tls_is_bootstrapping(void);
/* Whether certificates are worth anything. */
bool tls_verifies_peers(void);
/* Keeps the CA certificate at the end of the chain; true if that worked. */
bool tls_bootstrap(const char *peer, SSL *);
/* What to call the server 'host', or NULL. */
const char *tls_server_name(const char *host);

/* stream_ssl.c: called by OpenSSL for each certificate of a peer. */
int stream_ssl_verify(int ok, X509_STORE_CTX *);
