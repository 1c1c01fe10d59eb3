/* Flow texts: what they become, and the protocols they fit. */

#include "openflow/message/flow_text.h"

#include <stdlib.h>

#include "base/test.h"
#include "openflow/message/print.h"

/* The text of the message, sent in the first protocol that is usable. */
static void
expect(const char *text, const char *protocols, const char *printed)
{
    struct flow_mod fm;
    unsigned int usable;
    struct error *error = flow_mod_parse(text, -1, NULL, &fm, &usable);
    assert_null(error);
    char *names = flow_protocols_to_string(usable);
    assert_string_equal(names, protocols);
    enum flow_protocol protocol = 0;
    while (!(usable & 1u << protocol)) {
        protocol++;
    }
    struct writer w = WRITER_INITIALIZER;
    struct str s = STR_INITIALIZER;
    flow_mod_encode(&fm, protocol, 1, &w);
    message_format(w.data, w.size, NULL, 2, &s);
    assert_string_equal(str_text(&s), printed);
    free(names);
    writer_uninit(&w);
    str_uninit(&s);
    flow_mod_uninit(&fm);
}

static void
test_flows(void **state UNUSED)
{
    expect("priority=5,tcp,tp_dst=80,actions=normal", "any",
           "OFPT_FLOW_MOD (xid=0x1): ADD priority=5,tcp,tp_dst=80 "
           "actions=NORMAL\n");
    expect("reg0=5,actions=load:5->reg1", "NXM,OXM",
           "NXT_FLOW_MOD (xid=0x1): ADD reg0=0x5 "
           "actions=load:0x5->NXM_NX_REG1[]\n");
    expect("arp,nw_src=1.2.3.4/24,actions=dec_ttl", "OpenFlow10,NXM",
           "OFPT_FLOW_MOD (xid=0x1): ADD arp,arp_spa=1.2.3.0/24 "
           "actions=dec_ttl\n");
    expect("duration=5s,n_packets=4,hard_age=2,ip,actions=1", "any",
           "OFPT_FLOW_MOD (xid=0x1): ADD ip actions=output:1\n");
}

static void
expect_error(const char *text, const char *message)
{
    struct flow_mod fm;
    unsigned int usable;
    struct error *error = flow_mod_parse(text, -1, NULL, &fm, &usable);
    assert_non_null(error);
    assert_string_equal(error_text(error), message);
    error_destroy(error);
    flow_mod_uninit(&fm);
}

static void
test_errors(void **state UNUSED)
{
    expect_error("ip", "must specify an action");
    expect_error("table=300,actions=drop", "unknown table \"300\"");
    expect_error("cookie=1/2,actions=drop",
                 "flow additions cannot use a cookie mask");
    expect_error("priority=,actions=drop", "field priority missing value");
    expect_error("udp,actions=set_field:5->tcp_src",
                 "actions are invalid with specified match "
                 "(OFPBAC_MATCH_INCONSISTENT)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
