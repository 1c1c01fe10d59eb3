/* Text and attributes of keys and actions, round trips. */

#include <string.h>

#include "base/test.h"
#include "datapath/odp/action.h"

static void
check_actions(const char *in, const char *out)
{
    struct writer w = WRITER_INITIALIZER;
    struct str s = STR_INITIALIZER;
    struct error *error = odp_actions_parse(in, NULL, &w);

    if (error) {
        fail_msg("%s: %s", in, error_text(error));
    }
    error = odp_actions_check(w.data, w.size);
    if (error) {
        fail_msg("%s: %s", in, error_text(error));
    }
    odp_actions_format(w.data, w.size, NULL, &s);
    assert_string_equal(str_text(&s), out);

    str_uninit(&s);
    writer_uninit(&w);
}

static void
test_actions_text_round_trips(void **state UNUSED)
{
    static const char *const same[] = {
        "drop",
        "1,2,3",
        "push_vlan(vid=5,pcp=2)",
        "push_vlan(vid=5,pcp=2,cfi=0)",
        "push_vlan(tpid=0x88a8,vid=0,pcp=0)",
        "clone(1,2)",
        "sample(sample=10.0%,actions(2))",
        "userspace(pid=0,slow_path(action))",
        "userspace(pid=5,controller(reason=1,dont_send=0,continuation=0,"
        "recirc_id=5,rule_cookie=0x1,controller_id=0,max_len=65535))",
        "userspace(pid=1,userdata(0102030405060708090a0b0c0d0e0f00))",
        "userspace(pid=6633,sFlow(vid=9,pcp=7,output=10),actions)",
        "trunc(100)",
        "set(eth(src=00:00:00:00:00:01))",
        "set(eth(src=00:00:00:00:00:01/ff:ff:ff:ff:ff:00))",
        "set(tcp(src=5))",
        "set(skb_mark(0x5))",
        "set(tunnel(tun_id=0x5,dst=1.2.3.4,ttl=64,flags(df|key)))",
        "ct_clear",
        "meter(3)",
        "check_pkt_len(size=200,gt(4),le(5))",
        "check_pkt_len(size=200,gt(drop),le(drop))",
        "pop_vlan",
        "lb_output(5)",
        "pop_nsh()",
        "tnl_pop(4)",
        "userspace(pid=9,flow_sample(probability=123,collector_set_id=1234,"
        "obs_domain_id=2345,obs_point_id=3456,output_port=10,ingress))",
        "userspace(pid=9,ipfix(output_port=10))",
        "set(mpls(label=5,tc=1,ttl=2,bos=1))",
        "set(vlan(vid=5))",
        "set(ipv6(src=::1/ffff::))",
        "set(nd(target=::1))",
        "add_mpls(label=3,tc=0,ttl=64,bos=1,eth_type=0x8847)",
    };
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        check_actions(same[i], same[i]);
    }
    check_actions("1,2,,3", "1,2,3");
    check_actions("recirc(5)", "recirc(0x5)");
    check_actions("set(ipv4(src=1.2.3.4,ttl=64/0xff))",
                  "set(ipv4(src=1.2.3.4,ttl=64))");
}

static void
test_actions_parse_rejects_bad_text(void **state UNUSED)
{
    static const char *const bad[] = {
        "bogus",       "set(eth(src=1))", "set(foo(1))", "clone(1",       "1)",
        "hash(l4(0))", "pop_eth",         "trunc()",     "lb_output(br)",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct writer w = WRITER_INITIALIZER;
        struct error *error = odp_actions_parse(bad[i], NULL, &w);
        assert_non_null(error);
        error_destroy(error);
        writer_uninit(&w);
    }
}

static void
check_flow(const char *in, const char *out)
{
    struct flow key, decoded;
    struct flow_mask mask, mask2;
    struct str s = STR_INITIALIZER;
    struct writer w = WRITER_INITIALIZER;
    struct error *error = odp_flow_parse(in, NULL, &key, &mask);

    assert_null(error);
    odp_flow_format(&key, &mask, NULL, 0, &s);
    assert_string_equal(str_text(&s), out);
    odp_key_encode(&key, NULL, &w);
    assert_null(odp_key_decode(w.data, w.size, &decoded));
    assert_memory_equal(&decoded, &key, sizeof key);
    writer_clear(&w);
    odp_key_encode(&key, &mask, &w);
    assert_null(odp_mask_decode(w.data, w.size, &key, &mask2));
    str_clear(&s);
    odp_flow_format(&key, &mask2, NULL, 0, &s);
    assert_string_equal(str_text(&s), out);

    str_uninit(&s);
    writer_uninit(&w);
}

static void
test_flow_text_and_attributes_round_trip(void **state UNUSED)
{
    check_flow("in_port(7),packet_type(ns=0,id=0),"
               "eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),"
               "eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,"
               "tos=0,ttl=64,frag=no),udp(src=1,dst=2)",
               "recirc_id(0),in_port(7),packet_type(ns=0,id=0),"
               "eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),"
               "eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,"
               "tos=0,ttl=64,frag=no),udp(src=1,dst=2)");
    check_flow("in_port(2),eth(),eth_type(0x0806),arp(sip=1.2.3.4,op=1)",
               "recirc_id(0),in_port(2),eth(),eth_type(0x0806),"
               "arp(sip=1.2.3.4,op=1)");
    check_flow("in_port(1),eth(),eth_type(0x8100),vlan(vid=5,pcp=0),"
               "encap(eth_type(0x0800),ipv4(src=10.0.0.0/255.0.0.0,proto=6,"
               "frag=no),tcp(src=80),tcp_flags(+syn-ack))",
               "recirc_id(0),in_port(1),eth(),eth_type(0x8100),"
               "vlan(vid=5,pcp=0),encap(eth_type(0x0800),"
               "ipv4(src=10.0.0.0/255.0.0.0,proto=6,frag=no),tcp(src=80),"
               "tcp_flags(+syn-ack))");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions_text_round_trips),
        cmocka_unit_test(test_actions_parse_rejects_bad_text),
        cmocka_unit_test(test_flow_text_and_attributes_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
