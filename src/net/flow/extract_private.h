/* Between the general parser and the one for common shapes. */

#pragma once

#include <stdbool.h>

struct flow;
struct packet;

/* Both fill the flow, zero from 'dl_dst' on, and set the packet's offsets. */
void extract_bytes_general(struct packet *, struct flow *);
/* False, with nothing changed, if the packet has no common shape. */
bool extract_bytes_fast(struct packet *, struct flow *);
