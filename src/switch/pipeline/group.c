/* Groups: what follows from their descriptions, and finding them. */

#include "switch/pipeline/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"

enum { MIN_HASH_VALUES = 16 };

/* Weights as numbers of hash values, by Webster's method: each value goes to
 * the bucket that is furthest below its share. */
static void
share_values(struct group *g)
{
    size_t n = g->desc.buckets.n;
    uint32_t *n_given = xcalloc(n, sizeof *n_given);
    for (uint32_t value = 0; value < g->n_hash_values; value++) {
        double best = -1;
        for (size_t i = 0; i < n; i++) {
            double need =
                g->desc.buckets.items[i].weight / (2.0 * n_given[i] + 1);
            if (need > best) {
                best = need;
                g->hash_map[value] = (uint16_t) i;
            }
        }
        n_given[g->hash_map[value]]++;
    }
    free(n_given);
}

/* Whether the weights can be told apart with few enough hash values, which it
 * shares out. */
static bool
init_hash_map(struct group *g)
{
    uint64_t total = 0;
    uint16_t least = UINT16_MAX;
    for (size_t i = 0; i < g->desc.buckets.n; i++) {
        uint16_t weight = g->desc.buckets.items[i].weight;
        total += weight;
        least = weight ? MIN(least, weight) : least;
    }
    if (!total) {
        return false;
    }
    uint64_t wanted = DIV_ROUND_UP(total, least);
    uint32_t n = MIN_HASH_VALUES;
    while (n < wanted) {
        n *= 2;
        if (n > GROUP_MAX_HASH_VALUES) {
            return false;
        }
    }
    g->n_hash_values = n;
    g->hash_map = xcalloc(n, sizeof *g->hash_map);
    share_values(g);
    return true;
}

/* ovs-ofctl(8), "selection_method". */
static void
init_selection(struct group *g)
{
    const struct group_selection *s = &g->desc.selection;
    if (g->desc.type != GROUP_TYPE_SELECT) {
        return;
    }
    if (!strcmp(s->method, "hash")) {
        g->choice = s->fields.n ? GROUP_CHOICE_FIELDS : GROUP_CHOICE_HASH;
        g->hash_basis = (uint32_t) s->param;
    } else if (init_hash_map(g)) {
        g->choice = GROUP_CHOICE_DP_HASH;
        g->is_symmetric = !*s->method || s->param >> 32;
        g->hash_basis = *s->method ? (uint32_t) s->param : 0;
    }
}

static struct rule_counters *
bucket_counters(const struct group_bucket *b, const struct group *old,
                long long now_ms)
{
    size_t at = old ? group_desc_find_bucket(&old->desc, b->id) : SIZE_MAX;
    return at == SIZE_MAX ? rule_counters_create(now_ms)
                          : rule_counters_ref(old->bucket_counters[at]);
}

struct group *
group_create(const struct group_desc *desc, const struct group *old,
             bool keep_counters, long long now_ms)
{
    struct group *g = xzalloc(sizeof *g);
    const struct group *giver = keep_counters ? old : NULL;
    group_desc_clone(&g->desc, desc);
    g->created_ms = old ? old->created_ms : now_ms;
    g->gone = CLASSIFIER_VERSION_NOT_REMOVED;
    g->counters = giver ? rule_counters_ref(giver->counters)
                        : rule_counters_create(now_ms);
    size_t n = g->desc.buckets.n;
    g->bucket_counters = xcalloc(MAX(n, 1), sizeof(struct rule_counters *));
    for (size_t i = 0; i < n; i++) {
        g->bucket_counters[i] =
            bucket_counters(&g->desc.buckets.items[i], giver, now_ms);
    }
    init_selection(g);
    return g;
}

void
group_destroy(void *g_)
{
    struct group *g = g_;
    rule_counters_unref(g->counters);
    for (size_t i = 0; i < g->desc.buckets.n; i++) {
        rule_counters_unref(g->bucket_counters[i]);
    }
    free(g->bucket_counters);
    free(g->hash_map);
    group_desc_uninit(&g->desc);
    free(g);
}

uint32_t
pipeline_group_hash(uint32_t id)
{
    return hash_u32(id, 0);
}

bool
pipeline_group_is_visible(const struct group *g, classifier_version version)
{
    return g->added <= version
           && version < __atomic_load_n(&g->gone, __ATOMIC_ACQUIRE);
}

const struct group *
pipeline_find_group(const struct pipeline *p, classifier_version version,
                    uint32_t id)
{
    const struct rcu_index_node *node;
    for (node = rcu_index_first(&p->group_index, pipeline_group_hash(id));
         node; node = rcu_index_next(node)) {
        const struct group *g = node->item;
        if (g->desc.id == id && pipeline_group_is_visible(g, version)) {
            return g;
        }
    }
    return NULL;
}

static bool
list_groups_exist(const struct pipeline *p, classifier_version version,
                  const void *data, size_t size)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        const uint8_t *nested;
        size_t nested_size;
        if (a->type == ACTION_GROUP) {
            const struct action_number *an = (const void *) a;
            if (!pipeline_find_group(p, version, an->value)) {
                return false;
            }
        } else if (action_nested(a, &nested, &nested_size)
                   && !list_groups_exist(p, version, nested, nested_size)) {
            return false;
        }
    }
    return true;
}

enum ofperr
pipeline_check_references(const struct pipeline *p, classifier_version version,
                          const struct actions *actions)
{
    uint32_t meter = actions_meter(actions);
    if (!list_groups_exist(p, version, actions->data, actions->size)) {
        return OFPERR_OFPBAC_BAD_OUT_GROUP;
    }
    return meter && !pipeline_find_meter(p, meter)
               ? OFPERR_OFPMMFC_INVALID_METER
               : OFPERR_NONE;
}

static int
compare_ids(const void *a_, const void *b_)
{
    uint32_t a = ((const struct group_info *) a_)->group->desc.id;
    uint32_t b = ((const struct group_info *) b_)->group->desc.id;
    return a < b ? -1 : a > b;
}

/* Adds 1 to what each group that 'data' names is used by.  'groups' is
 * sorted. */
static void
count_named(group_info_vec *groups, const struct rule *rule, const void *data,
            size_t size)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        const uint8_t *nested;
        size_t nested_size;
        if (a->type == ACTION_GROUP) {
            const struct group key = {
                .desc.id = ((const struct action_number *) a)->value,
            };
            const struct group_info wanted = { .group = &key };
            struct group_info *info =
                bsearch(&wanted, groups->items, groups->n,
                        sizeof *groups->items, compare_ids);
            if (info && info->last_rule != rule) {
                info->last_rule = rule;
                info->n_rules++;
            }
        } else if (action_nested(a, &nested, &nested_size)) {
            count_named(groups, rule, nested, nested_size);
        }
    }
}

void
pipeline_collect_groups(const struct pipeline *cp, uint32_t id,
                        group_info_vec *groups)
{
    struct pipeline *p = (struct pipeline *) cp;
    mutex_lock(&p->mutex);
    classifier_version version = pipeline_version(p);
    const struct group *g;
    if (id == GROUP_ALL || id == GROUP_ANY) {
        LIST_FOR_EACH (g, node, &p->groups) {
            struct group_info info = { .group = g };
            vec_push(groups, info);
        }
        if (groups->n) {
            qsort(groups->items, groups->n, sizeof *groups->items,
                  compare_ids);
        }
    } else if ((g = pipeline_find_group(p, version, id))) {
        struct group_info info = { .group = g };
        vec_push(groups, info);
    }
    const struct rule *rule;
    LIST_FOR_EACH (rule, referrer_node, &p->referrers) {
        if (classifier_rule_is_visible(&rule->cr, version)) {
            const struct actions *actions = rule->actions->actions;
            count_named(groups, rule, actions->data, actions->size);
        }
    }
    mutex_unlock(&p->mutex);
}
