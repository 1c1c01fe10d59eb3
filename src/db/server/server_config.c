/* What a server is to serve, from JSON. */

#include "db/server/server_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/data/members.h"
#include "db/server/server.h"

struct server_config *
server_config_create(void)
{
    struct server_config *config = xmalloc(sizeof *config);
    strmap_init(&config->remotes);
    strmap_init(&config->databases);
    return config;
}

void
session_options_clear(struct strmap *map)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, map) {
        struct db_session_options *options = node->data;
        free((char *) options->role);
        free(options);
    }
    strmap_clear(map);
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

void
server_config_destroy(struct server_config *config)
{
    struct strmap_node *node;
    session_options_clear(&config->remotes);
    strmap_uninit(&config->remotes);
    STRMAP_FOR_EACH (node, &config->databases) {
        db_config_destroy(node->data);
    }
    strmap_uninit(&config->databases);
    free(config);
}

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
parse_remotes(struct server_config *config, const struct json *json)
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
parse_database(struct server_config *config, const char *name,
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

struct db_error *
server_config_parse(const struct json *json, struct server_config **configp)
{
    struct server_config *config = server_config_create();
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
    if (error) {
        server_config_destroy(config);
        config = NULL;
    }
    *configp = config;
    return error;
}

bool
db_config_is_relay(const struct db_config *db)
{
    return db->model && !strcmp(db->model, "relay");
}
