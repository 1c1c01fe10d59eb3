/* Tests of conditions: a replica and a real server in one loop. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "db/idl/test_idl.h"
#include "db/server/server.h"
#include "db/storage/storage.h"
#include "sys/log/log_config.h"

#define MAX_SESSIONS 8

struct fixture {
    struct loop *loop;
    char *dir, *file, *remote;
    struct db_server *server;
    struct stream_listener *listener;
    struct db_session *sessions[MAX_SESSIONS];
    size_t n_sessions;
    struct idl *idl;
    const struct column *dscp;
};

static void
session_closed(struct db_session *session, void *f_)
{
    struct fixture *f = f_;
    for (size_t i = 0; i < f->n_sessions; i++) {
        if (f->sessions[i] == session) {
            f->sessions[i] = NULL;
        }
    }
    db_session_close(session);
}

static void
accept_sessions(void *f_)
{
    struct fixture *f = f_;
    struct stream *stream;
    while (!stream_accept(f->listener, &stream)) {
        assert_true(f->n_sessions < MAX_SESSIONS);
        f->sessions[f->n_sessions++] = db_session_accepted(
            f->server, stream, &db_session_default_options, session_closed, f);
    }
}

static void
run_server(struct fixture *f)
{
    f->server = db_server_create(f->loop);
    char *db;
    assert_null(db_server_add_file(f->server, f->file, &db));
    free(db);
    char *listen = xasprintf("p%s", f->remote);
    assert_int_equal(stream_listen(f->loop, listen, 0, &f->listener), 0);
    stream_listener_watch(f->listener, accept_sessions, f);
    free(listen);
}

static int
set_up(void **state)
{
    error_destroy(log_configure("off"));
    struct fixture *f = xzalloc(sizeof *f);
    f->dir = xstrdup("/tmp/idl-condition-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->file = xasprintf("%s/conf.db", f->dir);
    f->remote = xasprintf("unix:%s/sock", f->dir);
    f->loop = loop_create();
    f->idl = test_idl_create(f->loop);
    idl_monitor_column(f->idl, VSWITCH_TABLE_INTERFACE,
                       VSWITCH_INTERFACE_NAME);
    idl_monitor_table(f->idl, VSWITCH_TABLE_QUEUE);
    const struct schema *schema = idl_schema(f->idl);
    f->dscp =
        table_schema_find_column(schema->tables[VSWITCH_TABLE_QUEUE], "dscp");
    assert_null(storage_create_file(f->file, schema));
    run_server(f);
    idl_connect(f->idl, f->remote, true);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    idl_destroy(f->idl);
    for (size_t i = 0; i < f->n_sessions; i++) {
        db_session_close(f->sessions[i]);
    }
    stream_listener_close(f->listener);
    db_server_destroy(f->server);
    loop_destroy(f->loop);
    char *command = xasprintf("rm -r %s", f->dir);
    assert_int_equal(system(command), 0);
    free(command);
    free(f->dir);
    free(f->file);
    free(f->remote);
    free(f);
    return 0;
}

/* The clause that the row's dscp is 'value'. */
static struct json *
dscp_is(const struct fixture *f, int value)
{
    struct datum d;
    datum_init_integer(&d, value);
    struct json *clause = idl_clause(f->dscp, "==", &d);
    datum_uninit(&d, &f->dscp->type);
    return clause;
}

static struct json *
where_dscp(const struct fixture *f, int value)
{
    return json_array_create_1(dscp_is(f, value));
}

static void
wait_for(struct fixture *f, uint64_t seqno)
{
    while (idl_condition_seqno(f->idl) < seqno) {
        loop_run_once(f->loop, 1000);
    }
}

static void
wait_until_synced(struct fixture *f)
{
    while (f->idl->state != IDL_UP) {
        loop_run_once(f->loop, 1000);
    }
}

/* Adds a row with this dscp, by a replica of its own. */
static void
add_queue(struct fixture *f, int dscp)
{
    struct idl *idl = test_idl_create(f->loop);
    idl_connect(idl, f->remote, true);
    while (!idl_has_ever_synced(idl)) {
        loop_run_once(f->loop, 1000);
    }
    struct idl_txn *txn = idl_txn_create(idl);
    struct idl_row *row =
        idl_txn_insert(txn, VSWITCH_TABLE_QUEUE, NULL, false);
    const struct column *column =
        idl_schema(idl)->tables[VSWITCH_TABLE_QUEUE]->columns[f->dscp->index];
    struct datum d;
    datum_init_integer(&d, dscp);
    idl_txn_write(row, column, &d);
    assert_int_equal(idl_txn_commit_block(txn), IDL_TXN_SUCCESS);
    idl_txn_destroy(txn);
    idl_destroy(idl);
}

static size_t
count(const struct fixture *f)
{
    return idl_count(f->idl, VSWITCH_TABLE_QUEUE);
}

static void
wait_for_count(struct fixture *f, size_t n)
{
    while (count(f) != n) {
        loop_run_once(f->loop, 1000);
    }
}

static void
test_rows_come_and_go_with_the_condition(void **state)
{
    struct fixture *f = *state;
    for (int dscp = 0; dscp < 4; dscp++) {
        add_queue(f, dscp);
    }
    wait_for_count(f, 4);

    wait_for(f,
             idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 1)));
    assert_int_equal(count(f), 1);
    struct json *two = where_dscp(f, 2);
    json_array_add(two, dscp_is(f, 3));
    wait_for(f, idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, two));
    assert_int_equal(count(f), 2);
    wait_for(f, idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE,
                                  json_array_create()));
    assert_int_equal(count(f), 0);
    wait_for(f, idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, NULL));
    assert_int_equal(count(f), 4);
}

static void
test_same_condition_is_no_change(void **state)
{
    struct fixture *f = *state;
    uint64_t seqno =
        idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 1));
    assert_int_equal(
        idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 1)),
        seqno);
    wait_for(f, seqno);
    assert_null(f->idl->condition_id);
}

/* Set before the connection and while a change is under way. */
static void
test_the_newest_condition_wins(void **state)
{
    struct fixture *f = *state;
    for (int dscp = 0; dscp < 4; dscp++) {
        add_queue(f, dscp);
    }
    wait_until_synced(f);
    uint64_t seqno = 0;
    for (int dscp = 0; dscp < 4; dscp++) {
        seqno = idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE,
                                  where_dscp(f, dscp));
    }
    assert_non_null(f->idl->condition_id);
    wait_for(f, seqno);
    assert_int_equal(count(f), 1);
    const struct datum *d =
        idl_read(idl_first(f->idl, VSWITCH_TABLE_QUEUE), f->dscp);
    assert_int_equal(d->keys[0].integer, 3);
}

/* The connection ends between the request for a change and its reply. */
static void
test_condition_outlives_the_connection(void **state)
{
    struct fixture *f = *state;
    for (int dscp = 0; dscp < 4; dscp++) {
        add_queue(f, dscp);
    }
    wait_for(f,
             idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 1)));
    uint64_t seqno =
        idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 2));
    idl_reconnect(f->idl);
    wait_for(f, seqno);
    assert_int_equal(count(f), 1);
    add_queue(f, 2);
    wait_for_count(f, 2);
    assert_false(uuid_is_zero(&f->idl->last_id));
}

static void
test_refused_condition_is_not_asked_again(void **state)
{
    struct fixture *f = *state;
    wait_until_synced(f);
    struct json *bad = json_array_create_1(
        json_array_create_3(json_string_create("nonsense"),
                            json_string_create("=="), json_integer_create(1)));
    uint64_t seqno = idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, bad);
    while (!f->idl->condition_refused) {
        loop_run_once(f->loop, 1000);
    }
    assert_null(f->idl->condition_id);
    assert_true(idl_condition_seqno(f->idl) < seqno);
    add_queue(f, 1);
    wait_for_count(f, 1);
    wait_for(f,
             idl_set_condition(f->idl, VSWITCH_TABLE_QUEUE, where_dscp(f, 2)));
    assert_int_equal(count(f), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_rows_come_and_go_with_the_condition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_condition_is_no_change,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_newest_condition_wins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_condition_outlives_the_connection,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_refused_condition_is_not_asked_again, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
