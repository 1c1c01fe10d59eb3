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
#include "rpc/appctl/appctl.h"
#include "rpc/stream/tls.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/child.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

LOG_MODULE(ovsdb_server);

enum option_id {
    OPTION_REMOTE,
    OPTION_UNIXCTL,
    OPTION_RUN,
    OPTION_NO_DBS,
    OPTION_NO_COLUMN_DIFF,
    OPTION_NO_DATA_CONVERSION,
    OPTION_SYNC_FROM,
    OPTION_SYNC_EXCLUDE,
    OPTION_ACTIVE,
    /* These fail. */
    OPTION_CONFIG_FILE,
    OPTION_RECORD,
    OPTION_REPLAY,
    OPTION_HELP,
    OPTION_OPTION,
    OPTION_VERSION,
};

static const struct option_spec specs[] = {
    { "remote", 0, OPTION_REQUIRED_ARGUMENT, OPTION_REMOTE },
    { "unixctl", 0, OPTION_REQUIRED_ARGUMENT, OPTION_UNIXCTL },
    { "run", 0, OPTION_REQUIRED_ARGUMENT, OPTION_RUN },
    { "no-dbs", 0, OPTION_NO_ARGUMENT, OPTION_NO_DBS },
    { "disable-file-column-diff", 0, OPTION_NO_ARGUMENT,
      OPTION_NO_COLUMN_DIFF },
    { "sync-from", 0, OPTION_REQUIRED_ARGUMENT, OPTION_SYNC_FROM },
    { "sync-exclude-tables", 0, OPTION_REQUIRED_ARGUMENT,
      OPTION_SYNC_EXCLUDE },
    { "active", 0, OPTION_NO_ARGUMENT, OPTION_ACTIVE },
    { "config-file", 0, OPTION_REQUIRED_ARGUMENT, OPTION_CONFIG_FILE },
    { "record", 0, OPTION_OPTIONAL_ARGUMENT, OPTION_RECORD },
    { "replay", 0, OPTION_OPTIONAL_ARGUMENT, OPTION_REPLAY },
    { "disable-file-no-data-conversion", 0, OPTION_NO_ARGUMENT,
      OPTION_NO_DATA_CONVERSION },
    { "help", 'h', OPTION_NO_ARGUMENT, OPTION_HELP },
    { "option", 'o', OPTION_NO_ARGUMENT, OPTION_OPTION },
    { "version", 'V', OPTION_NO_ARGUMENT, OPTION_VERSION },
};

struct settings {
    struct str_vec remotes;
    const char *unixctl;
    const char *run;
    bool no_dbs;
    struct sync_config sync;
    bool is_active;
};

struct server {
    struct loop *loop;
    struct db_server *server;
    struct remotes *remotes;
    struct loop_timer compact_timer;
    pid_t child; /* Of --run, or 0. */
    int child_status;
};

enum { N_GROUPS = 6 };

/* How often to look for files worth compacting. */
enum { COMPACT_CHECK_MS = 60 * 1000 };

static struct error *handle_option(int id, const char *argument, void *);

static void
get_groups(struct settings *settings, struct option_group groups[N_GROUPS])
{
    groups[0] = (struct option_group){ specs, ARRAY_SIZE(specs), handle_option,
                                       settings };
    groups[1] = daemon_option_group;
    groups[2] = options_log_group;
    groups[3] = tls_option_group;
    groups[4] = tls_bootstrap_option_group;
    groups[5] = tls_peer_option_group;
}

static struct error *
not_supported(int id)
{
    const struct option_spec *spec = specs;
    while (spec->id != id) {
        spec++;
    }
    return error_create("option --%s is not supported yet", spec->name);
}

static struct error *
handle_option(int id, const char *argument, void *settings_)
{
    struct settings *settings = settings_;
    switch ((enum option_id) id) {
    case OPTION_REMOTE:
        str_vec_push(&settings->remotes, argument);
        return NULL;
    case OPTION_UNIXCTL:
        settings->unixctl = argument;
        return NULL;
    case OPTION_RUN:
        settings->run = argument;
        return NULL;
    case OPTION_NO_DBS:
        settings->no_dbs = true;
        return NULL;
    case OPTION_NO_COLUMN_DIFF:
        storage_set_column_diffs(false);
        return NULL;
    case OPTION_NO_DATA_CONVERSION:
        /* Files of this server always have the data after a conversion. */
        return NULL;
    case OPTION_SYNC_FROM:
        settings->sync.from = xstrdup(argument);
        return NULL;
    case OPTION_SYNC_EXCLUDE:
        settings->sync.excluded = xstrdup(argument);
        return NULL;
    case OPTION_ACTIVE:
        settings->is_active = true;
        return NULL;
    case OPTION_CONFIG_FILE:
    case OPTION_RECORD:
    case OPTION_REPLAY:
        return not_supported(id);
    case OPTION_HELP:
        server_usage();
        return NULL;
    case OPTION_OPTION: {
        struct option_group groups[N_GROUPS];
        get_groups(settings, groups);
        options_print(groups, ARRAY_SIZE(groups));
        exit(EXIT_SUCCESS);
    }
    case OPTION_VERSION:
        program_print_version(0, 0);
        exit(EXIT_SUCCESS);
    }
    NOT_REACHED();
}

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
        fail_if(databases_add(s->server, names[i]));
    }
    struct str list = STR_INITIALIZER;
    db_server_put_names(s->server, false, &list);
    char *p = list.text;
    const char *name;
    while (p && (name = scan_token(&p, "\n"))) {
        remotes_watch(s->remotes, db_server_find(s->server, name));
    }
    str_uninit(&list);
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
    struct option_group groups[N_GROUPS];

    program_init(argc, argv);
    get_groups(&settings, groups);
    int first = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    daemon_start(false);

    s.loop = loop_create();
    s.server = db_server_create(s.loop);
    s.remotes = remotes_create(s.server, s.loop);
    tls_set_resolver(resolve_key, s.server);
    open_databases(&s, argc - first, argv + first, settings.no_dbs);
    for (size_t i = 0; i < settings.remotes.n; i++) {
        fail_if(remotes_add(s.remotes, settings.remotes.items[i]));
    }
    fail_if(remotes_update(s.remotes));

    struct appctl_server *appctl;
    fail_if(appctl_server_create(s.loop, settings.unixctl, &appctl));
    appctl_register_exit(quit, &s);
    commands_register(s.server, s.remotes, &settings.sync, s.loop);
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
    db_server_destroy(s.server);
    loop_destroy(s.loop);
    str_vec_uninit(&settings.remotes);
    free(settings.sync.from);
    free(settings.sync.excluded);
    return status;
}
