/* The interpreter of action programs. */

#include <string.h>

#include "base/hash.h"
#include "datapath/execute/execute.h"
#include "datapath/execute/program.h"
#include "datapath/odp/action.h"
#include "net/flow/extract.h"
#include "net/flow/mask.h"
#include "net/packet/headers.h"
#include "net/packet/segment.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"

LOG_MODULE(odp_execute);

COVERAGE(datapath_drop_meter);
COVERAGE(datapath_drop_upcall_error);
COVERAGE(datapath_drop_lock_error);
COVERAGE(datapath_drop_userspace_action_error);
COVERAGE(datapath_drop_tunnel_push_error);
COVERAGE(datapath_drop_tunnel_pop_error);
COVERAGE(datapath_drop_recirc_error);
COVERAGE(datapath_drop_invalid_port);
COVERAGE(datapath_drop_invalid_bond);
COVERAGE(datapath_drop_invalid_tnl_port);
COVERAGE(datapath_drop_rx_invalid_packet);
COVERAGE(datapath_drop_sample_error);
COVERAGE(datapath_drop_nsh_decap_error);
COVERAGE(datapath_drop_unsupported_action);
#define R(NAME, TEXT, NAME2) COVERAGE(drop_action_##NAME2);
ODP_DROP_REASONS
#undef R

static void
count_action_drop(uint32_t reason, size_t n)
{
    switch (reason) {
#define R(NAME, TEXT, NAME2)                  \
    case ODP_DROP_##NAME:                     \
        coverage_add(drop_action_##NAME2, n); \
        break;
        ODP_DROP_REASONS
#undef R
    }
}

void
execute_count_drop(enum execute_drop reason, size_t n)
{
    switch (reason) {
    case EXECUTE_DROP_METER:
        coverage_add(datapath_drop_meter, n);
        break;
    case EXECUTE_DROP_UPCALL_ERROR:
        coverage_add(datapath_drop_upcall_error, n);
        break;
    case EXECUTE_DROP_LOCK_ERROR:
        coverage_add(datapath_drop_lock_error, n);
        break;
    case EXECUTE_DROP_USERSPACE_ACTION_ERROR:
        coverage_add(datapath_drop_userspace_action_error, n);
        break;
    case EXECUTE_DROP_TUNNEL_PUSH_ERROR:
        coverage_add(datapath_drop_tunnel_push_error, n);
        break;
    case EXECUTE_DROP_TUNNEL_POP_ERROR:
        coverage_add(datapath_drop_tunnel_pop_error, n);
        break;
    case EXECUTE_DROP_RECIRC_ERROR:
        coverage_add(datapath_drop_recirc_error, n);
        break;
    case EXECUTE_DROP_INVALID_PORT:
        coverage_add(datapath_drop_invalid_port, n);
        break;
    case EXECUTE_DROP_INVALID_BOND:
        coverage_add(datapath_drop_invalid_bond, n);
        break;
    case EXECUTE_DROP_INVALID_TNL_PORT:
        coverage_add(datapath_drop_invalid_tnl_port, n);
        break;
    case EXECUTE_DROP_RX_INVALID_PACKET:
        coverage_add(datapath_drop_rx_invalid_packet, n);
        break;
    case EXECUTE_DROP_SAMPLE_ERROR:
        coverage_add(datapath_drop_sample_error, n);
        break;
    case EXECUTE_DROP_NSH_DECAP_ERROR:
        coverage_add(datapath_drop_nsh_decap_error, n);
        break;
    case EXECUTE_DROP_UNSUPPORTED:
        coverage_add(datapath_drop_unsupported_action, n);
        break;
    }
}

/* State of a run over a list of actions. */
struct run {
    struct packet_batch *batch;
    struct execute_sink *sink;
    uint32_t trunc; /* Bytes of the next output; 0: all. */
};

static void
drop(struct run *r, enum execute_drop reason)
{
    execute_count_drop(reason, r->batch->n);
    packet_batch_free(r->batch);
}

/* The batch for an action that takes its packets: the run's own if it is the
 * last, else clones in 'copy'. */
static struct packet_batch *
for_taking(struct run *r, bool last, struct packet_batch *copy)
{
    if (last) {
        return r->batch;
    }
    packet_batch_clone(copy, r->batch);
    return copy;
}

static void
run_output(struct run *r, uint32_t port, bool last)
{
    struct packet_batch copy;
    struct packet_batch *out = for_taking(r, last, &copy);

    if (UNLIKELY(r->trunc)) {
        struct packet *p;
        BATCH_FOR_EACH (p, out) {
            if (p->gso_type) {
                /* Every packet that it stands for would be cut: the first
                 * one is enough to say what it was. */
                p->gso_type = PACKET_GSO_NONE;
                p->gso_size = 0;
            }
            packet_truncate(p, r->trunc);
            if (p->offloads & PACKET_L4_CSUM_PARTIAL
                && p->csum_start + p->csum_offset + 2u > p->size) {
                p->offloads &= ~PACKET_L4_CSUM_PARTIAL;
            }
        }
        r->trunc = 0;
    }
    r->sink->output(r->sink, port, out);
}

static void
run_userspace(struct run *r, const struct odp_attr *a, bool last)
{
    struct packet_batch copy;
    struct packet_batch *out = for_taking(r, last, &copy);
    struct packet *p;

    BATCH_FOR_EACH (p, out) {
        if (r->trunc) {
            packet_truncate(p, r->trunc);
        }
        r->sink->userspace(r->sink, p, a);
    }
    r->trunc = 0;
    packet_batch_init(out);
}

static void
run_recirc(struct run *r, uint32_t id, bool last)
{
    struct packet_batch copy;
    struct packet_batch *out = for_taking(r, last, &copy);
    struct packet *p;
    BATCH_FOR_EACH (p, out) {
        p->recirc_id = id;
    }
    r->sink->recirc(r->sink, out);
}

static void
run_hash(struct run *r, const struct odp_attr *a)
{
    uint32_t arg[2];
    struct packet *p;
    memcpy(arg, odp_attr_data(a), sizeof arg);
    BATCH_FOR_EACH (p, r->batch) {
        struct flow flow;
        flow_extract(p, &flow);
        uint32_t hash = arg[0] == ODP_HASH_SYM_L4
                            ? flow_hash_symmetric_l3l4(&flow, arg[1], false)
                            : flow_hash_5tuple(&flow, arg[1]);
        p->dp_hash = hash ? hash : 1;
    }
}

static void
run_nested(struct run *r, const struct odp_attr *list, bool last)
{
    struct packet_batch copy;
    struct packet_batch *out = for_taking(r, last, &copy);
    execute_actions(odp_attr_data(list), odp_attr_size(list), out, r->sink);
}

static void
run_sample(struct run *r, const struct odp_attr *a, bool last)
{
    static __thread uint32_t seed = 0x9e3779b9;
    uint32_t probability = 0;
    const struct odp_attr *actions = NULL;
    const struct odp_attr *n;

    ODP_FOR_EACH(n, odp_attr_data(a), odp_attr_size(a))
    {
        if (n->type == ODP_SAMPLE_PROBABILITY) {
            probability = odp_attr_u32(n);
        } else if (n->type == ODP_SAMPLE_ACTIONS) {
            actions = n;
        }
    }
    struct packet_batch chosen;
    struct packet *p;
    packet_batch_init(&chosen);
    BATCH_FOR_EACH (p, r->batch) {
        seed = seed * 1664525u + 1013904223u;
        if (probability == UINT32_MAX || hash_finish(seed) < probability) {
            packet_batch_add(&chosen, packet_clone(p));
        }
    }
    if (last) {
        packet_batch_free(r->batch);
    }
    if (actions && chosen.n) {
        execute_actions(odp_attr_data(actions), odp_attr_size(actions),
                        &chosen, r->sink);
    }
    packet_batch_free(&chosen);
}

static void
run_check_pkt_len(struct run *r, const struct odp_attr *a, bool last)
{
    const struct odp_attr *parts[4] = { 0 };
    const struct odp_attr *n;
    struct packet_batch groups[2];
    struct packet *p;

    ODP_FOR_EACH(n, odp_attr_data(a), odp_attr_size(a))
    {
        if (n->type < ARRAY_SIZE(parts)) {
            parts[n->type] = n;
        }
    }
    uint16_t size = odp_attr_u16(parts[ODP_CHECK_PKT_LEN]);
    packet_batch_init(&groups[0]);
    packet_batch_init(&groups[1]);
    BATCH_FOR_EACH (p, r->batch) {
        size_t len = p->gso_type && p->gso_size && p->l4_offset < p->size
                         ? (size_t) p->l4_offset + TCP_HEADER_LEN + p->gso_size
                         : (size_t) p->size;
        packet_batch_add(&groups[len > size ? 1 : 0],
                         last ? p : packet_clone(p));
    }
    if (last) {
        packet_batch_init(r->batch);
    }
    for (size_t i = 0; i < 2; i++) {
        const struct odp_attr *list = parts[i ? ODP_CHECK_PKT_LEN_GREATER
                                              : ODP_CHECK_PKT_LEN_LESS_EQUAL];
        if (groups[i].n) {
            execute_actions(odp_attr_data(list), odp_attr_size(list),
                            &groups[i], r->sink);
        }
    }
}

static void run_unsupported(struct run *, const struct odp_attr *);

static void
run_set(struct run *r, const struct odp_attr *a)
{
    const void *data = odp_attr_data(a);
    size_t left = odp_attr_size(a);
    const struct odp_attr *key = odp_attr_next(&data, &left);
    struct packet *p;
    if (key->type == ODP_KEY_TUNNEL || key->type == ODP_KEY_NSH) {
        run_unsupported(r, a);
        return;
    }
    BATCH_FOR_EACH (p, r->batch) {
        execute_set(p, key, a->type == ODP_ACTION_SET_MASKED);
    }
}

static void
run_each(struct run *r, const struct odp_attr *a)
{
    const uint8_t *data = odp_attr_data(a);
    struct packet *p;
    be16 w[4];

    memcpy(w, data, MIN(odp_attr_size(a), sizeof w));
    BATCH_FOR_EACH (p, r->batch) {
        switch (a->type) {
        case ODP_ACTION_PUSH_VLAN:
            packet_push_vlan(p, w[0], w[1] & ~BE16_CONST(VLAN_CFI));
            break;
        case ODP_ACTION_POP_VLAN:
            packet_pop_vlan(p);
            break;
        case ODP_ACTION_PUSH_MPLS:
        case ODP_ACTION_ADD_MPLS: {
            be32 lse;
            memcpy(&lse, data, sizeof lse);
            packet_push_mpls(p, w[2], lse);
            break;
        }
        case ODP_ACTION_POP_MPLS:
            packet_pop_mpls(p, w[0]);
            break;
        case ODP_ACTION_PUSH_ETH: {
            struct eth_addr macs[2];
            memcpy(macs, data, sizeof macs);
            packet_push_eth(p, macs[1], macs[0],
                            be16_from_host(p->packet_type & 0xffff));
            p->packet_type = PACKET_TYPE_ETHERNET;
            break;
        }
        case ODP_ACTION_POP_ETH:
            packet_pop_eth(p);
            break;
        case ODP_ACTION_CT_CLEAR:
            p->offloads &= ~PACKET_HAS_CT;
            p->ct_state = 0;
            p->ct_zone = 0;
            p->ct_mark = 0;
            memset(&p->ct_label, 0, sizeof p->ct_label);
            break;
        }
    }
}

static void
run_unsupported(struct run *r, const struct odp_attr *a)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    struct str s = STR_INITIALIZER;
    if (!log_should_drop(&rl, LOG_LEVEL_WARN)) {
        odp_actions_format((const uint8_t *) a, a->len, NULL, &s);
        log_warn("dropped packets: the datapath does not support the action "
                 "%s yet",
                 str_text(&s));
        str_uninit(&s);
    }
    drop(r, EXECUTE_DROP_UNSUPPORTED);
}

static void
run_op(struct run *r, const struct odp_attr *a, uint32_t arg, bool last)
{
    switch ((enum odp_action_attr) a->type) {
    case ODP_ACTION_OUTPUT:
        run_output(r, arg, last);
        return;
    case ODP_ACTION_USERSPACE:
        run_userspace(r, a, last);
        return;
    case ODP_ACTION_SET:
    case ODP_ACTION_SET_MASKED:
        run_set(r, a);
        return;
    case ODP_ACTION_PUSH_VLAN:
    case ODP_ACTION_POP_VLAN:
    case ODP_ACTION_PUSH_MPLS:
    case ODP_ACTION_ADD_MPLS:
    case ODP_ACTION_POP_MPLS:
    case ODP_ACTION_PUSH_ETH:
    case ODP_ACTION_POP_ETH:
    case ODP_ACTION_CT_CLEAR:
        run_each(r, a);
        return;
    case ODP_ACTION_SAMPLE:
        run_sample(r, a, last);
        return;
    case ODP_ACTION_RECIRC:
        run_recirc(r, arg, last);
        return;
    case ODP_ACTION_HASH:
        run_hash(r, a);
        return;
    case ODP_ACTION_METER:
        r->sink->meter(r->sink, arg, r->batch);
        return;
    case ODP_ACTION_TRUNC:
        r->trunc = arg;
        return;
    case ODP_ACTION_CLONE:
        run_nested(r, a, last);
        return;
    case ODP_ACTION_CHECK_PKT_LEN:
        run_check_pkt_len(r, a, last);
        return;
    case ODP_ACTION_DROP:
        count_action_drop(arg, r->batch->n);
        packet_batch_free(r->batch);
        return;
    case ODP_ACTION_LB_OUTPUT:
        drop(r, EXECUTE_DROP_INVALID_BOND);
        return;
    case ODP_ACTION_CT:
    case ODP_ACTION_PUSH_NSH:
    case ODP_ACTION_POP_NSH:
    case ODP_ACTION_DEC_TTL:
    case ODP_ACTION_PSAMPLE:
    case ODP_ACTION_TUNNEL_PUSH:
    case ODP_ACTION_TUNNEL_POP:
        break;
    }
    run_unsupported(r, a);
}

void
program_run(const struct program *p, struct packet_batch *batch,
            struct execute_sink *sink)
{
    if (LIKELY(p->n == 1 && p->ops[0].type == ODP_ACTION_OUTPUT)) {
        sink->output(sink, p->ops[0].arg, batch);
        return;
    }
    struct run r = { batch, sink, 0 };
    for (size_t i = 0; i < p->n && batch->n; i++) {
        run_op(&r, p->ops[i].attr, p->ops[i].arg, p->ops[i].last);
    }
    packet_batch_free(batch);
}

void
execute_actions(const uint8_t *actions, size_t size,
                struct packet_batch *batch, struct execute_sink *sink)
{
    struct run r = { batch, sink, 0 };
    struct odp_walk walk = { actions, size };
    const struct odp_attr *a;

    while (batch->n && (a = odp_attr_next(&walk.data, &walk.size))) {
        run_op(&r, a, odp_attr_size(a) >= 4 ? odp_attr_u32(a) : 0,
               walk.size < sizeof *a);
    }
    packet_batch_free(batch);
}
