/* Matches as bytes: round trips and bad input. */

#include "openflow/wire/oxm.h"

#include "base/test.h"

static const struct {
    const char *text;
    uint8_t version;
    const char *bytes;
} cases[] = {
    { "in_port=1,tcp,tp_dst=80", 0,
      "NXM_OF_IN_PORT(0001), NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06), "
      "NXM_OF_TCP_DST(0050)" },
    { "in_port=1,ip,nw_src=10.0.0.0/8", 4,
      "OXM_OF_IN_PORT(00000001), OXM_OF_ETH_TYPE(0800), "
      "OXM_OF_IPV4_SRC(0a000000/ff000000)" },
    { "dl_vlan=9,dl_vlan_pcp=3", 4,
      "OXM_OF_VLAN_VID(1009), OXM_OF_VLAN_PCP(03)" },
    { "vlan_tci=0x0000/0x1fff", 4, "OXM_OF_VLAN_VID(0000)" },
    { "vlan_tci=0x0e5e/0x0fff", 4, "OXM_OF_VLAN_VID(0e5e/0fff)" },
    { "reg1=5,metadata=7", 0,
      "NXM_NX_REG1(00000005), OXM_OF_METADATA(0000000000000007)" },
};

static void
test_match_written_and_read_is_the_same(void **state)
{
    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct match match;
        match_init_any(&match);
        assert_null(match_parse(cases[i].text, NULL, &match));

        struct writer w = WRITER_INITIALIZER;
        oxm_put_match(&w, &match, cases[i].version, 0, 0);
        struct str s = STR_INITIALIZER;
        oxm_format(w.data, w.size, &s);
        struct match again;
        enum ofperr error =
            oxm_get_match(w.data, w.size, true, &again, NULL, NULL);

        assert_string_equal(str_text(&s), cases[i].bytes);
        assert_int_equal(error, 0);
        assert_true(match_equal(&match, &again));
        str_uninit(&s);
        writer_uninit(&w);
    }
}

static void
test_field_twice_is_refused(void **state)
{
    (void) state;
    static const uint8_t bytes[] = { 0, 0, 0, 2, 0, 1, 0, 0, 0, 2, 0, 1 };
    struct match match;
    assert_int_equal(
        oxm_get_match(bytes, sizeof bytes, true, &match, NULL, NULL),
        OFPERR_OFPBMC_DUP_FIELD);
}

static void
test_error_reply_is_read_back(void **state)
{
    (void) state;
    for (uint8_t version = 1; version <= 6; version++) {
        const uint8_t request[8] = { version, 14, 0, 8, 0, 0, 0, 9 };
        struct writer w = WRITER_INITIALIZER;
        ofperr_encode_reply(OFPERR_NXBRC_NXM_INVALID, request, 8, &w);
        const uint8_t *payload;
        size_t size;
        assert_int_equal(ofperr_decode(w.data, w.size, &payload, &size),
                         OFPERR_NXBRC_NXM_INVALID);
        assert_int_equal(size, 8);
        assert_memory_equal(payload, request, 8);
        writer_uninit(&w);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_written_and_read_is_the_same),
        cmocka_unit_test(test_field_twice_is_refused),
        cmocka_unit_test(test_error_reply_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
