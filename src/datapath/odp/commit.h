/* Commit: the actions that make a packet with one key a packet with
 * another. */

#pragma once

#include <stdbool.h>

#include "base/writer.h"
#include "net/flow/flow.h"

/* Appends the actions that turn 'base' into 'want' and makes 'base' equal to
 * it where they do.  Bits of the fields that must be matched for the actions
 * to be right are added to 'mask'.  'use_masked': the datapath knows
 * set_masked.  'pending_decap', tunnels and conntrack are not its concern:
 * see odp_commit_tunnel(). */
void odp_commit(const struct flow *want, struct flow *base, struct writer *,
                struct flow_mask *mask, bool use_masked);
/* The same for the tunnel that the packet is sent into; only if it differs.
 */
void odp_commit_tunnel(const struct flow *want, struct flow *base,
                       struct writer *);
