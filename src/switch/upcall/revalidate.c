/* Keeps datapath flows true: finds those that a change concerns and translates
 * them again.
 *
 * A flow stands for all packets that have the bits that its translation looked
 * at.  A changed rule concerns it only if, at one of its lookups in the rule's
 * table, such a packet could have met the rule, and the rule found there was
 * not of higher priority.  What a packet looked like at that lookup is the
 * flow that came in, changed by the lookup's deltas.
 *
 * The full pass translates all flows again.  It is right whatever was
 * announced, and the tests hold the quick way against it. */

#include <limits.h>

#include "base/hash.h"
#include "switch/upcall/upcall_private.h"
#include "sys/clock/clock.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto_dpif_upcall);
COVERAGE(revalidate_missed_dp_flow);
COVERAGE(upcall_flow_revalidated);

enum {
    /* More comparisons of changes with flows than this times the number of
     * flows cost more than a full pass. */
    FULL_PASS_FACTOR = 64,
    /* More changes than this are not kept apart. */
    MAX_PENDING = 16384,
    /* Flows checked, deleted between two looks at the clock, in one sweep. */
    FLOWS_PER_LOOK = 64,
    FLOWS_PER_SWEEP = 8192,
};

uint64_t
upcall_dep_key_mac(uint16_t vlan, struct eth_addr mac)
{
    return (uint64_t) vlan << 48 | eth_addr_to_u64(mac);
}

uint64_t
upcall_dep_key_group(uint32_t id)
{
    return UINT64_C(1) << 32 | id; /* Tables are below. */
}

static void
clear_pending(struct upcall *u) REQUIRES(u->mutex)
{
    for (size_t i = 0; i < u->pending.n; i++) {
        if (u->pending.items[i].is_table) {
            packed_match_uninit(&u->pending.items[i].match);
        }
    }
    vec_clear(&u->pending);
    u->pending_all = false;
}

/* Nobody may make the list of changes long while the main thread is busy. */
static void
limit_pending(struct upcall *u) REQUIRES(u->mutex)
{
    if (u->pending.n >= MAX_PENDING) {
        clear_pending(u);
        u->pending_all = true;
    }
}

static void
announced(struct upcall *u)
{
    __atomic_fetch_add(&u->change_seq, 1, __ATOMIC_RELEASE);
    if (u->set_up) {
        loop_latch_set(&u->latch);
    }
}

void
upcall_announce_table(struct upcall *u, const struct pipeline *p,
                      const struct rule *rule)
{
    mutex_lock(&u->mutex);
    limit_pending(u);
    if (!u->pending_all) {
        struct upcall_pending *change = vec_add(&u->pending);
        change->object = p;
        change->key = rule->table_id;
        change->is_table = true;
        change->priority = rule->cr.priority;
        packed_match_clone(&change->match, &rule->cr.match);
    }
    mutex_unlock(&u->mutex);
    announced(u);
}

static void
announce_key(struct upcall *u, const void *object, uint64_t key)
{
    mutex_lock(&u->mutex);
    limit_pending(u);
    if (!u->pending_all) {
        struct upcall_pending *change = vec_add(&u->pending);
        change->object = object;
        change->key = key;
    }
    mutex_unlock(&u->mutex);
    announced(u);
}

void
upcall_announce_mac(struct upcall *u, const struct mac_table *t, uint16_t vlan,
                    struct eth_addr mac)
{
    announce_key(u, t, upcall_dep_key_mac(vlan, mac));
}

void
upcall_announce_group(struct upcall *u, const struct pipeline *p, uint32_t id)
{
    announce_key(u, p, upcall_dep_key_group(id));
}

void
upcall_announce_all(struct upcall *u)
{
    mutex_lock(&u->mutex);
    u->pending_all = true;
    mutex_unlock(&u->mutex);
    announced(u);
}

static const struct upcall_dep_list *
find_dep_list(const struct upcall *u, const void *object, uint64_t key)
    REQUIRES(u->mutex)
{
    uint32_t hash = hash_u64(key, hash_pointer(object, 0));
    const struct upcall_dep_list *l;
    HMAP_FOR_EACH_WITH_HASH (l, node, hash, &u->dep_lists) {
        if (l->object == object && l->key == key) {
            return l;
        }
    }
    return NULL;
}

/* Whether a packet of the dependent flow could have met the changed rule at
 * the lookup 'd'. */
static bool
is_concerned(const struct upcall_dep *d, const struct upcall_pending *change)
{
    if (change->priority < d->priority) {
        return false;
    }
    const struct packed_match *looked = &d->flow->looked;
    const uint64_t *masks = packed_match_masks(&change->match);
    struct packed_map map = change->match.map;
    for (size_t i = 0; i < change->match.n_words; i++) {
        int word = packed_map_pop(&map);
        uint64_t value = 0, known = 0;
        struct packed_map looked_map = looked->map;
        int w, j = 0;
        while ((w = packed_map_pop(&looked_map)) >= 0) {
            if (w == word) {
                value = looked->words[j];
                known = packed_match_masks(looked)[j];
                break;
            }
            j++;
        }
        for (uint32_t k = 0; k < d->n_deltas; k++) {
            if (d->deltas[k].word == word) {
                value = d->deltas[k].value;
            }
        }
        if ((value ^ change->match.words[i]) & masks[i] & known) {
            return false;
        }
    }
    return true;
}

static void
queue_recheck(struct upcall *u, struct upcall_flow *f) REQUIRES(u->mutex)
{
    if (!f->queued && !f->dead) {
        f->queued = true;
        list_push_back(&u->recheck, &f->recheck_node);
    }
}

/* How many comparisons find_concerned() would make. */
static uint64_t
cost_of_pending(const struct upcall *u) REQUIRES(u->mutex)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < u->pending.n; i++) {
        const struct upcall_pending *change = &u->pending.items[i];
        const struct upcall_dep_list *l =
            find_dep_list(u, change->object, change->key);
        cost += l ? l->n : 0;
    }
    return cost;
}

/* Queues the flows that pending changes concern. */
static void
find_concerned(struct upcall *u) REQUIRES(u->mutex)
{
    for (size_t i = 0; i < u->pending.n; i++) {
        const struct upcall_pending *change = &u->pending.items[i];
        const struct upcall_dep_list *l =
            find_dep_list(u, change->object, change->key);
        struct upcall_dep *d;
        if (l) {
            LIST_FOR_EACH (d, node, &l->deps) {
                if (!d->flow->queued
                    && (!change->is_table || is_concerned(d, change))) {
                    queue_recheck(u, d->flow);
                }
            }
        }
    }
}

static bool
put_stats(void *stats_, struct datapath_flow *flow,
          const struct datapath_flow_info *info)
{
    (void) flow;
    struct datapath_flow_stats *stats = stats_;
    *stats = info->stats;
    return true;
}

/* The flow's counters as they were last read. */
static struct datapath_flow_stats
folded_stats(struct upcall_flow *f)
{
    mutex_lock(&f->upcall->mutex);
    struct datapath_flow_stats stats = {
        .n_packets = f->n_packets,
        .n_bytes = f->n_bytes,
        .used_ms = f->used_ms,
        .tcp_flags = f->tcp_flags,
    };
    mutex_unlock(&f->upcall->mutex);
    return stats;
}

static void
delete_flow(struct upcall *u, struct upcall_flow *f)
{
    struct match match;
    packed_match_expand(&f->key, &match);
    struct datapath_flow_stats stats = { 0 };
    if (u->datapath->ops->flow_delete(u->datapath, &match.flow, &f->ufid,
                                      &stats)) {
        coverage_inc(revalidate_missed_dp_flow);
        stats = folded_stats(f);
    }
    upcall_flow_kill(f, &stats);
}

/* Writes new actions into the datapath's flow. */
static bool
modify_flow(struct upcall *u, struct upcall_flow *f, const struct match *match,
            const uint8_t *actions, size_t size)
{
    struct datapath_flow_info info = {
        .key = &match->flow,
        .mask = &match->mask,
        .actions = actions,
        .actions_size = size,
        .ufid = f->ufid,
        .owner = f,
    };
    return !u->datapath->ops->flow_put(u->datapath, &info,
                                       DATAPATH_PUT_MODIFY);
}

/* Whether flow 'f', installed with 'match', is still right after 't' said what
 * it must be; then 'f' has what 't' found out.  It may get new actions. */
static bool
update_flow(struct upcall *u, struct upcall_flow *f, const struct match *match,
            const struct flow *of_flow, const struct translation *t)
{
    if (t->avoid_caching || !flow_mask_contains(&match->mask, &t->mask)) {
        return false;
    }
    struct writer storage = WRITER_INITIALIZER;
    const uint8_t *actions;
    size_t size;
    upcall_datapath_actions(t, &storage, &actions, &size);
    bool same = size == f->actions_size
                && (!size || !memcmp(actions, f->actions, size));
    bool keep = same;
    if (!same) {
        /* Packets until now are the old rules'. */
        struct datapath_flow_stats stats = { 0 };
        if (!u->datapath->ops->flow_get(u->datapath, &match->flow, &f->ufid,
                                        put_stats, &stats)) {
            upcall_flow_fold(f, &stats, clock_msec());
            keep = modify_flow(u, f, match, actions, size);
        }
    }
    if (keep) {
        mutex_lock(&u->mutex);
        if (!f->dead) {
            upcall_flow_set_actions(f, actions, size);
            upcall_flow_relink(f, t, of_flow);
        }
        mutex_unlock(&u->mutex);
    }
    writer_uninit(&storage);
    return keep;
}

static void
revalidate_flow(struct upcall *u, struct upcall_flow *f, struct translation *t)
{
    const struct forwarding *fw = rcu_get(&u->forwarding);
    struct match match;
    struct flow of_flow;
    const struct forwarding_bridge *bridge;
    coverage_inc(upcall_flow_revalidated);
    packed_match_expand(&f->key, &match);
    if (!fw || !upcall_of_flow(fw, &match.flow, &of_flow, &bridge)) {
        delete_flow(u, f);
        return;
    }
    struct translate_request request = {
        .forwarding = fw,
        .bridge = bridge,
        .freezer = u->freezer,
        .flow = &of_flow,
        .now_ms = clock_msec(),
        .tcp_flags = folded_stats(f).tcp_flags,
    };
    translate(&request, t);
    if (t->error || !update_flow(u, f, &match, &of_flow, t)) {
        delete_flow(u, f);
    }
}

/* Translates the queued flows again, until 'until_ms'; true if some are left.
 * Only this thread kills flows that are not dead to the datapath already;
 * upcall_flow_kill() takes flows out of the queue. */
static bool
run_queue(struct upcall *u, long long until_ms)
{
    struct translation t;
    translation_init(&t);
    mutex_lock(&u->mutex);
    for (unsigned int n = 1; !list_is_empty(&u->recheck); n++) {
        if (!(n % FLOWS_PER_LOOK) && clock_msec() >= until_ms) {
            break;
        }
        struct upcall_flow *f = CONTAINER_OF(list_pop_front(&u->recheck),
                                             struct upcall_flow, recheck_node);
        f->queued = false;
        upcall_flow_hold(f);
        mutex_unlock(&u->mutex);
        revalidate_flow(u, f, &t);
        upcall_flow_release(f);
        mutex_lock(&u->mutex);
    }
    bool more = !list_is_empty(&u->recheck);
    mutex_unlock(&u->mutex);
    translation_uninit(&t);
    return more;
}

static void
queue_all(struct upcall *u) REQUIRES(u->mutex)
{
    struct upcall_flow *f;
    LIST_FOR_EACH (f, node, &u->flows) {
        queue_recheck(u, f);
    }
}

void
upcall_revalidate_all(struct upcall *u)
{
    if (!u->datapath) {
        return;
    }
    long long start = clock_msec();
    mutex_lock(&u->mutex);
    clear_pending(u);
    queue_all(u);
    mutex_unlock(&u->mutex);
    (void) run_queue(u, LLONG_MAX);
    u->dump_ms = MAX(clock_msec() - start, 1);
}

bool
upcall_run_until(struct upcall *u, long long until_ms)
{
    if (!u->datapath || u->n_paused) {
        return false;
    }
    mutex_lock(&u->mutex);
    size_t n_flows = __atomic_load_n(&u->n_flows, __ATOMIC_RELAXED);
    bool all = u->pending_all
               || (u->pending.n > 1
                   && cost_of_pending(u) > n_flows * FULL_PASS_FACTOR);
    if (all) {
        queue_all(u);
    } else {
        find_concerned(u);
    }
    clear_pending(u);
    mutex_unlock(&u->mutex);
    return run_queue(u, until_ms);
}

void
upcall_run(struct upcall *u)
{
    (void) upcall_run_until(u, LLONG_MAX);
}

static void
delete_held_flow(struct upcall *u, struct upcall_flow *f)
{
    delete_flow(u, f);
    upcall_flow_release(f);
}

struct sweep {
    struct upcall *upcall;
    long long now_ms;
    long long next_ms;     /* When the next flow may be idle. */
    long long max_idle_ms; /* A flow unused for so long goes. */
    bool all;              /* Every flow goes. */
    size_t limit;          /* So many go; the others next time. */

    struct {
        struct upcall_flow **items;
        size_t n, capacity;
    } idle;
};

static bool
sweep_flow(void *sweep_, struct datapath_flow *flow,
           const struct datapath_flow_info *info)
{
    (void) flow;
    struct sweep *sweep = sweep_;
    struct upcall_flow *f = info->owner;
    if (!f || f->dead) {
        return true;
    }
    upcall_flow_fold(f, &info->stats, sweep->now_ms);
    long long idle_at = f->used_ms + sweep->max_idle_ms;
    bool goes = sweep->all || idle_at < sweep->now_ms;
    if (goes && sweep->idle.n >= sweep->limit) {
        sweep->next_ms = sweep->now_ms + 1;
    } else if (goes) {
        mutex_lock(&sweep->upcall->mutex);
        upcall_flow_hold(f);
        mutex_unlock(&sweep->upcall->mutex);
        vec_push(&sweep->idle, f);
    } else {
        sweep->next_ms = MIN(sweep->next_ms, idle_at + 1);
        sweep->upcall->effects_due |= f->effects_due;
    }
    return true;
}

long long
upcall_sweep(struct upcall *u, long long now_ms)
{
    size_t n = __atomic_load_n(&u->n_flows, __ATOMIC_RELAXED);
    u->avg_flows = (u->avg_flows + n) / 2;
    if (!u->datapath || !n) {
        return LLONG_MAX;
    }
    struct sweep sweep = {
        .upcall = u,
        .now_ms = now_ms,
        .next_ms = LLONG_MAX,
        .max_idle_ms = u->config.max_idle_ms,
        .limit = u->set_up ? FLOWS_PER_SWEEP : SIZE_MAX,
    };
    if (n > u->config.flow_limit) {
        /* Too many: what was not used just now goes, and everything if that
         * does not help. */
        sweep.max_idle_ms = MIN(sweep.max_idle_ms, 100);
        sweep.all = n > 2 * (uint64_t) u->config.flow_limit;
    }
    u->effects_due = false;
    u->datapath->ops->flow_for_each(u->datapath, sweep_flow, &sweep);
    for (size_t i = 0; i < sweep.idle.n; i++) {
        delete_held_flow(u, sweep.idle.items[i]);
    }
    vec_uninit(&sweep.idle);
    return sweep.next_ms;
}

static bool
fold_flow(void *u, struct datapath_flow *flow,
          const struct datapath_flow_info *info)
{
    (void) u, (void) flow;
    struct upcall_flow *f = info->owner;
    if (f && !f->dead) {
        upcall_flow_fold(f, &info->stats, clock_msec());
    }
    return true;
}

void
upcall_fold_stats(struct upcall *u)
{
    if (u->datapath) {
        u->datapath->ops->flow_for_each(u->datapath, fold_flow, u);
    }
}

void
upcall_purge(struct upcall *u)
{
    if (!u->datapath) {
        return;
    }
    struct sweep sweep = {
        .upcall = u,
        .now_ms = clock_msec(),
        .next_ms = LLONG_MAX,
        .all = true,
        .limit = SIZE_MAX,
    };
    u->datapath->ops->flow_for_each(u->datapath, sweep_flow, &sweep);
    for (size_t i = 0; i < sweep.idle.n; i++) {
        delete_held_flow(u, sweep.idle.items[i]);
    }
    vec_uninit(&sweep.idle);
}
