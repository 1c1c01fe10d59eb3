/* Consistency of actions with the match of their flow, and what follows from
 * it. */

#include <string.h>

#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_private.h"
#include "openflow/action/check.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_actions);

/* What is known of a packet while its actions are walked. */
struct checker {
    struct match match;
    const struct actions_limits *limits;
    bool in_set; /* Inside write_actions. */
    bool in_ct;  /* Inside ct(exec(...)). */
};

static enum ofperr check_list(struct checker *, const void *data, size_t size);

static enum ofperr
check_field(const struct field *field, const struct checker *c)
{
    return field_prereqs_ok(field, &c->match.flow, NULL)
               ? 0
               : OFPERR_OFPBAC_MATCH_INCONSISTENT;
}

/* Ports that actions may name: OpenFlow 1.3.5 §7.2.1. */
static enum ofperr
check_port(uint32_t port, const struct checker *c)
{
    switch (port) {
    case OFPP_IN_PORT:
    case OFPP_TABLE:
    case OFPP_NORMAL:
    case OFPP_FLOOD:
    case OFPP_ALL:
    case OFPP_CONTROLLER:
    case OFPP_LOCAL:
        return 0;
    case OFPP_NONE:
    case OFPP_UNSET:
        return OFPERR_OFPBAC_BAD_OUT_PORT;
    default:
        return port < c->limits->max_port ? 0 : OFPERR_OFPBAC_BAD_OUT_PORT;
    }
}

static bool
has_vlan(const struct checker *c)
{
    return c->match.flow.vlans[0].tci & BE16_CONST(VLAN_CFI);
}

/* What is set in a packet without a tag pushes one. */
static void
want_tag(struct checker *c)
{
    c->match.flow.vlans[0].tci |= BE16_CONST(VLAN_CFI);
}

static void
push_tag(struct checker *c)
{
    struct flow_vlan *tags = c->match.flow.vlans;
    memmove(&tags[1], &tags[0], (FLOW_MAX_VLANS - 1) * sizeof tags[0]);
    tags[0].tci = BE16_CONST(VLAN_CFI);
}

static void
pop_tag(struct checker *c)
{
    struct flow_vlan *tags = c->match.flow.vlans;
    memmove(&tags[0], &tags[1], (FLOW_MAX_VLANS - 1) * sizeof tags[0]);
    memset(&tags[FLOW_MAX_VLANS - 1], 0, sizeof tags[0]);
}

static enum ofperr
check_number(const struct action *a, struct checker *c)
{
    switch (a->type) {
    case ACTION_SET_VLAN_VID:
    case ACTION_SET_VLAN_PCP:
        if (!has_vlan(c)) {
            if (a->form != ACTION_FORM_PUSH_IF) {
                return OFPERR_OFPBAC_MATCH_INCONSISTENT;
            }
            want_tag(c);
        }
        return 0;
    case ACTION_SET_IP_DSCP:
    case ACTION_SET_IP_ECN:
    case ACTION_SET_IP_TTL:
        return flow_is_ip(&c->match.flow) ? 0
                                          : OFPERR_OFPBAC_MATCH_INCONSISTENT;
    case ACTION_SET_L4_SRC:
    case ACTION_SET_L4_DST: {
        uint8_t proto = c->match.flow.nw_proto;
        return flow_is_ip(&c->match.flow)
                       && (proto == 6 || proto == 17 || proto == 132)
                   ? 0
                   : OFPERR_OFPBAC_MATCH_INCONSISTENT;
    }
    case ACTION_METER: {
        uint64_t meter = ((const struct action_number *) a)->value;
        return !meter || meter > c->limits->max_meter
                   ? OFPERR_OFPMMFC_INVALID_METER
                   : 0;
    }
    case ACTION_GROUP:
        return ((const struct action_number *) a)->value
                       > c->limits->max_groups
                   ? OFPERR_OFPBAC_BAD_OUT_GROUP
                   : 0;
    default:
        return 0;
    }
}

/* The same for a part of a move or the like. */
static enum ofperr
check_end(const struct field *field, const char *end, const struct checker *c)
{
    enum ofperr error = check_field(field, c);
    if (error) {
        action_warn_end(field, end);
    }
    return error;
}

static void
warn_set_field(const struct field *field)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    log_warn_rl(&rl, "set_field %s lacks correct prerequisites", field->name);
}

static enum ofperr
check_set_field(const struct action_set_field *a, struct checker *c)
{
    enum field_id id = a->field->id;
    if ((id == FIELD_CT_MARK || id == FIELD_CT_LABEL) && !c->in_ct) {
        return OFPERR_OFPBAC_BAD_SET_ARGUMENT;
    }
    if ((id == FIELD_VLAN_VID || id == FIELD_VLAN_PCP) && !has_vlan(c)) {
        warn_set_field(a->field);
        return OFPERR_OFPBAC_MATCH_INCONSISTENT;
    }
    if (id == FIELD_VLAN_TCI && a->bytes[0] & 0x10) {
        want_tag(c);
    }
    enum ofperr error = check_field(a->field, c);
    if (error) {
        warn_set_field(a->field);
    }
    return error;
}

static enum ofperr
check_learn(const struct action_learn *a, const struct checker *c)
{
    for (size_t i = 0; i < a->n_specs; i++) {
        const struct action_learn_spec *spec = &a->specs[i];
        if (spec->src_type == LEARN_SRC_FIELD
            && check_field(spec->src.field, c)) {
            return OFPERR_OFPBAC_MATCH_INCONSISTENT;
        }
    }
    return 0;
}

static enum ofperr
check_ct(const struct action_ct *a, struct checker *c)
{
    if (!flow_is_ip(&c->match.flow)) {
        return OFPERR_OFPBAC_MATCH_INCONSISTENT;
    }
    if (a->zone_src.field && check_field(a->zone_src.field, c)) {
        return OFPERR_OFPBAC_MATCH_INCONSISTENT;
    }
    c->in_ct = true;
    enum ofperr error = check_list(c, a->actions, ACTION_NESTED_SIZE(a));
    c->in_ct = false;
    return error;
}

/* Fields of the connection are there behind its tracking only. */
static enum ofperr
check_resubmit(const struct action_resubmit *a, const struct checker *c)
{
    return a->with_ct
                   && !field_prereqs_ok_match(field_from_id(FIELD_CT_NW_PROTO),
                                              &c->match)
               ? OFPERR_OFPBAC_MATCH_INCONSISTENT
               : 0;
}

static enum ofperr
check_goto(const struct action_goto_table *a, const struct checker *c)
{
    if ((c->limits->table_id != 255 && a->table_id <= c->limits->table_id)
        || (c->limits->n_tables != 255
            && a->table_id >= c->limits->n_tables)) {
        return OFPERR_OFPBIC_BAD_TABLE_ID;
    }
    return 0;
}

static enum ofperr
check_mpls(const struct action *a, struct checker *c)
{
    struct flow *flow = &c->match.flow;
    bool is_mpls = flow->dl_type == BE16_CONST(0x8847)
                   || flow->dl_type == BE16_CONST(0x8848);
    if (a->type == ACTION_PUSH_MPLS) {
        flow->dl_type = ((const struct action_ethertype *) a)->ethertype;
        return 0;
    }
    if (!is_mpls) {
        return OFPERR_OFPBAC_MATCH_INCONSISTENT;
    }
    if (a->type == ACTION_POP_MPLS) {
        flow->dl_type = ((const struct action_ethertype *) a)->ethertype;
    }
    return 0;
}

static enum ofperr
check_fields_of(const struct action *a, const struct checker *c)
{
    enum ofperr error;
    switch (a->type) {
    case ACTION_MOVE: {
        const struct action_move *m = (const struct action_move *) a;
        error = check_end(m->src.field, "source", c);
        return error ? error : check_end(m->dst.field, "destination", c);
    }
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP:
        return check_field(((const struct action_stack *) a)->subfield.field,
                           c);
    case ACTION_OUTPUT_REG:
        return check_end(((const struct action_output_reg *) a)->src.field,
                         "source", c);
    default:
        return check_field(
            ((const struct action_check_pkt_larger *) a)->dst.field, c);
    }
}

static enum ofperr
check_one(struct checker *c, const struct action *a)
{
    const uint8_t *nested;
    size_t nested_size;
    switch (a->type) {
    case ACTION_OUTPUT:
        return check_port(((const struct action_output *) a)->port, c);
    case ACTION_OUTPUT_TRUNC:
        return check_port(((const struct action_output_trunc *) a)->port, c);
    case ACTION_ENQUEUE: {
        uint32_t port = ((const struct action_enqueue *) a)->port;
        return port < c->limits->max_port || port == OFPP_IN_PORT
                       || port == OFPP_LOCAL
                   ? 0
                   : OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    case ACTION_SET_FIELD:
        return check_set_field((const struct action_set_field *) a, c);
    case ACTION_MOVE:
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP:
    case ACTION_OUTPUT_REG:
    case ACTION_CHECK_PKT_LARGER:
        return check_fields_of(a, c);
    case ACTION_STRIP_VLAN:
        if (a->form == ACTION_FORM_LONG && !has_vlan(c)) {
            return OFPERR_OFPBAC_MATCH_INCONSISTENT;
        }
        pop_tag(c);
        return 0;
    case ACTION_PUSH_VLAN:
        push_tag(c);
        return 0;
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST:
        return c->match.flow.dl_type == BE16_CONST(0x0800)
                   ? 0
                   : OFPERR_OFPBAC_MATCH_INCONSISTENT;
    case ACTION_DEC_TTL:
        return flow_is_ip(&c->match.flow) ? 0
                                          : OFPERR_OFPBAC_MATCH_INCONSISTENT;
    case ACTION_FIN_TIMEOUT:
        return flow_is_ip(&c->match.flow) && c->match.flow.nw_proto == 6
                   ? 0
                   : OFPERR_OFPBAC_MATCH_INCONSISTENT;
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
    case ACTION_DEC_MPLS_TTL:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS:
        return check_mpls(a, c);
    case ACTION_LEARN:
        return check_learn((const struct action_learn *) a, c);
    case ACTION_CT:
        return check_ct((const struct action_ct *) a, c);
    case ACTION_CLONE:
    case ACTION_WRITE_ACTIONS:
        c->in_set = a->type == ACTION_WRITE_ACTIONS;
        if (action_nested(a, &nested, &nested_size)) {
            /* What a clone does to the packet is gone behind it. */
            struct checker inner = *c;
            return check_list(&inner, nested, nested_size);
        }
        return 0;
    case ACTION_RESUBMIT:
        return check_resubmit((const struct action_resubmit *) a, c);
    case ACTION_GOTO_TABLE:
        return check_goto((const struct action_goto_table *) a, c);
    default:
        return check_number(a, c);
    }
}

/* Whether OpenFlow 1.0 takes the action even if the match lacks its
 * prerequisites. */
static bool
is_lenient(const struct action *a)
{
    switch (a->type) {
    case ACTION_SET_VLAN_VID:
    case ACTION_SET_VLAN_PCP:
    case ACTION_STRIP_VLAN:
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST:
    case ACTION_SET_IP_DSCP:
    case ACTION_SET_IP_ECN:
    case ACTION_SET_IP_TTL:
    case ACTION_SET_L4_SRC:
    case ACTION_SET_L4_DST:
    case ACTION_DEC_TTL:
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
    case ACTION_DEC_MPLS_TTL:
    case ACTION_POP_MPLS:
    case ACTION_FIN_TIMEOUT:
        return true;
    default:
        return false;
    }
}

static enum ofperr
check_list(struct checker *c, const void *data, size_t size)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        enum ofperr error = check_one(c, a);
        if (error
            && !(error == OFPERR_OFPBAC_MATCH_INCONSISTENT
                 && c->limits->lenient && is_lenient(a))) {
            return error;
        }
    }
    return 0;
}

enum ofperr
actions_check(const struct actions *list, const struct match *match,
              const struct actions_limits *limits)
{
    struct checker c = { .match = *match, .limits = limits };
    return check_list(&c, list->data, list->size);
}

void
actions_resolve(struct actions *list, const struct match *match)
{
    bool tagged = match->flow.vlans[0].tci & BE16_CONST(VLAN_CFI);
    uint8_t proto = match->flow.nw_proto;
    const struct action *a;
    ACTIONS_FOR_EACH(a, list)
    {
        struct action *action = (struct action *) a;
        switch (action->type) {
        case ACTION_PUSH_VLAN:
            tagged = true;
            break;
        case ACTION_STRIP_VLAN:
            tagged = false;
            break;
        case ACTION_SET_VLAN_VID:
        case ACTION_SET_VLAN_PCP:
            if (tagged && action->form == ACTION_FORM_PUSH_IF) {
                action->form = ACTION_FORM_DEFAULT;
            }
            tagged = true;
            break;
        case ACTION_SET_L4_SRC:
        case ACTION_SET_L4_DST:
            action->form = proto == 17    ? ACTION_FORM_UDP
                           : proto == 132 ? ACTION_FORM_SCTP
                                          : ACTION_FORM_DEFAULT;
            break;
        default:
            break;
        }
    }
}
