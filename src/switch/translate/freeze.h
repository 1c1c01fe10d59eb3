/* State of a translation that is kept for later, named by a recirculation ID:
 * what a userspace action needs to make a packet-in of the packet, or what is
 * left to do when the datapath sends the packet round again.
 *
 * Equal states have the same ID.  A state lives as long as somebody refers to
 * it: the datapath flow whose actions name it, or a translation's result; and
 * a second more, as packets may be on their way round. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/be.h"
#include "net/flow/flow.h"

/* Bytes that a state owns. */
enum frozen_part {
    FROZEN_USERDATA,   /* Of the controller action. */
    FROZEN_STACK,      /* Values pushed. */
    FROZEN_ACTION_SET, /* As struct actions has it. */
    FROZEN_REST,       /* Of struct frozen_list: actions to execute. */
    FROZEN_N_PARTS
};

struct frozen_bytes {
    uint8_t *data;
    size_t size;
};

/* What is left of one list of actions; they follow. */
struct frozen_list {
    be64 cookie; /* Of the rule that the list is of. */
    uint8_t table_id;
    uint8_t kind; /* enum action_list_kind. */
    uint8_t pad[2];
    uint32_t size; /* Of the actions; a multiple of 8. */
};

struct frozen_state {
    const void *bridge;   /* Whose packet-in it is: identity only. */
    char bridge_name[32]; /* Of that bridge. */
    struct flow metadata; /* Registers, metadata, tunnel, in_port (OpenFlow)
                              * at that moment; the rest is zero. */
    uint8_t table_id;     /* Where the action was executed. */
    be64 cookie;          /* Of the rule. */
    struct frozen_bytes parts[FROZEN_N_PARTS];
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
 * frozen_state_uninit(); false if it is gone. */
bool freezer_find(struct freezer *, uint32_t id,
                  struct frozen_state *statep) WARN_UNUSED;
void frozen_state_uninit(struct frozen_state *);
