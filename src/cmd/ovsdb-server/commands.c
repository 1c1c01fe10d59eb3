/* Runtime commands of ovsdb-server. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "rpc/appctl/appctl.h"
#include "sys/log/log.h"
#include "sys/process/memory_report.h"

LOG_MODULE(ovsdb_server);

struct context {
    struct db_server *server;
    struct remotes *remotes;
    const struct settings *settings;
};

static void
reply_error(struct appctl_conn *conn, struct error *error)
{
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
    } else {
        appctl_reply(conn, NULL);
    }
}

static void
reply_str(struct appctl_conn *conn, struct str *text)
{
    appctl_reply(conn, str_text(text));
    str_uninit(text);
}

static void
list_dbs(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
         void *context_)
{
    const struct context *context = context_;
    struct str text = STR_INITIALIZER;
    db_server_put_names(context->server, true, &text);
    reply_str(conn, &text);
}

/* Commands that change what the configuration file says. */
static bool
refuse_configured(struct appctl_conn *conn, const struct context *context)
{
    if (context->settings->file) {
        appctl_reply_error(conn, "the configuration file says what is served: "
                                 "change it and use ovsdb-server/reload");
    }
    return context->settings->file != NULL;
}

static void
add_db(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
       void *context_)
{
    const struct context *context = context_;
    if (refuse_configured(conn, context)) {
        return;
    }
    struct error *error =
        databases_add(context->server, context->remotes, argv[1], NULL);
    if (!error) {
        db_server_notify_dbs_changed(context->server);
        error = remotes_update(context->remotes);
    }
    reply_error(conn, error);
}

static void
remove_db(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
          void *context_)
{
    const struct context *context = context_;
    if (refuse_configured(conn, context)) {
        return;
    }
    if (!db_server_find(context->server, argv[1])) {
        appctl_reply_error(conn, "Failed to find the database.");
    } else if (argv[1][0] == '_') {
        appctl_reply_error(conn, "Cannot remove reserved database.");
    } else {
        databases_remove(context->server, context->remotes, argv[1]);
        db_server_notify_dbs_changed(context->server);
        reply_error(conn, remotes_update(context->remotes));
    }
}

static void
reload(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
       void *context_)
{
    const struct context *context = context_;
    struct config_file *file = context->settings->file;
    if (!file) {
        appctl_reply_error(conn, "there is no configuration file: the server "
                                 "was started without --config-file");
    } else {
        reply_error(conn, config_file_load(file));
    }
}

static void
compacted(struct error *error, void *conn)
{
    reply_error(conn, error);
}

static void
compact(struct appctl_conn *conn, int argc, const char *argv[], void *context_)
{
    const struct context *context = context_;
    const char *name = argc > 1 ? argv[1] : NULL;
    if (name && (name[0] == '_' || !db_server_find(context->server, name))) {
        appctl_reply_error(conn, name[0] == '_'
                                     ? "cannot compact built-in databases"
                                     : "no database by that name");
        return;
    }
    db_server_compact(context->server, name, compacted, conn);
}

static void
add_remote(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
           void *context_)
{
    const struct context *context = context_;
    if (refuse_configured(conn, context)) {
        return;
    }
    struct error *error = remotes_add(context->remotes, argv[1]);
    reply_error(conn, error ? error : remotes_update(context->remotes));
}

static void
remove_remote(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
              void *context_)
{
    const struct context *context = context_;
    if (refuse_configured(conn, context)) {
        return;
    }
    if (remotes_remove(context->remotes, argv[1])) {
        reply_error(conn, remotes_update(context->remotes));
    } else {
        appctl_reply_error(conn, "no such remote");
    }
}

static void
list_remotes(struct appctl_conn *conn, int argc UNUSED,
             const char *argv[] UNUSED, void *context_)
{
    const struct context *context = context_;
    struct str text = STR_INITIALIZER;
    remotes_put_names(context->remotes, &text);
    reply_str(conn, &text);
}

static void
disable_monitor_cond(struct appctl_conn *conn, int argc UNUSED,
                     const char *argv[] UNUSED, void *context_)
{
    const struct context *context = context_;
    db_server_disable_monitor_cond(context->server);
    appctl_reply(conn, NULL);
}

static void
storage_status(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
               void *context_)
{
    const struct context *context = context_;
    if (db_server_find(context->server, argv[1])) {
        appctl_reply(conn, "status: ok");
    } else {
        appctl_reply_error(conn, "Failed to find the database.");
    }
}

static void
reconnect(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
          void *context_)
{
    const struct context *context = context_;
    db_server_reconnect_all(context->server);
    appctl_reply(conn, NULL);
}

static void
enable_column_diff(struct appctl_conn *conn, int argc UNUSED,
                   const char *argv[] UNUSED, void *context UNUSED)
{
    storage_set_column_diffs(true);
    appctl_reply(conn, NULL);
}

/* For what this server cannot do yet: an error that names it. */
static void
not_supported(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
              void *context UNUSED)
{
    char *text = xasprintf("%s: not supported yet", argv[0]);
    appctl_reply_error(conn, text);
    free(text);
}

static void
trim_on_compaction(struct appctl_conn *conn, int argc UNUSED,
                   const char *argv[], void *context_)
{
    const struct context *context = context_;
    bool enable = !strcmp(argv[1], "on");
    if (!enable && strcmp(argv[1], "off") != 0) {
        appctl_reply_error(conn, "invalid argument");
        return;
    }
    db_server_set_trim(context->server, enable);
    log_info("memory trimming after compaction %s.",
             enable ? "enabled" : "disabled");
    appctl_reply(conn, NULL);
}

static void
set_tlog(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
         void *context_)
{
    const struct context *context = context_;
    const char *colon = strchr(argv[1], ':');
    bool enable = !strcmp(argv[2], "on");
    const char *problem = !colon ? "invalid DB:TABLE argument"
                          : !enable && strcmp(argv[2], "off") != 0
                              ? "invalid command argument"
                              : NULL;
    if (!problem) {
        char *db = xmemdup0(argv[1], (size_t) (colon - argv[1]));
        problem = db_server_set_tlog(context->server, db, colon + 1, enable);
        free(db);
    }
    if (problem) {
        appctl_reply_error(conn, problem);
    } else {
        appctl_reply(conn, NULL);
    }
}

static void
list_tlog(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
          void *context_)
{
    const struct context *context = context_;
    struct str text = STR_INITIALIZER;
    db_server_put_tlog(context->server, &text);
    reply_str(conn, &text);
}

/* The processor's counters are read nowhere in this program, which looks to
 * users as on a machine without any. */
static void
show_perf(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
          void *context UNUSED)
{
    appctl_reply(conn, "performance counter is not supported on this "
                       "platform\n");
}

static void
clear_perf(struct appctl_conn *conn, int argc UNUSED,
           const char *argv[] UNUSED, void *context UNUSED)
{
    appctl_reply(conn, NULL);
}

static void
report_memory(struct memory_report *report, void *context_)
{
    const struct context *context = context_;
    struct db_server_counts counts = db_server_counts(context->server);
    memory_report_add(report, "atoms", counts.n_atoms);
    memory_report_add(report, "cells", counts.n_cells);
    memory_report_add(report, "monitors", counts.n_monitors);
    memory_report_add(report, "n-weak-refs", counts.n_weak_refs);
    if (counts.n_triggers) {
        memory_report_add(report, "triggers", counts.n_triggers);
    }
    if (counts.n_sessions) {
        memory_report_add(report, "sessions", counts.n_sessions);
    }
}

void
commands_register(struct db_server *server, struct remotes *remotes,
                  struct settings *settings, struct loop *loop)
{
    static const struct {
        const char *name, *usage;
        int min_args, max_args;
        appctl_callback *callback;
    } commands[] = {
        { "ovsdb-server/list-dbs", "", 0, 0, list_dbs },
        { "ovsdb-server/add-db", "DB", 1, 1, add_db },
        { "ovsdb-server/remove-db", "DB", 1, 1, remove_db },
        { "ovsdb-server/reload", "", 0, 0, reload },
        { "ovsdb-server/compact", "", 0, 1, compact },
        { "ovsdb-server/add-remote", "REMOTE", 1, 1, add_remote },
        { "ovsdb-server/remove-remote", "REMOTE", 1, 1, remove_remote },
        { "ovsdb-server/list-remotes", "", 0, 0, list_remotes },
        { "ovsdb-server/reconnect", "", 0, 0, reconnect },
        { "ovsdb-server/disable-monitor-cond", "", 0, 0,
          disable_monitor_cond },
        { "ovsdb-server/get-db-storage-status", "DB", 1, 1, storage_status },
        { "ovsdb/file/column-diff-enable", NULL, 0, 0, enable_column_diff },
        { "ovsdb-server/memory-trim-on-compaction", "on|off", 1, 1,
          trim_on_compaction },
        { "ovsdb-server/perf-counters-show", "", 0, 0, show_perf },
        { "ovsdb-server/perf-counters-clear", "", 0, 0, clear_perf },
        { "ovsdb-server/tlog-set", "DB:TABLE on|off", 2, 2, set_tlog },
        { "ovsdb-server/tlog-list", "", 0, 0, list_tlog },
        /* Conversion never writes records without data here. */
        { "ovsdb/file/no-data-conversion-enable", NULL, 0, 0, not_supported },
    };
    struct context *context = xmalloc(sizeof *context);
    *context = (struct context){ server, remotes, settings };
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        appctl_register(commands[i].name, commands[i].usage,
                        commands[i].min_args, commands[i].max_args,
                        commands[i].callback, context);
    }
    sync_commands_register(server, &settings->sync);
    memory_report_register(report_memory, context);
    appctl_register_memory();
    appctl_register_time(loop, true);
}
