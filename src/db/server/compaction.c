/* Compaction of the files of databases, on request and by itself. */

#include <malloc.h>
#include <string.h>

#include "base/mem.h"
#include "db/server/server_private.h"
#include "sys/log/log.h"

LOG_MODULE(ovsdb_server);

/* A request for one or more databases. */
struct request {
    size_t n_left;       /* Databases, and one while it is being begun. */
    struct error *error; /* The first one. */
    db_server_compacted *done;
    void *arg;
};

/* A request in the list of a database that is being compacted. */
struct compaction {
    struct list node; /* In 'compactions' of the database. */
    struct request *request;
};

/* One database of 'request' is done; takes 'error'. */
static void
finish_one(struct request *request, struct error *error)
{
    if (request->error) {
        error_destroy(error);
    } else {
        request->error = error;
    }
    if (!--request->n_left) {
        request->done(steal_ptr(&request->error), request->arg);
        free(request);
    }
}

/* Tells those who asked for it. */
static void
finish_all(struct served_db *sdb, const struct error *error)
{
    while (!list_is_empty(&sdb->compactions)) {
        struct compaction *c = CONTAINER_OF(list_pop_front(&sdb->compactions),
                                            struct compaction, node);
        finish_one(c->request,
                   error ? error_create("%s", error_text(error)) : NULL);
        free(c);
    }
}

static void
compacted(struct error *error, void *sdb_)
{
    struct served_db *sdb = sdb_;
    if (error && list_is_empty(&sdb->compactions)) {
        log_err("%s: compaction failed: %s", sdb->db->schema->name,
                error_text(error));
    } else if (!error && sdb->server->trims_memory) {
        malloc_trim(0);
    }
    finish_all(sdb, error);
    error_destroy(error);
}

static void
start(struct served_db *sdb)
{
    if (!storage_is_compacting(sdb->storage)) {
        storage_compact_in_background(sdb->storage, sdb->db,
                                      "compacting database online",
                                      sdb->server->loop, compacted, sdb);
    }
}

void
db_server_set_trim(struct db_server *server, bool enable)
{
    server->trims_memory = enable;
}

void
db_server_compact(struct db_server *server, const char *name,
                  db_server_compacted *done, void *arg)
{
    struct request *request = xzalloc(sizeof *request);
    *request = (struct request){ .n_left = 1, .done = done, .arg = arg };
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        struct served_db *sdb = node->data;
        if (sdb->is_internal || (name && strcmp(name, node->name))) {
            continue;
        }
        log_info("compacting %s database by user request", node->name);
        struct compaction *c = xmalloc(sizeof *c);
        c->request = request;
        request->n_left++;
        list_push_back(&sdb->compactions, &c->node);
        start(sdb);
    }
    finish_one(request, NULL);
}

void
db_server_compact_grown(struct db_server *server)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &server->dbs) {
        struct served_db *sdb = node->data;
        if (storage_wants_compaction(sdb->storage)) {
            start(sdb);
        }
    }
}

void
compactions_abandon(struct served_db *sdb)
{
    if (!list_is_empty(&sdb->compactions)) {
        struct error *error =
            error_create("%s: database removed while it was being compacted",
                         sdb->db->schema->name);
        finish_all(sdb, error);
        error_destroy(error);
    }
}
