/* The content of a database, followed from another server: a relay database,
 * which has no file and passes changes on to its source; or a replica, whose
 * file follows the active server's: ovsdb(7).
 *
 * A mirror has a session of its own.  It fetches the schema and monitors all
 * tables; what comes is committed to the database as a transaction is, so
 * monitors of this server's clients see it. */

#pragma once

#include "db/server/server_private.h"

enum mirror_kind { MIRROR_RELAY, MIRROR_REPLICA };

struct mirror;

/* 'remotes' are separated by commas.  'excluded', NULL: none, are tables that
 * are left alone; borrowed until the mirror is destroyed. */
struct mirror *mirror_create(struct served_db *, enum mirror_kind,
                             const char *remotes,
                             const struct strset *excluded);
/* NULL is legal. */
void mirror_destroy(struct mirror *);
/* Milliseconds; 0: no probes. */
void mirror_set_probe_interval(struct mirror *, int ms);
/* Connected, and the content is the source's. */
bool mirror_is_up(const struct mirror *);
/* Why the mirror gave up, or NULL. */
const char *mirror_error(const struct mirror *);
/* Sends a client's request to the source now; returns the ID that the reply
 * will have, which trigger_forwarded() gets; 0 if the source is not there. */
int64_t mirror_forward(struct mirror *, const char *method,
                       const struct json *params);
