/* Texts of socket addresses. */

#include "sys/socket/address.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "sys/socket/resolver.h"
#include "sys/socket/socket.h"

/* The address as text, or the error. */
static void
check(struct error *error, const struct sockaddr_storage *ss,
      const char *expected)
{
    struct str s = STR_INITIALIZER;
    if (error) {
        str_put(&s, error_text(error));
    } else {
        address_put_with_port(&s, ss);
    }
    assert_string_equal(str_text(&s), expected);
    error_destroy(error);
    str_uninit(&s);
}

static void
test_parse_active(void **state UNUSED)
{
    static const struct {
        const char *text;
        int default_port;
        const char *expected;
    } cases[] = {
        { "1.2.3.4:5", -1, "1.2.3.4:5" },
        { "1.2.3.4", 6640, "1.2.3.4:6640" },
        { "1.2.3.4", -1, "1.2.3.4: port must be specified" },
        { "[::1]:99", -1, "[::1]:99" },
        { "[::1]", 6653, "[::1]:6653" },
        { "::1", 6653, "[::1]:6653" },
        { "[fe80::1%lo]:1", -1, "[fe80::1%lo]:1" },
        { "[fe80::1%nodev]:1", -1,
          "[fe80::1%nodev]:1: bad IPv6 address or scope" },
        { "1.2.3.4:x", -1, "1.2.3.4:x: bad port number \"x\"" },
        { "1.2.3.4:65536", -1, "1.2.3.4:65536: bad port number \"65536\"" },
        { "host:1", -1, "host:1: bad IP address \"host\"" },
        { "[::1", 1, "[::1: bad peer name format" },
        { ":1", 1, ":1: host must be specified" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct sockaddr_storage ss;
        check(address_parse_active(cases[i].text, cases[i].default_port, &ss),
              &ss, cases[i].expected);
    }
}

static void
test_parse_passive(void **state UNUSED)
{
    static const struct {
        const char *text;
        int default_port;
        const char *expected;
    } cases[] = {
        { "", 6640, "0.0.0.0:6640" },
        { "5:", 6640, "0.0.0.0:5" },
        { "0:127.0.0.1", -1, "127.0.0.1:0" },
        { ":127.0.0.1", 6640, "127.0.0.1:6640" },
        { "5:[::]", -1, "[::]:5" },
        { "5:::1", -1, "[::1]:5" },
        { "", -1, ": port must be specified" },
        { "x", -1, "x: bad port number \"x\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct sockaddr_storage ss;
        check(address_parse_passive(cases[i].text, cases[i].default_port, &ss),
              &ss, cases[i].expected);
    }
}

static void
test_unix_path_longer_than_sun_path(void **state UNUSED)
{
    char dir[300] = "/tmp/address_test.XXXXXX";
    assert_non_null(mkdtemp(dir));
    size_t base = strlen(dir);
    memset(dir + base, 'x', 150);
    dir[base] = '/';
    dir[base + 150] = '\0';
    assert_int_equal(mkdir(dir, 0700), 0);
    char *path = xasprintf("%s/sock", dir);
    int server, client, second;

    assert_int_equal(socket_listen_unix(SOCK_STREAM, path, 0600, &server), 0);
    assert_int_equal(socket_connect_unix(SOCK_STREAM, path, &client), 0);

    /* In use, then stale. */
    assert_int_equal(socket_listen_unix(SOCK_STREAM, path, 0600, &second),
                     EADDRINUSE);
    close(server);
    assert_int_equal(socket_connect_unix(SOCK_STREAM, path, &second),
                     ECONNREFUSED);
    assert_int_equal(socket_listen_unix(SOCK_STREAM, path, 0600, &server), 0);

    close(server);
    close(client);
    unlink(path);
    rmdir(dir);
    dir[base] = '\0';
    rmdir(dir);
    free(path);
}

static void
got_address(void *loop, const char *error, const struct sockaddr_storage *ss)
{
    assert_null(error);
    assert_true(ss->ss_family == AF_INET || ss->ss_family == AF_INET6);
    loop_quit(loop);
}

static void
test_localhost_resolves_later(void **state UNUSED)
{
    struct loop *loop = loop_create();

    resolver_start(loop, "localhost", got_address, loop);
    loop_run(loop);
    resolver_cancel(resolver_start(loop, "localhost", got_address, loop));
    loop_run_once(loop, 0);

    loop_destroy(loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_active),
        cmocka_unit_test(test_parse_passive),
        cmocka_unit_test(test_unix_path_longer_than_sun_path),
        cmocka_unit_test(test_localhost_resolves_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
