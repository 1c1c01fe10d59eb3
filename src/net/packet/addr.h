/* Ethernet, IPv4 and IPv6 addresses: values, text, classes. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"
#include "base/str.h"

struct eth_addr {
    uint8_t bytes[6];
};

struct ip6_addr {
    uint8_t bytes[16];
};

#define ETH_ADDR_LEN 6
#define ETH_ADDR_FMT "%02x:%02x:%02x:%02x:%02x:%02x"
#define ETH_ADDR_ARGS(a)                                                  \
    (a).bytes[0], (a).bytes[1], (a).bytes[2], (a).bytes[3], (a).bytes[4], \
        (a).bytes[5]
#define IP4_FMT "%u.%u.%u.%u"
#define IP4_ARGS(be)                                         \
    be32_to_host(be) >> 24, (be32_to_host(be) >> 16) & 0xff, \
        (be32_to_host(be) >> 8) & 0xff, be32_to_host(be) & 0xff

static inline bool
eth_addr_equal(struct eth_addr a, struct eth_addr b)
{
    return !memcmp(&a, &b, sizeof a);
}

static inline bool
eth_addr_is_zero(struct eth_addr a)
{
    static const struct eth_addr zero;
    return eth_addr_equal(a, zero);
}

static inline bool
eth_addr_is_multicast(struct eth_addr a)
{
    return a.bytes[0] & 1;
}

static inline bool
eth_addr_is_local(struct eth_addr a)
{
    return a.bytes[0] & 2;
}

static inline bool
eth_addr_is_broadcast(struct eth_addr a)
{
    return (a.bytes[0] & a.bytes[1] & a.bytes[2] & a.bytes[3] & a.bytes[4]
            & a.bytes[5])
           == 0xff;
}

/* The address as a 48-bit integer, host order, and back. */
static inline uint64_t
eth_addr_to_u64(struct eth_addr a)
{
    return (uint64_t) get_be16(a.bytes) << 32 | get_be32(a.bytes + 2);
}

static inline struct eth_addr
eth_addr_from_u64(uint64_t x)
{
    struct eth_addr a;
    put_be16(a.bytes, x >> 32);
    put_be32(a.bytes + 2, x);
    return a;
}

/* IEEE 802.1Q: 01-80-C2-00-00-0x, never forwarded by a bridge. */
static inline bool
eth_addr_is_reserved(struct eth_addr a)
{
    return (eth_addr_to_u64(a) & ~UINT64_C(0xf)) == UINT64_C(0x0180c2000000);
}

static inline bool
ip6_is_zero(const struct ip6_addr *a)
{
    uint64_t words[2];
    memcpy(words, a, sizeof words);
    return !(words[0] | words[1]);
}

static inline bool
ip6_equal(const struct ip6_addr *a, const struct ip6_addr *b)
{
    return !memcmp(a, b, sizeof *a);
}

/* A random locally administered unicast address. */
struct eth_addr eth_addr_random(void);
/* Exactly "xx:xx:xx:xx:xx:xx", one or two hex digits each. */
bool eth_addr_parse(const char *, struct eth_addr *) WARN_UNUSED;
void eth_addr_format(struct eth_addr, struct str *);
/* "value" or "value/mask"; nothing if the mask is zero. */
void eth_addr_format_masked(struct eth_addr, struct eth_addr mask,
                            struct str *);
bool ip4_parse(const char *, be32 *) WARN_UNUSED;
/* "a.b.c.d", "a.b.c.d/len" or "a.b.c.d/mask". */
bool ip4_parse_masked(const char *, be32 *ip, be32 *mask) WARN_UNUSED;
void ip4_format(be32, struct str *);
/* "a.b.c.d", "/len" after it for a prefix, "/m.m.m.m" for other masks. */
void ip4_format_masked(be32 ip, be32 mask, struct str *);
bool ip6_parse(const char *, struct ip6_addr *) WARN_UNUSED;
bool ip6_parse_masked(const char *, struct ip6_addr *ip,
                      struct ip6_addr *mask) WARN_UNUSED;
/* RFC 5952. */
void ip6_format(const struct ip6_addr *, struct str *);
void ip6_format_masked(const struct ip6_addr *, const struct ip6_addr *mask,
                       struct str *);
/* Whether the ones of 'mask' are all before its zeros, and how many. */
bool ip4_mask_is_prefix(be32 mask);
int ip4_mask_len(be32 mask);
be32 ip4_mask_from_len(int len);
bool ip6_mask_is_prefix(const struct ip6_addr *);
int ip6_mask_len(const struct ip6_addr *);
struct ip6_addr ip6_mask_from_len(int len);

static inline bool
ip4_is_multicast(be32 ip)
{
    return (be32_to_host(ip) & 0xf0000000) == 0xe0000000;
}

/* 224.0.0.0/24: never pruned by snooping. */
static inline bool
ip4_is_local_multicast(be32 ip)
{
    return (be32_to_host(ip) & 0xffffff00) == 0xe0000000;
}

static inline bool
ip6_is_multicast(const struct ip6_addr *ip)
{
    return ip->bytes[0] == 0xff;
}
