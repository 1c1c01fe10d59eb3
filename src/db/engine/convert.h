/* Changing the schema of a database, and its whole content at once. */

#pragma once

#include "db/engine/database.h"

/* A new database of 'schema', which it takes, with the rows of 'old'.  Tables
 * and columns that only one of the schemas has are left out, or have their
 * defaults.  Fails if a value does not fit its column's new type, or the rows
 * violate a constraint of the schema. */
struct db_error *database_convert(const struct database *old,
                                  struct schema *schema,
                                  struct database **newp) WARN_UNUSED;

/* Makes 'content' the content of 'db', which keeps its address and observers;
 * frees what was there.  Pointers to tables and rows of 'db' and 'content' end
 * here.  No transaction may be open. */
void database_replace(struct database *db, struct database *content);
