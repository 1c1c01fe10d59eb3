/* Choosing by hash: the actions "multipath", "bundle" and "bundle_load".
 *
 * NXM_NX fields symmetric_l4 and its kin name what is hashed; the algorithms
 * are those of the manual ovs-actions(7). */

#include "base/hash.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

/* enum nx_hash_fields. */
enum {
    HASH_ETH_SRC,
    HASH_SYMMETRIC_L4,
    HASH_SYMMETRIC_L3L4,
    HASH_SYMMETRIC_L3L4_UDP,
    HASH_NW_SRC,
    HASH_NW_DST,
    HASH_SYMMETRIC_L3,
};

/* enum nx_mp_algorithm. */
enum { ALG_MODULO_N, ALG_HASH_THRESHOLD, ALG_HRW, ALG_ITER_HASH };

static void
look_l4(struct translator *t)
{
    struct flow *bits = &t->mask->bits;
    if (flow_is_ip(&t->flow)) {
        bits->nw_proto = UINT8_MAX;
        bits->nw_src = bits->nw_dst = BE32_MAX;
        bits->ipv6_src = bits->ipv6_dst = ip6_mask_from_len(128);
        bits->tp_src = bits->tp_dst = BE16_MAX;
    }
}

static void
look_l2(struct translator *t)
{
    t->mask->bits.dl_src = eth_addr_from_u64(UINT64_MAX);
    t->mask->bits.dl_dst = eth_addr_from_u64(UINT64_MAX);
    if (t->start.vlans[0].tpid) {
        t->mask->bits.vlans[0].tci = BE16_MAX;
    }
}

static uint32_t
hash_ip(const struct flow *flow, bool src, uint32_t basis)
{
    const struct ip6_addr *ip6 = src ? &flow->ipv6_src : &flow->ipv6_dst;
    return flow->dl_type == BE16_CONST(0x86dd)
               ? hash_bytes(ip6, sizeof *ip6, basis)
               : hash_u32(src ? flow->nw_src : flow->nw_dst, basis);
}

uint32_t
translator_hash_symmetric_l4(struct translator *t, uint32_t basis)
{
    look_l2(t);
    look_l4(t);
    return flow_hash_symmetric_l4(&t->flow, basis);
}

/* Hash of the fields, all of which count as looked at. */
static uint32_t
hash_fields(struct translator *t, uint16_t fields, uint16_t basis)
{
    const struct flow *flow = &t->flow;
    switch (fields) {
    case HASH_ETH_SRC:
        t->mask->bits.dl_src = eth_addr_from_u64(UINT64_MAX);
        return hash_u64(eth_addr_to_u64(flow->dl_src), basis);
    case HASH_SYMMETRIC_L4:
        return translator_hash_symmetric_l4(t, basis);
    case HASH_SYMMETRIC_L3L4:
    case HASH_SYMMETRIC_L3L4_UDP:
        look_l4(t);
        return flow_hash_symmetric_l3l4(flow, basis,
                                        fields == HASH_SYMMETRIC_L3L4_UDP);
    case HASH_NW_SRC:
    case HASH_NW_DST:
        look_l4(t);
        return hash_ip(flow, fields == HASH_NW_SRC, basis);
    default:
        look_l4(t);
        return hash_ip(flow, true, basis) ^ hash_ip(flow, false, basis);
    }
}

/* Highest random weight: a link keeps its flows when others come and go. */
static uint32_t
choose_hrw(uint32_t hash, uint32_t n)
{
    uint32_t best = 0, best_weight = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t weight = hash_u32(i, hash);
        if (!i || weight > best_weight) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}

static uint32_t
choose_link(uint32_t hash, uint16_t algorithm, uint32_t n, uint32_t arg)
{
    switch (algorithm) {
    case ALG_MODULO_N:
        return hash % n;
    case ALG_HASH_THRESHOLD:
        return n == 1 ? 0 : hash / (UINT32_MAX / n + 1);
    case ALG_HRW:
        return choose_hrw(hash, n);
    default: {
        /* Within 'arg' alternatives, the first that is a link. */
        uint32_t range = MAX(n, 1u);
        while (range & (range - 1)) {
            range &= range - 1;
        }
        range = range < n ? range * 2 : range;
        for (uint32_t i = 0; i < MAX(arg, 1u) && i < 64; i++) {
            uint32_t link = hash_u32(i, hash) % MAX(range, 1u);
            if (link < n) {
                return link;
            }
        }
        return hash % n;
    }
    }
}

static void
store(struct translator *t, const struct subfield *dst, uint64_t x)
{
    union field_value value;
    memset(&value, 0, sizeof value);
    put_be64(value.bytes + sizeof value - 8, x);
    translator_set_subfield(t, dst, &value);
    translator_report_subfield(t, dst);
}

void
translator_multipath(struct translator *t, const struct action_multipath *a)
{
    uint32_t hash = hash_fields(t, a->fields, a->basis);
    store(t, &a->dst,
          choose_link(hash, a->algorithm, a->max_link + 1u, a->arg));
}

bool
translator_port_is_live(const struct translator *t, uint32_t ofport)
{
    const struct forwarding_port *port =
        forwarding_find_ofport(t->bridge, ofport);
    return port && port->may_enable;
}

static uint32_t
choose_member(struct translator *t, const struct action_bundle *a)
{
    bool active_backup = !a->algorithm;
    uint32_t hash = active_backup ? 0 : hash_fields(t, a->fields, a->basis);
    uint32_t best = OFPP_NONE, best_weight = 0;
    for (uint32_t i = 0; i < a->n_members; i++) {
        if (!translator_port_is_live(t, a->members[i])) {
            continue;
        }
        if (active_backup) {
            return a->members[i];
        }
        uint32_t weight = hash_u32(i, hash);
        if (best == OFPP_NONE || weight > best_weight) {
            best = a->members[i];
            best_weight = weight;
        }
    }
    return best;
}

uint32_t
translator_bundle(struct translator *t, const struct action_bundle *a)
{
    uint32_t port = choose_member(t, a);
    if (a->dst.field) {
        store(t, &a->dst, ofp_port_to_of10(port));
    }
    return port;
}
