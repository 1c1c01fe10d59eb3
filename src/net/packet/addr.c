/* Ethernet, IPv4 and IPv6 addresses as text. */

#include "net/packet/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/scan.h"

struct eth_addr
eth_addr_random(void)
{
    struct eth_addr a;
    if (getrandom(&a, sizeof a, GRND_NONBLOCK) != sizeof a) {
        static uint32_t counter;
        uint32_t n = __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
        a = eth_addr_from_u64((uint64_t) hash_pointer(&a, n) << 16 | n);
    }
    a.bytes[0] = (a.bytes[0] & ~1) | 2;
    return a;
}

bool
eth_addr_parse(const char *text, struct eth_addr *addrp)
{
    struct eth_addr a = { { 0 } };
    for (int i = 0; i < ETH_ADDR_LEN; i++) {
        int digit = scan_hex_digit(*text);
        if (digit < 0) {
            goto bad;
        }
        a.bytes[i] = digit;
        digit = scan_hex_digit(*++text);
        if (digit >= 0) {
            a.bytes[i] = a.bytes[i] << 4 | digit;
            text++;
        }
        if (*text != (i < ETH_ADDR_LEN - 1 ? ':' : '\0')) {
            goto bad;
        }
        text++;
    }
    *addrp = a;
    return true;

bad:
    memset(addrp, 0, sizeof *addrp);
    return false;
}

void
eth_addr_format(struct eth_addr a, struct str *s)
{
    static const char digits[] = "0123456789abcdef";
    char *p = str_grow(s, 17);
    for (int i = 0; i < ETH_ADDR_LEN; i++) {
        if (i) {
            *p++ = ':';
        }
        *p++ = digits[a.bytes[i] >> 4];
        *p++ = digits[a.bytes[i] & 0xf];
    }
}

void
eth_addr_format_masked(struct eth_addr a, struct eth_addr mask, struct str *s)
{
    if (eth_addr_is_zero(mask)) {
        return;
    }
    eth_addr_format(a, s);
    if (!eth_addr_is_broadcast(mask)) {
        str_put_char(s, '/');
        eth_addr_format(mask, s);
    }
}

bool
ip4_parse(const char *text, be32 *ip)
{
    *ip = 0;
    return inet_pton(AF_INET, text, ip) == 1;
}

/* Copies what is before a '/' to 'buf', and returns what is behind it, ""
 * without one; NULL if it does not fit. */
static const char *
split_mask(const char *text, char *buf, size_t size)
{
    size_t len = strcspn(text, "/");
    if (len >= size) {
        return NULL;
    }
    memcpy(buf, text, len);
    buf[len] = '\0';
    return text[len] && text[len + 1] ? text + len + 1 : text[len] ? NULL : "";
}

bool
ip4_parse_masked(const char *text, be32 *ip, be32 *mask)
{
    char buf[INET_ADDRSTRLEN];
    uint8_t len;
    const char *rest = split_mask(text, buf, sizeof buf);
    *mask = 0;
    if (!rest || !ip4_parse(buf, ip)) {
        *ip = 0;
        return false;
    }
    if (!*rest) {
        *mask = BE32_MAX;
        return true;
    }
    if (strchr(rest, '.')) {
        return ip4_parse(rest, mask);
    }
    if (!scan_u8(rest, 10, &len) || len > 32) {
        *ip = 0;
        return false;
    }
    *mask = ip4_mask_from_len(len);
    return true;
}

void
ip4_format(be32 ip, struct str *s)
{
    str_putf(s, IP4_FMT, IP4_ARGS(ip));
}

void
ip4_format_masked(be32 ip, be32 mask, struct str *s)
{
    ip4_format(ip, s);
    if (mask == BE32_MAX) {
        return;
    }
    str_put_char(s, '/');
    if (ip4_mask_is_prefix(mask)) {
        str_put_u64(s, ip4_mask_len(mask));
    } else {
        ip4_format(mask, s);
    }
}

bool
ip6_parse(const char *text, struct ip6_addr *ip)
{
    memset(ip, 0, sizeof *ip);
    return inet_pton(AF_INET6, text, ip) == 1;
}

bool
ip6_parse_masked(const char *text, struct ip6_addr *ip, struct ip6_addr *mask)
{
    char buf[INET6_ADDRSTRLEN];
    uint8_t len;
    const char *rest = split_mask(text, buf, sizeof buf);
    memset(mask, 0, sizeof *mask);
    if (!rest || !ip6_parse(buf, ip)) {
        memset(ip, 0, sizeof *ip);
        return false;
    }
    if (!*rest) {
        memset(mask, 0xff, sizeof *mask);
        return true;
    }
    if (strchr(rest, ':')) {
        return ip6_parse(rest, mask);
    }
    if (!scan_u8(rest, 10, &len) || len > 128) {
        memset(ip, 0, sizeof *ip);
        return false;
    }
    *mask = ip6_mask_from_len(len);
    return true;
}

void
ip6_format(const struct ip6_addr *ip, struct str *s)
{
    char buf[INET6_ADDRSTRLEN];
    str_put(s, inet_ntop(AF_INET6, ip, buf, sizeof buf) ? buf : "::");
}

void
ip6_format_masked(const struct ip6_addr *ip, const struct ip6_addr *mask,
                  struct str *s)
{
    ip6_format(ip, s);
    int len = ip6_mask_len(mask);
    if (len == 128) {
        return;
    }
    str_put_char(s, '/');
    if (ip6_mask_is_prefix(mask)) {
        str_put_u64(s, len);
    } else {
        ip6_format(mask, s);
    }
}

bool
ip4_mask_is_prefix(be32 mask)
{
    uint32_t zeros = ~be32_to_host(mask);
    return !(zeros & (zeros + 1));
}

int
ip4_mask_len(be32 mask)
{
    return __builtin_popcount(mask);
}

be32
ip4_mask_from_len(int len)
{
    return be32_from_host(len ? UINT32_MAX << (32 - len) : 0);
}

bool
ip6_mask_is_prefix(const struct ip6_addr *mask)
{
    struct ip6_addr prefix = ip6_mask_from_len(ip6_mask_len(mask));
    return ip6_equal(mask, &prefix);
}

int
ip6_mask_len(const struct ip6_addr *mask)
{
    uint64_t words[2];
    memcpy(words, mask, sizeof words);
    return __builtin_popcountll(words[0]) + __builtin_popcountll(words[1]);
}

struct ip6_addr
ip6_mask_from_len(int len)
{
    struct ip6_addr mask = { { 0 } };
    memset(mask.bytes, 0xff, len / 8);
    if (len % 8) {
        mask.bytes[len / 8] = 0xff << (8 - len % 8);
    }
    return mask;
}
