/* OpenFlow actions: one small function each. */

#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

/* How the list is executed. */
struct action_context {
    bool is_last;       /* Nothing comes after the list. */
    bool in_action_set; /* It is the action set. */
};

static uint8_t
controller_reason(const struct translator *t, uint8_t wanted,
                  const struct action_context *c)
{
    if (wanted != TRANSLATE_REASON_ACTION) {
        return wanted;
    }
    if (c->in_action_set) {
        return TRANSLATE_REASON_ACTION_SET;
    }
    /* OpenFlow 1.3.5 §5.4: the table-miss flow entry. */
    bool is_miss =
        t->rule && !t->rule->cr.priority && !t->rule->cr.match.n_words;
    return is_miss ? TRANSLATE_REASON_EXPLICIT_MISS : wanted;
}

static void
do_output(struct translator *t, uint32_t port, uint32_t max_len,
          uint32_t trunc, const struct action_context *c)
{
    if (port == OFPP_CONTROLLER) {
        const struct controller_action a = {
            .max_len = max_len,
            .reason = controller_reason(t, TRANSLATE_REASON_ACTION, c),
        };
        translator_controller(t, &a);
    } else {
        translator_output(t, port, trunc, !c->in_action_set);
    }
}

static void
do_controller(struct translator *t, const struct action *a,
              const struct action_context *c)
{
    const struct controller_action ca = {
        .max_len = a->u.controller.max_len,
        .controller_id = a->u.controller.controller_id,
        .reason = controller_reason(t, a->u.controller.reason, c),
        .userdata = a->u.controller.userdata,
        .userdata_size = a->u.controller.userdata_size,
    };
    translator_controller(t, &ca);
}

static void
do_output_reg(struct translator *t, const struct action *a,
              const struct action_context *c)
{
    const struct subfield *src = &a->u.output_reg.src;
    uint64_t port = subfield_get_u64(src, &t->flow);
    translator_look_subfield(t, src);
    translator_report(t, TRACE_DETAIL, "output port is %llu",
                      (unsigned long long) port);
    if (port <= UINT16_MAX) {
        uint32_t ofport;
        if (!ofp_port_from_of10(port, &ofport)) {
            return;
        }
        port = ofport;
    }
    do_output(t, port, a->u.output_reg.max_len, 0, c);
}

static void
do_move(struct translator *t, const struct action *a)
{
    const struct subfield *src = &a->u.move.src, *dst = &a->u.move.dst;
    union field_value value;
    if (!field_prereqs_ok(src->field, &t->flow, t->mask)
        || !field_prereqs_ok(dst->field, &t->flow, t->mask)) {
        return;
    }
    translator_look_subfield(t, src);
    subfield_get(src, &t->flow, &value);
    translator_set_subfield(t, dst, &value);
    translator_report_subfield(t, dst);
}

static void
do_push(struct translator *t, const struct action *a)
{
    const struct subfield *sf = &a->u.stack;
    union field_value value;
    uint8_t size = sf->field->n_bytes;
    translator_look_subfield(t, sf);
    subfield_get(sf, &t->flow, &value);
    writer_put(&t->stack, &value, size);
    writer_u8(&t->stack, size);
}

static void
do_pop(struct translator *t, const struct action *a)
{
    const struct subfield *sf = &a->u.stack;
    if (!t->stack.size) {
        translator_report(t, TRACE_ERROR, "stack underflow");
        return;
    }
    uint8_t size = t->stack.data[t->stack.size - 1];
    const uint8_t *bytes = t->stack.data + t->stack.size - 1 - size;
    union field_value value = { .u8 = 0 };
    size_t n = sf->field->n_bytes;
    /* Values are right-aligned: shorter ones get zeros in front. */
    if (size >= n) {
        memcpy(&value, bytes + size - n, n);
    } else {
        memcpy(value.bytes + n - size, bytes, size);
    }
    writer_truncate(&t->stack, t->stack.size - 1 - size);
    translator_set_subfield(t, sf, &value);
    translator_report_subfield(t, sf);
}

static void
set_by_id(struct translator *t, enum field_id id,
          const union field_value *value, const union field_value *mask)
{
    translator_set_field(t, field_from_id(id), value, mask);
}

static void
do_set_ip_tos(struct translator *t, uint8_t bits, uint8_t mask)
{
    if (flow_is_ip(&t->flow)) {
        t->mask->bits.nw_tos |= mask;
        t->flow.nw_tos = (t->flow.nw_tos & ~mask) | (bits & mask);
        t->ip_written = true;
    }
}

static void
do_set_port(struct translator *t, uint16_t port, bool is_src)
{
    const struct flow *flow = &t->flow;
    bool has_ports =
        flow_is_ip(flow)
        && (flow->nw_proto == IP_PROTO_TCP || flow->nw_proto == IP_PROTO_UDP
            || flow->nw_proto == IP_PROTO_SCTP)
        && !(flow->nw_frag & FLOW_NW_FRAG_LATER);
    if (flow_is_ip(flow)) {
        t->mask->bits.nw_proto = UINT8_MAX;
    }
    if (!has_ports) {
        return;
    }
    if (is_src) {
        t->mask->bits.tp_src = BE16_MAX;
        t->flow.tp_src = be16_from_host(port);
    } else {
        t->mask->bits.tp_dst = BE16_MAX;
        t->flow.tp_dst = be16_from_host(port);
    }
}

static void
do_dec_ttl(struct translator *t, const struct action *a)
{
    if (translator_dec_ttl(t)) {
        return;
    }
    for (size_t i = 0; i < a->u.dec_ttl.n; i++) {
        const struct controller_action ca = {
            .max_len = UINT16_MAX,
            .controller_id = a->u.dec_ttl.ids[i],
            .reason = TRANSLATE_REASON_INVALID_TTL,
        };
        translator_controller(t, &ca);
    }
    t->exit = true; /* Of this list and all around it. */
}

static void
do_set_queue(struct translator *t, uint32_t queue)
{
    t->flow.skb_priority = queue;
}

static void
do_pop_queue(struct translator *t)
{
    t->flow.skb_priority = t->start.skb_priority;
    translator_report(t, TRACE_DETAIL, "queue = %#x", t->flow.skb_priority);
}

static void
do_enqueue(struct translator *t, const struct action *a,
           const struct action_context *c)
{
    uint32_t saved = t->flow.skb_priority;
    do_set_queue(t, a->u.enqueue.queue);
    do_output(t, a->u.enqueue.port, 0, 0, c);
    t->flow.skb_priority = saved;
}

static void
do_fin_timeout(struct translator *t, const struct action *a)
{
    if (t->flow.dl_type != BE16_CONST(ETH_TYPE_IP)
        && t->flow.dl_type != BE16_CONST(ETH_TYPE_IPV6)) {
        return;
    }
    t->mask->bits.nw_proto = UINT8_MAX;
    if (t->flow.nw_proto == IP_PROTO_TCP && t->rule
        && t->request->tcp_flags & (TCP_FIN | TCP_RST)) {
        struct translate_effect *e =
            translator_add_effect(t, TRANSLATE_FIN_TIMEOUT);
        e->pipeline = t->bridge->pipeline;
        e->u.fin.rule = rule_ref(t->rule);
        e->u.fin.idle = a->u.fin_timeout.idle;
        e->u.fin.hard = a->u.fin_timeout.hard;
    }
}

static void
do_resubmit(struct translator *t, const struct action *a)
{
    uint32_t in_port = a->u.resubmit.in_port;
    uint8_t table = a->u.resubmit.table;
    if (in_port == OFPP_IN_PORT) {
        in_port = t->flow.in_port;
    }
    if (table == UINT8_MAX) {
        table = t->table_id == UINT8_MAX ? 0 : t->table_id;
    }
    translator_run_table(t, in_port, table, false);
}

static void
do_write_metadata(struct translator *t, const struct action *a)
{
    be64 mask = a->u.metadata.mask;
    t->mask->bits.metadata |= mask;
    t->flow.metadata =
        (t->flow.metadata & ~mask) | (a->u.metadata.value & mask);
}

/* Actions on a copy: whatever they change is forgotten. */
static void
do_clone(struct translator *t, const struct action *a)
{
    struct flow flow = t->flow;
    struct writer stack = WRITER_INITIALIZER;
    bool exit = t->exit;
    struct actions *set = t->action_set;
    writer_put(&stack, t->stack.data, t->stack.size);
    t->action_set = set ? actions_clone(set) : NULL;
    translator_actions(t, a->u.nested, true, false);
    translator_drop_action_set(t);
    t->action_set = set;
    writer_uninit(&t->stack);
    t->stack = stack;
    t->flow = flow;
    t->exit = exit || t->out->error;
}

static void
do_set_tunnel(struct translator *t, uint64_t id)
{
    t->flow.tunnel.tun_id = be64_from_host(id);
}

static void
execute(struct translator *t, const struct action *a,
        const struct action_context *c)
{
    union field_value v = { .u8 = 0 };
    switch (a->type) {
    case ACTION_OUTPUT:
        do_output(t, a->u.output.port, a->u.output.max_len, 0, c);
        return;
    case ACTION_OUTPUT_TRUNC:
        do_output(t, a->u.output.port, 0, a->u.output.max_len, c);
        return;
    case ACTION_CONTROLLER:
        do_controller(t, a, c);
        return;
    case ACTION_OUTPUT_REG:
        do_output_reg(t, a, c);
        return;
    case ACTION_SET_FIELD:
        translator_set_field(t, a->u.set_field.field, &a->u.set_field.value,
                             &a->u.set_field.mask);
        return;
    case ACTION_REG_MOVE:
        do_move(t, a);
        return;
    case ACTION_SET_VLAN_VID:
        translator_set_vlan(t, a->u.vlan_vid.vid, VLAN_VID_MASK,
                            a->u.vlan_vid.push);
        return;
    case ACTION_SET_VLAN_PCP:
        translator_set_vlan(t, a->u.vlan_pcp.pcp << VLAN_PCP_SHIFT,
                            VLAN_PCP_MASK, a->u.vlan_pcp.push);
        return;
    case ACTION_STRIP_VLAN:
        translator_pop_vlan(t);
        return;
    case ACTION_PUSH_VLAN:
        translator_push_vlan(t, be16_to_host(a->u.ethertype));
        return;
    case ACTION_SET_ETH_SRC:
    case ACTION_SET_ETH_DST:
        v.mac = a->u.mac;
        set_by_id(
            t, a->type == ACTION_SET_ETH_SRC ? FIELD_ETH_SRC : FIELD_ETH_DST,
            &v, NULL);
        return;
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST:
        v.be32 = a->u.ip;
        set_by_id(t,
                  a->type == ACTION_SET_IPV4_SRC ? FIELD_IPV4_SRC
                                                 : FIELD_IPV4_DST,
                  &v, NULL);
        return;
    case ACTION_SET_IP_DSCP:
        do_set_ip_tos(t, a->u.u8, IP_DSCP_MASK);
        return;
    case ACTION_SET_IP_ECN:
        do_set_ip_tos(t, a->u.u8, IP_ECN_MASK);
        return;
    case ACTION_SET_IP_TTL:
        v.u8 = a->u.u8;
        set_by_id(t, FIELD_IP_TTL, &v, NULL);
        return;
    case ACTION_SET_L4_SRC_PORT:
    case ACTION_SET_L4_DST_PORT:
        do_set_port(t, a->u.tp_port, a->type == ACTION_SET_L4_SRC_PORT);
        return;
    case ACTION_DEC_TTL:
        do_dec_ttl(t, a);
        return;
    case ACTION_STACK_PUSH:
        do_push(t, a);
        return;
    case ACTION_STACK_POP:
        do_pop(t, a);
        return;
    case ACTION_SET_TUNNEL:
        do_set_tunnel(t, a->u.tun_id);
        return;
    case ACTION_SET_QUEUE:
        do_set_queue(t, a->u.queue);
        return;
    case ACTION_POP_QUEUE:
        do_pop_queue(t);
        return;
    case ACTION_ENQUEUE:
        do_enqueue(t, a, c);
        return;
    case ACTION_FIN_TIMEOUT:
        do_fin_timeout(t, a);
        return;
    case ACTION_RESUBMIT:
        do_resubmit(t, a);
        return;
    case ACTION_LEARN:
        translator_learn(t, a);
        return;
    case ACTION_NOTE:
        return;
    case ACTION_EXIT:
        t->exit = true;
        return;
    case ACTION_CLEAR_ACTIONS:
        translator_clear_actions(t);
        return;
    case ACTION_WRITE_ACTIONS:
        translator_write_actions(t, a->u.nested);
        return;
    case ACTION_WRITE_METADATA:
        do_write_metadata(t, a);
        return;
    case ACTION_GOTO_TABLE:
        translator_run_table(t, t->flow.in_port, a->u.goto_table, true);
        return;
    case ACTION_CLONE:
        do_clone(t, a);
        return;
    default:
        translator_report(t, TRACE_ERROR, "action is not there yet");
        translator_fail(t, TRANSLATE_FORWARDING_DISABLED);
        return;
    }
}

void
translator_actions(struct translator *t, const struct actions *actions,
                   bool is_last, bool in_action_set)
{
    struct action_context c = { is_last, in_action_set };
    for (size_t i = 0; i < actions->n && !t->exit; i++) {
        const struct action *a = actions->items[i];
        if (t->trace) {
            struct str s = STR_INITIALIZER;
            action_format(a, translator_names(t), &s);
            translator_report(t, TRACE_ACTION, "%s", str_text(&s));
            str_uninit(&s);
        }
        execute(t, a, &c);
    }
}
