/* Tests of parsing and composing packets. */

#include "net/flow/extract.h"

#include "base/hash.h"
#include "base/test.h"
#include "net/flow/compose.h"
#include "net/flow/mask.h"
#include "net/flow/match.h"
#include "net/packet/checksum.h"
#include "net/packet/headers.h"

static const char *const flows[] = {
    "tcp,nw_src=1.2.3.4,nw_dst=5.6.7.8,nw_ttl=64,nw_tos=8,tp_src=1,tp_dst=2,"
    "tcp_flags=syn|ack",
    "udp,dl_vlan=5,dl_vlan_pcp=3,nw_src=1.2.3.4,udp_src=1,udp_dst=2",
    "udp6,ipv6_src=::1,ipv6_dst=::2,ipv6_label=0x12345,udp_src=1,udp_dst=2",
    "tcp6,ipv6_src=::1,nw_ecn=3,tcp_flags=fin,tp_dst=99",
    "sctp,sctp_src=5,sctp_dst=6",
    "sctp6,sctp_src=5,sctp_dst=6",
    "icmp,icmp_type=8,icmp_code=1",
    "icmp6,icmpv6_type=128,icmpv6_code=2",
    "icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=fe80::1,"
    "nd_sll=00:00:00:00:00:05,nd_options_type=1",
    "arp,arp_op=2,arp_spa=1.2.3.4,arp_tpa=5.6.7.8,arp_sha=00:00:00:00:00:01,"
    "arp_tha=00:00:00:00:00:02",
    "rarp,arp_op=3",
    "ip,nw_proto=2",
    "ip,nw_proto=99",
    "ip,nw_proto=17,nw_frag=first,udp_src=5",
    "ip,nw_proto=17,nw_frag=later",
    "ipv6,nw_proto=44,nw_frag=later",
    "mpls,mpls_label=5,mpls_tc=2,mpls_ttl=9,mpls_bos=1",
    "dl_type=0x894f,nsh_mdtype=1,nsh_np=3,nsh_spi=5,nsh_si=6,nsh_c1=7,"
    "nsh_ttl=9",
    "dl_type=0x1234",
};

static void
test_composed_packet_extracts_to_flow(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        struct flow want, got;
        struct str a = STR_INITIALIZER, b = STR_INITIALIZER;
        assert_null(flow_parse(flows[i], NULL, &want, NULL));
        want.in_port = 1;
        struct packet *p = packet_create(0);
        packet_compose(p, &want, NULL, 0);
        p->in_port = 1;

        flow_extract(p, &got);

        flow_format(&want, NULL, &a);
        flow_format(&got, NULL, &b);
        assert_string_equal(str_text(&b), str_text(&a));
        assert_true(flow_equal(&want, &got));
        str_uninit(&a);
        str_uninit(&b);
        packet_free(p);
    }
}

/* Damages packets in every way and compares the parsers. */
static void
test_fast_agrees_with_general(void **state UNUSED)
{
    for (uint32_t i = 0; i < 20000; i++) {
        struct flow flow, fast, general;
        assert_null(
            flow_parse(flows[i % ARRAY_SIZE(flows)], NULL, &flow, NULL));
        struct packet *p = packet_create(0);
        packet_compose(p, &flow, NULL, 0);
        if (i >= ARRAY_SIZE(flows)) {
            uint32_t r = hash_u32(i, 1);
            p->data[r % MIN(p->size, 60)] ^= 1 << (r >> 16) % 8;
            packet_truncate(p, r & 0x1000000 ? p->size : (r >> 8) % 90);
        }
        if (i % 7 == 0) {
            packet_put_zeros(p, i % 300);
        }
        flow_extract(p, &fast);
        uint16_t l3 = p->l3_offset, l4 = p->l4_offset, pad = p->l2_pad;
        flow_extract_general(p, &general);
        assert_true(flow_equal(&fast, &general));
        assert_int_equal(l3, p->l3_offset);
        assert_int_equal(l4, p->l4_offset);
        assert_int_equal(pad, p->l2_pad);
        packet_free(p);
    }
}

static void
test_composed_csum_is_right(void **state UNUSED)
{
    for (size_t i = 0; i < 8; i++) {
        struct flow flow;
        assert_null(flow_parse(flows[i], NULL, &flow, NULL));
        struct packet *p = packet_create(0);
        packet_compose(p, &flow, "abc", 3);
        assert_true(packet_l4_csum_ok(p));
        packet_compose_bad_csum(p, &flow, "abc", 3);
        assert_false(packet_l4_csum_ok(p));
        packet_free(p);
    }
}

static void
test_metadata_round_trips(void **state UNUSED)
{
    struct flow flow, got;
    assert_null(flow_parse("in_port=3,pkt_mark=4,ct_state=trk,ct_zone=5,"
                           "ct_mark=6,ct_label=7,tun_id=8,tun_dst=1.2.3.4",
                           NULL, &flow, NULL));
    struct packet *p = packet_create(0);
    packet_compose(p, &flow, NULL, 0);
    packet_set_metadata(p, &flow);
    flow_extract(p, &got);
    assert_int_equal(got.in_port, 3);
    assert_int_equal(got.ct_zone, 5);
    assert_int_equal(got.ct_label.lo, 7);
    assert_int_equal(got.tunnel.ip_dst, BE32_CONST(0x01020304));
    packet_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_composed_packet_extracts_to_flow),
        cmocka_unit_test(test_fast_agrees_with_general),
        cmocka_unit_test(test_composed_csum_is_right),
        cmocka_unit_test(test_metadata_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
