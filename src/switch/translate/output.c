/* Output: to ports, through patch ports into other bridges, to controllers. */

#include "datapath/odp/action.h"
#include "datapath/odp/commit.h"
#include "net/flow/ofp_port.h"
#include "switch/translate/translate_private.h"

/* What an IP header's change asks to be matched besides its own fields. */
static void
mask_ip_protocol(struct translator *t)
{
    const struct flow *flow = &t->flow, *start = &t->start;
    if (flow_is_ip(flow)
        && (flow->nw_src != start->nw_src || flow->nw_dst != start->nw_dst
            || flow->nw_tos != start->nw_tos || t->ip_written)) {
        t->mask->bits.nw_proto = UINT8_MAX;
    }
}

void
translator_commit(struct translator *t)
{
    mask_ip_protocol(t);
    if (t->flow.skb_priority != t->base.skb_priority
        || t->flow.pkt_mark != t->base.pkt_mark) {
        t->mask->bits.skb_priority |=
            t->flow.skb_priority != t->base.skb_priority ? UINT32_MAX : 0;
        t->mask->bits.pkt_mark |=
            t->flow.pkt_mark != t->base.pkt_mark ? UINT32_MAX : 0;
    }
    odp_commit(&t->flow, &t->base, &t->out->actions, t->mask,
               t->fw->support.masked_set);
}

static int
compare_ofports(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

void
translator_credit(struct translator *t, struct rule_counters *counters)
{
    if (counters) {
        struct translate_credit *c = vec_add(&t->out->credits);
        c->counters = counters;
    }
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
    if (!(peer->config & FORWARDING_NO_RECV)) {
        size_t actions_size = t->out->actions.size;
        struct flow base = t->base;
        translator_run_table(t, peer->ofport, 0, true);
        if (!peer->stp_forwards) {
            /* Learning only: nothing that was output counts. */
            writer_truncate(&t->out->actions, actions_size);
            t->base = base;
            translator_drop_frozen(t);
        } else {
            t->exit = t->out->error != TRANSLATE_OK;
            translator_end_pipeline(t);
        }
    }
    translator_drop_action_set(t);
    writer_uninit(&t->stack);

    t->exit = t->out->error != TRANSLATE_OK;
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

/* Whether something may be sent to 'port'; reports why not. */
static bool
may_output(struct translator *t, const struct forwarding_port *port)
{
    if (port->config & FORWARDING_NO_FWD) {
        translator_report(t, TRACE_DETAIL,
                          "OFPPC_NO_FWD set, skipping output");
        return false;
    }
    if (!port->stp_forwards) {
        translator_report(t, TRACE_DETAIL,
                          "STP not in forwarding state, skipping output");
        return false;
    }
    const struct forwarding_port *in =
        forwarding_find_ofport(t->bridge, t->flow.in_port);
    if (in && in->bundle && port->bundle && in->bundle->is_protected
        && port->bundle->is_protected) {
        translator_report(t, TRACE_WARN,
                          "Flow is between protected ports, skipping "
                          "output.");
        return false;
    }
    return true;
}

void
translator_output_port(struct translator *t, uint32_t ofport)
{
    const struct forwarding_port *port =
        forwarding_find_ofport(t->bridge, ofport);
    if (!port) {
        translator_report(t, TRACE_WARN, "Nonexistent output port");
        return;
    }
    if (!may_output(t, port)) {
        return;
    }
    if (port->is_patch) {
        if (port->peer) {
            translator_credit(t, port->tx);
            translator_credit(t, port->peer->rx);
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

static void
put_truncation(struct translator *t, uint32_t max_len)
{
    if (max_len) {
        odp_put_trunc(&t->out->actions, max_len);
    }
}

static void
output_cut(struct translator *t, uint32_t ofport, uint32_t max_len)
{
    if (!max_len) {
        translator_output_port(t, ofport);
        return;
    }
    if (!t->fw->support.trunc) {
        t->out->slow |= TRANSLATE_SLOW_ACTION;
    }
    translator_commit(t);
    put_truncation(t, max_len);
    translator_output_port(t, ofport);
}

void
translator_output(struct translator *t, uint32_t ofport, uint32_t max_len,
                  bool may_packet_in)
{
    switch (ofport) {
    case OFPP_IN_PORT:
        output_cut(t, t->flow.in_port, max_len);
        return;
    case OFPP_TABLE:
        translator_run_table(t, t->flow.in_port, 0, may_packet_in);
        return;
    case OFPP_NORMAL:
        translator_normal(t);
        return;
    case OFPP_FLOOD:
        translator_flood(t, false);
        return;
    case OFPP_ALL:
        translator_flood(t, true);
        return;
    case OFPP_NONE:
        return;
    default:
        if (ofport == t->flow.in_port) {
            translator_report(t, TRACE_WARN, "skipping output to input port");
        } else {
            output_cut(t, ofport, max_len);
        }
    }
}

/* The userspace action, policed if there is a meter for all that goes to
 * controllers. */
static void
put_controller(struct translator *t, const struct odp_cookie *cookie)
{
    struct writer *w = &t->out->actions;
    const struct pipeline_meter *meter =
        pipeline_find_meter(t->bridge->pipeline, METER_CONTROLLER);
    size_t outer = 0, inner = 0;
    if (meter) {
        outer = odp_begin_sample(w, UINT32_MAX, &inner);
        odp_put_meter(w, meter->datapath_id);
    }
    odp_put_userspace(w, 0, cookie, sizeof *cookie, ODP_PORT_NONE);
    if (meter) {
        odp_end_nested(w, inner);
        odp_end_nested(w, outer);
    }
}

void
translator_controller(struct translator *t, const struct controller_action *a)
{
    struct translation *out = t->out;
    struct frozen_state state;
    translator_init_frozen(t, &state);
    state.parts[FROZEN_USERDATA] =
        (struct frozen_bytes){ (uint8_t *) a->userdata, a->userdata_size };
    uint32_t id = translator_keep_frozen(t, &state);

    struct odp_cookie cookie = { .type = ODP_COOKIE_CONTROLLER };
    const struct trace *trace = t->request->trace;
    cookie.of_in_port = ofp_port_to_of10(t->flow.in_port);
    cookie.u.controller.dont_send = trace && !trace->side_effects;
    cookie.u.controller.continuation = a->continuation;
    cookie.u.controller.reason = a->reason;
    cookie.u.controller.recirc_id = id;
    memcpy(cookie.u.controller.rule_cookie, &t->cookie, sizeof t->cookie);
    cookie.u.controller.controller_id = a->controller_id;
    cookie.u.controller.max_len = a->max_len;
    translator_commit(t);
    put_controller(t, &cookie);
    out->nf_output = OFPP_CONTROLLER;
}

void
translate_put_slow_path(struct writer *w, unsigned int slow)
{
    struct odp_cookie cookie = { .type = ODP_COOKIE_SLOW_PATH };
    cookie.u.slow_path.reasons = slow;
    odp_put_userspace(w, 0, &cookie, sizeof cookie, ODP_PORT_NONE);
}
