/* The flow tables of one bridge: creation, configuration, lookup. */

#include "switch/pipeline/pipeline.h"

#include <limits.h>

#include "net/flow/field.h"
#include "switch/pipeline/pipeline_private.h"

struct pipeline *
pipeline_create(void)
{
    struct pipeline *p = xzalloc(sizeof *p);
    mutex_init(&p->mutex);
    mutex_init(&p->actions_mutex);
    hmap_init(&p->actions);
    heap_init(&p->expiry);
    rcu_index_init(&p->group_index);
    list_init(&p->groups);
    rcu_index_init(&p->meter_index);
    list_init(&p->meters);
    list_init(&p->referrers);
    p->version = CLASSIFIER_VERSION_MIN;
    p->next_expiry = LLONG_MAX;
    for (size_t i = 0; i < PIPELINE_N_TABLES; i++) {
        struct pipeline_table *t = &p->tables[i];
        classifier_init(&t->cls, NULL, 0);
        t->max_flows = UINT32_MAX;
    }
    return p;
}

void
pipeline_destroy(struct pipeline *p)
{
    if (!p) {
        return;
    }
    vec_uninit(&p->observers);
    pipeline_flush(p, true, RULE_DELETE);
    for (size_t i = 0; i < PIPELINE_N_TABLES; i++) {
        struct pipeline_table *t = &p->tables[i];
        classifier_uninit(&t->cls);
        free(t->name);
        free(t->eviction_fields);
    }
    /* References of others would dangle. */
    assert(hmap_is_empty(&p->actions));
    hmap_uninit(&p->actions);
    heap_uninit(&p->expiry);
    rcu_index_uninit(&p->group_index);
    assert(list_is_empty(&p->meters));
    rcu_index_uninit(&p->meter_index);
    mutex_uninit(&p->actions_mutex);
    mutex_uninit(&p->mutex);
    free(p);
}

void
pipeline_add_observer(struct pipeline *p,
                      const struct pipeline_observer *observer)
{
    vec_push(&p->observers, *observer);
}

void
pipeline_remove_observer(struct pipeline *p, const void *aux)
{
    for (size_t i = 0; i < p->observers.n; i++) {
        if (p->observers.items[i].aux == aux) {
            vec_remove(&p->observers, i);
            return;
        }
    }
}

classifier_version
pipeline_version(const struct pipeline *p)
{
    return __atomic_load_n(&p->version, __ATOMIC_ACQUIRE);
}

const struct rule *
pipeline_lookup(const struct pipeline *p, classifier_version version,
                uint8_t table_id, const struct flow *flow,
                struct flow_mask *maskp)
{
    const struct classifier_rule *cr =
        classifier_lookup(&p->tables[table_id].cls, version, flow, maskp);
    return cr ? CONTAINER_OF(cr, struct rule, cr) : NULL;
}

void
pipeline_count_lookups(struct pipeline *p, uint8_t table_id,
                       uint64_t n_matched, uint64_t n_missed)
{
    struct pipeline_table *t = &p->tables[table_id];
    __atomic_fetch_add(&t->n_matched, n_matched, __ATOMIC_RELAXED);
    __atomic_fetch_add(&t->n_missed, n_missed, __ATOMIC_RELAXED);
}

size_t
pipeline_n_rules(const struct pipeline *p, uint8_t table_id)
{
    return __atomic_load_n(&p->tables[table_id].n_rules, __ATOMIC_RELAXED);
}

void
pipeline_set_table(struct pipeline *p, uint8_t table_id,
                   const struct pipeline_table_config *config)
{
    struct pipeline_table *t = &p->tables[table_id];
    mutex_lock(&p->mutex);
    free(t->name);
    t->name = xstrdup_nullable(config->name);
    t->max_flows = config->max_flows;
    t->evict = config->evict;
    if (config->miss != PIPELINE_MISS_DEFAULT) {
        __atomic_store_n(&t->miss, config->miss, __ATOMIC_RELAXED);
    }
    free(t->eviction_fields);
    t->n_eviction_fields = config->n_eviction_fields;
    t->eviction_fields =
        t->n_eviction_fields
            ? xmemdup(config->eviction_fields,
                      t->n_eviction_fields * sizeof *t->eviction_fields)
            : NULL;
    (void) classifier_set_prefix_fields(&t->cls, config->prefix_fields,
                                        config->n_prefix_fields);
    mutex_unlock(&p->mutex);
}

void
pipeline_set_table_miss(struct pipeline *p, uint8_t table_id,
                        enum pipeline_miss miss)
{
    __atomic_store_n(&p->tables[table_id].miss, miss, __ATOMIC_RELAXED);
}

void
pipeline_set_table_eviction(struct pipeline *p, uint8_t table_id, bool evict)
{
    __atomic_store_n(&p->tables[table_id].evict_by_mod, evict,
                     __ATOMIC_RELAXED);
}

bool
pipeline_table_eviction(const struct pipeline *p, uint8_t table_id)
{
    return __atomic_load_n(&p->tables[table_id].evict_by_mod,
                           __ATOMIC_RELAXED);
}

enum pipeline_miss
pipeline_table_miss(const struct pipeline *p, uint8_t table_id)
{
    return __atomic_load_n(&p->tables[table_id].miss, __ATOMIC_RELAXED);
}

const char *
pipeline_table_name(const struct pipeline *p, uint8_t table_id)
{
    const char *name = p->tables[table_id].name;
    return name ? name : "";
}

uint32_t
pipeline_table_max_flows(const struct pipeline *p, uint8_t table_id)
{
    return p->tables[table_id].max_flows;
}

bool
pipeline_table_evicts(const struct pipeline *p, uint8_t table_id)
{
    return p->tables[table_id].evict || pipeline_table_eviction(p, table_id);
}

void
pipeline_get_table_stats(const struct pipeline *p, uint8_t table_id,
                         struct pipeline_table_stats *stats)
{
    const struct pipeline_table *t = &p->tables[table_id];
    stats->n_active = pipeline_n_rules(p, table_id);
    stats->n_matched = __atomic_load_n(&t->n_matched, __ATOMIC_RELAXED);
    stats->n_lookup =
        stats->n_matched + __atomic_load_n(&t->n_missed, __ATOMIC_RELAXED);
}
