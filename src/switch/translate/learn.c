/* The action "learn": a flow entry made from the packet in hand. */

#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"
#include "openflow/action/action.h"
#include "switch/translate/learned_flow.h"
#include "switch/translate/translate_private.h"

/* The bits that a specification copies. */
static void
read_source(struct translator *t, const struct action_learn_spec *spec,
            union field_value *value)
{
    if (spec->src_type == LEARN_SRC_FIELD) {
        translator_look_subfield(t, &spec->src);
        subfield_get(&spec->src, &t->flow, value);
    } else {
        size_t n = DIV_ROUND_UP(spec->n_bits, 8);
        memset(value, 0, sizeof *value);
        memcpy(value->bytes + sizeof *value - n, spec->value.bytes, n);
    }
}

/* Puts 'value' into the part 'dst' of the match. */
static void
match_subfield(const struct subfield *dst, const union field_value *value,
               struct match *match)
{
    subfield_set(dst, value, &match->flow);
    subfield_mask_set(dst, &match->mask);
}

/* Adds the action that sets the part 'dst' of a field to 'value'. */
static void
add_load(struct actions *actions, const struct subfield *dst,
         const union field_value *value)
{
    struct flow flow = { 0 };
    struct flow_mask mask = { 0 };
    union field_value v, m;
    subfield_set(dst, value, &flow);
    subfield_mask_set(dst, &mask);
    field_get(dst->field, &flow, &v);
    field_get(dst->field, &mask.bits, &m);
    size_t n = dst->field->n_bytes;
    struct action_set_field *a =
        actions_add(actions, ACTION_SET_FIELD, sizeof *a + 2 * n);
    a->action.form = ACTION_FORM_LOAD;
    a->field = dst->field;
    a->value_size = n;
    memcpy(a->bytes, &v, n);
    memcpy(a->bytes + n, &m, n);
}

static void
apply_spec(struct translator *t, const struct action_learn_spec *spec,
           struct translate_learned_flow *lf)
{
    union field_value value = { .u8 = 0 };
    read_source(t, spec, &value);
    switch ((enum action_learn_dst) spec->dst_type) {
    case LEARN_DST_MATCH:
        match_subfield(&spec->dst, &value, &lf->match);
        return;
    case LEARN_DST_LOAD:
        add_load(&lf->actions, &spec->dst, &value);
        return;
    case LEARN_DST_OUTPUT: {
        uint16_t of10 = get_be16(value.bytes + sizeof value - 2);
        if (spec->n_bits == 16) {
            struct action_output *a =
                actions_add(&lf->actions, ACTION_OUTPUT, sizeof *a);
            a->port = ofp_port_from_of10(of10);
        }
        return;
    }
    }
    NOT_REACHED();
}

/* Tells of the flow as "ovs-ofctl add-flow" takes it. */
static void
report_learned(struct translator *t, const struct translate_learned_flow *lf)
{
    const struct port_names *names = translator_names(t);
    struct str s = STR_INITIALIZER;
    str_putf(&s, "table=%u ", lf->table_id);
    match_format(&lf->match, PIPELINE_DEFAULT_PRIORITY, names, &s);
    str_putf(&s, " priority=%d", lf->priority);
    if (lf->cookie) {
        str_putf(&s, " cookie=%#llx",
                 (unsigned long long) be64_to_host(lf->cookie));
    }
    if (lf->idle_timeout) {
        str_putf(&s, " idle=%u", lf->idle_timeout);
    }
    if (lf->hard_timeout) {
        str_putf(&s, " hard=%u", lf->hard_timeout);
    }
    if (lf->flags & RULE_SEND_FLOW_REM) {
        str_put(&s, " send_flow_rem");
    }
    if (lf->limit) {
        str_putf(&s, " limit=%u", lf->limit);
    }
    str_put(&s, " actions=");
    struct actions_format format = { .ports = names };
    actions_format(&lf->actions, &format, &s);
    translator_report(t, TRACE_DETAIL, "%s", str_text(&s));
    str_uninit(&s);
}

void
translator_learn(struct translator *t, const struct action_learn *learn)
{
    const struct trace *trace = t->request->trace;
    bool quiet = trace && !trace->side_effects;
    struct translate_learned_flow *lf = xzalloc(sizeof *lf);
    lf->n_refs = 1;
    lf->priority = learn->priority;
    lf->table_id = learn->table_id;
    lf->cookie = learn->cookie;
    lf->idle_timeout = learn->idle_timeout;
    lf->hard_timeout = learn->hard_timeout;
    lf->flags = learn->flags & LEARN_SEND_FLOW_REM ? RULE_SEND_FLOW_REM : 0;
    lf->limit = learn->limit;
    actions_init(&lf->actions);
    match_init_any(&lf->match);
    for (size_t i = 0; i < learn->n_specs; i++) {
        apply_spec(t, &learn->specs[i], lf);
    }
    match_zero_wildcarded(&lf->match);
    if (learn->fin_idle_timeout || learn->fin_hard_timeout) {
        struct action_fin_timeout *fin =
            actions_add(&lf->actions, ACTION_FIN_TIMEOUT, sizeof *fin);
        fin->idle = learn->fin_idle_timeout;
        fin->hard = learn->fin_hard_timeout;
    }
    if (quiet) {
        translator_report(t, TRACE_WARN,
                          "suppressing side effects, so learn action "
                          "ignored");
        translate_learned_flow_unref(lf);
        return;
    }
    report_learned(t, lf);
    struct translate_effect *e =
        translator_add_effect(t, TRANSLATE_LEARN_FLOW);
    e->pipeline = t->bridge->pipeline;
    e->u.flow = lf;
    translator_effect_done(t);
}

void
translate_learned_flow_unref(struct translate_learned_flow *lf)
{
    if (lf && !__atomic_sub_fetch(&lf->n_refs, 1, __ATOMIC_ACQ_REL)) {
        actions_uninit(&lf->actions);
        free(lf);
    }
}

bool
translate_learned_flow_apply(const struct translate_learned_flow *lf,
                             struct pipeline *p, long long now_ms)
{
    const struct pipeline_flow_mod fm = {
        .command = PIPELINE_MODIFY_STRICT,
        .match = &lf->match,
        .priority = lf->priority,
        .table_id = lf->table_id,
        .new_cookie = lf->cookie,
        .modify_cookie = lf->cookie != BE64_MAX,
        .idle_timeout = lf->idle_timeout,
        .hard_timeout = lf->hard_timeout,
        .flags = lf->flags,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .actions = &lf->actions,
    };
    bool added;
    enum ofperr error = pipeline_learn(p, &fm, lf->limit, now_ms, &added);
    return !error && added;
}
