/* The log of changes of rows, for tables that somebody chose. */

#include <stdlib.h>

#include "db/server/server_private.h"
#include "sys/log/log.h"

LOG_MODULE(transaction);

static void
log_change(const struct row_change *change)
{
    const struct row *row = change->row;
    const struct table_schema *schema = row->table->schema;
    CLEANUP(str_uninit) struct str s = STR_INITIALIZER;
    str_putf(&s, "table:%s,op:%s", schema->name,
             change->is_delete   ? "deleted"
             : change->is_insert ? "inserted"
                                 : "updated");
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct column *column = schema->columns[i];
        const struct datum *datum =
            change->is_delete ? row_change_old(change, i) : &row->fields[i];
        str_putf(&s, ",%s:", column->name);
        datum_format(&s, datum, &column->type);
    }
    log_info("%s", str_text(&s));
}

void
tlog_committed(const struct transaction *txn)
{
    for (size_t i = 0; i < txn->changes.n; i++) {
        const struct row_change *change = txn->changes.items[i];
        if (change->row->table->is_logged && !change->is_dropped) {
            log_change(change);
        }
    }
}

const char *
db_server_set_tlog(struct db_server *server, const char *db, const char *table,
                   bool enable)
{
    const struct served_db *sdb = strmap_get(&server->dbs, db);
    struct table *t = sdb ? database_find_table(sdb->db, table) : NULL;
    if (t) {
        t->is_logged = enable;
        return NULL;
    }
    return sdb ? "no such table" : "no such database";
}

void
db_server_put_tlog(const struct db_server *server, struct str *out)
{
    str_put(out, "database        table                       logging\n"
                 "--------        -----                       -------\n");
    struct strmap_node **dbs = strmap_sort(&server->dbs);
    for (size_t i = 0; i < strmap_count(&server->dbs); i++) {
        const struct served_db *sdb = dbs[i]->data;
        str_putf(out, "%-16s \n", dbs[i]->name);
        for (size_t j = 0; j < sdb->db->schema->n_tables; j++) {
            const struct table *table = &sdb->db->tables[j];
            str_putf(out, "%16s%-27s %s\n", "", table->schema->name,
                     table->is_logged ? "ON" : "OFF");
        }
    }
    free(dbs);
}
