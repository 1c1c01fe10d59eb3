/* Socket addresses as text. */

#include "sys/socket/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"

void
address_host_uninit(struct address_host *h)
{
    free(h->host);
    free(h->scope);
    *h = (struct address_host){ NULL, NULL, 0 };
}

/* Splits "HOST:PORT", "[HOST]:PORT" or a bare IPv6 address; 'host' is cut in
 * place.  '*portp' is NULL if there is none. */
static bool
split_host(char *text, char **hostp, char **portp)
{
    *hostp = text;
    *portp = NULL;
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':')) {
            return false;
        }
        *end = '\0';
        *hostp = text + 1;
        *portp = end[1] ? end + 2 : NULL;
    } else {
        char *colon = strchr(text, ':');
        if (colon && !strchr(colon + 1, ':')) {
            *colon = '\0';
            *portp = colon + 1;
        }
    }
    return true;
}

struct error *
address_parse_host(const char *text, int default_port,
                   struct address_host *hostp)
{
    char *copy = xstrdup(text);
    char *host, *port;
    struct error *error = NULL;
    *hostp = (struct address_host){ NULL, NULL, 0 };
    if (!split_host(copy, &host, &port)) {
        error = error_create("%s: bad peer name format", text);
    } else if (!*host) {
        error = error_create("%s: host must be specified", text);
    } else if (port && *port) {
        if (!scan_u16(port, 10, &hostp->port)) {
            error = error_create("%s: bad port number \"%s\"", text, port);
        }
    } else if (default_port < 0) {
        error = error_create("%s: port must be specified", text);
    } else {
        hostp->port = default_port;
    }
    if (!error) {
        /* Only IPv6 addresses have scopes: RFC 4007 §11. */
        char *percent = strchr(host, ':') ? strchr(host, '%') : NULL;
        if (percent) {
            *percent = '\0';
            hostp->scope = xstrdup(percent + 1);
        }
        hostp->host = xstrdup(host);
    }
    free(copy);
    return error;
}

static bool
parse_scope(const char *text, uint32_t *scopep)
{
    *scopep = 0;
    if (!text) {
        return true;
    } else if (scan_u32(text, 10, scopep)) {
        return true;
    }
    *scopep = if_nametoindex(text);
    return *scopep != 0;
}

bool
address_from_host(const struct address_host *host,
                  struct sockaddr_storage *ssp)
{
    struct in6_addr ip6;
    struct in_addr ip4;
    memset(ssp, 0, sizeof *ssp);
    if (!host->scope && inet_pton(AF_INET, host->host, &ip4) == 1) {
        struct sockaddr_in *sin = (struct sockaddr_in *) ssp;
        sin->sin_family = AF_INET;
        sin->sin_addr = ip4;
        sin->sin_port = htons(host->port);
        return true;
    }
    uint32_t scope;
    if (inet_pton(AF_INET6, host->host, &ip6) == 1
        && parse_scope(host->scope, &scope)) {
        struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *) ssp;
        sin6->sin6_family = AF_INET6;
        sin6->sin6_addr = ip6;
        sin6->sin6_port = htons(host->port);
        sin6->sin6_scope_id = scope;
        return true;
    }
    return false;
}

struct error *
address_parse_active(const char *text, int default_port,
                     struct sockaddr_storage *ssp)
{
    struct address_host host;
    memset(ssp, 0, sizeof *ssp);
    struct error *error = address_parse_host(text, default_port, &host);
    if (error) {
        return error;
    }
    if (!address_from_host(&host, ssp)) {
        error =
            host.scope
                ? error_create("%s: bad IPv6 address or scope", text)
                : error_create("%s: bad IP address \"%s\"", text, host.host);
    }
    address_host_uninit(&host);
    return error;
}

struct error *
address_parse_passive(const char *text, int default_port,
                      struct sockaddr_storage *ssp)
{
    size_t len = strcspn(text, ":");
    char *port = xmemdup0(text, len);
    const char *ip = text[len] ? text + len + 1 : "";
    struct address_host host = { NULL, NULL, 0 };
    struct error *error = NULL;

    memset(ssp, 0, sizeof *ssp);
    if (len ? !scan_u16(port, 10, &host.port) : default_port < 0) {
        error = len ? error_create("%s: bad port number \"%s\"", text, port)
                    : error_create("%s: port must be specified", text);
        goto out;
    } else if (!len) {
        host.port = default_port;
    }
    if (!*ip) {
        /* Any address, IPv6 and, through mapped ones, IPv4. */
        struct sockaddr_in *sin = (struct sockaddr_in *) ssp;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(host.port);
        goto out;
    }
    struct address_host named;
    uint16_t chosen = host.port;
    error = address_parse_host(ip, chosen, &named);
    if (!error) {
        named.port = chosen;
        if (!address_from_host(&named, ssp)) {
            error = error_create("%s: bad IP address \"%s\"", text, ip);
        }
        address_host_uninit(&named);
    }
out:
    free(port);
    return error;
}

bool
address_parse_ip(const char *text, struct in6_addr *ip)
{
    struct in_addr ip4;
    memset(ip, 0, sizeof *ip);
    if (inet_pton(AF_INET, text, &ip4) == 1) {
        ip->s6_addr[10] = ip->s6_addr[11] = 0xff;
        memcpy(&ip->s6_addr[12], &ip4, sizeof ip4);
        return true;
    }
    return inet_pton(AF_INET6, text, ip) == 1;
}

uint16_t
address_port(const struct sockaddr_storage *ss)
{
    switch (ss->ss_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *) ss)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *) ss)->sin6_port);
    default:
        return 0;
    }
}

void
address_set_port(struct sockaddr_storage *ss, uint16_t port)
{
    if (ss->ss_family == AF_INET) {
        ((struct sockaddr_in *) ss)->sin_port = htons(port);
    } else if (ss->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *) ss)->sin6_port = htons(port);
    }
}

socklen_t
address_size(const struct sockaddr_storage *ss)
{
    return ss->ss_family == AF_INET    ? sizeof(struct sockaddr_in)
           : ss->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                       : sizeof *ss;
}

void
address_put(struct str *s, const struct sockaddr_storage *ss, bool brackets)
{
    char text[INET6_ADDRSTRLEN];
    if (ss->ss_family == AF_INET) {
        const struct sockaddr_in *sin = (const struct sockaddr_in *) ss;
        str_put(s, inet_ntop(AF_INET, &sin->sin_addr, text, sizeof text));
        return;
    } else if (ss->ss_family != AF_INET6) {
        str_put(s, "<unknown>");
        return;
    }
    const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *) ss;
    str_put(s, brackets ? "[" : "");
    str_put(s, inet_ntop(AF_INET6, &sin6->sin6_addr, text, sizeof text));
    if (sin6->sin6_scope_id) {
        char name[IF_NAMESIZE];
        if (if_indextoname(sin6->sin6_scope_id, name)) {
            str_putf(s, "%%%s", name);
        } else {
            str_putf(s, "%%%u", sin6->sin6_scope_id);
        }
    }
    str_put(s, brackets ? "]" : "");
}

void
address_put_with_port(struct str *s, const struct sockaddr_storage *ss)
{
    address_put(s, ss, true);
    str_putf(s, ":%u", address_port(ss));
}

bool
address_equal(const struct sockaddr_storage *a,
              const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family || address_port(a) != address_port(b)) {
        return false;
    } else if (a->ss_family == AF_INET) {
        return ((const struct sockaddr_in *) a)->sin_addr.s_addr
               == ((const struct sockaddr_in *) b)->sin_addr.s_addr;
    } else if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *x = (const struct sockaddr_in6 *) a;
        const struct sockaddr_in6 *y = (const struct sockaddr_in6 *) b;
        return x->sin6_scope_id == y->sin6_scope_id
               && !memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr);
    }
    return false;
}

bool
address_is_any(const struct sockaddr_storage *ss)
{
    if (ss->ss_family == AF_INET) {
        return !((const struct sockaddr_in *) ss)->sin_addr.s_addr;
    }
    return ss->ss_family == AF_INET6
           && IN6_IS_ADDR_UNSPECIFIED(
               &((const struct sockaddr_in6 *) ss)->sin6_addr);
}
