/* Runtime commands about replication and relays: ovsdb-server(1),
 * "Active-Backup Commands". */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "rpc/appctl/appctl.h"

struct context {
    struct db_server *server;
    struct sync_config *sync;
};

static void
start(const struct context *c)
{
    db_server_start_replication(c->server, c->sync->from, c->sync->excluded,
                                c->sync->probe_ms);
}

/* What is set takes effect where there is a connection. */
static void
start_again(const struct context *c)
{
    if (db_server_is_backup(c->server)) {
        start(c);
    }
}

static void
sync_status(struct appctl_conn *conn, int argc UNUSED,
            const char *argv[] UNUSED, void *c_)
{
    const struct context *c = c_;
    struct str text = STR_INITIALIZER;
    db_server_put_sync_status(c->server, &text);
    appctl_reply(conn, str_text(&text));
    str_uninit(&text);
}

static void
set_active(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
           void *c_)
{
    struct context *c = c_;
    free(c->sync->from);
    c->sync->from = xstrdup(argv[1]);
    start_again(c);
    appctl_reply(conn, NULL);
}

static void
get_active(struct appctl_conn *conn, int argc UNUSED,
           const char *argv[] UNUSED, void *c_)
{
    const struct context *c = c_;
    appctl_reply(conn, c->sync->from);
}

static void
connect_active(struct appctl_conn *conn, int argc UNUSED,
               const char *argv[] UNUSED, void *c_)
{
    const struct context *c = c_;
    if (c->sync->from) {
        start(c);
    }
    appctl_reply(conn, c->sync->from ? NULL
                                     : "Unable to connect: active server is "
                                       "not specified.\n");
}

static void
disconnect_active(struct appctl_conn *conn, int argc UNUSED,
                  const char *argv[] UNUSED, void *c_)
{
    const struct context *c = c_;
    db_server_stop_replication(c->server);
    appctl_reply(conn, NULL);
}

/* The number of milliseconds in 'text', or -1 after a reply. */
static int
parse_probe(struct appctl_conn *conn, const char *text)
{
    int64_t ms;
    if (!scan_i64(text, 10, &ms) || ms < 0 || ms > INT32_MAX) {
        appctl_reply(conn, "Invalid probe interval, integer value expected");
        return -1;
    }
    return (int) ms;
}

static void
set_active_probe(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
                 void *c_)
{
    struct context *c = c_;
    int ms = parse_probe(conn, argv[1]);
    if (ms >= 0) {
        c->sync->probe_ms = ms;
        start_again(c);
        appctl_reply(conn, NULL);
    }
}

static void
set_relay_probe(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
                void *c_)
{
    const struct context *c = c_;
    int ms = parse_probe(conn, argv[1]);
    if (ms >= 0) {
        db_server_set_relay_probe_interval(c->server, ms);
        appctl_reply(conn, NULL);
    }
}

static void
set_excluded(struct appctl_conn *conn, int argc, const char *argv[], void *c_)
{
    struct context *c = c_;
    free(c->sync->excluded);
    c->sync->excluded = argc > 1 ? xstrdup(argv[1]) : NULL;
    start_again(c);
    appctl_reply(conn, NULL);
}

static void
get_excluded(struct appctl_conn *conn, int argc UNUSED,
             const char *argv[] UNUSED, void *c_)
{
    const struct context *c = c_;
    struct str text = STR_INITIALIZER;
    db_server_put_excluded(c->sync->excluded, &text);
    appctl_reply(conn, str_text(&text));
    str_uninit(&text);
}

void
sync_commands_register(struct db_server *server, struct sync_config *sync)
{
    static const struct {
        const char *name;
        int min_args, max_args;
        appctl_callback *callback;
    } commands[] = {
        { "sync-status", 0, 0, sync_status },
        { "set-active-ovsdb-server", 1, 1, set_active },
        { "get-active-ovsdb-server", 0, 0, get_active },
        { "connect-active-ovsdb-server", 0, 0, connect_active },
        { "disconnect-active-ovsdb-server", 0, 0, disconnect_active },
        { "set-active-ovsdb-server-probe-interval", 1, 1, set_active_probe },
        { "set-relay-source-probe-interval", 1, 1, set_relay_probe },
        { "set-sync-exclude-tables", 0, 1, set_excluded },
        { "get-sync-exclude-tables", 0, 0, get_excluded },
    };
    struct context *context = xmalloc(sizeof *context);
    *context = (struct context){ server, sync };
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        char *name = xasprintf("ovsdb-server/%s", commands[i].name);
        appctl_register(name, "", commands[i].min_args, commands[i].max_args,
                        commands[i].callback, context);
        free(name);
    }
}
