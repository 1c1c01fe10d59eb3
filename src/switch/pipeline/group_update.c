/* Changes of groups inside an update.  A group that comes is in the index at
 * once, for versions to come; one that goes stays until the commit. */

#include "base/vec.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"
#include "sys/thread/rcu.h"

static void
drop_group(struct pipeline *p, struct group *g)
{
    rcu_index_remove(&p->group_index, pipeline_group_hash(g->desc.id), g);
    list_remove(&g->node);
    rcu_postpone(group_destroy, g);
}

/* Puts 'group' in the place of 'old'; either may be NULL. */
static void
exchange(struct pipeline_update *u, struct group *group,
         const struct group *old)
{
    struct pipeline *p = u->pipeline;
    struct pipeline_group_op *op = vec_add(&u->group_ops);
    op->group = group;
    op->old = (struct group *) old;
    if (old) {
        __atomic_store_n(&op->old->gone, u->version, __ATOMIC_RELEASE);
    }
    if (group) {
        group->added = u->version;
        rcu_index_add(&p->group_index, pipeline_group_hash(group->desc.id),
                      group);
        list_push_back(&p->groups, &group->node);
    }
}

/* Removes the rules that name the group: OpenFlow 1.3.5 §6.5. */
static void
remove_rules(struct pipeline_update *u, uint32_t id, const void *cause,
             uint32_t xid)
{
    struct rule *rule;
    uint32_t named = id == GROUP_ALL ? (uint32_t) GROUP_ANY : id;
    LIST_FOR_EACH (rule, referrer_node, &u->pipeline->referrers) {
        if (classifier_rule_is_visible(&rule->cr, u->version)
            && actions_output_to_group(rule->actions->actions, named)) {
            pipeline_update_remove(u, rule, RULE_GROUP_DELETE, cause, xid);
        }
    }
}

void
pipeline_update_delete_groups(struct pipeline_update *u, uint32_t id,
                              const void *cause, uint32_t xid)
{
    struct group *g, *next;
    if (id == GROUP_ALL) {
        LIST_FOR_EACH_SAFE (g, next, node, &u->pipeline->groups) {
            if (pipeline_group_is_visible(g, u->version)) {
                exchange(u, NULL, g);
            }
        }
    } else {
        const struct group *old =
            pipeline_find_group(u->pipeline, u->version, id);
        if (!old) {
            return;
        }
        exchange(u, NULL, old);
    }
    remove_rules(u, id, cause, xid);
}

static enum ofperr
apply_insert(struct pipeline_update *u, const struct group_mod *gm,
             const struct group *old)
{
    struct group_desc desc;
    const struct group_bucket *buckets = gm->desc.buckets.items;
    for (size_t i = 0; i < gm->desc.buckets.n; i++) {
        if (group_desc_find_bucket(&old->desc, buckets[i].id) != SIZE_MAX) {
            return OFPERR_OFPGMFC_BUCKET_EXISTS;
        }
    }
    size_t at = 0;
    if (gm->command_bucket_id == GROUP_BUCKET_LAST) {
        at = old->desc.buckets.n;
    } else if (gm->command_bucket_id != GROUP_BUCKET_FIRST) {
        at = group_desc_find_bucket(&old->desc, gm->command_bucket_id);
        if (at == SIZE_MAX) {
            return OFPERR_OFPGMFC_UNKNOWN_BUCKET;
        }
        at++; /* After the one named. */
    }
    group_desc_clone(&desc, &old->desc);
    for (size_t i = 0; i < gm->desc.buckets.n; i++) {
        group_desc_insert_bucket(&desc, at + i, &buckets[i]);
    }
    bool fits = group_desc_size(&desc) <= UINT16_MAX;
    if (fits) {
        exchange(u, group_create(&desc, old, true, u->now_ms), old);
    }
    group_desc_uninit(&desc);
    return fits ? OFPERR_NONE : OFPERR_OFPGMFC_OUT_OF_BUCKETS;
}

static enum ofperr
apply_remove(struct pipeline_update *u, const struct group_mod *gm,
             const struct group *old)
{
    size_t n = old->desc.buckets.n;
    size_t first = 0, end = n;
    if (gm->command_bucket_id == GROUP_BUCKET_FIRST) {
        end = MIN(n, 1);
    } else if (gm->command_bucket_id == GROUP_BUCKET_LAST) {
        first = n - MIN(n, 1);
    } else if (gm->command_bucket_id != GROUP_BUCKET_ALL) {
        first = group_desc_find_bucket(&old->desc, gm->command_bucket_id);
        if (first == SIZE_MAX) {
            return OFPERR_OFPGMFC_UNKNOWN_BUCKET;
        }
        end = first + 1;
    }
    struct group_desc desc;
    group_desc_clone(&desc, &old->desc);
    while (end > first) {
        group_desc_remove_bucket(&desc, --end);
    }
    exchange(u, group_create(&desc, old, true, u->now_ms), old);
    group_desc_uninit(&desc);
    return OFPERR_NONE;
}

enum ofperr
pipeline_apply_group(struct pipeline_update *u,
                     const struct pipeline_group_mod *pgm)
{
    const struct group_mod *gm = pgm->mod;
    if (gm->command == GROUP_DELETE) {
        pipeline_update_delete_groups(u, gm->desc.id, pgm->cause, pgm->xid);
        return OFPERR_NONE;
    }
    if (gm->desc.id > GROUP_MAX) {
        return OFPERR_OFPGMFC_INVALID_GROUP;
    }
    const struct group *old =
        pipeline_find_group(u->pipeline, u->version, gm->desc.id);
    if (gm->command == GROUP_ADD && old) {
        return OFPERR_OFPGMFC_GROUP_EXISTS;
    }
    if (gm->command != GROUP_ADD && gm->command != GROUP_ADD_OR_MOD && !old) {
        return OFPERR_OFPGMFC_UNKNOWN_GROUP;
    }
    switch ((enum group_command) gm->command) {
    case GROUP_INSERT_BUCKET:
        return apply_insert(u, gm, old);
    case GROUP_REMOVE_BUCKET:
        return apply_remove(u, gm, old);
    default:
        if (group_desc_size(&gm->desc) > UINT16_MAX) {
            return OFPERR_OFPGMFC_OUT_OF_BUCKETS;
        }
        exchange(u, group_create(&gm->desc, old, false, u->now_ms), old);
        return OFPERR_NONE;
    }
}

void
pipeline_groups_committed(struct pipeline_update *u)
{
    for (size_t i = 0; i < u->group_ops.n; i++) {
        if (u->group_ops.items[i].old) {
            drop_group(u->pipeline, u->group_ops.items[i].old);
        }
    }
}

void
pipeline_groups_tell(struct pipeline_update *u)
{
    struct pipeline *p = u->pipeline;
    for (size_t i = 0; i < u->group_ops.n; i++) {
        const struct pipeline_group_op *op = &u->group_ops.items[i];
        uint32_t id = (op->group ? op->group : op->old)->desc.id;
        for (size_t j = 0; j < p->observers.n; j++) {
            const struct pipeline_observer *o = &p->observers.items[j];
            if (o->group_changed) {
                o->group_changed(o->aux, p, id);
            }
        }
    }
    vec_uninit(&u->group_ops);
}

void
pipeline_groups_reverted(struct pipeline_update *u)
{
    for (size_t i = u->group_ops.n; i-- > 0;) {
        struct pipeline_group_op *op = &u->group_ops.items[i];
        if (op->group) {
            drop_group(u->pipeline, op->group);
        }
        if (op->old) {
            __atomic_store_n(&op->old->gone, CLASSIFIER_VERSION_NOT_REMOVED,
                             __ATOMIC_RELEASE);
        }
    }
    vec_uninit(&u->group_ops);
}

enum ofperr
pipeline_group_mod(struct pipeline *p, const struct pipeline_group_mod *gm,
                   long long now_ms)
{
    struct pipeline_update *u = pipeline_begin(p, now_ms);
    return pipeline_end(u, pipeline_apply_group(u, gm));
}
