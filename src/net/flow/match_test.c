/* Tests of match text: what a switch's users type and read. */

#include "net/flow/match.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/test.h"
#include "net/flow/ofp_port.h"

struct text_case {
    const char *in;
    const char *out;
};

static void
check_cases(const struct text_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct match m;
        struct error *error = match_parse(cases[i].in, NULL, &m);
        char *out;
        if (error) {
            out = error_steal_text(error);
        } else {
            match_normalize(&m);
            out = match_to_string(&m, INT32_MIN, NULL);
        }
        assert_string_equal(out, cases[i].out);
        free(out);
    }
}

static void
test_match_text_round_trips(void **state UNUSED)
{
    static const struct text_case cases[] = {
#include "net/flow/match_cases.def"
    };

    check_cases(cases, ARRAY_SIZE(cases));
}

static void
test_normalize_tells_change(void **state UNUSED)
{
    struct match m;

    assert_null(match_parse("nw_src=1.2.3.4", NULL, &m));
    assert_true(match_normalize(&m));
    assert_true(match_is_any(&m));
    assert_null(match_parse("ip,nw_src=1.2.3.4", NULL, &m));
    assert_false(match_normalize(&m));
}

static void
test_flow_text(void **state UNUSED)
{
    static const struct text_case cases[] = {
        { "in_port=1", "in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,"
                       "dl_dst=00:00:00:00:00:00,dl_type=0x0000" },
        { "in_port=1,dl_vlan=5",
          "in_port=1,dl_vlan=5,dl_vlan_pcp=0,vlan_tci1=0x0000,"
          "dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,"
          "dl_type=0x0000" },
        { "tcp,in_port=1",
          "tcp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,"
          "dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_tos=0,"
          "nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=0,tcp_flags=0" },
        { "in_port=1,mpls,mpls_label=5",
          "mpls,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,"
          "dl_dst=00:00:00:00:00:00,mpls_label=5,mpls_tc=0,mpls_ttl=0,"
          "mpls_bos=0,mpls_lse1=0,mpls_lse2=0" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct flow flow;
        struct str s = STR_INITIALIZER;
        assert_null(flow_parse(cases[i].in, NULL, &flow, NULL));
        flow_format(&flow, NULL, &s);
        assert_string_equal(str_text(&s), cases[i].out);
        str_uninit(&s);
    }
}

static void
test_port_names_are_used_and_quoted(void **state UNUSED)
{
    struct port_names names;
    struct match m;
    port_names_init(&names);
    port_names_add(&names, 1, "p1");
    port_names_add(&names, 2, "eth0.5");
    port_names_add(&names, 3, "twice");
    port_names_add(&names, 4, "twice");

    assert_null(match_parse("in_port=eth0.5", &names, &m));
    char *out = match_to_string(&m, 5, &names);
    assert_string_equal(out, "priority=5,in_port=\"eth0.5\"");
    free(out);
    assert_null(match_parse("in_port=p1", &names, &m));
    out = match_to_string(&m, 32768, &names);
    assert_string_equal(out, "in_port=p1");
    free(out);
    struct error *error = match_parse("in_port=twice", &names, &m);
    assert_string_equal(error_text(error),
                        "twice: invalid or unknown port for in_port");
    error_destroy(error);
    port_names_uninit(&names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_text_round_trips),
        cmocka_unit_test(test_normalize_tells_change),
        cmocka_unit_test(test_flow_text),
        cmocka_unit_test(test_port_names_are_used_and_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
