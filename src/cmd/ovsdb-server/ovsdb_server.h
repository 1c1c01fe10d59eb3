/* What the files of ovsdb-server share. */

#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "db/server/server.h"
#include "sys/loop/loop.h"

struct remotes;

/* Prints what --help prints, and ends the program. */
void server_usage(void) NORETURN;

/* The place that "db:DB,TABLE,COLUMN" names: a column of strings, or of
 * references to rows. */
struct place {
    struct database *db;
    struct table *table;
    const struct column *column;
};

struct error *place_parse(const struct db_server *, const char *name,
                          struct place *) WARN_UNUSED;
/* The first string in the column that is not empty, for the caller to free;
 * NULL if there is none. */
char *place_first_string(const struct place *);

/* Where clients come from: --remote and rows that it names. */
struct remotes *remotes_create(struct db_server *, struct loop *);
void remotes_destroy(struct remotes *);
/* Adds 'name', a connection method or db:DB,TABLE,COLUMN; adding it again has
 * no effect.  Takes effect with remotes_update(). */
struct error *remotes_add(struct remotes *, const char *name) WARN_UNUSED;
/* False if it was not added. */
bool remotes_remove(struct remotes *, const char *name);
/* Opens and closes listeners and sessions so that they are what the names and
 * the databases ask for.  Errors are those of listeners. */
struct error *remotes_update(struct remotes *) WARN_UNUSED;
/* Wants these remotes, too: targets, or "db:DB,TABLE,COLUMN", with their
 * struct db_session_options; instead of those of the call before, whose map
 * may go after this.  Takes effect with remotes_update(). */
void remotes_set_configured(struct remotes *, const struct strmap *);
/* Watches 'db' for changes that concern remotes, until it is removed. */
void remotes_watch(struct remotes *, struct database *db);
void remotes_unwatch(struct remotes *, const struct database *db);
/* Appends the names, sorted, a line each. */
void remotes_put_names(const struct remotes *, struct str *);

/* Whom to replicate, if anybody. */
struct sync_config {
    char *from;     /* NULL: nobody was named. */
    char *excluded; /* "DB:TABLE,...", or NULL. */
    int probe_ms;   /* -1: the default. */
};

/* The command line. */
struct settings {
    struct str_vec remotes;
    const char *unixctl;
    const char *run;
    const char *config_file;  /* NULL: the rest says what is served. */
    struct config_file *file; /* The same. */
    bool no_dbs;
    struct sync_config sync;
    bool is_active;
};

/* Returns the index of the first argument; ends the program on errors. */
int settings_parse(struct settings *, int argc, char *argv[]);
void settings_uninit(struct settings *);

/* Serves 'name', a file or "relay:DB:REMOTES", and watches it for remotes.
 * '*dbp' is the database's name, borrowed from it; may be NULL. */
struct error *databases_add(struct db_server *, struct remotes *,
                            const char *name, const char **dbp) WARN_UNUSED;
/* Stops serving database 'db', which must be there. */
void databases_remove(struct db_server *, struct remotes *, const char *db);

/* A configuration file; load it to have it served, and again when it was
 * changed. */
struct config_file;
struct config_file *config_file_create(struct db_server *, struct remotes *,
                                       const char *name);
/* NULL is legal. */
void config_file_destroy(struct config_file *);
/* Serves what the file says, and nothing else.  If that is wrong nothing
 * changes; what cannot be opened is left out, and is an error, too. */
struct error *config_file_load(struct config_file *) WARN_UNUSED;

/* Registers the runtime commands. */
void commands_register(struct db_server *, struct remotes *, struct settings *,
                       struct loop *loop);
/* sync_commands.c: those about replication and relays. */
void sync_commands_register(struct db_server *, struct sync_config *);
