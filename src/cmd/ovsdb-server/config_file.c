/* --config-file: what is served, as one JSON file that can be changed and
 * loaded again.
 *
 *     {"remotes": {"pssl:6640": {"inactivity-probe": 16000, ...}, ...},
 *      "databases": {"conf.db": {},
 *                    "DB": {"service-model": "relay",
 *                           "source": {"tcp:1.2.3.4:6640": {...}}}, ...}} */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "cmd/ovsdb-server/ovsdb_server.h"
#include "db/data/members.h"
#include "rpc/json/json.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"

LOG_MODULE(ovsdb_server);

struct db_config {
    char *model;    /* "standalone" ...; NULL: what the file is. */
    char *source;   /* Of a relay or backup, or NULL. */
    int probe_ms;   /* Of the source; -1: the default. */
    bool is_backup; /* With "active-backup": follows the source now. */
    char *db_name;  /* Once it is served. */
    struct strset excluded;
};

struct config {
    struct strmap remotes;   /* Of struct db_session_options. */
    struct strmap databases; /* File or name to struct db_config. */
};

struct config_file {
    struct db_server *server;
    struct remotes *remotes;
    char *name;
    struct config *config; /* In force. */
};

static struct config *
config_create(void)
{
    struct config *config = xmalloc(sizeof *config);
    strmap_init(&config->remotes);
    strmap_init(&config->databases);
    return config;
}

static void
db_config_destroy(struct db_config *db)
{
    free(db->model);
    free(db->source);
    free(db->db_name);
    strset_uninit(&db->excluded);
    free(db);
}

static void
config_destroy(struct config *config)
{
    struct strmap_node *node;
    remote_options_clear(&config->remotes);
    strmap_uninit(&config->remotes);
    STRMAP_FOR_EACH (node, &config->databases) {
        db_config_destroy(node->data);
    }
    strmap_uninit(&config->databases);
    free(config);
}

/* --- Parsing ----------------------------------------------------------- */

static void
get_number(struct members *m, const char *name, int max, int *valuep)
{
    const struct json *json = members_find(m, name, MEMBER_INTEGER);
    if (json && (json->integer < 0 || json->integer > max)) {
        members_fail(m, "%s must be between 0 and %d", name, max);
    } else if (json) {
        *valuep = (int) json->integer;
    }
}

/* Options of a remote, or of a source. */
static struct db_error *
parse_options(const char *name, const struct json *json,
              struct db_session_options *options)
{
    struct members m;
    *options = db_session_default_options;
    members_init(&m, json, "Parsing remote %s", name);
    get_number(&m, "max-backoff", INT32_MAX, &options->max_backoff_ms);
    get_number(&m, "inactivity-probe", INT32_MAX, &options->probe_interval_ms);
    get_number(&m, "dscp", 63, &options->dscp);
    const struct json *flag = members_find(&m, "read-only", MEMBER_BOOLEAN);
    options->is_read_only = flag && flag->type == JSON_TRUE;
    const struct json *role = members_find(&m, "role", MEMBER_STRING);
    options->role = role && *json_text(role) ? xstrdup(json_text(role)) : NULL;
    return members_finish(&m);
}

static struct db_error *
parse_remotes(struct config *config, const struct json *json)
{
    for (size_t i = 0; json && i < json->object.n; i++) {
        const struct json_member *m = &json->object.members[i];
        struct db_session_options *options = xmalloc(sizeof *options);
        struct db_error *error = parse_options(m->name, m->value, options);
        strmap_add(&config->remotes, m->name, options);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct db_error *
parse_source(struct db_config *db, const struct json *json)
{
    if (json->object.n != 1) {
        return db_error_syntax(json, "one source expected");
    }
    const struct json_member *m = &json->object.members[0];
    struct db_session_options options;
    struct db_error *error = parse_options(m->name, m->value, &options);
    db->source = xstrdup(m->name);
    db->probe_ms = options.probe_interval_ms;
    free((char *) options.role);
    return error;
}

static struct db_error *
parse_excluded(struct db_config *db, const struct json *json)
{
    for (size_t i = 0; json && i < json->array.n; i++) {
        if (json_item(json, i)->type != JSON_STRING) {
            return db_error_syntax(json, "names of tables expected");
        }
        strset_add(&db->excluded, json_text(json_item(json, i)));
    }
    return NULL;
}

/* Whether what is there belongs together. */
static struct db_error *
check_model(const char *name, const struct db_config *db)
{
    static const char *const models[] = { "standalone", "active-backup",
                                          "relay", "clustered" };
    const char *model = db->model ? db->model : "standalone";
    bool known = false;
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        known |= !strcmp(model, models[i]);
    }
    bool is_relay = !strcmp(model, "relay");
    bool is_pair = !strcmp(model, "active-backup");
    const char *problem =
        !known                         ? "unknown service model"
        : !strcmp(model, "clustered")  ? "clustered databases are not "
                                         "supported yet"
        : is_relay && !db->source      ? "a relay needs a source"
        : db->is_backup && !db->source ? "a backup needs a source"
        : !is_pair && db->is_backup    ? "only active-backup databases are "
                                         "backups"
        : !is_relay && !is_pair && db->source
            ? "only relays and active-backup databases have a source"
            : NULL;
    return problem ? db_error_syntax(NULL, "database %s: %s (%s)", name,
                                     problem, model)
                   : NULL;
}

static struct db_error *
parse_database(struct config *config, const char *name,
               const struct json *json)
{
    struct db_config *db = xzalloc(sizeof *db);
    db->probe_ms = -1;
    strset_init(&db->excluded);
    strmap_add(&config->databases, name, db);
    struct members m;
    members_init(&m, json, "Parsing database %s", name);
    const struct json *model =
        members_find(&m, "service-model", MEMBER_STRING);
    const struct json *source = members_find(&m, "source", MEMBER_OBJECT);
    const struct json *backup = members_find(&m, "backup", MEMBER_BOOLEAN);
    const struct json *excluded =
        members_find(&m, "exclude-tables", MEMBER_ARRAY);
    struct db_error *error = members_finish(&m);
    if (error) {
        return error;
    }
    db->model = model ? xstrdup(json_text(model)) : NULL;
    db->is_backup = backup && backup->type == JSON_TRUE;
    error = source ? parse_source(db, source) : NULL;
    if (!error) {
        error = parse_excluded(db, excluded);
    }
    return error ? error : check_model(name, db);
}

static struct db_error *
parse(struct config *config, const struct json *json)
{
    struct members m;
    members_init(&m, json, "Parsing configuration file");
    const struct json *remotes = members_find(&m, "remotes", MEMBER_OBJECT);
    const struct json *dbs = members_find(&m, "databases", MEMBER_OBJECT);
    struct db_error *error = members_finish(&m);
    if (!error) {
        error = parse_remotes(config, remotes);
    }
    for (size_t i = 0; !error && dbs && i < dbs->object.n; i++) {
        const struct json_member *db = &dbs->object.members[i];
        error = parse_database(config, db->name, db->value);
    }
    return error;
}

static struct error *
read_config(const char *name, struct config **configp)
{
    struct json *json;
    *configp = config_create();
    struct error *error = json_parse_file(name, &json);
    if (!error) {
        struct db_error *db_error = parse(*configp, json);
        json_unref(json);
        error = db_error ? db_error_to_error(db_error) : NULL;
    }
    if (error) {
        config_destroy(*configp);
        return error_prefix(error, "%s", name);
    }
    return NULL;
}

/* --- Making it so ------------------------------------------------------ */

static bool
is_relay(const struct db_config *db)
{
    return db->model && !strcmp(db->model, "relay");
}

/* Whether 'new' can go on with what serves 'old'. */
static bool
is_same_database(const struct db_config *old, const struct db_config *new)
{
    return is_relay(old) == is_relay(new)
           && (!is_relay(old) || !strcmp(old->source, new->source));
}

/* Takes over the databases that stay, and stops serving the others. */
static bool
remove_old(struct config_file *cf, struct config *new)
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
    char *what = is_relay(db) ? xasprintf("relay:%s:%s", name, db->source)
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
        } else if (!is_relay(db)) {
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
    struct config *new;
    struct error *error = read_config(cf->name, &new);
    if (error) {
        return error;
    }
    bool changed = remove_old(cf, new);
    config_destroy(cf->config);
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
    cf->config = config_create();
    return cf;
}

void
config_file_destroy(struct config_file *cf)
{
    if (cf) {
        config_destroy(cf->config);
        free(cf->name);
        free(cf);
    }
}
