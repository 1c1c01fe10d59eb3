/* Actions as text. */

#include <inttypes.h>

#include "net/flow/ofp_port.h"
#include "openflow/action/action_private.h"

static void
format_port(uint32_t port, const struct actions_format *options, struct str *s)
{
    ofp_port_format(port, options ? options->ports : NULL, s);
}

static void
format_output(const struct action_output *o,
              const struct actions_format *options, struct str *s)
{
    if (o->port < OFPP10_MAX) {
        str_put(s, "output:");
        format_port(o->port, options, s);
    } else {
        format_port(o->port, options, s);
        if (o->port == OFPP_CONTROLLER) {
            str_putf(s, ":%u", o->max_len);
        }
    }
}

static const char *const reasons[] = { "no_match",   "action", "invalid_ttl",
                                       "action_set", "group",  "packet_out" };

static void
format_controller(const struct action_controller *c, struct str *s)
{
    enum { REASON_ACTION = 1 };

    if (c->reason == REASON_ACTION && !c->controller_id && !c->userdata_len
        && !c->pause && !c->meter_id) {
        str_putf(s, "CONTROLLER:%u", c->max_len);
        return;
    }
    str_put(s, "controller(");
    if (c->reason != REASON_ACTION) {
        if (c->reason < ARRAY_SIZE(reasons)) {
            str_putf(s, "reason=%s,", reasons[c->reason]);
        } else {
            str_putf(s, "reason=%u,", c->reason);
        }
    }
    if (c->max_len != UINT16_MAX) {
        str_putf(s, "max_len=%u,", c->max_len);
    }
    if (c->controller_id) {
        str_putf(s, "id=%u,", c->controller_id);
    }
    if (c->userdata_len) {
        str_put(s, "userdata=");
        for (size_t i = 0; i < c->userdata_len; i++) {
            str_putf(s, "%s%02x", i ? "." : "", c->userdata[i]);
        }
        str_put_char(s, ',');
    }
    if (c->pause) {
        str_put(s, "pause,");
    }
    if (c->meter_id) {
        str_putf(s, "meter_id=%u,", c->meter_id);
    }
    str_chomp(s, ",");
    str_put_char(s, ')');
}

static void
format_set_field(const struct action_set_field *a,
                 const struct actions_format *options, struct str *s)
{
    const struct field *f = a->field;
    union field_value value = { .u8 = 0 }, mask = { .u8 = 0 };
    memcpy(value.bytes, a->bytes, a->value_size);
    memcpy(mask.bytes, a->bytes + a->value_size, a->value_size);
    if (a->action.form == ACTION_FORM_LOAD) {
        /* load takes runs of bits: each run of the mask is one. */
        struct subfield part = { .field = f };
        bool first = true;
        for (size_t bit = 0; bit < f->n_bits;) {
            const uint8_t *m = mask.bytes;
            size_t last = (size_t) f->n_bytes - 1;
            if (!(m[last - bit / 8] >> bit % 8 & 1)) {
                bit++;
                continue;
            }
            part.start = bit;
            uint64_t x = 0;
            while (bit < f->n_bits && m[last - bit / 8] >> bit % 8 & 1
                   && bit - part.start < 64) {
                x |= (uint64_t) (value.bytes[last - bit / 8] >> bit % 8 & 1)
                     << (bit - part.start);
                bit++;
            }
            part.n_bits = bit - part.start;
            str_putf(s, "%sload:%s%" PRIx64 "->", first ? "" : ",",
                     x ? "0x" : "", x);
            subfield_format(&part, s);
            first = false;
        }
        return;
    }
    str_put(s, "set_field:");
    field_format(f, &value, action_sets_whole(a) ? NULL : &mask,
                 options ? options->ports : NULL, s);
    str_putf(s, "->%s", f->name);
}

static void
format_number(const struct action *a, struct str *s)
{
    uint64_t value = ((const struct action_number *) a)->value;
    const char *name = action_name(a->type);
    switch (a->type) {
    case ACTION_SET_VLAN_VID:
        str_putf(s, "%s:%" PRIu64,
                 a->form == ACTION_FORM_PUSH_IF ? "mod_vlan_vid"
                                                : "set_vlan_vid",
                 value);
        break;
    case ACTION_SET_VLAN_PCP:
        str_putf(s, "%s:%" PRIu64,
                 a->form == ACTION_FORM_PUSH_IF ? "mod_vlan_pcp"
                                                : "set_vlan_pcp",
                 value);
        break;
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
        str_putf(s, "%s(%" PRIu64 ")", name, value);
        break;
    case ACTION_SET_TUNNEL:
        str_putf(s, "%s:%#" PRIx64,
                 value > UINT32_MAX || a->form == ACTION_FORM_LONG
                     ? "set_tunnel64"
                     : "set_tunnel",
                 value);
        break;
    default:
        str_putf(s, "%s:%" PRIu64, name, value);
        break;
    }
}

static void
format_resubmit(const struct action_resubmit *r,
                const struct actions_format *options, struct str *s)
{
    if (r->in_port != OFPP_IN_PORT && r->table_id == 255) {
        str_put(s, "resubmit:");
        format_port(r->in_port, options, s);
        return;
    }
    str_put(s, "resubmit(");
    if (r->in_port != OFPP_IN_PORT) {
        format_port(r->in_port, options, s);
    }
    str_put_char(s, ',');
    if (r->table_id != 255) {
        const char *name = options && options->tables
                               ? port_names_find(options->tables, r->table_id)
                               : NULL;
        if (name) {
            str_put(s, name);
        } else {
            str_putf(s, "%u", r->table_id);
        }
    }
    if (r->with_ct) {
        str_put(s, ",ct");
    }
    str_put_char(s, ')');
}

static void
format_dec_ttl(const struct action_dec_ttl *d, struct str *s)
{
    str_put(s, "dec_ttl");
    if (d->n_controllers) {
        for (size_t i = 0; i < d->n_controllers; i++) {
            str_putf(s, "%c%u", i ? ',' : '(', d->ids[i]);
        }
        str_put_char(s, ')');
    }
}

static void
format_sample_number(const struct subfield *src, uint32_t imm, struct str *s)
{
    if (src->field) {
        subfield_format(src, s);
    } else {
        str_putf(s, "%u", imm);
    }
}

static void
format_sample(const struct action_sample *a,
              const struct actions_format *options, struct str *s)
{
    str_putf(s, "sample(probability=%u,collector_set_id=%u,obs_domain_id=",
             a->probability, a->collector_set_id);
    format_sample_number(&a->obs_domain_src, a->obs_domain_imm, s);
    str_put(s, ",obs_point_id=");
    format_sample_number(&a->obs_point_src, a->obs_point_imm, s);
    if (a->sampling_port != OFPP_NONE) {
        str_put(s, ",sampling_port=");
        format_port(a->sampling_port, options, s);
    }
    str_put(s, a->direction == 1   ? ",ingress)"
               : a->direction == 2 ? ",egress)"
                                   : ")");
}

static void
format_note(const struct action_note *n, struct str *s)
{
    str_put(s, "note:");
    for (size_t i = 0; i < n->len; i++) {
        str_putf(s, "%s%02x", i ? "." : "", n->bytes[i]);
    }
}

static void
format_fin_timeout(const struct action_fin_timeout *f, struct str *s)
{
    str_put(s, "fin_timeout(");
    if (f->idle) {
        str_putf(s, "idle_timeout=%u,", f->idle);
    }
    if (f->hard) {
        str_putf(s, "hard_timeout=%u,", f->hard);
    }
    str_chomp(s, ",");
    str_put_char(s, ')');
}

static void
format_structured(const struct action *a, const struct actions_format *options,
                  struct str *s)
{
    const uint8_t *nested;
    size_t nested_size;
    switch (a->type) {
    case ACTION_MOVE: {
        const struct action_move *m = (const struct action_move *) a;
        str_put(s, "move:");
        subfield_format(&m->src, s);
        str_put(s, "->");
        subfield_format(&m->dst, s);
        break;
    }
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP:
        str_putf(s, "%s:", action_name(a->type));
        subfield_format(&((const struct action_stack *) a)->subfield, s);
        break;
    case ACTION_OUTPUT_REG:
        str_put(s, "output:");
        subfield_format(&((const struct action_output_reg *) a)->src, s);
        break;
    case ACTION_CHECK_PKT_LARGER: {
        const struct action_check_pkt_larger *c = (const void *) a;
        str_putf(s, "check_pkt_larger(%u)->", c->pkt_len);
        subfield_format(&c->dst, s);
        break;
    }
    case ACTION_DELETE_FIELD:
        str_putf(s, "delete_field:%s",
                 ((const struct action_delete_field *) a)->field->name);
        break;
    case ACTION_CLONE:
    case ACTION_WRITE_ACTIONS:
        str_putf(s, "%s(", action_name(a->type));
        if (action_nested(a, &nested, &nested_size)) {
            actions_format_list(nested, nested_size, options, s);
        }
        str_put_char(s, ')');
        break;
    case ACTION_LEARN:
        action_learn_format((const struct action_learn *) a, options, s);
        break;
    case ACTION_CT:
        action_ct_format((const struct action_ct *) a, options, s);
        break;
    case ACTION_NAT:
        action_nat_format((const struct action_nat *) a, s);
        break;
    case ACTION_SAMPLE:
        format_sample((const struct action_sample *) a, options, s);
        break;
    default:
        str_put(s, action_name(a->type));
        break;
    }
}

static void
format_write_metadata(const struct action_write_metadata *a, struct str *s)
{
    str_putf(s, "write_metadata:%#" PRIx64, be64_to_host(a->metadata));
    if (a->mask != BE64_MAX) {
        str_putf(s, "/%#" PRIx64, be64_to_host(a->mask));
    }
}

static void
format_goto_table(const struct action_goto_table *a,
                  const struct actions_format *options, struct str *s)
{
    const char *table = options && options->tables
                            ? port_names_find(options->tables, a->table_id)
                            : NULL;
    if (table) {
        str_putf(s, "goto_table:%s", table);
    } else {
        str_putf(s, "goto_table:%u", a->table_id);
    }
}

static void
format_action(const struct action *a, const struct actions_format *options,
              struct str *s)
{
    const char *name = action_name(a->type);
    switch (a->type) {
    case ACTION_OUTPUT:
        format_output((const struct action_output *) a, options, s);
        break;
    case ACTION_CONTROLLER:
        format_controller((const struct action_controller *) a, s);
        break;
    case ACTION_ENQUEUE: {
        const struct action_enqueue *e = (const struct action_enqueue *) a;
        str_put(s, "enqueue:");
        format_port(e->port, options, s);
        str_putf(s, ":%u", e->queue);
        break;
    }
    case ACTION_OUTPUT_TRUNC: {
        const struct action_output_trunc *t = (const void *) a;
        str_put(s, "output(port=");
        format_port(t->port, options, s);
        str_putf(s, ",max_len=%u)", t->max_len);
        break;
    }
    case ACTION_SET_FIELD:
        format_set_field((const struct action_set_field *) a, options, s);
        break;
    case ACTION_GROUP:
    case ACTION_SET_VLAN_VID:
    case ACTION_SET_VLAN_PCP:
    case ACTION_SET_IP_DSCP:
    case ACTION_SET_IP_ECN:
    case ACTION_SET_IP_TTL:
    case ACTION_SET_L4_SRC:
    case ACTION_SET_L4_DST:
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
    case ACTION_SET_TUNNEL:
    case ACTION_SET_QUEUE:
    case ACTION_METER:
        format_number(a, s);
        break;
    case ACTION_SET_ETH_SRC:
    case ACTION_SET_ETH_DST:
        str_putf(s, "%s:" ETH_ADDR_FMT, name,
                 ETH_ADDR_ARGS(((const struct action_mac *) a)->mac));
        break;
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST:
        str_putf(s, "%s:" IP4_FMT, name,
                 IP4_ARGS(((const struct action_ipv4 *) a)->ip));
        break;
    case ACTION_STRIP_VLAN:
        str_put(s, a->form == ACTION_FORM_LONG ? "pop_vlan" : "strip_vlan");
        break;
    case ACTION_PUSH_VLAN:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS:
        str_putf(
            s, "%s:0x%04x", name,
            be16_to_host(((const struct action_ethertype *) a)->ethertype));
        break;
    case ACTION_DEC_TTL:
        format_dec_ttl((const struct action_dec_ttl *) a, s);
        break;
    case ACTION_RESUBMIT:
        format_resubmit((const struct action_resubmit *) a, options, s);
        break;
    case ACTION_FIN_TIMEOUT:
        format_fin_timeout((const struct action_fin_timeout *) a, s);
        break;
    case ACTION_NOTE:
        format_note((const struct action_note *) a, s);
        break;
    case ACTION_CONJUNCTION: {
        const struct action_conjunction *c = (const void *) a;
        str_putf(s, "conjunction(%u,%u/%u)", c->id, c->clause + 1,
                 c->n_clauses);
        break;
    }
    case ACTION_WRITE_METADATA:
        format_write_metadata((const struct action_write_metadata *) a, s);
        break;
    case ACTION_GOTO_TABLE:
        format_goto_table((const struct action_goto_table *) a, options, s);
        break;
    default:
        format_structured(a, options, s);
        break;
    }
}

void
actions_format_list(const void *data, size_t size,
                    const struct actions_format *options, struct str *s)
{
    if (!size) {
        str_put(s, "drop");
        return;
    }
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        if (a != data) {
            str_put_char(s, ',');
        }
        format_action(a, options, s);
    }
}

void
actions_format(const struct actions *list,
               const struct actions_format *options, struct str *s)
{
    actions_format_list(list->data, list->size, options, s);
}
