/* Rules, their counters, and the actions that they share. */

#include "switch/pipeline/rule.h"

#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"
#include "sys/thread/rcu.h"

static struct rule_actions *
rule_actions_get(struct pipeline *p, const struct actions *actions)
{
    uint32_t hash = actions_hash(actions, 0);
    struct rule_actions *ra;
    mutex_lock(&p->actions_mutex);
    HMAP_FOR_EACH_WITH_HASH (ra, node, hash, &p->actions) {
        if (actions_equal(ra->actions, actions)) {
            ra->n_refs++;
            mutex_unlock(&p->actions_mutex);
            return ra;
        }
    }
    ra = xzalloc(sizeof *ra);
    ra->n_refs = 1;
    ra->refers =
        actions_output_to_group(actions, GROUP_ANY) || actions_meter(actions);
    ra->actions = actions_clone(actions);
    hmap_add(&p->actions, &ra->node, hash);
    mutex_unlock(&p->actions_mutex);
    return ra;
}

void
rule_actions_unref(struct pipeline *p, struct rule_actions *ra)
{
    mutex_lock(&p->actions_mutex);
    bool last = !--ra->n_refs;
    if (last) {
        hmap_remove(&p->actions, &ra->node);
    }
    mutex_unlock(&p->actions_mutex);
    if (last) {
        actions_destroy(ra->actions);
        free(ra);
    }
}

struct rule_counters *
rule_counters_create(long long now_ms)
{
    struct rule_counters *c = xzalloc(sizeof *c);
    c->n_refs = 1;
    c->used_ms = now_ms;
    return c;
}

struct rule_counters *
rule_counters_ref(struct rule_counters *c)
{
    __atomic_fetch_add(&c->n_refs, 1, __ATOMIC_RELAXED);
    return c;
}

void
rule_counters_unref(struct rule_counters *c)
{
    if (c && __atomic_sub_fetch(&c->n_refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(c);
    }
}

void
rule_counters_credit(struct rule_counters *c, uint64_t n_packets,
                     uint64_t n_bytes, long long used_ms)
{
    if (n_packets) {
        __atomic_fetch_add(&c->n_packets, n_packets, __ATOMIC_RELAXED);
        __atomic_fetch_add(&c->n_bytes, n_bytes, __ATOMIC_RELAXED);
    }
    long long old = __atomic_load_n(&c->used_ms, __ATOMIC_RELAXED);
    while (used_ms > old
           && !__atomic_compare_exchange_n(&c->used_ms, &old, used_ms, true,
                                           __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED)) {
        continue;
    }
}

void
rule_counters_get(const struct rule_counters *c, struct rule_stats *stats)
{
    stats->n_packets = __atomic_load_n(&c->n_packets, __ATOMIC_RELAXED);
    stats->n_bytes = __atomic_load_n(&c->n_bytes, __ATOMIC_RELAXED);
    stats->used_ms = __atomic_load_n(&c->used_ms, __ATOMIC_RELAXED);
}

void
rule_get_stats(const struct rule *rule, struct rule_stats *stats)
{
    rule_counters_get(rule->counters, stats);
}

struct rule *
rule_create(struct pipeline *p, const struct match *match, int priority,
            const struct actions *actions)
{
    struct rule *rule = xzalloc(sizeof *rule);
    classifier_rule_init(&rule->cr, match, priority);
    rule->actions = rule_actions_get(p, actions);
    rule->pipeline = p;
    rule->n_refs = 1;
    return rule;
}

static void
rule_free(void *rule_)
{
    struct rule *rule = rule_;
    classifier_rule_uninit(&rule->cr);
    rule_counters_unref(rule->counters);
    free(rule);
}

struct rule *
rule_ref(const struct rule *crule)
{
    struct rule *rule = (struct rule *) crule;
    __atomic_fetch_add(&rule->n_refs, 1, __ATOMIC_RELAXED);
    return rule;
}

/* Drops the actions of a rule that no reader sees any more. */
static void
rule_free_actions(void *rule_)
{
    struct rule *rule = rule_;
    actions_destroy(rule->actions->actions);
    free(rule->actions);
    rule_free(rule);
}

void
rule_unref(struct rule *rule)
{
    if (!rule || __atomic_sub_fetch(&rule->n_refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    /* The set of actions belongs to the pipeline, which may be gone when the
     * grace period is over: leave it now, free the memory then. */
    struct pipeline *p = rule->pipeline;
    mutex_lock(&p->actions_mutex);
    bool last = !--rule->actions->n_refs;
    if (last) {
        hmap_remove(&p->actions, &rule->actions->node);
    }
    mutex_unlock(&p->actions_mutex);
    rcu_postpone(last ? rule_free_actions : rule_free, rule);
}
