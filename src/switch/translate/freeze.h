/* State of a translation that is kept for later: what a userspace action needs
 * to make a packet-in of the packet, named by a recirculation ID.
 *
 * Equal states have the same ID.  A state lives as long as somebody refers to
 * it: the datapath flow whose actions name it, or a translation's result. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/be.h"
#include "net/flow/flow.h"

struct frozen_state {
    const void *bridge;   /* Whose packet-in it is: identity only. */
    char bridge_name[32]; /* Of that bridge. */
    struct flow metadata; /* Registers, metadata, tunnel, in_port (OpenFlow)
                              * at that moment; the rest is zero. */
    uint8_t table_id;     /* Where the action was executed. */
    be64 cookie;          /* Of the rule. */
    uint8_t *userdata;    /* Of the controller action; owned. */
    size_t userdata_size;
};

struct freezer;

struct freezer *freezer_create(void);
void freezer_destroy(struct freezer *);
/* The ID of a state equal to 'state', which is copied if it is new; one
 * reference, for freezer_unref().  Never 0. */
uint32_t freezer_get(struct freezer *, const struct frozen_state *);
void freezer_ref(struct freezer *, uint32_t id);
void freezer_unref(struct freezer *, uint32_t id);
/* A copy of the state in '*statep', which the caller frees with
 * frozen_state_uninit(); false if nobody refers to it any more. */
bool freezer_find(struct freezer *, uint32_t id,
                  struct frozen_state *statep) WARN_UNUSED;
void frozen_state_uninit(struct frozen_state *);
