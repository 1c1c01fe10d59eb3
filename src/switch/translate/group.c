/* Groups: OpenFlow 1.3.5 §5.6.  Which buckets a packet takes, and what happens
 * to it there. */

#include <inttypes.h>

#include "base/hash.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "openflow/action/check.h"
#include "switch/translate/translate_private.h"

enum {
    MAX_WATCH_DEPTH = 128,       /* Groups that watch groups. */
    MAX_LIVENESS_CHECKS = 16384, /* Of groups that are watched. */
};

/* The group at the bridge's version; the result depends on it. */
static const struct group *
find_group(struct translator *t, uint32_t id)
{
    struct translate_dep *dep = vec_add(&t->out->deps);
    dep->type = TRANSLATE_DEP_GROUP;
    dep->pipeline = t->bridge->pipeline;
    dep->group_id = id;
    return pipeline_find_group(t->bridge->pipeline, t->version, id);
}

static int first_live(struct translator *, const struct group *,
                      unsigned int depth);

/* 'depth': how many groups watch it already. */
static bool
group_is_live(struct translator *t, uint32_t id, unsigned int depth)
{
    if (++t->n_liveness_checks > MAX_LIVENESS_CHECKS) {
        translator_report(t, TRACE_ERROR, "over %d liveness checks of groups",
                          MAX_LIVENESS_CHECKS);
        translator_fail(t, TRANSLATE_TOO_MANY_RESUBMITS);
        return false;
    }
    const struct group *g = find_group(t, id);
    return g && first_live(t, g, depth + 1) >= 0;
}

static bool
bucket_is_live(struct translator *t, const struct group *g, size_t i,
               unsigned int depth)
{
    const struct group_bucket *b = &g->desc.buckets.items[i];
    if (t->out->error) {
        return false;
    }
    if (depth >= MAX_WATCH_DEPTH) {
        translator_report(t, TRACE_ERROR, "bucket chaining exceeded %d links",
                          MAX_WATCH_DEPTH);
        return false;
    }
    if (g->desc.type == GROUP_TYPE_SELECT && !b->weight) {
        return false;
    }
    return (b->watch_port == OFPP_NONE && b->watch_group == GROUP_ANY)
           || (b->watch_port != OFPP_NONE
               && translator_port_is_live(t, b->watch_port))
           || (b->watch_group != GROUP_ANY
               && group_is_live(t, b->watch_group, depth));
}

static void
report_dead(struct translator *t, const struct group_bucket *b)
{
    if (!t->trace) {
        return;
    }
    struct str s = STR_INITIALIZER;
    if (b->watch_port != OFPP_NONE) {
        str_put(&s, "port ");
        ofp_port_format(b->watch_port, translator_names(t), &s);
    } else if (b->watch_group != GROUP_ANY) {
        str_putf(&s, "group %" PRIu32, b->watch_group);
    } else {
        str_put(&s, "weight 0");
    }
    translator_report(t, TRACE_DETAIL,
                      "bucket %" PRIu32 ": not live due to %s", b->id,
                      str_text(&s));
    str_uninit(&s);
}

/* Index of the first bucket that is live, or -1. */
static int
first_live(struct translator *t, const struct group *g, unsigned int depth)
{
    for (size_t i = 0; i < g->desc.buckets.n; i++) {
        if (bucket_is_live(t, g, i, depth)) {
            return (int) i;
        }
        report_dead(t, &g->desc.buckets.items[i]);
    }
    return -1;
}

/* Index of the live bucket with the highest score, its weight times a hash of
 * its number and 'basis'; or -1. */
static int
best_live(struct translator *t, const struct group *g, uint32_t basis)
{
    int best = -1;
    uint32_t best_score = 0;
    for (size_t i = 0; i < g->desc.buckets.n; i++) {
        const struct group_bucket *b = &g->desc.buckets.items[i];
        if (!bucket_is_live(t, g, i, 0)) {
            report_dead(t, b);
            continue;
        }
        uint32_t score = (hash_u32(b->id, basis) & 0xffff) * b->weight;
        translator_report(t, TRACE_DETAIL,
                          "bucket %" PRIu32 ": score %" PRIu32, b->id, score);
        if (best < 0 || score > best_score) {
            best = (int) i;
            best_score = score;
        }
    }
    return best;
}

/* Hash of the fields that the group's description names and the packet has. */
static uint32_t
hash_fields(struct translator *t, const struct group *g)
{
    uint32_t hash = g->hash_basis;
    const struct group_field *gf;
    VEC_FOR_EACH (gf, &g->desc.selection.fields) {
        const struct field *f = gf->field;
        union field_value value;
        if (!field_prereqs_ok(f, &t->flow, t->mask)) {
            continue;
        }
        translator_look(t, f, &gf->mask);
        field_get(f, &t->flow, &value);
        for (size_t i = 0; i < f->n_bytes; i++) {
            value.bytes[i] &= gf->mask.bytes[i];
        }
        hash = hash_bytes(value.bytes, f->n_bytes, hash);
    }
    return hash;
}

/* Chooses by the datapath's hash, for which it sends the packet round.  A dead
 * bucket's share goes to those that have the hash values after its own. */
static int
choose_by_dp_hash(struct translator *t, const struct group *g)
{
    uint32_t mask = g->n_hash_values - 1;
    if (!t->flow.dp_hash) {
        translator_freeze_for_hash(t, g->is_symmetric, g->hash_basis);
        return -1;
    }
    t->mask->bits.dp_hash |= mask;
    for (uint32_t i = 0; i < g->n_hash_values; i++) {
        int bucket = g->hash_map[(t->flow.dp_hash + i) & mask];
        if (bucket_is_live(t, g, (size_t) bucket, 0)) {
            return bucket;
        }
    }
    return -1;
}

static int
choose(struct translator *t, const struct group *g)
{
    if (g->desc.type == GROUP_TYPE_FF) {
        return first_live(t, g, 0);
    }
    switch (g->choice) {
    case GROUP_CHOICE_DP_HASH:
        return choose_by_dp_hash(t, g);
    case GROUP_CHOICE_FIELDS:
        return best_live(t, g, hash_fields(t, g));
    case GROUP_CHOICE_HASH:
        return best_live(t, g, translator_hash_symmetric_l4(t, g->hash_basis));
    }
    NOT_REACHED();
}

/* Executes the bucket's actions, as a set, on a copy of the packet. */
static void
run_bucket(struct translator *t, const struct group *g, size_t i)
{
    const struct group_bucket *b = &g->desc.buckets.items[i];
    struct trace_list *trace =
        translator_enter(t, TRACE_BUCKET, "bucket %" PRIu32, b->id);
    struct actions ordered;
    struct flow flow = t->flow;
    struct actions *set = t->action_set;
    actions_init(&ordered);
    actions_execute_set(&b->actions, &ordered);
    translator_credit(t, g->bucket_counters[i]);
    t->action_set = NULL;
    if (ordered.size) {
        translator_action_list(t, ordered.data, ordered.size,
                               ACTION_LIST_BUCKET);
        translator_finish_freezing(t);
    } else {
        translator_report(t, TRACE_ACTION, "drop");
    }
    translator_drop_action_set(t);
    actions_uninit(&ordered);
    t->action_set = set;
    t->flow = flow;
    t->exit = t->out->error != TRANSLATE_OK;
    t->trace = trace;
}

static void
run_group(struct translator *t, const struct group *g)
{
    if (g->desc.type == GROUP_TYPE_ALL
        || g->desc.type == GROUP_TYPE_INDIRECT) {
        translator_credit(t, g->counters);
        for (size_t i = 0; i < g->desc.buckets.n && !t->exit; i++) {
            run_bucket(t, g, i);
        }
        return;
    }
    int i = choose(t, g);
    if (i < 0) {
        /* Also for a packet that goes round first, as traces have it. */
        translator_report(t, TRACE_DETAIL, "no live bucket");
        return;
    }
    translator_report(t, TRACE_DETAIL, "using bucket %" PRIu32,
                      g->desc.buckets.items[i].id);
    translator_credit(t, g->counters);
    run_bucket(t, g, (size_t) i);
}

void
translator_group(struct translator *t, uint32_t id)
{
    const struct group *g = find_group(t, id);
    if (!g) {
        /* A bucket may name a group that is not there. */
        translator_report(t, TRACE_WARN, "group %" PRIu32 " does not exist",
                          id);
    } else if (translator_may_recurse(t)) {
        t->depth++;
        t->n_resubmits++;
        run_group(t, g);
        t->depth--;
    }
}
