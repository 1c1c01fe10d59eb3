/* Tests of upcalls over a datapath that is a list of flows.
 *
 * The model test makes random changes and random packets, and holds what the
 * dependencies find against the full pass. */

#include "switch/upcall/upcall.h"

#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/test.h"
#include "datapath/odp/action.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/l2/mac_table.h"
#include "switch/pipeline/pipeline.h"
#include "switch/upcall/upcall_private.h"
#include "sys/clock/clock.h"
#include "sys/thread/rcu_test.h"

enum { MAX_FLOWS = 512, N_PORTS = 4 };

struct fake_flow {
    bool used;
    struct flow key;
    struct flow_mask mask;
    uint8_t actions[512];
    size_t size;
    struct uuid ufid;
    void *owner;
    struct datapath_flow_stats stats;
};

static struct fake_flow fakes[MAX_FLOWS];
static struct upcall *the_upcall;
static int n_puts, n_deletes;

static struct fake_flow *
fake_find(const struct uuid *ufid)
{
    for (size_t i = 0; i < MAX_FLOWS; i++) {
        if (fakes[i].used && uuid_equal(&fakes[i].ufid, ufid)) {
            return &fakes[i];
        }
    }
    return NULL;
}

static int
fake_put(struct datapath *dp, const struct datapath_flow_info *info,
         enum datapath_put_flags flags)
{
    (void) dp;
    struct fake_flow *f = fake_find(&info->ufid);
    n_puts++;
    if (!f && flags & DATAPATH_PUT_CREATE) {
        for (f = fakes; f->used; f++) {
            assert(f < fakes + MAX_FLOWS - 1);
        }
        memset(f, 0, sizeof *f);
        f->used = true;
        f->key = *info->key;
        f->mask = *info->mask;
        f->ufid = info->ufid;
    }
    if (!f) {
        return ENOENT;
    }
    assert(info->actions_size <= sizeof f->actions);
    if (info->actions_size) {
        memcpy(f->actions, info->actions, info->actions_size);
    }
    f->size = info->actions_size;
    f->owner = info->owner;
    return 0;
}

static int
fake_delete(struct datapath *dp, const struct flow *key,
            const struct uuid *ufid, struct datapath_flow_stats *stats)
{
    (void) dp, (void) key;
    struct fake_flow *f = fake_find(ufid);
    if (!f) {
        return ENOENT;
    }
    n_deletes++;
    f->used = false;
    if (stats) {
        *stats = f->stats;
    }
    upcall_flow_removed(the_upcall, f->owner, &f->stats);
    return 0;
}

static struct datapath_flow_info
fake_info(const struct fake_flow *f)
{
    return (struct datapath_flow_info){
        .key = &f->key,
        .mask = &f->mask,
        .actions = f->actions,
        .actions_size = f->size,
        .ufid = f->ufid,
        .owner = f->owner,
        .stats = f->stats,
    };
}

static int
fake_get(struct datapath *dp, const struct flow *key, const struct uuid *ufid,
         datapath_flow_visitor *visit, void *aux)
{
    (void) dp, (void) key;
    struct fake_flow *f = fake_find(ufid);
    if (!f) {
        return ENOENT;
    }
    struct datapath_flow_info info = fake_info(f);
    visit(aux, NULL, &info);
    return 0;
}

static void
fake_for_each(struct datapath *dp, datapath_flow_visitor *visit, void *aux)
{
    (void) dp;
    for (size_t i = 0; i < MAX_FLOWS; i++) {
        if (fakes[i].used) {
            struct datapath_flow_info info = fake_info(&fakes[i]);
            if (!visit(aux, NULL, &info)) {
                return;
            }
        }
    }
}

static const struct datapath_ops fake_ops = {
    .type = "dummy",
    .flow_put = fake_put,
    .flow_delete = fake_delete,
    .flow_get = fake_get,
    .flow_for_each = fake_for_each,
};

static char fake_name[] = "ovs-dummy", fake_type[] = "dummy";
static struct datapath fake_datapath = { &fake_ops, fake_name, fake_type };

struct fixture {
    struct upcall *upcall;
    struct pipeline *pipeline;
    struct mac_table *mac_table;
};

/* A bridge with ports 1 to N_PORTS, at the same numbers in the datapath. */
static struct forwarding *
make_forwarding(const struct fixture *f)
{
    static const struct datapath_support support = { .masked_set = true };
    struct forwarding *fw = forwarding_create("dummy@ovs-dummy", &support);
    struct forwarding_bridge *b =
        forwarding_add_bridge(fw, "br0", f->pipeline, f->mac_table);
    for (uint32_t i = 1; i <= N_PORTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        struct forwarding_bundle *bundle = forwarding_add_bundle(b, name, i);
        forwarding_add_port(b, bundle, name, i, i);
    }
    forwarding_finish(fw);
    return fw;
}

static void
fixture_init(struct fixture *f)
{
    memset(fakes, 0, sizeof fakes);
    n_puts = n_deletes = 0;
    f->upcall = upcall_create("dummy@ovs-dummy", NULL, NULL);
    f->pipeline = pipeline_create();
    f->mac_table = mac_table_create();
    the_upcall = f->upcall;
    upcall_set_datapath(f->upcall, &fake_datapath);
    upcall_add_bridge(f->upcall, f->pipeline, f->mac_table);
    upcall_set_forwarding(f->upcall, make_forwarding(f));
    upcall_run(f->upcall);
}

static void
fixture_uninit(struct fixture *f)
{
    upcall_purge(f->upcall);
    upcall_remove_bridge(f->upcall, f->pipeline, f->mac_table);
    upcall_set_datapath(f->upcall, NULL);
    rcu_offline();
    upcall_destroy(f->upcall);
    rcu_online();
    pipeline_destroy(f->pipeline);
    mac_table_destroy(f->mac_table);
}

static void
add_rule(struct fixture *f, const struct match *match, int priority,
         uint8_t table, struct actions *actions)
{
    struct pipeline_flow_mod fm = {
        .command = PIPELINE_ADD,
        .match = match,
        .priority = priority,
        .table_id = table,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .actions = actions,
    };
    assert_int_equal(pipeline_flow_mod(f->pipeline, &fm, clock_msec()), 0);
    actions_destroy(actions);
}

static void
delete_rules(struct fixture *f, const struct match *match, int priority,
             uint8_t table)
{
    struct pipeline_flow_mod fm = {
        .command = PIPELINE_DELETE_STRICT,
        .match = match,
        .priority = priority,
        .table_id = table,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    assert_int_equal(pipeline_flow_mod(f->pipeline, &fm, clock_msec()), 0);
}

static void
add_output(struct actions *actions, uint32_t port)
{
    struct action_output *a = actions_add(actions, ACTION_OUTPUT, sizeof *a);
    a->port = port;
}

static struct actions *
act_output(uint32_t port)
{
    struct actions actions = ACTIONS_INITIALIZER;
    add_output(&actions, port);
    struct actions *copy = actions_clone(&actions);
    actions_uninit(&actions);
    return copy;
}

static const struct fake_flow *
fake_lookup(const struct flow *key)
{
    for (size_t i = 0; i < MAX_FLOWS; i++) {
        struct flow masked = *key;
        flow_apply_mask(&masked, &fakes[i].mask);
        struct flow own = fakes[i].key;
        flow_apply_mask(&own, &fakes[i].mask);
        if (fakes[i].used && flow_equal(&masked, &own)) {
            return &fakes[i];
        }
    }
    return NULL;
}

static bool
receive(struct fixture *f, const struct flow *key, struct uuid *ufid)
{
    const struct fake_flow *flow = fake_lookup(key);
    if (flow) {
        ((struct fake_flow *) flow)->stats.n_packets++;
        ((struct fake_flow *) flow)->stats.n_bytes += 60;
        ((struct fake_flow *) flow)->stats.used_ms = clock_msec();
        return true;
    }
    struct datapath_verdict verdict;
    struct datapath_upcall up = { .key = key, .ufid = uuid_random() };
    if (!upcall_miss(f->upcall, &up, &verdict)) {
        return false;
    }
    if (ufid) {
        *ufid = up.ufid;
    }
    if (verdict.install) {
        struct datapath_flow_info info = {
            .key = key,
            .mask = verdict.mask,
            .actions = verdict.actions,
            .actions_size = verdict.actions_size,
            .ufid = up.ufid,
            .owner = verdict.owner,
        };
        assert_int_equal(fake_put(&fake_datapath, &info, DATAPATH_PUT_CREATE),
                         0);
    }
    return true;
}

static struct flow
make_key(uint32_t in_port, unsigned int dst, unsigned int type)
{
    struct flow key = { .in_port = in_port };
    key.dl_src = eth_addr_from_u64(0x500000000000 + in_port);
    key.dl_dst = eth_addr_from_u64(0x500000000000 + dst);
    key.dl_type = be16_from_host(type);
    return key;
}

static uint32_t
first_output(const struct flow *key)
{
    const struct fake_flow *f = fake_lookup(key);
    const struct odp_attr *a;
    if (f) {
        ODP_FOR_EACH(a, f->actions, f->size)
        {
            if (a->type == ODP_ACTION_OUTPUT) {
                return odp_attr_u32(a);
            }
        }
    }
    return 0;
}

static void
test_rule_change_changes_flow(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    struct match any;
    match_init_any(&any);
    struct flow key = make_key(1, 9, 0x1234);
    add_rule(&f, &any, 1, 0, act_output(2));
    receive(&f, &key, NULL);
    assert_int_equal(first_output(&key), 2);

    add_rule(&f, &any, 1, 0, act_output(3));
    upcall_run(f.upcall);
    assert_int_equal(first_output(&key), 3);
    assert_int_equal(n_deletes, 0);

    struct match elsewhere;
    match_init_any(&elsewhere);
    elsewhere.flow.in_port = 2;
    elsewhere.mask.bits.in_port = UINT32_MAX;
    n_puts = 0;
    add_rule(&f, &elsewhere, 9, 0, act_output(4));
    upcall_run(f.upcall);
    assert_int_equal(n_puts + n_deletes, 0);

    delete_rules(&f, &any, 1, 0);
    upcall_run(f.upcall);
    assert_int_equal(first_output(&key), 0);
    fixture_uninit(&f);
}

static void
test_counters_reach_the_rule(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    struct match any;
    match_init_any(&any);
    struct flow key = make_key(1, 9, 0x1234);
    add_rule(&f, &any, 1, 0, act_output(2));
    for (int i = 0; i < 5; i++) {
        receive(&f, &key, NULL);
    }
    upcall_fold_stats(f.upcall);

    struct flow of_flow = key;
    const struct rule *rule = pipeline_lookup(
        f.pipeline, pipeline_version(f.pipeline), 0, &of_flow, NULL);
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    assert_int_equal(stats.n_packets, 5);
    struct pipeline_table_stats table;
    pipeline_get_table_stats(f.pipeline, 0, &table);
    assert_int_equal(table.n_matched, 5);
    fixture_uninit(&f);
}

static void
test_normal_learns_and_moves(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    struct match any;
    match_init_any(&any);
    add_rule(&f, &any, 0, 0, act_output(OFPP_NORMAL));
    struct flow to_2 = make_key(1, 2, 0x1234), from_2 = make_key(2, 1, 0x1234);
    receive(&f, &to_2, NULL);
    assert_int_equal(first_output(&to_2), 2); /* Flooded: 2, 3, 4. */
    receive(&f, &from_2, NULL);
    upcall_run(f.upcall);
    assert_int_equal(first_output(&from_2), 1);

    struct flow moved = from_2;
    moved.in_port = 3;
    receive(&f, &moved, NULL);
    upcall_run(f.upcall);
    assert_int_equal(first_output(&to_2), 3);
    fixture_uninit(&f);
}

static void
test_idle_flows_go(void **state)
{
    (void) state;
    struct fixture f;
    clock_stop();
    fixture_init(&f);
    struct match any;
    match_init_any(&any);
    add_rule(&f, &any, 1, 0, act_output(2));
    struct flow key = make_key(1, 9, 0x1234);
    receive(&f, &key, NULL);
    clock_warp(10000);
    upcall_sweep(f.upcall, clock_msec());
    assert_non_null(fake_lookup(&key));
    clock_warp(1);
    upcall_sweep(f.upcall, clock_msec());
    assert_null(fake_lookup(&key));
    fixture_uninit(&f);
}

/* A small random number generator: the same everywhere. */
static uint32_t
random_next(uint32_t *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

static void
random_match(uint32_t *seed, bool with_reg, struct match *m)
{
    match_init_any(m);
    if (random_next(seed) % 2) {
        m->flow.in_port = 1 + random_next(seed) % N_PORTS;
        m->mask.bits.in_port = UINT32_MAX;
    }
    if (random_next(seed) % 2) {
        m->flow.dl_dst =
            eth_addr_from_u64(0x500000000000 + random_next(seed) % 4);
        m->mask.bits.dl_dst = eth_addr_from_u64(
            random_next(seed) % 2 ? UINT64_MAX : UINT64_MAX - 1);
    }
    if (random_next(seed) % 4 == 0) {
        m->flow.dl_type = be16_from_host(0x1000 + random_next(seed) % 2);
        m->mask.bits.dl_type = BE16_MAX;
    }
    if (with_reg && random_next(seed) % 2) {
        m->flow.regs[0] = random_next(seed) % 3;
        m->mask.bits.regs[0] = UINT32_MAX;
    }
    match_zero_wildcarded(m);
}

static struct actions *
random_actions(uint32_t *seed, bool may_resubmit)
{
    struct actions as = ACTIONS_INITIALIZER;
    if (random_next(seed) % 3 == 0) {
        struct action_set_field *a =
            actions_add(&as, ACTION_SET_FIELD, sizeof *a + 8);
        a->field = field_from_id(FIELD_REG0);
        a->value_size = 4;
        put_be32(a->bytes, random_next(seed) % 3);
        put_be32(a->bytes + 4, UINT32_MAX);
    }
    if (random_next(seed) % 4 == 0) {
        struct action_mac *a = actions_add(&as, ACTION_SET_ETH_DST, sizeof *a);
        a->mac = eth_addr_from_u64(0x500000000000 + random_next(seed) % 4);
    }
    if (may_resubmit && random_next(seed) % 3) {
        struct action_resubmit *a =
            actions_add(&as, ACTION_RESUBMIT, sizeof *a);
        a->in_port = random_next(seed) % 4 ? (uint32_t) OFPP_IN_PORT
                                           : 1 + random_next(seed) % N_PORTS;
        a->table_id = 1 + random_next(seed) % 2;
    }
    if (random_next(seed) % 5) {
        add_output(&as, random_next(seed) % 4 ? 1 + random_next(seed) % N_PORTS
                                              : (uint32_t) OFPP_NORMAL);
    }
    struct actions *copy = actions_clone(&as);
    actions_uninit(&as);
    return copy;
}

/* Translates 'key' afresh; true if the result is what flow 'f' does. */
static bool
does_as_translated(const struct fixture *fixture, const struct fake_flow *f,
                   const struct flow *key)
{
    const struct forwarding *fw = upcall_forwarding(fixture->upcall);
    struct translation t;
    translation_init(&t);
    struct translate_request request = {
        .forwarding = fw,
        .bridge = forwarding_find_bridge(fw, "br0"),
        .freezer = upcall_freezer(fixture->upcall),
        .flow = key,
        .now_ms = clock_msec(),
    };
    translate(&request, &t);
    bool same = t.actions.size == f->size
                && (!f->size || !memcmp(t.actions.data, f->actions, f->size));
    translation_uninit(&t);
    return same;
}

/* Whether every installed flow does to every packet that it catches what the
 * tables say now. */
static bool
all_flows_are_right(const struct fixture *fixture)
{
    for (size_t i = 0; i < MAX_FLOWS; i++) {
        for (unsigned int n = 0; fakes[i].used && n < N_PORTS * 8; n++) {
            struct flow key = make_key(1 + n / 8, n / 2 % 4, 0x1000 + n % 2);
            struct flow a = key, b = fakes[i].key;
            flow_apply_mask(&a, &fakes[i].mask);
            flow_apply_mask(&b, &fakes[i].mask);
            if (flow_equal(&a, &b)
                && !does_as_translated(fixture, &fakes[i], &key)) {
                return false;
            }
        }
    }
    return true;
}

static void
random_change(struct fixture *f, uint32_t *seed)
{
    struct match match;
    uint8_t table = random_next(seed) % 3;
    random_match(seed, table > 0, &match);
    /* Rules of one priority must not overlap, or which one wins is not
     * defined: every shape of mask has a priority of its own. */
    int priority = flow_mask_hash(&match.mask, 0) % 65536;
    if (random_next(seed) % 3) {
        add_rule(f, &match, priority, table, random_actions(seed, table == 0));
    } else {
        struct pipeline_flow_mod fm = {
            .command = PIPELINE_DELETE,
            .match = &match,
            .table_id = table,
            .out_port = OFPP_NONE,
            .out_group = UINT32_MAX,
        };
        assert_int_equal(pipeline_flow_mod(f->pipeline, &fm, clock_msec()), 0);
    }
}

static void
test_dependencies_agree_with_full_pass(void **state)
{
    (void) state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct fixture f;
        uint32_t random = seed;
        fixture_init(&f);
        for (int step = 0; step < 150; step++) {
            int n_changes = 1 + random_next(&random) % 3;
            for (int i = 0; i < n_changes; i++) {
                random_change(&f, &random);
            }
            upcall_run(f.upcall);
            if (!all_flows_are_right(&f)) {
                fail_msg("seed %u, step %d: a flow is stale", seed, step);
            }
            /* The full pass changes nothing; it may only delete flows whose
             * mask could be better now. */
            n_puts = 0;
            upcall_revalidate_all(f.upcall);
            if (n_puts || !all_flows_are_right(&f)) {
                fail_msg("seed %u, step %d: the full pass found a stale flow",
                         seed, step);
            }
            for (int i = 0; i < 4; i++) {
                struct flow key = make_key(1 + random_next(&random) % N_PORTS,
                                           random_next(&random) % 4,
                                           0x1000 + random_next(&random) % 2);
                receive(&f, &key, NULL);
                upcall_run(f.upcall);
            }
        }
        fixture_uninit(&f);
    }
}

static int
teardown(void **state)
{
    (void) state;
    upcall_thread_end();
    return rcu_test_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_change_changes_flow),
        cmocka_unit_test(test_counters_reach_the_rule),
        cmocka_unit_test(test_normal_learns_and_moves),
        cmocka_unit_test(test_idle_flows_go),
        cmocka_unit_test(test_dependencies_agree_with_full_pass),
    };
    return cmocka_run_group_tests(tests, rcu_test_setup, teardown);
}
