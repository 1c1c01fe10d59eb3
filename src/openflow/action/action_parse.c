/* Text to actions: the list, and dispatch by name. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_parse_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_table);

enum { MAX_NESTING = 100 };

struct error *
parse_number(const char *text, uint64_t *valuep)
{
    if (!scan_u64(text, 0, valuep)) {
        return error_create("invalid numeric format %s", text);
    }
    return NULL;
}

struct error *
parse_bounded(const char *text, const char *name, uint64_t max,
              uint64_t *valuep)
{
    if (!scan_u64(text, 0, valuep) || *valuep > max) {
        *valuep = 0;
        return error_create("invalid %s \"%s\"", name, text);
    }
    return NULL;
}

struct error *
parse_port(const char *text, const char *what, const struct parse *p,
           uint32_t *portp)
{
    if (!ofp_port_parse(text, p->options ? p->options->ports : NULL, portp)) {
        return error_create("%s: %s to unknown port", text, what);
    }
    return NULL;
}

bool
table_id_parse(const char *text, const struct port_names *names,
               uint8_t *tablep)
{
    uint32_t number;
    if (scan_u32(text, 0, &number)) {
        if (number > UINT8_MAX) {
            log_warn("table %u is outside the supported range 0 through 255",
                     number);
            return false;
        }
    } else if (!names || !port_names_lookup(names, text, &number)) {
        return false;
    }
    *tablep = (uint8_t) number;
    return true;
}

struct error *
parse_table(const char *text, const struct parse *p, uint8_t *tablep)
{
    return table_id_parse(text, p->options ? p->options->tables : NULL, tablep)
               ? NULL
               : error_create("unknown table \"%s\"", text);
}

/* An action that is nothing but a number. */
static struct error *
add_number(struct parse *p, enum action_type type, const char *text)
{
    uint64_t value;
    struct error *error = parse_number(text, &value);
    if (!error) {
        struct action_number *a = actions_add(p->out, type, sizeof *a);
        a->value = value;
    }
    return error;
}

/* One whose number is limited and whose errors say what it is. */
static struct error *
add_limited(struct parse *p, enum action_type type, const char *text,
            uint64_t max, const char *what)
{
    uint64_t value;
    struct error *error = parse_number(text, &value);
    if (error) {
        return error;
    } else if (value > max) {
        return error_create("%s: not a valid %s", text, what);
    }
    struct action_number *a = actions_add(p->out, type, sizeof *a);
    a->value = value;
    return NULL;
}

static struct error *
parse_group(struct parse *p, char *arg)
{
    return add_number(p, ACTION_GROUP, arg);
}

static void
set_form(struct parse *p, struct error *error, enum action_form form)
{
    if (!error) {
        /* The action just added is the last 16 bytes. */
        struct action *a = (struct action *) (p->out->data + p->out->size
                                              - sizeof(struct action_number));
        a->form = form;
    }
}

static struct error *
parse_vlan_vid(struct parse *p, char *arg)
{
    return add_limited(p, ACTION_SET_VLAN_VID, arg, 0xfff, "VLAN VID");
}

static struct error *
parse_mod_vlan_vid(struct parse *p, char *arg)
{
    struct error *error = parse_vlan_vid(p, arg);
    set_form(p, error, ACTION_FORM_PUSH_IF);
    return error;
}

static struct error *
parse_vlan_pcp(struct parse *p, char *arg)
{
    return add_limited(p, ACTION_SET_VLAN_PCP, arg, 7, "VLAN PCP");
}

static struct error *
parse_mod_vlan_pcp(struct parse *p, char *arg)
{
    struct error *error = parse_vlan_pcp(p, arg);
    set_form(p, error, ACTION_FORM_PUSH_IF);
    return error;
}

static struct error *
parse_nw_tos(struct parse *p, char *arg)
{
    uint64_t value;
    struct error *error = parse_number(arg, &value);
    if (!error && (value > 0xff || value & 3)) {
        error = error_create("%s: not a valid TOS", arg);
    }
    return error ? error : add_number(p, ACTION_SET_IP_DSCP, arg);
}

static struct error *
parse_nw_ecn(struct parse *p, char *arg)
{
    return add_limited(p, ACTION_SET_IP_ECN, arg, 3, "ECN");
}

static struct error *
parse_nw_ttl(struct parse *p, char *arg)
{
    uint64_t value;
    struct error *error = parse_bounded(arg, "TTL", UINT8_MAX, &value);
    return error ? error : add_number(p, ACTION_SET_IP_TTL, arg);
}

static struct error *
parse_tp_src(struct parse *p, char *arg)
{
    uint64_t value;
    struct error *error =
        parse_bounded(arg, "source port", UINT16_MAX, &value);
    return error ? error : add_number(p, ACTION_SET_L4_SRC, arg);
}

static struct error *
parse_tp_dst(struct parse *p, char *arg)
{
    uint64_t value;
    struct error *error =
        parse_bounded(arg, "destination port", UINT16_MAX, &value);
    return error ? error : add_number(p, ACTION_SET_L4_DST, arg);
}

static struct error *
parse_mpls_label(struct parse *p, char *arg)
{
    return add_number(p, ACTION_SET_MPLS_LABEL, arg);
}

static struct error *
parse_mpls_tc(struct parse *p, char *arg)
{
    return add_number(p, ACTION_SET_MPLS_TC, arg);
}

static struct error *
parse_mpls_ttl(struct parse *p, char *arg)
{
    return add_number(p, ACTION_SET_MPLS_TTL, arg);
}

static struct error *
parse_set_tunnel(struct parse *p, char *arg)
{
    return add_number(p, ACTION_SET_TUNNEL, arg);
}

static struct error *
parse_set_tunnel64(struct parse *p, char *arg)
{
    struct error *error = add_number(p, ACTION_SET_TUNNEL, arg);
    set_form(p, error, ACTION_FORM_LONG);
    return error;
}

static struct error *
parse_set_queue(struct parse *p, char *arg)
{
    return add_number(p, ACTION_SET_QUEUE, arg);
}

static struct error *
parse_meter(struct parse *p, char *arg)
{
    return add_number(p, ACTION_METER, arg);
}

static struct error *
add_mac(struct parse *p, enum action_type type, const char *arg)
{
    struct eth_addr mac;
    if (!eth_addr_parse(arg, &mac)) {
        return error_create("invalid mac address %s", arg);
    }
    struct action_mac *a = actions_add(p->out, type, sizeof *a);
    a->mac = mac;
    return NULL;
}

static struct error *
parse_dl_src(struct parse *p, char *arg)
{
    return add_mac(p, ACTION_SET_ETH_SRC, arg);
}

static struct error *
parse_dl_dst(struct parse *p, char *arg)
{
    return add_mac(p, ACTION_SET_ETH_DST, arg);
}

static struct error *
add_ipv4(struct parse *p, enum action_type type, const char *arg)
{
    be32 ip;
    if (!ip4_parse(arg, &ip)) {
        return error_create("%s: could not convert to IP address", arg);
    }
    struct action_ipv4 *a = actions_add(p->out, type, sizeof *a);
    a->ip = ip;
    return NULL;
}

static struct error *
parse_nw_src(struct parse *p, char *arg)
{
    return add_ipv4(p, ACTION_SET_IPV4_SRC, arg);
}

static struct error *
parse_nw_dst(struct parse *p, char *arg)
{
    return add_ipv4(p, ACTION_SET_IPV4_DST, arg);
}

static struct error *
add_ethertype(struct parse *p, enum action_type type, const char *arg)
{
    uint64_t value;
    struct error *error = parse_bounded(arg, "ethertype", UINT16_MAX, &value);
    if (!error) {
        struct action_ethertype *a = actions_add(p->out, type, sizeof *a);
        a->ethertype = be16_from_host(value);
    }
    return error;
}

static struct error *
parse_push_vlan(struct parse *p, char *arg)
{
    uint64_t value;
    struct error *error = parse_bounded(arg, "ethertype", UINT16_MAX, &value);
    if (!error && value != 0x8100 && value != 0x88a8) {
        error = error_create("%s: not a valid VLAN ethertype", arg);
    }
    return error ? error : add_ethertype(p, ACTION_PUSH_VLAN, arg);
}

static struct error *
parse_push_mpls(struct parse *p, char *arg)
{
    return add_ethertype(p, ACTION_PUSH_MPLS, arg);
}

static struct error *
parse_pop_mpls(struct parse *p, char *arg)
{
    return add_ethertype(p, ACTION_POP_MPLS, arg);
}

/* Names of actions, and what parses their arguments.  'type' is for actions
 * without arguments. */
static const struct name {
    const char *name;
    struct error *(*parse)(struct parse *, char *arg);
    enum action_type type;
} names[] = {
    { "output", parse_output, 0 },
    { "controller", parse_controller, 0 },
    { "enqueue", parse_enqueue, 0 },
    { "group", parse_group, 0 },
    { "set_field", parse_set_field, 0 },
    { "load", parse_load, 0 },
    { "move", parse_move, 0 },
    { "push", parse_push, 0 },
    { "pop", parse_pop, 0 },
    { "set_vlan_vid", parse_vlan_vid, 0 },
    { "set_vlan_pcp", parse_vlan_pcp, 0 },
    { "mod_vlan_vid", parse_mod_vlan_vid, 0 },
    { "mod_vlan_pcp", parse_mod_vlan_pcp, 0 },
    { "strip_vlan", NULL, ACTION_STRIP_VLAN },
    { "pop_vlan", NULL, ACTION_STRIP_VLAN },
    { "push_vlan", parse_push_vlan, 0 },
    { "mod_dl_src", parse_dl_src, 0 },
    { "mod_dl_dst", parse_dl_dst, 0 },
    { "mod_nw_src", parse_nw_src, 0 },
    { "mod_nw_dst", parse_nw_dst, 0 },
    { "mod_nw_tos", parse_nw_tos, 0 },
    { "mod_nw_ecn", parse_nw_ecn, 0 },
    { "mod_nw_ttl", parse_nw_ttl, 0 },
    { "set_nw_ttl", parse_nw_ttl, 0 },
    { "mod_tp_src", parse_tp_src, 0 },
    { "mod_tp_dst", parse_tp_dst, 0 },
    { "set_mpls_label", parse_mpls_label, 0 },
    { "set_mpls_tc", parse_mpls_tc, 0 },
    { "set_mpls_ttl", parse_mpls_ttl, 0 },
    { "dec_mpls_ttl", NULL, ACTION_DEC_MPLS_TTL },
    { "dec_nsh_ttl", NULL, ACTION_DEC_NSH_TTL },
    { "push_mpls", parse_push_mpls, 0 },
    { "pop_mpls", parse_pop_mpls, 0 },
    { "dec_ttl", parse_dec_ttl, 0 },
    { "set_tunnel", parse_set_tunnel, 0 },
    { "set_tunnel64", parse_set_tunnel64, 0 },
    { "set_queue", parse_set_queue, 0 },
    { "pop_queue", NULL, ACTION_POP_QUEUE },
    { "fin_timeout", parse_fin_timeout, 0 },
    { "resubmit", parse_resubmit, 0 },
    { "learn", parse_learn, 0 },
    { "conjunction", parse_conjunction, 0 },
    { "note", parse_note, 0 },
    { "exit", NULL, ACTION_EXIT },
    { "ct", parse_ct, 0 },
    { "ct_clear", NULL, ACTION_CT_CLEAR },
    { "nat", parse_nat, 0 },
    { "clone", parse_clone, 0 },
    { "check_pkt_larger", parse_check_pkt_larger, 0 },
    { "delete_field", parse_delete_field, 0 },
    { "meter", parse_meter, 0 },
    { "clear_actions", NULL, ACTION_CLEAR_ACTIONS },
    { "write_actions", parse_write_actions, 0 },
    { "write_metadata", parse_write_metadata, 0 },
    { "goto_table", parse_goto_table, 0 },
    { "bundle", parse_not_yet, 0 },
    { "bundle_load", parse_not_yet, 0 },
    { "multipath", parse_not_yet, 0 },
    { "sample", parse_not_yet, 0 },
    { "encap", parse_not_yet, 0 },
    { "decap", parse_not_yet, 0 },
};

static struct error *
parse_one(struct parse *p, const char *key, char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcasecmp(key, names[i].name)) {
            p->name = names[i].name;
            if (names[i].parse) {
                return names[i].parse(p, value);
            }
            actions_add(p->out, names[i].type, sizeof(struct action_null));
            return NULL;
        }
    }
    if (!strcasecmp(key, "apply_actions")) {
        return error_create("apply_actions is the default instruction");
    }
    uint32_t port;
    if (ofp_port_parse(key, p->options ? p->options->ports : NULL, &port)) {
        struct action_output *a =
            actions_add(p->out, ACTION_OUTPUT, sizeof *a);
        a->port = port;
        return NULL;
    }
    return error_create("unknown action %s", key);
}

static const char *const instruction_names[] = {
    "meter",         "apply_actions",  "clear_actions",
    "write_actions", "write_metadata", "goto_table",
};

/* Instructions must come in their order, each at most once. */
static struct error *
check_order(const struct actions *list)
{
    int last = -1;
    const struct action *a;
    ACTIONS_FOR_EACH(a, list)
    {
        int instruction = action_instruction(a);
        if (instruction == last && instruction != INSTRUCTION_APPLY) {
            return error_create("duplicate %s instruction not allowed, for "
                                "OpenFlow 1.1+ compatibility",
                                instruction_names[instruction]);
        } else if (instruction < last) {
            return error_create("invalid instruction ordering: %s must "
                                "appear before %s, for OpenFlow 1.1+ "
                                "compatibility",
                                instruction_names[instruction],
                                instruction_names[last]);
        }
        last = instruction;
    }
    return NULL;
}

/* What only instructions are for must not be inside other actions. */
static struct error *
check_no_instructions(const struct actions *list, size_t start)
{
    if (start == list->size) {
        return NULL;
    }
    const struct action *a;
    ACTION_FOR_EACH(a, list->data + start, list->size - start)
    {
        if (action_instruction(a) != INSTRUCTION_APPLY
            && a->type != ACTION_METER) {
            return error_create("%s instruction not allowed here",
                                action_name(a->type));
        }
    }
    return NULL;
}

static struct error *
check_conjunctions(const struct actions *list)
{
    const struct action *other = NULL, *a;
    bool found = false;
    ACTIONS_FOR_EACH(a, list)
    {
        if (a->type == ACTION_CONJUNCTION) {
            found = true;
        } else if (a->type != ACTION_NOTE) {
            other = a;
        }
    }
    if (found && other) {
        return error_create("\"conjunction\" actions may be used along with "
                            "\"note\" but not any other kind of action (such "
                            "as the \"%s\" action used here)",
                            action_name(other->type));
    }
    return NULL;
}

struct error *
actions_parse_list(char *text, const struct actions_format *options,
                   unsigned int flags, struct actions *out)
{
    if (flags / ACTIONS_PARSE_NESTED > MAX_NESTING) {
        return error_create("Action nested too deeply");
    }
    struct parse p = { .options = options, .flags = flags, .out = out };
    size_t start = out->size;
    char *key, *value;
    bool drop = false;
    size_t n = 0;
    p.rest = text;
    while (scan_key_value(&p.rest, &key, &value, &p.delimiter)) {
        n++;
        if (!strcasecmp(key, "drop")) {
            drop = true;
            continue;
        }
        if (n > UINT16_MAX) {
            return error_create("too many actions");
        }
        struct error *error = parse_one(&p, key, value);
        if (error) {
            return error;
        }
    }
    if (drop && n > 1) {
        return error_create("\"drop\" must not be accompanied by any other "
                            "action or instruction");
    }
    if (out->size - start > UINT16_MAX * 8) {
        return error_create("input actions are too long");
    }
    return flags & ACTIONS_PARSE_INSTRUCTIONS
               ? NULL
               : check_no_instructions(out, start);
}

struct error *
actions_parse(const char *text, const struct actions_format *options,
              unsigned int flags, struct actions *out)
{
    char *copy = xstrdup(text);
    actions_init(out);
    struct error *error = actions_parse_list(copy, options, flags, out);
    if (!error && flags & ACTIONS_PARSE_INSTRUCTIONS) {
        error = check_order(out);
    }
    if (!error) {
        error = check_conjunctions(out);
    }
    if (error) {
        actions_uninit(out);
    }
    free(copy);
    return error;
}
