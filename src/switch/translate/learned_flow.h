/* A flow that the action "learn" wants to be there. */

#pragma once

#include <stdbool.h>

#include "net/flow/match.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline.h"

struct translate_learned_flow {
    unsigned int n_refs; /* Atomic. */
    struct match match;
    int priority;
    uint8_t table_id;
    be64 cookie;
    uint16_t idle_timeout;
    uint16_t hard_timeout;
    uint16_t flags;         /* RULE_*. */
    uint32_t limit;         /* Flows with this cookie there; 0: any. */
    struct actions actions; /* Owned. */
};

void translate_learned_flow_unref(struct translate_learned_flow *);
/* Adds or renews the flow; true if it is there now. */
bool translate_learned_flow_apply(const struct translate_learned_flow *,
                                  struct pipeline *, long long now_ms);
