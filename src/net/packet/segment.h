/* Segmentation in software, for ports without the offload. */

#pragma once

#include <stddef.h>

#include "net/packet/packet.h"

/* Number of packets that 'p' stands for; 1 without GSO. */
size_t packet_n_segments(const struct packet *p);

/* Called for each segment, which it then owns. */
typedef void packet_segment_callback(struct packet *, void *arg);

/* Cuts 'p', whose gso_type and offsets are set, into segments with checksums
 * filled in and passes each to 'callback'.  Takes ownership of 'p'.  A packet
 * without GSO is passed on as it is; one that cannot be cut (headers do not
 * fit the type) is dropped and false returned. */
bool packet_segment(struct packet *p, packet_segment_callback *callback,
                    void *arg);
