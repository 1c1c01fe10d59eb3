/* Meters: token buckets in the unit that the rate is given in for a
 * millisecond: bits of kbit/s, thousandths of packets of packets/s. */

#include "datapath/execute/meter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/id_pool.h"
#include "base/mem.h"
#include "datapath/execute/execute.h"
#include "net/packet/segment.h"
#include "sys/thread/mutex.h"
#include "sys/thread/rcu.h"

enum { TOKENS_PER_UNIT = 1000, FIRST_SIZE = 16 };

struct band {
    uint32_t rate;  /* Tokens a millisecond. */
    int64_t burst;  /* Most tokens. */
    int64_t tokens; /* Negative: owed by a packet that stood for several. */
    uint64_t n_packets, n_bytes;
};

struct meter {
    struct mutex mutex;
    bool counts_packets;
    long long filled_ms; /* When tokens were added last. */
    uint64_t n_packets, n_bytes;
    size_t n_bands;
    struct band bands[];
};

struct meter_array {
    uint32_t n;
    RCU_PTR(struct meter *) items[];
};

struct meter_table {
    struct mutex mutex; /* Of writers. */
    struct id_pool *ids GUARDED_BY(mutex);
    RCU_PTR(struct meter_array *) array;
};

static struct meter_array *
array_create(uint32_t n, const struct meter_array *old)
{
    struct meter_array *a = xzalloc(sizeof *a + n * sizeof a->items[0]);
    a->n = n;
    for (uint32_t i = 0; old && i < old->n; i++) {
        rcu_init(&a->items[i], rcu_get(&old->items[i]));
    }
    return a;
}

struct meter_table *
meter_table_create(void)
{
    struct meter_table *t = xzalloc(sizeof *t);
    mutex_init(&t->mutex);
    t->ids = id_pool_create(0, DATAPATH_MAX_METERS);
    rcu_init(&t->array, array_create(FIRST_SIZE, NULL));
    return t;
}

static void
meter_destroy(void *m_)
{
    struct meter *m = m_;
    if (m) {
        mutex_uninit(&m->mutex);
        free(m);
    }
}

void
meter_table_destroy(struct meter_table *t)
{
    struct meter_array *a = rcu_get(&t->array);
    for (uint32_t i = 0; i < a->n; i++) {
        meter_destroy(rcu_get(&a->items[i]));
    }
    free(a);
    mutex_lock(&t->mutex);
    id_pool_destroy(t->ids);
    mutex_unlock(&t->mutex);
    mutex_uninit(&t->mutex);
    free(t);
}

static struct meter *
meter_create(const struct datapath_meter_config *config, long long now_ms)
{
    struct meter *m =
        xzalloc(sizeof *m + config->n_bands * sizeof m->bands[0]);
    mutex_init(&m->mutex);
    m->counts_packets = config->counts_packets;
    m->filled_ms = now_ms;
    m->n_bands = config->n_bands;
    for (size_t i = 0; i < config->n_bands; i++) {
        const struct datapath_meter_band *b = &config->bands[i];
        m->bands[i].rate = b->rate;
        m->bands[i].burst = m->bands[i].tokens =
            (int64_t) b->burst * TOKENS_PER_UNIT;
    }
    return m;
}

static struct meter *
find(const struct meter_table *t, uint32_t id)
{
    const struct meter_array *a = rcu_get(&t->array);
    return id < a->n ? rcu_get(&a->items[id]) : NULL;
}

/* Puts 'm' in its place, and frees what was there when nobody sees it. */
static void
put(struct meter_table *t, uint32_t id, struct meter *m) REQUIRES(t->mutex)
{
    struct meter_array *a = rcu_get(&t->array);
    if (id >= a->n) {
        struct meter_array *bigger = array_create(MAX(a->n * 2, id + 1), a);
        rcu_set(&t->array, bigger);
        rcu_postpone(free, a);
        a = bigger;
    }
    struct meter *old = rcu_get(&a->items[id]);
    rcu_set(&a->items[id], m);
    if (old) {
        rcu_postpone(meter_destroy, old);
    }
}

int
meter_table_set(struct meter_table *t, uint32_t *idp,
                const struct datapath_meter_config *config, long long now_ms)
{
    int error = 0;
    if (config->n_bands > ODP_METER_MAX_BANDS) {
        return EINVAL;
    }
    mutex_lock(&t->mutex);
    if (*idp == ODP_METER_NEW && !id_pool_alloc(t->ids, idp)) {
        error = EFBIG;
    } else {
        put(t, *idp, meter_create(config, now_ms));
    }
    mutex_unlock(&t->mutex);
    return error;
}

bool
meter_table_delete(struct meter_table *t, uint32_t id)
{
    mutex_lock(&t->mutex);
    bool found = find(t, id) != NULL;
    if (found) {
        put(t, id, NULL);
        id_pool_free(t->ids, id);
    }
    mutex_unlock(&t->mutex);
    return found;
}

bool
meter_table_get(const struct meter_table *t, uint32_t id,
                struct datapath_meter_stats *stats)
{
    struct meter *m = find(t, id);
    *stats = (struct datapath_meter_stats){ 0 };
    if (!m) {
        return false;
    }
    mutex_lock(&m->mutex);
    stats->n_packets = m->n_packets;
    stats->n_bytes = m->n_bytes;
    stats->n_bands = m->n_bands;
    for (size_t i = 0; i < m->n_bands; i++) {
        stats->bands[i].n_packets = m->bands[i].n_packets;
        stats->bands[i].n_bytes = m->bands[i].n_bytes;
    }
    mutex_unlock(&m->mutex);
    return true;
}

static void
fill(struct meter *m, long long now_ms)
{
    long long elapsed = now_ms - m->filled_ms;
    if (elapsed <= 0) {
        return;
    }
    m->filled_ms = now_ms;
    for (size_t i = 0; i < m->n_bands; i++) {
        struct band *b = &m->bands[i];
        int64_t room = b->burst - b->tokens;
        bool full = elapsed > room / MAX(b->rate, 1u);
        b->tokens = full ? b->burst : b->tokens + elapsed * b->rate;
    }
}

/* Takes the packet's tokens from each band that has enough; the band with the
 * highest rate of those that have not drops the packet.  A packet that stands
 * for several passes if the first of them does; the others are owed. */
static bool
may_pass(struct meter *m, const struct packet *p)
{
    size_t n = packet_n_segments(p);
    int64_t cost = m->counts_packets ? (int64_t) n * TOKENS_PER_UNIT
                                     : (int64_t) p->size * 8;
    int64_t needed = cost / (int64_t) n;
    struct band *exceeded = NULL;
    m->n_packets += n;
    m->n_bytes += p->size;
    for (size_t i = 0; i < m->n_bands; i++) {
        struct band *b = &m->bands[i];
        if (b->tokens >= needed) {
            b->tokens -= cost;
        } else if (!exceeded || b->rate > exceeded->rate) {
            exceeded = b;
        }
    }
    if (exceeded) {
        exceeded->n_packets += n;
        exceeded->n_bytes += p->size;
    }
    return !exceeded;
}

void
meter_table_police(const struct meter_table *t, uint32_t id,
                   struct packet_batch *batch, long long now_ms)
{
    struct meter *m = find(t, id);
    if (!m) {
        return;
    }
    struct packet *dropped[PACKET_BATCH_MAX];
    size_t n_dropped = 0, n_kept = 0;
    mutex_lock(&m->mutex);
    fill(m, now_ms);
    for (size_t i = 0; i < batch->n; i++) {
        struct packet *p = batch->packets[i];
        if (may_pass(m, p)) {
            batch->packets[n_kept++] = p;
        } else {
            dropped[n_dropped++] = p;
        }
    }
    mutex_unlock(&m->mutex);
    batch->n = n_kept;
    for (size_t i = 0; i < n_dropped; i++) {
        packet_free(dropped[i]);
    }
    execute_count_drop(EXECUTE_DROP_METER, n_dropped);
}
