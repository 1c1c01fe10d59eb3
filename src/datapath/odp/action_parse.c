/* Datapath actions from text. */

#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "datapath/odp/action.h"
#include "datapath/odp/datapath.h"
#include "datapath/odp/key_table.h"
#include "net/packet/headers.h"

enum { MAX_DEPTH = 16, WORD_MAX_LEN = 128 };

struct parser {
    const char *p; /* Next character. */
    const struct odp_names *names;
    struct writer *w;
    unsigned depth;
};

static struct error *parse_list(struct parser *, bool drop_ok);

static bool
accept(struct parser *x, const char *text)
{
    const char *rest;
    bool found = scan_prefix(x->p, text, &rest);
    if (found) {
        x->p = rest;
    }
    return found;
}

static bool
number(struct parser *x, uint64_t max, uint64_t *valuep)
{
    char word[32];
    size_t n = strspn(x->p, "0123456789abcdefABCDEFxX");
    if (!n || n >= sizeof word) {
        return false;
    }
    memcpy(word, x->p, n);
    word[n] = '\0';
    x->p += n;
    return scan_u64(word, 0, valuep) && *valuep <= max;
}

/* "NAME=N" with an optional comma before. */
static bool
item(struct parser *x, const char *name, uint64_t max, uint64_t *valuep)
{
    const char *start = x->p;
    accept(x, ",");
    if (!accept(x, name) || !accept(x, "=") || !number(x, max, valuep)) {
        x->p = start;
        return false;
    }
    return true;
}

static struct error *
bad(const struct parser *x, const char *start)
{
    return error_create("syntax error at %s",
                        *x->p ? x->p : (start ? start : ""));
}

static bool
parse_slow_path(struct parser *x, struct odp_cookie *c)
{
    static const char *const names[] = { "cfm",  "bfd",    "lacp", "stp",
                                         "lldp", "action", "match" };
    c->type = ODP_COOKIE_SLOW_PATH;
    while (*x->p && *x->p != ')') {
        size_t i = 0;
        while (i < ARRAY_SIZE(names) && !accept(x, names[i])) {
            i++;
        }
        if (i == ARRAY_SIZE(names)) {
            return false;
        }
        c->u.slow_path.reasons |= 1u << i;
        accept(x, ",");
    }
    return true;
}

static bool
parse_cookie(struct parser *x, struct odp_cookie *c, struct writer *raw)
{
    uint64_t v[7] = { 0 };
    if (accept(x, ",sFlow(")) {
        c->type = ODP_COOKIE_SFLOW;
        if (!item(x, "vid", 0xfff, &v[0]) || !item(x, "pcp", 7, &v[1])
            || !item(x, "output", UINT32_MAX, &v[2])) {
            return false;
        }
        c->u.sflow.vlan_tci =
            be16_from_host(v[0] || v[1] ? v[0] | v[1] << 13 | VLAN_CFI : 0);
        c->u.sflow.output = v[2];
    } else if (accept(x, ",slow_path(")) {
        if (!parse_slow_path(x, c)) {
            return false;
        }
    } else if (accept(x, ",flow_sample(")) {
        c->type = ODP_COOKIE_FLOW_SAMPLE;
        if (!item(x, "probability", UINT16_MAX, &v[0])
            || !item(x, "collector_set_id", UINT32_MAX, &v[1])
            || !item(x, "obs_domain_id", UINT32_MAX, &v[2])
            || !item(x, "obs_point_id", UINT32_MAX, &v[3])
            || !item(x, "output_port", UINT32_MAX, &v[4])) {
            return false;
        }
        c->u.flow_sample.probability = v[0];
        c->u.flow_sample.collector_set_id = v[1];
        c->u.flow_sample.obs_domain_id = v[2];
        c->u.flow_sample.obs_point_id = v[3];
        c->u.flow_sample.output_port = v[4];
        c->u.flow_sample.direction = accept(x, ",ingress")  ? 1
                                     : accept(x, ",egress") ? 2
                                                            : 0;
    } else if (accept(x, ",ipfix(")) {
        c->type = ODP_COOKIE_IPFIX;
        if (!item(x, "output_port", UINT32_MAX, &v[0])) {
            return false;
        }
        c->u.ipfix.output_port = v[0];
    } else if (accept(x, ",controller(")) {
        c->type = ODP_COOKIE_CONTROLLER;
        if (!item(x, "reason", UINT16_MAX, &v[0])
            || !item(x, "dont_send", 1, &v[1])
            || !item(x, "continuation", 1, &v[2])
            || !item(x, "recirc_id", UINT32_MAX, &v[3])
            || !item(x, "rule_cookie", UINT64_MAX, &v[4])
            || !item(x, "controller_id", UINT16_MAX, &v[5])
            || !item(x, "max_len", UINT16_MAX, &v[6])) {
            return false;
        }
        be64 cookie = be64_from_host(v[4]);
        c->u.controller.reason = v[0];
        c->u.controller.dont_send = v[1];
        c->u.controller.continuation = v[2];
        c->u.controller.recirc_id = v[3];
        memcpy(c->u.controller.rule_cookie, &cookie, sizeof cookie);
        c->u.controller.controller_id = v[5];
        c->u.controller.max_len = v[6];
    } else if (accept(x, ",userdata(")) {
        uint8_t bytes[256];
        size_t n = scan_hex_bytes(x->p, bytes, sizeof bytes, &x->p);
        if (n) {
            writer_put(raw, bytes, n);
        }
    } else {
        return true;
    }
    return accept(x, ")");
}

static struct error *
parse_userspace(struct parser *x)
{
    const char *start = x->p;
    struct odp_cookie cookie = { 0 };
    struct writer raw = WRITER_INITIALIZER;
    uint64_t pid, port = 0;
    struct error *error = NULL;

    bool ok =
        item(x, "pid", UINT32_MAX, &pid) && parse_cookie(x, &cookie, &raw);
    bool actions = ok && accept(x, ",actions");
    bool has_port = ok && item(x, "tunnel_out_port", UINT32_MAX, &port);
    if (!ok || !accept(x, ")")) {
        error = bad(x, start);
    } else {
        size_t nested = odp_begin_nested(x->w, ODP_ACTION_USERSPACE);
        odp_put_u32(x->w, ODP_USERSPACE_PID, pid);
        if (raw.size) {
            odp_put_attr(x->w, ODP_USERSPACE_USERDATA, raw.data, raw.size);
        } else {
            odp_put_attr(x->w, ODP_USERSPACE_USERDATA, &cookie, sizeof cookie);
        }
        if (has_port) {
            odp_put_u32(x->w, ODP_USERSPACE_EGRESS_TUN_PORT, port);
        }
        if (actions) {
            odp_put_flag(x->w, ODP_USERSPACE_ACTIONS);
        }
        odp_end_nested(x->w, nested);
    }
    writer_uninit(&raw);
    return error;
}

static struct error *
parse_set(struct parser *x)
{
    const char *start = x->p;
    size_t len = strcspn(x->p, "()");
    const struct odp_key_type *t = odp_key_type_find_name(x->p, len);
    uint8_t value[ODP_KEY_MAX_SIZE] = { 0 }, mask[ODP_KEY_MAX_SIZE] = { 0 };
    size_t size;

    if (!t || x->p[len] != '(') {
        return bad(x, start);
    }
    x->p += len + 1;
    if (t->attr == ODP_KEY_TUNNEL) {
        struct flow_tunnel tnl = { 0 }, bits = { 0 };
        struct error *error = odp_tunnel_parse(&x->p, &tnl, &bits);
        if (!error && !accept(x, "))")) {
            error = bad(x, start);
        }
        if (!error) {
            odp_put_set_tunnel(x->w, &tnl);
        }
        return error;
    } else if (t->attr == ODP_KEY_NSH) {
        return error_create("set(nsh(...)) is not supported yet");
    }
    struct error *error =
        odp_key_parse(t, &x->p, x->names, value, mask, &size);
    if (error) {
        return error;
    }
    if (!accept(x, "))")) {
        return bad(x, start);
    }
    bool exact = true;
    for (size_t i = 0; i < size; i++) {
        exact &= mask[i] == 0xff;
    }
    if (exact) {
        odp_put_set(x->w, t->attr, value, NULL, size);
        return NULL;
    }
    /* As written: a value may have bits that its mask leaves out. */
    uint8_t both[2 * ODP_KEY_MAX_SIZE];
    memcpy(both, value, size);
    memcpy(both + size, mask, size);
    size_t nested = odp_begin_nested(x->w, ODP_ACTION_SET_MASKED);
    odp_put_attr(x->w, t->attr, both, 2 * size);
    odp_end_nested(x->w, nested);
    return NULL;
}

static struct error *
parse_push_vlan(struct parser *x)
{
    const char *start = x->p;
    uint64_t tpid = ETH_TYPE_VLAN_8021Q, vid = 0, pcp = 0, cfi = 1;
    item(x, "tpid", UINT16_MAX, &tpid);
    if (!item(x, "vid", 0xfff, &vid)) {
        return bad(x, start);
    }
    item(x, "pcp", 7, &pcp);
    item(x, "cfi", 1, &cfi);
    if (!accept(x, ")")) {
        return bad(x, start);
    }
    odp_put_push_vlan(x->w, be16_from_host(tpid),
                      be16_from_host(vid | pcp << 13 | cfi << 12));
    return NULL;
}

static struct error *
parse_nested(struct parser *x, uint16_t type, bool drop_ok)
{
    size_t nested = odp_begin_nested(x->w, type);
    struct error *error = parse_list(x, drop_ok);
    odp_end_nested(x->w, nested);
    return !error && !accept(x, ")") ? bad(x, NULL) : error;
}

static struct error *
parse_sample(struct parser *x)
{
    const char *start = x->p;
    double percent;
    int n = -1;

    if (sscanf(x->p, "sample=%lf%%,actions(%n", &percent, &n) < 1 || n < 0
        || !(percent >= 0 && percent <= 100)) {
        return bad(x, start);
    }
    x->p += n;
    double probability = UINT32_MAX * (percent / 100.0) + 0.5;
    size_t nested = odp_begin_nested(x->w, ODP_ACTION_SAMPLE);
    odp_put_u32(x->w, ODP_SAMPLE_PROBABILITY,
                probability >= UINT32_MAX ? UINT32_MAX
                                          : (uint32_t) probability);
    struct error *error = parse_nested(x, ODP_SAMPLE_ACTIONS, true);
    odp_end_nested(x->w, nested);
    return !error && !accept(x, ")") ? bad(x, start) : error;
}

static struct error *
parse_check_pkt_len(struct parser *x)
{
    uint64_t size;
    if (!item(x, "size", UINT16_MAX, &size) || !accept(x, ",gt(")) {
        return bad(x, NULL);
    }
    size_t nested = odp_begin_nested(x->w, ODP_ACTION_CHECK_PKT_LEN);
    odp_put_u16(x->w, ODP_CHECK_PKT_LEN, size);
    struct error *error = parse_nested(x, ODP_CHECK_PKT_LEN_GREATER, true);
    if (!error && !accept(x, ",le(")) {
        error = bad(x, NULL);
    }
    if (!error) {
        error = parse_nested(x, ODP_CHECK_PKT_LEN_LESS_EQUAL, true);
    }
    odp_end_nested(x->w, nested);
    return !error && !accept(x, ")") ? bad(x, NULL) : error;
}

static struct error *
parse_add_mpls(struct parser *x)
{
    uint64_t label, tc, ttl, bos, type;
    if (!item(x, "label", 0xfffff, &label) || !item(x, "tc", 7, &tc)
        || !item(x, "ttl", 0xff, &ttl) || !item(x, "bos", 1, &bos)
        || !item(x, "eth_type", 0xffff, &type) || !accept(x, ")")) {
        return bad(x, NULL);
    }
    uint8_t payload[8] = { 0 };
    put_be32(payload, label << 12 | tc << 9 | bos << 8 | ttl);
    put_be16(payload + 4, type);
    odp_put_attr(x->w, ODP_ACTION_ADD_MPLS, payload, sizeof payload);
    return NULL;
}

static struct error *
parse_port(struct parser *x)
{
    char word[WORD_MAX_LEN];
    size_t n = strcspn(x->p, ", \t\r\n)");
    uint32_t port;
    if (!n || n >= sizeof word) {
        return bad(x, NULL);
    }
    memcpy(word, x->p, n);
    word[n] = '\0';
    if (!scan_u32(word, 0, &port)
        && !(x->names && x->names->port_of(x->names, word, &port))) {
        return bad(x, NULL);
    }
    x->p += n;
    odp_put_output(x->w, port);
    return NULL;
}

/* Actions of one number in parentheses. */
static const struct {
    const char *prefix;
    uint16_t type;
} number_actions[] = {
    { "trunc(", ODP_ACTION_TRUNC },
    { "recirc(", ODP_ACTION_RECIRC },
    { "meter(", ODP_ACTION_METER },
    { "lb_output(", ODP_ACTION_LB_OUTPUT },
    { "tnl_pop(", ODP_ACTION_TUNNEL_POP },
};

static struct error *
parse_action(struct parser *x)
{
    static const char *const later[] = { "ct(", "tnl_push(", "push_nsh(",
                                         "psample(" };
    for (size_t i = 0; i < ARRAY_SIZE(number_actions); i++) {
        uint64_t value;
        if (accept(x, number_actions[i].prefix)) {
            if (!number(x, UINT32_MAX, &value) || !accept(x, ")")) {
                return bad(x, NULL);
            }
            odp_put_u32(x->w, number_actions[i].type, value);
            return NULL;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
        if (!strncmp(x->p, later[i], strlen(later[i]))) {
            return error_create("%s...) is not supported yet", later[i]);
        }
    }
    if (accept(x, "userspace(")) {
        return parse_userspace(x);
    } else if (accept(x, "set(")) {
        return parse_set(x);
    } else if (accept(x, "push_vlan(")) {
        return parse_push_vlan(x);
    } else if (accept(x, "pop_vlan")) {
        odp_put_pop_vlan(x->w);
    } else if (accept(x, "ct_clear")) {
        odp_put_ct_clear(x->w);
    } else if (accept(x, "pop_nsh()") || accept(x, "pop_nsh")) {
        odp_put_flag(x->w, ODP_ACTION_POP_NSH);
    } else if (accept(x, "sample(")) {
        return parse_sample(x);
    } else if (accept(x, "clone(")) {
        return parse_nested(x, ODP_ACTION_CLONE, false);
    } else if (accept(x, "check_pkt_len(")) {
        return parse_check_pkt_len(x);
    } else if (accept(x, "add_mpls(")) {
        return parse_add_mpls(x);
    } else {
        return parse_port(x);
    }
    return NULL;
}

static struct error *
parse_list(struct parser *x, bool drop_ok)
{
    if (x->depth >= MAX_DEPTH) {
        return error_create("actions are nested too deeply");
    }
    if (drop_ok && !strncmp(x->p, "drop", 4)
        && (!x->p[4] || strchr(") ,\t\n", x->p[4]))) {
        x->p += 4;
        return NULL;
    }
    x->depth++;
    struct error *error = NULL;
    for (;;) {
        x->p += strspn(x->p, ", \t\r\n");
        if (!*x->p || *x->p == ')') {
            break;
        }
        error = parse_action(x);
        if (error) {
            break;
        }
        if (*x->p && !strchr(", \t\r\n)", *x->p)) {
            error = bad(x, NULL);
            break;
        }
        if (x->w->size > UINT16_MAX) {
            error = error_create("actions are too long");
            break;
        }
    }
    x->depth--;
    return error;
}

struct error *
odp_actions_parse(const char *text, const struct odp_names *names,
                  struct writer *w)
{
    struct parser x = { text, names, w, 0 };
    size_t start = w->size;
    struct error *error = parse_list(&x, true);
    if (!error && *x.p) {
        error = bad(&x, NULL);
    }
    if (error) {
        writer_truncate(w, start);
    }
    return error;
}
