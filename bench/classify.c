/* Measures extraction and classification: nanoseconds per packet and rule.
 *
 *     cc -O2 -march=x86-64-v2 -D_GNU_SOURCE -Isrc -IBUILD/src bench/classify.c \
 *        BUILD/src/libovs_*.a -lurcu-qsbr -lpthread
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "net/classify/classifier.h"
#include "net/flow/compose.h"
#include "net/flow/extract.h"
#include "sys/thread/rcu.h"

enum { N_PACKETS = 20000000, N_RULES = 100000, N_LOOKUPS = 2000000 };

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void
report(const char *what, double start, size_t n)
{
    printf("%-8s %8.1f ns\n", what, (now() - start) / n * 1e9);
}

/* Rules of ten masks: prefixes of nw_dst, and ports with prefixes of nw_src.
 */
static void
make_match(const struct flow *base, uint32_t i, struct match *match)
{
    struct flow flow = *base;
    struct flow_mask mask;
    unsigned kind = i % 10;
    flow_mask_init_any(&mask);
    mask.bits.in_port = UINT32_MAX;
    mask.bits.dl_type = BE16_MAX;
    if (kind < 5) {
        mask.bits.nw_dst = ip4_mask_from_len(16 + kind * 4);
        flow.nw_dst = hash_u32(i, 1);
    } else {
        mask.bits.nw_proto = UINT8_MAX;
        mask.bits.tp_dst = BE16_MAX;
        mask.bits.nw_src = ip4_mask_from_len(8 + kind * 2);
        flow.tp_dst = hash_u32(i, 2);
        flow.nw_src = hash_u32(i, 3);
    }
    match_init(match, &flow, &mask);
}

static void
measure_classifier(struct flow *flow)
{
    struct classifier cls;
    struct classifier_rule *rules = xcalloc(N_RULES, sizeof *rules);
    classifier_init(&cls, NULL, 0);
    double start = now();
    classifier_defer(&cls);
    for (uint32_t i = 0; i < N_RULES; i++) {
        struct match match;
        make_match(flow, i, &match);
        classifier_rule_init(&rules[i], &match, 1 + hash_u32(i, 9) % 1000);
        classifier_insert(&cls, &rules[i], CLASSIFIER_VERSION_MIN);
    }
    classifier_publish(&cls);
    report("insert", start, N_RULES);

    start = now();
    size_t n_hits = 0;
    for (uint32_t i = 0; i < N_LOOKUPS; i++) {
        struct flow_mask mask;
        flow_mask_init_any(&mask);
        flow->nw_src = hash_u32(i, 4);
        flow->nw_dst = hash_u32(i, 5);
        flow->tp_dst = hash_u32(i, 6);
        n_hits += classifier_lookup(&cls, CLASSIFIER_VERSION_MAX, flow, &mask)
                  != NULL;
        if (i % 1000 == 0) {
            rcu_quiesce();
        }
    }
    report("lookup", start, N_LOOKUPS);
    printf("%zu of %d lookups hit, %zu subtables\n", n_hits, N_LOOKUPS,
           classifier_n_subtables(&cls));

    start = now();
    for (uint32_t i = 0; i < N_RULES; i++) {
        classifier_remove(&cls, &rules[i]);
    }
    report("remove", start, N_RULES);
    classifier_uninit(&cls);
    rcu_barrier();
    for (uint32_t i = 0; i < N_RULES; i++) {
        classifier_rule_uninit(&rules[i]);
    }
    free(rules);
}

int
main(void)
{
    struct flow flow, key;
    struct packet *p = packet_create(0);
    rcu_register_thread();
    error_destroy(flow_parse("in_port=1,tcp,nw_src=1.2.3.4,nw_dst=5.6.7.8,"
                             "tcp_src=1,tcp_dst=2",
                             NULL, &flow, NULL));
    packet_compose(p, &flow, NULL, 0);
    memset(&key, 0, sizeof key);
    double start = now();
    for (int i = 0; i < N_PACKETS; i++) {
        flow_extract_key(p, &key);
        p->in_port = key.in_port;
    }
    report("extract", start, N_PACKETS);
    packet_free(p);
    measure_classifier(&flow);
    rcu_unregister_thread();
    return 0;
}
