/* Datapath flows as the switch keeps them: dependencies, credits, folding. */

#include <limits.h>

#include "base/hash.h"
#include "base/mem.h"
#include "datapath/odp/action.h"
#include "net/flow/ofp_port.h"
#include "switch/upcall/upcall_private.h"

static struct upcall_dep_list *
get_dep_list(struct upcall *u, const void *object, uint64_t key)
{
    uint32_t hash = hash_u64(key, hash_pointer(object, 0));
    struct upcall_dep_list *l;
    HMAP_FOR_EACH_WITH_HASH (l, node, hash, &u->dep_lists) {
        if (l->object == object && l->key == key) {
            return l;
        }
    }
    l = xzalloc(sizeof *l);
    l->object = object;
    l->key = key;
    list_init(&l->deps);
    hmap_add(&u->dep_lists, &l->node, hash);
    return l;
}

static struct upcall_dep_list *
dep_list_of(struct upcall *u, const struct translate_dep *d)
{
    switch (d->type) {
    case TRANSLATE_DEP_TABLE:
        return get_dep_list(u, d->pipeline, d->table_id);
    case TRANSLATE_DEP_MAC:
        return get_dep_list(u, d->mac_table,
                            upcall_dep_key_mac(d->vlan, d->mac));
    case TRANSLATE_DEP_GROUP:
        return get_dep_list(u, d->pipeline, upcall_dep_key_group(d->group_id));
    }
    NOT_REACHED();
}

/* What changes dependencies happens under the upcall\'s lock. */

static void
unlink_deps(struct upcall_flow *f)
{
    for (size_t i = 0; i < f->n_deps; i++) {
        struct upcall_dep_list *l = f->deps[i].list;
        list_remove(&f->deps[i].node);
        if (!--l->n) {
            hmap_remove(&f->upcall->dep_lists, &l->node);
            free(l);
        }
    }
    free(f->deps);
    free(f->deltas);
    f->deps = NULL;
    f->deltas = NULL;
    f->n_deps = 0;
}

static void
link_deps(struct upcall_flow *f, const struct translation *t)
{
    f->n_deps = t->deps.n;
    f->deps = xcalloc(MAX(t->deps.n, 1), sizeof *f->deps);
    f->deltas = t->deltas.n
                    ? xmemdup(t->deltas.items, t->deltas.n * sizeof *f->deltas)
                    : NULL;
    for (size_t i = 0; i < t->deps.n; i++) {
        const struct translate_dep *src = &t->deps.items[i];
        struct upcall_dep *d = &f->deps[i];
        bool is_table = src->type == TRANSLATE_DEP_TABLE;
        d->list = dep_list_of(f->upcall, src);
        d->flow = f;
        d->priority = src->priority;
        d->n_deltas = is_table ? src->n_deltas : 0;
        d->deltas = f->deltas + (d->n_deltas ? src->first_delta : 0);
        d->list->n++;
        list_push_back(&d->list->deps, &d->node);
    }
}

static void
copy_credits(struct upcall_flow *f, const struct translation *t)
{
    f->n_credits = t->credits.n;
    f->credits = xcalloc(MAX(t->credits.n, 1), sizeof *f->credits);
    for (size_t i = 0; i < t->credits.n; i++) {
        const struct translate_credit *src = &t->credits.items[i];
        struct upcall_credit *c = &f->credits[i];
        c->pipeline = src->pipeline;
        c->table_id = src->table_id;
        struct rule_counters *counters =
            src->rule ? src->rule->counters : src->counters;
        c->counters = counters ? rule_counters_ref(counters) : NULL;
    }
}

static void
free_credits(struct upcall_flow *f)
{
    for (size_t i = 0; i < f->n_credits; i++) {
        rule_counters_unref(f->credits[i].counters);
    }
    free(f->credits);
    f->credits = NULL;
    f->n_credits = 0;
}

static void
copy_effects(struct upcall_flow *f, const struct translation *t)
{
    f->n_effects = t->effects.n;
    f->effects = xcalloc(MAX(t->effects.n, 1), sizeof *f->effects);
    for (size_t i = 0; i < t->effects.n; i++) {
        translate_effect_clone(&f->effects[i], &t->effects.items[i]);
    }
}

static void
free_effects(struct upcall_flow *f)
{
    for (size_t i = 0; i < f->n_effects; i++) {
        translate_effect_uninit(&f->effects[i]);
    }
    free(f->effects);
    f->effects = NULL;
    f->n_effects = 0;
}

static void
copy_frozen(struct upcall_flow *f, const struct translation *t)
{
    f->n_frozen = t->frozen.n;
    f->frozen = t->frozen.n
                    ? xmemdup(t->frozen.items, t->frozen.n * sizeof *f->frozen)
                    : NULL;
    for (size_t i = 0; i < f->n_frozen; i++) {
        freezer_ref(f->upcall->freezer, f->frozen[i]);
    }
}

static void
free_frozen(struct upcall_flow *f)
{
    for (size_t i = 0; i < f->n_frozen; i++) {
        freezer_unref(f->upcall->freezer, f->frozen[i]);
    }
    free(f->frozen);
    f->frozen = NULL;
    f->n_frozen = 0;
}

void
upcall_datapath_actions(const struct translation *t, struct writer *storage,
                        const uint8_t **actionsp, size_t *sizep)
{
    if (!t->slow) {
        *actionsp = t->actions.data;
        *sizep = t->actions.size;
        return;
    }
    writer_clear(storage);
    translate_put_slow_path(storage, t->slow);
    *actionsp = storage->data;
    *sizep = storage->size;
}

void
upcall_flow_set_actions(struct upcall_flow *f, const uint8_t *actions,
                        size_t size)
{
    free(f->actions);
    f->actions = size ? xmemdup(actions, size) : NULL;
    f->actions_size = size;
}

struct upcall_flow *
upcall_flow_create(struct upcall *u, const struct flow *key,
                   const struct translation *t, const struct uuid *ufid,
                   long long now_ms)
{
    struct upcall_flow *f = xzalloc(sizeof *f);
    struct match match;
    match_init(&match, key, &t->mask);
    packed_match_init(&f->key, &match);
    f->upcall = u;
    f->ufid = *ufid;
    f->created_ms = f->used_ms = now_ms;
    return f;
}

static void
fill_flow(struct upcall_flow *f, const struct translation *t,
          const struct flow *of_flow)
{
    struct match match;
    match_init(&match, of_flow, &t->looked);
    packed_match_init(&f->looked, &match);
    link_deps(f, t);
    copy_credits(f, t);
    copy_effects(f, t);
    copy_frozen(f, t);
}

static void
empty_flow(struct upcall_flow *f)
{
    packed_match_uninit(&f->looked);
    unlink_deps(f);
    free_credits(f);
    free_effects(f);
    free_frozen(f);
}

void
upcall_flow_link(struct upcall_flow *f, const struct translation *t,
                 const struct flow *of_flow, uint64_t change_seq)
{
    struct upcall *u = f->upcall;
    struct writer storage = WRITER_INITIALIZER;
    const uint8_t *actions;
    size_t size;
    upcall_datapath_actions(t, &storage, &actions, &size);
    mutex_lock(&u->mutex);
    upcall_flow_set_actions(f, actions, size);
    fill_flow(f, t, of_flow);
    list_push_back(&u->flows, &f->node);
    size_t n = __atomic_add_fetch(&u->n_flows, 1, __ATOMIC_RELAXED);
    u->max_flows = MAX(u->max_flows, n);
    bool stale =
        __atomic_load_n(&u->change_seq, __ATOMIC_ACQUIRE) != change_seq;
    if (stale) {
        f->queued = true;
        list_push_back(&u->recheck, &f->recheck_node);
    }
    mutex_unlock(&u->mutex);
    writer_uninit(&storage);
    if (u->set_up && (stale || n == 1)) {
        loop_latch_set(&u->latch); /* Check it, or start the idle timer. */
    }
}

void
upcall_flow_relink(struct upcall_flow *f, const struct translation *t,
                   const struct flow *of_flow)
{
    empty_flow(f);
    fill_flow(f, t, of_flow);
    f->effects_due = f->n_effects > 0;
    f->upcall->effects_due |= f->effects_due;
}

static void
free_flow(struct upcall_flow *f)
{
    packed_match_uninit(&f->key);
    free(f->actions);
    free(f);
}

void
upcall_flow_fold(struct upcall_flow *f,
                 const struct datapath_flow_stats *stats, long long now_ms)
{
    struct upcall *u = f->upcall;
    mutex_lock(&u->mutex);
    uint64_t n_packets = stats->n_packets - f->n_packets;
    uint64_t n_bytes = stats->n_bytes - f->n_bytes;
    if (stats->n_packets < f->n_packets) {
        n_packets = stats->n_packets; /* The counters began anew. */
        n_bytes = stats->n_bytes;
    }
    f->n_packets = stats->n_packets;
    f->n_bytes = stats->n_bytes;
    f->tcp_flags |= stats->tcp_flags;
    f->used_ms = MAX(f->used_ms, stats->used_ms);
    for (size_t i = 0; n_packets && i < f->n_credits; i++) {
        struct upcall_credit *c = &f->credits[i];
        if (c->pipeline) {
            pipeline_count_lookups(c->pipeline, c->table_id,
                                   c->counters ? n_packets : 0,
                                   c->counters ? 0 : n_packets);
        }
        if (c->counters) {
            rule_counters_credit(c->counters, n_packets, n_bytes,
                                 stats->used_ms);
        }
    }
    if (n_packets) {
        f->effects_due = false;
    }
    /* Effects may call back (a MAC address moved): without the lock. */
    size_t n_effects = n_packets ? f->n_effects : 0;
    struct translate_effect *effects =
        xcalloc(MAX(n_effects, 1), sizeof *effects);
    for (size_t i = 0; i < n_effects; i++) {
        translate_effect_clone(&effects[i], &f->effects[i]);
    }
    mutex_unlock(&u->mutex);
    for (size_t i = 0; i < n_effects; i++) {
        translate_effect_apply(&effects[i],
                               stats->used_ms ? stats->used_ms : now_ms);
        translate_effect_uninit(&effects[i]);
    }
    free(effects);
}

void
upcall_flow_kill(struct upcall_flow *f,
                 const struct datapath_flow_stats *stats)
{
    struct upcall *u = f->upcall;
    mutex_lock(&u->mutex);
    bool was_dead = f->dead;
    mutex_unlock(&u->mutex);
    if (was_dead) {
        return;
    }
    upcall_flow_fold(f, stats, stats->used_ms);
    mutex_lock(&u->mutex);
    if (f->dead) {
        mutex_unlock(&u->mutex);
        return;
    }
    f->dead = true;
    if (f->queued) {
        list_remove(&f->recheck_node);
        f->queued = false;
    }
    list_remove(&f->node);
    __atomic_fetch_sub(&u->n_flows, 1, __ATOMIC_RELAXED);
    empty_flow(f);
    mutex_unlock(&u->mutex);
}

void
upcall_flow_removed(void *u_, void *owner,
                    const struct datapath_flow_stats *stats)
{
    struct upcall_flow *f = owner;
    (void) u_;
    if (!f) {
        return;
    }
    upcall_flow_kill(f, stats);
    mutex_lock(&f->upcall->mutex);
    upcall_flow_hold(f);
    f->gone = true;
    mutex_unlock(&f->upcall->mutex);
    upcall_flow_release(f);
}

void
upcall_flow_hold(struct upcall_flow *f)
{
    f->n_holds++;
}

void
upcall_flow_release(struct upcall_flow *f)
{
    struct upcall *u = f->upcall;
    mutex_lock(&u->mutex);
    bool last = !--f->n_holds && f->gone;
    mutex_unlock(&u->mutex);
    if (last) {
        free_flow(f);
    }
}

bool
upcall_of_flow(const struct forwarding *fw, const struct flow *key,
               struct flow *of_flow, const struct forwarding_bridge **bridgep)
{
    const struct forwarding_port *port =
        forwarding_find_odp_port(fw, key->in_port);
    *of_flow = *key;
    if (!port) {
        /* What a controller sent may be on its way round. */
        *bridgep = NULL;
        of_flow->in_port = OFPP_NONE;
        return key->recirc_id != 0;
    }
    of_flow->in_port = port->ofport;
    *bridgep = port->bridge;
    return true;
}
