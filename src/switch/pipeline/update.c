/* Updates: flow_mods, published together or undone together.
 *
 * While an update is going on, its rules carry the next version: readers of
 * the present one see neither what it added nor the absence of what it
 * removed. */

#include "base/hash.h"
#include "base/vec.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline_private.h"

struct pipeline_update *
pipeline_begin(struct pipeline *p, long long now_ms) NO_THREAD_ANALYSIS
{
    struct pipeline_update *u = xzalloc(sizeof *u);
    mutex_lock(&p->mutex);
    u->pipeline = p;
    u->now_ms = now_ms;
    u->version = p->version + 1;
    return u;
}

/* The table that 'rule' is in, deferred for the rest of the update. */
static struct classifier *
touch_table(struct pipeline_update *u, const struct rule *rule)
{
    struct classifier *cls = &u->pipeline->tables[rule->table_id].cls;
    if (!bitmap_is_set(u->touched, rule->table_id)) {
        bitmap_set1(u->touched, rule->table_id);
        classifier_defer(cls);
    }
    return cls;
}

static void
count_rule(struct pipeline *p, const struct rule *rule, int n)
{
    if (!rule_is_hidden(rule)) {
        __atomic_fetch_add(&p->tables[rule->table_id].n_rules, (size_t) n,
                           __ATOMIC_RELAXED);
    }
}

static void
insert_rule(struct pipeline_update *u, struct rule *rule)
{
    classifier_insert(touch_table(u, rule), &rule->cr, u->version);
    if (rule->actions->refers) {
        list_push_back(&u->pipeline->referrers, &rule->referrer_node);
    }
    count_rule(u->pipeline, rule, 1);
}

static void
hide_rule(struct pipeline_update *u, struct rule *rule)
{
    classifier_make_invisible(&rule->cr, u->version);
    count_rule(u->pipeline, rule, -1);
}

static struct pipeline_op *
add_op(struct pipeline_update *u, enum pipeline_change_type type)
{
    struct pipeline_op *op = vec_add(&u->ops);
    op->type = type;
    return op;
}

void
pipeline_update_remove(struct pipeline_update *u, struct rule *rule,
                       enum rule_reason reason, const void *cause,
                       uint32_t xid)
{
    hide_rule(u, rule);
    struct pipeline_op *op = add_op(u, PIPELINE_CHANGE_REMOVED);
    op->old = rule;
    op->reason = reason;
    op->cause = cause;
    op->xid = xid;
}

/* The group of rules for eviction that 'rule' is in, as a hash of the fields
 * that the table's configuration names. */
static uint32_t
eviction_group(const struct pipeline_table *t, const struct rule *rule)
{
    uint32_t hash = 0;
    if (t->n_eviction_fields) {
        struct match match;
        packed_match_expand(&rule->cr.match, &match);
        for (size_t i = 0; i < t->n_eviction_fields; i++) {
            union field_value value;
            subfield_get(&t->eviction_fields[i], &match.flow, &value);
            hash =
                hash_bytes(&value, t->eviction_fields[i].field->n_bytes, hash);
        }
    }
    return hash;
}

/* The rule that is to go first: of the largest group, the least important, of
 * those the one that expires soonest (Flow_Table table, overflow_policy). */
static struct rule *
choose_victim(struct pipeline_update *u, const struct pipeline_table *t)
{
    uint32_t sizes[256] = { 0 };
    struct classifier_cursor cursor;
    struct classifier_rule *cr;
    CLASSIFIER_FOR_EACH_TARGET(cr, &cursor, &t->cls, NULL, u->version)
    {
        struct rule *rule = CONTAINER_OF(cr, struct rule, cr);
        sizes[eviction_group(t, rule) % ARRAY_SIZE(sizes)]++;
    }
    struct rule *best = NULL;
    uint32_t best_size = 0;
    CLASSIFIER_FOR_EACH_TARGET(cr, &cursor, &t->cls, NULL, u->version)
    {
        struct rule *rule = CONTAINER_OF(cr, struct rule, cr);
        uint32_t size = sizes[eviction_group(t, rule) % ARRAY_SIZE(sizes)];
        if (rule_is_hidden(rule)
            || (!rule->idle_timeout && !rule->hard_timeout
                && !rule->importance)) {
            continue;
        }
        if (!best || size > best_size
            || (size == best_size
                && (rule->importance < best->importance
                    || (rule->importance == best->importance
                        && pipeline_rule_deadline(rule)
                               < pipeline_rule_deadline(best))))) {
            best = rule;
            best_size = size;
        }
    }
    return best;
}

/* Makes sure that the table has room for one rule more. */
static enum ofperr
make_room(struct pipeline_update *u, const struct pipeline_flow_mod *fm,
          uint8_t table_id)
{
    struct pipeline_table *t = &u->pipeline->tables[table_id];
    while (fm->priority <= UINT16_MAX && t->n_rules >= t->max_flows) {
        bool evict = pipeline_table_evicts(
            u->pipeline, (uint8_t) (t - u->pipeline->tables));
        struct rule *victim = evict ? choose_victim(u, t) : NULL;
        if (!victim) {
            return OFPERR_OFPFMFC_TABLE_FULL;
        }
        pipeline_update_remove(u, victim, RULE_EVICTION, fm->cause, fm->xid);
    }
    return 0;
}

static enum ofperr
apply_add(struct pipeline_update *u, const struct pipeline_flow_mod *fm)
{
    struct pipeline *p = u->pipeline;
    uint8_t table_id = fm->table_id == PIPELINE_TABLE_ALL ? 0 : fm->table_id;
    struct pipeline_table *t = &p->tables[table_id];
    const struct classifier_rule *cr =
        classifier_find_exact(&t->cls, fm->match, fm->priority, u->version);
    struct rule *old = cr ? CONTAINER_OF(cr, struct rule, cr) : NULL;

    struct rule *rule = rule_create(p, fm->match, fm->priority, fm->actions);
    rule->table_id = table_id;
    rule->cookie = fm->new_cookie;
    rule->idle_timeout = fm->idle_timeout;
    rule->hard_timeout = fm->hard_timeout;
    rule->importance = fm->importance;
    rule->flags =
        fm->flags
        & (RULE_SEND_FLOW_REM | RULE_NO_PKT_COUNTS | RULE_NO_BYT_COUNTS
           | RULE_RESET_COUNTS | RULE_CHECK_OVERLAP);
    rule->created_ms = rule->modified_ms = u->now_ms;
    enum ofperr error = 0;
    if (fm->flags & RULE_CHECK_OVERLAP && !old
        && classifier_overlaps(&t->cls, &rule->cr, u->version)) {
        error = OFPERR_OFPFMFC_OVERLAP;
    }
    if (!error && !old) {
        error = make_room(u, fm, table_id);
    }
    if (error) {
        rule_unref(rule);
        return error;
    }

    if (old && !(fm->flags & RULE_RESET_COUNTS)) {
        rule->counters = rule_counters_ref(old->counters);
        rule_counters_credit(rule->counters, 0, 0, u->now_ms);
    } else {
        rule->counters = rule_counters_create(u->now_ms);
    }
    if (old) {
        hide_rule(u, old);
    }
    insert_rule(u, rule);
    struct pipeline_op *op =
        add_op(u, old ? PIPELINE_CHANGE_MODIFIED : PIPELINE_CHANGE_ADDED);
    op->rule = rule;
    op->old = old;
    op->is_add = true;
    op->cause = fm->cause;
    op->xid = fm->xid;
    return 0;
}

/* Puts a changed copy in the place of 'old'. */
static void
modify_rule(struct pipeline_update *u, const struct pipeline_flow_mod *fm,
            struct rule *old)
{
    struct match match;
    packed_match_expand(&old->cr.match, &match);
    struct rule *rule =
        rule_create(u->pipeline, &match, old->cr.priority, fm->actions);
    rule->table_id = old->table_id;
    rule->cookie = fm->modify_cookie && fm->new_cookie != BE64_MAX
                       ? fm->new_cookie
                       : old->cookie;
    rule->idle_timeout = old->idle_timeout;
    rule->hard_timeout = old->hard_timeout;
    rule->importance = old->importance;
    rule->flags = old->flags;
    rule->created_ms = old->created_ms;
    rule->modified_ms = u->now_ms;
    rule->counters = fm->flags & RULE_RESET_COUNTS
                         ? rule_counters_create(u->now_ms)
                         : rule_counters_ref(old->counters);
    hide_rule(u, old);
    insert_rule(u, rule);
    struct pipeline_op *op = add_op(u, PIPELINE_CHANGE_MODIFIED);
    op->rule = rule;
    op->old = old;
    op->cause = fm->cause;
    op->xid = fm->xid;
}

static void
find_targets(struct pipeline_update *u, const struct pipeline_flow_mod *fm,
             bool strict, struct rule_vec *rules)
{
    bool is_delete = fm->command == PIPELINE_DELETE
                     || fm->command == PIPELINE_DELETE_STRICT;
    struct pipeline_query q = {
        .table_id = fm->table_id,
        .match = fm->match,
        .priority = fm->priority,
        .strict = strict,
        .cookie = fm->cookie,
        .cookie_mask = fm->cookie_mask,
        .out_port = is_delete ? fm->out_port : OFPP_NONE,
        .out_group = is_delete ? fm->out_group : UINT32_MAX,
    };
    memset(rules, 0, sizeof *rules);
    pipeline_find_rules(u->pipeline, &q, u->version, rules);
}

static enum ofperr
apply_modify(struct pipeline_update *u, const struct pipeline_flow_mod *fm)
{
    struct rule_vec rules;
    find_targets(u, fm, fm->command == PIPELINE_MODIFY_STRICT, &rules);
    for (size_t i = 0; i < rules.n; i++) {
        modify_rule(u, fm, rules.items[i]);
    }
    bool add = !rules.n && !fm->cookie_mask && fm->new_cookie != BE64_MAX;
    vec_uninit(&rules);
    return add ? apply_add(u, fm) : 0;
}

static void
apply_delete(struct pipeline_update *u, const struct pipeline_flow_mod *fm)
{
    struct rule_vec rules;
    find_targets(u, fm, fm->command == PIPELINE_DELETE_STRICT, &rules);
    for (size_t i = 0; i < rules.n; i++) {
        pipeline_update_remove(u, rules.items[i], fm->delete_reason, fm->cause,
                               fm->xid);
    }
    vec_uninit(&rules);
}

enum ofperr
pipeline_apply(struct pipeline_update *u, const struct pipeline_flow_mod *fm)
{
    if (!(fm->flags & RULE_NO_READONLY)
        && (fm->table_id == PIPELINE_TABLE_INTERNAL
            || fm->priority > UINT16_MAX)) {
        return OFPERR_OFPBRC_EPERM;
    }
    if (fm->command <= PIPELINE_MODIFY_STRICT) {
        enum ofperr error =
            pipeline_check_references(u->pipeline, u->version, fm->actions);
        if (error) {
            return error;
        }
    }
    switch (fm->command) {
    case PIPELINE_ADD:
        return apply_add(u, fm);
    case PIPELINE_MODIFY:
    case PIPELINE_MODIFY_STRICT:
        return apply_modify(u, fm);
    case PIPELINE_DELETE:
    case PIPELINE_DELETE_STRICT:
        apply_delete(u, fm);
        return 0;
    }
    NOT_REACHED();
}

static void
end_defer(struct pipeline_update *u)
{
    size_t i;
    BITMAP_FOR_EACH_1 (i, PIPELINE_N_TABLES, u->touched) {
        classifier_publish(&u->pipeline->tables[i].cls);
    }
}

/* Takes a hidden rule out of its table for good. */
static void
drop_rule(struct pipeline *p, struct rule *rule)
{
    __atomic_store_n(&rule->removed, true, __ATOMIC_RELAXED);
    pipeline_expiry_remove(p, rule);
    if (rule->actions->refers) {
        list_remove(&rule->referrer_node);
    }
    classifier_remove(&p->tables[rule->table_id].cls, &rule->cr);
}

/* Turns 'op' into what observers are told; takes over its references. */
static struct pipeline_change
make_change(const struct pipeline_op *op)
{
    struct pipeline_change change = {
        .type = op->type,
        .rule = op->type == PIPELINE_CHANGE_REMOVED ? op->old : op->rule,
        .old = op->type == PIPELINE_CHANGE_MODIFIED ? op->old : NULL,
        .reason = op->reason,
        .is_add = op->is_add,
        .cause = op->cause,
        .xid = op->xid,
    };
    if (change.old) {
        change.actions_changed = change.rule->actions != change.old->actions;
        change.cookie_changed = change.rule->cookie != change.old->cookie;
    }
    return change;
}

static void
tell_observers(struct pipeline *p, const struct pipeline_update *u,
               bool sooner)
{
    struct {
        struct pipeline_change *items;
        size_t n, capacity;
    } changes = VEC_INITIALIZER;

    for (size_t i = 0; i < u->ops.n; i++) {
        vec_push(&changes, make_change(&u->ops.items[i]));
    }
    for (size_t i = 0; i < p->observers.n; i++) {
        const struct pipeline_observer *o = &p->observers.items[i];
        if (changes.n && o->committed) {
            o->committed(o->aux, p, u->version, changes.items, changes.n);
        }
        if (sooner && o->expiry_changed) {
            o->expiry_changed(o->aux, p);
        }
    }
    vec_uninit(&changes);
}

classifier_version
pipeline_commit(struct pipeline_update *u) NO_THREAD_ANALYSIS
{
    struct pipeline *p = u->pipeline;
    bool changed = u->ops.n || u->group_ops.n;
    classifier_version version = changed ? u->version : p->version;
    end_defer(u);
    __atomic_store_n(&p->version, version, __ATOMIC_RELEASE);
    for (size_t i = 0; i < u->ops.n; i++) {
        struct pipeline_op *op = &u->ops.items[i];
        if (op->rule) {
            pipeline_expiry_add(p, op->rule);
            rule_ref(op->rule); /* For the observers. */
        }
        if (op->old) {
            drop_rule(p, op->old); /* The table's reference is ours now. */
        }
    }
    bool sooner = pipeline_expiry_update(p);
    pipeline_groups_committed(u);
    mutex_unlock(&p->mutex);

    pipeline_groups_tell(u);
    tell_observers(p, u, sooner);
    for (size_t i = 0; i < u->ops.n; i++) {
        rule_unref(u->ops.items[i].rule);
        rule_unref(u->ops.items[i].old);
    }
    vec_uninit(&u->ops);
    free(u);
    return version;
}

void
pipeline_revert(struct pipeline_update *u) NO_THREAD_ANALYSIS
{
    struct pipeline *p = u->pipeline;
    for (size_t i = u->ops.n; i-- > 0;) {
        struct pipeline_op *op = &u->ops.items[i];
        if (op->rule) {
            hide_rule(u, op->rule);
            drop_rule(p, op->rule);
            rule_unref(op->rule);
        }
        if (op->old) {
            classifier_restore_visibility(&op->old->cr);
            count_rule(p, op->old, 1);
        }
    }
    end_defer(u);
    pipeline_groups_reverted(u);
    mutex_unlock(&p->mutex);
    vec_uninit(&u->ops);
    free(u);
}

enum ofperr
pipeline_end(struct pipeline_update *u, enum ofperr error)
{
    if (error) {
        pipeline_revert(u);
    } else {
        pipeline_commit(u);
    }
    return error;
}

enum ofperr
pipeline_flow_mod(struct pipeline *p, const struct pipeline_flow_mod *fm,
                  long long now_ms)
{
    struct pipeline_update *u = pipeline_begin(p, now_ms);
    return pipeline_end(u, pipeline_apply(u, fm));
}

void
pipeline_flush(struct pipeline *p, bool hidden, enum rule_reason reason)
{
    struct pipeline_query q = {
        .table_id = PIPELINE_TABLE_ALL,
        .hidden = hidden,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    struct rule_vec rules = { 0 };
    struct pipeline_update *u = pipeline_begin(p, 0);
    pipeline_find_rules(p, &q, u->version, &rules);
    for (size_t i = 0; i < rules.n; i++) {
        pipeline_update_remove(u, rules.items[i], reason, NULL, 0);
    }
    vec_uninit(&rules);
    pipeline_update_delete_groups(u, GROUP_ALL, NULL, 0);
    pipeline_commit(u);
}

/* Whether 'rule' is what the request would make, so that only its time is to
 * be renewed. */
static bool
is_same(const struct rule *rule, const struct pipeline_flow_mod *fm)
{
    return rule->cookie == fm->new_cookie
           && rule->idle_timeout == fm->idle_timeout
           && rule->hard_timeout == fm->hard_timeout
           && actions_equal(rule->actions->actions, fm->actions);
}

enum ofperr
pipeline_learn(struct pipeline *p, const struct pipeline_flow_mod *fm,
               uint32_t limit, long long now_ms, bool *addedp)
{
    *addedp = true;
    struct pipeline_update *u = pipeline_begin(p, now_ms);
    const struct classifier_rule *cr = classifier_find_exact(
        &p->tables[fm->table_id].cls, fm->match, fm->priority, u->version);
    struct rule *old = cr ? CONTAINER_OF(cr, struct rule, cr) : NULL;
    enum ofperr error = 0;
    if (old && is_same(old, fm)) {
        __atomic_store_n(&old->modified_ms, now_ms, __ATOMIC_RELAXED);
    } else if (old) {
        error = pipeline_apply(u, fm);
    } else {
        struct rule_vec rules = { 0 };
        struct pipeline_query q = {
            .table_id = fm->table_id,
            .cookie = fm->new_cookie,
            .cookie_mask = BE64_MAX,
            .out_port = OFPP_NONE,
            .out_group = UINT32_MAX,
        };
        if (limit) {
            pipeline_find_rules(p, &q, u->version, &rules);
        }
        if (limit && rules.n >= limit) {
            *addedp = false;
        } else {
            error = pipeline_apply(u, fm);
        }
        vec_uninit(&rules);
    }
    if (error) {
        *addedp = false;
    }
    return pipeline_end(u, error);
}

static uint16_t
reduce(uint16_t timeout, uint16_t max)
{
    return max && (!timeout || timeout > max) ? max : timeout;
}

void
pipeline_reduce_timeouts(struct pipeline *p, const struct rule *crule,
                         uint16_t idle, uint16_t hard)
{
    struct rule *rule = (struct rule *) crule;
    mutex_lock(&p->mutex);
    bool sooner = false;
    uint16_t new_idle = reduce(rule->idle_timeout, idle);
    uint16_t new_hard = reduce(rule->hard_timeout, hard);
    if (!rule->removed
        && (new_idle != rule->idle_timeout
            || new_hard != rule->hard_timeout)) {
        pipeline_expiry_remove(p, rule);
        rule->idle_timeout = new_idle;
        rule->hard_timeout = new_hard;
        pipeline_expiry_add(p, rule);
        sooner = pipeline_expiry_update(p);
    }
    mutex_unlock(&p->mutex);
    for (size_t i = 0; sooner && i < p->observers.n; i++) {
        const struct pipeline_observer *o = &p->observers.items[i];
        if (o->expiry_changed) {
            o->expiry_changed(o->aux, p);
        }
    }
}
