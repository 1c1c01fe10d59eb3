/* ovsdb-client: talks to a database server as RFC 7047 has it. */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "cmd/ovsdb-client/client.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

/* Options. */

enum {
    OPT_TIMEOUT,
    OPT_TIMESTAMP,
    OPT_HELP,
    OPT_VERSION,
    OPT_LEADER_ONLY,
    OPT_NO_LEADER_ONLY,
    OPT_FORCE,
    OPT_CHANGE_AWARE,
    OPT_NO_CHANGE_AWARE,
    OPT_UNIXCTL,
};

static const struct option_spec own_options[] = {
    { "timeout", 't', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
    { "timestamp", 0, OPTION_NO_ARGUMENT, OPT_TIMESTAMP },
    { "leader-only", 0, OPTION_NO_ARGUMENT, OPT_LEADER_ONLY },
    { "no-leader-only", 0, OPTION_NO_ARGUMENT, OPT_NO_LEADER_ONLY },
    { "force", 0, OPTION_NO_ARGUMENT, OPT_FORCE },
    { "db-change-aware", 0, OPTION_NO_ARGUMENT, OPT_CHANGE_AWARE },
    { "no-db-change-aware", 0, OPTION_NO_ARGUMENT, OPT_NO_CHANGE_AWARE },
    { "unixctl", 0, OPTION_REQUIRED_ARGUMENT, OPT_UNIXCTL },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
};

static void
print_help(void)
{
    printf("%s: client of database servers\n"
           "usage: %s [OPTIONS] COMMAND [SERVER] [DATABASE] [ARG...]\n\n"
           "Commands:\n",
           program_name(), program_name());
    for (size_t i = 0; i < client_n_commands; i++) {
        printf("  %s\n", client_commands[i].name);
    }
    printf("\nSERVER is unix:%s/db.sock by default.\n", dirs_rundir());
    stream_print_help("SERVER", true, true);
    text_table_print_help();
    daemon_print_help();
    options_log_print_help();
    tls_print_help(true, false);
    printf("\nOther options:\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  --timestamp                 print the time of changes\n"
           "  --leader-only               of several SERVERs, take only a "
           "leader (default)\n"
           "  --no-leader-only            any that its cluster reaches\n"
           "  --force                     restore: whatever the schema is\n"
           "  --unixctl=SOCKET            control socket of a detached "
           "client\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
}

static struct error *
handle_option(int id, const char *argument, void *client_)
{
    struct client *c = client_;
    unsigned int seconds;
    struct error *error = NULL;
    switch (id) {
    case OPT_TIMEOUT:
        error = options_parse_timeout(argument, &seconds);
        if (error) {
            error_destroy(error);
            return error_create("value %s on -t or --timeout is invalid",
                                argument);
        }
        options_set_timeout(seconds);
        break;
    case OPT_TIMESTAMP:
        c->timestamp = true;
        break;
    case OPT_LEADER_ONLY:
    case OPT_NO_LEADER_ONLY:
        c->leader_only = id == OPT_LEADER_ONLY;
        break;
    case OPT_FORCE:
        c->force = true;
        break;
    case OPT_CHANGE_AWARE:
    case OPT_NO_CHANGE_AWARE:
        c->change_aware = id == OPT_CHANGE_AWARE;
        break;
    case OPT_UNIXCTL:
        c->unixctl = argument;
        break;
    case OPT_HELP:
        print_help();
        exit(EXIT_SUCCESS);
    case OPT_VERSION:
        program_print_version(0, 0);
        exit(EXIT_SUCCESS);
    }
    return NULL;
}

static void
check_arguments(const struct client *c, const struct client_command *command)
{
    if (c->argc < command->min_args || c->argc > command->max_args) {
        client_fail("invalid syntax for '%s' (use --help for help)",
                    command->name);
    }
}

static void
run(struct client *c, const struct client_command *command, const char *server)
{
    if (!command->needs_database) {
        check_arguments(c, command);
    }
    if (command->flags & CLIENT_DAEMON) {
        daemon_start(false);
    }
    c->server = server;
    c->loop = loop_create();
    if (!(command->flags & CLIENT_NO_CONNECTION)) {
        client_connect(c, command);
        if (c->change_aware) {
            struct json *params =
                json_array_create_1(json_boolean_create(true));
            json_unref(client_call(c, "set_db_change_aware", params));
        }
    }
    check_arguments(c, command);
    command->run(c);
    jsonrpc_destroy(c->rpc);
    loop_destroy(c->loop);
}

/* One server, or several separated by commas. */
static bool
names_servers(const char *text)
{
    char *first = xmemdup0(text, strcspn(text, ","));
    bool ok = !stream_check_name(first);
    free(first);
    return ok;
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    struct client c = {
        .leader_only = true,
        .style = { .format = TABLE_TEXT, .headings = true },
    };
    options_set_timeout(0);
    const struct option_group groups[] = {
        { own_options, ARRAY_SIZE(own_options), handle_option, &c },
        daemon_option_group,
        options_log_group,
        tls_option_group,
        tls_bootstrap_option_group,
        { text_table_options, text_table_n_options, text_table_option,
          &c.style },
    };
    int i = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    if (i < argc && !strcmp(argv[i], "help")) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (i >= argc) {
        client_fail("missing command name; use --help for help");
    }
    const struct client_command *command = NULL;
    for (size_t j = 0; j < client_n_commands; j++) {
        if (!strcmp(client_commands[j].name, argv[i])) {
            command = &client_commands[j];
        }
    }
    if (!command) {
        client_fail("unknown command '%s'; use --help for help", argv[i]);
    }
    i++;
    char *server = i < argc && names_servers(argv[i])
                       ? xstrdup(argv[i++])
                       : xasprintf("unix:%s/db.sock", dirs_rundir());
    c.argc = argc - i;
    c.argv = argv + i;
    run(&c, command, server);
    free(server);
    return EXIT_SUCCESS;
}
