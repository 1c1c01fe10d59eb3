/* Tests of packets: sharing, room, checksums, segments, captures. */

#include "net/packet/packet.h"

#include <stdio.h>
#include <unistd.h>

#include "base/test.h"
#include "net/packet/checksum.h"
#include "net/packet/headers.h"
#include "net/packet/pcap.h"
#include "net/packet/segment.h"

static void
test_clone_shares_until_written(void **state UNUSED)
{
    struct packet *a = packet_create_copy("abcdef", 6);
    struct packet *b = packet_clone(a);

    assert_ptr_equal(a->data, b->data);
    packet_unshare(a);
    a->data[0] = 'x';

    assert_memory_equal(b->data, "abcdef", 6);
    assert_memory_equal(a->data, "xbcdef", 6);
    packet_free(a);
    memcpy(packet_push(b, 200), "front", 5);
    assert_int_equal(b->size, 206);
    assert_memory_equal(b->data + 200, "abcdef", 6);
    packet_free(b);
}

static void
count_release(void *arg)
{
    ++*(int *) arg;
}

static void
test_external_memory_is_released_once(void **state UNUSED)
{
    uint8_t memory[64] = "hello";
    int n = 0;
    struct packet *a = packet_create_external(memory, 5, 0, count_release, &n);
    struct packet *b = packet_clone(a);

    packet_free(a);
    assert_int_equal(n, 0);
    packet_put_zeros(b, 100);
    assert_int_equal(n, 1);
    assert_memory_equal(b->data, "hello", 6);
    packet_free(b);
    assert_int_equal(n, 1);
}

static void
test_many_packets_reuse_memory(void **state UNUSED)
{
    struct packet *packets[300];

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
            packets[i] = packet_create(i * 400);
            packet_put_zeros(packets[i], i * 400);
        }
        for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
            packet_free(packets[i]);
        }
    }
}

static void
test_csum_known_values(void **state UNUSED)
{
    /* RFC 1071 §3: the example's sum is ddf2. */
    static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03,
                                       0xf4, 0xf5, 0xf6, 0xf7 };
    assert_int_equal(be16_to_host(csum(example, 8)), 0xffff - 0xddf2);
    /* RFC 1624 §4. */
    assert_int_equal(
        be16_to_host(csum_update16(BE16_CONST(0xdd2f), BE16_CONST(0x5555),
                                   BE16_CONST(0x3285))),
        0x0000);
}

/* Ethernet, IPv4, TCP with options and 'payload' bytes. */
static struct packet *
tcp_packet(size_t payload)
{
    struct packet *p = packet_create(2000 + payload);
    struct eth_header *eth = packet_put_zeros(p, sizeof *eth);
    eth->type = BE16_CONST(ETH_TYPE_IP);
    struct ip4_header *ip = packet_put_zeros(p, sizeof *ip);
    ip->version_ihl = 0x45;
    ip->ttl = 64;
    ip->proto = IP_PROTO_TCP;
    ip->id = BE16_CONST(0xffff);
    ip->src = BE32_CONST(0x0a000001);
    ip->dst = BE32_CONST(0x0a000002);
    ip->total_len = be16_from_host(20 + 24 + payload);
    struct tcp_header *tcp = packet_put_zeros(p, sizeof *tcp + 4);
    tcp->off_flags = BE16_CONST(0x6019);
    tcp->seq = BE32_CONST(0xfffffff0);
    uint8_t *bytes = packet_put(p, payload);
    for (size_t i = 0; i < payload; i++) {
        bytes[i] = i * 7;
    }
    p->l3_offset = 14;
    p->l4_offset = 34;
    return p;
}

static void
test_fill_csum_makes_it_ok(void **state UNUSED)
{
    struct packet *p = tcp_packet(101);
    assert_false(packet_l4_csum_ok(p));
    packet_fill_csum(p);
    assert_true(packet_l4_csum_ok(p));
    assert_int_equal(csum(packet_l3(p), 20), 0);
    packet_free(p);
}

static void
test_partial_csum_is_completed(void **state UNUSED)
{
    struct packet *p = tcp_packet(33);
    struct tcp_header *tcp = packet_l4(p);
    tcp->csum = ~csum_finish(
        csum_pseudo4(BE32_CONST(0x0a000001), BE32_CONST(0x0a000002), 6, 57));
    p->csum_start = 34;
    p->csum_offset = 16;
    p->offloads |= PACKET_L4_CSUM_PARTIAL | PACKET_L3_CSUM_DEFER;

    packet_complete_csum(p);

    assert_int_equal(p->offloads, 0);
    assert_true(packet_l4_csum_ok(p));
    packet_free(p);
}

struct segments {
    struct packet *packets[64];
    size_t n;
};

static void
collect(struct packet *p, void *arg)
{
    struct segments *s = arg;
    s->packets[s->n++] = p;
}

static void
test_segment_tcp4(void **state UNUSED)
{
    struct packet *p = tcp_packet(2500);
    struct segments s = { .n = 0 };
    p->gso_type = PACKET_GSO_TCP4;
    p->gso_size = 1000;
    assert_int_equal(packet_n_segments(p), 3);

    assert_true(packet_segment(p, collect, &s));

    assert_int_equal(s.n, 3);
    for (size_t i = 0; i < 3; i++) {
        struct packet *q = s.packets[i];
        struct ip4_header *ip = packet_l3(q);
        struct tcp_header *tcp = packet_l4(q);
        assert_int_equal(q->size, 14 + 20 + 24 + (i < 2 ? 1000 : 500));
        assert_true(packet_l4_csum_ok(q));
        assert_int_equal(be16_to_host(ip->id), (0xffff + i) & 0xffff);
        assert_int_equal(be32_to_host(tcp->seq),
                         (uint32_t) (0xfffffff0 + i * 1000));
        assert_int_equal(be16_to_host(tcp->off_flags),
                         i < 2 ? 0x6010 : 0x6019);
        packet_free(q);
    }
}

static void
test_vlan_push_pop_restores(void **state UNUSED)
{
    struct packet *p = tcp_packet(10);
    struct packet *saved = packet_copy(p);

    packet_push_vlan(p, BE16_CONST(0x8100), BE16_CONST(5));
    assert_int_equal(p->size, saved->size + 4);
    assert_int_equal(p->l3_offset, 18);
    assert_int_equal(get_be32(p->data + 12), 0x81000005);
    assert_true(packet_pop_vlan(p));
    assert_false(packet_pop_vlan(p));

    assert_int_equal(p->size, saved->size);
    assert_memory_equal(p->data, saved->data, p->size);
    packet_free(p);
    packet_free(saved);
}

static void
test_mpls_push_pop_restores(void **state UNUSED)
{
    struct packet *p = tcp_packet(10);
    struct packet *saved = packet_copy(p);

    packet_push_mpls(p, BE16_CONST(ETH_TYPE_MPLS), BE32_CONST(0x1140));
    assert_int_equal(p->l2_5_offset, 14);
    assert_int_equal(p->l3_offset, 18);
    assert_int_equal(get_be16(p->data + 12), ETH_TYPE_MPLS);
    assert_true(packet_pop_mpls(p, BE16_CONST(ETH_TYPE_IP)));

    assert_int_equal(p->l3_offset, 14);
    assert_memory_equal(p->data, saved->data, p->size);
    packet_free(p);
    packet_free(saved);
}

static void
test_pcap_round_trip(void **state UNUSED)
{
    char path[] = "/tmp/pcap_test_XXXXXX";
    close(mkstemp(path));
    struct pcap *pcap;
    struct packet *p = tcp_packet(10), *q;
    uint64_t time_ns;

    assert_null(pcap_create(path, &pcap));
    assert_int_equal(pcap_write(pcap, p, 5000001000), 0);
    pcap_close(pcap);
    assert_null(pcap_append(path, &pcap));
    assert_int_equal(pcap_write(pcap, p, 6000000000), 0);
    pcap_close(pcap);

    assert_null(pcap_open(path, &pcap));
    assert_null(pcap_read(pcap, &q, &time_ns));
    assert_int_equal(time_ns, 5000001000);
    assert_int_equal(q->size, p->size);
    assert_memory_equal(q->data, p->data, p->size);
    packet_free(q);
    assert_null(pcap_read(pcap, &q, &time_ns));
    packet_free(q);
    assert_null(pcap_read(pcap, &q, &time_ns));
    assert_null(q);
    pcap_close(pcap);
    packet_free(p);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clone_shares_until_written),
        cmocka_unit_test(test_external_memory_is_released_once),
        cmocka_unit_test(test_many_packets_reuse_memory),
        cmocka_unit_test(test_csum_known_values),
        cmocka_unit_test(test_fill_csum_makes_it_ok),
        cmocka_unit_test(test_partial_csum_is_completed),
        cmocka_unit_test(test_segment_tcp4),
        cmocka_unit_test(test_vlan_push_pop_restores),
        cmocka_unit_test(test_mpls_push_pop_restores),
        cmocka_unit_test(test_pcap_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
