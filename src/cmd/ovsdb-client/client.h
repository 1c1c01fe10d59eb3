/* ovsdb-client: what its files share. */

#pragma once

#include "base/vec.h"
#include "db/ctl/text_table.h"
#include "db/data/schema.h"
#include "rpc/jsonrpc/connection.h"

struct client {
    struct jsonrpc *rpc;
    const char *database; /* NULL for commands that need none. */
    int argc;             /* Arguments after server and database. */
    char **argv;
    struct text_table_style style;
    bool timestamp;
};

/* Ends the program with the reason. */
void client_fail(const char *format, ...) PRINTF_FORMAT(1, 2) NORETURN;
/* Sends the request, takes 'params', and gives the result, owned by the
 * caller.  Errors end the program. */
struct json *client_call(struct client *, const char *method,
                         struct json *params);
struct json *client_schema_json(struct client *);
struct schema *client_schema(struct client *);
/* Parses an argument as JSON. */
struct json *client_parse_json(const char *text);
void client_print_table(struct client *, struct text_table *);

void client_dump(struct client *);
void client_monitor(struct client *);

/* Names of the server's databases, sorted. */
struct str_vec client_databases(struct client *);

struct client_command {
    const char *name;
    bool needs_database;
    int min_args; /* After server and database. */
    int max_args;
    void (*run)(struct client *);
};

extern const struct client_command client_commands[];
extern const size_t client_n_commands;
