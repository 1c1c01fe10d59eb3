/* The classifier against a plain list, and the masks of known tables. */

#include "net/classify/classifier.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/test.h"
#include "sys/thread/rcu.h"

enum { N_RULES = 120 };

struct model_rule {
    struct classifier_rule rule;
    struct match match;
    bool in;
};

static uint32_t seed;

static uint32_t
random_below(uint32_t n)
{
    seed = hash_u32(seed, 0x5bd1);
    return seed % n;
}

/* Few values, so that rules meet flows. */
static void
random_flow(struct flow *flow)
{
    memset(flow, 0, sizeof *flow);
    flow->in_port = random_below(2);
    flow->regs[0] = random_below(2);
    flow->dl_type = BE16_CONST(0x0800);
    flow->dl_dst.bytes[5] = random_below(3);
    flow->nw_src = be32_from_host(0x0a000000 + random_below(4));
    flow->nw_dst =
        be32_from_host(0x0a000000 + (random_below(4) << 8) + random_below(2));
    flow->nw_proto = 6;
    flow->tp_dst = be16_from_host(random_below(3) * 4000);
}

static void
random_match(struct match *match)
{
    struct flow_mask mask;
    struct flow flow;
    random_flow(&flow);
    flow_mask_init_any(&mask);
    uint32_t bits = random_below(256);
    if (bits & 1) {
        mask.bits.in_port = UINT32_MAX;
    }
    if (bits & 2) {
        mask.bits.regs[0] = UINT32_MAX;
    }
    if (bits & 4) {
        memset(&mask.bits.dl_dst, 0xff, 6);
    }
    mask.bits.dl_type = BE16_MAX;
    if (bits & 8) {
        mask.bits.nw_src = ip4_mask_from_len(30 + random_below(3));
    }
    if (bits & 16) {
        mask.bits.nw_dst = ip4_mask_from_len(20 + random_below(13));
    }
    if (bits & 32) {
        mask.bits.nw_proto = UINT8_MAX;
        mask.bits.tp_dst = BE16_MAX;
    }
    match_init(match, &flow, &mask);
}

/* The best priority by looking at every rule, INT32_MIN for none. */
static int
best_in_list(const struct model_rule *rules, const struct flow *flow,
             uint64_t version)
{
    int best = INT32_MIN;
    for (int i = 0; i < N_RULES; i++) {
        if (rules[i].in && match_flow(&rules[i].match, flow)
            && classifier_rule_is_visible(&rules[i].rule, version)
            && rules[i].rule.priority > best) {
            best = rules[i].rule.priority;
        }
    }
    return best;
}

/* Another flow that agrees in the looked-at bits has the same result. */
static void
check_mask(const struct classifier *cls, const struct flow *flow,
           const struct flow_mask *mask, int best, uint64_t version)
{
    struct flow other;
    random_flow(&other);
    uint64_t *words = flow_words_mutable(&other);
    for (size_t i = 0; i < FLOW_WORDS; i++) {
        uint64_t m = flow_words(&mask->bits)[i];
        words[i] = (flow_words(flow)[i] & m) | (words[i] & ~m);
    }
    const struct classifier_rule *found =
        classifier_lookup(cls, version, &other, NULL);
    assert_int_equal(found ? found->priority : INT32_MIN, best);
}

static void
check_lookup(const struct classifier *cls, const struct model_rule *rules,
             uint64_t version)
{
    struct flow flow;
    struct flow_mask mask;
    random_flow(&flow);
    flow_mask_init_any(&mask);
    int best = best_in_list(rules, &flow, version);
    const struct classifier_rule *found =
        classifier_lookup(cls, version, &flow, &mask);
    assert_int_equal(found ? found->priority : INT32_MIN, best);
    for (int i = 0; i < 4; i++) {
        check_mask(cls, &flow, &mask, best, version);
    }
}

static void
check_iteration(const struct classifier *cls, const struct model_rule *rules,
                uint64_t version)
{
    struct match target;
    struct classifier_cursor cursor;
    struct classifier_rule *rule;
    size_t n = 0, want = 0;
    random_match(&target);
    CLASSIFIER_FOR_EACH_TARGET(rule, &cursor, cls, &target, version)
    {
        n++;
    }
    for (int i = 0; i < N_RULES; i++) {
        want += rules[i].in && match_subset(&rules[i].match, &target)
                && classifier_rule_is_visible(&rules[i].rule, version);
    }
    assert_int_equal(n, want);
}

static void
test_random_changes_agree_with_list(void **state UNUSED)
{
    static struct model_rule rules[N_RULES];
    struct classifier cls;
    seed = 42;
    classifier_init(&cls, NULL, 0);
    uint64_t version = CLASSIFIER_VERSION_MIN;

    for (int round = 0; round < 5000; round++) {
        struct model_rule *r = &rules[random_below(N_RULES)];
        version++;
        if (round % 50 == 7) {
            classifier_defer(&cls);
        } else if (round % 50 == 12) {
            classifier_publish(&cls);
        }
        if (!r->in) {
            random_match(&r->match);
            classifier_rule_init(&r->rule, &r->match, random_below(30));
            if (classifier_find_rule_exact(&cls, &r->rule, version)) {
                classifier_rule_uninit(&r->rule);
            } else {
                classifier_insert(&cls, &r->rule, version);
                r->in = true;
            }
        } else if (random_below(3) == 0
                   && classifier_rule_is_visible(&r->rule, version)) {
            classifier_make_invisible(&r->rule, version);
        } else {
            assert_true(classifier_remove(&cls, &r->rule));
            rcu_synchronize();
            classifier_rule_uninit(&r->rule);
            r->in = false;
        }
        if (round % 50 < 7 || round % 50 >= 12) {
            check_lookup(&cls, rules, version);
            check_lookup(&cls, rules, version - 1);
        }
        check_iteration(&cls, rules, version);
        if (round == 2500) {
            const enum field_id fields[] = { FIELD_IPV4_SRC, FIELD_IPV6_DST,
                                             FIELD_TUN_ID };

            classifier_publish(&cls);
            assert_true(classifier_set_prefix_fields(&cls, fields, 3));
            assert_false(classifier_set_prefix_fields(&cls, fields, 3));
        }
    }

    struct classifier_cursor cursor;
    struct classifier_rule *rule;
    classifier_publish(&cls);
    for (int i = 0; i < N_RULES; i++) {
        if (rules[i].in) {
            classifier_restore_visibility(&rules[i].rule);
        }
    }
    CLASSIFIER_FOR_EACH_TARGET(rule, &cursor, &cls, NULL, version)
    {
        classifier_remove(&cls, rule);
    }
    assert_true(classifier_is_empty(&cls));
    assert_int_equal(classifier_n_subtables(&cls), 0);
    classifier_uninit(&cls);
    rcu_barrier();
    for (int i = 0; i < N_RULES; i++) {
        if (rules[i].in) {
            classifier_rule_uninit(&rules[i].rule);
        }
    }
}

/* A table, a flow, and the looked-at bits as a trace prints them. */
struct mask_case {
    const char *rules[8];
    const char *flow;
    const char *mask;
};

static void
check_mask_case(const struct mask_case *c)
{
    struct classifier cls;
    struct classifier_rule rules[8];
    struct flow flow;
    struct flow_mask mask;
    struct str s = STR_INITIALIZER;
    int n = 0;
    classifier_init(&cls, NULL, 0);
    for (; c->rules[n]; n++) {
        struct match match;
        const char *text = c->rules[n];
        assert_null(match_parse(text, NULL, &match));
        classifier_rule_init(&rules[n], &match, 100 - n);
        classifier_insert(&cls, &rules[n], CLASSIFIER_VERSION_MIN);
    }
    assert_null(flow_parse(c->flow, NULL, &flow, NULL));
    flow_mask_init_any(&mask);

    (void) classifier_lookup(&cls, CLASSIFIER_VERSION_MAX, &flow, &mask);

    flow_mask_format(&flow, &mask, NULL, &s);
    assert_string_equal(str_text(&s), c->mask);
    str_uninit(&s);
    while (n--) {
        classifier_remove(&cls, &rules[n]);
    }
    classifier_uninit(&cls);
    rcu_barrier();
    for (n = 0; c->rules[n]; n++) {
        classifier_rule_uninit(&rules[n]);
    }
}

static void
test_masks_are_narrow(void **state UNUSED)
{
    static const struct mask_case cases[] = {
        { { "tcp,in_port=1,tp_dst=8080", "" },
          "in_port=1,tcp,tcp_dst=80",
          "tcp,in_port=1,tp_dst=0x0/0xf000" },
        { { "dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0", "" },
          "dl_dst=01:80:c2:00:00:10",
          "dl_dst=01:80:c2:00:00:10/ff:ff:ff:ff:ff:f0" },
        { { "ip,nw_dst=10.200.0.254", "ip,nw_dst=10.100.0.0/24",
            "ip,nw_dst=10.200.0.0/24" },
          "ip,nw_dst=10.200.0.1",
          "ip,nw_dst=10.200.0.0/25" },
        { { "in_port=2,tcp,tp_dst=80" },
          "in_port=1,tcp,tcp_dst=80",
          "in_port=1" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        check_mask_case(&cases[i]);
    }
}

static void
test_overlap_and_replace(void **state UNUSED)
{
    struct classifier cls;
    struct classifier_rule a, b, c;
    struct match match;
    classifier_init(&cls, NULL, 0);
    assert_null(match_parse("in_port=1", NULL, &match));
    classifier_rule_init(&a, &match, 5);
    classifier_rule_init(&c, &match, 5);
    assert_null(match_parse("dl_type=0x1234", NULL, &match));
    classifier_rule_init(&b, &match, 5);

    classifier_insert(&cls, &a, 1);
    assert_true(classifier_overlaps(&cls, &b, 1));
    assert_false(classifier_overlaps(&cls, &c, 1));
    assert_ptr_equal(classifier_replace(&cls, &c, 1), &a);
    assert_int_equal(classifier_count(&cls), 1);

    classifier_remove(&cls, &c);
    classifier_uninit(&cls);
    rcu_barrier();
    classifier_rule_uninit(&a);
    classifier_rule_uninit(&b);
    classifier_rule_uninit(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes_agree_with_list),
        cmocka_unit_test(test_masks_are_narrow),
        cmocka_unit_test(test_overlap_and_replace),
    };
    rcu_register_thread();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_unregister_thread();
    return failed;
}
