/* Tests of fields: get, set, parts, prerequisites. */

#include "net/flow/field.h"

#include "base/hash.h"
#include "base/test.h"
#include "net/flow/mask.h"
#include "net/flow/match.h"

static void
test_set_then_get_gives_value(void **state UNUSED)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const struct field *f = field_from_id(i);
        union field_value in = { .bytes = { 0 } }, out;
        struct flow flow;
        memset(&flow, 0, sizeof flow);
        /* The lowest bit, but for those without it. */
        in.bytes[f->n_bytes - 1] = f->id == FIELD_IP_DSCP ? 4 : 1;
        if (f->id == FIELD_VLAN_VID) {
            in.bytes[0] = 0x10;
        }

        field_set(f, &in, &flow);
        field_get(f, &flow, &out);

        if (!f->variable_len) {
            assert_memory_equal(&in, &out, f->n_bytes);
            assert_true(field_is_set(f, &flow));
        }
    }
}

static void
test_names_find_fields(void **state UNUSED)
{
    assert_int_equal(field_from_name("nw_src")->id, FIELD_IPV4_SRC);
    assert_int_equal(field_from_name("ip_src")->id, FIELD_IPV4_SRC);
    assert_int_equal(field_from_name("OXM_OF_IPV4_SRC")->id, FIELD_IPV4_SRC);
    assert_int_equal(field_from_name("reg31")->id, FIELD_REG31);
    assert_null(field_from_name("reg32"));
}

static void
test_subfield_text_and_bits(void **state UNUSED)
{
    struct subfield sf;
    struct flow flow;
    struct flow_mask mask;
    struct str s = STR_INITIALIZER;
    memset(&flow, 0, sizeof flow);
    flow_mask_init_any(&mask);
    flow.regs[1] = 0xabcd1234;

    assert_null(subfield_parse("reg1[4..15]", &sf));
    assert_int_equal(subfield_get_u64(&sf, &flow), 0x123);
    subfield_set_u64(&sf, 0xfff, &flow);
    assert_int_equal(flow.regs[1], 0xabcdfff4);
    subfield_mask_set(&sf, &mask);
    assert_int_equal(mask.bits.regs[1], 0xfff0);
    subfield_format(&sf, &s);
    assert_string_equal(str_text(&s), "NXM_NX_REG1[4..15]");
    str_uninit(&s);

    assert_null(subfield_parse("xxreg0[32..63]", &sf));
    flow.regs[2] = 77;
    assert_int_equal(subfield_get_u64(&sf, &flow), 77);
}

static void
test_prereqs_look_at_what_they_need(void **state UNUSED)
{
    struct flow flow;
    struct flow_mask mask;
    assert_null(flow_parse("tcp", NULL, &flow, NULL));
    flow_mask_init_any(&mask);

    assert_true(field_prereqs_ok(field_from_id(FIELD_TCP_SRC), &flow, &mask));
    assert_false(field_prereqs_ok(field_from_id(FIELD_UDP_SRC), &flow, NULL));
    assert_int_equal(mask.bits.dl_type, BE16_MAX);
    assert_int_equal(mask.bits.nw_proto, UINT8_MAX);
}

static void
test_value_text_round_trips(void **state UNUSED)
{
    static const char *const texts[][2] = {
        { "tcp_src", "5/0x7" },
        { "reg0", "0x5/0x7" },
        { "xxreg0", "0x1234/0xffff" },
        { "ip_src", "1.2.3.0/24" },
        { "eth_src", "00:11:00:00:00:00/ff:ff:00:00:00:00" },
        { "tcp_flags", "+syn-ack" },
        { "ip_frag", "not_later" },
        { "in_port", "LOCAL" },
        { "packet_type", "(1,0x800)" },
        { "ct_state", "new|trk" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const struct field *f = field_from_name(texts[i][0]);
        union field_value value, mask;
        struct str s = STR_INITIALIZER;
        assert_null(field_parse(f, texts[i][1], NULL, &value, &mask));
        field_format(f, &value, &mask, NULL, &s);
        assert_string_equal(str_text(&s), texts[i][1]);
        str_uninit(&s);
    }
}

static void
test_masked_set_keeps_other_bits(void **state UNUSED)
{
    const struct field *f = field_from_id(FIELD_IPV4_DST);
    union field_value value = { .bytes = { 1, 2, 3, 4 } };
    union field_value mask = { .bytes = { 0, 0, 0xff, 0xff } };
    struct flow flow;
    memset(&flow, 0, sizeof flow);
    flow.nw_dst = BE32_CONST(0x0a0b0c0d);

    field_set_masked(f, &value, &mask, &flow);

    assert_int_equal(flow.nw_dst, BE32_CONST(0x0a0b0304));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_then_get_gives_value),
        cmocka_unit_test(test_names_find_fields),
        cmocka_unit_test(test_subfield_text_and_bits),
        cmocka_unit_test(test_prereqs_look_at_what_they_need),
        cmocka_unit_test(test_value_text_round_trips),
        cmocka_unit_test(test_masked_set_keeps_other_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
