/* Text forms of socket addresses: "IP[:PORT]", "[IPV6%SCOPE]:PORT". */

#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/str.h"

enum {
    ADDRESS_PORT_OPENFLOW = 6653, /* Default port of OpenFlow. */
    ADDRESS_PORT_OVSDB = 6640,    /* Default port of OVSDB: RFC 7047. */
};

/* Parts of an address that may name a host. */
struct address_host {
    char *host;    /* Without brackets; owned. */
    char *scope;   /* IPv6 scope after '%', or NULL; owned. */
    uint16_t port; /* 0 if the kernel chooses. */
};

void address_host_uninit(struct address_host *);
/* Parses "HOST[:PORT]", where HOST is a name, an IPv4 address, or an IPv6
 * address in brackets (also without them if no port follows).
 * 'default_port' -1: a port is required. */
struct error *address_parse_host(const char *text, int default_port,
                                 struct address_host *hostp) WARN_UNUSED;
/* The numeric address in 'host' with its port and scope; false if it is a
 * name. */
bool address_from_host(const struct address_host *host,
                       struct sockaddr_storage *ssp);
/* Parses "HOST[:PORT]" with a numeric HOST. */
struct error *address_parse_active(const char *text, int default_port,
                                   struct sockaddr_storage *ssp) WARN_UNUSED;
/* Parses "[PORT][:IP]" of a listener; without IP any address. 'default_port'
 * -1: a port is required. */
struct error *address_parse_passive(const char *text, int default_port,
                                    struct sockaddr_storage *ssp) WARN_UNUSED;
/* Whether 'text' is a numeric IPv4 or IPv6 address, without a port. */
bool address_parse_ip(const char *text, struct in6_addr *ip);

uint16_t address_port(const struct sockaddr_storage *);
void address_set_port(struct sockaddr_storage *, uint16_t port);
socklen_t address_size(const struct sockaddr_storage *);
/* Appends the address without port; IPv6 with scope, in brackets if
 * 'brackets'. */
void address_put(struct str *, const struct sockaddr_storage *, bool brackets);
/* Appends "IP:PORT" with brackets around IPv6. */
void address_put_with_port(struct str *, const struct sockaddr_storage *);
bool address_equal(const struct sockaddr_storage *,
                   const struct sockaddr_storage *);
/* Whether the address is any of the family: 0.0.0.0 or ::. */
bool address_is_any(const struct sockaddr_storage *);
