/* The packet's way: key, lookup, actions, output. */

#include <string.h>

#include "datapath/forward/forward_private.h"
#include "datapath/odp/action.h"
#include "net/flow/extract.h"
#include "net/flow/mask.h"
#include "net/packet/segment.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(dpif_netdev);

void
forward_count(struct context *c, uint64_t *counter, uint64_t n)
{
    if (c->shared_counters) {
        __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
    } else {
        __atomic_store_n(counter,
                         __atomic_load_n(counter, __ATOMIC_RELAXED) + n,
                         __ATOMIC_RELAXED);
    }
}

static struct context *
context_cast(struct execute_sink *sink)
{
    return CONTAINER_OF(sink, struct context, sink);
}

static void
flush_output(struct context *c, struct context_output *o)
{
    if (o->batch.n) {
        forward_count(c, &c->counters->n_sent_packets, o->batch.n);
        forward_count(c, &c->counters->n_sent_batches, 1);
        (void) netdev_send(o->port->netdev, c->qid, &o->batch);
        packet_batch_init(&o->batch);
    }
}

void
context_flush(struct context *c)
{
    for (size_t i = 0; i < c->n_outputs; i++) {
        flush_output(c, &c->outputs[i]);
    }
    c->n_outputs = 0;
}

static struct context_output *
find_output(struct context *c, struct forward_port *port)
{
    for (size_t i = 0; i < c->n_outputs; i++) {
        if (c->outputs[i].port == port) {
            return &c->outputs[i];
        }
    }
    if (c->n_outputs == CONTEXT_MAX_OUTPUTS) {
        context_flush(c);
    }
    struct context_output *o = &c->outputs[c->n_outputs++];
    o->port = port;
    packet_batch_init(&o->batch);
    return o;
}

static void
on_output(struct execute_sink *sink, uint32_t number,
          struct packet_batch *batch)
{
    struct context *c = context_cast(sink);
    struct forward_port *port = forward_port_get(c->forward, number);
    struct packet *p;

    if (UNLIKELY(!port)) {
        execute_count_drop(EXECUTE_DROP_INVALID_PORT, batch->n);
        packet_batch_free(batch);
        return;
    }
    struct context_output *o = find_output(c, port);
    BATCH_FOR_EACH (p, batch) {
        if (packet_batch_is_full(&o->batch)) {
            flush_output(c, o);
        }
        packet_batch_add(&o->batch, p);
    }
    packet_batch_init(batch);
}

static void
on_userspace(struct execute_sink *sink, struct packet *p,
             const struct odp_attr *action)
{
    struct context *c = context_cast(sink);
    const struct datapath_observer *observer = &c->forward->observer;
    struct datapath_upcall up = { .type = DATAPATH_UPCALL_ACTION,
                                  .packet = p,
                                  .egress_port = ODP_PORT_NONE };
    const struct odp_attr *a;
    struct flow key;

    ODP_FOR_EACH(a, odp_attr_data(action), odp_attr_size(action))
    {
        if (a->type == ODP_USERSPACE_USERDATA) {
            up.userdata = odp_attr_data(a);
            up.userdata_size = odp_attr_size(a);
        } else if (a->type == ODP_USERSPACE_ACTIONS) {
            up.actions = odp_attr_data(a);
            up.actions_size = odp_attr_size(a);
        } else if (a->type == ODP_USERSPACE_EGRESS_TUN_PORT) {
            up.egress_port = odp_attr_u32(a);
        }
    }
    if (observer->action) {
        flow_extract(p, &key);
        up.key = &key;
        observer->action(observer->aux, &up);
    } else {
        execute_count_drop(EXECUTE_DROP_USERSPACE_ACTION_ERROR, 1);
    }
    packet_free(p);
}

static void
on_recirc(struct execute_sink *sink, struct packet_batch *batch)
{
    struct context *c = context_cast(sink);
    if (c->depth >= FORWARD_MAX_DEPTH) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "packet dropped: more than %d recirculations",
                    FORWARD_MAX_DEPTH);
        execute_count_drop(EXECUTE_DROP_RECIRC_ERROR, batch->n);
        packet_batch_free(batch);
        return;
    }
    c->depth++;
    forward_count(c, &c->counters->n_recirc, batch->n);
    context_receive(c, batch, NULL);
    c->depth--;
}

static void
on_meter(struct execute_sink *sink, uint32_t id, struct packet_batch *batch)
{
    struct context *c = context_cast(sink);
    meter_table_police(c->forward->meters, id, batch, c->now_ms);
}

void
context_init(struct context *c, struct forward *f, struct worker *worker)
{
    c->sink.output = on_output;
    c->sink.userspace = on_userspace;
    c->sink.recirc = on_recirc;
    c->sink.meter = on_meter;
    c->forward = f;
    c->cache = worker ? worker->cache : NULL;
    c->counters = worker ? &worker->counters : &f->other;
    c->shared_counters = !worker;
    c->qid = worker ? worker->id : 0;
    c->depth = 0;
    c->now_ms = clock_msec();
    c->n_outputs = 0;
}

static void
touch(struct datapath_flow *flow, size_t n_packets, size_t n_bytes,
      uint16_t tcp_flags, long long now_ms)
{
    __atomic_fetch_add(&flow->n_packets, n_packets, __ATOMIC_RELAXED);
    __atomic_fetch_add(&flow->n_bytes, n_bytes, __ATOMIC_RELAXED);
    __atomic_store_n(&flow->used_ms, now_ms, __ATOMIC_RELAXED);
    if (tcp_flags & ~__atomic_load_n(&flow->tcp_flags, __ATOMIC_RELAXED)) {
        __atomic_fetch_or(&flow->tcp_flags, tcp_flags, __ATOMIC_RELAXED);
    }
}

/* Packets of one flow, in order. */
struct group {
    struct datapath_flow *flow;
    struct packet_batch batch;
    size_t n_bytes;
    uint16_t tcp_flags;
};

static void
run_group(struct context *c, struct group *g)
{
    if (g->batch.n) {
        const struct forward_actions *actions = rcu_get(&g->flow->actions);
        touch(g->flow, g->batch.n, g->n_bytes, g->tcp_flags, c->now_ms);
        if (!c->shared_counters) {
            promote_count(g->flow, g->batch.n, g->n_bytes, c->now_ms);
        }
        program_run(actions->program, &g->batch, &c->sink);
    }
}

static struct datapath_flow *
find_by_signature(struct context *c, uint32_t hash, const struct flow *key)
{
    struct signature_bucket *b = signature_bucket(c->cache, hash);
    uint16_t signature = signature_of(hash);

    for (unsigned i = 0; i < SIGNATURE_WAYS; i++) {
        if (b->signatures[i] != signature || b->flows[i] == SIGNATURE_NONE) {
            continue;
        }
        struct datapath_flow *flow =
            forward_flow_by_number(c->forward, b->flows[i]);
        if (flow && megaflow_covers(&flow->megaflow, key)) {
            return flow;
        }
        if (!flow) {
            b->flows[i] = SIGNATURE_NONE;
        }
    }
    return NULL;
}

static struct datapath_flow *
find_flow(struct context *c, const struct flow *key, uint32_t hash,
          const struct datapath_flow *last)
{
    if (last && megaflow_covers(&last->megaflow, key)) {
        forward_count(c, &c->counters->n_memory_hit, 1);
        return (struct datapath_flow *) last;
    }
    struct datapath_flow *flow = NULL;
    if (c->cache) {
        flow = find_by_signature(c, hash, key);
        if (flow) {
            forward_count(c, &c->counters->n_cache_hit, 1);
            return flow;
        }
    }
    unsigned n_probes = 0;
    flow = forward_flow_cast(
        megaflow_lookup(c->forward->megaflows, key, &n_probes));
    forward_count(c, &c->counters->n_masks, n_probes);
    if (flow && c->cache) {
        signature_insert(c->cache, hash, flow->number);
    }
    return flow;
}

static void
install(struct context *c, const struct flow *key,
        const struct datapath_verdict *v, const struct uuid *ufid,
        const struct packet *p)
{
    struct datapath_flow_info info = {
        .key = key,
        .mask = v->mask,
        .actions = v->actions,
        .actions_size = v->actions_size,
        .ufid = *ufid,
        .owner = v->owner,
        .worker = -1,
    };
    (void) p;
    int error = forward_flow_put(&c->forward->up, &info, DATAPATH_PUT_CREATE);
    if (error && c->forward->observer.flow_removed && v->owner) {
        /* Somebody else made the flow first: the owner is not needed. */
        struct datapath_flow_stats none = { 0 };
        c->forward->observer.flow_removed(c->forward->observer.aux, v->owner,
                                          &none);
    }
}

static void
miss(struct context *c, struct packet *p, const struct flow *key)
{
    const struct datapath_observer *observer = &c->forward->observer;
    struct datapath_verdict verdict = { 0 };
    struct datapath_upcall up = {
        .type = DATAPATH_UPCALL_MISS,
        .packet = p,
        .key = key,
        .egress_port = ODP_PORT_NONE,
        .ufid = forward_make_ufid(key),
    };

    forward_count(c, &c->counters->n_missed, 1);
    if (log_is_dbg_enabled()) {
        struct str s = STR_INITIALIZER;
        odp_flow_format(key, NULL, NULL, ODP_FORMAT_VERBOSE, &s);
        log_dbg("%s: miss upcall:\n%s", c->forward->up.name, str_text(&s));
        str_uninit(&s);
    }
    if (!observer->miss || !observer->miss(observer->aux, &up, &verdict)) {
        forward_count(c, &c->counters->n_lost, 1);
        execute_count_drop(EXECUTE_DROP_UPCALL_ERROR, 1);
        packet_free(p);
        return;
    }
    /* The actions stay valid only until the next miss, which recirculation
     * can bring. */
    struct forward_actions *copy = NULL;
    const uint8_t *actions = verdict.actions;
    if (verdict.actions_size) {
        copy = xmalloc(sizeof *copy + verdict.actions_size);
        memcpy(copy->bytes, verdict.actions, verdict.actions_size);
        actions = copy->bytes;
    }
    if (verdict.install) {
        install(c, key, &verdict, &up.ufid, p);
    }
    struct packet_batch batch;
    packet_batch_init_packet(&batch, p);
    execute_actions(actions, verdict.actions_size, &batch, &c->sink);
    free(copy);
}

static bool
same_meaning(const struct group *g, const struct datapath_flow *flow)
{
    return g->flow == flow && !packet_batch_is_full(&g->batch);
}

void
context_receive(struct context *c, struct packet_batch *batch,
                const struct forward_port *port)
{
    static const struct flow zero;
    struct flow keys[PACKET_BATCH_MAX];
    uint32_t hashes[PACKET_BATCH_MAX];
    struct group g = { NULL, { 0 }, 0, 0 };
    size_t n = batch->n;
    size_t n_hit = 0;

    packet_batch_init(&g.batch);
    /* First pass: keys, and what the second will look at. */
    for (size_t i = 0; i < n; i++) {
        struct packet *p = batch->packets[i];
        if (i + 2 < n) {
            PREFETCH(batch->packets[i + 2]->data);
        }
        if (port) {
            p->in_port = port->number;
        }
        memcpy(&keys[i], &zero, offsetof(struct flow, recirc_id));
        flow_extract_key(p, &keys[i]);
        if (c->cache) {
            hashes[i] = signature_hash(&keys[i]);
            PREFETCH(signature_bucket(c->cache, hashes[i]));
        } else {
            hashes[i] = 0;
        }
    }
    /* Second pass: flows, run by groups of neighbours. */
    for (size_t i = 0; i < n; i++) {
        struct packet *p = batch->packets[i];
        struct datapath_flow *flow = find_flow(c, &keys[i], hashes[i], g.flow);
        if (UNLIKELY(!flow)) {
            run_group(c, &g);
            g.flow = NULL;
            miss(c, p, &keys[i]);
            continue;
        }
        n_hit++;
        if (!same_meaning(&g, flow)) {
            run_group(c, &g);
            g.flow = flow;
            g.n_bytes = 0;
            g.tcp_flags = 0;
            packet_batch_init(&g.batch);
        }
        packet_batch_add(&g.batch, p);
        g.n_bytes += p->size;
        g.tcp_flags |= flow_tcp_flags(&keys[i]);
    }
    run_group(c, &g);
    packet_batch_init(batch);
    forward_count(c, &c->counters->n_hit, n_hit);
}
