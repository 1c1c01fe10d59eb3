/* What the files of ovsdb-tool share. */

#pragma once

#include "base/error.h"
#include "db/data/schema.h"

typedef void command_function(int argc, char *argv[]);

struct command {
    const char *name;
    const char *usage;
    int min_args;
    int max_args;
    command_function *run;
    const char *help; /* NULL: not in --help. */
};

/* Ends with an entry without name. */
extern const struct command commands[];
/* How often --more was given. */
extern int show_log_verbosity;
/* --rbac-role: of query and transact; NULL: everything is permitted. */
extern const char *transaction_role;

const char *default_db(void);
const char *default_schema(void);
/* Prints 'error' and exits unless it is NULL. */
void fail_if(struct error *);
/* The schema in the file 'name', or the program ends. */
struct schema *read_schema(const char *name);

command_function command_create, command_compact, command_convert,
    command_needs_conversion, command_db_name, command_db_version,
    command_db_cksum, command_db_is_clustered, command_db_is_standalone,
    command_schema_name, command_schema_version, command_schema_cksum,
    command_query, command_transact, command_show_log,
    command_compare_versions, command_cluster, command_db_cluster;
