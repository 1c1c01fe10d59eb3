/* Workers miss while the main thread changes the tables: for the thread
 * sanitizer, and for what must hold at the end. */

#include <errno.h>
#include <stdio.h>

#include "base/test.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/l2/mac_table.h"
#include "switch/pipeline/pipeline.h"
#include "switch/upcall/upcall.h"
#include "sys/clock/clock.h"
#include "sys/thread/rcu_test.h"
#include "sys/thread/thread.h"

enum { N_WORKERS = 3, N_MISSES = 3000, N_CHANGES = 400, N_PORTS = 4 };

static struct upcall *upcall;
static unsigned int n_handled; /* Atomic. */

static int
fake_put(struct datapath *dp, const struct datapath_flow_info *info,
         enum datapath_put_flags flags)
{
    (void) dp, (void) info, (void) flags;
    return 0;
}

static int
fake_delete(struct datapath *dp, const struct flow *key,
            const struct uuid *ufid, struct datapath_flow_stats *stats)
{
    (void) dp, (void) key, (void) ufid, (void) stats;
    return ENOENT;
}

static int
fake_get(struct datapath *dp, const struct flow *key, const struct uuid *ufid,
         datapath_flow_visitor *visit, void *aux)
{
    (void) dp, (void) key, (void) ufid, (void) visit, (void) aux;
    return ENOENT;
}

static void
fake_for_each(struct datapath *dp, datapath_flow_visitor *visit, void *aux)
{
    (void) dp, (void) visit, (void) aux;
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

static void
work(void *arg)
{
    const struct datapath_observer *o = upcall_datapath_observer(upcall);
    uint32_t seed = (uintptr_t) arg;
    void *owners[8] = { NULL };
    struct datapath_flow_stats stats = { .n_packets = 1 };
    for (int i = 0; i < N_MISSES; i++) {
        seed = seed * 1103515245 + 12345;
        uint32_t r = seed >> 16;
        struct flow key = { .in_port = 1 + r % N_PORTS };
        key.dl_src = eth_addr_from_u64(0x500000000000 + r / 4 % 4);
        key.dl_dst = eth_addr_from_u64(0x500000000000 + r / 16 % 4);
        key.dl_type = BE16_CONST(0x1234);
        struct datapath_upcall up = { .key = &key, .ufid = uuid_random() };
        struct datapath_verdict verdict;
        if (o->miss(o->aux, &up, &verdict)) {
            __atomic_fetch_add(&n_handled, 1, __ATOMIC_RELAXED);
            void **owner = &owners[r / 64 % 8];
            o->flow_removed(o->aux, *owner, &stats);
            *owner = verdict.install ? verdict.owner : NULL;
        }
        rcu_quiesce();
    }
    for (int i = 0; i < 8; i++) {
        o->flow_removed(o->aux, owners[i], &stats);
    }
    upcall_thread_end();
}

static void
change_table(struct pipeline *p, uint32_t i)
{
    struct match match;
    match_init_any(&match);
    match.flow.dl_dst = eth_addr_from_u64(0x500000000000 + i % 4);
    match.mask.bits.dl_dst = eth_addr_from_u64(UINT64_MAX);
    struct actions actions = ACTIONS_INITIALIZER;
    struct action_output *a = actions_add(&actions, ACTION_OUTPUT, sizeof *a);
    a->port = i % 3 ? 1 + i % N_PORTS : (uint32_t) OFPP_NORMAL;
    struct pipeline_flow_mod fm = {
        .command = i % 5 ? PIPELINE_ADD : PIPELINE_DELETE,
        .match = &match,
        .priority = 7,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .actions = &actions,
    };
    assert_int_equal(pipeline_flow_mod(p, &fm, clock_msec()), 0);
    actions_uninit(&actions);
}

static struct forwarding *
make_forwarding(struct pipeline *p, struct mac_table *m)
{
    static const struct datapath_support support = { .masked_set = true };
    struct forwarding *fw = forwarding_create("dummy@ovs-dummy", &support);
    struct forwarding_bridge *b = forwarding_add_bridge(fw, "br0", p, m);
    for (uint32_t i = 1; i <= N_PORTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        forwarding_add_port(b, forwarding_add_bundle(b, name, i), name, i, i);
    }
    forwarding_finish(fw);
    return fw;
}

static void
test_workers_miss_while_tables_change(void **state)
{
    (void) state;
    struct pipeline *p = pipeline_create();
    struct mac_table *m = mac_table_create();
    upcall = upcall_create("dummy@ovs-dummy", NULL, NULL);
    upcall_set_datapath(upcall, &fake_datapath);
    upcall_add_bridge(upcall, p, m);
    upcall_set_forwarding(upcall, make_forwarding(p, m));

    pthread_t workers[N_WORKERS];
    for (uintptr_t i = 0; i < N_WORKERS; i++) {
        workers[i] = thread_create("worker%u", work, (void *) (i + 1));
    }
    for (uint32_t i = 0; i < N_CHANGES; i++) {
        change_table(p, i);
        if (i % 50 == 0) {
            upcall_set_forwarding(upcall, make_forwarding(p, m));
        }
        upcall_run(upcall);
        upcall_fold_stats(upcall);
        rcu_quiesce();
    }
    rcu_offline();
    for (int i = 0; i < N_WORKERS; i++) {
        thread_join(workers[i]);
    }
    rcu_online();

    assert_int_equal(n_handled, N_WORKERS * N_MISSES);
    struct str s = STR_INITIALIZER;
    upcall_format(upcall, &s);
    assert_non_null(strstr(str_text(&s), "(current 0)"));
    str_uninit(&s);
    upcall_remove_bridge(upcall, p, m);
    rcu_offline();
    upcall_destroy(upcall);
    rcu_barrier();
    rcu_online();
    pipeline_destroy(p);
    mac_table_destroy(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_miss_while_tables_change),
    };
    return cmocka_run_group_tests(tests, rcu_test_setup, rcu_test_teardown);
}
