/* Command-line options of TLS. */

#include <stdio.h>

#include "base/mem.h"
#include "rpc/stream/tls.h"

enum {
    OPT_PRIVATE_KEY,
    OPT_CERTIFICATE,
    OPT_CA_CERT,
    OPT_BOOTSTRAP,
    OPT_PEER_CA_CERT,
    OPT_PROTOCOLS,
    OPT_CIPHERS,
    OPT_CIPHERSUITES,
    OPT_SERVER_NAME,
};

static struct error *
handle(int id, const char *argument, void *arg UNUSED)
{
    static void (*const setters[])(const char *) = {
        [OPT_PRIVATE_KEY] = tls_set_private_key,
        [OPT_CERTIFICATE] = tls_set_certificate,
        [OPT_PEER_CA_CERT] = tls_set_peer_ca_cert,
        [OPT_PROTOCOLS] = tls_set_protocols,
        [OPT_CIPHERS] = tls_set_ciphers,
        [OPT_CIPHERSUITES] = tls_set_ciphersuites,
        [OPT_SERVER_NAME] = tls_set_server_name,
    };
    if (id == OPT_CA_CERT || id == OPT_BOOTSTRAP) {
        tls_set_ca_cert(argument, id == OPT_BOOTSTRAP);
    } else {
        setters[id](argument);
    }
    return NULL;
}

static const struct option_spec specs[] = {
    { "private-key", 'p', OPTION_REQUIRED_ARGUMENT, OPT_PRIVATE_KEY },
    { "certificate", 'c', OPTION_REQUIRED_ARGUMENT, OPT_CERTIFICATE },
    { "ca-cert", 'C', OPTION_REQUIRED_ARGUMENT, OPT_CA_CERT },
    { "ssl-protocols", 0, OPTION_REQUIRED_ARGUMENT, OPT_PROTOCOLS },
    { "ssl-ciphers", 0, OPTION_REQUIRED_ARGUMENT, OPT_CIPHERS },
    { "ssl-ciphersuites", 0, OPTION_REQUIRED_ARGUMENT, OPT_CIPHERSUITES },
    { "ssl-server-name", 0, OPTION_REQUIRED_ARGUMENT, OPT_SERVER_NAME },
};

static const struct option_spec bootstrap_specs[] = {
    { "bootstrap-ca-cert", 0, OPTION_REQUIRED_ARGUMENT, OPT_BOOTSTRAP },
};

static const struct option_spec peer_specs[] = {
    { "peer-ca-cert", 0, OPTION_REQUIRED_ARGUMENT, OPT_PEER_CA_CERT },
};

const struct option_group tls_option_group = { specs, ARRAY_SIZE(specs),
                                               handle, NULL };
const struct option_group tls_bootstrap_option_group = {
    bootstrap_specs, ARRAY_SIZE(bootstrap_specs), handle, NULL
};
const struct option_group tls_peer_option_group = { peer_specs,
                                                    ARRAY_SIZE(peer_specs),
                                                    handle, NULL };

void
tls_print_help(bool bootstrap, bool peer)
{
    printf("\nTLS options (ssl: and pssl: need the first three):\n"
           "  -p, --private-key=FILE      this program's private key\n"
           "  -c, --certificate=FILE      certificate of that key\n"
           "  -C, --ca-cert=FILE          CA that signed the peers' "
           "certificates;\n"
           "                              \"none\": peers are not verified\n");
    if (bootstrap) {
        printf("  --bootstrap-ca-cert=FILE    the same, fetched from the "
               "first peer\n"
               "                              if FILE does not exist\n");
    }
    if (peer) {
        printf("  --peer-ca-cert=FILE         CA certificates to send to "
               "peers\n");
    }
    printf("  --ssl-protocols=PROTOS      versions of TLS to enable\n"
           "  --ssl-ciphers=CIPHERS       ciphers for TLS 1.2\n"
           "  --ssl-ciphersuites=SUITES   cipher suites for TLS 1.3\n"
           "  --ssl-server-name=NAME      server's name to ask for (SNI)\n");
}
