/* Parts that flow messages share. Internal to this module. */

#pragma once

#include "openflow/message/flow.h"

enum { FLOW_OF10_ALL_WILDCARDS = 0x3fffff };

/* FLOW_MOD_* that a version has. */
uint16_t flow_flags_of_version(uint8_t version);

/* Appends NXM entries and padding, and sets the be16 at 'len_at' to their
 * length without padding. */
void flow_put_nx_match(struct writer *, size_t len_at, const struct match *,
                       be64 cookie, be64 cookie_mask);
enum ofperr flow_get_nx_match(struct reader *, uint16_t len, struct match *,
                              be64 *cookie, be64 *cookie_mask) WARN_UNUSED;

enum {
    FLOW_OXS_DURATION = 1 << 0,
    FLOW_OXS_IDLE_TIME = 1 << 1,
    FLOW_OXS_FLOWS = 1 << 3,
    FLOW_OXS_PACKETS = 1 << 4,
    FLOW_OXS_BYTES = 1 << 5,
};

/* Statistics of OpenFlow 1.5.1 §7.2.5; what is not in 'has' reads as
 * unknown. */
struct flow_oxs {
    unsigned int has; /* FLOW_OXS_*: bits by type. */
    uint32_t duration_sec, duration_nsec;
    uint32_t idle_sec;
    uint32_t n_flows;
    uint64_t n_packets, n_bytes;
};

void flow_put_oxs(struct writer *, const struct flow_oxs *);
enum ofperr flow_get_oxs(struct reader *, struct flow_oxs *) WARN_UNUSED;
