/* Finds the rules that a request means. */

#include "base/vec.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"

static bool
is_wanted(const struct pipeline_query *q, const struct rule *rule)
{
    return (q->hidden || !rule_is_hidden(rule)
            || (q->strict && q->priority == rule->cr.priority))
           && !((rule->cookie ^ q->cookie) & q->cookie_mask)
           && (q->out_port == OFPP_NONE
               || actions_output_to_port(rule->actions->actions, q->out_port))
           && (q->out_group == UINT32_MAX
               || actions_output_to_group(rule->actions->actions,
                                          q->out_group));
}

static void
find_in_table(const struct pipeline *p, uint8_t table_id,
              const struct pipeline_query *q, classifier_version version,
              struct rule_vec *rules)
{
    const struct classifier *cls = &p->tables[table_id].cls;
    if (q->strict) {
        const struct classifier_rule *cr =
            classifier_find_exact(cls, q->match, q->priority, version);
        struct rule *rule = cr ? CONTAINER_OF(cr, struct rule, cr) : NULL;
        if (rule && is_wanted(q, rule)) {
            vec_push(rules, rule);
        }
        return;
    }
    struct classifier_cursor cursor;
    struct classifier_rule *cr;
    CLASSIFIER_FOR_EACH_TARGET(cr, &cursor, cls, q->match, version)
    {
        struct rule *rule = CONTAINER_OF(cr, struct rule, cr);
        if (is_wanted(q, rule)) {
            vec_push(rules, rule);
        }
    }
}

void
pipeline_find_rules(const struct pipeline *p, const struct pipeline_query *q,
                    classifier_version version, struct rule_vec *rules)
{
    if (q->table_id != PIPELINE_TABLE_ALL) {
        find_in_table(p, q->table_id, q, version, rules);
        return;
    }
    unsigned int n = q->hidden ? PIPELINE_N_TABLES : PIPELINE_TABLE_INTERNAL;
    for (unsigned int i = 0; i < n; i++) {
        if (!classifier_is_empty(&p->tables[i].cls)) {
            find_in_table(p, i, q, version, rules);
        }
    }
}

void
pipeline_collect(const struct pipeline *cp, const struct pipeline_query *q,
                 struct rule_vec *rules)
{
    struct pipeline *p = (struct pipeline *) cp;
    memset(rules, 0, sizeof *rules);
    /* The lock keeps rules from being freed before they are referred to, and
     * cursors from meeting changes. */
    mutex_lock(&p->mutex);
    pipeline_find_rules(p, q, pipeline_version(p), rules);
    for (size_t i = 0; i < rules->n; i++) {
        rule_ref(rules->items[i]);
    }
    mutex_unlock(&p->mutex);
}

void
rule_vec_uninit(struct rule_vec *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        rule_unref(rules->items[i]);
    }
    vec_uninit(rules);
}
