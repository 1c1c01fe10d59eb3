/* Actions and the match of their flow: consistency, adaptation, sets. */

#pragma once

#include "net/flow/match.h"
#include "openflow/action/action.h"

/* Adapts actions whose bytes depend on the flow's match: what pushes a tag if
 * there is none, and which protocol's ports are set.  For lists that come from
 * text, before they are encoded for 1.1 or later. */
void actions_resolve(struct actions *, const struct match *);

struct actions_limits {
    uint32_t max_port; /* Physical ports are below; OFPP_MAX: any. */
    uint8_t table_id;  /* goto_table must be above; 255: any. */
    uint8_t n_tables;
    uint32_t max_groups;
    uint32_t max_meter;
    bool lenient; /* As OpenFlow 1.0, whose actions do nothing to packets that
                   * lack what they set: the match need not tell. */
};

/* Consistency with the match of their flow: prerequisites, ports, order.
 * OpenFlow 1.3.5 §6.1, §5.12. */
enum ofperr actions_check(const struct actions *, const struct match *,
                          const struct actions_limits *) WARN_UNUSED;

/* The order in which a set executes: OpenFlow 1.3.5 §5.10.  Appends to 'out'
 * the actions of the action set 'written' (write_actions' lists in the order
 * they were written). */
void actions_execute_set(const struct actions *written, struct actions *out);
