/* Role-based access control. */

#include "db/engine/rbac.h"

#include <string.h>

#include "base/mem.h"

/* --- The rules --------------------------------------------------------- */

static const struct row *
find_role(const struct table *roles, const char *name)
{
    const struct row *row;
    HMAP_FOR_EACH (row, node, &roles->rows) {
        const struct datum *d = row_find(row, "name", ATOM_STRING, ATOM_VOID);
        if (d && d->n == 1 && !strcmp(atom_text(&d->keys[0]), name)) {
            return row;
        }
    }
    return NULL;
}

/* The row of RBAC_Permission for 'table', or NULL. */
static const struct row *
find_permission(const struct database *db, const struct rbac_client *client,
                const struct table *table)
{
    const struct table *roles = database_find_table(db, "RBAC_Role");
    const struct table *permissions =
        database_find_table(db, "RBAC_Permission");
    const struct row *role =
        client->id && permissions ? find_role(roles, client->role) : NULL;
    const struct datum *map =
        role ? row_find(role, "permissions", ATOM_STRING, ATOM_UUID) : NULL;
    for (size_t i = 0; map && i < map->n; i++) {
        if (!strcmp(atom_text(&map->keys[i]), table->schema->name)) {
            return table_find_row(permissions, &map->values[i].uuid);
        }
    }
    return NULL;
}

/* Whether the database has rules, and they concern the client. */
static bool
is_restricted(const struct database *db, const struct rbac_client *client)
{
    return client->role && database_find_table(db, "RBAC_Role");
}

/* --- Rows and columns -------------------------------------------------- */

/* Whether 'rule', COLUMN or COLUMN:KEY, has the ID as its value. */
static bool
names_client(const struct table_schema *schema, const struct datum *fields,
             const char *rule, const char *id)
{
    const char *colon = strchr(rule, ':');
    CLEANUP(free_ptr)
    char *name =
        xmemdup0(rule, colon ? (size_t) (colon - rule) : strlen(rule));
    const struct column *column = table_schema_find_column(schema, name);
    if (!column || column->type.key.type != ATOM_STRING) {
        return false;
    }
    const struct datum *datum = &fields[column->index];
    if (colon) {
        bool is_strings = column->type.value.type == ATOM_STRING;
        const char *value =
            is_strings ? datum_get_string(datum, colon + 1) : NULL;
        return value && !strcmp(value, id);
    }
    return !type_is_map(&column->type) && datum->n == 1
           && !strcmp(atom_text(&datum->keys[0]), id);
}

static bool
is_authorized(const struct row *permission, const struct table_schema *schema,
              const struct datum *fields, const char *id)
{
    const struct datum *rules =
        row_find(permission, "authorization", ATOM_STRING, ATOM_VOID);
    for (size_t i = 0; rules && i < rules->n; i++) {
        const char *rule = atom_text(&rules->keys[i]);
        if (!*rule || names_client(schema, fields, rule, id)) {
            return true;
        }
    }
    return false;
}

static bool
may_insert_and_delete(const struct row *permission)
{
    const struct datum *flag =
        row_find(permission, "insert_delete", ATOM_BOOLEAN, ATOM_VOID);
    return flag && flag->n == 1 && flag->keys[0].boolean;
}

static bool
may_change(const struct row *permission, const struct column_set *columns)
{
    const struct datum *rules =
        row_find(permission, "update", ATOM_STRING, ATOM_VOID);
    for (size_t i = 0; i < columns->n; i++) {
        bool found = false;
        for (size_t j = 0; rules && j < rules->n; j++) {
            found |=
                !strcmp(atom_text(&rules->keys[j]), columns->columns[i]->name);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* --- Checks ------------------------------------------------------------ */

static struct db_error *
refuse(const struct rbac_client *client, const char *what,
       const struct table *table)
{
    return db_error_create("permission error",
                           "RBAC rules for client \"%s\" role \"%s\" prohibit "
                           "%s \"%s\".",
                           client->id ? client->id : "(null)", client->role,
                           what, table->schema->name);
}

struct db_error *
rbac_check_insert(const struct database *db, const struct rbac_client *client,
                  const struct table *table, const struct datum *fields)
{
    if (!is_restricted(db, client)) {
        return NULL;
    }
    const struct row *permission = find_permission(db, client, table);
    return permission && may_insert_and_delete(permission)
                   && is_authorized(permission, table->schema, fields,
                                    client->id)
               ? NULL
               : refuse(client, "row insertion into table", table);
}

struct check_aux {
    const struct row *permission;
    const char *id;
    bool refused;
};

static bool
check_row(struct row *row, void *aux_)
{
    struct check_aux *aux = aux_;
    aux->refused = !is_authorized(aux->permission, row->table->schema,
                                  row->fields, aux->id);
    return !aux->refused;
}

struct db_error *
rbac_check_change(const struct database *db, const struct rbac_client *client,
                  enum rbac_action action, const struct table *table,
                  const struct conditions *where,
                  const struct column_set *columns)
{
    static const char *const texts[] = {
        [RBAC_UPDATE] = "modification of table",
        [RBAC_MUTATE] = "mutate operation on table",
        [RBAC_DELETE] = "row deletion from table",
    };
    if (!is_restricted(db, client)) {
        return NULL;
    }
    const struct row *permission = find_permission(db, client, table);
    struct check_aux aux = { permission, client->id, true };
    if (permission
        && (columns ? may_change(permission, columns)
                    : may_insert_and_delete(permission))) {
        aux.refused = false;
        conditions_for_each(table, where, check_row, &aux);
    }
    return aux.refused ? refuse(client, texts[action], table) : NULL;
}
