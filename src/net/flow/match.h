/* A match: a flow with a mask, as a flow entry has it.  Bits outside of the
 * mask are zero in the flow. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "net/flow/flow.h"
#include "net/flow/mask.h"
#include "net/flow/tun_layout.h"

struct port_names;

struct match {
    struct flow flow;
    struct flow_mask mask;
    struct tun_layout tun_layout; /* Own places of tunnel options. */
};

/* Matches everything. */
void match_init_any(struct match *);
/* Matches what 'flow' has in 'mask'. */
void match_init(struct match *, const struct flow *,
                const struct flow_mask *mask);
/* Clears the flow's bits outside of the mask. */
void match_zero_wildcarded(struct match *);
bool match_equal(const struct match *, const struct match *);
uint32_t match_hash(const struct match *, uint32_t basis);
bool match_is_any(const struct match *);
/* Whether 'flow' meets the match. */
bool match_flow(const struct match *, const struct flow *flow);
/* Whether a flow could meet both. */
bool match_overlap(const struct match *, const struct match *);
/* Whether every flow that meets 'narrow' meets 'wide'. */
bool match_subset(const struct match *narrow, const struct match *wide);

/* The text that ovs-ofctl and the logs use: "tcp,in_port=1,nw_dst=10.0.0.0/8".
 * With 'priority' (not INT32_MIN) it begins with "priority=N" unless it is the
 * default 32768. */
void match_format(const struct match *, int priority,
                  const struct port_names *names, struct str *);
char *match_to_string(const struct match *, int priority,
                      const struct port_names *names) WARN_UNUSED;
/* The same for a flow with all of its fields: "in_port=1,vlan_tci=0x0000,...".
 */
void flow_format(const struct flow *, const struct port_names *names,
                 struct str *);
/* The same of what is in a packet's bytes: without the input port. */
void flow_format_packet(const struct flow *, struct str *);
/* A mask as the Megaflow line of traces prints it, over 'flow'. */
void flow_mask_format(const struct flow *flow, const struct flow_mask *,
                      const struct port_names *names, struct str *);
/* Parses fields of a flow text ("in_port=1,dl_src=...") for ofproto/trace. */
struct error *flow_parse(const char *text, const struct port_names *names,
                         struct flow *flowp,
                         struct flow_mask *maskp) WARN_UNUSED;

/* Adds to the match what one KEY or KEY=VALUE of a flow text says: a protocol
 * word ("tcp"; 'value' NULL or ""), a field by any of its names, or a part of
 * one ("reg0[0..7]").  An unknown key is an error, "unknown keyword KEY". */
struct error *match_parse_key(struct match *, const char *key,
                              const char *value,
                              const struct port_names *names) WARN_UNUSED;
/* Whether 'key' is a protocol word such as "tcp". */
bool match_key_is_protocol(const char *key);
/* Drops fields whose prerequisites the match does not have, as ports without
 * a protocol.  True if that changed it; the caller logs (INFO of module
 * ofp_match) "normalization changed ofp_match, details:", " pre: MATCH" and
 * "post: MATCH". */
bool match_normalize(struct match *);
/* A whole match text, "tcp,tp_dst=80". */
struct error *match_parse(const char *text, const struct port_names *names,
                          struct match *) WARN_UNUSED;
