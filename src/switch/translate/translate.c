/* Translation: entry, table lookups, dependencies, results. */

#include "switch/translate/translate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>

#include "datapath/odp/action.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"
#include "openflow/action/action.h"
#include "switch/translate/learned_flow.h"
#include "switch/translate/translate_private.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto_dpif_xlate);
COVERAGE(xlate_actions);

const char *
translate_error_text(enum translate_error error)
{
    /* The datapath counts the same reasons. */
    static_assert((int) TRANSLATE_FORWARDING_DISABLED
                      == (int) ODP_DROP_FORWARDING_DISABLED,
                  "errors are drop reasons");
    return odp_drop_reason_text((enum odp_drop_reason) error);
}

void
translation_init(struct translation *out)
{
    memset(out, 0, sizeof *out);
    writer_init(&out->actions);
}

static void
clear(struct translation *out)
{
    for (size_t i = 0; i < out->effects.n; i++) {
        translate_effect_uninit(&out->effects.items[i]);
    }
    for (size_t i = 0; i < out->frozen.n; i++) {
        freezer_unref(out->freezer, out->frozen.items[i]);
    }
    vec_clear(&out->effects);
    vec_clear(&out->frozen);
    vec_clear(&out->deps);
    vec_clear(&out->deltas);
    vec_clear(&out->credits);
    writer_clear(&out->actions);
    out->error = TRANSLATE_OK;
    out->bridge = NULL;
    out->slow = 0;
    out->avoid_caching = false;
    out->nf_output = OFPP_NONE;
}

void
translation_uninit(struct translation *out)
{
    clear(out);
    vec_uninit(&out->effects);
    vec_uninit(&out->frozen);
    vec_uninit(&out->deps);
    vec_uninit(&out->deltas);
    vec_uninit(&out->credits);
    writer_uninit(&out->actions);
}

/* Without a trace, what is odd about a packet goes to the log. */
static void PRINTF_FORMAT(3, 0)
    log_report(const struct translator *t, enum trace_type type,
               const char *format, va_list args)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    enum log_level level =
        type == TRACE_ERROR ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
    if (log_should_drop(&rl, level)) {
        return;
    }
    struct str s = STR_INITIALIZER;
    str_putv(&s, format, args);
    str_putf(&s, " on bridge %s while processing ", t->bridge->name);
    flow_format(&t->start, NULL, &s);
    log_at(level, "%s", str_text(&s));
    str_uninit(&s);
}

void
translator_report(struct translator *t, enum trace_type type,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (t->trace) {
        trace_add(t->trace, type, format, args);
    } else if (t->request->packet
               && (type == TRACE_ERROR || type == TRACE_WARN)) {
        log_report(t, type, format, args);
    }
    va_end(args);
}

/* Adds a report that has others below it, and goes there; returns where the
 * reports went before. */
struct trace_list *
translator_enter(struct translator *t, enum trace_type type,
                 const char *format, ...)
{
    struct trace_list *old = t->trace;
    if (old) {
        va_list args;
        va_start(args, format);
        t->trace = &trace_add(old, type, format, args)->below;
        va_end(args);
    }
    return old;
}

void
translator_enter_bridge(struct translator *t)
{
    translator_enter(t, TRACE_BRIDGE, "bridge(\"%s\")", t->bridge->name);
}

const struct port_names *
translator_names(const struct translator *t)
{
    return t->request->trace && t->request->trace->with_names
               ? &t->bridge->names
               : NULL;
}

void
translator_format_actions(const struct translator *t, const void *data,
                          size_t size, struct str *s)
{
    struct actions_format format = { .ports = translator_names(t) };
    struct actions list = { (uint8_t *) data, size, size };
    actions_format(&list, &format, s);
}

void
translator_fail(struct translator *t, enum translate_error error)
{
    if (!t->out->error) {
        t->out->error = error;
    }
    t->exit = true;
}

struct translate_effect *
translator_add_effect(struct translator *t, enum translate_effect_type type)
{
    struct translate_effect *effect = vec_add(&t->out->effects);
    effect->type = type;
    return effect;
}

void
translator_effect_done(struct translator *t)
{
    if (t->request->apply_effects) {
        const struct translate_effect *effect =
            &t->out->effects.items[t->out->effects.n - 1];
        translate_effect_apply(effect, t->request->now_ms);
    }
}

void
translator_depend_on_mac(struct translator *t, uint16_t vlan,
                         struct eth_addr mac)
{
    struct translate_dep *dep = vec_add(&t->out->deps);
    dep->type = TRANSLATE_DEP_MAC;
    dep->mac_table = t->bridge->mac_table;
    dep->vlan = vlan;
    dep->mac = mac;
}

/* Notes that the table was looked up with the flow as it is now. */
static void
depend_on_table(struct translator *t, uint8_t table_id,
                const struct rule *rule)
{
    struct translation *out = t->out;
    struct translate_dep *dep = vec_add(&out->deps);
    dep->type = TRANSLATE_DEP_TABLE;
    dep->pipeline = t->bridge->pipeline;
    dep->table_id = table_id;
    dep->priority = rule ? rule->cr.priority : INT_MIN;
    dep->first_delta = out->deltas.n;
    const uint64_t *now = flow_words(&t->flow);
    const uint64_t *then = flow_words(&t->start);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (now[i] != then[i]) {
            struct translate_delta delta = { .word = i, .value = now[i] };
            vec_push(&out->deltas, delta);
        }
    }
    dep->n_deltas = out->deltas.n - dep->first_delta;
}

static void
credit(struct translator *t, uint8_t table_id, const struct rule *rule)
{
    struct translate_credit *c = vec_add(&t->out->credits);
    c->rule = rule;
    c->pipeline = t->bridge->pipeline;
    c->table_id = table_id;
}

/* Executes what 'rule' says.  A level deeper, unless the table is behind that
 * of the rule that leads here: chains of ever higher tables end anyway. */
static void
run_rule(struct translator *t, const struct rule *rule, uint8_t table_id)
{
    bool deeper = t->rule && table_id <= t->table_id;
    const struct rule *old_rule = t->rule;
    be64 old_cookie = t->cookie;
    uint8_t old_table = t->table_id;
    t->depth += deeper;
    t->rule = rule;
    t->cookie = rule->cookie;
    t->table_id = table_id;
    const struct actions *actions = rule->actions->actions;
    if (t->look_only) {
        /* The port does not receive. */
    } else if (t->trace && !actions->size) {
        translator_report(t, TRACE_ACTION, "drop");
    } else {
        translator_actions(t, actions);
    }
    t->table_id = old_table;
    t->cookie = old_cookie;
    t->rule = old_rule;
    t->depth -= deeper;
}

static void
report_rule(struct translator *t, uint8_t table_id, const struct rule *rule,
            struct trace_list **oldp)
{
    *oldp = t->trace;
    if (!t->trace) {
        return;
    }
    struct str s = STR_INITIALIZER;
    const char *name = pipeline_table_name(t->bridge->pipeline, table_id);
    if (*name && t->request->trace->with_names) {
        str_putf(&s, "%2d(%s). ", table_id, name);
    } else {
        str_putf(&s, "%2d. ", table_id);
    }
    if (!rule) {
        str_put(&s, "No match.");
    } else {
        struct match match;
        packed_match_expand(&rule->cr.match, &match);
        size_t before = s.len;
        match_format(&match, PIPELINE_DEFAULT_PRIORITY, translator_names(t),
                     &s);
        if (s.len > before) {
            str_put(&s, ", ");
        }
        str_putf(&s, "priority %d", rule->cr.priority);
        if (rule->cookie) {
            str_putf(&s, ", cookie %#llx",
                     (unsigned long long) be64_to_host(rule->cookie));
        }
    }
    *oldp = translator_enter(t, TRACE_TABLE, "%s", str_text(&s));
    str_uninit(&s);
}

/* What happens to a packet that no rule of the table matches: OpenFlow 1.3.5
 * §5.4; before OpenFlow 1.3 it went to the controllers. */
static void
run_miss(struct translator *t, uint8_t table_id, bool may_packet_in)
{
    const struct forwarding_bridge *b = t->bridge;
    enum pipeline_miss miss = pipeline_table_miss(b->pipeline, table_id);
    if (miss == PIPELINE_MISS_DEFAULT) {
        miss = b->miss_to_controller ? PIPELINE_MISS_CONTROLLER
                                     : PIPELINE_MISS_DROP;
    }
    const struct forwarding_port *in =
        forwarding_find_ofport(b, t->flow.in_port);
    if (miss == PIPELINE_MISS_CONTROLLER && may_packet_in
        && !(in && in->config & FORWARDING_NO_PACKET_IN)) {
        const struct controller_action action = {
            .max_len = UINT16_MAX, .reason = TRANSLATE_REASON_IMPLICIT_MISS
        };
        uint8_t old_table = t->table_id;
        be64 old_cookie = t->cookie;
        t->table_id = table_id;
        t->cookie = BE64_MAX;
        translator_report(t, TRACE_ACTION, "CONTROLLER:65535");
        translator_controller(t, &action);
        t->cookie = old_cookie;
        t->table_id = old_table;
    } else {
        translator_report(t, TRACE_ACTION, "drop");
    }
}

bool
translator_may_recurse(struct translator *t)
{
    if (t->depth >= TRANSLATE_MAX_DEPTH) {
        translator_report(t, TRACE_ERROR, "over max translation depth %d",
                          TRANSLATE_MAX_DEPTH);
        translator_fail(t, TRANSLATE_RECURSION_TOO_DEEP);
    } else if (t->n_resubmits >= TRANSLATE_MAX_RESUBMITS) {
        translator_report(t, TRACE_ERROR, "over %d resubmit actions",
                          TRANSLATE_MAX_RESUBMITS);
        translator_fail(t, TRANSLATE_TOO_MANY_RESUBMITS);
    } else if (t->out->actions.size > TRANSLATE_MAX_ACTIONS_SIZE) {
        translator_report(t, TRACE_ERROR,
                          "resubmits yielded over 64 kB of actions");
        /* The packet gets a recursion error as it can't go on. */
        translator_fail(t, TRANSLATE_TOO_MANY_RESUBMITS);
    } else if (t->stack.size >= TRANSLATE_MAX_STACK) {
        translator_report(t, TRACE_ERROR,
                          "resubmits yielded over 64 kB of stack");
        translator_fail(t, TRANSLATE_STACK_TOO_DEEP);
    } else {
        return true;
    }
    return false;
}

/* The rule that the flow meets in the table.  Fragments whose L4 header is
 * elsewhere are looked up without ports: OFPC_FRAG_NORMAL. */
static const struct rule *
lookup(struct translator *t, uint8_t table_id)
{
    struct flow *flow = &t->flow;
    if (!(flow->nw_frag & FLOW_NW_FRAG_ANY) || !t->bridge->normal_fragments) {
        return pipeline_lookup(t->bridge->pipeline, t->version, table_id, flow,
                               t->mask);
    }
    be16 src = flow->tp_src, dst = flow->tp_dst;
    flow->tp_src = flow->tp_dst = 0;
    const struct rule *rule = pipeline_lookup(t->bridge->pipeline, t->version,
                                              table_id, flow, t->mask);
    flow->tp_src = src;
    flow->tp_dst = dst;
    return rule;
}

void
translator_run_table(struct translator *t, uint32_t in_port, uint8_t table_id,
                     bool may_packet_in)
{
    if (!translator_may_recurse(t)) {
        return;
    }
    if (t->rule) {
        t->n_resubmits++;
    }
    if (t->bridge->drop_fragments && t->flow.nw_frag & FLOW_NW_FRAG_ANY) {
        struct trace_list *trace = translator_enter(
            t, TRACE_TABLE,
            "Packets are IP fragments and the fragment handling mode is "
            "\"drop\".");
        translator_report(t, TRACE_ACTION, "drop");
        t->trace = trace;
        return;
    }
    uint32_t old_in_port = t->flow.in_port;
    const struct rule *rule;
    t->flow.in_port = in_port;
    for (;;) {
        rule = lookup(t, table_id);
        depend_on_table(t, table_id, rule);
        credit(t, table_id, rule);
        if (rule || table_id >= PIPELINE_TABLE_INTERNAL - 1
            || pipeline_table_miss(t->bridge->pipeline, table_id)
                   != PIPELINE_MISS_CONTINUE) {
            break;
        }
        struct trace_list *trace;
        report_rule(t, table_id, NULL, &trace);
        t->trace = trace;
        table_id++;
    }
    /* The actions see the port that the packet came in on. */
    t->flow.in_port = old_in_port;

    struct trace_list *trace;
    report_rule(t, table_id, rule, &trace);
    if (rule) {
        run_rule(t, rule, table_id);
    } else {
        run_miss(t, table_id, may_packet_in);
    }
    t->trace = trace;
}

/* What the datapath's flow must match whatever the pipeline looked at. */
static void
init_mask(struct translator *t)
{
    struct flow *bits = &t->mask->bits;
    bits->in_port = UINT32_MAX;
    bits->packet_type = UINT32_MAX;
    bits->dl_type = BE16_MAX;
    bits->recirc_id = UINT32_MAX;
    if (flow_is_ip(&t->start)) {
        bits->nw_frag = FLOW_NW_FRAG_MASK;
    }
    if (flow_has_tunnel(&t->start)) {
        bits->tunnel.ip_src = BE32_MAX;
        bits->tunnel.ip_dst = BE32_MAX;
        bits->tunnel.ipv6_src = ip6_mask_from_len(128);
        bits->tunnel.ipv6_dst = ip6_mask_from_len(128);
        bits->tunnel.tun_id = BE64_MAX;
        bits->tunnel.flags = UINT16_MAX;
        bits->tunnel.ip_tos = UINT8_MAX;
        bits->tunnel.ip_ttl = UINT8_MAX;
    }
}

/* Makes of what was looked at a mask that the datapath can have. */
static void
finish_mask(struct translator *t)
{
    struct translation *out = t->out;
    struct flow *bits = &out->looked.bits;
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        /* A tag's bits mean something only where there is a tag. */
        if (bits->vlans[i].tci) {
            bits->vlans[i].tci |= BE16_CONST(VLAN_CFI);
        }
    }
    if (t->start.nw_proto == IP_PROTO_ICMP
        || t->start.nw_proto == IP_PROTO_ICMPV6) {
        bits->tp_src &= BE16_CONST(0xff); /* 8-bit type and code. */
        bits->tp_dst &= BE16_CONST(0xff);
    }
    struct flow_mask possible;
    flow_mask_init_for_packet(&possible, &t->start);
    const struct flow looked = *bits;
    out->mask = out->looked;
    memset(&out->mask, 0, FLOW_DATAPATH_START * 8);
    /* Registers begin as zero in every packet: they are known. */
    memset(&out->looked, 0xff, FLOW_DATAPATH_START * 8);
    uint64_t *words = flow_words_mutable(&out->mask.bits);
    const uint64_t *limits = flow_words(&possible.bits);
    for (size_t i = FLOW_DATAPATH_START; i < FLOW_WORDS; i++) {
        words[i] &= limits[i];
    }
    out->megaflow = out->mask;
    if (out->error) {
        /* Whoever looks for the loop sees what the tables looked at. */
        memcpy(&out->megaflow.bits, &looked, FLOW_DATAPATH_START * 8);
    }
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        if (!t->start.vlans[i].tci) {
            out->megaflow.bits.vlans[i].tci = 0; /* Follows from dl_type. */
        }
    }
    /* Whether there is a VLAN tag at all is part of a frame's type. */
    out->mask.bits.vlans[0].tpid = BE16_MAX;
    out->mask.bits.vlans[0].tci |= BE16_CONST(VLAN_CFI);
}

static void
begin(struct translator *t, const struct translate_request *r,
      struct translation *out)
{
    memset(t, 0, sizeof *t);
    t->request = r;
    t->out = out;
    t->fw = r->forwarding;
    t->bridge = r->bridge;
    t->flow = *r->flow;
    t->flow.actset_output = OFPP_UNSET;
    t->start = t->base = t->flow;
    t->mask = &out->looked;
    t->cookie = BE64_MAX;
    t->table_id = UINT8_MAX;
    t->orig_skb_priority = t->flow.skb_priority;
    t->trace = r->trace ? &r->trace->top : NULL;
    memset(&out->looked, 0, sizeof out->looked);
    out->freezer = r->freezer;
    init_mask(t);
}

/* 'state': the packet is back with it; NULL: it comes in. */
static void
run(struct translator *t, const struct frozen_state *state)
{
    const struct translate_request *r = t->request;
    const struct forwarding_port *in =
        forwarding_find_ofport(t->bridge, t->flow.in_port);
    bool may_receive = !in || !(in->config & FORWARDING_NO_RECV);
    if (state) {
        translator_thaw(t, state);
    } else if (r->actions) {
        t->was_packet_out = true;
        translator_actions(t, r->actions);
    } else {
        t->look_only = !may_receive;
        translator_run_table(t, t->flow.in_port, 0, true);
    }
    if (!t->out->error) {
        translator_end_pipeline(t);
    }
    if (in && !in->stp_forwards && !r->actions) {
        writer_clear(&t->out->actions);
    }
}

void
translate(const struct translate_request *r, struct translation *out)
{
    struct translator t;
    coverage_inc(xlate_actions);
    clear(out);
    begin(&t, r, out);
    struct frozen_state state = { 0 };
    bool is_back = t.flow.recirc_id != 0;
    bool ok = !is_back || translator_find_frozen(&t, &state);
    if (t.bridge) {
        out->bridge = t.bridge;
        t.version =
            r->version ? r->version : pipeline_version(t.bridge->pipeline);
        struct trace_list *trace = t.trace;
        translator_enter_bridge(&t);
        if (ok) {
            run(&t, is_back ? &state : NULL);
        } else {
            translator_report(
                &t, TRACE_ERROR,
                "Recirculation context not found for ID %" PRIx32,
                t.flow.recirc_id);
        }
        t.trace = trace;
    }
    frozen_state_uninit(&state);
    translator_drop_action_set(&t);
    writer_uninit(&t.stack);
    writer_uninit(&t.rest);
    if (out->error) {
        writer_clear(&out->actions);
    }
    out->final = t.flow;
    finish_mask(&t);
}

void
translate_credit(const struct translation *out, uint64_t n_packets,
                 uint64_t n_bytes, long long used_ms)
{
    for (size_t i = 0; i < out->credits.n; i++) {
        const struct translate_credit *c = &out->credits.items[i];
        if (!c->pipeline) {
            rule_counters_credit(c->counters, n_packets, n_bytes, used_ms);
            continue;
        }
        pipeline_count_lookups(c->pipeline, c->table_id,
                               c->rule ? n_packets : 0,
                               c->rule ? 0 : n_packets);
        if (c->rule) {
            rule_counters_credit(c->rule->counters, n_packets, n_bytes,
                                 used_ms);
        }
    }
}
