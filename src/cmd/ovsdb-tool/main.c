/* ovsdb-tool: works on database files without a server. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/ovsdb-tool/ovsdb_tool.h"
#include "db/journal/journal.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

enum option_id {
    OPTION_MORE,
    OPTION_ROLE,
    OPTION_CLUSTER, /* Only clustered databases have a use for it. */
    OPTION_HELP,
    OPTION_OPTION,
    OPTION_VERSION,
};

static const struct option_spec specs[] = {
    { "more", 'm', OPTION_NO_ARGUMENT, OPTION_MORE },
    { "rbac-role", 0, OPTION_REQUIRED_ARGUMENT, OPTION_ROLE },
    { "cid", 0, OPTION_REQUIRED_ARGUMENT, OPTION_CLUSTER },
    { "election-timer", 0, OPTION_REQUIRED_ARGUMENT, OPTION_CLUSTER },
    { "help", 'h', OPTION_NO_ARGUMENT, OPTION_HELP },
    { "option", 'o', OPTION_NO_ARGUMENT, OPTION_OPTION },
    { "version", 'V', OPTION_NO_ARGUMENT, OPTION_VERSION },
};

int show_log_verbosity;
const char *transaction_role;

const char *
default_db(void)
{
    static char *name;
    if (!name) {
        name = dirs_absolute(dirs_dbdir(), "conf.db");
    }
    return name;
}

const char *
default_schema(void)
{
    static char *name;
    if (!name) {
        name = dirs_absolute(dirs_pkgdatadir(), "vswitch.ovsschema");
    }
    return name;
}

void
fail_if(struct error *error)
{
    if (error) {
        program_fatal(0, "%s", error_text(error));
    }
}

static void
list_commands(int argc UNUSED, char *argv[] UNUSED)
{
    printf("The available commands are:\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("  %-23s %s\n", c->name, c->usage);
    }
}

static void
usage(int argc UNUSED, char *argv[] UNUSED)
{
    printf("%s: works on Open vSwitch database files\n"
           "usage: %s [OPTIONS] COMMAND [ARG...]\n",
           program_name(), program_name());
    for (const struct command *c = commands; c->name; c++) {
        if (c->help) {
            printf("  %s %s\n      %s\n", c->name, c->usage, c->help);
        }
    }
    printf("The default DB is %s.\nThe default SCHEMA is %s.\n", default_db(),
           default_schema());
    options_log_print_help();
    printf("\nOther options:\n"
           "  -m, --more                  show-log prints more\n"
           "  -h, --help                  this help message\n"
           "  -V, --version               version information\n");
}

const struct command commands[] = {
    { "create", "[db [schema]]", 0, 2, command_create,
      "makes DB with SCHEMA" },
    { "create-cluster", "db contents local", 3, 3, command_cluster, NULL },
    { "join-cluster", "db name local remote...", 4, 1 << 20, command_cluster,
      NULL },
    { "compact", "[db [dst]]", 0, 2, command_compact,
      "compacts DB in place (or to DST)" },
    { "convert", "[db [schema [dst]]]", 0, 3, command_convert,
      "converts DB to SCHEMA (to DST)" },
    { "needs-conversion", "", 0, 2, command_needs_conversion, NULL },
    { "db-name", "[db]", 0, 1, command_db_name,
      "name of the schema that DB uses" },
    { "db-version", "[db]", 0, 1, command_db_version,
      "version of the schema that DB uses" },
    { "db-cksum", "[db]", 0, 1, command_db_cksum,
      "checksum of the schema that DB uses" },
    { "db-cid", "db", 1, 1, command_db_cluster, NULL },
    { "db-sid", "db", 1, 1, command_db_cluster, NULL },
    { "db-local-address", "db", 1, 1, command_db_cluster, NULL },
    { "db-is-clustered", "db", 1, 1, command_db_is_clustered,
      "tells whether DB is clustered" },
    { "db-is-standalone", "db", 1, 1, command_db_is_standalone,
      "tells whether DB is standalone" },
    { "schema-name", "[schema]", 0, 1, command_schema_name, "name of SCHEMA" },
    { "schema-version", "[schema]", 0, 1, command_schema_version,
      "version of SCHEMA" },
    { "schema-cksum", "[schema]", 0, 1, command_schema_cksum,
      "checksum of SCHEMA" },
    { "query", "[db] trns", 1, 2, command_query,
      "executes a transaction that changes nothing" },
    { "transact", "[db] trns", 1, 2, command_transact,
      "executes a transaction" },
    { "show-log", "[db]", 0, 1, command_show_log, "prints the records of DB" },
    { "check-cluster", "db...", 1, 1 << 20, command_cluster, NULL },
    { "compare-versions", "a op b", 3, 3, command_compare_versions,
      "compares versions of schemas" },
    { "help", "", 0, 1 << 20, usage, NULL },
    { "list-commands", "", 0, 1 << 20, list_commands, NULL },
    { "cluster-to-standalone", "db clusterdb", 2, 2, command_cluster, NULL },
    { NULL, NULL, 0, 0, NULL, NULL },
};

static struct error *handle_option(int id, const char *argument, void *arg);

static struct option_group own_group = { specs, ARRAY_SIZE(specs),
                                         handle_option, NULL };

static struct error *
handle_option(int id, const char *argument, void *arg UNUSED)
{
    switch ((enum option_id) id) {
    case OPTION_MORE:
        show_log_verbosity++;
        return NULL;
    case OPTION_ROLE:
        transaction_role = argument;
        return NULL;
    case OPTION_CLUSTER:
        return error_create("--cid and --election-timer are not supported "
                            "yet");
    case OPTION_HELP:
        usage(0, NULL);
        exit(EXIT_SUCCESS);
    case OPTION_OPTION:
        options_print(&own_group, 1);
        exit(EXIT_SUCCESS);
    case OPTION_VERSION:
        program_print_version(0, 0);
        exit(EXIT_SUCCESS);
    }
    NOT_REACHED();
}

static void
run_command(int argc, char *argv[])
{
    if (!argc) {
        program_fatal(0, "missing command name; use --help for help");
    }
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, argv[0])) {
            continue;
        }
        if (argc - 1 < c->min_args) {
            program_fatal(0, "'%s' command requires at least %d arguments",
                          c->name, c->min_args);
        } else if (argc - 1 > c->max_args) {
            program_fatal(0, "'%s' command takes at most %d arguments",
                          c->name, c->max_args);
        }
        c->run(argc, argv);
        return;
    }
    program_fatal(0, "unknown command '%s'; use --help for help", argv[0]);
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    const struct option_group groups[] = { own_group, options_log_group };
    int first = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    run_command(argc - first, argv + first);
    if (fflush(stdout) || ferror(stdout)) {
        program_fatal(errno, "write to standard output failed");
    }
    return EXIT_SUCCESS;
}
