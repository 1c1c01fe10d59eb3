/* The actions between two keys. */

#include "datapath/odp/commit.h"

#include <string.h>

#include "datapath/odp/action.h"
#include "datapath/odp/key_table.h"
#include "net/packet/headers.h"

/* Sets what differs of one key attribute.  The members that differ must be
 * matched if the datapath can set only the whole of it. */
static void
commit_attr(enum odp_key_attr attr, const struct flow *want, struct flow *base,
            struct writer *w, struct flow_mask *mask, bool use_masked)
{
    const struct odp_key_type *t = odp_key_type_find(attr);
    uint8_t to[ODP_KEY_MAX_SIZE], from[ODP_KEY_MAX_SIZE];
    uint8_t bits[ODP_KEY_MAX_SIZE] = { 0 };

    odp_key_pack(t, want, false, to);
    odp_key_pack(t, base, false, from);
    if (!memcmp(to, from, t->size)) {
        return;
    }
    /* Of the members that differ, the bits are set that somebody looked at:
     * the switch looks at all that it writes, so the others are the packet's
     * own (as ECN where only the DSCP is written). */
    uint8_t looked[ODP_KEY_MAX_SIZE];
    odp_key_pack(t, &mask->bits, true, looked);
    bool whole = true;
    for (size_t i = 0; i < t->n_members; i++) {
        const struct odp_member *m = &t->members[i];
        bool differs = memcmp(to + m->offset, from + m->offset, m->size);
        for (size_t j = m->offset; differs && j < m->offset + m->size; j++) {
            bits[j] = looked[j] | (to[j] ^ from[j]);
            whole = whole && bits[j] == 0xff;
        }
        whole = whole && differs;
    }
    if (!use_masked && !whole) {
        for (size_t i = 0; i < t->n_members; i++) {
            const struct odp_member *m = &t->members[i];
            memset(bits + m->offset, 0xff, m->size);
        }
        whole = true;
    }
    /* What the actions write must have been looked at where a datapath sets
     * it whole; otherwise the value is constant anyway. */
    if (!use_masked) {
        struct flow seen = mask->bits;
        odp_key_unpack(t, bits, true, &seen);
        flow_words_mutable(&seen);
        mask->bits = seen;
    }
    odp_key_unpack(t, to, false, base);
    if (whole && !use_masked) {
        odp_put_set(w, attr, to, NULL, t->size);
        return;
    }
    /* Equal actions are equal bytes: no value where there is no mask. */
    for (size_t i = 0; i < t->size; i++) {
        to[i] &= bits[i];
    }
    odp_put_set(w, attr, to, bits, t->size);
}

static void
commit_vlan(const struct flow *want, struct flow *base, struct writer *w,
            struct flow_mask *mask)
{
    int n_base = 0, n_want = 0;
    while (n_base < FLOW_MAX_VLANS && base->vlans[n_base].tpid) {
        n_base++;
    }
    while (n_want < FLOW_MAX_VLANS && want->vlans[n_want].tpid) {
        n_want++;
    }
    /* The innermost ones that are the same stay. */
    int same = 0;
    while (same < n_base && same < n_want) {
        const struct flow_vlan *b = &base->vlans[n_base - 1 - same];
        const struct flow_vlan *x = &want->vlans[n_want - 1 - same];
        if (b->tpid != x->tpid || b->tci != x->tci) {
            break;
        }
        same++;
    }
    for (int i = 0; i < n_base - same; i++) {
        mask->bits.vlans[i].tpid = BE16_MAX;
        mask->bits.vlans[i].tci = BE16_MAX;
        odp_put_pop_vlan(w);
    }
    for (int i = n_want - same - 1; i >= 0; i--) {
        odp_put_push_vlan(w, want->vlans[i].tpid,
                          want->vlans[i].tci | BE16_CONST(VLAN_CFI));
    }
    memcpy(base->vlans, want->vlans, sizeof base->vlans);
}

static int
count_mpls(const struct flow *f)
{
    int n = 0;
    if (eth_type_is_mpls(f->dl_type)) {
        while (n < FLOW_MAX_MPLS && f->mpls_lse[n]) {
            n++;
            if (f->mpls_lse[n - 1] & BE32_CONST(MPLS_BOS_MASK)) {
                break;
            }
        }
    }
    return n;
}

static void
commit_mpls(const struct flow *want, struct flow *base, struct writer *w,
            struct flow_mask *mask, bool use_masked)
{
    int n_base = count_mpls(base), n_want = count_mpls(want);
    int same = 0;
    while (same < n_base && same < n_want
           && base->mpls_lse[n_base - 1 - same]
                  == want->mpls_lse[n_want - 1 - same]) {
        same++;
    }
    while (n_base > same) {
        if (n_base - 1 == same && n_want == n_base && same + 1 == n_want) {
            be32 lse = want->mpls_lse[0];
            be32 all = BE32_MAX;
            odp_put_set(w, ODP_KEY_MPLS, &lse, use_masked ? &all : NULL, 4);
            base->mpls_lse[0] = lse;
            mask->bits.mpls_lse[0] |= use_masked ? 0 : BE32_MAX;
            return;
        }
        mask->bits.mpls_lse[0] |= BE32_CONST(MPLS_BOS_MASK);
        be16 type = n_base > 1 ? base->dl_type
                    : eth_type_is_mpls(want->dl_type)
                        ? BE16_CONST(ETH_TYPE_MPLS)
                        : want->dl_type;
        odp_put_pop_mpls(w, type);
        memmove(base->mpls_lse, base->mpls_lse + 1,
                sizeof base->mpls_lse - sizeof base->mpls_lse[0]);
        base->dl_type = type;
        n_base--;
    }
    while (n_base < n_want) {
        be32 lse = want->mpls_lse[n_want - n_base - 1];
        odp_put_push_mpls(w, lse, want->dl_type);
        memmove(base->mpls_lse + 1, base->mpls_lse,
                sizeof base->mpls_lse - sizeof base->mpls_lse[0]);
        base->mpls_lse[0] = lse;
        base->dl_type = want->dl_type;
        n_base++;
    }
}

static void
commit_l3_l4(const struct flow *want, struct flow *base, struct writer *w,
             struct flow_mask *mask, bool use_masked)
{
    static const enum odp_key_attr attrs[] = {
        ODP_KEY_IPV4, ODP_KEY_IPV6, ODP_KEY_ARP,  ODP_KEY_ND,
        ODP_KEY_TCP,  ODP_KEY_UDP,  ODP_KEY_SCTP,
    };

    for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
        const struct odp_key_type *t = odp_key_type_find(attrs[i]);
        if (!t->has(base)
            || (!base->nw_proto
                && (attrs[i] == ODP_KEY_IPV4 || attrs[i] == ODP_KEY_IPV6))) {
            continue; /* Protocol 0 stands for a header that is not there. */
        }
        struct flow target = *want;
        /* Protocol and fragment type are not for setting. */
        target.nw_frag = base->nw_frag;
        if (attrs[i] != ODP_KEY_ARP) {
            target.nw_proto = base->nw_proto;
        }
        commit_attr(attrs[i], &target, base, w, mask, use_masked);
    }
    if (odp_key_type_find(ODP_KEY_ICMP)->has(base)) {
        commit_attr(ODP_KEY_ICMP, want, base, w, mask, use_masked);
    } else if (odp_key_type_find(ODP_KEY_ICMPV6)->has(base)) {
        commit_attr(ODP_KEY_ICMPV6, want, base, w, mask, use_masked);
    }
}

void
odp_commit(const struct flow *want, struct flow *base, struct writer *w,
           struct flow_mask *mask, bool use_masked)
{
    if (want->packet_type == PACKET_TYPE_ETHERNET
        && base->packet_type != PACKET_TYPE_ETHERNET) {
        odp_put_push_eth(w, want->dl_dst, want->dl_src);
        base->packet_type = want->packet_type;
        base->dl_dst = want->dl_dst;
        base->dl_src = want->dl_src;
    } else if (want->packet_type != PACKET_TYPE_ETHERNET
               && base->packet_type == PACKET_TYPE_ETHERNET) {
        odp_put_pop_eth(w);
        base->packet_type = want->packet_type;
        memset(base->vlans, 0, sizeof base->vlans);
    }
    if (base->packet_type == PACKET_TYPE_ETHERNET) {
        commit_attr(ODP_KEY_ETHERNET, want, base, w, mask, use_masked);
    }
    if (count_mpls(base) > count_mpls(want)) {
        commit_mpls(want, base, w, mask, use_masked);
        commit_l3_l4(want, base, w, mask, use_masked);
    } else {
        commit_l3_l4(want, base, w, mask, use_masked);
        commit_mpls(want, base, w, mask, use_masked);
    }
    commit_vlan(want, base, w, mask);
    commit_attr(ODP_KEY_PRIORITY, want, base, w, mask, use_masked);
    commit_attr(ODP_KEY_SKB_MARK, want, base, w, mask, use_masked);
}

void
odp_commit_tunnel(const struct flow *want, struct flow *base, struct writer *w)
{
    if (flow_has_tunnel(want)
        && memcmp(&want->tunnel, &base->tunnel, sizeof want->tunnel)) {
        odp_put_set_tunnel(w, &want->tunnel);
        base->tunnel = want->tunnel;
    }
}
