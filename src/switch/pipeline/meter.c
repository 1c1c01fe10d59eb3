/* Meters by number, and the rules that name them. */

#include "switch/pipeline/meter.h"

#include <stdlib.h>

#include "base/hash.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"
#include "sys/thread/rcu.h"

/* A meter and its place in the pipeline's list. */
struct node {
    struct pipeline_meter meter;
    struct list list;
};

static struct node *
find(const struct pipeline *p, uint32_t id)
{
    const struct rcu_index_node *n;
    for (n = rcu_index_first(&p->meter_index, hash_u32(id, 0)); n;
         n = rcu_index_next(n)) {
        struct node *node = n->item;
        if (node->meter.config.id == id) {
            return node;
        }
    }
    return NULL;
}

const struct pipeline_meter *
pipeline_find_meter(const struct pipeline *p, uint32_t id)
{
    const struct node *node = find(p, id);
    return node ? &node->meter : NULL;
}

static void
free_node(void *node_)
{
    struct node *node = node_;
    meter_config_uninit(&node->meter.config);
    free(node);
}

static void
drop(struct pipeline *p, struct node *node)
{
    rcu_index_remove(&p->meter_index, hash_u32(node->meter.config.id, 0),
                     node);
    list_remove(&node->list);
    rcu_postpone(free_node, node);
}

void
pipeline_put_meter(struct pipeline *p, const struct meter_config *config,
                   uint32_t datapath_id, long long now_ms)
{
    struct node *node = xzalloc(sizeof *node);
    mutex_lock(&p->mutex);
    struct node *old = find(p, config->id);
    meter_config_clone(&node->meter.config, config);
    node->meter.datapath_id = datapath_id;
    node->meter.created_ms = old ? old->meter.created_ms : now_ms;
    /* Readers that meet both take either. */
    rcu_index_add(&p->meter_index, hash_u32(config->id, 0), node);
    list_push_back(&p->meters, &node->list);
    if (old) {
        drop(p, old);
    }
    mutex_unlock(&p->mutex);
}

void
pipeline_delete_meter(struct pipeline *p, uint32_t id, const void *cause,
                      uint32_t xid)
{
    struct pipeline_update *u = pipeline_begin(p, 0);
    struct rule *rule;
    LIST_FOR_EACH (rule, referrer_node, &p->referrers) {
        if (classifier_rule_is_visible(&rule->cr, u->version)
            && actions_meter(rule->actions->actions) == id) {
            pipeline_update_remove(u, rule, RULE_METER_DELETE, cause, xid);
        }
    }
    pipeline_commit(u);
    mutex_lock(&p->mutex);
    struct node *node = find(p, id);
    if (node) {
        drop(p, node);
    }
    mutex_unlock(&p->mutex);
}

static int
compare_ids(const void *a_, const void *b_)
{
    const struct pipeline_meter_info *a = a_, *b = b_;
    uint32_t x = a->meter->config.id, y = b->meter->config.id;
    return x < y ? -1 : x > y;
}

static void
count_rules(const struct pipeline *p, pipeline_meter_vec *meters)
{
    classifier_version version = pipeline_version(p);
    const struct rule *rule;
    LIST_FOR_EACH (rule, referrer_node, &p->referrers) {
        uint32_t id = actions_meter(rule->actions->actions);
        if (!id || !classifier_rule_is_visible(&rule->cr, version)) {
            continue;
        }
        const struct pipeline_meter key = { .config.id = id };
        const struct pipeline_meter_info wanted = { .meter = &key };
        struct pipeline_meter_info *info =
            bsearch(&wanted, meters->items, meters->n, sizeof *meters->items,
                    compare_ids);
        if (info) {
            info->n_rules++;
        }
    }
}

void
pipeline_collect_meters(const struct pipeline *cp, uint32_t id,
                        pipeline_meter_vec *meters)
{
    struct pipeline *p = (struct pipeline *) cp;
    mutex_lock(&p->mutex);
    const struct node *node;
    LIST_FOR_EACH (node, list, &p->meters) {
        if (id == METER_ALL || id == node->meter.config.id) {
            struct pipeline_meter_info info = { .meter = &node->meter };
            vec_push(meters, info);
        }
    }
    if (meters->n) {
        qsort(meters->items, meters->n, sizeof *meters->items, compare_ids);
        count_rules(p, meters);
    }
    mutex_unlock(&p->mutex);
}
