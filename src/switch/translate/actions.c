/* OpenFlow actions: one small function each. */

#include "datapath/odp/action.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

/* How the list is executed. */
struct action_context {
    enum action_list_kind kind;
};

static uint8_t
controller_reason(const struct translator *t, uint8_t wanted,
                  const struct action_context *c)
{
    if (wanted != TRANSLATE_REASON_ACTION) {
        return wanted;
    }
    if (c->kind != ACTION_LIST_RULE) {
        return c->kind == ACTION_LIST_SET ? TRANSLATE_REASON_ACTION_SET
                                          : TRANSLATE_REASON_GROUP;
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
        translator_output(t, port, trunc, c->kind != ACTION_LIST_SET);
    }
}

static void
do_controller(struct translator *t, const struct action_controller *a,
              const struct action_context *c)
{
    const struct controller_action ca = {
        .max_len = a->max_len,
        .controller_id = a->controller_id,
        .reason = controller_reason(t, a->reason, c),
        .userdata = a->userdata,
        .userdata_size = a->userdata_len,
    };
    translator_controller(t, &ca);
}

static void
do_output_reg(struct translator *t, const struct action_output_reg *a,
              const struct action_context *c)
{
    const struct subfield *src = &a->src;
    uint64_t port = subfield_get_u64(src, &t->flow);
    translator_look_subfield(t, src);
    translator_report(t, TRACE_DETAIL, "output port is %llu",
                      (unsigned long long) port);
    if (port <= UINT16_MAX) {
        port = ofp_port_from_of10(port);
    }
    do_output(t, port, a->max_len, 0, c);
}

static void
do_move(struct translator *t, const struct action_move *a)
{
    const struct subfield *src = &a->src, *dst = &a->dst;
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
do_push(struct translator *t, const struct subfield *sf)
{
    union field_value value;
    uint8_t size = DIV_ROUND_UP(sf->n_bits, 8);
    translator_look_subfield(t, sf);
    subfield_get(sf, &t->flow, &value);
    writer_put(&t->stack, value.bytes + sizeof value - size, size);
    writer_u8(&t->stack, size);
}

static void
do_pop(struct translator *t, const struct subfield *sf)
{
    if (!t->stack.size) {
        translator_report(t, TRACE_ERROR, "stack underflow");
        return;
    }
    size_t end = t->stack.size - 1;
    uint8_t size = t->stack.data[end];
    union field_value value;
    memset(&value, 0, sizeof value);
    memcpy(value.bytes + sizeof value - size, t->stack.data + end - size,
           size);
    writer_truncate(&t->stack, end - size);
    translator_set_subfield(t, sf, &value);
    translator_report_subfield(t, sf);
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
do_dec_ttl(struct translator *t, const struct action_dec_ttl *a)
{
    if (translator_dec_ttl(t)) {
        return;
    }
    for (size_t i = 0; i < MAX(a->n_controllers, 1); i++) {
        const struct controller_action ca = {
            .max_len = UINT16_MAX,
            .controller_id = a->n_controllers ? a->ids[i] : 0,
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
do_enqueue(struct translator *t, const struct action_enqueue *a,
           const struct action_context *c)
{
    uint32_t saved = t->flow.skb_priority;
    do_set_queue(t, a->queue);
    do_output(t, a->port, 0, 0, c);
    t->flow.skb_priority = saved;
}

static void
do_fin_timeout(struct translator *t, const struct action_fin_timeout *a)
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
        e->u.fin.idle = a->idle;
        e->u.fin.hard = a->hard;
        translator_effect_done(t);
    }
}

static void
do_meter(struct translator *t, uint32_t id)
{
    const struct pipeline_meter *meter =
        pipeline_find_meter(t->bridge->pipeline, id);
    if (meter) {
        odp_put_meter(&t->out->actions, meter->datapath_id);
    }
}

static void
do_resubmit(struct translator *t, const struct action_resubmit *a)
{
    uint32_t in_port = a->in_port;
    uint8_t table = a->table_id;
    if (in_port == OFPP_IN_PORT) {
        in_port = t->flow.in_port;
    }
    if (table == UINT8_MAX) {
        table = t->table_id == UINT8_MAX ? 0 : t->table_id;
    }
    translator_run_table(t, in_port, table, false);
}

static void
do_write_metadata(struct translator *t, const struct action_write_metadata *a)
{
    be64 mask = a->mask;
    t->mask->bits.metadata |= mask;
    t->flow.metadata = (t->flow.metadata & ~mask) | (a->metadata & mask);
}

/* Actions on a copy: whatever they change is forgotten. */
static void
do_clone(struct translator *t, const struct action_nested *a)
{
    struct flow flow = t->flow;
    struct writer stack = WRITER_INITIALIZER;
    bool exit = t->exit;
    struct actions *set = t->action_set;
    writer_put(&stack, t->stack.data, t->stack.size);
    t->action_set = set ? actions_clone(set) : NULL;
    translator_action_list(t, a->actions, ACTION_NESTED_SIZE(a),
                           ACTION_LIST_RULE);
    translator_finish_freezing(t);
    translator_drop_action_set(t);
    t->action_set = set;
    writer_uninit(&t->stack);
    t->stack = stack;
    t->flow = flow;
    t->exit = exit || t->out->error;
}

static void
do_set_field(struct translator *t, const struct action_set_field *a)
{
    union field_value value = { .u8 = 0 }, mask = { .u8 = 0 };
    memcpy(&value, a->bytes, a->value_size);
    memcpy(&mask, a->bytes + a->value_size, a->value_size);
    if (!translator_set_field(t, a->field, &value, &mask)) {
        translator_report(t, TRACE_WARN,
                          "unmet prerequisites for %s, set_field ignored",
                          a->field->name);
    }
}

static void
do_set_ip(struct translator *t, enum field_id id, const struct action_ipv4 *a)
{
    union field_value value = { .be32 = a->ip };
    translator_set_field(t, field_from_id(id), &value, NULL);
}

static void
do_set_mac(struct translator *t, enum field_id id, const struct action_mac *a)
{
    union field_value value = { .mac = a->mac };
    translator_set_field(t, field_from_id(id), &value, NULL);
}

static void
do_set_ttl(struct translator *t, uint8_t ttl)
{
    union field_value value = { .u8 = ttl };
    translator_set_field(t, field_from_id(FIELD_IP_TTL), &value, NULL);
}

/* The actions whose argument is one number. */
static bool
execute_number(struct translator *t, const struct action *a)
{
    const struct action_number *n = (const void *) a; /* If it is one. */
    bool push = a->form == ACTION_FORM_PUSH_IF;
    switch ((enum action_type) a->type) {
    case ACTION_SET_VLAN_VID:
        translator_set_vlan(t, n->value, VLAN_VID_MASK, push);
        return true;
    case ACTION_SET_VLAN_PCP:
        translator_set_vlan(t, n->value << VLAN_PCP_SHIFT, VLAN_PCP_MASK,
                            push);
        return true;
    case ACTION_SET_IP_DSCP:
        do_set_ip_tos(t, n->value, IP_DSCP_MASK);
        return true;
    case ACTION_SET_IP_ECN:
        do_set_ip_tos(t, n->value, IP_ECN_MASK);
        return true;
    case ACTION_SET_IP_TTL:
        do_set_ttl(t, n->value);
        return true;
    case ACTION_SET_L4_SRC:
        do_set_port(t, n->value, true);
        return true;
    case ACTION_SET_L4_DST:
        do_set_port(t, n->value, false);
        return true;
    case ACTION_SET_TUNNEL:
        t->flow.tunnel.tun_id = be64_from_host(n->value);
        return true;
    case ACTION_SET_QUEUE:
        do_set_queue(t, n->value);
        return true;
    default:
        return false;
    }
}

/* The actions that change header fields and registers. */
static bool
execute_write(struct translator *t, const struct action *a)
{
    const void *p = a;
    switch ((enum action_type) a->type) {
    case ACTION_SET_FIELD:
        do_set_field(t, p);
        return true;
    case ACTION_MOVE:
        do_move(t, p);
        return true;
    case ACTION_STRIP_VLAN:
        translator_pop_vlan(t);
        return true;
    case ACTION_PUSH_VLAN:
        translator_push_vlan(
            t, be16_to_host(((const struct action_ethertype *) p)->ethertype));
        return true;
    case ACTION_SET_ETH_SRC:
        do_set_mac(t, FIELD_ETH_SRC, p);
        return true;
    case ACTION_SET_ETH_DST:
        do_set_mac(t, FIELD_ETH_DST, p);
        return true;
    case ACTION_SET_IPV4_SRC:
        do_set_ip(t, FIELD_IPV4_SRC, p);
        return true;
    case ACTION_SET_IPV4_DST:
        do_set_ip(t, FIELD_IPV4_DST, p);
        return true;
    case ACTION_DEC_TTL:
        do_dec_ttl(t, p);
        return true;
    case ACTION_STACK_PUSH:
        do_push(t, &((const struct action_stack *) p)->subfield);
        return true;
    case ACTION_STACK_POP:
        do_pop(t, &((const struct action_stack *) p)->subfield);
        return true;
    case ACTION_POP_QUEUE:
        do_pop_queue(t);
        return true;
    case ACTION_WRITE_METADATA:
        do_write_metadata(t, p);
        return true;
    case ACTION_MULTIPATH:
        translator_multipath(t, p);
        return true;
    default:
        return execute_number(t, a);
    }
}

/* The actions that send the packet somewhere. */
static bool
execute_send(struct translator *t, const struct action *a,
             const struct action_context *c)
{
    const void *p = a;
    const struct action_output *output = p;
    const struct action_output_trunc *trunc = p;
    switch ((enum action_type) a->type) {
    case ACTION_OUTPUT:
        do_output(t, output->port, output->max_len, 0, c);
        return true;
    case ACTION_OUTPUT_TRUNC:
        do_output(t, trunc->port, 0, trunc->max_len, c);
        return true;
    case ACTION_CONTROLLER:
        do_controller(t, p, c);
        return true;
    case ACTION_OUTPUT_REG:
        do_output_reg(t, p, c);
        return true;
    case ACTION_ENQUEUE:
        do_enqueue(t, p, c);
        return true;
    case ACTION_BUNDLE: {
        uint32_t port = translator_bundle(t, p);
        if (!((const struct action_bundle *) p)->dst.field) {
            do_output(t, port, 0, 0, c);
        }
        return true;
    }
    default:
        return false;
    }
}

static void
execute(struct translator *t, const struct action *a,
        const struct action_context *c)
{
    const void *p = a;
    const struct action_nested *nested = p;
    if (execute_write(t, a) || execute_send(t, a, c)) {
        return;
    }
    switch ((enum action_type) a->type) {
    case ACTION_METER:
        do_meter(t, (uint32_t) ((const struct action_number *) p)->value);
        return;
    case ACTION_GROUP:
        translator_group(t,
                         (uint32_t) ((const struct action_number *) p)->value);
        return;
    case ACTION_FIN_TIMEOUT:
        do_fin_timeout(t, p);
        return;
    case ACTION_RESUBMIT:
        do_resubmit(t, p);
        return;
    case ACTION_LEARN:
        translator_learn(t, p);
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
        translator_write_actions(t, nested->actions,
                                 ACTION_NESTED_SIZE(nested));
        return;
    case ACTION_GOTO_TABLE:
        translator_run_table(t, t->flow.in_port,
                             ((const struct action_goto_table *) p)->table_id,
                             true);
        return;
    case ACTION_CLONE:
        do_clone(t, p);
        return;
    default:
        /* The switch refuses flows with such actions; they can come here only
         * from a rule older than the refusal. */
        translator_report(t, TRACE_ERROR, "action %s is not there yet",
                          action_name(a->type));
        translator_fail(t, TRANSLATE_FORWARDING_DISABLED);
        return;
    }
}

void
translator_action_list(struct translator *t, const void *data, size_t size,
                       enum action_list_kind kind)
{
    struct action_context c = { kind };
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        if (t->exit) {
            return;
        }
        if (t->trace) {
            struct str s = STR_INITIALIZER;
            translator_format_actions(t, a, a->size, &s);
            translator_report(t, TRACE_ACTION, "%s", str_text(&s));
            str_uninit(&s);
        }
        execute(t, a, &c);
        if (t->freezing) {
            const struct action *left = t->freeze_again ? a : action_next(a);
            size_t done =
                (size_t) ((const uint8_t *) left - (const uint8_t *) data);
            t->freeze_again = false;
            translator_freeze_list(t, left, size - done, kind);
            return;
        }
    }
}

void
translator_actions(struct translator *t, const struct actions *actions)
{
    translator_action_list(t, actions->data, actions->size, ACTION_LIST_RULE);
}
