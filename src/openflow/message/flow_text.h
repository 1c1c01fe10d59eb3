/* Flow texts: "priority=5,tcp,actions=normal". */

#pragma once

#include "base/error.h"
#include "openflow/message/flow.h"

/* Set of enum flow_protocol bits that can express the flow is in
 * '*usablep'.  'command' -1: the text's first word may name it.  Initializes
 * 'fm' in any case; the caller uninits it. */
struct error *flow_mod_parse(const char *text, int command,
                             const struct actions_format *,
                             struct flow_mod *fm,
                             unsigned int *usablep) WARN_UNUSED;
/* Text of requests of flow statistics. */
struct error *flow_stats_request_parse(const char *text, bool aggregate,
                                       const struct actions_format *,
                                       struct flow_stats_request *,
                                       unsigned int *usablep) WARN_UNUSED;
/* "1.5s": at most nine digits after the point, three if that is exact. */
void flow_duration_format(uint32_t sec, uint32_t nsec, struct str *);
/* " cookie=0x0, duration=..., ... actions=..." without newline. */
void flow_stats_format(const struct flow_stats *,
                       const struct actions_format *, bool with_stats,
                       struct str *);
/* Set of enum flow_protocol bits that can express the actions. */
unsigned int flow_actions_protocols(const struct actions *);
/* "OpenFlow10,NXM" of a set of protocols. */
char *flow_protocols_to_string(unsigned int protocols) WARN_UNUSED;
unsigned int flow_protocols_from_string(const char *);
