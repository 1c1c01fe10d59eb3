/* From flow key to packet: the packet that flow_extract() would turn into the
 * flow, as far as there is one. */

#pragma once

#include <stddef.h>

#include "net/flow/flow.h"
#include "net/packet/packet.h"

/* Replaces the bytes of 'p' by headers of 'flow' with right lengths and
 * checksums.  'payload_size' bytes of 'payload' follow the L4 header ('payload'
 * NULL: a counting pattern of 'payload_size' bytes, or without a size 64 bytes
 * where the protocol usually has some: UDP, echoes, TCP segments in mid
 * connection). */
void packet_compose(struct packet *p, const struct flow *flow,
                    const void *payload, size_t payload_size);
/* With checksums off by one ('bad_csum') for tests. */
void packet_compose_bad_csum(struct packet *p, const struct flow *flow,
                             const void *payload, size_t payload_size);
