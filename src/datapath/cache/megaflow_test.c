/* The classifier against a list, with random operations. */

#include "datapath/cache/megaflow.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "sys/thread/rcu.h"

enum { N_OPERATIONS = 20000, N_KEYS = 400 };

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Disjoint flows: flow 'i' is of destination i; masks differ in how much of
 * the rest they look at, all zero in keys. */
static void
make(unsigned i, struct flow *key, struct flow_mask *mask)
{
    memset(key, 0, sizeof *key);
    memset(mask, 0, sizeof *mask);
    key->in_port = i % 3;
    key->nw_dst = be32_from_host(i);
    mask->bits.in_port = UINT32_MAX;
    mask->bits.nw_dst = BE32_MAX;
    mask->bits.nw_src = be32_from_host(UINT32_MAX << i % 32);
    mask->bits.tp_src = be16_from_host(UINT16_MAX << i % 11);
}

static void
test_lookup_agrees_with_list(void **state UNUSED)
{
    struct megaflow_table *t = megaflow_table_create();
    struct megaflow *flows[N_KEYS] = { 0 };
    uint32_t seed = 1;
    struct flow key;
    struct flow_mask mask;

    rcu_register_thread();
    for (unsigned i = 0; i < N_OPERATIONS; i++) {
        unsigned k = next_random(&seed) % N_KEYS;
        make(k, &key, &mask);
        if (next_random(&seed) % 2) {
            unsigned probes = 0;
            assert_ptr_equal(megaflow_lookup(t, &key, &probes), flows[k]);
            assert_true(probes <= MEGAFLOW_MAX_SUBTABLES);
        } else if (flows[k]) {
            megaflow_remove(t, flows[k]);
            megaflow_uninit(flows[k]);
            free(flows[k]);
            flows[k] = NULL;
        } else {
            flows[k] = xmalloc(sizeof *flows[k]);
            key.tp_dst = be16_from_host(7); /* No mask has it. */
            megaflow_init(flows[k], &key, &mask);
            struct flow key2;
            struct flow_mask mask2;
            megaflow_expand(flows[k], &key2, &mask2);
            assert_memory_equal(&key, &key2, sizeof key);
            assert_memory_equal(&mask, &mask2, sizeof mask);
            assert_true(megaflow_insert(t, flows[k]));
        }
        rcu_quiesce();
    }
    for (unsigned k = 0; k < N_KEYS; k++) {
        if (flows[k]) {
            megaflow_remove(t, flows[k]);
            megaflow_uninit(flows[k]);
            free(flows[k]);
        }
    }
    assert_int_equal(megaflow_table_n_masks(t), 0);
    megaflow_table_destroy(t);
    rcu_quiesce();
    rcu_offline();
    rcu_barrier();
    rcu_online();
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_agrees_with_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
