/* The network service header, and integers that need no alignment. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"

/* Big-endian integers at any address. */
typedef be16 be16_u ALIGNED(1);
typedef be32 be32_u ALIGNED(1);

/* RFC 8300 §2: base and service path headers. */
struct nsh_header {
    be16_u ver_flags_ttl_len; /* Version 2, O, U, TTL 6, length 6 bits. */
    uint8_t md_type;          /* Low 4 bits. */
    uint8_t next_proto;
    be32_u path;       /* SPI 24 bits, SI 8. */
    be32_u context[4]; /* Of MD type 1. */
};

static_assert(sizeof(struct nsh_header) == 24, "RFC 8300");

enum {
    NSH_BASE_LEN = 8,
    NSH_MD1_LEN = 24,
    NSH_MAX_LEN = 256,
    NSH_MD_TYPE1 = 1,
    NSH_MD_TYPE2 = 2,
    NSH_PROTO_IPV4 = 1,
    NSH_PROTO_IPV6 = 2,
    NSH_PROTO_ETHERNET = 3,
    NSH_PROTO_NSH = 4,
    NSH_PROTO_MPLS = 5,
};

static inline size_t
nsh_header_len(const struct nsh_header *nsh)
{
    return (be16_to_host(nsh->ver_flags_ttl_len) & 0x3f) * 4;
}

static inline uint8_t
nsh_ttl(const struct nsh_header *nsh)
{
    return be16_to_host(nsh->ver_flags_ttl_len) >> 6 & 0x3f;
}

/* The 8 bits before the TTL: version, O, U; here version 2 bits in front. */
static inline uint8_t
nsh_flags(const struct nsh_header *nsh)
{
    return be16_to_host(nsh->ver_flags_ttl_len) >> 12 & 0x3;
}
