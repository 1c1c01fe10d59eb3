/* Streams over sockets of both families. */

#include "rpc/stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "sys/log/log_config.h"

static int
setup(void **state)
{
    error_destroy(log_configure("off"));
    *state = loop_create();
    return 0;
}

static int
teardown(void **state)
{
    loop_destroy(*state);
    return 0;
}

static void
accepted(void *loop)
{
    loop_quit(loop);
}

/* Connects 'name' to 'listener' and passes bytes both ways. */
static void
check_connection(struct loop *loop, struct stream_listener *listener,
                 const char *name)
{
    struct stream *client, *server;
    char buffer[16];

    assert_int_equal(stream_open(loop, name, NULL, &client), 0);
    stream_listener_watch(listener, accepted, loop);
    loop_run(loop);
    assert_int_equal(stream_accept(listener, &server), 0);
    assert_int_equal(stream_accept(listener, &(struct stream *){ NULL }),
                     EAGAIN);
    assert_int_equal(stream_wait(client, STREAM_SEND, 10000), 0);
    assert_int_equal(stream_connect(client), 0);

    assert_int_equal(stream_recv(server, buffer, sizeof buffer), -EAGAIN);
    assert_int_equal(stream_send(client, "ping", 4), 4);
    assert_int_equal(stream_wait(server, STREAM_RECV, 10000), 0);
    assert_int_equal(stream_recv(server, buffer, sizeof buffer), 4);
    assert_memory_equal(buffer, "ping", 4);

    stream_close(server);
    assert_int_equal(stream_wait(client, STREAM_RECV, 10000), 0);
    assert_int_equal(stream_recv(client, buffer, sizeof buffer), 0);
    stream_close(client);
}

static void
test_tcp_by_address_and_name(void **state)
{
    struct stream_listener *listener;
    assert_int_equal(
        stream_listen(*state, "ptcp:0:127.0.0.1", NULL, &listener), 0);
    unsigned int port = stream_listener_port(listener);
    char *expected = xasprintf("ptcp:%u:127.0.0.1", port);
    assert_string_equal(stream_listener_name(listener), expected);

    char *name = xasprintf("tcp:127.0.0.1:%u", port);
    check_connection(*state, listener, name);

    stream_listener_close(listener);
    struct stream *stream;
    assert_int_equal(stream_open(*state, name, NULL, &stream), 0);
    assert_int_equal(stream_wait(stream, STREAM_RECV, 10000), 0);
    assert_int_equal(stream_connect(stream), ECONNREFUSED);
    stream_close(stream);
    free(name);
    free(expected);
}

static void
test_unix_socket_is_unlinked(void **state)
{
    char *path = xasprintf("/tmp/stream_test.%d", (int) getpid());
    char *passive = xasprintf("punix:%s", path);
    char *active = xasprintf("unix:%s", path);
    struct stream_listener *listener;
    struct stream *stream;
    assert_int_equal(stream_listen(*state, passive, NULL, &listener), 0);

    check_connection(*state, listener, active);

    stream_listener_close(listener);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(stream_open(*state, active, NULL, &stream), ENOENT);
    free(path);
    free(passive);
    free(active);
}

static void
test_wrong_names_are_errors(void **state)
{
    static const char *const names[] = { "foo:bar",       "tcp",
                                         "tcp:1.2.3.4",   "tcp:[::1:5",
                                         "tcp:1.2.3.4:x", "tcp:" };
    struct stream *stream;
    struct stream_listener *listener;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(stream_open(*state, names[i], NULL, &stream),
                         EAFNOSUPPORT);
        assert_null(stream);
    }
    assert_int_equal(stream_listen(*state, "ptcp:x", NULL, &listener),
                     EAFNOSUPPORT);
    assert_int_equal(stream_open(*state, "ssl:1.2.3.4:5", NULL, &stream),
                     ENOPROTOOPT);
    assert_int_equal(stream_check_name("unix:x"), 0);
    assert_int_equal(stream_check_name("punix:x"), EAFNOSUPPORT);
    assert_true(stream_needs_probes("tcp:x"));
    assert_false(stream_needs_probes("unix:x"));
}

static void
count_call(void *count)
{
    ++*(int *) count;
}

static void
test_unwatched_stream_does_not_wake_loop(void **state)
{
    int fds[2], count = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct stream *stream = stream_from_fd(*state, "fd", fds[0]);
    close(fds[1]);

    stream_watch(stream, 0, count_call, &count);
    loop_run_once(*state, 0);
    assert_int_equal(count, 0);
    stream_watch(stream, STREAM_RECV, count_call, &count);
    loop_run_once(*state, 0);
    assert_int_equal(count, 1);

    stream_close(stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_by_address_and_name),
        cmocka_unit_test(test_unix_socket_is_unlinked),
        cmocka_unit_test(test_wrong_names_are_errors),
        cmocka_unit_test(test_unwatched_stream_does_not_wake_loop),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
