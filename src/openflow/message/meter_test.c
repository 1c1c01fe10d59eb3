/* Meters as bytes and text. */

#include "openflow/message/meter.h"

#include <stdio.h>

#include "base/test.h"
#include "openflow/message/meter_text.h"
#include "openflow/wire/version.h"

static void
test_mods_survive_the_wire(void **state)
{
    (void) state;
    static const char *const texts[][2] = {
        { "meter=1,kbps,band=type=drop,rate=5",
          "meter=1 kbps bands=\ntype=drop rate=5\n" },
        { "meter=controller pktps,burst stats bands=type=dscp_remark rate=7 "
          "burst_size=9 prec_level=3,type=drop,rate=1,burst_size=2",
          "meter=controller pktps burst stats bands=\n"
          "type=dscp_remark rate=7 burst_size=9 prec_level=3\n"
          "type=drop rate=1 burst_size=2\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        for (uint8_t v = OF13_VERSION; v <= OF15_VERSION; v++) {
            struct meter_mod mm, back;
            struct error *error = meter_mod_parse(texts[i][0], METER_ADD, &mm);
            assert_null(error);
            struct writer w = WRITER_INITIALIZER;
            meter_mod_encode(&mm, v, 5, &w);
            struct message m;
            assert_int_equal(message_decode(w.data, w.size, &m), 0);
            assert_int_equal(meter_mod_decode(&m, &back), 0);
            assert_int_equal(back.command, METER_ADD);
            struct str s = STR_INITIALIZER;
            meter_config_format(&back.config, &s);
            assert_string_equal(str_text(&s), texts[i][1]);
            str_uninit(&s);
            meter_config_uninit(&mm.config);
            meter_config_uninit(&back.config);
            writer_uninit(&w);
        }
    }
}

static void
test_replies_survive_the_wire(void **state)
{
    (void) state;
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart mp;
    struct meter_stats stats = { .id = 7,
                                 .flow_count = 2,
                                 .n_packets = 100,
                                 .n_bytes = 2000,
                                 .duration_sec = 3,
                                 .duration_nsec = 500000000 };
    struct meter_band_stats band = { 5, 60 };
    vec_push(&stats.bands, band);
    message_multipart_begin(
        &mp, &w, message_raw_for(MSG_METER_STATS_REPLY, OF13_VERSION),
        OF13_VERSION, 1);
    for (int i = 0; i < 3000; i++) {
        meter_stats_encode(&stats, &mp); /* More than one message holds. */
    }
    message_multipart_end(&mp);
    size_t n = 0, n_messages = 0;
    for (size_t ofs = 0; ofs < w.size;) {
        struct message m;
        size_t size = (size_t) w.data[ofs + 2] << 8 | w.data[ofs + 3];
        assert_int_equal(message_decode(w.data + ofs, size, &m), 0);
        struct reader r = reader_init(m.body, m.body_size);
        while (r.left) {
            struct meter_stats back;
            assert_int_equal(meter_stats_decode(&r, &back), 0);
            struct str s = STR_INITIALIZER;
            meter_stats_format(&back, &s);
            assert_string_equal(
                str_text(&s),
                "meter:7 flow_count:2 packet_in_count:100 byte_in_count:2000 "
                "duration:3.500s bands:\n0: packet_count:5 byte_count:60\n");
            str_uninit(&s);
            vec_uninit(&back.bands);
            n++;
        }
        ofs += size;
        n_messages++;
    }
    assert_int_equal(n, 3000);
    assert_true(n_messages > 1);
    vec_uninit(&stats.bands);
    writer_uninit(&w);
}

static enum ofperr
decode_hex(const char *body)
{
    uint8_t bytes[64] = { OF13_VERSION, 29, 0, 0 };
    size_t n = 8;
    for (; *body; body += 2) {
        unsigned int byte;
        assert_int_equal(sscanf(body, "%2x", &byte), 1);
        bytes[n++] = (uint8_t) byte;
    }
    bytes[3] = (uint8_t) n;
    struct message m;
    struct meter_mod mm;
    assert_int_equal(message_decode(bytes, n, &m), 0);
    enum ofperr error = meter_mod_decode(&m, &mm);
    meter_config_uninit(&mm.config);
    return error;
}

static void
test_bad_bytes_are_refused(void **state)
{
    (void) state;
    assert_int_equal(decode_hex("0000000100000007"
                                "00010010000000050000000000000000"),
                     0);
    assert_int_equal(decode_hex("0003000100000007"),
                     OFPERR_OFPMMFC_BAD_COMMAND);
    assert_int_equal(decode_hex("0000000300000007"), OFPERR_OFPMMFC_BAD_FLAGS);
    assert_int_equal(decode_hex("0000000100000007"
                                "00050010000000050000000000000000"),
                     OFPERR_OFPMMFC_BAD_BAND);
    assert_int_equal(decode_hex("0000000100000007"
                                "00010018000000050000000000000000"),
                     OFPERR_OFPBRC_BAD_LEN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mods_survive_the_wire),
        cmocka_unit_test(test_replies_survive_the_wire),
        cmocka_unit_test(test_bad_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
