/* What the files of mirrors share. */

#pragma once

#include "db/server/server_private.h"

/* <table-updates> of another server. */
struct mirror_update {
    struct database *db;
    const struct strset *excluded; /* Tables to leave alone; NULL: none. */
    enum monitor_version version;
    bool is_initial; /* They are the whole content. */
    const struct json *updates;
};

/* The transaction that makes the database as the updates say.  On error there
 * is none. */
struct db_error *mirror_update_transaction(const struct mirror_update *,
                                           struct transaction **) WARN_UNUSED;
