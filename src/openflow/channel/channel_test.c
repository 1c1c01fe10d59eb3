/* Channels and connections over pairs of sockets. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/be.h"
#include "base/test.h"
#include "openflow/channel/channel_private.h"
#include "openflow/channel/vconn.h"
#include "sys/clock/clock.h"

/* What an observer saw. */
struct seen {
    int n_connected, n_disconnected, n_messages, n_drained;
    int error;
    uint8_t version, last_type;
};

static void
see_connected(void *seen_, struct channel *c)
{
    struct seen *seen = seen_;
    seen->n_connected++;
    seen->version = channel_version(c);
}

static void
see_message(void *seen_, struct channel *c UNUSED, const void *data,
            size_t size UNUSED)
{
    struct seen *seen = seen_;
    seen->n_messages++;
    seen->last_type = ((const uint8_t *) data)[1];
}

static void
see_disconnected(void *seen_, struct channel *c, int error)
{
    struct seen *seen = seen_;
    seen->n_disconnected++;
    seen->error = error;
    channel_close(c);
}

static void
see_drained(void *seen_, struct channel *c UNUSED)
{
    struct seen *seen = seen_;
    seen->n_drained++;
}

struct fixture {
    struct loop *loop;
    struct channel *channel;
    int peer; /* The other end. */
    struct seen seen;
};

static void
begin(struct fixture *f, uint32_t versions, int probe_ms)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    *f = (struct fixture){ .loop = loop_create(), .peer = fds[1] };
    struct channel_options options = { .versions = versions,
                                       .probe_ms = probe_ms };
    f->channel = channel_accepted(
        f->loop, stream_from_fd(f->loop, "pair", fds[0]), &options);
    struct channel_observer observer = { see_connected, see_message,
                                         see_disconnected, see_drained,
                                         &f->seen };
    channel_set_observer(f->channel, &observer);
}

static void
turn(struct fixture *f)
{
    for (int i = 0; i < 5; i++) {
        loop_run_once(f->loop, 0);
    }
}

/* Ends a test whose channel is open yet or not. */
static void
end(struct fixture *f)
{
    if (!f->seen.n_disconnected) {
        channel_close(f->channel);
    }
    close(f->peer);
    loop_destroy(f->loop);
}

static void
say(struct fixture *f, const char *bytes, size_t n)
{
    assert_int_equal(write(f->peer, bytes, n), n);
    turn(f);
}

#define SAY(F, BYTES) say(F, BYTES, sizeof(BYTES) - 1)

static size_t
hear(struct fixture *f, uint8_t *buffer, size_t n)
{
    ssize_t got = recv(f->peer, buffer, n, MSG_DONTWAIT);
    return got > 0 ? (size_t) got : 0;
}

static void
test_hello_without_bitmap_takes_lower_version(void **state UNUSED)
{
    struct fixture f;
    uint8_t bytes[64];
    begin(&f, OF_VERSIONS_ALL, 0);

    SAY(&f, "\4\0\0\10\0\0\0\1");

    assert_int_equal(f.seen.n_connected, 1);
    assert_int_equal(f.seen.version, OF13_VERSION);
    assert_int_equal(hear(&f, bytes, sizeof bytes), 8);
    assert_int_equal(bytes[0], OF15_VERSION);
    end(&f);
}

static void
test_hello_with_bitmap_takes_highest_common_version(void **state UNUSED)
{
    struct fixture f;
    begin(&f, 0x52, 0); /* 1.0, 1.3, 1.5. */

    /* Offers 1.4 and 1.3. */
    SAY(&f, "\5\0\0\20\0\0\0\1\0\1\0\10\0\0\0\60");

    assert_int_equal(f.seen.version, OF13_VERSION);
    end(&f);
}

static void
test_hello_without_common_version_sends_error(void **state UNUSED)
{
    struct fixture f;
    uint8_t bytes[256];
    begin(&f, 1 << OF10_VERSION, 0);

    SAY(&f, "\4\0\0\20\0\0\0\1\0\1\0\10\0\0\0\20");

    assert_int_equal(f.seen.n_connected, 0);
    assert_int_equal(f.seen.n_disconnected, 1);
    assert_int_equal(f.seen.error, EPROTO);
    size_t n = hear(&f, bytes, sizeof bytes);
    assert_int_equal(n, 8 + 0x52);
    assert_int_equal(bytes[8], OF13_VERSION);
    assert_memory_equal(bytes + 20,
                        "We support version 0x01, you support "
                        "version 0x04, no common versions.",
                        n - 20);
    end(&f);
}

static void
test_echo_is_answered_and_not_shown(void **state UNUSED)
{
    struct fixture f;
    uint8_t bytes[64];
    begin(&f, OF_VERSIONS_ALL, 0);
    SAY(&f, "\1\0\0\10\0\0\0\1");
    hear(&f, bytes, sizeof bytes);

    SAY(&f, "\1\2\0\12\0\0\0\7hi");

    assert_int_equal(f.seen.n_messages, 0);
    assert_int_equal(hear(&f, bytes, sizeof bytes), 10);
    assert_memory_equal(bytes, "\1\3\0\12\0\0\0\7hi", 10);
    end(&f);
}

static void
test_messages_in_pieces_arrive_whole(void **state UNUSED)
{
    struct fixture f;
    begin(&f, OF_VERSIONS_ALL, 0);

    SAY(&f, "\1\0\0\10\0\0\0\1\1\5\0");
    assert_int_equal(f.seen.n_messages, 0);
    SAY(&f, "\10\0\0\0\2\1\22\0\10\0\0\0\3");

    assert_int_equal(f.seen.n_messages, 2);
    assert_int_equal(f.seen.last_type, 18);
    end(&f);
}

static void
test_bad_frames_end_the_connection(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { "\1\5\0\7\0\0\0\1", 8 },   /* Shorter than a header. */
        { "\4\22\0\10\0\0\0\1", 8 }, /* Another version. */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f;
        begin(&f, OF_VERSIONS_ALL, 0);
        SAY(&f, "\1\0\0\10\0\0\0\1");
        say(&f, cases[i].bytes, cases[i].n);

        assert_int_equal(f.seen.n_disconnected, 1);
        assert_int_equal(f.seen.error, EPROTO);
        end(&f);
    }
}

static void
test_peer_that_leaves_is_told_as_end_of_file(void **state UNUSED)
{
    struct fixture f;
    begin(&f, OF_VERSIONS_ALL, 0);
    SAY(&f, "\1\0\0\10\0\0\0\1");

    shutdown(f.peer, SHUT_WR);
    turn(&f);

    assert_int_equal(f.seen.n_disconnected, 1);
    assert_int_equal(f.seen.error, EOF);
    end(&f);
}

static void
test_idle_peer_is_probed_then_dropped(void **state UNUSED)
{
    struct fixture f;
    uint8_t bytes[64];
    clock_stop();
    begin(&f, OF_VERSIONS_ALL, 5000);
    SAY(&f, "\1\0\0\10\0\0\0\1");
    hear(&f, bytes, sizeof bytes);

    clock_warp(5000);
    turn(&f);
    assert_int_equal(hear(&f, bytes, sizeof bytes), 8);
    assert_int_equal(bytes[1], 2);
    SAY(&f, "\1\3\0\10\0\0\0\1");
    clock_warp(4000);
    turn(&f);
    assert_int_equal(hear(&f, bytes, sizeof bytes), 0);
    clock_warp(1000);
    turn(&f);
    assert_int_equal(hear(&f, bytes, sizeof bytes), 8);
    assert_int_equal(f.seen.n_disconnected, 0);
    clock_warp(5000);
    turn(&f);

    assert_int_equal(f.seen.n_disconnected, 1);
    assert_int_equal(f.seen.error, ETIMEDOUT);
    end(&f);
}

static void
test_slow_reader_drains(void **state UNUSED)
{
    static char zeros[60000];
    static uint8_t buffer[65536];
    struct fixture f;
    begin(&f, OF_VERSIONS_ALL, 0);
    SAY(&f, "\1\0\0\10\0\0\0\1");
    size_t total = 0;

    for (int i = 0; i < 100; i++) {
        struct writer w = WRITER_INITIALIZER;
        message_begin(&w, MSG_RAW_OFPT_ECHO_REPLY, OF10_VERSION, 1);
        writer_put(&w, zeros, sizeof zeros);
        message_finish(&w, 0);
        assert_true(channel_send(f.channel, &w));
        assert_int_equal(w.size, 0);
        writer_uninit(&w);
    }
    assert_true(channel_backlog(f.channel) > 0);
    for (size_t n = 1; n;) {
        n = hear(&f, buffer, sizeof buffer);
        total += n;
        turn(&f);
    }

    assert_int_equal(channel_backlog(f.channel), 0);
    assert_int_equal(f.seen.n_drained, 1);
    assert_int_equal(total, 8 + 100 * 60008);
    end(&f);
}

static void
test_failed_attempts_back_off(void **state UNUSED)
{
    clock_stop();
    struct loop *loop = loop_create();
    struct seen seen = { 0 };
    struct channel_options options = { .versions = OF_VERSIONS_ALL,
                                       .max_backoff_ms = 4000 };
    struct channel_observer observer = { see_connected, see_message,
                                         see_disconnected, see_drained,
                                         &seen };
    struct channel *c =
        channel_open(loop, "unix:/nonexistent/socket", &options, &observer);

    for (int i = 0; i < 20; i++) {
        loop_run_once(loop, 0);
        clock_warp(1000);
    }

    struct channel_stats stats;
    channel_get_stats(c, &stats);
    assert_string_equal(stats.state, "BACKOFF");
    assert_int_equal(stats.last_error, ENOENT);
    assert_int_equal(stats.connected_ms, -1);
    assert_int_equal(seen.n_disconnected, 0);
    channel_close(c);
    loop_destroy(loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_without_bitmap_takes_lower_version),
        cmocka_unit_test(test_hello_with_bitmap_takes_highest_common_version),
        cmocka_unit_test(test_hello_without_common_version_sends_error),
        cmocka_unit_test(test_echo_is_answered_and_not_shown),
        cmocka_unit_test(test_messages_in_pieces_arrive_whole),
        cmocka_unit_test(test_bad_frames_end_the_connection),
        cmocka_unit_test(test_peer_that_leaves_is_told_as_end_of_file),
        cmocka_unit_test(test_slow_reader_drains),
        cmocka_unit_test(test_idle_peer_is_probed_then_dropped),
        cmocka_unit_test(test_failed_attempts_back_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
