/* Where tunnel options lie in flow_tunnel.metadata: which bytes are
 * tun_metadata0 to tun_metadata63.
 *
 * A switch has one layout, made by the TLV table that controllers program.
 * While a thread works for a switch it names that layout as the one in force,
 * and the field functions use it.  Without one, as in tools, every match
 * makes up its own as its fields are set. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/flow/flow.h"

struct tun_layout {
    uint8_t offset4[TUN_METADATA_N_OPTS]; /* In units of 4 bytes. */
    uint8_t len[TUN_METADATA_N_OPTS];     /* Bytes, 0 if not there. */
};

/* Names the layout in force in this thread (borrowed, NULL: none) and returns
 * the one before. */
const struct tun_layout *tun_layout_use(const struct tun_layout *);
const struct tun_layout *tun_layout_in_force(void);

/* Gives option 'i' a place of 'len' bytes; false if there is no room. */
bool tun_layout_add(struct tun_layout *, unsigned i, unsigned len) WARN_UNUSED;

/* The bytes of option 'i' of 'tunnel', NULL if it has no place. */
static inline uint8_t *
tun_layout_bytes(const struct tun_layout *layout, struct flow_tunnel *tunnel,
                 unsigned i)
{
    return layout && layout->len[i] ? tunnel->metadata + layout->offset4[i] * 4
                                    : NULL;
}
