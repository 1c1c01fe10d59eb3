/* --config-file: what is served, as one JSON file that can be changed and
 * loaded again. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "db/server/server_config.h"
#include "rpc/json/json.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"

LOG_MODULE(ovsdb_server);

struct config_file {
    struct db_server *server;
    struct remotes *remotes;
    char *name;
    struct server_config *config; /* In force. */
};

static struct error *
read_config(const char *name, struct server_config **configp)
{
    struct json *json;
    struct error *error = json_parse_file(name, &json);
    if (!error) {
        struct db_error *db_error = server_config_parse(json, configp);
        json_unref(json);
        error = db_error ? db_error_to_error(db_error) : NULL;
    }
    return error ? error_prefix(error, "%s", name) : NULL;
}

/* Whether 'new' can go on with what serves 'old'. */
static bool
is_same_database(const struct db_config *old, const struct db_config *new)
{
    return db_config_is_relay(old) == db_config_is_relay(new)
           && (!db_config_is_relay(old) || !strcmp(old->source, new->source));
}

/* Takes over the databases that stay, and stops serving the others. */
static bool
remove_old(struct config_file *cf, struct server_config *new)
{
    struct strmap_node *node;
    bool changed = false;
    STRMAP_FOR_EACH (node, &cf->config->databases) {
        struct db_config *old_db = node->data;
        struct db_config *new_db = strmap_get(&new->databases, node->name);
        if (!old_db->db_name) {
            continue;
        } else if (new_db && is_same_database(old_db, new_db)) {
            new_db->db_name = steal_ptr(&old_db->db_name);
        } else {
            databases_remove(cf->server, cf->remotes, old_db->db_name);
            changed = true;
        }
    }
    return changed;
}

static struct error *
serve(struct config_file *cf, const char *name, struct db_config *db)
{
    const char *db_name;
    char *what = db_config_is_relay(db)
                     ? xasprintf("relay:%s:%s", name, db->source)
                     : dirs_absolute(dirs_dbdir(), name);
    struct error *error =
        databases_add(cf->server, cf->remotes, what, &db_name);
    free(what);
    if (!error) {
        db->db_name = xstrdup(db_name);
    }
    return error;
}

static void
keep_first(struct error **firstp, struct error *error)
{
    if (*firstp) {
        log_err("%s", error_text(error));
        error_destroy(error);
    } else {
        *firstp = error;
    }
}

static bool
add_new(struct config_file *cf, struct error **firstp)
{
    struct strmap_node *node;
    bool changed = false;
    STRMAP_FOR_EACH (node, &cf->config->databases) {
        struct db_config *db = node->data;
        struct error *error = NULL;
        if (!db->db_name) {
            error = serve(cf, node->name, db);
            changed = true;
        }
        if (error) {
            keep_first(firstp, error);
        } else if (!db_config_is_relay(db)) {
            db_server_set_backup(cf->server, db->db_name,
                                 db->is_backup ? db->source : NULL,
                                 &db->excluded, db->probe_ms);
        }
    }
    return changed;
}

struct error *
config_file_load(struct config_file *cf)
{
    struct server_config *new;
    struct error *error = read_config(cf->name, &new);
    if (error) {
        return error;
    }
    bool changed = remove_old(cf, new);
    server_config_destroy(cf->config);
    cf->config = new;
    changed |= add_new(cf, &error);
    remotes_set_configured(cf->remotes, &cf->config->remotes);
    struct error *remote_error = remotes_update(cf->remotes);
    if (remote_error) {
        keep_first(&error, remote_error);
    }
    if (changed) {
        db_server_notify_dbs_changed(cf->server);
    }
    return error;
}

struct config_file *
config_file_create(struct db_server *server, struct remotes *remotes,
                   const char *name)
{
    struct config_file *cf = xzalloc(sizeof *cf);
    cf->server = server;
    cf->remotes = remotes;
    /* Daemons change their directory. */
    cf->name = dirs_absolute(NULL, name);
    cf->config = server_config_create();
    return cf;
}

void
config_file_destroy(struct config_file *cf)
{
    if (cf) {
        server_config_destroy(cf->config);
        free(cf->name);
        free(cf);
    }
}
