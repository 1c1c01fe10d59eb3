/* The table of flows: by ufid for people, by key for packets. */

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "datapath/execute/execute.h"
#include "datapath/forward/forward_private.h"
#include "datapath/odp/action.h"
#include "net/flow/mask.h"
#include "sys/log/log.h"

LOG_MODULE(dpif);

void
flow_table_init(struct forward *f)
{
    mutex_init(&f->mutex);
    f->megaflows = megaflow_table_create();
    hmap_init(&f->flows_by_ufid);
    f->next_number = 1;
}

void
flow_table_uninit(struct forward *f)
{
    for (size_t i = 0; i < ARRAY_SIZE(f->numbers.chunks); i++) {
        free(f->numbers.chunks[i]);
    }
    vec_uninit(&f->free_numbers);
    hmap_uninit(&f->flows_by_ufid);
    megaflow_table_destroy(f->megaflows);
    mutex_uninit(&f->mutex);
}

struct uuid
forward_make_ufid(const struct flow *key)
{
    const uint64_t *words = flow_words(key) + FLOW_DATAPATH_START;
    struct uuid u;
    for (uint32_t i = 0; i < 4; i++) {
        u.parts[i] = hash_words64(words, FLOW_WORDS - FLOW_DATAPATH_START,
                                  0x9e3779b9u * (i + 1));
    }
    u.parts[1] = (u.parts[1] & 0xffff0fff) | 0x00004000;
    u.parts[2] = (u.parts[2] & 0x3fffffff) | 0x80000000;
    return u;
}

static struct datapath_flow *
find_ufid(const struct forward *f, const struct uuid *ufid)
{
    struct datapath_flow *flow;
    HMAP_FOR_EACH_WITH_HASH (flow, ufid_node, ufid->parts[0],
                             &f->flows_by_ufid) {
        if (uuid_equal(&flow->ufid, ufid)) {
            return flow;
        }
    }
    return NULL;
}

static struct datapath_flow *
find(const struct forward *f, const struct flow *key, const struct uuid *ufid)
{
    if (ufid && !uuid_is_zero(ufid)) {
        return find_ufid(f, ufid);
    }
    return key ? forward_flow_cast(megaflow_lookup(f->megaflows, key, NULL))
               : NULL;
}

static uint32_t
take_number(struct forward *f)
{
    if (f->free_numbers.n) {
        return vec_pop(&f->free_numbers);
    }
    if (f->next_number >= FORWARD_MAX_FLOWS) {
        return 0;
    }
    uint32_t number = f->next_number++;
    struct datapath_flow ***chunk = &f->numbers.chunks[number / FORWARD_CHUNK];
    if (!*chunk) {
        __atomic_store_n(
            chunk, xcalloc(FORWARD_CHUNK, sizeof(struct datapath_flow *)),
            __ATOMIC_RELEASE);
    }
    return number;
}

static void
set_number(struct forward *f, uint32_t number, struct datapath_flow *flow)
{
    __atomic_store_n(
        &f->numbers.chunks[number / FORWARD_CHUNK][number % FORWARD_CHUNK],
        flow, __ATOMIC_RELEASE);
}

static struct forward_actions *
make_actions(const uint8_t *bytes, size_t size)
{
    struct forward_actions *a = xmalloc(sizeof *a + size);
    a->size = size;
    if (size) {
        memcpy(a->bytes, bytes, size);
    }
    a->program = program_compile(a->bytes, size);
    return a;
}

static void
free_actions(void *a_)
{
    struct forward_actions *a = a_;
    program_destroy(a->program);
    free(a);
}

static void
read_stats(const struct datapath_flow *flow, struct datapath_flow_stats *s)
{
    s->n_packets = __atomic_load_n(&flow->n_packets, __ATOMIC_RELAXED);
    s->n_bytes = __atomic_load_n(&flow->n_bytes, __ATOMIC_RELAXED);
    s->used_ms = __atomic_load_n(&flow->used_ms, __ATOMIC_RELAXED);
    s->tcp_flags = __atomic_load_n(&flow->tcp_flags, __ATOMIC_RELAXED);
    uint32_t slot = __atomic_load_n(&flow->slot, __ATOMIC_ACQUIRE);
    if (slot) {
        struct shortcut_counters more;
        shortcut_read(flow->forward->promoter.shortcut, slot, &more);
        s->n_packets += more.n_packets;
        s->n_bytes += more.n_bytes;
        s->used_ms = MAX(s->used_ms, more.used_ms);
        s->tcp_flags |= more.tcp_flags;
    }
}

/* When no thread sees the flow any more. */
static void
free_flow(void *flow_)
{
    struct datapath_flow *flow = flow_;
    struct forward *f = flow->forward;
    struct datapath_flow_stats stats;

    read_stats(flow, &stats);
    if (f->observer.flow_removed && flow->owner) {
        f->observer.flow_removed(f->observer.aux, flow->owner, &stats);
    }
    mutex_lock(&f->mutex);
    promote_free(flow);
    vec_push(&f->free_numbers, flow->number);
    mutex_unlock(&f->mutex);
    free_actions(rcu_get_protected(&flow->actions));
    megaflow_uninit(&flow->megaflow);
    free(flow);
}

/* Takes the flow out of the tables; under the mutex. */
static void
remove_flow(struct forward *f, struct datapath_flow *flow)
{
    flow->dead = true;
    promote_end(flow);
    megaflow_remove(f->megaflows, &flow->megaflow);
    hmap_remove(&f->flows_by_ufid, &flow->ufid_node);
    set_number(f, flow->number, NULL);
    rcu_postpone(free_flow, flow);
}

static void
log_put(const struct forward *f, const struct datapath_flow_info *info,
        const struct uuid *ufid, bool is_new)
{
    if (log_is_dbg_enabled()) {
        struct str s = STR_INITIALIZER;
        odp_ufid_format(ufid, &s);
        str_put_char(&s, ' ');
        odp_flow_format(info->key, info->mask, NULL, ODP_FORMAT_VERBOSE, &s);
        str_put(&s, ", actions:");
        odp_actions_format(info->actions, info->actions_size, NULL, &s);
        log_dbg("%s: put[%s] %s", f->up.name, is_new ? "create" : "modify",
                str_text(&s));
        str_uninit(&s);
    }
}

static int
add_flow(struct forward *f, const struct datapath_flow_info *info,
         const struct uuid *ufid)
{
    struct flow_mask mask;
    uint32_t number = take_number(f);
    if (!number) {
        return ENOSPC;
    }
    struct datapath_flow *flow = xzalloc_aligned(CACHE_LINE, sizeof *flow);
    flow->forward = f;
    flow->ufid = *ufid;
    flow->number = number;
    if (info->mask) {
        mask = *info->mask;
    } else {
        flow_mask_init_for_packet(&mask, info->key);
    }
    /* Every flow is of one input port and one recirculation. */
    mask.bits.in_port = UINT32_MAX;
    mask.bits.recirc_id = UINT32_MAX;
    flow->owner = info->owner;
    rcu_init(&flow->actions, make_actions(info->actions, info->actions_size));
    megaflow_init(&flow->megaflow, info->key, &mask);
    if (!megaflow_insert(f->megaflows, &flow->megaflow)) {
        vec_push(&f->free_numbers, number);
        free_actions(rcu_get_protected(&flow->actions));
        megaflow_uninit(&flow->megaflow);
        free(flow);
        return ENOSPC;
    }
    hmap_add(&f->flows_by_ufid, &flow->ufid_node, flow->ufid.parts[0]);
    set_number(f, number, flow);
    return 0;
}

static int
put_locked(struct forward *f, const struct datapath_flow_info *info,
           const struct uuid *ufid, enum datapath_put_flags flags)
{
    struct datapath_flow *flow = find_ufid(f, ufid);
    if (!flow) {
        if (forward_flow_cast(
                megaflow_lookup(f->megaflows, info->key, NULL))) {
            return flags & DATAPATH_PUT_CREATE ? EEXIST : ENOENT;
        }
        return flags & DATAPATH_PUT_CREATE ? add_flow(f, info, ufid) : ENOENT;
    }
    if (!(flags & DATAPATH_PUT_MODIFY)) {
        return EEXIST;
    }
    struct forward_actions *old = rcu_get_protected(&flow->actions);
    promote_end(flow);
    rcu_set(&flow->actions, make_actions(info->actions, info->actions_size));
    rcu_postpone(free_actions, old);
    if (flags & DATAPATH_PUT_ZERO_STATS) {
        __atomic_store_n(&flow->n_packets, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&flow->n_bytes, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&flow->used_ms, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&flow->tcp_flags, 0, __ATOMIC_RELAXED);
        if (flow->slot) {
            shortcut_clear(f->promoter.shortcut, flow->slot);
        }
    }
    if (info->owner) {
        flow->owner = info->owner;
    }
    return 0;
}

int
forward_flow_put(struct datapath *dp, const struct datapath_flow_info *info,
                 enum datapath_put_flags flags)
{
    struct forward *f = forward_cast(dp);
    struct uuid ufid =
        uuid_is_zero(&info->ufid) ? forward_make_ufid(info->key) : info->ufid;
    log_put(f, info, &ufid, flags & DATAPATH_PUT_CREATE);
    mutex_lock(&f->mutex);
    int error = put_locked(f, info, &ufid, flags);
    mutex_unlock(&f->mutex);
    return error;
}

int
forward_flow_delete(struct datapath *dp, const struct flow *key,
                    const struct uuid *ufid, struct datapath_flow_stats *s)
{
    struct forward *f = forward_cast(dp);
    int error = ENOENT;

    mutex_lock(&f->mutex);
    struct datapath_flow *flow = find(f, key, ufid);
    if (flow) {
        remove_flow(f, flow);
        if (s) {
            read_stats(flow, s);
        }
        error = 0;
    }
    mutex_unlock(&f->mutex);
    return error;
}

static bool
visit(struct datapath_flow *flow, datapath_flow_visitor *visitor, void *aux)
{
    const struct forward_actions *a = rcu_get(&flow->actions);
    struct flow key;
    struct flow_mask mask;
    megaflow_expand(&flow->megaflow, &key, &mask);
    struct datapath_flow_info info = {
        .key = &key,
        .mask = &mask,
        .actions = a->bytes,
        .actions_size = a->size,
        .ufid = flow->ufid,
        .worker = -1,
        .owner = flow->owner,
        .layer = "ovs",
        .offload = "no",
    };
    read_stats(flow, &info.stats);
    return visitor(aux, flow, &info);
}

int
forward_flow_get(struct datapath *dp, const struct flow *key,
                 const struct uuid *ufid, datapath_flow_visitor *visitor,
                 void *aux)
{
    struct forward *f = forward_cast(dp);
    mutex_lock(&f->mutex);
    struct datapath_flow *flow = find(f, key, ufid);
    mutex_unlock(&f->mutex);
    if (!flow) {
        return ENOENT;
    }
    visit(flow, visitor, aux);
    return 0;
}

/* Visits outside the lock: flows stay until the caller's next quiescent
 * state. */
void
forward_flow_for_each(struct datapath *dp, datapath_flow_visitor *visitor,
                      void *aux)
{
    struct forward *f = forward_cast(dp);
    uint32_t end = __atomic_load_n(&f->next_number, __ATOMIC_ACQUIRE);

    for (uint32_t i = 1; i < end; i++) {
        struct datapath_flow *flow = forward_flow_by_number(f, i);
        if (flow && !visit(flow, visitor, aux)) {
            return;
        }
    }
}

void
forward_flow_flush(struct datapath *dp)
{
    struct forward *f = forward_cast(dp);
    struct datapath_flow *flow;
    struct datapath_flow *next;

    mutex_lock(&f->mutex);
    HMAP_FOR_EACH_SAFE (flow, next, ufid_node, &f->flows_by_ufid) {
        remove_flow(f, flow);
    }
    mutex_unlock(&f->mutex);
}

void
forward_flow_stats(struct datapath *dp UNUSED,
                   const struct datapath_flow *flow,
                   struct datapath_flow_stats *s)
{
    read_stats(flow, s);
}
