/* Tests of address text. */

#include "net/packet/addr.h"

#include "base/test.h"

static void
test_eth_parse_accepts_one_or_two_digits(void **state UNUSED)
{
    struct eth_addr a;

    assert_true(eth_addr_parse("0:1:2:A:b:cc", &a));
    assert_int_equal(eth_addr_to_u64(a), 0x0001020a0bcc);
    assert_false(eth_addr_parse("00:11:22:33:44", &a));
    assert_false(eth_addr_parse("00:11:22:33:44:55 ", &a));
    assert_false(eth_addr_parse("00:11:22:33:44:555", &a));
}

static void
test_ip4_masked_round_trips(void **state UNUSED)
{
    static const char *const texts[][2] = {
        { "10.0.0.1", "10.0.0.1" },
        { "10.0.0.0/8", "10.0.0.0/8" },
        { "10.0.0.0/255.0.0.0", "10.0.0.0/8" },
        { "10.0.0.1/255.0.0.255", "10.0.0.1/255.0.0.255" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct str s = STR_INITIALIZER;
        be32 ip, mask;
        assert_true(ip4_parse_masked(texts[i][0], &ip, &mask));
        ip4_format_masked(ip, mask, &s);
        assert_string_equal(str_text(&s), texts[i][1]);
        str_uninit(&s);
    }
}

static void
test_ip_bad_texts_are_refused(void **state UNUSED)
{
    static const char *const bad[] = { "",         "1.2.3",     "1.2.3.4/33",
                                       "1.2.3.4/", "1.2.3.4.5", "a" };
    be32 ip, mask;
    struct ip6_addr ip6, mask6;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(ip4_parse_masked(bad[i], &ip, &mask));
        assert_false(ip6_parse_masked(bad[i], &ip6, &mask6));
    }
    assert_false(ip6_parse_masked("::/129", &ip6, &mask6));
}

static void
test_ip6_masked_round_trips(void **state UNUSED)
{
    struct str s = STR_INITIALIZER;
    struct ip6_addr ip, mask;

    assert_true(ip6_parse_masked("2001:db8::/33", &ip, &mask));
    assert_true(ip6_mask_is_prefix(&mask));
    assert_int_equal(ip6_mask_len(&mask), 33);
    ip6_format_masked(&ip, &mask, &s);
    assert_string_equal(str_text(&s), "2001:db8::/33");
    str_uninit(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eth_parse_accepts_one_or_two_digits),
        cmocka_unit_test(test_ip4_masked_round_trips),
        cmocka_unit_test(test_ip_bad_texts_are_refused),
        cmocka_unit_test(test_ip6_masked_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
