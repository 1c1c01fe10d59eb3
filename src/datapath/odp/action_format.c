/* Text of datapath actions. */

#include <string.h>

#include "datapath/odp/action.h"
#include "datapath/odp/key_table.h"
#include "net/packet/headers.h"

static void format_list(const void *, size_t, const struct odp_names *,
                        struct str *);

static void
put_port(uint32_t port, const struct odp_names *names, struct str *s)
{
    const char *name = names ? names->name_of(names, port) : NULL;
    if (name) {
        str_put(s, name);
    } else {
        str_putf(s, "%u", port);
    }
}

static void
put_slow_path(uint32_t reasons, struct str *s)
{
    static const char *const names[] = { "cfm",  "bfd",    "lacp", "stp",
                                         "lldp", "action", "match" };
    bool any = false;
    str_put(s, ",slow_path(");
    for (size_t i = 0; i < 32; i++) {
        if (!(reasons & 1u << i)) {
            continue;
        }
        str_put(s, any ? "," : "");
        if (i < ARRAY_SIZE(names)) {
            str_put(s, names[i]);
        } else {
            str_putf(s, "%#x", 1u << i);
        }
        any = true;
    }
    str_put_char(s, ')');
}

static void
put_tci(uint16_t tci, struct str *s)
{
    str_putf(s, "vid=%u,pcp=%u", tci & VLAN_VID_MASK, tci >> 13);
    if (!(tci & VLAN_CFI)) {
        str_put(s, ",cfi=0");
    }
}

static void
put_cookie(const void *data, size_t size, struct str *s)
{
    struct odp_cookie c;
    if (size == sizeof c) {
        memcpy(&c, data, sizeof c);
        switch (c.type) {
        case ODP_COOKIE_SFLOW: {
            uint16_t tci = be16_to_host(c.u.sflow.vlan_tci);
            str_putf(s, ",sFlow(vid=%u,pcp=%u,output=%u)", tci & VLAN_VID_MASK,
                     tci >> 13, c.u.sflow.output);
            return;
        }
        case ODP_COOKIE_SLOW_PATH:
            put_slow_path(c.u.slow_path.reasons, s);
            return;
        case ODP_COOKIE_FLOW_SAMPLE:
            str_putf(s,
                     ",flow_sample(probability=%u,collector_set_id=%u,"
                     "obs_domain_id=%u,obs_point_id=%u,output_port=%u%s)",
                     c.u.flow_sample.probability,
                     c.u.flow_sample.collector_set_id,
                     c.u.flow_sample.obs_domain_id,
                     c.u.flow_sample.obs_point_id, c.u.flow_sample.output_port,
                     c.u.flow_sample.direction == 1   ? ",ingress"
                     : c.u.flow_sample.direction == 2 ? ",egress"
                                                      : "");
            return;
        case ODP_COOKIE_IPFIX:
            str_putf(s, ",ipfix(output_port=%u)", c.u.ipfix.output_port);
            return;
        case ODP_COOKIE_CONTROLLER: {
            be64 cookie;
            memcpy(&cookie, c.u.controller.rule_cookie, sizeof cookie);
            str_putf(s,
                     ",controller(reason=%u,dont_send=%d,continuation=%d,"
                     "recirc_id=%u,rule_cookie=%#llx,controller_id=%u,"
                     "max_len=%u)",
                     c.u.controller.reason, !!c.u.controller.dont_send,
                     !!c.u.controller.continuation, c.u.controller.recirc_id,
                     (unsigned long long) be64_to_host(cookie),
                     c.u.controller.controller_id, c.u.controller.max_len);
            return;
        }
        }
    }
    str_put(s, ",userdata(");
    str_put_hex(s, data, size);
    str_put_char(s, ')');
}

static void
put_userspace(const struct odp_attr *a, const struct odp_names *names,
              struct str *s)
{
    const struct odp_attr *n, *pid = NULL, *data = NULL, *port = NULL,
                              *actions = NULL;
    ODP_FOR_EACH(n, odp_attr_data(a), odp_attr_size(a))
    {
        switch (n->type) {
        case ODP_USERSPACE_PID:
            pid = n;
            break;
        case ODP_USERSPACE_USERDATA:
            data = n;
            break;
        case ODP_USERSPACE_EGRESS_TUN_PORT:
            port = n;
            break;
        case ODP_USERSPACE_ACTIONS:
            actions = n;
            break;
        }
    }
    str_putf(s, "userspace(pid=%u", pid ? odp_attr_u32(pid) : 0);
    if (data) {
        put_cookie(odp_attr_data(data), odp_attr_size(data), s);
    }
    str_put(s, actions ? ",actions" : "");
    if (port) {
        str_put(s, ",tunnel_out_port=");
        put_port(odp_attr_u32(port), names, s);
    }
    str_put_char(s, ')');
}

static void
put_set(const struct odp_attr *a, struct str *s)
{
    const void *data = odp_attr_data(a);
    size_t left = odp_attr_size(a);
    const struct odp_attr *key = odp_attr_next(&data, &left);
    const struct odp_key_type *t = key ? odp_key_type_find(key->type) : NULL;

    str_put(s, "set(");
    if (t && t->attr == ODP_KEY_TUNNEL) {
        struct flow_tunnel tnl = { 0 };
        struct error *error = odp_tunnel_decode(
            odp_attr_data(key), odp_attr_size(key), false, &tnl);
        if (error) {
            str_putf(s, "<error: %s>", error_text(error));
            error_destroy(error);
        } else {
            str_put(s, "tunnel(");
            odp_tunnel_format(&tnl, NULL, false, s);
            str_put_char(s, ')');
        }
    } else if (t && t->attr == ODP_KEY_NSH) {
        str_put(s, "nsh(...)");
    } else if (t) {
        size_t size = odp_attr_size(key);
        uint8_t value[2 * ODP_KEY_MAX_SIZE] = { 0 };
        memcpy(value, odp_attr_data(key), MIN(size, sizeof value));
        if (a->type == ODP_ACTION_SET_MASKED) {
            size /= 2;
            if (!odp_key_format(t, value, value + size, size, NULL, s)) {
                str_putf(s, "%s()", t->name);
            }
        } else {
            odp_key_format(t, value, NULL, size, NULL, s);
        }
    }
    str_put_char(s, ')');
}

static void
put_mpls(const char *name, const void *payload, struct str *s)
{
    uint32_t lse = get_be32(payload);
    str_putf(s, "%s(label=%u,tc=%u,ttl=%u,bos=%u,eth_type=0x%x)", name,
             lse >> 12, lse >> 9 & 7, lse & 0xff, lse >> 8 & 1,
             get_be16((const uint8_t *) payload + 4));
}

static void
put_sample(const struct odp_attr *a, const struct odp_names *names,
           struct str *s)
{
    const struct odp_attr *n;
    double percent = 0;
    const struct odp_attr *actions = NULL;
    ODP_FOR_EACH(n, odp_attr_data(a), odp_attr_size(a))
    {
        if (n->type == ODP_SAMPLE_PROBABILITY) {
            percent = 100.0 * odp_attr_u32(n) / UINT32_MAX;
        } else if (n->type == ODP_SAMPLE_ACTIONS) {
            actions = n;
        }
    }
    str_putf(s, "sample(sample=%.1f%%,actions(", percent);
    if (actions) {
        format_list(odp_attr_data(actions), odp_attr_size(actions), names, s);
    }
    str_put(s, "))");
}

static void
put_check_pkt_len(const struct odp_attr *a, const struct odp_names *names,
                  struct str *s)
{
    const struct odp_attr *n;
    const struct odp_attr *by_type[4] = { 0 };
    ODP_FOR_EACH(n, odp_attr_data(a), odp_attr_size(a))
    {
        if (n->type < ARRAY_SIZE(by_type)) {
            by_type[n->type] = n;
        }
    }
    const struct odp_attr *gt = by_type[ODP_CHECK_PKT_LEN_GREATER];
    const struct odp_attr *le = by_type[ODP_CHECK_PKT_LEN_LESS_EQUAL];
    str_putf(s, "check_pkt_len(size=%u,gt(",
             by_type[ODP_CHECK_PKT_LEN]
                 ? odp_attr_u16(by_type[ODP_CHECK_PKT_LEN])
                 : 0);
    format_list(gt ? odp_attr_data(gt) : NULL, gt ? odp_attr_size(gt) : 0,
                names, s);
    str_put(s, "),le(");
    format_list(le ? odp_attr_data(le) : NULL, le ? odp_attr_size(le) : 0,
                names, s);
    str_put(s, "))");
}

/* Parts that another issue brings have no text of their own yet. */
static void
put_unknown(const struct odp_attr *a, struct str *s)
{
    const uint8_t *p = odp_attr_data(a);
    size_t size = odp_attr_size(a);
    str_putf(s, "action%u", a->type);
    for (size_t i = 0; i < size; i++) {
        str_putf(s, "%c%02x", i ? ' ' : '(', p[i]);
    }
    str_put(s, size ? ")" : "");
}

static void
put_push_eth(const struct eth_addr *macs, struct str *s)
{
    str_putf(s, "push_eth(src=" ETH_ADDR_FMT ",dst=" ETH_ADDR_FMT ")",
             ETH_ADDR_ARGS(macs[0]), ETH_ADDR_ARGS(macs[1]));
}

static void
format_action(const struct odp_attr *a, const struct odp_names *names,
              struct str *s)
{
    const uint8_t *p = odp_attr_data(a);

    switch ((enum odp_action_attr) a->type) {
    case ODP_ACTION_OUTPUT:
        put_port(odp_attr_u32(a), names, s);
        return;
    case ODP_ACTION_USERSPACE:
        put_userspace(a, names, s);
        return;
    case ODP_ACTION_SET:
    case ODP_ACTION_SET_MASKED:
        put_set(a, s);
        return;
    case ODP_ACTION_PUSH_VLAN:
        str_put(s, "push_vlan(");
        if (get_be16(p) != ETH_TYPE_VLAN_8021Q) {
            str_putf(s, "tpid=0x%04x,", get_be16(p));
        }
        put_tci(get_be16(p + 2), s);
        str_put_char(s, ')');
        return;
    case ODP_ACTION_POP_VLAN:
        str_put(s, "pop_vlan");
        return;
    case ODP_ACTION_SAMPLE:
        put_sample(a, names, s);
        return;
    case ODP_ACTION_RECIRC:
        str_putf(s, "recirc(%#x)", odp_attr_u32(a));
        return;
    case ODP_ACTION_HASH: {
        uint32_t x[2];
        memcpy(x, p, sizeof x);
        str_putf(s,
                 x[0] == ODP_HASH_L4       ? "hash(l4(%u))"
                 : x[0] == ODP_HASH_SYM_L4 ? "hash(sym_l4(%u))"
                                           : "hash(Unknown hash algorithm(%u)",
                 x[1]);
        return;
    }
    case ODP_ACTION_PUSH_MPLS:
        put_mpls("push_mpls", p, s);
        return;
    case ODP_ACTION_ADD_MPLS:
        put_mpls("add_mpls", p, s);
        return;
    case ODP_ACTION_POP_MPLS:
        str_putf(s, "pop_mpls(eth_type=0x%x)", get_be16(p));
        return;
    case ODP_ACTION_TRUNC:
        str_putf(s, "trunc(%u)", odp_attr_u32(a));
        return;
    case ODP_ACTION_PUSH_ETH:
        put_push_eth((const struct eth_addr *) p, s);
        return;
    case ODP_ACTION_POP_ETH:
        str_put(s, "pop_eth");
        return;
    case ODP_ACTION_CT_CLEAR:
        str_put(s, "ct_clear");
        return;
    case ODP_ACTION_POP_NSH:
        str_put(s, "pop_nsh()");
        return;
    case ODP_ACTION_METER:
        str_putf(s, "meter(%u)", odp_attr_u32(a));
        return;
    case ODP_ACTION_CLONE:
        str_put(s, "clone(");
        format_list(p, odp_attr_size(a), names, s);
        str_put_char(s, ')');
        return;
    case ODP_ACTION_CHECK_PKT_LEN:
        put_check_pkt_len(a, names, s);
        return;
    case ODP_ACTION_DROP:
        str_put(s, "drop");
        return;
    case ODP_ACTION_TUNNEL_POP:
        str_put(s, "tnl_pop(");
        put_port(odp_attr_u32(a), names, s);
        str_put_char(s, ')');
        return;
    case ODP_ACTION_LB_OUTPUT:
        str_putf(s, "lb_output(%u)", odp_attr_u32(a));
        return;
    case ODP_ACTION_CT:
    case ODP_ACTION_PUSH_NSH:
    case ODP_ACTION_DEC_TTL:
    case ODP_ACTION_PSAMPLE:
    case ODP_ACTION_TUNNEL_PUSH:
        break;
    }
    put_unknown(a, s);
}

static void
format_list(const void *data, size_t size, const struct odp_names *names,
            struct str *s)
{
    const struct odp_attr *a;
    bool any = false;

    ODP_FOR_EACH(a, data, size)
    {
        str_put(s, any ? "," : "");
        format_action(a, names, s);
        any = true;
    }
    str_put(s, any ? "" : "drop");
}

void
odp_actions_format(const uint8_t *data, size_t size,
                   const struct odp_names *names, struct str *s)
{
    format_list(data, size, names, s);
}
