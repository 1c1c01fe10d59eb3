/* Tests of flow tables, flow_mods, updates and timeouts. */

#include "switch/pipeline/pipeline.h"

#include <limits.h>

#include "base/test.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "sys/thread/rcu_test.h"

static struct actions *
output_to(uint32_t port)
{
    struct actions actions = ACTIONS_INITIALIZER;
    struct action_output *a = actions_add(&actions, ACTION_OUTPUT, sizeof *a);
    a->port = port;
    struct actions *copy = actions_clone(&actions);
    actions_uninit(&actions);
    return copy;
}

static struct match
match_in_port(uint32_t port)
{
    struct match match;
    match_init_any(&match);
    if (port) {
        match.flow.in_port = port;
        match.mask.bits.in_port = UINT32_MAX;
    }
    return match;
}

/* A request about rules for 'in_port' (0: any) in table 0. */
static struct pipeline_flow_mod
request(enum pipeline_command command, const struct match *match)
{
    return (struct pipeline_flow_mod){
        .command = command,
        .match = match,
        .priority = PIPELINE_DEFAULT_PRIORITY,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .delete_reason = RULE_DELETE,
    };
}

static enum ofperr
add(struct pipeline *p, uint32_t in_port, uint32_t out_port,
    const struct pipeline_flow_mod *extra)
{
    struct match match = match_in_port(in_port);
    struct pipeline_flow_mod fm =
        extra ? *extra : request(PIPELINE_ADD, &match);
    struct actions *actions = output_to(out_port);
    fm.match = &match;
    fm.actions = actions;
    enum ofperr error = pipeline_flow_mod(p, &fm, 1000);
    actions_destroy(actions);
    return error;
}

/* Output port of the rule that packets from 'in_port' meet; 0 if none. */
static uint32_t
lookup(struct pipeline *p, uint32_t in_port)
{
    struct flow flow = { .in_port = in_port };
    const struct rule *rule =
        pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    return rule ? ((const struct action_output *) rule->actions->actions->data)
                      ->port
                : 0;
}

static struct {
    int n_commits, n_added, n_modified, n_removed;
    enum rule_reason reason;
} heard;

static void
on_commit(void *aux, struct pipeline *p, classifier_version version,
          const struct pipeline_change *changes, size_t n)
{
    (void) aux, (void) p, (void) version;
    heard.n_commits++;
    for (size_t i = 0; i < n; i++) {
        heard.n_added += changes[i].type == PIPELINE_CHANGE_ADDED;
        heard.n_modified += changes[i].type == PIPELINE_CHANGE_MODIFIED;
        heard.n_removed += changes[i].type == PIPELINE_CHANGE_REMOVED;
        heard.reason = changes[i].reason;
    }
}

static struct pipeline *
create(void)
{
    static const struct pipeline_observer observer = { .committed =
                                                           on_commit };
    struct pipeline *p = pipeline_create();
    pipeline_add_observer(p, &observer);
    memset(&heard, 0, sizeof heard);
    return p;
}

static void
test_add_and_delete(void **state)
{
    (void) state;
    struct pipeline *p = create();
    assert_int_equal(add(p, 1, 2, NULL), 0);
    assert_int_equal(add(p, 2, 3, NULL), 0);
    assert_int_equal(lookup(p, 1), 2);
    assert_int_equal(pipeline_n_rules(p, 0), 2);

    struct match match = match_in_port(1);
    struct pipeline_flow_mod fm = request(PIPELINE_DELETE, &match);
    assert_int_equal(pipeline_flow_mod(p, &fm, 0), 0);

    assert_int_equal(lookup(p, 1), 0);
    assert_int_equal(lookup(p, 2), 3);
    assert_int_equal(heard.n_commits, 3);
    assert_int_equal(heard.n_removed, 1);
    assert_int_equal(heard.reason, RULE_DELETE);
    pipeline_destroy(p);
}

static void
test_delete_filters_by_cookie_and_port(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct match any = match_in_port(0);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &any);
    fm.new_cookie = BE64_CONST(0x12);
    add(p, 1, 2, &fm);
    fm.new_cookie = BE64_CONST(0x34);
    add(p, 2, 3, &fm);

    fm = request(PIPELINE_DELETE, &any);
    fm.cookie = BE64_CONST(0x10);
    fm.cookie_mask = BE64_CONST(0xf0);
    assert_int_equal(pipeline_flow_mod(p, &fm, 0), 0);
    assert_int_equal(lookup(p, 1), 0);
    assert_int_equal(lookup(p, 2), 3);

    fm = request(PIPELINE_DELETE, &any);
    fm.out_port = 9;
    assert_int_equal(pipeline_flow_mod(p, &fm, 0), 0);
    assert_int_equal(lookup(p, 2), 3);
    fm.out_port = 3;
    assert_int_equal(pipeline_flow_mod(p, &fm, 0), 0);
    assert_int_equal(lookup(p, 2), 0);
    pipeline_destroy(p);
}

static void
test_modify_keeps_counters_and_adds_if_none(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct match any = match_in_port(0);
    struct pipeline_flow_mod fm = request(PIPELINE_MODIFY, &any);
    add(p, 1, 2, &fm);
    assert_int_equal(heard.n_added, 1);
    struct flow flow = { .in_port = 1 };
    const struct rule *rule =
        pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    rule_counters_credit(rule->counters, 5, 500, 2000);

    add(p, 0, 7, &fm);

    assert_int_equal(heard.n_modified, 1);
    assert_int_equal(lookup(p, 1), 7);
    rule = pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    assert_int_equal(stats.n_packets, 5);
    assert_int_equal(stats.used_ms, 2000);
    pipeline_destroy(p);
}

static void
test_add_over_resets_counters_on_request(void **state)
{
    (void) state;
    struct pipeline *p = create();
    add(p, 1, 2, NULL);
    struct flow flow = { .in_port = 1 };
    const struct rule *rule =
        pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    rule_counters_credit(rule->counters, 5, 500, 2000);
    struct rule_stats stats;

    add(p, 1, 3, NULL);
    rule = pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    rule_get_stats(rule, &stats);
    assert_int_equal(stats.n_packets, 5);

    struct match match = match_in_port(1);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &match);
    fm.flags = RULE_RESET_COUNTS;
    add(p, 1, 3, &fm);
    rule = pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    rule_get_stats(rule, &stats);
    assert_int_equal(stats.n_packets, 0);
    pipeline_destroy(p);
}

static void
test_overlap_full_table_and_hidden(void **state)
{
    (void) state;
    struct pipeline *p = create();
    add(p, 1, 2, NULL);
    struct match any = match_in_port(0);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &any);
    fm.flags = RULE_CHECK_OVERLAP;
    assert_int_equal(add(p, 0, 2, &fm), OFPERR_OFPFMFC_OVERLAP);

    struct pipeline_table_config config = { .max_flows = 1 };
    pipeline_set_table(p, 0, &config);
    assert_int_equal(add(p, 2, 2, NULL), OFPERR_OFPFMFC_TABLE_FULL);
    assert_int_equal(add(p, 1, 9, NULL), 0);

    fm = request(PIPELINE_ADD, &any);
    fm.priority = 100000;
    assert_int_equal(add(p, 0, 4, &fm), OFPERR_OFPBRC_EPERM);
    fm.flags = RULE_NO_READONLY;
    assert_int_equal(add(p, 0, 4, &fm), 0);
    assert_int_equal(lookup(p, 1), 4);
    fm = request(PIPELINE_DELETE, &any);
    assert_int_equal(pipeline_flow_mod(p, &fm, 0), 0);
    assert_int_equal(lookup(p, 1), 4);
    assert_int_equal(pipeline_n_rules(p, 0), 0);
    pipeline_destroy(p);
}

static void
test_eviction_takes_least_important(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct pipeline_table_config config = { .max_flows = 2, .evict = true };
    pipeline_set_table(p, 0, &config);
    struct match any = match_in_port(0);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &any);
    fm.importance = 5;
    add(p, 1, 2, &fm);
    fm.importance = 3;
    add(p, 2, 2, &fm);
    fm.importance = 9;

    assert_int_equal(add(p, 3, 2, &fm), 0);

    assert_int_equal(lookup(p, 1), 2);
    assert_int_equal(lookup(p, 2), 0);
    assert_int_equal(lookup(p, 3), 2);
    pipeline_destroy(p);
}

static void
test_update_is_atomic_and_revertible(void **state)
{
    (void) state;
    struct pipeline *p = create();
    add(p, 1, 2, NULL);
    heard.n_commits = 0;
    struct match one = match_in_port(1), two = match_in_port(2);
    struct actions *actions = output_to(9);
    struct pipeline_flow_mod del = request(PIPELINE_DELETE, &one);
    struct pipeline_flow_mod add_two = request(PIPELINE_ADD, &two);
    add_two.actions = actions;

    struct pipeline_update *u = pipeline_begin(p, 0);
    assert_int_equal(pipeline_apply(u, &add_two), 0);
    assert_int_equal(pipeline_apply(u, &add_two), 0);
    assert_int_equal(pipeline_apply(u, &del), 0);
    assert_int_equal(lookup(p, 1), 2);
    assert_int_equal(lookup(p, 2), 0);
    pipeline_revert(u);
    assert_int_equal(lookup(p, 1), 2);
    assert_int_equal(lookup(p, 2), 0);
    assert_int_equal(heard.n_commits, 0);
    assert_int_equal(pipeline_n_rules(p, 0), 1);

    u = pipeline_begin(p, 0);
    assert_int_equal(pipeline_apply(u, &add_two), 0);
    assert_int_equal(pipeline_apply(u, &del), 0);
    assert_int_equal(pipeline_apply(u, &add_two), 0);
    pipeline_commit(u);
    assert_int_equal(lookup(p, 1), 0);
    assert_int_equal(lookup(p, 2), 9);
    assert_int_equal(heard.n_commits, 1);
    actions_destroy(actions);
    pipeline_destroy(p);
}

static void
test_timeouts(void **state)
{
    (void) state;
    struct pipeline *p = create();
    assert_true(pipeline_next_expiry(p) == LLONG_MAX);
    struct match any = match_in_port(0);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &any);
    fm.idle_timeout = 10;
    add(p, 1, 2, &fm);
    fm.idle_timeout = 0;
    fm.hard_timeout = 20;
    add(p, 2, 2, &fm);
    assert_int_equal(pipeline_next_expiry(p), 11001);

    struct flow flow = { .in_port = 1 };
    const struct rule *rule =
        pipeline_lookup(p, pipeline_version(p), 0, &flow, NULL);
    rule_counters_credit(rule->counters, 1, 60, 5000);
    assert_false(pipeline_expiry_needs_counters(p, 11001));
    pipeline_expire(p, 11001);
    assert_int_equal(pipeline_next_expiry(p), 15001);
    assert_true(pipeline_expiry_needs_counters(p, 15001));
    pipeline_expire(p, 15001);
    assert_int_equal(lookup(p, 1), 0);
    assert_int_equal(heard.reason, RULE_IDLE_TIMEOUT);
    pipeline_expire(p, 21001);
    assert_int_equal(lookup(p, 2), 0);
    assert_int_equal(heard.reason, RULE_HARD_TIMEOUT);
    assert_true(pipeline_next_expiry(p) == LLONG_MAX);
    pipeline_destroy(p);
}

static void
test_collect_by_match(void **state)
{
    (void) state;
    struct pipeline *p = create();
    add(p, 1, 2, NULL);
    add(p, 2, 3, NULL);
    struct pipeline_query q = {
        .table_id = PIPELINE_TABLE_ALL,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    struct rule_vec rules;
    pipeline_collect(p, &q, &rules);
    assert_int_equal(rules.n, 2);
    rule_vec_uninit(&rules);
    struct match match = match_in_port(2);
    q.match = &match;
    pipeline_collect(p, &q, &rules);
    assert_int_equal(rules.n, 1);
    rule_vec_uninit(&rules);
    pipeline_destroy(p);
}

static void
test_learn_renews_equal_rule(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct match match = match_in_port(1);
    struct actions *actions = output_to(2);
    struct pipeline_flow_mod fm = request(PIPELINE_MODIFY_STRICT, &match);
    fm.actions = actions;
    fm.hard_timeout = 10;
    bool added;
    assert_int_equal(pipeline_learn(p, &fm, 1, 0, &added), 0);
    assert_true(added);
    assert_int_equal(pipeline_learn(p, &fm, 1, 5000, &added), 0);
    assert_true(added);
    assert_int_equal(heard.n_commits, 1);
    pipeline_expire(p, 10001);
    assert_int_equal(lookup(p, 1), 2);
    struct match other = match_in_port(2);
    fm.match = &other;
    assert_int_equal(pipeline_learn(p, &fm, 1, 5000, &added), 0);
    assert_false(added);
    actions_destroy(actions);
    pipeline_destroy(p);
}

static enum ofperr
apply_group(struct pipeline_update *u, enum group_command command, uint32_t id,
            uint16_t n_buckets)
{
    struct group_mod gm = { .command = command,
                            .command_bucket_id = GROUP_BUCKET_LAST };
    group_desc_init(&gm.desc);
    gm.desc.id = id;
    gm.desc.type = GROUP_TYPE_SELECT;
    for (uint16_t i = 0; i < n_buckets; i++) {
        struct group_bucket *b = group_desc_add_bucket(&gm.desc);
        b->id = id * 10 + i;
        b->weight = i;
    }
    const struct pipeline_group_mod pgm = { .mod = &gm };
    enum ofperr error = pipeline_apply_group(u, &pgm);
    group_desc_uninit(&gm.desc);
    return error;
}

/* A rule for packets from port 'id' that names group 'id'. */
static enum ofperr
apply_rule(struct pipeline_update *u, uint32_t id)
{
    struct match match = match_in_port(id);
    struct pipeline_flow_mod fm = request(PIPELINE_ADD, &match);
    struct actions actions = ACTIONS_INITIALIZER;
    struct action_number *a = actions_add(&actions, ACTION_GROUP, sizeof *a);
    a->value = id;
    fm.actions = &actions;
    enum ofperr error = pipeline_apply(u, &fm);
    actions_uninit(&actions);
    return error;
}

static const struct group *
find_group(const struct pipeline *p, uint32_t id)
{
    return pipeline_find_group(p, pipeline_version(p), id);
}

static void
test_groups_come_and_go_with_the_update(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct pipeline_update *u = pipeline_begin(p, 0);
    assert_int_equal(apply_rule(u, 1), OFPERR_OFPBAC_BAD_OUT_GROUP);
    assert_int_equal(apply_group(u, GROUP_ADD, 1, 2), 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 1, 2),
                     OFPERR_OFPGMFC_GROUP_EXISTS);
    assert_int_equal(apply_rule(u, 1), 0);
    assert_null(find_group(p, 1));
    pipeline_revert(u);
    assert_null(find_group(p, 1));
    assert_int_equal(pipeline_n_rules(p, 0), 0);

    u = pipeline_begin(p, 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 1, 2), 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 2, 2), 0);
    assert_int_equal(apply_rule(u, 1), 0);
    assert_int_equal(apply_rule(u, 2), 0);
    pipeline_commit(u);
    assert_int_equal(pipeline_n_rules(p, 0), 2);
    const struct group *before = find_group(p, 1);

    u = pipeline_begin(p, 0);
    assert_int_equal(apply_group(u, GROUP_DELETE, 1, 0), 0);
    assert_int_equal(apply_group(u, GROUP_ADD_OR_MOD, 1, 3), 0);
    assert_int_equal(apply_group(u, GROUP_MODIFY, 2, 3), 0);
    assert_int_equal(pipeline_n_rules(p, 0), 1);
    pipeline_revert(u);
    assert_ptr_equal(find_group(p, 1), before);
    assert_int_equal(find_group(p, 2)->desc.buckets.n, 2);
    assert_int_equal(pipeline_n_rules(p, 0), 2);

    u = pipeline_begin(p, 0);
    assert_int_equal(apply_group(u, GROUP_DELETE, 1, 0), 0);
    pipeline_commit(u);
    assert_null(find_group(p, 1));
    assert_int_equal(pipeline_n_rules(p, 0), 1);
    assert_int_equal(heard.reason, RULE_GROUP_DELETE);
    group_info_vec groups = VEC_INITIALIZER;
    pipeline_collect_groups(p, GROUP_ALL, &groups);
    assert_int_equal(groups.n, 1);
    assert_int_equal(groups.items[0].n_rules, 1);
    vec_uninit(&groups);
    pipeline_destroy(p);
}

static void
test_hash_values_are_shared_by_weight(void **state)
{
    (void) state;
    struct pipeline *p = create();
    struct pipeline_update *u = pipeline_begin(p, 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 1, 4), 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 2, 0), 0);
    assert_int_equal(apply_group(u, GROUP_ADD, 3, 400), 0);
    pipeline_commit(u);

    const struct group *g = find_group(p, 1);
    assert_int_equal(g->choice, GROUP_CHOICE_DP_HASH);
    assert_int_equal(g->n_hash_values, 16);
    int n[4] = { 0 };
    for (size_t i = 0; i < g->n_hash_values; i++) {
        n[g->hash_map[i]]++;
    }
    assert_int_equal(n[0], 0);
    assert_in_range(n[1], 2, 3);
    assert_in_range(n[2], 5, 6);
    assert_int_equal(n[3], 8);
    /* Without weight, or with too many: by a hash of the packet. */
    assert_int_equal(find_group(p, 2)->choice, GROUP_CHOICE_HASH);
    assert_int_equal(find_group(p, 3)->choice, GROUP_CHOICE_HASH);
    pipeline_destroy(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_and_delete),
        cmocka_unit_test(test_delete_filters_by_cookie_and_port),
        cmocka_unit_test(test_modify_keeps_counters_and_adds_if_none),
        cmocka_unit_test(test_add_over_resets_counters_on_request),
        cmocka_unit_test(test_overlap_full_table_and_hidden),
        cmocka_unit_test(test_eviction_takes_least_important),
        cmocka_unit_test(test_update_is_atomic_and_revertible),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_collect_by_match),
        cmocka_unit_test(test_learn_renews_equal_rule),
        cmocka_unit_test(test_groups_come_and_go_with_the_update),
        cmocka_unit_test(test_hash_values_are_shared_by_weight),
    };
    return cmocka_run_group_tests(tests, rcu_test_setup, rcu_test_teardown);
}
