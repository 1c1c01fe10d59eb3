/* From a datapath flow to what the shortcut's programs understand. */

#include "datapath/shortcut/rule.h"

#include <string.h>

#include "datapath/odp/action.h"
#include "datapath/odp/attr.h"
#include "net/packet/headers.h"

/* Members of a key that are those of a flow. */
static const struct member {
    uint16_t flow;
    uint16_t key;
    uint16_t size;
} members[] = {

#define M(FLOW, KEY)                                                     \
    {                                                                    \
        offsetof(struct flow, FLOW), offsetof(struct shortcut_key, KEY), \
            sizeof(((struct shortcut_key *) NULL)->KEY),                 \
    }
    M(dl_dst, dl_dst),           M(dl_src, dl_src),
    M(dl_type, dl_type),         M(vlans[0].tci, vlan_tci),
    M(vlans[0].tpid, vlan_tpid), M(nw_proto, nw_proto),
    M(nw_tos, nw_tos),           M(nw_ttl, nw_ttl),
    M(tcp_flags, tcp_flags),     M(tp_src, tp_src),
    M(tp_dst, tp_dst),
#undef M
};

/* Where addresses are in a key. */
static const struct member ip4_members[] = {
    { offsetof(struct flow, nw_src), offsetof(struct shortcut_key, nw[0]), 4 },
    { offsetof(struct flow, nw_dst), offsetof(struct shortcut_key, nw[1]), 4 },
};
static const struct member ip6_members[] = {
    { offsetof(struct flow, ipv6_src), offsetof(struct shortcut_key, nw[0]),
      16 },
    { offsetof(struct flow, ipv6_dst), offsetof(struct shortcut_key, nw[4]),
      16 },
};

/* Moves a member from flow and mask to the rule's key and mask. */
static void
move_member(const struct member *m, struct flow *key, struct flow *mask,
            struct shortcut_rule *rule)
{
    uint8_t *to = (uint8_t *) &rule->key + m->key;
    uint8_t *to_mask = (uint8_t *) &rule->mask + m->key;
    uint8_t *from = (uint8_t *) key + m->flow;
    uint8_t *from_mask = (uint8_t *) mask + m->flow;

    for (size_t i = 0; i < m->size; i++) {
        to_mask[i] = from_mask[i];
        to[i] = from[i] & from_mask[i];
        from[i] = from_mask[i] = 0;
    }
}

/* Takes what the programs know of the match; the rest must be nothing that
 * tells simple packets apart. */
static const char *
init_match(struct shortcut_rule *rule, const struct flow *key_,
           const struct flow_mask *mask_, uint32_t ifindex)
{
    struct flow key = *key_, mask = mask_->bits;
    uint64_t *words = flow_words_mutable(&key);
    uint64_t *mask_words = flow_words_mutable(&mask);

    rule->key.ifindex = ifindex;
    rule->mask.ifindex = UINT32_MAX;
    key.in_port = mask.in_port = 0;
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        move_member(&members[i], &key, &mask, rule);
    }
    bool is_ip4 = rule->key.dl_type == BE16_CONST(ETH_TYPE_IP);
    if (rule->mask.dl_type != UINT16_MAX
        || (!is_ip4 && rule->key.dl_type != BE16_CONST(ETH_TYPE_IPV6))) {
        return "not IP";
    }
    for (int i = 0; i < 2; i++) {
        move_member(is_ip4 ? &ip4_members[i] : &ip6_members[i], &key, &mask,
                    rule);
    }
    /* What else is looked at must be as in all simple packets: zero, but for
     * the label. */
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        if (words[i] & mask_words[i]) {
            return "match";
        }
    }
    if (mask.ipv6_label) {
        return "match";
    }
    return NULL;
}

static const char *
add_op(struct shortcut_rule *rule, enum shortcut_op_type type,
       struct shortcut_op **opp)
{
    if (rule->n_ops == SHORTCUT_MAX_OPS) {
        return "too many actions";
    }
    *opp = &rule->ops[rule->n_ops++];
    (*opp)->type = type;
    return NULL;
}

/* Whole addresses only. */
static const char *
add_set_macs(struct shortcut_rule *rule, const struct odp_attr *set,
             bool has_mask)
{
    const struct odp_attr *a = odp_attr_data(set);
    const uint8_t *value = odp_attr_data(a);
    const uint8_t *mask = value + 2 * ETH_ADDR_LEN;

    if (a->type != ODP_KEY_ETHERNET
        || odp_attr_size(a) != 2u * ETH_ADDR_LEN * (has_mask ? 2 : 1)) {
        return "set action";
    }
    /* Attributes have the source first. */
    for (int i = 0; i < 2; i++) {
        bool all = true, any = false;
        for (int k = 0; has_mask && k < ETH_ADDR_LEN; k++) {
            all &= mask[i * ETH_ADDR_LEN + k] == 0xff;
            any |= mask[i * ETH_ADDR_LEN + k] != 0;
        }
        if (has_mask && !any) {
            continue;
        }
        struct shortcut_op *op;
        const char *why =
            all ? add_op(rule, i ? SHORTCUT_SET_DST : SHORTCUT_SET_SRC, &op)
                : "set action";
        if (why) {
            return why;
        }
        memcpy(op->mac, value + i * ETH_ADDR_LEN, ETH_ADDR_LEN);
    }
    return NULL;
}

static const char *
add_action(struct shortcut_rule *rule, const struct odp_attr *a,
           const struct shortcut_ports *ports)
{
    struct shortcut_op *op;
    const char *why;
    switch (a->type) {
    case ODP_ACTION_OUTPUT:
        why = add_op(rule, SHORTCUT_OUTPUT, &op);
        if (!why) {
            op->ifindex = ports->ifindex_of(ports->aux, odp_attr_u32(a));
            why = op->ifindex ? NULL : "output port";
        }
        return why;
    case ODP_ACTION_PUSH_VLAN:
        why = add_op(rule, SHORTCUT_PUSH_VLAN, &op);
        if (!why) {
            be16 words[2];
            memcpy(words, odp_attr_data(a), sizeof words);
            op->tpid = words[0];
            op->tci = be16_to_host(words[1]) & ~VLAN_CFI;
        }
        return why;
    case ODP_ACTION_POP_VLAN:
        return add_op(rule, SHORTCUT_POP_VLAN, &op);
    case ODP_ACTION_SET:
    case ODP_ACTION_SET_MASKED:
        return add_set_macs(rule, a, a->type == ODP_ACTION_SET_MASKED);
    default:
        return "action";
    }
}

const char *
shortcut_rule_init(struct shortcut_rule *rule, const struct flow *key,
                   const struct flow_mask *mask, const uint8_t *actions,
                   size_t size, const struct shortcut_ports *ports)
{
    const struct odp_attr *a;

    memset(rule, 0, sizeof *rule);
    uint32_t ifindex = ports->ifindex_of(ports->aux, key->in_port);
    if (!ifindex) {
        return "input port";
    }
    const char *why = init_match(rule, key, mask, ifindex);
    ODP_FOR_EACH(a, actions, size)
    {
        why = why ? why : add_action(rule, a, ports);
    }
    if (!why && rule->n_ops
        && rule->ops[rule->n_ops - 1].type == SHORTCUT_OUTPUT) {
        rule->ops[rule->n_ops - 1].last = true;
    }
    return why;
}
