/* Output: to ports, through patch ports into other bridges, to controllers. */

#include <stdio.h>

#include "datapath/odp/action.h"
#include "datapath/odp/commit.h"
#include "net/flow/ofp_port.h"
#include "switch/translate/translate_private.h"

void
translator_commit(struct translator *t)
{
    odp_commit(&t->flow, &t->base, &t->out->actions, &t->looked_commit);
}

/* Continues in the bridge of the patch port's peer, as if the packet came in
 * there; then everything is as it was, as packets of an output are copies. */
static void
output_to_peer(struct translator *t, const struct forwarding_port *peer)
{
    struct flow saved_flow = t->flow;
    const struct forwarding_bridge *saved_bridge = t->bridge;
    classifier_version saved_version = t->version;
    const struct rule *saved_rule = t->rule;
    uint8_t saved_table = t->table_id;
    be64 saved_cookie = t->cookie;
    struct actions *saved_set = t->action_set;
    struct writer saved_stack = t->stack;
    struct trace_list *saved_trace = t->trace;

    t->flow.in_port = peer->ofport;
    t->flow.metadata = 0;
    memset(t->flow.regs, 0, sizeof t->flow.regs);
    t->flow.actset_output = OFPP_UNSET;
    t->bridge = peer->bridge;
    t->version = pipeline_version(peer->bridge->pipeline);
    t->action_set = NULL;
    t->stack = (struct writer) WRITER_INITIALIZER;
    translator_enter_bridge(t);
    if (!(peer->config & (FORWARDING_NO_RECV | FORWARDING_PORT_DOWN))) {
        size_t actions_size = t->out->actions.size;
        struct flow base = t->base;
        translator_run_table(t, peer->ofport, 0, true);
        if (!peer->stp_forwards) {
            /* Learning only: nothing that was output counts. */
            writer_truncate(&t->out->actions, actions_size);
            t->base = base;
        } else if (!t->exit_all) {
            translator_execute_action_set(t);
        }
    }
    translator_drop_action_set(t);
    writer_uninit(&t->stack);

    t->exit = false;
    t->trace = saved_trace;
    t->stack = saved_stack;
    t->action_set = saved_set;
    t->cookie = saved_cookie;
    t->table_id = saved_table;
    t->rule = saved_rule;
    t->version = saved_version;
    t->bridge = saved_bridge;
    t->flow = saved_flow;
}

/* Why nothing may be sent to 'port', or NULL. */
static const char *
refuse_output(const struct translator *t, const struct forwarding_port *port)
{
    if (port->config & (FORWARDING_NO_FWD | FORWARDING_PORT_DOWN)) {
        return "OFPPC_NO_FWD set, skipping output";
    }
    if (!port->stp_forwards) {
        return "STP not in forwarding state, skipping output";
    }
    const struct forwarding_port *in
        = forwarding_find_ofport(t->bridge, t->flow.in_port);
    if (in && in->bundle && port->bundle && in->bundle->is_protected
        && port->bundle->is_protected) {
        return "Flow is between protected ports, skipping output.";
    }
    return NULL;
}

void
translator_output_port(struct translator *t, uint32_t ofport)
{
    const struct forwarding_port *port
        = forwarding_find_ofport(t->bridge, ofport);
    if (!port) {
        translator_report(t, TRACE_WARN, "Nonexistent output port");
        return;
    }
    const char *refusal = refuse_output(t, port);
    if (refusal) {
        translator_report(t, TRACE_DETAIL, "%s", refusal);
        return;
    }
    if (port->is_patch) {
        if (port->peer) {
            output_to_peer(t, port->peer);
        } else {
            translator_report(t, TRACE_WARN, "Nonexistent patch port peer");
        }
        return;
    }
    if (port->odp_port == ODP_PORT_NONE) {
        return;
    }
    translator_commit(t);
    odp_put_output(&t->out->actions, port->odp_port);
    t->out->nf_output = ofport;
}

void
translator_flood(struct translator *t, bool all)
{
    const struct forwarding_bridge *b = t->bridge;
    VEC(uint32_t) ofports = VEC_INITIALIZER;
    const struct forwarding_port *port;
    HMAP_FOR_EACH (port, ofport_node, &b->ports) {
        if (port->ofport != t->flow.in_port
            && (all || !(port->config & FORWARDING_NO_FLOOD))) {
            vec_push(&ofports, port->ofport);
        }
    }
    if (ofports.n) {
        qsort(ofports.items, ofports.n, sizeof *ofports.items,
              compare_ofports);
    }
    for (size_t i = 0; i < ofports.n; i++) {
        translator_output_port(t, ofports.items[i]);
    }
    vec_uninit(&ofports);
    t->out->nf_output = OFPP_FLOOD;
}
