/* Commands of ovsdb-tool, but for show-log. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovsdb-tool/ovsdb_tool.h"
#include "db/data/db_error.h"
#include "db/engine/convert.h"
#include "db/engine/execute.h"
#include "db/engine/record.h"
#include "db/journal/journal.h"
#include "db/storage/storage.h"
#include "sys/clock/clock.h"
#include "sys/process/program.h"

static const char *
argument(int argc, char *argv[], int i, const char *fallback)
{
    return argc > i ? argv[i] : fallback;
}

struct schema *
read_schema(const char *name)
{
    struct schema *schema;
    struct db_error *db_error = schema_from_file(&schema, name);
    if (db_error) {
        struct error *error = db_error_to_error(db_error);
        program_fatal(0, "failed to read schema: %s", error_text(error));
    }
    return schema;
}

static struct schema *
read_db_schema(const char *name)
{
    struct schema *schema;
    fail_if(storage_read_schema(name, &schema));
    return schema;
}

void
command_create(int argc, char *argv[])
{
    struct schema *schema =
        read_schema(argument(argc, argv, 2, default_schema()));
    fail_if(
        storage_create_file(argument(argc, argv, 1, default_db()), schema));
    schema_destroy(schema);
}

/* Writes the content of 'db' to the file 'dst', replacing what is there, or
 * in the place of 'storage' if 'dst' is NULL. */
static void
write_db(struct storage *storage, const struct database *db, const char *dst,
         const char *verb)
{
    char *comment = xasprintf("%s by ovsdb-tool %s", verb, program_version());
    if (!dst) {
        fail_if(storage_compact(storage, db, comment));
    } else {
        struct storage *new_;
        struct database *empty;
        unlink(dst);
        fail_if(storage_create_file(dst, db->schema));
        fail_if(storage_open(dst, STORAGE_WRITE, &new_, &empty));
        fail_if(storage_compact(new_, db, comment));
        database_destroy(empty);
        storage_close(new_);
    }
    free(comment);
}

void
command_compact(int argc, char *argv[])
{
    struct storage *storage;
    struct database *db;
    const char *dst = argument(argc, argv, 2, NULL);
    fail_if(storage_open(argument(argc, argv, 1, default_db()),
                         dst ? STORAGE_READ : STORAGE_WRITE, &storage, &db));
    write_db(storage, db, dst, "compacted");
    database_destroy(db);
    storage_close(storage);
}

void
command_convert(int argc, char *argv[])
{
    struct storage *storage;
    struct database *old;
    const char *dst = argument(argc, argv, 3, NULL);
    struct schema *schema =
        read_schema(argument(argc, argv, 2, default_schema()));
    fail_if(storage_open(argument(argc, argv, 1, default_db()),
                         dst ? STORAGE_READ : STORAGE_WRITE, &storage, &old));
    struct database *new_;
    struct db_error *error = database_convert(old, schema, &new_);
    fail_if(error ? db_error_to_error(error) : NULL);
    write_db(storage, new_, dst, "converted");
    database_destroy(old);
    database_destroy(new_);
    storage_close(storage);
}

void
command_needs_conversion(int argc, char *argv[])
{
    struct schema *a = read_db_schema(argument(argc, argv, 1, default_db()));
    struct schema *b = read_schema(argument(argc, argv, 2, default_schema()));
    puts(schema_equal(a, b) ? "no" : "yes");
    schema_destroy(a);
    schema_destroy(b);
}

enum schema_part {
    PART_NAME,
    PART_VERSION,
    PART_CKSUM,
};

/* Prints a part of 'schema' and destroys it. */
static void
print_part(struct schema *schema, enum schema_part part)
{
    puts(part == PART_NAME      ? schema->name
         : part == PART_VERSION ? schema->version
                                : schema->cksum);
    schema_destroy(schema);
}

void
command_db_name(int argc, char *argv[])
{
    print_part(read_db_schema(argument(argc, argv, 1, default_db())),
               PART_NAME);
}

void
command_db_version(int argc, char *argv[])
{
    print_part(read_db_schema(argument(argc, argv, 1, default_db())),
               PART_VERSION);
}

void
command_db_cksum(int argc, char *argv[])
{
    print_part(read_db_schema(argument(argc, argv, 1, default_db())),
               PART_CKSUM);
}

void
command_schema_name(int argc, char *argv[])
{
    print_part(read_schema(argument(argc, argv, 1, default_schema())),
               PART_NAME);
}

void
command_schema_version(int argc, char *argv[])
{
    print_part(read_schema(argument(argc, argv, 1, default_schema())),
               PART_VERSION);
}

void
command_schema_cksum(int argc, char *argv[])
{
    print_part(read_schema(argument(argc, argv, 1, default_schema())),
               PART_CKSUM);
}

/* Exits with status 2 unless the file is of the given kind. */
static void
check_magic(const char *name, const char *magic)
{
    struct journal *journal;
    fail_if(journal_open(name, JOURNAL_READ, &journal));
    bool is_same = !strcmp(journal_magic(journal), magic);
    journal_close(journal);
    if (!is_same) {
        exit(2);
    }
}

void
command_db_is_clustered(int argc UNUSED, char *argv[])
{
    check_magic(argv[1], JOURNAL_MAGIC_CLUSTER);
}

void
command_db_is_standalone(int argc UNUSED, char *argv[])
{
    check_magic(argv[1], JOURNAL_MAGIC_STANDALONE);
}

void
command_cluster(int argc UNUSED, char *argv[])
{
    program_fatal(0, "%s: clustered databases are not supported yet", argv[0]);
}

void
command_db_cluster(int argc, char *argv[])
{
    struct journal *journal;
    fail_if(journal_open(argv[1], JOURNAL_READ, &journal));
    if (!strcmp(journal_magic(journal), JOURNAL_MAGIC_STANDALONE)) {
        program_fatal(0, "%s: not a clustered database", argv[1]);
    }
    journal_close(journal);
    command_cluster(argc, argv);
}

static void
do_transact(int argc, char *argv[], bool is_read_only)
{
    const char *name = argc == 3 ? argv[1] : default_db();
    struct json *params;
    struct error *error = json_parse_string(argv[argc - 1], &params);
    if (error) {
        program_fatal(0, "\"%s\": %s", argv[argc - 1], error_text(error));
    }

    struct storage *storage;
    struct database *db;
    fail_if(storage_open(name, is_read_only ? STORAGE_READ : STORAGE_WRITE,
                         &storage, &db));
    struct execute_result result;
    const struct execute_session session = { .client.role = transaction_role };
    execute(db, &session, params, 0, &result);
    if (result.is_waiting) {
        result.reply = execute_reply_with_error(
            json_array_create(),
            db_error_create("not supported", "triggers not supported"));
    }
    if (result.txn && is_read_only) {
        transaction_abort(result.txn);
    } else if (result.txn) {
        if (!transaction_is_empty(result.txn)) {
            fail_if(storage_write(storage, result.txn, true));
        }
        transaction_commit(result.txn);
    }
    char *text = json_print(result.reply, JSON_SORT);
    puts(text);
    free(text);
    json_unref(result.reply);
    json_unref(params);
    database_destroy(db);
    storage_close(storage);
}

void
command_query(int argc, char *argv[])
{
    do_transact(argc, argv, true);
}

void
command_transact(int argc, char *argv[])
{
    do_transact(argc, argv, false);
}

/* Takes a version x.y.z apart, or ends the program. */
static void
parse_version(const char *text, unsigned int parts[3])
{
    int n = 0;
    if (!schema_version_is_valid(text)
        || sscanf(text, "%u.%u.%u%n", &parts[0], &parts[1], &parts[2], &n)
               != 3) {
        program_fatal(0, "%s: not an OVSDB version number in format x.y.z",
                      text);
    }
}

void
command_compare_versions(int argc UNUSED, char *argv[])
{
    static const struct {
        const char *names[3];
        bool lt, eq, gt; /* Results of the comparison that satisfy it. */
    } operators[] = {
        { { "<", "lt" }, true, false, false },
        { { "<=", "le" }, true, true, false },
        { { "==", "eq", "=" }, false, true, false },
        { { "!=", "ne" }, true, false, true },
        { { ">=", "ge" }, false, true, true },
        { { ">", "gt" }, false, false, true },
    };

    unsigned int a[3], b[3];
    parse_version(argv[1], a);
    parse_version(argv[3], b);
    int cmp = 0;
    for (int i = 0; i < 3 && !cmp; i++) {
        cmp = a[i] < b[i] ? -1 : a[i] > b[i];
    }
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        for (int j = 0; j < 3 && operators[i].names[j]; j++) {
            if (!strcmp(argv[2], operators[i].names[j])) {
                bool holds = cmp < 0   ? operators[i].lt
                             : cmp > 0 ? operators[i].gt
                                       : operators[i].eq;
                exit(holds ? 0 : 2);
            }
        }
    }
    program_fatal(0, "%s: not a relational operator", argv[2]);
}
