/* Commands that every daemon has: about commands and the program, the log and
 * the counters. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "rpc/appctl/appctl_private.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/process/memory_report.h"
#include "sys/process/program.h"

LOG_MODULE(vlog);

static void
list_commands(struct appctl_conn *conn, int argc UNUSED,
              const char *argv[] UNUSED, void *aux UNUSED)
{
    struct strmap_node **nodes = strmap_sort(appctl_commands());
    size_t n = strmap_count(appctl_commands());
    if (appctl_wants_json(conn)) {
        struct json *object = json_object_create();
        for (size_t i = 0; i < n; i++) {
            const struct appctl_command *command = nodes[i]->data;
            if (command->usage) {
                json_object_put_string(object, nodes[i]->name, command->usage);
            }
        }
        appctl_reply_json(conn, object);
    } else {
        struct str s = STR_INITIALIZER;
        str_put(&s, "The available commands are:\n");
        for (size_t i = 0; i < n; i++) {
            const struct appctl_command *command = nodes[i]->data;
            if (command->usage) {
                str_putf(&s, "  %-23s %s\n", nodes[i]->name, command->usage);
            }
        }
        appctl_reply(conn, str_text(&s));
        str_uninit(&s);
    }
    free(nodes);
}

static void
version(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
        void *aux UNUSED)
{
    appctl_reply(conn, program_banner());
}

static void
set_options(struct appctl_conn *conn, int argc, const char *argv[],
            void *aux UNUSED)
{
    const char *format = NULL;
    if (argc == 3 && !strcmp(argv[1], "--format")) {
        format = argv[2];
    } else if (argc == 2 && !strncmp(argv[1], "--format=", 9)) {
        format = argv[1] + 9;
    }

    char *error = NULL;
    if (!format) {
        error = xasprintf("set-options: %s is not --format FORMAT", argv[1]);
    } else if (!strcmp(format, "json") || !strcmp(format, "text")) {
        appctl_set_json(conn, !strcmp(format, "json"));
    } else {
        error = xasprintf("option format has invalid value %s", format);
    }
    if (error) {
        appctl_reply_error(conn, error);
        free(error);
    } else {
        appctl_reply(conn, NULL);
    }
}

static void
vlog_set(struct appctl_conn *conn, int argc, const char *argv[],
         void *aux UNUSED)
{
    /* Without arguments: everything to DBG, as with -v. */
    struct error *error = argc == 1 ? log_configure("") : NULL;
    for (int i = 1; i < argc && !error; i++) {
        error = log_configure(argv[i]);
    }
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
    } else {
        appctl_reply(conn, NULL);
    }
}

static void
reply_put(struct appctl_conn *conn, void (*put)(struct str *))
{
    struct str s = STR_INITIALIZER;
    put(&s);
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

static void
vlog_list(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
          void *aux UNUSED)
{
    reply_put(conn, log_put_levels);
}

static void
vlog_list_pattern(struct appctl_conn *conn, int argc UNUSED,
                  const char *argv[] UNUSED, void *aux UNUSED)
{
    reply_put(conn, log_put_patterns);
}

static void
vlog_reopen(struct appctl_conn *conn, int argc UNUSED,
            const char *argv[] UNUSED, void *aux UNUSED)
{
    int error = log_reopen();
    if (error) {
        appctl_reply_error(conn, error == ENXIO
                                     ? "Logging to file not configured"
                                     : strerror(error));
    } else {
        appctl_reply(conn, NULL);
    }
}

static void
vlog_close(struct appctl_conn *conn, int argc UNUSED,
           const char *argv[] UNUSED, void *aux UNUSED)
{
    log_close();
    appctl_reply(conn, NULL);
}

/* Writes its argument to the log: a mark in a test's record. */
static void
vlog_message(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
             void *aux UNUSED)
{
    log_info("%s", argv[1]);
    appctl_reply(conn, NULL);
}

/* 'honor' is not NULL for vlog/enable-rate-limit. */
static void
vlog_rate_limit(struct appctl_conn *conn, int argc, const char *argv[],
                void *honor)
{
    if (argc == 1) {
        log_set_rate_limits(NULL, honor != NULL);
    }
    for (int i = 1; i < argc; i++) {
        const char *module = strcasecmp(argv[i], "any") ? argv[i] : NULL;
        if (!log_set_rate_limits(module, honor != NULL)) {
            appctl_reply_error(conn, "unknown module");
            return;
        }
    }
    appctl_reply(conn, NULL);
}

static void
coverage_show(struct appctl_conn *conn, int argc UNUSED,
              const char *argv[] UNUSED, void *aux UNUSED)
{
    reply_put(conn, coverage_put);
}

static void
coverage_read_counter(struct appctl_conn *conn, int argc UNUSED,
                      const char *argv[], void *aux UNUSED)
{
    uint64_t total;
    if (!coverage_read(argv[1], &total)) {
        appctl_reply_error(conn, "No such counter");
        return;
    }
    char *text = xasprintf("%" PRIu64 "\n", total);
    appctl_reply(conn, text);
    free(text);
}

static void
memory_show(struct appctl_conn *conn, int argc UNUSED,
            const char *argv[] UNUSED, void *aux UNUSED)
{
    reply_put(conn, memory_report_put);
}

void
appctl_register_memory(void)
{
    appctl_register("memory/show", "", 0, 0, memory_show, NULL);
}

void
appctl_register_builtins(void)
{
    static int yes;
    appctl_register("list-commands", "", 0, 0, list_commands, NULL);
    appctl_register("version", "", 0, 0, version, NULL);
    appctl_register("set-options", "[--format text|json]", 1, 2, set_options,
                    NULL);
    appctl_register("vlog/set", "{spec | PATTERN:destination:pattern}", 0,
                    APPCTL_ANY, vlog_set, NULL);
    appctl_register("vlog/list", "", 0, 0, vlog_list, NULL);
    appctl_register("vlog/list-pattern", "", 0, 0, vlog_list_pattern, NULL);
    appctl_register("vlog/reopen", "", 0, 0, vlog_reopen, NULL);
    appctl_register("vlog/close", "", 0, 0, vlog_close, NULL);
    appctl_register("vlog/message", NULL, 1, 1, vlog_message, NULL);
    appctl_register("vlog/enable-rate-limit", "[module]...", 0, APPCTL_ANY,
                    vlog_rate_limit, &yes);
    appctl_register("vlog/disable-rate-limit", "[module]...", 0, APPCTL_ANY,
                    vlog_rate_limit, NULL);
    appctl_register("coverage/show", "", 0, 0, coverage_show, NULL);
    appctl_register("coverage/read-counter", "COUNTER", 1, 1,
                    coverage_read_counter, NULL);
}
