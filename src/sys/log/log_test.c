/* Levels, patterns and destinations of the log. */

#include "sys/log/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/test.h"
#include "sys/clock/clock.h"
#include "sys/log/log_config.h"
#include "sys/thread/thread.h"

LOG_MODULE(test_module);

static char file_name[] = "/tmp/log_test.XXXXXX";

/* All that was logged to the file since the last call. */
static void
take_file(char *text, size_t size)
{
    FILE *file = fopen(file_name, "r+");
    size_t n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    fclose(file);
}

static int
open_file(void **state UNUSED)
{
    char text[256];
    int fd = mkstemp(file_name);
    close(fd);
    error_destroy(log_set_syslog_method("null"));
    error_destroy(log_configure("console:off"));
    int error = log_set_file(file_name);
    take_file(text, sizeof text);
    return fd < 0 || error;
}

static int
remove_file(void **state UNUSED)
{
    log_close();
    return unlink(file_name);
}

static void
expect_configure_error(const char *spec, const char *text)
{
    struct error *error = log_configure(spec);
    assert_non_null(error);
    assert_string_equal(error_text(error), text);
    error_destroy(error);
}

static void
test_wrong_specification_is_an_error(void **state UNUSED)
{
    expect_configure_error("foo", "no destination, level, or module \"foo\"");
    expect_configure_error("warn err", "cannot specify multiple levels");
    expect_configure_error("console,file",
                           "cannot specify multiple destinations");
    expect_configure_error("vlog:test_module",
                           "cannot specify multiple modules");
    expect_configure_error("PATTERN:x:y", "unknown destination \"x\"");
    expect_configure_error("PATTERN", "missing destination");
    expect_configure_error("FACILITY:x", "invalid facility");
}

static void
test_levels_are_set_by_words_in_any_order(void **state UNUSED)
{
    const struct log_module *module = log_module_find("TEST_MODULE");

    assert_null(log_configure("err:FILE,test_module"));

    assert_int_equal(log_get_level(module, LOG_TO_FILE), LOG_LEVEL_ERR);
    assert_int_equal(log_get_level(module, LOG_TO_SYSLOG), LOG_LEVEL_INFO);
    assert_false(log_is_enabled(LOG_LEVEL_WARN));
    assert_null(log_configure("file:info any"));
    assert_true(log_is_enabled(LOG_LEVEL_INFO));
}

static void
check_format(const char *pattern, const char *expected)
{
    struct str s = STR_INITIALIZER;
    log_format(&s, pattern, "bridge", LOG_LEVEL_WARN, 7, "text");
    assert_string_equal(str_text(&s), expected);
    str_uninit(&s);
}

static void
test_pattern_escapes(void **state UNUSED)
{
    check_format("%05N|%c%T|%p|%m", "00007|bridge|WARN|text");
    check_format("%-8c|%8c|%08c|%-08c", "bridge  |  bridge|00bridge|bridge00");
    check_format("%t%%%q%c{x}%m{y}%B%n", "main%qbridgetext{y}132\n");
    check_format("%5", "");
}

static void
test_record_of_thread_shows_its_name_and_time(void **state UNUSED)
{
    char text[512];
    unsigned int serial;
    char tail[64];

    log_warn("port %d", 5);
    take_file(text, sizeof text);

    assert_int_equal(sscanf(text,
                            "%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ|%u|%63[^\n]",
                            &serial, tail),
                     2);
    assert_string_equal(tail, "test_module|WARN|port 5");
}

static void
test_rate_limit_reports_dropped_records(void **state UNUSED)
{
    struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(60, 2);
    char text[1024];
    clock_stop();
    assert_null(log_configure("PATTERN:file:%p %m"));

    for (int i = 0; i < 5; i++) {
        log_info_rl(&rl, "record %d", i);
    }
    take_file(text, sizeof text);
    assert_string_equal(text, "INFO record 0\nINFO record 1\n");

    clock_warp(3000);
    log_info_rl(&rl, "late");
    take_file(text, sizeof text);
    assert_string_equal(text,
                        "INFO Dropped 3 log messages in last 3 seconds (most "
                        "recently, 3 seconds ago) due to excessive rate\n"
                        "INFO late\n");

    assert_true(log_set_rate_limits("test_module", false));
    assert_false(log_set_rate_limits("no_module", false));
    for (int i = 0; i < 5; i++) {
        log_info_rl(&rl, "x");
    }
    take_file(text, sizeof text);
    assert_int_equal(strlen(text), 5 * strlen("INFO x\n"));
}

static void
log_many(void *unused UNUSED)
{
    for (int i = 0; i < 200; i++) {
        log_info("0123456789");
    }
}

static void
test_records_of_threads_come_out_whole(void **state UNUSED)
{
    static char text[65536];
    pthread_t threads[4];
    assert_null(log_configure("PATTERN:file:%m"));

    for (int i = 0; i < 4; i++) {
        threads[i] = thread_create("log%u", log_many, NULL);
    }
    for (int i = 0; i < 20; i++) {
        assert_null(log_configure("PATTERN:file:%m"));
        assert_null(log_configure("test_module:file:info"));
    }
    for (int i = 0; i < 4; i++) {
        thread_join(threads[i]);
    }

    take_file(text, sizeof text);
    assert_int_equal(strlen(text), 800 * 11);
    for (const char *p = text; *p; p += 11) {
        assert_memory_equal(p, "0123456789\n", 11);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_specification_is_an_error),
        cmocka_unit_test(test_levels_are_set_by_words_in_any_order),
        cmocka_unit_test(test_pattern_escapes),
        cmocka_unit_test(test_record_of_thread_shows_its_name_and_time),
        cmocka_unit_test(test_rate_limit_reports_dropped_records),
        cmocka_unit_test(test_records_of_threads_come_out_whole),
    };
    return cmocka_run_group_tests(tests, open_file, remove_file);
}
