/* The datapath in simulation: packets in, packets and counters out. */

#include "datapath/forward/forward.h"

#include <string.h>

#include "base/test.h"
#include "base/writer.h"
#include "datapath/netdev/netdev.h"
#include "datapath/odp/action.h"
#include "net/flow/compose.h"
#include "net/flow/mask.h"
#include "net/packet/packet.h"
#include "sys/thread/rcu.h"
#include "sys/thread/thread.h"

static unsigned n_misses;
static struct writer verdict_actions;
static struct flow_mask verdict_mask;

static bool
on_miss(void *aux UNUSED, const struct datapath_upcall *up UNUSED,
        struct datapath_verdict *v)
{
    n_misses++;
    flow_mask_init_any(&verdict_mask);
    verdict_mask.bits.dl_type = BE16_MAX;
    verdict_mask.bits.packet_type = UINT32_MAX;
    v->actions = verdict_actions.data;
    v->actions_size = verdict_actions.size;
    v->mask = &verdict_mask;
    v->install = true;
    return true;
}

static struct netdev *
add_port(struct datapath *dp, const char *name)
{
    struct netdev *d;
    uint32_t number = ODP_PORT_NONE;
    assert_null(netdev_open(name, "dummy", &d));
    assert_null(dp->ops->port_add(dp, d, &number));
    return d;
}

static struct packet *
make_packet(struct flow *key)
{
    struct error *error = odp_flow_parse(
        "in_port(1),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),"
        "eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,"
        "ttl=64,frag=no),udp(src=1,dst=2)",
        NULL, key, NULL);
    assert_null(error);
    struct packet *p = packet_create(128);
    packet_compose(p, key, NULL, 0);
    return p;
}

static uint64_t
tx_packets(const struct netdev *d)
{
    struct netdev_stats stats;
    assert_int_equal(netdev_get_stats(d, &stats), 0);
    return stats.tx_packets;
}

static void
test_miss_installs_flow_that_next_packets_hit(void **state UNUSED)
{
    struct datapath_observer observer = { .miss = on_miss };
    struct datapath *dp;
    struct flow key;
    assert_null(datapath_open("ovs-dummy", "dummy", &observer, &dp));
    struct netdev *p1 = add_port(dp, "p1");
    struct netdev *p2 = add_port(dp, "p2");
    writer_init(&verdict_actions);
    odp_put_push_vlan(&verdict_actions, BE16_CONST(0x8100),
                      BE16_CONST(0x1005));
    odp_put_output(&verdict_actions, 2);
    odp_put_recirc(&verdict_actions, 0);
    writer_truncate(&verdict_actions, verdict_actions.size - 8);

    for (int i = 0; i < 3; i++) {
        struct packet *p = make_packet(&key);
        struct writer w = WRITER_INITIALIZER;
        odp_put_recirc(&w, 0);
        assert_int_equal(dp->ops->execute(dp, p, &key, w.data, w.size), 0);
        writer_uninit(&w);
    }

    struct datapath_stats stats;
    dp->ops->get_stats(dp, &stats);
    assert_int_equal(n_misses, 1);
    assert_int_equal(stats.n_hit, 2);
    assert_int_equal(stats.n_flows, 1);
    assert_int_equal(tx_packets(p2), 3);

    netdev_close(p1);
    netdev_close(p2);
    datapath_close(dp);
    writer_uninit(&verdict_actions);
}

enum { N_THREADS = 3, N_ROUNDS = 2000 };

static void
send_many(void *dp_)
{
    struct datapath *dp = dp_;
    struct writer w = WRITER_INITIALIZER;
    odp_put_recirc(&w, 0);
    for (int i = 0; i < N_ROUNDS; i++) {
        struct flow key;
        struct packet *p = make_packet(&key);
        int error = dp->ops->execute(dp, p, &key, w.data, w.size);
        assert(!error);
        rcu_quiesce();
    }
    writer_uninit(&w);
}

static bool
on_miss_threads(void *aux UNUSED, const struct datapath_upcall *up,
                struct datapath_verdict *v)
{
    static __thread struct flow_mask mask;
    flow_mask_init_any(&mask);
    mask.bits.dl_type = BE16_MAX;
    v->mask = &mask;
    v->install = up->key->in_port == 1;
    return true;
}

static void
test_threads_forward_while_flows_come_and_go(void **state UNUSED)
{
    struct datapath_observer observer = { .miss = on_miss_threads };
    struct datapath_stats stats;
    struct datapath *dp;
    pthread_t threads[N_THREADS];
    assert_null(datapath_open("threads", "dummy", &observer, &dp));
    struct netdev *p1 = add_port(dp, "p1");

    for (int i = 0; i < N_THREADS; i++) {
        threads[i] = thread_create("sender", send_many, dp);
    }
    for (int i = 0; i < N_ROUNDS; i++) {
        struct flow key;
        packet_free(make_packet(&key));
        if (i % 2) {
            (void) dp->ops->flow_delete(dp, &key, NULL, NULL);
        } else {
            dp->ops->flow_flush(dp);
        }
        rcu_quiesce();
    }
    for (int i = 0; i < N_THREADS; i++) {
        thread_join(threads[i]);
    }

    dp->ops->get_stats(dp, &stats);
    assert_int_equal(stats.n_hit + stats.n_missed, N_THREADS * N_ROUNDS);
    netdev_close(p1);
    datapath_close(dp);
}

static int
setup(void **state UNUSED)
{
    rcu_register_thread();
    netdev_init(NULL);
    netdev_dummy_enable(NETDEV_DUMMY_OVERRIDE);
    return 0;
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_miss_installs_flow_that_next_packets_hit),
        cmocka_unit_test(test_threads_forward_while_flows_come_and_go),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
