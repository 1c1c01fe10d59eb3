/* Tests of groups: text to bytes and back, in all versions. */

#include "base/be.h"
#include "base/scan.h"
#include "base/test.h"
#include "openflow/message/flow.h"
#include "openflow/message/group_text.h"
#include "openflow/message/print.h"

static void
parse(const char *text, struct group_mod *gm)
{
    unsigned int usable;
    assert_null(group_mod_parse(text, -1, NULL, gm, &usable));
}

/* What 'text' is after a journey in 'version'. */
static void
check_mod(const char *text, uint8_t version, const char *expected)
{
    struct group_mod sent, got;
    parse(text, &sent);
    struct writer w = WRITER_INITIALIZER;
    group_mod_encode(&sent, version, 1, &w);
    struct message m;
    assert_int_equal(message_decode(w.data, w.size, &m), 0);
    assert_int_equal(group_mod_decode(&m, &got), 0);
    struct str s = STR_INITIALIZER;
    group_mod_format(&got, NULL, version == OF15_VERSION, &s);
    assert_string_equal(str_text(&s), expected);
    str_uninit(&s);
    writer_uninit(&w);
    group_desc_uninit(&sent.desc);
    group_desc_uninit(&got.desc);
}

#define SELECT                                                             \
    "group_id=5,type=select,selection_method=hash,selection_method_param=" \
    "7,fields(ip_dst=255.255.0.0,tcp_src),bucket=bucket_id:3,weight:8,"    \
    "watch_port:1,watch_group:2,actions=output:1,bucket=bucket_id:0,"      \
    "actions=dec_ttl,output:2"

static void
test_mods(void **state UNUSED)
{
    check_mod(SELECT, OF15_VERSION, "ADD " SELECT);
    check_mod(SELECT, OF11_VERSION,
              "ADD group_id=5,type=select,bucket=weight:8,watch_port:1,"
              "watch_group:2,actions=output:1,bucket=actions=dec_ttl,"
              "output:2");
    for (uint8_t version = OF10_VERSION; version <= OF15_VERSION; version++) {
        check_mod("modify group_id=1,type=ff,bucket=watch_port:1,output:1",
                  version,
                  version == OF15_VERSION
                      ? "MOD group_id=1,type=ff,bucket=bucket_id:0,"
                        "watch_port:1,actions=output:1"
                      : "MOD group_id=1,type=ff,bucket=watch_port:1,"
                        "actions=output:1");
        check_mod("delete group_id=all", version, "DEL group_id=4294967292");
        check_mod("add_or_mod group_id=3,type=all", version,
                  "ADD_OR_MOD group_id=3,type=all");
    }
    check_mod("insert_bucket group_id=1,command_bucket_id=first,"
              "bucket=weight=2,output:1",
              OF15_VERSION,
              "INSERT_BUCKET command_bucket_id:first,group_id=1,"
              "bucket=bucket_id:0,weight:2,actions=output:1");
    check_mod("remove_bucket group_id=1,command_bucket_id=9", OF10_VERSION,
              "REMOVE_BUCKET command_bucket_id:9,group_id=1");
}

/* Replies of more than a message. */
static void
test_descriptions_take_several_messages(void **state UNUSED)
{
    enum { N = 3000 };
    struct group_mod gm;
    parse(SELECT, &gm);
    for (uint8_t version = OF10_VERSION; version <= OF15_VERSION; version++) {
        struct writer w = WRITER_INITIALIZER;
        struct message_multipart mp;
        message_multipart_begin(
            &mp, &w, message_raw_for(MSG_GROUP_DESC_STATS_REPLY, version),
            version, 1);
        for (int i = 0; i < N; i++) {
            group_desc_encode(&gm.desc, &mp);
        }
        message_multipart_end(&mp);
        int n = 0;
        for (size_t at = 0; at < w.size;) {
            struct message m;
            size_t size = get_be16(w.data + at + 2);
            assert_int_equal(message_decode(w.data + at, size, &m), 0);
            at += size;
            assert_int_equal(m.more, at < w.size);
            struct reader r = reader_init(m.body, m.body_size);
            for (; r.left; n++) {
                struct group_desc got;
                assert_int_equal(group_desc_decode(&m, &r, &got), 0);
                assert_int_equal(got.id, 5);
                assert_int_equal(got.buckets.n, 2);
                group_desc_uninit(&got);
            }
        }
        assert_int_equal(n, N);
        writer_uninit(&w);
    }
    group_desc_uninit(&gm.desc);
}

static void
test_statistics(void **state UNUSED)
{
    struct group_stats sent = {
        .id = 7, .ref_count = 2, .n_packets = 5, .n_bytes = 600
    };
    sent.duration_sec = 1;
    sent.duration_nsec = 5000000;
    vec_push(&sent.buckets, ((struct bucket_stats){ 4, 500 }));
    vec_push(&sent.buckets, ((struct bucket_stats){ 1, 100 }));
    for (uint8_t version = OF10_VERSION; version <= OF15_VERSION; version++) {
        struct writer w = WRITER_INITIALIZER;
        struct message_multipart mp;
        message_multipart_begin(
            &mp, &w, message_raw_for(MSG_GROUP_STATS_REPLY, version), version,
            1);
        group_stats_encode(&sent, &mp);
        message_multipart_end(&mp);
        struct message m;
        assert_int_equal(message_decode(w.data, w.size, &m), 0);
        struct reader r = reader_init(m.body, m.body_size);
        struct group_stats got;
        assert_int_equal(group_stats_decode(&m, &r, &got), 0);
        assert_int_equal(r.left, 0);
        assert_int_equal(got.buckets.n, 2);
        assert_int_equal(got.buckets.items[1].n_bytes, 100);
        bool has_duration = version == OF10_VERSION || version >= OF13_VERSION;
        assert_int_equal(got.duration_sec, has_duration ? 1 : UINT32_MAX);
        vec_uninit(&got.buckets);
        writer_uninit(&w);
    }
    vec_uninit(&sent.buckets);
}

/* A group mod of 1.5 whose bytes are in hex after the header. */
static void
check_error(const char *hex, enum ofperr expected)
{
    uint8_t bytes[128] = { OF15_VERSION, 15 };
    const char *end;
    size_t size = 8 + scan_hex_bytes(hex, bytes + 8, sizeof bytes - 8, &end);
    put_be16(bytes + 2, size);
    struct message m;
    assert_int_equal(message_decode(bytes, size, &m), 0);
    struct group_mod gm;
    assert_int_equal(group_mod_decode(&m, &gm), expected);
    group_desc_uninit(&gm.desc);
}

#define BUCKET(ID) \
    "0018 0010 0000000" ID " 0000 0010 00000001 0000000000000000 "

static void
test_bad_groups_are_refused(void **state UNUSED)
{
    check_error("0000 00 00 00000001 0030 0000 ffffffff" BUCKET("1")
                    BUCKET("1"),
                OFPERR_OFPGMFC_BAD_BUCKET);
    check_error("0000 00 00 00000001 0018 0000 00000000" BUCKET("1"),
                OFPERR_OFPGMFC_BAD_BUCKET);
    check_error("0000 02 00 00000001 0000 0000 ffffffff",
                OFPERR_OFPGMFC_INVALID_GROUP);
    check_error("0000 03 00 00000001 0018 0000 ffffffff" BUCKET("1"),
                OFPERR_OFPGMFC_INVALID_GROUP);
    check_error("0000 04 00 00000001 0000 0000 ffffffff",
                OFPERR_OFPGMFC_BAD_TYPE);
    check_error("0007 00 00 00000001 0000 0000 ffffffff",
                OFPERR_OFPGMFC_BAD_COMMAND);
    check_error("0003 00 00 00000001 0018 0000 ffffffff" BUCKET("1"),
                OFPERR_OFPGMFC_BAD_BUCKET);
    check_error("0000 00 00 00000001 0040 0000 ffffffff" BUCKET("1"),
                OFPERR_OFPBRC_BAD_LEN);
    check_error("0000 00 00 00000001 0018 0000 ffffffff"
                "0020 0010 00000001 0000 0010 00000001 0000000000000000",
                OFPERR_OFPGMFC_BAD_BUCKET);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mods),
        cmocka_unit_test(test_descriptions_take_several_messages),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_bad_groups_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
