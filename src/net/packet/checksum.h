/* Internet checksums: RFC 1071, RFC 1624, and CRC-32C of SCTP. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "net/packet/addr.h"

struct ip4_header;
struct ip6_header;
struct packet;

/* Partial sums add 16-bit words in wire order; begin with 0. */
uint32_t csum_add16(uint32_t partial, be16 word);
uint32_t csum_add32(uint32_t partial, be32 word);
/* 'size' must be even unless these are the last bytes. */
uint32_t csum_continue(uint32_t partial, const void *data, size_t size);
/* The checksum as it goes into the header. */
be16 csum_finish(uint32_t partial);
be16 csum(const void *data, size_t size);

/* The checksum after a field it covers changes: RFC 1624. */
be16 csum_update16(be16 old_csum, be16 old_word, be16 new_word);
be16 csum_update32(be16 old_csum, be32 old_word, be32 new_word);
be16 csum_update128(be16 old_csum, const struct ip6_addr *old_addr,
                    const struct ip6_addr *new_addr);

/* Partial sums of the pseudo headers; 'len' is of L4, host order. */
uint32_t csum_pseudo4(be32 src, be32 dst, uint8_t proto, uint16_t len);
uint32_t csum_pseudo6(const struct ip6_addr *src, const struct ip6_addr *dst,
                      uint8_t proto, uint32_t len);

/* CRC-32C of an SCTP packet whose checksum field counts as zero, as the
 * field holds it. */
be32 csum_sctp(const void *sctp, size_t size);

/* Fills in what PACKET_L4_CSUM_PARTIAL and PACKET_L3_CSUM_DEFER left open;
 * offsets need not be set. */
void packet_complete_csum(struct packet *);
/* Computes IPv4 header and L4 checksums of a packet whose offsets are set,
 * except those of fragments. */
void packet_fill_csum(struct packet *);
/* Whether the L4 checksum of the packet, whose offsets are set, is right
 * (UDP's 0 counts as right); false if it cannot be verified. */
bool packet_l4_csum_ok(const struct packet *);
