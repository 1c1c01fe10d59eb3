/* rule.c: which flows are simple, and what becomes of them. */

#include "datapath/shortcut/rule.h"

#include "base/test.h"
#include "base/writer.h"
#include "datapath/odp/action.h"
#include "net/packet/headers.h"

/* Port p is on device 100 + p; 9 is no device of the kernel. */
static uint32_t
ifindex_of(const void *aux UNUSED, uint32_t port)
{
    return port == 9 ? 0 : 100 + port;
}

struct fixture {
    struct flow key;
    struct flow_mask mask;
    struct writer actions;
    struct shortcut_rule rule;
};

/* TCP over IPv4 from port 1, matched by type and protocol. */
static void
fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->key.in_port = 1;
    f->key.dl_type = BE16_CONST(ETH_TYPE_IP);
    f->key.nw_proto = IP_PROTO_TCP;
    f->mask.bits.in_port = UINT32_MAX;
    f->mask.bits.recirc_id = UINT32_MAX;
    f->mask.bits.dl_type = BE16_MAX;
    f->mask.bits.nw_proto = UINT8_MAX;
    f->mask.bits.nw_frag = FLOW_NW_FRAG_MASK;
    f->mask.bits.vlans[0].tci = BE16_MAX;
    writer_init(&f->actions);
}

static const char *
make(struct fixture *f)
{
    static const struct shortcut_ports ports = { ifindex_of, NULL };
    return shortcut_rule_init(&f->rule, &f->key, &f->mask, f->actions.data,
                              f->actions.size, &ports);
}

static void
test_output(void **state UNUSED)
{
    struct fixture f;
    fixture_init(&f);
    f.key.nw_src = BE32_CONST(0x0a000001);
    f.mask.bits.nw_src = BE32_CONST(0xff000000);
    odp_put_output(&f.actions, 2);
    odp_put_output(&f.actions, 3);
    assert_null(make(&f));
    assert_int_equal(f.rule.key.ifindex, 101);
    assert_int_equal(f.rule.key.nw[0], BE32_CONST(0x0a000000));
    assert_int_equal(f.rule.mask.nw[0], BE32_CONST(0xff000000));
    assert_int_equal(f.rule.mask.nw_proto, 0xff);
    assert_int_equal(f.rule.mask.vlan_tci, 0xffff);
    assert_int_equal(f.rule.n_ops, 2);
    assert_int_equal(f.rule.ops[0].ifindex, 102);
    assert_false(f.rule.ops[0].last);
    assert_int_equal(f.rule.ops[1].ifindex, 103);
    assert_true(f.rule.ops[1].last);
    writer_uninit(&f.actions);
}

static void
test_ip6(void **state UNUSED)
{
    struct fixture f;
    fixture_init(&f);
    f.key.dl_type = BE16_CONST(ETH_TYPE_IPV6);
    memset(&f.mask.bits.ipv6_dst, 0xff, 8);
    f.key.ipv6_dst.bytes[0] = 0x20;
    f.key.ipv6_dst.bytes[15] = 1;
    assert_null(make(&f));
    assert_int_equal(((uint8_t *) f.rule.key.nw)[16], 0x20);
    assert_int_equal(((uint8_t *) f.rule.key.nw)[31], 0);
    assert_int_equal(((uint8_t *) f.rule.mask.nw)[23], 0xff);
    assert_int_equal(f.rule.n_ops, 0);
    writer_uninit(&f.actions);
}

static void
test_vlan_and_macs(void **state UNUSED)
{
    static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
    static const uint8_t mask[12] = { 0,   0,   0,   0,   0,   0,
                                      255, 255, 255, 255, 255, 255 };
    struct fixture f;
    fixture_init(&f);
    odp_put_pop_vlan(&f.actions);
    odp_put_push_vlan(&f.actions, BE16_CONST(0x88a8), BE16_CONST(0x3005));
    odp_put_set(&f.actions, ODP_KEY_ETHERNET, macs, mask, sizeof macs);
    odp_put_output(&f.actions, 2);
    assert_null(make(&f));
    assert_int_equal(f.rule.n_ops, 4);
    assert_int_equal(f.rule.ops[0].type, SHORTCUT_POP_VLAN);
    assert_int_equal(f.rule.ops[1].type, SHORTCUT_PUSH_VLAN);
    assert_int_equal(f.rule.ops[1].tpid, BE16_CONST(0x88a8));
    assert_int_equal(f.rule.ops[1].tci, 0x2005);
    assert_int_equal(f.rule.ops[2].type, SHORTCUT_SET_DST);
    assert_memory_equal(f.rule.ops[2].mac, macs + 6, 6);
    writer_uninit(&f.actions);
}

static void
expect_refusal(struct fixture *f, const char *why)
{
    const char *got = make(f);
    assert_non_null(got);
    assert_string_equal(got, why);
    writer_uninit(&f->actions);
}

static void
test_refusals(void **state UNUSED)
{
    struct fixture f;
    fixture_init(&f);
    f.key.in_port = 9;
    expect_refusal(&f, "input port");

    fixture_init(&f);
    odp_put_output(&f.actions, 9);
    expect_refusal(&f, "output port");

    fixture_init(&f);
    f.key.dl_type = BE16_CONST(ETH_TYPE_ARP);
    expect_refusal(&f, "not IP");

    fixture_init(&f);
    f.mask.bits.dl_type = 0;
    expect_refusal(&f, "not IP");

    fixture_init(&f);
    f.key.recirc_id = 5;
    expect_refusal(&f, "match");

    fixture_init(&f);
    f.key.nw_frag = FLOW_NW_FRAG_ANY;
    expect_refusal(&f, "match");

    fixture_init(&f);
    f.mask.bits.ipv6_label = BE32_MAX;
    expect_refusal(&f, "match");

    fixture_init(&f);
    odp_put_recirc(&f.actions, 7);
    expect_refusal(&f, "action");

    fixture_init(&f);
    for (int i = 0; i <= SHORTCUT_MAX_OPS; i++) {
        odp_put_output(&f.actions, 2);
    }
    expect_refusal(&f, "too many actions");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_ip6),
        cmocka_unit_test(test_vlan_and_macs),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
