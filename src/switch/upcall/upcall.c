/* One datapath's upcalls: what it is made of, whom it observes, its timer. */

#include "switch/upcall/upcall.h"

#include <limits.h>

#include "base/mem.h"
#include "switch/upcall/upcall_private.h"
#include "sys/clock/clock.h"

enum {
    TURN_MS = 10, /* Of the main thread, for flows to be checked. */
};

bool upcall_megaflows = true;
bool upcall_ufids = true;

/* All, for the runtime commands; the main thread's. */
struct list upcall_all = LIST_INITIALIZER(&upcall_all);

/* When the next thing is due that only time brings. */
static void
set_timer(struct upcall *u, long long sweep_ms)
{
    long long at = sweep_ms;
    for (size_t i = 0; i < u->bridges.n; i++) {
        const struct upcall_bridge *b = u->bridges.items[i];
        at = MIN(at, pipeline_next_expiry(b->pipeline));
        at = MIN(at, mac_table_expire(b->mac_table, clock_msec()));
    }
    if (at == LLONG_MAX) {
        loop_timer_cancel(&u->timer);
    } else {
        /* Whatever comes within a tenth of a second is done in one turn. */
        loop_timer_set(&u->timer, MAX(at, clock_msec() + 1));
    }
}

/* Flows that were just translated anew may bring new addresses or flows with
 * their next packets: these must not wait until something is idle. */
static long long
limit_sweep(const struct upcall *u, long long sweep_ms)
{
    return u->effects_due
               ? MIN(sweep_ms, clock_msec() + u->config.max_revalidator_ms)
               : sweep_ms;
}

/* What changed is looked after for a while; others have their turn in
 * between. */
static void
run_for_a_while(struct upcall *u)
{
    if (upcall_run_until(u, clock_msec() + TURN_MS)) {
        loop_latch_set(&u->latch);
    }
}

/* Lets time do its work: idle flows, timeouts of rules and MAC addresses. */
static void
run_timers(void *u_)
{
    struct upcall *u = u_;
    long long now = clock_msec();
    long long sweep_ms = u->n_paused ? LLONG_MAX : upcall_sweep(u, now);
    for (size_t i = 0; i < u->bridges.n; i++) {
        struct upcall_bridge *b = u->bridges.items[i];
        pipeline_expire(b->pipeline, now);
    }
    run_for_a_while(u);
    u->sweep_due_ms = limit_sweep(u, sweep_ms);
    set_timer(u, u->sweep_due_ms);
}

void
upcall_tell_traffic(struct upcall *u)
{
    if (u->awaits_traffic) {
        u->awaits_traffic = false;
        u->observer.traffic(u->observer.aux);
    }
}

bool
upcall_await_traffic(struct upcall *u)
{
    struct datapath_stats stats;
    u->datapath->ops->get_stats(u->datapath, &stats);
    /* A flow that comes after this look sets the latch. */
    u->awaits_traffic = !stats.n_flows;
    return u->awaits_traffic;
}

static void
run_latch(void *u_)
{
    struct upcall *u = u_;
    run_for_a_while(u);
    /* The timer may be off or late: an idle check costs a pass, so it waits
     * for the time that the earliest flow could be idle. */
    long long now = clock_msec();
    long long sweep_ms = LLONG_MAX;
    if (__atomic_load_n(&u->n_flows, __ATOMIC_RELAXED)) {
        upcall_tell_traffic(u);
        sweep_ms = now + u->config.max_idle_ms + 1;
        if (loop_timer_is_set(&u->timer) && u->sweep_due_ms > now) {
            sweep_ms = MIN(sweep_ms, u->sweep_due_ms);
        }
        if (u->n_flows > u->config.flow_limit) {
            sweep_ms = now + 100;
        }
    }
    u->sweep_due_ms = limit_sweep(u, sweep_ms);
    set_timer(u, u->sweep_due_ms);
}

struct upcall *
upcall_create(const char *name, struct loop *loop,
              const struct upcall_observer *observer)
{
    struct upcall *u = xzalloc(sizeof *u);
    u->name = xstrdup(name);
    u->loop = loop;
    if (observer) {
        u->observer = *observer;
    }
    u->config = (struct upcall_config) UPCALL_CONFIG_DEFAULT;
    u->freezer = freezer_create();
    u->datapath_observer = (struct datapath_observer){
        .miss = upcall_miss,
        .action = upcall_action,
        .flow_removed = upcall_flow_removed,
        .aux = u,
    };
    mutex_init(&u->mutex);
    list_init(&u->flows);
    list_init(&u->recheck);
    hmap_init(&u->dep_lists);
    if (loop) {
        loop_latch_init(loop, &u->latch, run_latch, u);
        loop_timer_init(loop, &u->timer, run_timers, u);
        u->set_up = true;
    }
    list_push_back(&upcall_all, &u->node);
    return u;
}

static void
free_forwarding(void *fw)
{
    forwarding_destroy(fw);
}

void
upcall_destroy(struct upcall *u)
{
    if (!u) {
        return;
    }
    list_remove(&u->node);
    if (u->set_up) {
        loop_latch_uninit(&u->latch);
        loop_timer_cancel(&u->timer);
    }
    for (size_t i = 0; i < u->bridges.n; i++) {
        mac_table_set_observer(u->bridges.items[i]->mac_table, NULL);
        pipeline_remove_observer(u->bridges.items[i]->pipeline,
                                 u->bridges.items[i]);
        free(u->bridges.items[i]);
    }
    vec_uninit(&u->bridges);
    /* The datapath is closed: its last word on flows may still be on its way
     * through a grace period. */
    rcu_barrier();
    struct forwarding *fw = rcu_get_protected(&u->forwarding);
    if (fw) {
        rcu_postpone(free_forwarding, fw);
    }
    for (size_t i = 0; i < u->pending.n; i++) {
        if (u->pending.items[i].is_table) {
            packed_match_uninit(&u->pending.items[i].match);
        }
    }
    vec_uninit(&u->pending);
    hmap_uninit(&u->dep_lists);
    freezer_destroy(u->freezer);
    mutex_uninit(&u->mutex);
    free(u->name);
    free(u);
}

const struct datapath_observer *
upcall_datapath_observer(struct upcall *u)
{
    return &u->datapath_observer;
}

void
upcall_set_datapath(struct upcall *u, struct datapath *datapath)
{
    u->datapath = datapath;
}

void
upcall_set_config(struct upcall *u, const struct upcall_config *config)
{
    u->config = *config;
    u->config.max_idle_ms = MAX(u->config.max_idle_ms, 500);
    if (u->set_up) {
        loop_latch_set(&u->latch);
    }
}

void
upcall_set_forwarding(struct upcall *u, struct forwarding *fw)
{
    struct forwarding *old = rcu_exchange(&u->forwarding, fw);
    if (old) {
        rcu_postpone(free_forwarding, old);
    }
    upcall_announce_all(u);
}

const struct forwarding *
upcall_forwarding(const struct upcall *u)
{
    return rcu_get(&u->forwarding);
}

struct freezer *
upcall_freezer(struct upcall *u)
{
    return u->freezer;
}

static void
on_commit(void *b_, struct pipeline *p, classifier_version version,
          const struct pipeline_change *changes, size_t n)
{
    (void) version;
    struct upcall_bridge *b = b_;
    for (size_t i = 0; b->upcall && i < n; i++) {
        const struct pipeline_change *c = &changes[i];
        if (c->type != PIPELINE_CHANGE_MODIFIED || c->actions_changed
            || c->cookie_changed || c->rule->counters != c->old->counters) {
            upcall_announce_table(b->upcall, p, c->rule);
        }
    }
}

static void
on_expiry_changed(void *b_, struct pipeline *p)
{
    (void) p;
    struct upcall_bridge *b = b_;
    if (b->upcall && b->upcall->set_up) {
        loop_latch_set(&b->upcall->latch);
    }
}

static void
on_mac_changed(void *b_, struct mac_table *t, uint16_t vlan,
               struct eth_addr mac)
{
    struct upcall_bridge *b = b_;
    upcall_announce_mac(b->upcall, t, vlan, mac);
}

static void
on_mac_flushed(void *b_, struct mac_table *t)
{
    struct upcall_bridge *b = b_;
    (void) t;
    upcall_announce_all(b->upcall);
}

static void
on_group_changed(void *b_, struct pipeline *p, uint32_t id)
{
    struct upcall_bridge *b = b_;
    upcall_announce_group(b->upcall, p, id);
}

void
upcall_add_bridge(struct upcall *u, struct pipeline *pipeline,
                  struct mac_table *mac_table)
{
    struct upcall_bridge *b = xzalloc(sizeof *b);
    b->upcall = u;
    b->pipeline = pipeline;
    b->mac_table = mac_table;
    struct pipeline_observer po = { on_commit, on_expiry_changed,
                                    on_group_changed, b };
    pipeline_add_observer(pipeline, &po);
    struct mac_table_observer mo = { on_mac_changed, on_mac_flushed, b };
    mac_table_set_observer(mac_table, &mo);
    vec_push(&u->bridges, b);
}

void
upcall_remove_bridge(struct upcall *u, struct pipeline *pipeline,
                     struct mac_table *mac_table)
{
    /* No flow may credit these any more. */
    upcall_revalidate_all(u);
    mac_table_set_observer(mac_table, NULL);

    for (size_t i = 0; i < u->bridges.n; i++) {
        if (u->bridges.items[i]->pipeline == pipeline) {
            pipeline_remove_observer(pipeline, u->bridges.items[i]);
            free(u->bridges.items[i]);
            vec_remove(&u->bridges, i);
            break;
        }
    }
}

void
upcall_set_flow_limit(struct upcall *u, uint32_t limit)
{
    u->config.flow_limit = limit;
}

void
upcall_enable_megaflows(bool enable)
{
    upcall_megaflows = enable;
}

void
upcall_pause(struct upcall *u)
{
    u->n_paused = 1;
}

void
upcall_resume(struct upcall *u)
{
    u->n_paused = 0;
    if (u->set_up) {
        loop_latch_set(&u->latch);
    }
}

void
upcall_format(const struct upcall *u, struct str *s)
{
    size_t n = __atomic_load_n(&u->n_flows, __ATOMIC_RELAXED);
    str_putf(s, "%s:\n", u->name);
    str_putf(s,
             "  flows         : (current %zu) (avg %u) (max %zu) "
             "(limit %u)\n",
             n, (unsigned int) u->avg_flows, u->max_flows,
             u->config.flow_limit);
    str_putf(s, "  dump duration : %lldms\n", MAX(u->dump_ms, 1));
    str_putf(s, "  ufid enabled : %s\n\n", upcall_ufids ? "true" : "false");
    str_putf(s, "  0: (keys %zu)\n", n);
}
