/* The MAC learning table: a hash map of entries, each also in the list of all
 * by age and in its port's list by age. */

#include "switch/l2/mac_table.h"

#include <limits.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sys/log/coverage.h"
#include "sys/thread/mutex.h"

COVERAGE(mac_learning_learned);
COVERAGE(mac_learning_expired);
COVERAGE(mac_learning_evicted);
COVERAGE(mac_learning_moved);
COVERAGE(mac_learning_static_none_move);

enum { N_VLANS = 4096 };

struct mac_port {
    struct hmap_node node;      /* In mac_table.ports. */
    struct heap_node heap_node; /* In mac_table.by_usage: its entries. */
    struct list entries;        /* Of this port, oldest first. */
    uint32_t port;
};

struct mac_entry {
    struct hmap_node node;         /* In mac_table.entries. */
    struct list age_node;          /* In mac_table.by_age. */
    struct list port_node;         /* In mac_port.entries. */
    struct mac_port *owner;        /* Whose entry it is. */
    uint64_t key;                  /* VLAN and address: make_key(). */
    bool is_static;                /* Does not age. */
    long long used_ms;             /* Last frame. */
    long long gratuitous_until_ms; /* Protected until then. */
};

enum {
    N_GENERATIONS = 256, /* Ports share them, which does no harm. */
};

struct mac_table {
    struct mutex mutex;
    struct hmap entries GUARDED_BY(mutex);
    struct list by_age GUARDED_BY(mutex); /* Oldest first. */
    struct hmap ports GUARDED_BY(mutex);
    struct heap by_usage GUARDED_BY(mutex); /* Ports, fullest on top. */
    size_t max GUARDED_BY(mutex);
    long long age_ms GUARDED_BY(mutex);
    unsigned long *flood_vlans GUARDED_BY(mutex); /* NULL: none. */
    struct mac_table_stats stats GUARDED_BY(mutex);
    uint64_t generations[N_GENERATIONS]; /* By port; atomic. */
    struct mac_table_observer observer;  /* Constant once in use. */
};

/* Keys whose lookups changed, told when the lock is released. */
struct key_vec {
    uint64_t *items;
    size_t n;
    size_t capacity;
};

static uint64_t
make_key(uint16_t vlan, struct eth_addr mac)
{
    return (uint64_t) vlan << 48 | eth_addr_to_u64(mac);
}

static uint16_t
key_vlan(uint64_t key)
{
    return key >> 48;
}

static struct eth_addr
key_mac(uint64_t key)
{
    return eth_addr_from_u64(key & ((UINT64_C(1) << 48) - 1));
}

struct mac_table *
mac_table_create(void)
{
    struct mac_table *t = xzalloc(sizeof *t);
    mutex_init(&t->mutex);
    hmap_init(&t->entries);
    list_init(&t->by_age);
    hmap_init(&t->ports);
    heap_init(&t->by_usage);
    t->max = MAC_TABLE_DEFAULT_MAX;
    t->age_ms = MAC_TABLE_DEFAULT_AGE_S * 1000LL;
    return t;
}

static struct mac_entry *
find_entry(const struct mac_table *t, uint64_t key) REQUIRES(t->mutex)
{
    struct mac_entry *e;
    HMAP_FOR_EACH_WITH_HASH (e, node, hash_u64(key, 0), &t->entries) {
        if (e->key == key) {
            return e;
        }
    }
    return NULL;
}

static struct mac_port *
get_port(struct mac_table *t, uint32_t number) REQUIRES(t->mutex)
{
    struct mac_port *p;
    HMAP_FOR_EACH_WITH_HASH (p, node, hash_u32(number, 0), &t->ports) {
        if (p->port == number) {
            return p;
        }
    }
    p = xzalloc(sizeof *p);
    p->port = number;
    list_init(&p->entries);
    hmap_add(&t->ports, &p->node, hash_u32(number, 0));
    heap_add(&t->by_usage, &p->heap_node, 0);
    return p;
}

static void
join_port(struct mac_table *t, struct mac_entry *e, uint32_t number)
    REQUIRES(t->mutex)
{
    e->owner = get_port(t, number);
    list_push_back(&e->owner->entries, &e->port_node);
    heap_change(&t->by_usage, &e->owner->heap_node,
                e->owner->heap_node.priority + 1);
}

static void
leave_port(struct mac_table *t, struct mac_entry *e) REQUIRES(t->mutex)
{
    struct mac_port *p = steal_ptr(&e->owner);
    list_remove(&e->port_node);
    if (list_is_empty(&p->entries)) {
        heap_remove(&t->by_usage, &p->heap_node);
        hmap_remove(&t->ports, &p->node);
        free(p);
    } else {
        heap_change(&t->by_usage, &p->heap_node, p->heap_node.priority - 1);
    }
}

/* Makes 'e' the youngest. */
static void
touch(struct mac_table *t, struct mac_entry *e, long long now_ms)
    REQUIRES(t->mutex)
{
    e->used_ms = now_ms;
    list_remove(&e->age_node);
    list_push_back(&t->by_age, &e->age_node);
    list_remove(&e->port_node);
    list_push_back(&e->owner->entries, &e->port_node);
}

static struct mac_entry *
add_entry(struct mac_table *t, uint64_t key, uint32_t port, long long now_ms)
    REQUIRES(t->mutex)
{
    struct mac_entry *e = xzalloc(sizeof *e);
    e->key = key;
    e->used_ms = now_ms;
    hmap_add(&t->entries, &e->node, hash_u64(key, 0));
    list_push_back(&t->by_age, &e->age_node);
    join_port(t, e, port);
    return e;
}

static void
delete_entry(struct mac_table *t, struct mac_entry *e, struct key_vec *changed)
    REQUIRES(t->mutex)
{
    vec_push(changed, e->key);
    t->stats.n_static -= e->is_static;
    leave_port(t, e);
    list_remove(&e->age_node);
    hmap_remove(&t->entries, &e->node);
    free(e);
}

/* Makes room for one entry if the table is full; false if all entries of the
 * fullest port are static. */
static bool
evict_if_full(struct mac_table *t, struct key_vec *changed) REQUIRES(t->mutex)
{
    while (hmap_count(&t->entries) >= t->max) {
        struct heap_node *top = heap_top(&t->by_usage);
        struct mac_port *p = CONTAINER_OF(top, struct mac_port, heap_node);
        struct mac_entry *e, *victim = NULL;
        LIST_FOR_EACH (e, port_node, &p->entries) {
            if (!e->is_static) {
                victim = e;
                break;
            }
        }
        if (!victim) {
            return false;
        }
        coverage_inc(mac_learning_evicted);
        t->stats.n_evicted++;
        delete_entry(t, victim, changed);
    }
    return true;
}

/* Tells the observer of the keys, after the lock was released. */
static void
tell(struct mac_table *t, struct key_vec *changed)
{
    if (t->observer.changed) {
        for (size_t i = 0; i < changed->n; i++) {
            uint64_t key = changed->items[i];
            t->observer.changed(t->observer.aux, t, key_vlan(key),
                                key_mac(key));
        }
    }
    vec_uninit(changed);
}

void
mac_table_destroy(struct mac_table *t)
{
    if (!t) {
        return;
    }
    struct key_vec keys = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    while (!list_is_empty(&t->by_age)) {
        delete_entry(
            t,
            CONTAINER_OF(list_front(&t->by_age), struct mac_entry, age_node),
            &keys);
    }
    mutex_unlock(&t->mutex);
    vec_uninit(&keys);
    hmap_uninit(&t->entries);
    hmap_uninit(&t->ports);
    heap_uninit(&t->by_usage);
    free(t->flood_vlans);
    mutex_uninit(&t->mutex);
    free(t);
}

void
mac_table_set_observer(struct mac_table *t,
                       const struct mac_table_observer *observer)
{
    static const struct mac_table_observer none;
    t->observer = observer ? *observer : none;
}

void
mac_table_set_max_entries(struct mac_table *t, size_t max)
{
    struct key_vec changed = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    t->max = MIN(MAX(max, MAC_TABLE_MIN_MAX), MAC_TABLE_MAX_MAX);
    if (hmap_count(&t->entries) > t->max) {
        /* Leave 'max' entries, not room for one more. */
        t->max++;
        (void) evict_if_full(t, &changed);
        t->max--;
    }
    mutex_unlock(&t->mutex);
    tell(t, &changed);
}

void
mac_table_set_age(struct mac_table *t, unsigned int seconds)
{
    seconds = MIN(MAX(seconds, MAC_TABLE_MIN_AGE_S), MAC_TABLE_MAX_AGE_S);
    mutex_lock(&t->mutex);
    t->age_ms = seconds * 1000LL;
    mutex_unlock(&t->mutex);
}

void
mac_table_set_flood_vlans(struct mac_table *t,
                          const unsigned long *flood_vlans)
{
    size_t size = BITMAP_N_WORDS(N_VLANS) * sizeof *flood_vlans;
    mutex_lock(&t->mutex);
    bool same = flood_vlans && t->flood_vlans
                    ? !memcmp(flood_vlans, t->flood_vlans, size)
                    : !flood_vlans == !t->flood_vlans;
    if (!same) {
        free(t->flood_vlans);
        t->flood_vlans = flood_vlans ? xmemdup(flood_vlans, size) : NULL;
    }
    mutex_unlock(&t->mutex);
    if (!same) {
        mac_table_flush(t);
    }
}

bool
mac_table_find(const struct mac_table *ct, uint16_t vlan, struct eth_addr mac,
               struct mac_table_entry *entryp)
{
    struct mac_table *t = (struct mac_table *) ct;
    memset(entryp, 0, sizeof *entryp);
    entryp->port = MAC_TABLE_NO_PORT;
    mutex_lock(&t->mutex);
    const struct mac_entry *e = find_entry(t, make_key(vlan, mac));
    if (e) {
        entryp->port = e->owner->port;
        entryp->is_static = e->is_static;
        entryp->used_ms = e->used_ms;
        entryp->gratuitous_locked_ms = e->gratuitous_until_ms;
    }
    mutex_unlock(&t->mutex);
    return e != NULL;
}

/* Whether frames from 'vlan' and 'mac' are learned from at all. */
static bool
may_learn(const struct mac_table *t, const struct mac_table_frame *frame)
    REQUIRES(t->mutex)
{
    return !eth_addr_is_multicast(frame->mac)
           && !(t->flood_vlans && frame->vlan < N_VLANS
                && bitmap_is_set(t->flood_vlans, frame->vlan));
}

/* A frame on a bond cannot move an entry that a gratuitous ARP packet just
 * made: it may be its reflection. */
static bool
may_move(const struct mac_entry *e, const struct mac_table_frame *frame,
         long long now_ms)
{
    return !e->is_static
           && !(frame->on_bond && frame->gratuitous
                && now_ms < e->gratuitous_until_ms);
}

bool
mac_table_would_change(const struct mac_table *ct,
                       const struct mac_table_frame *frame, long long now_ms)
{
    struct mac_table *t = (struct mac_table *) ct;
    mutex_lock(&t->mutex);
    bool change = may_learn(t, frame);
    if (change) {
        const struct mac_entry *e =
            find_entry(t, make_key(frame->vlan, frame->mac));
        change =
            !e
            || (e->owner->port != frame->port && may_move(e, frame, now_ms));
    }
    mutex_unlock(&t->mutex);
    return change;
}

static bool
learn_locked(struct mac_table *t, const struct mac_table_frame *frame,
             long long now_ms, struct key_vec *changed) REQUIRES(t->mutex)
{
    uint64_t key = make_key(frame->vlan, frame->mac);
    if (!may_learn(t, frame)) {
        return false;
    }
    struct mac_entry *e = find_entry(t, key);
    bool change = false;
    if (!e) {
        if (!evict_if_full(t, changed)) {
            return false;
        }
        e = add_entry(t, key, frame->port, now_ms);
        coverage_inc(mac_learning_learned);
        t->stats.n_learned++;
        change = true;
    } else if (e->owner->port != frame->port) {
        if (!may_move(e, frame, now_ms)) {
            if (e->is_static) {
                coverage_inc(mac_learning_static_none_move);
            }
            return false;
        }
        leave_port(t, e);
        join_port(t, e, frame->port);
        coverage_inc(mac_learning_moved);
        t->stats.n_moved++;
        change = true;
    }
    if (frame->gratuitous && !frame->on_bond) {
        e->gratuitous_until_ms = now_ms + MAC_TABLE_GRATUITOUS_LOCK_MS;
    }
    /* Ages are in whole seconds; so is the order of entries. */
    if (change || e->used_ms / 1000 != now_ms / 1000) {
        touch(t, e, now_ms);
    }
    if (change) {
        vec_push(changed, key);
    }
    return change;
}

bool
mac_table_learn(struct mac_table *t, const struct mac_table_frame *frame,
                long long now_ms)
{
    struct key_vec changed = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    bool change = learn_locked(t, frame, now_ms, &changed);
    mutex_unlock(&t->mutex);
    tell(t, &changed);
    return change;
}

uint32_t
mac_table_add_static(struct mac_table *t, uint16_t vlan, struct eth_addr mac,
                     uint32_t port, long long now_ms)
{
    struct key_vec changed = VEC_INITIALIZER;
    uint32_t old = MAC_TABLE_NO_PORT;
    uint64_t key = make_key(vlan, mac);
    mutex_lock(&t->mutex);
    struct mac_entry *e = find_entry(t, key);
    if (e) {
        if (e->is_static) {
            old = e->owner->port;
        }
        delete_entry(t, e, &changed);
    } else {
        (void) evict_if_full(t, &changed);
        vec_push(&changed, key);
    }
    e = add_entry(t, key, port, now_ms);
    e->is_static = true;
    t->stats.n_static++;
    mutex_unlock(&t->mutex);
    tell(t, &changed);
    return old;
}

bool
mac_table_delete_static(struct mac_table *t, uint16_t vlan,
                        struct eth_addr mac)
{
    struct key_vec changed = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    struct mac_entry *e = find_entry(t, make_key(vlan, mac));
    bool found = e && e->is_static;
    if (found) {
        delete_entry(t, e, &changed);
    }
    mutex_unlock(&t->mutex);
    tell(t, &changed);
    return found;
}

uint64_t
mac_table_generation(const struct mac_table *t, uint32_t port)
{
    return __atomic_load_n(&t->generations[port % N_GENERATIONS],
                           __ATOMIC_ACQUIRE);
}

static void
next_generation(struct mac_table *t, uint32_t port)
{
    __atomic_fetch_add(&t->generations[port % N_GENERATIONS], 1,
                       __ATOMIC_RELEASE);
}

void
mac_table_flush(struct mac_table *t)
{
    struct key_vec changed = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    for (uint32_t i = 0; i < N_GENERATIONS; i++) {
        next_generation(t, i);
    }
    struct mac_entry *e, *next;
    LIST_FOR_EACH_SAFE (e, next, age_node, &t->by_age) {
        if (!e->is_static) {
            delete_entry(t, e, &changed);
        }
    }
    mutex_unlock(&t->mutex);
    vec_uninit(&changed);
    if (t->observer.flushed) {
        t->observer.flushed(t->observer.aux, t);
    }
}

void
mac_table_flush_port(struct mac_table *t, uint32_t port)
{
    struct key_vec changed = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    next_generation(t, port);
    struct mac_entry *e, *next;
    LIST_FOR_EACH_SAFE (e, next, age_node, &t->by_age) {
        if (e->owner->port == port) {
            delete_entry(t, e, &changed);
        }
    }
    mutex_unlock(&t->mutex);
    tell(t, &changed);
}

long long
mac_table_expire(struct mac_table *t, long long now_ms)
{
    struct key_vec changed = VEC_INITIALIZER;
    long long next_ms = LLONG_MAX;
    mutex_lock(&t->mutex);
    struct mac_entry *e, *next;
    LIST_FOR_EACH_SAFE (e, next, age_node, &t->by_age) {
        if (e->is_static) {
            continue;
        }
        if (now_ms < e->used_ms + t->age_ms) {
            next_ms = e->used_ms + t->age_ms;
            break;
        }
        coverage_inc(mac_learning_expired);
        t->stats.n_expired++;
        delete_entry(t, e, &changed);
    }
    mutex_unlock(&t->mutex);
    tell(t, &changed);
    return next_ms;
}

void
mac_table_get_stats(const struct mac_table *ct, struct mac_table_stats *stats)
{
    struct mac_table *t = (struct mac_table *) ct;
    mutex_lock(&t->mutex);
    *stats = t->stats;
    stats->n_entries = hmap_count(&t->entries);
    stats->max_entries = t->max;
    mutex_unlock(&t->mutex);
}

void
mac_table_clear_stats(struct mac_table *t)
{
    mutex_lock(&t->mutex);
    t->stats.n_learned = 0;
    t->stats.n_expired = 0;
    t->stats.n_evicted = 0;
    t->stats.n_moved = 0;
    mutex_unlock(&t->mutex);
}

/* What a line of "fdb/show" needs: a copy, so that the port's formatter runs
 * without the lock. */
struct mac_line {
    uint64_t key;
    uint32_t port;
    bool is_static;
    long long used_ms;
};

void
mac_table_format(const struct mac_table *ct, long long now_ms,
                 mac_table_port_formatter *format_port, void *aux,
                 struct str *s)
{
    struct mac_table *t = (struct mac_table *) ct;
    VEC(struct mac_line) lines = VEC_INITIALIZER;
    mutex_lock(&t->mutex);
    const struct mac_entry *e;
    LIST_FOR_EACH (e, age_node, &t->by_age) {
        struct mac_line line = { e->key, e->owner->port, e->is_static,
                                 e->used_ms };
        vec_push(&lines, line);
    }
    mutex_unlock(&t->mutex);

    str_put(s, " port  VLAN  MAC                Age\n");
    struct str name = STR_INITIALIZER;
    for (size_t i = 0; i < lines.n; i++) {
        const struct mac_line *line = &lines.items[i];
        str_clear(&name);
        format_port(aux, line->port, &name);
        str_putf(s, "%5s  %4u  " ETH_ADDR_FMT, str_text(&name),
                 key_vlan(line->key), ETH_ADDR_ARGS(key_mac(line->key)));
        if (line->is_static) {
            str_put(s, "  static\n");
        } else {
            str_putf(s, "  %3lld\n", (now_ms - line->used_ms) / 1000);
        }
    }
    str_uninit(&name);
    vec_uninit(&lines);
}

void
mac_table_format_stats(const struct mac_table *t, const char *bridge,
                       struct str *s)
{
    struct mac_table_stats stats;
    mac_table_get_stats(t, &stats);
    static const char *const labels[] = {
        "Current/maximum MAC entries in the table: ",
        "Current static MAC entries in the table : ",
        "Total number of learned MAC entries     : ",
        "Total number of expired MAC entries     : ",
        "Total number of evicted MAC entries     : ",
        "Total number of port moved MAC entries  : ",
    };
    const uint64_t values[] = { stats.n_entries, stats.n_static,
                                stats.n_learned, stats.n_expired,
                                stats.n_evicted, stats.n_moved };
    str_putf(s, "Statistics for bridge \"%s\":\n", bridge);
    for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
        str_putf(s, "  %s%llu", labels[i], (unsigned long long) values[i]);
        if (i == 0) {
            str_putf(s, "/%llu", (unsigned long long) stats.max_entries);
        }
        str_put_char(s, '\n');
    }
}
