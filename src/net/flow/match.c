/* Matches: making, comparing. */

#include "net/flow/match.h"

#include <string.h>

#include "base/hash.h"

void
match_init_any(struct match *m)
{
    memset(m, 0, sizeof *m);
}

void
match_init(struct match *m, const struct flow *flow,
           const struct flow_mask *mask)
{
    m->flow = *flow;
    m->mask = *mask;
    const struct tun_layout *layout = tun_layout_in_force();
    if (layout) {
        m->tun_layout = *layout;
    } else {
        memset(&m->tun_layout, 0, sizeof m->tun_layout);
    }
    match_zero_wildcarded(m);
}

void
match_zero_wildcarded(struct match *m)
{
    flow_apply_mask(&m->flow, &m->mask);
}

bool
match_equal(const struct match *a, const struct match *b)
{
    return flow_equal(&a->flow, &b->flow)
           && flow_mask_equal(&a->mask, &b->mask);
}

uint32_t
match_hash(const struct match *m, uint32_t basis)
{
    return flow_hash(&m->flow, flow_mask_hash(&m->mask, basis));
}

bool
match_is_any(const struct match *m)
{
    return flow_mask_is_any(&m->mask);
}

bool
match_flow(const struct match *m, const struct flow *flow)
{
    return flow_equal_except(&m->flow, flow, &m->mask);
}

bool
match_overlap(const struct match *a, const struct match *b)
{
    struct flow_mask both;
    flow_mask_and(&both, &a->mask, &b->mask);
    return flow_equal_except(&a->flow, &b->flow, &both);
}

bool
match_subset(const struct match *narrow, const struct match *wide)
{
    return flow_mask_contains(&narrow->mask, &wide->mask)
           && flow_equal_except(&narrow->flow, &wide->flow, &wide->mask);
}
