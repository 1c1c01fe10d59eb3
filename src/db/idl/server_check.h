/* Whether a server is one that a client may use: what the database _Server,
 * ovsdb-server(5), tells of clusters and relays. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rpc/json/json.h"

/* What a client wants of servers, and what it has seen of the cluster. */
struct server_check {
    bool leader_only;  /* Of a cluster, only the leader will do. */
    int64_t min_index; /* The newest state seen: older ones are stale. */
};

/* The columns of _Server's table Database that are looked at, an array of
 * names. */
struct json *server_check_columns(void);
/* 'row': the database's row, an object with these columns (what is missing is
 * as in a database of one server).  Why the server is of no use, or NULL. */
const char *server_check_complaint(struct server_check *,
                                   const struct json *row);
