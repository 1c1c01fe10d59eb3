/* Record files: reading, torn tails, replacement, locks. */

#include "db/journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "db/journal/sha1.h"

static char directory[] = "/tmp/journal_test.XXXXXX";
static char path[64];

static int
set_up(void **state UNUSED)
{
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.db", directory);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    char command[128];
    unlink(path);
    snprintf(command, sizeof command, "%s/.a.db.~lock~", directory);
    unlink(command);
    return rmdir(directory);
}

static struct json *
record(int n)
{
    struct json *json = json_object_create();
    json_object_put(json, "n", json_integer_create(n));
    return json;
}

/* Writes a new file with the records 1 to 'n'. */
static void
write_records(int n)
{
    struct journal *j;
    assert_null(journal_open(path, JOURNAL_CREATE, &j));
    for (int i = 1; i <= n; i++) {
        struct json *json = record(i);
        assert_null(journal_write(j, json));
        json_unref(json);
    }
    assert_null(journal_commit(j));
    journal_close(j);
}

/* The number of whole records, which must count from 1. */
static int
count_records(struct journal *j, struct error **errorp)
{
    struct json *json;
    for (int n = 0;; n++) {
        *errorp = journal_read(j, &json);
        if (!json) {
            return n;
        }
        assert_int_equal(json_object_find(json, "n")->integer, n + 1);
        json_unref(json);
    }
}

static void
test_sha1_matches_fips_180_examples(void **state UNUSED)
{
    char hex[SHA1_HEX_LEN + 1];
    sha1_hex("abc", 3, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha1_hex("", 0, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
             hex);
    assert_string_equal(hex, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void
test_torn_tail_is_cut_at_last_whole_record(void **state UNUSED)
{
    write_records(3);
    struct journal *j;
    struct error *error;
    assert_null(journal_open(path, JOURNAL_READ, &j));
    assert_int_equal(count_records(j, &error), 3);
    assert_null(error);
    off_t whole = journal_offset(j);
    journal_close(j);

    for (off_t size = whole - 1; size > whole * 2 / 3; size--) {
        assert_int_equal(truncate(path, size), 0);
        assert_null(journal_open(path, JOURNAL_WRITE, &j));
        assert_int_equal(count_records(j, &error), 2);
        assert_non_null(error);
        error_destroy(error);
        journal_close(j);
    }

    assert_null(journal_open(path, JOURNAL_WRITE, &j));
    assert_int_equal(count_records(j, &error), 2);
    error_destroy(error);
    struct json *json = record(3);
    assert_null(journal_write(j, json));
    json_unref(json);
    journal_close(j);
    assert_null(journal_open(path, JOURNAL_READ, &j));
    assert_int_equal(count_records(j, &error), 3);
    assert_null(error);
    journal_close(j);
}

static void
test_second_writer_is_refused(void **state UNUSED)
{
    write_records(1);
    struct journal *a, *b;
    assert_null(journal_open(path, JOURNAL_WRITE, &a));
    struct error *error = journal_open(path, JOURNAL_WRITE, &b);
    assert_non_null(error);
    error_destroy(error);
    journal_close(a);
    assert_null(journal_open(path, JOURNAL_WRITE, &b));
    journal_close(b);
}

static void
test_replace_puts_new_records_in_place(void **state UNUSED)
{
    write_records(5);
    struct journal *j, *new_;
    assert_null(journal_open(path, JOURNAL_WRITE, &j));
    assert_null(journal_replace_start(j, &new_));
    assert_null(journal_write_text(new_, "{\"n\":1}", 7));
    assert_null(journal_replace_finish(j, new_));
    assert_null(journal_write_text(j, "{\"n\":2}", 7));
    journal_close(j);

    struct error *error;
    assert_null(journal_open(path, JOURNAL_READ, &j));
    assert_int_equal(count_records(j, &error), 2);
    assert_null(error);
    journal_close(j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha1_matches_fips_180_examples),
        cmocka_unit_test_setup_teardown(
            test_torn_tail_is_cut_at_last_whole_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_writer_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_replace_puts_new_records_in_place,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
