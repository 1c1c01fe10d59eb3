/* ovsdb-server: the database server. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/vec.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "db/storage/storage.h"
#include "rpc/appctl/appctl.h"
#include "rpc/stream/replay.h"
#include "rpc/stream/tls.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/child.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

LOG_MODULE(ovsdb_server);

struct server {
    struct loop *loop;
    struct db_server *server;
    struct remotes *remotes;
    struct loop_timer compact_timer;
    pid_t child; /* Of --run, or 0. */
    int child_status;
};

/* How often to look for files worth compacting. */
enum { COMPACT_CHECK_MS = 60 * 1000 };

static void
fail_if(struct error *error)
{
    if (error) {
        program_fatal(0, "%s", error_text(error));
    }
}

static void
check_compaction(void *s_)
{
    struct server *s = s_;
    db_server_compact_grown(s->server);
    loop_timer_set(&s->compact_timer, clock_msec() + COMPACT_CHECK_MS);
}

static void
quit(void *s_)
{
    struct server *s = s_;
    loop_quit(s->loop);
}

static void
child_ended(void *s_)
{
    struct server *s = s_;
    if (s->child && waitpid(s->child, &s->child_status, WNOHANG) > 0) {
        s->child = 0;
        loop_quit(s->loop);
    }
}

static void
open_databases(struct server *s, int n, char *names[], bool no_dbs)
{
    CLEANUP(free_ptr)
    char *default_db = dirs_absolute(dirs_dbdir(), "conf.db");
    char *defaults[] = { default_db };
    if (!n && !no_dbs) {
        names = defaults;
        n = 1;
    }
    for (int i = 0; i < n; i++) {
        fail_if(databases_add(s->server, s->remotes, names[i], NULL));
    }
}

/* Files of keys may be named by columns. */
static char *
resolve_key(const char *name, void *server)
{
    struct place place;
    if (!scan_prefix(name, "db:", NULL)) {
        return xstrdup(name);
    }
    struct error *error = place_parse(server, name, &place);
    if (error) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "%s", error_text(error));
        error_destroy(error);
        return NULL;
    }
    return place_first_string(&place);
}

static void
start_child(struct server *s, const char *command)
{
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    loop_signal_add(s->loop, SIGCHLD, child_ended, s);
    fail_if(child_start(argv, NULL, &s->child));
}

/* The exit status of --run's command. */
static int
run_status(const struct server *s)
{
    if (WIFEXITED(s->child_status)) {
        return WEXITSTATUS(s->child_status);
    }
    char *text = child_status_text(s->child_status);
    program_error(0, "child process %s", text);
    free(text);
    return EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
    struct settings settings = { .sync.probe_ms = -1 };
    struct server s = { 0 };

    program_init(argc, argv);
    int first = settings_parse(&settings, argc, argv);
    daemon_start(false);

    s.loop = loop_create();
    loop_set_eager(s.loop, true);
    fail_if(replay_begin(s.loop));
    storage_set_background(!replay_is_on());
    s.server = db_server_create(s.loop);
    s.remotes = remotes_create(s.server, s.loop);
    tls_set_resolver(resolve_key, s.server);
    if (settings.config_file) {
        settings.file =
            config_file_create(s.server, s.remotes, settings.config_file);
        fail_if(config_file_load(settings.file));
    } else {
        open_databases(&s, argc - first, argv + first, settings.no_dbs);
        for (size_t i = 0; i < settings.remotes.n; i++) {
            fail_if(remotes_add(s.remotes, settings.remotes.items[i]));
        }
        fail_if(remotes_update(s.remotes));
    }

    struct appctl_server *appctl;
    fail_if(appctl_server_create(s.loop, settings.unixctl, &appctl));
    appctl_register_exit(quit, &s);
    commands_register(s.server, s.remotes, &settings, s.loop);
    if (settings.sync.from && !settings.is_active) {
        db_server_start_replication(s.server, settings.sync.from,
                                    settings.sync.excluded, -1);
    }
    loop_timer_init(s.loop, &s.compact_timer, check_compaction, &s);
    loop_timer_set(&s.compact_timer, clock_msec() + COMPACT_CHECK_MS);
    if (settings.run) {
        start_child(&s, settings.run);
    }
    daemon_complete();
    log_info("%s", program_banner());

    loop_run(s.loop);

    int status = settings.run && !s.child ? run_status(&s) : EXIT_SUCCESS;
    appctl_server_destroy(appctl);
    loop_timer_cancel(&s.compact_timer);
    remotes_destroy(s.remotes);
    config_file_destroy(settings.file);
    db_server_destroy(s.server);
    replay_end();
    loop_destroy(s.loop);
    settings_uninit(&settings);
    return status;
}
