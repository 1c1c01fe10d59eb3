/* ofproto/trace: a translation told step by step. */

#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "switch/translate/forwarding.h"

struct freezer;
struct actions;
struct flow;

/* What the trace commands need to know of the switch. */
struct trace_context {
    /* Snapshots to look for bridges and datapaths in, 'n' of them. */
    const struct forwarding *const *forwardings;
    struct freezer *const *freezers; /* One for each. */
    size_t n;
    /* Parses OpenFlow actions for trace-packet-out and checks them against
     * 'flow' ('consistent': as strictly as OpenFlow 1.1 and later do); the
     * result, '*actionsp', is then the trace's. */
    struct error *(*parse_actions)(void *aux, const struct forwarding_bridge *,
                                   const char *text, const struct flow *flow,
                                   bool consistent,
                                   struct actions **actionsp) WARN_UNUSED;
    void *aux;
};

/* Runs "ofproto/trace ARGS..." ('packet_out' false) or
 * "ofproto/trace-packet-out ARGS..."; argv[0] is the command.  The report is
 * appended to 'out'; an error leaves it unchanged.  Must be called by a thread
 * that takes part in RCU. */
struct error *trace_run(const struct trace_context *, bool packet_out,
                        int argc, const char *argv[],
                        struct str *out) WARN_UNUSED;
