/* set.c: fields change, checksums stay right, what is cut off stays alone. */

#include <string.h>

#include "base/test.h"
#include "base/writer.h"
#include "datapath/execute/execute.h"
#include "datapath/odp/action.h"
#include "net/flow/compose.h"
#include "net/flow/extract.h"
#include "net/flow/match.h"
#include "net/packet/checksum.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"

#define ETH "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,"
#define IP4 ETH "nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,nw_tos=4,"
#define IP6 ETH "ipv6_src=2001::1,ipv6_dst=2001::2,nw_ttl=64,"

static const struct {
    const char *flow;
    const char *action;
    const char *after;
} cases[] = {
    { "tcp," IP4 "tp_src=1,tp_dst=2", "set(eth(src=00:00:00:00:00:05))",
      "dl_src=00:00:00:00:00:05" },
    { "tcp," IP4 "tp_src=1,tp_dst=2", "set(ipv4(src=1.2.3.4,ttl=7))",
      "nw_src=1.2.3.4" },
    { "udp," IP4 "udp_src=1,udp_dst=2", "set(ipv4(dst=255.0.255.255))",
      "nw_dst=255.0.255.255" },
    { "udp," IP4 "udp_src=1,udp_dst=2",
      "set(ipv4(src=77.0.0.0/255.0.0.0,tos=0x20/0xfc))", "nw_src=77.0.0.1" },
    { "tcp," IP4 "tp_src=1,tp_dst=2", "set(tcp(src=77,dst=78))",
      "tp_src=77,tp_dst=78" },
    { "udp," IP4 "udp_src=1,udp_dst=2", "set(udp(dst=0xff00))",
      "tp_src=1,tp_dst=65280" },
    { "sctp," IP4 "sctp_src=1,sctp_dst=2", "set(sctp(src=3))",
      "tp_src=3,tp_dst=2" },
    { "icmp," IP4 "icmp_type=8,icmp_code=0", "set(icmp(type=0,code=3))",
      "icmp_type=0,icmp_code=3" },
    { "tcp6," IP6 "tp_src=1,tp_dst=2", "set(ipv6(src=fe80::5,hlimit=3))",
      "ipv6_src=fe80::5" },
    { "udp6," IP6 "udp_src=1,udp_dst=2", "set(ipv6(dst=::1,label=0x12345))",
      "ipv6_label=0x12345" },
    { "udp6," IP6 "udp_src=1,udp_dst=2", "set(udp(src=9))",
      "tp_src=9,tp_dst=2" },
    { "icmp6," IP6 "icmpv6_type=135,icmpv6_code=0,nd_target=2001::3,"
      "nd_sll=02:00:00:00:00:01",
      "set(nd(target=2001::4,sll=02:00:00:00:00:09))",
      "nd_target=2001::4,nd_sll=02:00:00:00:00:09" },
    { "icmp6," IP6 "icmpv6_type=128,icmpv6_code=0", "set(icmpv6(type=129))",
      "icmp_type=129" },
    { "arp," ETH "arp_op=1,arp_spa=1.1.1.1,arp_tpa=2.2.2.2",
      "set(arp(sip=3.3.3.3,op=2,sha=00:00:00:00:00:07))",
      "arp_spa=3.3.3.3,arp_tpa=2.2.2.2,arp_op=2,arp_sha=00:00:00:00:00:07" },
};

static struct packet *
make_packet(const char *text)
{
    struct flow flow;
    struct error *error = flow_parse(text, NULL, &flow, NULL);
    if (error) {
        fail_msg("%s", error_text(error));
    }
    struct packet *p = packet_create(256);
    packet_compose(p, &flow, "payload", 7);
    return p;
}

/* Runs a set action of the text. */
static void
run(const char *text, struct packet *p)
{
    struct writer w = WRITER_INITIALIZER;
    const struct odp_attr *a;
    assert_null(odp_actions_parse(text, NULL, &w));
    ODP_FOR_EACH(a, w.data, w.size)
    {
        execute_set(p, odp_attr_data(a), a->type == ODP_ACTION_SET_MASKED);
    }
    writer_uninit(&w);
}

static bool
ip4_csum_ok(const struct packet *p)
{
    const uint8_t *ip = packet_l3(p);
    return *ip >> 4 != 4
           || !csum_finish(csum_continue(0, ip, (*ip & 15) * 4u));
}

static void
test_fields_and_checksums(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct packet *p = make_packet(cases[i].flow);
        struct flow flow;
        flow_extract(p, &flow);
        run(cases[i].action, p);
        flow_extract(p, &flow);
        struct str s = STR_INITIALIZER;
        flow_format(&flow, NULL, &s);
        if (!strstr(str_text(&s), cases[i].after)) {
            fail_msg("%s %s: %s", cases[i].flow, cases[i].action,
                     str_text(&s));
        }
        str_uninit(&s);
        if (flow_is_ip(&flow)) {
            assert_true(packet_l4_csum_ok(p));
            assert_true(ip4_csum_ok(p));
        }
        packet_free(p);
    }
}

/* Whatever length a packet has, bytes behind its end are not touched. */
static void
test_packets_cut_short(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct packet *whole = make_packet(cases[i].flow);
        for (size_t size = 0; size <= whole->size; size++) {
            for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
                struct packet *p =
                    packet_create_copy(whole->data, whole->size);
                struct flow flow;
                p->size = size;
                flow_extract(p, &flow);
                run(cases[k].action, p);
                assert_memory_equal(p->data + size, whole->data + size,
                                    whole->size - size);
                packet_free(p);
            }
        }
        packet_free(whole);
    }
}

/* A sum that is to be completed later stays the pseudo header's. */
static void
test_partial_checksums(void **state UNUSED)
{
    struct packet *p = make_packet("udp," IP4 "udp_src=1,udp_dst=2");
    struct flow flow;
    flow_extract(p, &flow);
    const struct ip4_header *ip = packet_l3(p);
    uint8_t *l4 = p->data + p->l4_offset;
    size_t size = packet_l4_size(p);
    uint8_t *field = l4 + offsetof(struct udp_header, csum);
    be16 sum = ~csum_finish(csum_pseudo4(ip->src, ip->dst, ip->proto, size));
    memcpy(field, &sum, sizeof sum);
    p->offloads |= PACKET_L4_CSUM_PARTIAL;
    p->csum_start = l4 - p->data;
    p->csum_offset = offsetof(struct udp_header, csum);

    run("set(ipv4(src=1.2.3.4,dst=250.251.252.253)),set(udp(src=7,dst=8))", p);
    assert_true(p->offloads & PACKET_L4_CSUM_PARTIAL);
    packet_fill_csum(p);
    p->offloads &= ~PACKET_L4_CSUM_PARTIAL;
    assert_true(packet_l4_csum_ok(p));
    packet_free(p);
}

/* RFC 768: no checksum stays none. */
static void
test_udp_without_checksum(void **state UNUSED)
{
    struct packet *p = make_packet("udp," IP4 "udp_src=1,udp_dst=2");
    struct flow flow;
    flow_extract(p, &flow);
    uint8_t *field =
        p->data + p->l4_offset + offsetof(struct udp_header, csum);
    memset(field, 0, 2);
    run("set(ipv4(src=1.2.3.4)),set(udp(src=7))", p);
    assert_int_equal(get_be16(field), 0);
    packet_free(p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_and_checksums),
        cmocka_unit_test(test_packets_cut_short),
        cmocka_unit_test(test_partial_checksums),
        cmocka_unit_test(test_udp_without_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
