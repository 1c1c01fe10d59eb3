/* Connections and sessions over real sockets, on a stopped clock. */

#include "rpc/jsonrpc/session.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "sys/clock/clock.h"
#include "sys/log/log_config.h"

/* What an observer saw. */
struct seen {
    struct jsonrpc_message *message; /* The last one, owned. */
    int n_messages;
    int n_connected;
    int n_disconnected;
    int n_closed;
    int error;
};

static void
on_received(void *seen_, struct jsonrpc_message *message)
{
    struct seen *seen = seen_;
    jsonrpc_message_destroy(seen->message);
    seen->message = message;
    seen->n_messages++;
}

static void
on_closed(void *seen_, int error)
{
    struct seen *seen = seen_;
    seen->n_closed++;
    seen->error = error;
}

static void
on_connected(void *seen_)
{
    struct seen *seen = seen_;
    seen->n_connected++;
}

static void
on_disconnected(void *seen_, int error)
{
    struct seen *seen = seen_;
    seen->n_disconnected++;
    seen->error = error;
}

static const struct jsonrpc_observer rpc_observer = {
    .received = on_received,
    .closed = on_closed,
};
static const struct jsonrpc_session_observer session_observer = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .received = on_received,
};

static int
setup(void **state)
{
    error_destroy(log_configure("off"));
    clock_stop();
    *state = loop_create();
    return 0;
}

static int
teardown(void **state)
{
    loop_destroy(*state);
    return 0;
}

/* Runs the loop while it has something to do. */
static void
settle(struct loop *loop)
{
    for (int i = 0; i < 20; i++) {
        loop_run_once(loop, 0);
    }
}

/* A connection and the descriptor of its peer. */
static struct jsonrpc *
connect_pair(struct loop *loop, struct seen *seen, int *peer_fdp)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    *peer_fdp = fds[1];
    return jsonrpc_create(loop, stream_from_fd(loop, "pair", fds[0]),
                          &rpc_observer, seen);
}

static void
test_messages_are_framed_by_content(void **state)
{
    struct seen seen = { .n_messages = 0 };
    int fd;
    struct jsonrpc *rpc = connect_pair(*state, &seen, &fd);
    static const char two[] = "{\"id\":null,\"method\":\"a\",\"params\":[]}"
                              " {\"id\":1,\"method\":\"b\",\"par";

    assert_int_equal(write(fd, two, strlen(two)), strlen(two));
    settle(*state);
    assert_int_equal(seen.n_messages, 1);
    assert_string_equal(seen.message->method, "a");
    assert_int_equal(write(fd, "ams\":[2]}", 9), 9);
    settle(*state);
    assert_int_equal(seen.n_messages, 2);
    assert_int_equal(seen.message->type, JSONRPC_REQUEST);

    close(fd);
    settle(*state);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.error, EOF);
    jsonrpc_destroy(rpc);
    jsonrpc_message_destroy(seen.message);
}

static void
test_garbage_ends_the_connection(void **state)
{
    struct seen seen = { .n_messages = 0 };
    int fd;
    struct jsonrpc *rpc = connect_pair(*state, &seen, &fd);

    assert_int_equal(write(fd, "{]", 2), 2);
    settle(*state);

    assert_int_equal(seen.error, EPROTO);
    assert_int_equal(jsonrpc_status(rpc), EPROTO);
    jsonrpc_destroy(rpc);
    close(fd);
}

static void
test_paused_connection_reads_nothing(void **state)
{
    struct seen seen = { .n_messages = 0 };
    int fd;
    struct jsonrpc *rpc = connect_pair(*state, &seen, &fd);
    static const char text[] = "{\"id\":null,\"method\":\"a\",\"params\":[]}";

    jsonrpc_pause(rpc, true);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    settle(*state);
    assert_int_equal(seen.n_messages, 0);
    jsonrpc_pause(rpc, false);
    settle(*state);
    assert_int_equal(seen.n_messages, 1);

    jsonrpc_destroy(rpc);
    jsonrpc_message_destroy(seen.message);
    close(fd);
}

static void
test_peer_that_does_not_read_is_dropped(void **state)
{
    struct seen seen = { .n_messages = 0 };
    int fd;
    struct jsonrpc *rpc = connect_pair(*state, &seen, &fd);
    static char text[100000];
    memset(text, ' ', sizeof text);
    struct json *body = json_serialized_create(text, sizeof text);

    jsonrpc_set_backlog_limit(rpc, 1000000);
    for (int i = 0; i < 100 && !seen.n_closed; i++) {
        struct str head = STR_INITIALIZER;
        str_put(&head, " ");
        jsonrpc_send_text(rpc, &head, body, " ");
        loop_run_once(*state, 0);
    }

    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.error, ENOBUFS);
    assert_int_equal(jsonrpc_backlog(rpc), 0);
    assert_int_equal(body->n_refs, 1);
    json_unref(body);
    jsonrpc_destroy(rpc);
    close(fd);
}

/* A listener and a session with it. */
struct fixture {
    struct stream_listener *listener;
    struct jsonrpc_session *session;
    struct stream *peer;
};

static void
accept_peer(struct loop *loop, struct fixture *f)
{
    stream_close(f->peer);
    f->peer = NULL;
    settle(loop);
    assert_int_equal(stream_accept(f->listener, &f->peer), 0);
}

static void
start_session(struct loop *loop, struct fixture *f, struct seen *seen)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(
        stream_listen(loop, "ptcp:0:127.0.0.1", NULL, &f->listener), 0);
    char *name =
        xasprintf("tcp:127.0.0.1:%u", stream_listener_port(f->listener));
    f->session =
        jsonrpc_session_open(loop, name, true, &session_observer, seen);
    accept_peer(loop, f);
    settle(loop);
    free(name);
}

static void
stop_session(struct fixture *f)
{
    jsonrpc_session_close(f->session);
    stream_close(f->peer);
    stream_listener_close(f->listener);
}

/* What the peer got, or "". */
static const char *
peer_text(struct loop *loop, struct fixture *f)
{
    static char text[512];
    settle(loop);
    ssize_t n = stream_recv(f->peer, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void
test_session_answers_echo(void **state)
{
    struct seen seen = { .n_messages = 0 };
    struct fixture f;
    static const char echo[] = "{\"id\":7,\"method\":\"echo\",\"params\":[1]}";
    start_session(*state, &f, &seen);
    assert_int_equal(seen.n_connected, 1);

    assert_int_equal(stream_send(f.peer, echo, strlen(echo)), strlen(echo));

    assert_string_equal(peer_text(*state, &f),
                        "{\"id\":7,\"result\":[1],\"error\":null}");
    assert_int_equal(seen.n_messages, 0);
    stop_session(&f);
}

static void
test_session_probes_and_drops_silent_peer(void **state)
{
    struct seen seen = { .n_messages = 0 };
    struct fixture f;
    start_session(*state, &f, &seen);

    clock_warp(5000);
    assert_non_null(strstr(peer_text(*state, &f), "\"method\":\"echo\""));
    clock_warp(5000);
    settle(*state);

    assert_int_equal(seen.n_disconnected, 1);
    stop_session(&f);
}

static void
test_session_reconnects_after_backoff(void **state)
{
    struct seen seen = { .n_messages = 0 };
    struct fixture f;
    struct stream *none;
    start_session(*state, &f, &seen);

    stream_close(f.peer);
    f.peer = NULL;
    settle(*state);
    assert_int_equal(seen.n_disconnected, 1);
    assert_int_equal(seen.error, EOF);
    assert_true(jsonrpc_session_is_alive(f.session));

    clock_warp(8000);
    accept_peer(*state, &f);
    settle(*state);
    assert_int_equal(seen.n_connected, 2);
    assert_int_equal(stream_accept(f.listener, &none), EAGAIN);
    stop_session(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_framed_by_content),
        cmocka_unit_test(test_garbage_ends_the_connection),
        cmocka_unit_test(test_paused_connection_reads_nothing),
        cmocka_unit_test(test_peer_that_does_not_read_is_dropped),
        cmocka_unit_test(test_session_answers_echo),
        cmocka_unit_test(test_session_probes_and_drops_silent_peer),
        cmocka_unit_test(test_session_reconnects_after_backoff),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
