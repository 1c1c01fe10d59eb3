/* Keys and certificates of this process, for "ssl:" and "pssl:" streams.
 *
 * Settings come from the command line and, in the daemons, from the database.
 * Files are read when the next connection is made or accepted, and again
 * whenever they change.  OpenSSL is loaded only then: programs that do not use
 * TLS do not wait for it.
 *
 * Everything belongs to the main thread. */

#pragma once

#include <stdbool.h>

#include "sys/process/options.h"

/* NULL: none.  Texts are copied. */
void tls_set_private_key(const char *file);
void tls_set_certificate(const char *file);
/* "none": peers are not verified.  'bootstrap': a file that is not there is
 * fetched from the first peer. */
void tls_set_ca_cert(const char *file, bool bootstrap);
/* Certificates to send along, so that peers can bootstrap. */
void tls_set_peer_ca_cert(const char *file);
/* "TLSv1.2", "TLSv1.3" in a list; a range "A-B"; "A+".  NULL: the default. */
void tls_set_protocols(const char *protocols);
/* In OpenSSL's syntax; of TLS 1.2, and of TLS 1.3.  NULL: the default. */
void tls_set_ciphers(const char *ciphers);
void tls_set_ciphersuites(const char *suites);
/* What to call the server (SNI), instead of the remote's host name. */
void tls_set_server_name(const char *name);
/* Names of files are given to 'resolve' whenever a connection is made; it
 * returns the file's path on the heap, or NULL if there is none. */
void tls_set_resolver(char *(*resolve)(const char *name, void *arg),
                      void *arg);

/* -p, -c, -C, --ssl-protocols, --ssl-ciphers, --ssl-ciphersuites,
 * --ssl-server-name; the other two where a program has them. */
extern const struct option_group tls_option_group;
extern const struct option_group tls_bootstrap_option_group;
extern const struct option_group tls_peer_option_group;
/* Their part of --help. */
void tls_print_help(bool bootstrap, bool peer);
