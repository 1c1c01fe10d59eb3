/* ovsdb-client: what its files share. */

#pragma once

#include "base/vec.h"
#include "db/ctl/text_table.h"
#include "db/data/schema.h"
#include "rpc/jsonrpc/connection.h"

struct client_command;

struct client {
    struct loop *loop;
    const char *server;   /* Its name, or several separated by commas. */
    struct jsonrpc *rpc;  /* NULL for CLIENT_NO_CONNECTION. */
    const char *database; /* NULL for commands that need none. */
    int argc;             /* Arguments after server and database. */
    char **argv;
    struct text_table_style style;
    bool timestamp;
    bool force;          /* --force */
    bool leader_only;    /* --leader-only: of several servers. */
    bool change_aware;   /* --db-change-aware */
    const char *unixctl; /* --unixctl or NULL. */
    /* Gets requests and notifications, which stay the caller's; NULL drops
     * them. */
    void (*received)(struct client *, struct jsonrpc_message *);
};

enum client_flags {
    CLIENT_DAEMON = 1 << 0,        /* Heeds --detach and the like. */
    CLIENT_NO_CONNECTION = 1 << 1, /* Connects by itself. */
};

/* Ends the program with the reason. */
void client_fail(const char *format, ...) PRINTF_FORMAT(1, 2) NORETURN;
/* Sends the request, takes 'params', and gives the result, owned by the
 * caller.  Errors end the program. */
struct json *client_call(struct client *, const char *method,
                         struct json *params);
/* Parameters of a transaction that asks _Server about 'database', and the
 * array of rows in its result, at most one; NULL if there is none. */
struct json *client_status_params(const char *database);
const struct json *client_status_rows(const struct json *result);
struct json *client_schema_json(struct client *);
struct schema *client_schema(struct client *);
/* Parses an argument as JSON. */
struct json *client_parse_json(const char *text);
void client_print_table(struct client *, struct text_table *);

void client_dump(struct client *);
void client_monitor(struct client *);
void client_monitor_cond(struct client *);
void client_monitor_cond_since(struct client *);
void client_wait(struct client *);
void client_backup(struct client *);
void client_restore(struct client *);
void client_lock(struct client *);
void client_steal(struct client *);
void client_unlock(struct client *);
void client_print_json(const struct client *, const struct json *);

/* Detaches if asked to, then hands messages to 'received' until "exit". */
void client_follow(struct client *,
                   void (*received)(struct client *,
                                    struct jsonrpc_message *));

/* Connects to c->server and takes the database, if the command needs one,
 * from the arguments or the server. */
void client_connect(struct client *, const struct client_command *);

/* Names of the server's databases, sorted. */
struct str_vec client_databases(struct client *);

struct client_command {
    const char *name;
    bool needs_database;
    int min_args; /* After server and database. */
    int max_args;
    void (*run)(struct client *);
    unsigned int flags; /* Of enum client_flags. */
    /* The database that the arguments speak of, on the heap; may be NULL. */
    char *(*find_database)(const struct client *);
};

extern const struct client_command client_commands[];
extern const size_t client_n_commands;
