/* Role-based access control: what clients of a remote with a role may change,
 * by the tables RBAC_Role and RBAC_Permission of the database.
 *
 * A role maps tables to permissions.  A permission names columns whose value
 * must be the client's ID for a row to be the client's ("authorization"; "":
 * every row is), columns that may be changed ("update"), and whether rows may
 * come and go ("insert_delete").  What is not permitted is refused. */

#pragma once

#include "db/data/schema.h"
#include "db/engine/conditions.h"

struct rbac_client {
    const char *role; /* NULL: may do everything. */
    const char *id;   /* Of the client's certificate; NULL: has none. */
};

/* NULL, or "permission error".  'fields' are the new row's, by column. */
struct db_error *rbac_check_insert(const struct database *,
                                   const struct rbac_client *,
                                   const struct table *,
                                   const struct datum *fields) WARN_UNUSED;

enum rbac_action { RBAC_UPDATE, RBAC_MUTATE, RBAC_DELETE };

/* The same for the rows that match.  'columns' would be changed; NULL for
 * RBAC_DELETE. */
struct db_error *
rbac_check_change(const struct database *, const struct rbac_client *,
                  enum rbac_action, const struct table *,
                  const struct conditions *,
                  const struct column_set *columns) WARN_UNUSED;
