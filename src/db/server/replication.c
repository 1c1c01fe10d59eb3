/* Active-backup: all databases of this server follow those of another one. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "db/server/mirror.h"
#include "sys/log/log.h"

LOG_MODULE(replication);

struct replication {
    char *remote;
    struct strmap excluded; /* Database to struct strset of tables. */
    int probe_ms;           /* Negative: by default. */
};

/* --- Excluded tables --------------------------------------------------- */

/* From "DB:TABLE,...".  A word without a colon is a database. */
static void
parse_excluded(const char *text, struct strmap *excluded)
{
    CLEANUP(free_ptr) char *copy = xstrdup(text ? text : "");
    char *p = copy;
    const char *word;
    strmap_init(excluded);
    while (p && (word = scan_token(&p, ","))) {
        const char *colon = strchr(word, ':');
        char *db =
            xmemdup0(word, colon ? (size_t) (colon - word) : strlen(word));
        struct strset *tables = strmap_get(excluded, db);
        if (!tables) {
            tables = xmalloc(sizeof *tables);
            strset_init(tables);
            strmap_add(excluded, db, tables);
        }
        strset_add(tables, colon ? colon + 1 : "");
        free(db);
    }
}

static void
free_excluded(struct strmap *excluded)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, excluded) {
        strset_uninit(node->data);
        free(node->data);
    }
    strmap_uninit(excluded);
}

static void
put_excluded(const struct strmap *excluded, struct str *out)
{
    struct strmap_node **dbs = strmap_sort(excluded);
    const char *separator = "";
    for (size_t i = 0; i < strmap_count(excluded); i++) {
        const struct strset *tables = dbs[i]->data;
        const char **names = strset_sort(tables);
        for (size_t j = 0; j < strset_count(tables); j++) {
            str_putf(out, "%s%s:%s", separator, dbs[i]->name, names[j]);
            separator = ",";
        }
        free(names);
    }
    free(dbs);
}

void
db_server_put_excluded(const char *text, struct str *out)
{
    struct strmap excluded;
    parse_excluded(text, &excluded);
    put_excluded(&excluded, out);
    free_excluded(&excluded);
}

/* --- Beginning and end ------------------------------------------------- */

/* Ends once no database is followed any more. */
static void
check_end(void *server_)
{
    struct db_server *server = server_;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        const struct served_db *sdb = node->data;
        if (!sdb->is_relay && sdb->mirror && !mirror_error(sdb->mirror)) {
            return;
        }
    }
    log_warn("nothing can be replicated: this server is active now");
    db_server_stop_replication(server);
}

void
replication_init(struct db_server *server)
{
    loop_task_init(server->loop, &server->replication_end, check_end, server);
}

void
replication_mirror_ended(struct db_server *server)
{
    if (server->replication) {
        loop_task_schedule(&server->replication_end);
    }
}

void
db_server_stop_replication(struct db_server *server)
{
    struct replication *r = server->replication;
    if (!r) {
        return;
    }
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        struct served_db *sdb = node->data;
        if (!sdb->is_relay && !sdb->is_backup) {
            mirror_destroy(sdb->mirror);
            sdb->mirror = NULL;
            sdb->txn_id = (struct uuid){ { 0 } };
        }
    }
    server->replication = NULL;
    loop_task_cancel(&server->replication_end);
    free_excluded(&r->excluded);
    free(r->remote);
    free(r);
}

void
replication_follow(struct served_db *sdb)
{
    const struct replication *r = sdb->server->replication;
    if (!r || sdb->is_internal || sdb->is_relay || sdb->is_backup) {
        return;
    }
    sdb->mirror =
        mirror_create(sdb, MIRROR_REPLICA, r->remote,
                      strmap_get(&r->excluded, sdb->db->schema->name));
    if (r->probe_ms >= 0) {
        mirror_set_probe_interval(sdb->mirror, r->probe_ms);
    }
}

void
db_server_start_replication(struct db_server *server, const char *remote,
                            const char *excluded, int probe_ms)
{
    db_server_stop_replication(server);
    struct replication *r = xzalloc(sizeof *r);
    r->remote = xstrdup(remote);
    parse_excluded(excluded, &r->excluded);
    r->probe_ms = probe_ms;
    server->replication = r;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        replication_follow(node->data);
    }
}

static bool
same_names(const struct strset *a, const struct strset *b)
{
    const struct strmap_node *node;
    STRSET_FOR_EACH (node, a) {
        if (!strset_contains(b, node->name)) {
            return false;
        }
    }
    return strset_count(a) == strset_count(b);
}

void
db_server_set_backup(struct db_server *server, const char *db,
                     const char *remote, const struct strset *excluded,
                     int probe_ms)
{
    struct served_db *sdb = strmap_get(&server->dbs, db);
    bool is_same = remote && sdb->is_backup
                   && !strcmp(remote, sdb->backup_remote)
                   && same_names(excluded, &sdb->backup_excluded);
    if (sdb->is_backup && !is_same) {
        mirror_destroy(sdb->mirror);
        sdb->mirror = NULL;
        sdb->is_backup = false;
        sdb->txn_id = (struct uuid){ { 0 } };
        free(steal_ptr(&sdb->backup_remote));
    }
    if (remote && !is_same) {
        const struct strmap_node *node;
        strset_clear(&sdb->backup_excluded);
        STRSET_FOR_EACH (node, excluded) {
            strset_add(&sdb->backup_excluded, node->name);
        }
        sdb->is_backup = true;
        sdb->backup_remote = xstrdup(remote);
        sdb->mirror =
            mirror_create(sdb, MIRROR_REPLICA, remote, &sdb->backup_excluded);
    }
    if (sdb->is_backup && probe_ms >= 0) {
        mirror_set_probe_interval(sdb->mirror, probe_ms);
    }
}

bool
db_server_is_backup(const struct db_server *server)
{
    return server->replication != NULL;
}

void
db_server_put_sync_status(const struct db_server *server, struct str *out)
{
    const struct replication *r = server->replication;
    if (!r) {
        str_put(out, "state: active\n");
        return;
    }
    CLEANUP(str_uninit) struct str names = STR_INITIALIZER;
    struct strmap_node **dbs = strmap_sort(&server->dbs);
    for (size_t i = 0; i < strmap_count(&server->dbs); i++) {
        const struct served_db *sdb = dbs[i]->data;
        if (!sdb->is_relay && sdb->mirror && mirror_is_up(sdb->mirror)) {
            str_putf(&names, "%s%s", names.len ? ", " : "", dbs[i]->name);
        }
    }
    free(dbs);
    str_put(out, "state: backup\n");
    if (!names.len) {
        str_putf(out, "connecting: %s\n", r->remote);
        return;
    }
    str_putf(out, "replicating: %s\ndatabase: %s\n", r->remote,
             str_text(&names));
    if (strmap_count(&r->excluded)) {
        str_put(out, "exclude: ");
        put_excluded(&r->excluded, out);
        str_put_char(out, '\n');
    }
}
