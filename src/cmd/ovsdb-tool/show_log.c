/* ovsdb-tool show-log: the records of a file for people. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "cmd/ovsdb-tool/ovsdb_tool.h"
#include "db/data/datum.h"
#include "db/journal/journal.h"
#include "sys/process/program.h"

/* What rows of a table are called so far: UUID to name. */
struct log_state {
    struct schema *schema; /* Of the last record that had one. */
    struct strmap names;   /* "TABLE/UUID" to name or "". */
};

static void
print_columns(const struct log_state *state, const char *table_name,
              const struct json *columns)
{
    const struct table_schema *table =
        schema_find_table(state->schema, table_name);
    for (size_t i = 0; i < columns->object.n; i++) {
        const struct json_member *m = &columns->object.members[i];
        const struct column *column =
            table ? table_schema_find_column(table, m->name) : NULL;
        struct datum datum;
        struct db_error *error = column ? datum_from_json_unlimited(
                                     &datum, &column->type, m->value, NULL)
                                        : NULL;
        struct str text = STR_INITIALIZER;
        if (column && !error) {
            datum_format(&text, &datum, &column->type);
            datum_uninit(&datum, &column->type);
        } else {
            json_put(&text, m->value, JSON_SORT);
            db_error_destroy(error);
        }
        printf("    %s=%s\n", m->name, str_text(&text));
        str_uninit(&text);
    }
}

/* Prints the row and learns its name. */
static void
print_row(struct log_state *state, const char *table, const char *uuid,
          const struct json *row, bool is_diff)
{
    char *key = xasprintf("%s/%s", table, uuid);
    const char *old_name = strmap_get(&state->names, key);
    bool is_known = old_name != NULL;
    const struct json *name_json = json_object_find(row, "name");
    if (name_json && name_json->type == JSON_STRING) {
        free(
            strmap_replace(&state->names, key, xstrdup(json_text(name_json))));
    } else if (!is_known) {
        strmap_replace(&state->names, key, xstrdup(""));
    }
    const char *name = strmap_get(&state->names, key);

    if (show_log_verbosity) {
        printf("  table %s%s row", table, is_known ? "" : " insert");
        if (name[0]) {
            printf(" \"%s\" (%.8s)", name, uuid);
        } else {
            printf(is_known ? " %.8s (%.8s)" : " %.8s", uuid, uuid);
        }
        bool is_delete = row->type == JSON_NULL;
        printf("%s:\n", is_known && is_diff ? " diff" : "");
        if (is_delete) {
            printf("    delete row\n");
        }
        if (show_log_verbosity > 1 && row->type == JSON_OBJECT) {
            print_columns(state, table, row);
        }
    }
    if (row->type == JSON_NULL) {
        free(strmap_find_and_delete(&state->names, key));
    }
    free(key);
}

static void
print_transaction(struct log_state *state, const struct json *record)
{
    const struct json *date = json_object_find(record, "_date");
    const struct json *comment = json_object_find(record, "_comment");
    const struct json *is_diff = json_object_find(record, "_is_diff");
    if (date && date->type == JSON_INTEGER) {
        long long ms = date->integer;
        struct str text = STR_INITIALIZER;
        str_put_time(&text, "%Y-%m-%d %H:%M:%S.###",
                     ms < 10000000000LL ? ms * 1000 : ms, true);
        printf(" %s", str_text(&text));
        str_uninit(&text);
    }
    if (comment && comment->type == JSON_STRING) {
        printf(" \"%s\"", json_text(comment));
    }
    printf("\n");
    for (size_t i = 0; i < record->object.n; i++) {
        const struct json_member *m = &record->object.members[i];
        if (m->value->type != JSON_OBJECT || m->name[0] == '_') {
            continue;
        }
        for (size_t j = 0; j < m->value->object.n; j++) {
            const struct json_member *row = &m->value->object.members[j];
            print_row(state, m->name, row->name, row->value,
                      is_diff && is_diff->type == JSON_TRUE);
        }
    }
}

void
command_show_log(int argc, char *argv[])
{
    struct journal *journal;
    fail_if(journal_open(argc > 1 ? argv[1] : default_db(), JOURNAL_READ,
                         &journal));
    if (!strcmp(journal_magic(journal), JOURNAL_MAGIC_CLUSTER)) {
        program_fatal(0, "%s: clustered databases are not supported yet",
                      journal_name(journal));
    }
    struct log_state state = { NULL, STRMAP_INITIALIZER(&state.names) };
    for (unsigned int i = 0;; i++) {
        struct json *record;
        fail_if(journal_read(journal, &record));
        if (!record) {
            break;
        }
        printf("record %u:", i);
        if (!i) {
            struct db_error *error = schema_from_json(&state.schema, record);
            fail_if(error ? db_error_to_error(error) : NULL);
            printf(" \"%s\" schema, version=\"%s\", cksum=\"%s\"\n\n",
                   state.schema->name, state.schema->version,
                   state.schema->cksum);
        } else if (record->type == JSON_OBJECT) {
            print_transaction(&state, record);
            if (show_log_verbosity) {
                printf("\n");
            }
        }
        json_unref(record);
    }
    strmap_uninit_free(&state.names);
    schema_destroy(state.schema);
    journal_close(journal);
}
