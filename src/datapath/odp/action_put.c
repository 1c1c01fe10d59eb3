/* Makes and checks datapath actions. */

#include <string.h>

#include "datapath/odp/action.h"
#include "datapath/odp/datapath.h"
#include "datapath/odp/key_table.h"

enum { MAX_NESTING = 16 };

void
odp_put_output(struct writer *w, uint32_t port)
{
    odp_put_u32(w, ODP_ACTION_OUTPUT, port);
}

void
odp_put_userspace(struct writer *w, uint32_t pid, const void *userdata,
                  size_t userdata_size, uint32_t egress_port)
{
    size_t nested = odp_begin_nested(w, ODP_ACTION_USERSPACE);
    odp_put_u32(w, ODP_USERSPACE_PID, pid);
    if (userdata_size) {
        odp_put_attr(w, ODP_USERSPACE_USERDATA, userdata, userdata_size);
    }
    if (egress_port != ODP_PORT_NONE) {
        odp_put_u32(w, ODP_USERSPACE_EGRESS_TUN_PORT, egress_port);
    }
    odp_end_nested(w, nested);
}

void
odp_put_push_vlan(struct writer *w, be16 tpid, be16 tci)
{
    be16 payload[2] = { tpid, tci };
    odp_put_attr(w, ODP_ACTION_PUSH_VLAN, payload, sizeof payload);
}

void
odp_put_pop_vlan(struct writer *w)
{
    odp_put_flag(w, ODP_ACTION_POP_VLAN);
}

void
odp_put_push_mpls(struct writer *w, be32 lse, be16 ethertype)
{
    uint8_t payload[8] = { 0 };
    memcpy(payload, &lse, 4);
    memcpy(payload + 4, &ethertype, 2);
    odp_put_attr(w, ODP_ACTION_PUSH_MPLS, payload, sizeof payload);
}

void
odp_put_pop_mpls(struct writer *w, be16 ethertype)
{
    odp_put_attr(w, ODP_ACTION_POP_MPLS, &ethertype, sizeof ethertype);
}

void
odp_put_push_eth(struct writer *w, struct eth_addr dst, struct eth_addr src)
{
    struct eth_addr payload[2] = { src, dst };
    odp_put_attr(w, ODP_ACTION_PUSH_ETH, payload, sizeof payload);
}

void
odp_put_pop_eth(struct writer *w)
{
    odp_put_flag(w, ODP_ACTION_POP_ETH);
}

void
odp_put_recirc(struct writer *w, uint32_t id)
{
    odp_put_u32(w, ODP_ACTION_RECIRC, id);
}

void
odp_put_hash(struct writer *w, uint32_t alg, uint32_t basis)
{
    uint32_t payload[2] = { alg, basis };
    odp_put_attr(w, ODP_ACTION_HASH, payload, sizeof payload);
}

void
odp_put_trunc(struct writer *w, uint32_t max_len)
{
    odp_put_u32(w, ODP_ACTION_TRUNC, max_len);
}

void
odp_put_meter(struct writer *w, uint32_t id)
{
    odp_put_u32(w, ODP_ACTION_METER, id);
}

void
odp_put_drop(struct writer *w, enum odp_drop_reason reason)
{
    odp_put_u32(w, ODP_ACTION_DROP, reason);
}

void
odp_put_ct_clear(struct writer *w)
{
    odp_put_flag(w, ODP_ACTION_CT_CLEAR);
}

size_t
odp_begin_clone(struct writer *w)
{
    return odp_begin_nested(w, ODP_ACTION_CLONE);
}

size_t
odp_begin_sample(struct writer *w, uint32_t probability, size_t *innerp)
{
    size_t start = odp_begin_nested(w, ODP_ACTION_SAMPLE);
    odp_put_u32(w, ODP_SAMPLE_PROBABILITY, probability);
    *innerp = odp_begin_nested(w, ODP_SAMPLE_ACTIONS);
    return start;
}

void
odp_put_set(struct writer *w, enum odp_key_attr attr, const void *value,
            const void *mask, size_t size)
{
    if (!mask) {
        size_t nested = odp_begin_nested(w, ODP_ACTION_SET);
        odp_put_attr(w, attr, value, size);
        odp_end_nested(w, nested);
        return;
    }
    uint8_t both[2 * ODP_KEY_MAX_SIZE];
    memcpy(both, value, size);
    memcpy(both + size, mask, size);
    size_t nested = odp_begin_nested(w, ODP_ACTION_SET_MASKED);
    odp_put_attr(w, attr, both, 2 * size);
    odp_end_nested(w, nested);
}

void
odp_put_set_tunnel(struct writer *w, const struct flow_tunnel *tunnel)
{
    size_t nested = odp_begin_nested(w, ODP_ACTION_SET);
    odp_tunnel_encode(tunnel, NULL, w);
    odp_end_nested(w, nested);
}

const char *
odp_drop_reason_text(enum odp_drop_reason reason)
{
    static const char *const texts[] = {
#define R(NAME, TEXT, COUNTER) TEXT,
        ODP_DROP_REASONS
#undef R
    };
    return reason < ODP_N_DROP_REASONS ? texts[reason] : "Unknown error";
}

/* Payload sizes: fixed, or UINT16_MAX where they vary. */
static const uint16_t action_sizes[ODP_ACTION_MAX + 1] = {
    [ODP_ACTION_OUTPUT] = 4,
    [ODP_ACTION_USERSPACE] = UINT16_MAX,
    [ODP_ACTION_SET] = UINT16_MAX,
    [ODP_ACTION_PUSH_VLAN] = 4,
    [ODP_ACTION_SAMPLE] = UINT16_MAX,
    [ODP_ACTION_RECIRC] = 4,
    [ODP_ACTION_HASH] = 8,
    [ODP_ACTION_PUSH_MPLS] = 8,
    [ODP_ACTION_POP_MPLS] = 2,
    [ODP_ACTION_SET_MASKED] = UINT16_MAX,
    [ODP_ACTION_CT] = UINT16_MAX,
    [ODP_ACTION_TRUNC] = 4,
    [ODP_ACTION_PUSH_ETH] = 12,
    [ODP_ACTION_PUSH_NSH] = UINT16_MAX,
    [ODP_ACTION_METER] = 4,
    [ODP_ACTION_CLONE] = UINT16_MAX,
    [ODP_ACTION_CHECK_PKT_LEN] = UINT16_MAX,
    [ODP_ACTION_ADD_MPLS] = 8,
    [ODP_ACTION_DEC_TTL] = UINT16_MAX,
    [ODP_ACTION_DROP] = 4,
    [ODP_ACTION_PSAMPLE] = UINT16_MAX,
    [ODP_ACTION_TUNNEL_PUSH] = UINT16_MAX,
    [ODP_ACTION_TUNNEL_POP] = 4,
    [ODP_ACTION_LB_OUTPUT] = 4,
};

static struct error *check_list(const void *, size_t, unsigned depth);

static struct error *
check_set(const struct odp_attr *a)
{
    struct odp_walk walk = { odp_attr_data(a), odp_attr_size(a) };
    const struct odp_attr *key = odp_attr_next(&walk.data, &walk.size);
    if (!key || walk.size) {
        return error_create("set must hold one key attribute");
    }
    const struct odp_key_type *t = odp_key_type_find(key->type);
    if (!t) {
        return error_create("set of key attribute %u", key->type);
    }
    size_t size = odp_attr_size(key);
    size_t n = a->type == ODP_ACTION_SET_MASKED ? 2 : 1;
    if (key->type == ODP_KEY_TUNNEL || key->type == ODP_KEY_NSH) {
        return NULL;
    }
    if (key->type == ODP_KEY_MPLS ? size != 4 * n : size != t->size * n) {
        return error_create("set(%s) has %zu bytes", t->name, size);
    }
    return NULL;
}

/* Attributes of which some hold actions or integers: bit masks by number. */
static struct error *
check_nested(const struct odp_attr *a, uint32_t u32s, uint32_t u16s,
             uint32_t lists, uint32_t required, unsigned depth)
{
    struct odp_walk walk = { odp_attr_data(a), odp_attr_size(a) };
    uint32_t seen = 0;
    const struct odp_attr *n;

    while ((n = odp_attr_next(&walk.data, &walk.size))) {
        uint32_t bit = n->type < 32 ? 1u << n->type : 0;
        size_t size = odp_attr_size(n);
        struct error *error = NULL;
        if ((u32s & bit && size != 4) || (u16s & bit && size != 2)) {
            error = error_create("action %u: attribute %u has %zu bytes",
                                 a->type, n->type, size);
        } else if (lists & bit) {
            error = check_list(odp_attr_data(n), size, depth + 1);
        }
        if (error) {
            return error;
        }
        seen |= bit;
    }
    if (walk.size || (seen & required) != required) {
        return error_create("action %u lacks attributes", a->type);
    }
    return NULL;
}

#define BIT(n) (1u << (n))

static struct error *
check_action(const struct odp_attr *a, unsigned depth)
{
    switch ((enum odp_action_attr) a->type) {
    case ODP_ACTION_SET:
    case ODP_ACTION_SET_MASKED:
        return check_set(a);
    case ODP_ACTION_USERSPACE:
        return check_nested(
            a, BIT(ODP_USERSPACE_PID) | BIT(ODP_USERSPACE_EGRESS_TUN_PORT), 0,
            0, BIT(ODP_USERSPACE_PID), depth);
    case ODP_ACTION_SAMPLE:
        return check_nested(
            a, BIT(ODP_SAMPLE_PROBABILITY), 0, BIT(ODP_SAMPLE_ACTIONS),
            BIT(ODP_SAMPLE_PROBABILITY) | BIT(ODP_SAMPLE_ACTIONS), depth);
    case ODP_ACTION_CHECK_PKT_LEN:
        return check_nested(
            a, 0, BIT(ODP_CHECK_PKT_LEN),
            BIT(ODP_CHECK_PKT_LEN_GREATER) | BIT(ODP_CHECK_PKT_LEN_LESS_EQUAL),
            BIT(ODP_CHECK_PKT_LEN) | BIT(ODP_CHECK_PKT_LEN_GREATER)
                | BIT(ODP_CHECK_PKT_LEN_LESS_EQUAL),
            depth);
    case ODP_ACTION_DEC_TTL:
        return check_nested(a, 0, 0, BIT(ODP_DEC_TTL_ACTION), 0, depth);
    case ODP_ACTION_CLONE:
        return check_list(odp_attr_data(a), odp_attr_size(a), depth + 1);
    case ODP_ACTION_CT:
    case ODP_ACTION_PUSH_NSH:
    case ODP_ACTION_PSAMPLE:
        return check_nested(a, 0, 0, 0, 0, depth);
    case ODP_ACTION_TUNNEL_PUSH:
        return odp_attr_size(a) < 16
                   ? error_create("tnl_push of %zu bytes", odp_attr_size(a))
                   : NULL;
    case ODP_ACTION_OUTPUT:
    case ODP_ACTION_PUSH_VLAN:
    case ODP_ACTION_POP_VLAN:
    case ODP_ACTION_RECIRC:
    case ODP_ACTION_HASH:
    case ODP_ACTION_PUSH_MPLS:
    case ODP_ACTION_POP_MPLS:
    case ODP_ACTION_TRUNC:
    case ODP_ACTION_PUSH_ETH:
    case ODP_ACTION_POP_ETH:
    case ODP_ACTION_CT_CLEAR:
    case ODP_ACTION_POP_NSH:
    case ODP_ACTION_METER:
    case ODP_ACTION_ADD_MPLS:
    case ODP_ACTION_DROP:
    case ODP_ACTION_TUNNEL_POP:
    case ODP_ACTION_LB_OUTPUT:
        return NULL;
    }
    return error_create("action %u is not known", a->type);
}

static struct error *
check_list(const void *data, size_t size, unsigned depth)
{
    struct odp_walk walk = { data, size };
    const struct odp_attr *a;

    if (depth > MAX_NESTING) {
        return error_create("actions are nested too deeply");
    }
    while ((a = odp_attr_next(&walk.data, &walk.size))) {
        if (!a->type || a->type > ODP_ACTION_MAX) {
            return error_create("action %u is not known", a->type);
        }
        uint16_t wanted = action_sizes[a->type];
        if (wanted != UINT16_MAX && odp_attr_size(a) != wanted) {
            return error_create("action %u has %zu bytes", a->type,
                                odp_attr_size(a));
        }
        struct error *error = check_action(a, depth);
        if (error) {
            return error;
        }
    }
    return walk.size ? error_create("%zu bytes are no action", walk.size)
                     : NULL;
}

struct error *
odp_actions_check(const uint8_t *data, size_t size)
{
    return check_list(data, size, 0);
}
