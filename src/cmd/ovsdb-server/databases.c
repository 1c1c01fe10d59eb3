/* Databases being served: files and relays. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovsdb-server/ovsdb_server.h"

static struct error *
add_relay(struct db_server *server, const char *name, const char *rest,
          char **dbp)
{
    const char *colon = strchr(rest, ':');
    *dbp = NULL;
    if (!colon) {
        return error_create("ovsdb error: %s: invalid syntax", name);
    }
    *dbp = xmemdup0(rest, (size_t) (colon - rest));
    return db_server_add_relay(server, *dbp, colon + 1);
}

struct error *
databases_add(struct db_server *server, struct remotes *remotes,
              const char *name, const char **dbp)
{
    const char *rest;
    CLEANUP(free_ptr) char *db_name = NULL;
    struct error *error = scan_prefix(name, "relay:", &rest)
                              ? add_relay(server, name, rest, &db_name)
                              : db_server_add_file(server, name, &db_name);
    if (!error) {
        struct database *db = db_server_find(server, db_name);
        remotes_watch(remotes, db);
        if (dbp) {
            *dbp = db->schema->name;
        }
    }
    return error;
}

void
databases_remove(struct db_server *server, struct remotes *remotes,
                 const char *name)
{
    remotes_unwatch(remotes, db_server_find(server, name));
    db_server_remove(server, name);
}
