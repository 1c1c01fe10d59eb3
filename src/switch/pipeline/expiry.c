/* Timeouts of rules: a heap by the moment when each may be over.
 *
 * The moment of an idle timeout moves with each packet; the heap is corrected
 * only when the old moment comes. */

#include <limits.h>

#include "switch/pipeline/pipeline_private.h"

static uint64_t
heap_priority(long long at_ms)
{
    return UINT64_MAX - (uint64_t) at_ms;
}

static long long
hard_deadline(const struct rule *rule)
{
    return rule->hard_timeout
               ? rule->modified_ms + rule->hard_timeout * 1000LL + 1
               : LLONG_MAX;
}

static long long
idle_deadline(const struct rule *rule)
{
    if (!rule->idle_timeout) {
        return LLONG_MAX;
    }
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    return stats.used_ms + rule->idle_timeout * 1000LL + 1;
}

long long
pipeline_rule_deadline(const struct rule *rule)
{
    return MIN(hard_deadline(rule), idle_deadline(rule));
}

void
pipeline_expiry_add(struct pipeline *p, struct rule *rule)
{
    long long at = pipeline_rule_deadline(rule);
    if (at != LLONG_MAX) {
        heap_add(&p->expiry, &rule->expiry_node, heap_priority(at));
    }
}

void
pipeline_expiry_remove(struct pipeline *p, struct rule *rule)
{
    if (rule->expiry_node.index) {
        heap_remove(&p->expiry, &rule->expiry_node);
    }
}

bool
pipeline_expiry_update(struct pipeline *p)
{
    const struct heap_node *top = heap_top(&p->expiry);
    long long at = top ? (long long) (UINT64_MAX - top->priority) : LLONG_MAX;
    long long old = __atomic_exchange_n(&p->next_expiry, at, __ATOMIC_RELAXED);
    return at < old;
}

long long
pipeline_next_expiry(const struct pipeline *p)
{
    return __atomic_load_n(&p->next_expiry, __ATOMIC_RELAXED);
}

bool
pipeline_expiry_needs_counters(const struct pipeline *cp, long long now_ms)
{
    struct pipeline *p = (struct pipeline *) cp;
    bool needs = false;
    mutex_lock(&p->mutex);
    for (size_t i = 1; i <= p->expiry.n && !needs; i++) {
        const struct rule *rule =
            CONTAINER_OF(p->expiry.array[i], struct rule, expiry_node);
        needs = rule->idle_timeout && idle_deadline(rule) <= now_ms
                && hard_deadline(rule) > now_ms;
    }
    mutex_unlock(&p->mutex);
    return needs;
}

void
pipeline_expire(struct pipeline *p, long long now_ms)
{
    if (now_ms < pipeline_next_expiry(p)) {
        return;
    }
    struct pipeline_update *u = pipeline_begin(p, now_ms);
    for (;;) {
        struct heap_node *top = heap_top(&p->expiry);
        if (!top || top->priority < heap_priority(now_ms)) {
            break;
        }
        struct rule *rule = CONTAINER_OF(top, struct rule, expiry_node);
        if (hard_deadline(rule) <= now_ms) {
            pipeline_update_remove(u, rule, RULE_HARD_TIMEOUT, NULL, 0);
        } else if (idle_deadline(rule) <= now_ms) {
            pipeline_update_remove(u, rule, RULE_IDLE_TIMEOUT, NULL, 0);
        } else {
            heap_change(&p->expiry, top,
                        heap_priority(pipeline_rule_deadline(rule)));
            continue;
        }
        pipeline_expiry_remove(p, rule);
    }
    pipeline_commit(u);
}
