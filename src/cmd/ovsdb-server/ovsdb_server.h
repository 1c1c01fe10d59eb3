/* What the files of ovsdb-server share. */

#pragma once

#include "base/strmap.h"
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

/* Adds 'name': a file, or "relay:DB:REMOTES". */
struct error *databases_add(struct db_server *, const char *name) WARN_UNUSED;

/* Registers the runtime commands. */
void commands_register(struct db_server *, struct remotes *,
                       struct sync_config *, struct loop *loop);
/* sync_commands.c: those about replication and relays. */
void sync_commands_register(struct db_server *, struct sync_config *);
