/* Operations on whole flows and masks. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/flow/flow.h"

/* All bits wildcarded. */
void flow_mask_init_any(struct flow_mask *);
/* All bits exact. */
void flow_mask_init_exact(struct flow_mask *);
/* Exact in the fields that 'flow' can have, given its Ethernet type, protocol
 * and so on: the widest mask that a datapath flow of it may have. */
void flow_mask_init_for_packet(struct flow_mask *, const struct flow *flow);
/* Of the metadata what is worth telling: the input port, and fields that have
 * a value. */
void flow_mask_init_for_metadata(struct flow_mask *, const struct flow *flow);
/* dst = a | b. */
void flow_mask_or(struct flow_mask *dst, const struct flow_mask *a,
                  const struct flow_mask *b);
void flow_mask_and(struct flow_mask *dst, const struct flow_mask *a,
                   const struct flow_mask *b);
bool flow_mask_is_any(const struct flow_mask *);
/* Whether every bit of 'inner' is in 'outer'. */
bool flow_mask_contains(const struct flow_mask *outer,
                        const struct flow_mask *inner);
bool flow_mask_equal(const struct flow_mask *, const struct flow_mask *);
uint32_t flow_mask_hash(const struct flow_mask *, uint32_t basis);

bool flow_equal(const struct flow *, const struct flow *);
bool flow_equal_except(const struct flow *, const struct flow *,
                       const struct flow_mask *wildcarded_in);
/* flow &= mask. */
void flow_apply_mask(struct flow *, const struct flow_mask *);
uint32_t flow_hash(const struct flow *, uint32_t basis);
uint32_t flow_hash_masked(const struct flow *, const struct flow_mask *,
                          uint32_t basis);
/* Hash of addresses, protocol and ports that both directions of a connection
 * share. */
uint32_t flow_hash_symmetric_l4(const struct flow *, uint32_t basis);
/* Same without ports for fragments and other protocols: L3 and L4. */
uint32_t flow_hash_symmetric_l3l4(const struct flow *, uint32_t basis,
                                  bool include_udp_ports);
/* Hash of the 5-tuple. */
uint32_t flow_hash_5tuple(const struct flow *, uint32_t basis);
