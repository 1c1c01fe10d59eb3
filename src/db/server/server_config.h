/* What a server is to serve, as the file of ovsdb-server's --config-file says:
 *
 *     {"remotes": {"pssl:6640": {"inactivity-probe": 16000, ...}, ...},
 *      "databases": {"conf.db": {},
 *                    "DB": {"service-model": "relay",
 *                           "source": {"tcp:1.2.3.4:6640": {...}}}, ...}} */

#pragma once

#include <stdbool.h>

#include "base/strmap.h"
#include "db/data/db_error.h"
#include "rpc/json/json.h"

struct db_config {
    char *model;    /* "standalone" ...; NULL: what the file is. */
    char *source;   /* Of a relay or backup, or NULL. */
    int probe_ms;   /* Of the source; -1: the default. */
    bool is_backup; /* With "active-backup": follows the source now. */
    char *db_name;  /* Once it is served: the user's to set. */
    struct strset excluded;
};

struct server_config {
    struct strmap remotes;   /* Of struct db_session_options. */
    struct strmap databases; /* File or name to struct db_config. */
};

/* One that names nothing. */
struct server_config *server_config_create(void);
/* NULL, or what is wrong; then '*configp' is not set. */
struct db_error *server_config_parse(const struct json *,
                                     struct server_config **) WARN_UNUSED;
void server_config_destroy(struct server_config *);
bool db_config_is_relay(const struct db_config *);

/* Frees the elements, struct db_session_options that own their roles. */
void session_options_clear(struct strmap *);
