/* Tests of strings, numbers, UUIDs, UTF-8, cursors and errors. */

#include "base/crc.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/scan.h"
#include "base/str.h"
#include "base/test.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "base/writer.h"

static void
test_str_formats(void **state)
{
    (void) state;
    struct str s = STR_INITIALIZER;
    assert_string_equal(str_text(&s), "");
    str_putf(&s, "%d-%s", 5, "five");
    str_put_char(&s, ' ');
    str_put_u64(&s, UINT64_MAX);
    str_put_char(&s, ' ');
    str_put_i64(&s, INT64_MIN);
    str_put(&s, " ");
    str_put_hex(&s, "\x01\xfe", 2);
    assert_string_equal(str_text(&s), "5-five 18446744073709551615 "
                                      "-9223372036854775808 01fe");
    str_truncate(&s, 6);
    for (int i = 0; i < 1000; i++) {
        str_putf(&s, "%s", "0123456789");
    }
    assert_int_equal(s.len, 10006);
    str_uninit(&s);
}

static void
test_str_hexdump_splits_lines(void **state)
{
    (void) state;
    struct str s = STR_INITIALIZER;
    str_put_hexdump(&s, "abcdefghijklmnopqrst", 20, 0, true);
    assert_string_equal(
        str_text(&s),
        "00000000  61 62 63 64 65 66 67 68-69 6a 6b 6c 6d 6e 6f 70 "
        "|abcdefghijklmnop|\n"
        "00000010  71 72 73 74                                     "
        "|qrst            |\n");
    str_uninit(&s);
}

static void
test_str_time_fills_fraction(void **state)
{
    (void) state;
    struct str s = STR_INITIALIZER;
    str_put_time(&s, "%Y-%m-%dT%H:%M:%S.###Z", 1700000000123LL, true);
    assert_string_equal(str_text(&s), "2023-11-14T22:13:20.123Z");
    str_uninit(&s);
}

static void
test_scan_rejects_what_is_not_a_number(void **state)
{
    (void) state;
    static const char *bad[] = { "",   " 1", "1 ", "-1",
                                 "+1", "1x", "0x", "18446744073709551616" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t value;
        assert_false(scan_u64(bad[i], 0, &value));
        assert_int_equal(value, 0);
    }

    uint64_t u64;
    assert_true(scan_u64("0x10", 0, &u64));
    assert_int_equal(u64, 16);
    int64_t i64;
    assert_true(scan_i64("-9223372036854775808", 10, &i64));
    assert_true(i64 == INT64_MIN);
    assert_false(scan_i64("9223372036854775808", 10, &i64));
    uint8_t u8;
    assert_false(scan_u8("256", 10, &u8));
    double real;
    assert_true(scan_double("-1.5e2", &real));
    assert_true(real == -150);
    assert_false(scan_double("inf", &real));
}

static void
test_scan_key_value_nests(void **state)
{
    (void) state;
    char text[] = "a=1, b:x(2,3) c(d(4),5),e";
    char *pos = text, *key, *value, delimiter;

    assert_true(scan_key_value(&pos, &key, &value, &delimiter));
    assert_string_equal(key, "a");
    assert_string_equal(value, "1");
    assert_true(scan_key_value(&pos, &key, &value, &delimiter));
    assert_string_equal(key, "b");
    assert_string_equal(value, "x(2,3)");
    assert_true(scan_key_value(&pos, &key, &value, &delimiter));
    assert_string_equal(key, "c");
    assert_string_equal(value, "d(4),5");
    assert_int_equal(delimiter, '(');
    assert_true(scan_key_value(&pos, &key, &value, &delimiter));
    assert_string_equal(key, "e");
    assert_string_equal(value, "");
    assert_false(scan_key_value(&pos, &key, &value, &delimiter));
}

static void
test_scan_hex_bytes_stops_at_other_text(void **state)
{
    (void) state;
    uint8_t bytes[8];
    const char *end;
    assert_int_equal(scan_hex_bytes("01 fe:0a zz", bytes, 8, &end), 3);
    assert_string_equal(end, "zz");
    assert_int_equal(bytes[1], 0xfe);
}

static void
test_uuid_round_trips(void **state)
{
    (void) state;
    struct uuid a = uuid_random();
    char text[UUID_LEN + 1];
    uuid_format(&a, text);

    struct uuid b;
    assert_true(uuid_parse(text, &b));
    assert_true(uuid_equal(&a, &b));
    assert_int_equal(text[14], '4');
    char *printed = xasprintf(UUID_FMT, UUID_ARGS(&a));
    assert_string_equal(printed, text);
    free(printed);
    assert_int_equal(uuid_partial_match(&a, "zz"), 0);
    assert_int_equal(uuid_partial_match(&a, text), 36);
    assert_false(uuid_parse("00000000-0000-0000-0000-00000000000", &b));
    assert_true(uuid_is_zero(&b));
}

static void
test_utf8_rejects_overlong_and_surrogates(void **state)
{
    (void) state;
    static const char *bad[] = { "\xc0\x80", "\xed\xa0\x80",
                                 "\xf5\x80\x80\x80", "\x80", "\xe2\x82" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(utf8_check(bad[i], strlen(bad[i]), NULL));
    }

    struct str s = STR_INITIALIZER;
    static const uint32_t points[] = { 'a', 0x7ff, 0x20ac, 0x1f600 };
    for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
        str_clear(&s);
        utf8_put(&s, points[i]);
        uint32_t decoded;
        assert_int_equal(utf8_decode(s.text, s.len, &decoded), i + 1);
        assert_int_equal(decoded, points[i]);
    }
    str_uninit(&s);
}

static void
test_reader_error_is_sticky(void **state)
{
    (void) state;
    struct reader r = reader_init("\x01\x02\x03\x04\x05", 5);
    assert_int_equal(reader_u16(&r), 0x0102);
    assert_int_equal(reader_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    assert_false(reader_done(&r));
}

static void
test_writer_patches_and_inserts(void **state)
{
    (void) state;
    struct writer w = WRITER_INITIALIZER;
    writer_u16(&w, 0);
    writer_u32(&w, 0xdeadbeef);
    writer_set_u16(&w, 0, 0x1234);
    writer_insert(&w, 2, "\xaa", 1);
    writer_pad(&w, 0, 8);
    static const uint8_t expected[] = { 0x12, 0x34, 0xaa, 0xde,
                                        0xad, 0xbe, 0xef, 0 };
    assert_int_equal(w.size, 8);
    assert_memory_equal(w.data, expected, 8);
    writer_pull(&w, 2);
    assert_int_equal(w.data[0], 0xaa);
    writer_uninit(&w);
}

static void
test_error_prefix_names_the_object(void **state)
{
    (void) state;
    struct error *error = error_create_errno(2, "open %s", "x");
    error = error_prefix(error, "bridge %s", "br0");
    assert_string_equal(error_text(error),
                        "bridge br0: open x: No such file or directory");
    error_destroy(error);
}

static void
test_crc32c_check_value(void **state)
{
    (void) state;
    assert_int_equal(crc32c_update(0, "123456789", 9), 0xe3069283);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_formats),
        cmocka_unit_test(test_str_hexdump_splits_lines),
        cmocka_unit_test(test_str_time_fills_fraction),
        cmocka_unit_test(test_scan_rejects_what_is_not_a_number),
        cmocka_unit_test(test_scan_key_value_nests),
        cmocka_unit_test(test_scan_hex_bytes_stops_at_other_text),
        cmocka_unit_test(test_uuid_round_trips),
        cmocka_unit_test(test_utf8_rejects_overlong_and_surrogates),
        cmocka_unit_test(test_reader_error_is_sticky),
        cmocka_unit_test(test_writer_patches_and_inserts),
        cmocka_unit_test(test_error_prefix_names_the_object),
        cmocka_unit_test(test_crc32c_check_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
