/* From packet to flow key, in one pass.
 *
 * Truncated or odd packets are never errors: what is not there stays zero,
 * and the layer offsets of the packet say how far it was understood. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/flow/flow.h"
#include "net/packet/packet.h"

/* How many VLAN tags are looked at, in all of the process; 0: all that a flow
 * has.  A tag more is an Ethernet type like others.  Any thread. */
void flow_set_vlan_limit(unsigned limit);

/* Fills all of 'flow' from the packet's bytes and metadata; sets the packet's
 * layer offsets. */
void flow_extract(struct packet *, struct flow *flow);

/* For the datapath: writes only the words from FLOW_PACKET_START on, and the
 * tunnel's if the packet came through one; the caller keeps the rest zero.
 * Returns the key's first word that counts: FLOW_PACKET_START or, with a
 * tunnel, FLOW_DATAPATH_START. */
unsigned flow_extract_key(struct packet *, struct flow *flow);

/* The same as flow_extract() without the straight-line code for common
 * shapes: the authority that tests compare it with. */
void flow_extract_general(struct packet *, struct flow *flow);

/* TCP flags of the packet, host order, 0 if it is not TCP; offsets and 'flow'
 * must be its own. */
static inline uint16_t
flow_tcp_flags(const struct flow *flow)
{
    return flow_is_ip(flow) && flow->nw_proto == 6
               ? be16_to_host(flow->tcp_flags)
               : 0;
}

/* The tunnel a packet came through; meaningful with PACKET_HAS_TUNNEL. */
static inline struct flow_tunnel *
packet_tunnel(struct packet *p)
{
    return (struct flow_tunnel *) p->tunnel;
}

static_assert(sizeof(struct flow_tunnel) <= PACKET_TUNNEL_SIZE, "fits");

/* Puts the flow's metadata (in_port, marks, connection, tunnel...) into the
 * packet. */
void packet_set_metadata(struct packet *, const struct flow *flow);
