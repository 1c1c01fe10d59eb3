/* The command line of ovsdb-server. */

#include "sys/process/options.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "rpc/stream/replay.h"
#include "rpc/stream/tls.h"
#include "sys/process/daemon.h"
#include "sys/process/program.h"

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

static struct error *handle_option(int id, const char *argument, void *);

enum { N_GROUPS = 6 };

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
        settings->config_file = argument;
        return NULL;
    case OPTION_RECORD:
    case OPTION_REPLAY:
        if (replay_is_on()) {
            return error_create("--record and --replay exclude each other");
        }
        (id == OPTION_RECORD ? replay_set_record
                             : replay_set_replay)(argument);
        return NULL;
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

/* What the configuration file says cannot be said by arguments, too. */
static struct error *
check(const struct settings *settings, int n_arguments)
{
    if (!settings->config_file) {
        return NULL;
    }
    const char *other = settings->remotes.n       ? "--remote"
                        : settings->sync.from     ? "--sync-from"
                        : settings->sync.excluded ? "--sync-exclude-tables"
                        : settings->is_active     ? "--active"
                        : settings->no_dbs        ? "--no-dbs"
                        : n_arguments             ? "database names"
                                                  : NULL;
    return other ? error_create("--config-file and %s are mutually exclusive",
                                other)
                 : NULL;
}

int
settings_parse(struct settings *settings, int argc, char *argv[])
{
    struct option_group groups[N_GROUPS];
    get_groups(settings, groups);
    int first = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    struct error *error = check(settings, argc - first);
    if (error) {
        program_fatal(0, "%s", error_text(error));
    }
    return first;
}

void
settings_uninit(struct settings *settings)
{
    str_vec_uninit(&settings->remotes);
    free(settings->sync.from);
    free(settings->sync.excluded);
}
