/* Busy simple flows are handed to the kernel (datapath/shortcut).
 *
 * Workers ask for flows that are busy; a thread of its own, which exists from
 * the first such flow on, loads the programs and gives flows their slots.
 * The shortcut is used under the forward's mutex, but for its counters. */

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/forward/forward_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/thread/thread.h"

LOG_MODULE(dpif_netdev_shortcut);

enum {
    MAX_ASKED = 1024, /* Flows that may wait. */
    PAUSE_MS = 1000,  /* After a refusal that may pass. */
};

static uint32_t
ifindex_of(const void *f_, uint32_t number)
{
    const struct forward_port *port = forward_port_get(f_, number);
    return port ? port->ifindex : 0;
}

static void
let_ask(struct datapath_flow *flow, long long from_ms)
{
    __atomic_store_n(&flow->ask_from_ms, from_ms, __ATOMIC_RELAXED);
}

/* Why the kernel does not forward the flow, NULL if it does. */
static const char *
promote(struct forward *f, struct datapath_flow *flow) REQUIRES(f->mutex)
{
    const struct forward_actions *a = rcu_get_protected(&flow->actions);
    struct shortcut *s = f->promoter.shortcut;
    struct shortcut_rule rule;
    struct flow key;
    struct flow_mask mask;

    megaflow_expand(&flow->megaflow, &key, &mask);
    const struct shortcut_ports ports = { ifindex_of, f };
    const char *why =
        shortcut_rule_init(&rule, &key, &mask, a->bytes, a->size, &ports);
    if (why) {
        return why;
    }
    const struct forward_port *in = forward_port_get(f, key.in_port);
    struct error *error = shortcut_attach(
        s, in->ifindex, in->netdev->driver->rxq_fd(in->rxqs[0]));
    if (error) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "%s: %s", in->netdev->name, error_text(error));
        error_destroy(error);
        return "device";
    }
    if (!flow->slot) {
        __atomic_store_n(&flow->slot, shortcut_take_slot(s), __ATOMIC_RELEASE);
    }
    uint32_t cpu = __atomic_load_n(&flow->flood_cpu, __ATOMIC_RELAXED);
    int retval =
        flow->slot ? shortcut_activate(s, flow->slot, &rule, cpu) : ENOSPC;
    if (retval == EAGAIN || retval == ENOSPC) {
        let_ask(flow, clock_msec() + PAUSE_MS);
    }
    return retval == ENOSPC ? "no room" : retval ? strerror(retval) : NULL;
}

static void
end_all(struct forward *f) REQUIRES(f->mutex)
{
    struct datapath_flow *flow;
    HMAP_FOR_EACH (flow, ufid_node, &f->flows_by_ufid) {
        promote_end(flow);
    }
}

static void
turn_off(struct forward *f) REQUIRES(f->mutex)
{
    __atomic_store_n(&f->promoter.enabled, false, __ATOMIC_RELAXED);
    end_all(f);
    if (f->promoter.shortcut) {
        shortcut_detach_all(f->promoter.shortcut);
    }
}

/* Loads the programs; false if that cannot be. */
static bool
get_ready(struct forward *f)
{
    struct promoter *p = &f->promoter;
    struct error *error = NULL;
    struct shortcut *s = p->shortcut;
    if (!s) {
        rcu_offline();
        error = shortcut_create(&s);
        rcu_online();
        __atomic_store_n(&p->shortcut, s, __ATOMIC_RELEASE);
    } else if (shortcut_is_broken(s)) {
        error = error_create("somebody removed its program from a device");
    }
    if (error) {
        log_info("%s: the kernel does not forward: %s", f->up.name,
                 error_text(error));
        error_destroy(error);
        mutex_lock(&f->mutex);
        turn_off(f);
        mutex_unlock(&f->mutex);
        return false;
    }
    return true;
}

static void
promote_number(struct forward *f, uint32_t number)
{
    if (!get_ready(f)) {
        return;
    }
    mutex_lock(&f->mutex);
    struct datapath_flow *flow = forward_flow_by_number(f, number);
    if (flow && __atomic_load_n(&f->promoter.enabled, __ATOMIC_RELAXED)) {
        flow->refusal = promote(f, flow);
        log_dbg("%s: flow " UUID_FMT ": %s", f->up.name,
                UUID_ARGS(&flow->ufid),
                flow->refusal ? flow->refusal : "in the kernel");
    }
    mutex_unlock(&f->mutex);
}

static void
promoter_main(void *f_)
{
    struct forward *f = f_;
    struct promoter *p = &f->promoter;

    mutex_lock(&p->mutex);
    while (!p->quit) {
        if (!p->asked.n) {
            rcu_offline();
            condition_wait(&p->condition, &p->mutex);
            rcu_online();
            continue;
        }
        uint32_t number = vec_pop(&p->asked);
        mutex_unlock(&p->mutex);
        promote_number(f, number);
        rcu_quiesce();
        mutex_lock(&p->mutex);
    }
    mutex_unlock(&p->mutex);
}

void
promote_init(struct forward *f)
{
    mutex_init(&f->promoter.mutex);
    condition_init(&f->promoter.condition);
    f->promoter.is_wanted = !f->is_dummy;
    f->promoter.enabled = !f->is_dummy;
}

void
promote_stop(struct forward *f)
{
    struct promoter *p = &f->promoter;
    mutex_lock(&p->mutex);
    p->quit = true;
    condition_broadcast(&p->condition);
    mutex_unlock(&p->mutex);
    if (p->is_running) {
        thread_join(p->thread);
    }
}

void
promote_uninit(struct forward *f)
{
    struct promoter *p = &f->promoter;
    shortcut_destroy(p->shortcut);
    vec_uninit(&p->asked);
    condition_uninit(&p->condition);
    mutex_uninit(&p->mutex);
}

static void
ask(struct datapath_flow *flow)
{
    struct forward *f = flow->forward;
    struct promoter *p = &f->promoter;

    let_ask(flow, LLONG_MAX);
    mutex_lock(&p->mutex);
    if (!p->quit && p->asked.n < MAX_ASKED) {
        vec_push(&p->asked, flow->number);
        if (!p->is_running) {
            p->is_running = true;
            p->thread = thread_create("shortcut", promoter_main, f);
        }
        condition_signal(&p->condition);
    }
    mutex_unlock(&p->mutex);
}

void
promote_count(struct datapath_flow *flow, uint32_t n_packets, uint32_t n_bytes,
              long long now_ms)
{
    if (!__atomic_load_n(&flow->forward->promoter.enabled, __ATOMIC_RELAXED)
        || now_ms < __atomic_load_n(&flow->ask_from_ms, __ATOMIC_RELAXED)) {
        return;
    }
    long long age_ms =
        now_ms - __atomic_load_n(&flow->window_ms, __ATOMIC_RELAXED);
    n_packets += __atomic_load_n(&flow->window_packets, __ATOMIC_RELAXED);
    n_bytes += __atomic_load_n(&flow->window_bytes, __ATOMIC_RELAXED);
    if (age_ms >= PROMOTE_WINDOW_MS) {
        if (age_ms < 2 * PROMOTE_WINDOW_MS && n_packets >= PROMOTE_PACKETS) {
            bool is_flood = n_packets > PROMOTE_FLOOD
                            && n_bytes / n_packets < PROMOTE_MIN_BYTES;
            uint32_t cpu =
                is_flood ? (uint32_t) sched_getcpu() : SHORTCUT_ANY_CPU;
            __atomic_store_n(&flow->flood_cpu, cpu, __ATOMIC_RELAXED);
            ask(flow);
        }
        __atomic_store_n(&flow->window_ms, now_ms, __ATOMIC_RELAXED);
        n_packets = n_bytes = 0;
    }
    __atomic_store_n(&flow->window_packets, n_packets, __ATOMIC_RELAXED);
    __atomic_store_n(&flow->window_bytes, n_bytes, __ATOMIC_RELAXED);
}

void
promote_end(struct datapath_flow *flow)
{
    if (flow->slot) {
        shortcut_deactivate(flow->forward->promoter.shortcut, flow->slot);
    }
    flow->refusal = NULL;
    let_ask(flow, 0);
}

void
promote_free(struct datapath_flow *flow)
{
    if (flow->slot) {
        shortcut_free_slot(flow->forward->promoter.shortcut, flow->slot);
    }
}

void
promote_remove_port(struct forward *f, const struct forward_port *port)
{
    mutex_lock(&f->mutex);
    if (f->promoter.shortcut && port->ifindex) {
        end_all(f);
        shortcut_detach(f->promoter.shortcut, port->ifindex);
    }
    mutex_unlock(&f->mutex);
}

void
promote_enable(struct forward *f, bool enable)
{
    struct promoter *p = &f->promoter;
    if (enable == p->is_wanted || f->is_dummy) {
        return; /* What has failed is not tried again. */
    }
    p->is_wanted = enable;
    mutex_lock(&f->mutex);
    turn_off(f);
    __atomic_store_n(&p->enabled, enable, __ATOMIC_RELAXED);
    mutex_unlock(&f->mutex);
}
