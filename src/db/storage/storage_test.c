/* Files of databases: compaction in the background. */

#include "db/storage/storage.h"

#include <stdio.h>
#include <unistd.h>

#include "base/test.h"
#include "db/engine/execute.h"
#include "db/engine/record.h"
#include "db/engine/test_schema.h"

static char directory[] = "/tmp/storage_test.XXXXXX";
static char path[64];
static struct storage *storage;
static struct database *db;
static struct loop *loop;
static int n_done;

static int
set_up(void **state UNUSED)
{
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.db", directory);
    struct database *empty = test_database();
    assert_null(storage_create_file(path, empty->schema));
    database_destroy(empty);
    assert_null(storage_open(path, STORAGE_WRITE, &storage, &db));
    loop = loop_create();
    n_done = 0;
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    char lock[128];
    storage_close(storage);
    database_destroy(db);
    loop_destroy(loop);
    unlink(path);
    snprintf(lock, sizeof lock, "%s/.a.db.~lock~", directory);
    unlink(lock);
    return rmdir(directory); /* Fails if anything else is left. */
}

/* Executes and writes an operation on table T, with ' for ". */
static void
change(const char *operation)
{
    char text[256];
    snprintf(text, sizeof text, "['d',%s]", operation);
    struct json *params = test_json(text);
    struct execute_result result;
    execute(db, NULL, params, 0, &result);
    assert_non_null(result.txn);
    assert_null(storage_write(storage, result.txn, false));
    transaction_commit(result.txn);
    json_unref(result.reply);
    json_unref(params);
}

static void
insert(int i)
{
    char text[128];
    snprintf(text, sizeof text,
             "{'op':'insert','table':'T','row':{'i':%d,'s':'x'}}", i);
    change(text);
}

static void
done(struct error *error, void *arg UNUSED)
{
    assert_null(error);
    n_done++;
}

static void
compact(void)
{
    storage_compact_in_background(storage, db, "test", loop, done, NULL);
}

static void
finish(void)
{
    while (storage_is_compacting(storage)) {
        loop_run_once(loop, -1);
    }
    assert_int_equal(n_done, 1);
}

/* Rows in the file, read anew, whose sum of 'i' is '*sump'. */
static size_t
count_rows(int64_t *sump)
{
    struct storage *again;
    struct database *copy;
    assert_null(storage_open(path, STORAGE_READ, &again, &copy));
    const struct table *table = database_find_table(copy, "T");
    size_t n = table_count(table);
    const struct row *row;
    *sump = 0;
    HMAP_FOR_EACH (row, node, &table->rows) {
        *sump += row_find(row, "i", ATOM_INTEGER, ATOM_VOID)->keys[0].integer;
    }
    storage_close(again);
    database_destroy(copy);
    return n;
}

static void
test_background_keeps_what_is_written_meanwhile(void **state UNUSED)
{
    int64_t sum;
    for (int i = 1; i <= 10; i++) {
        insert(i);
    }
    change("{'op':'delete','table':'T','where':[['i','==',10]]}");
    off_t before = storage_size(storage);

    compact();
    insert(20);
    change("{'op':'mutate','table':'T','where':[['i','==',1]],"
           "'mutations':[['i','+=',10]]}");
    finish();

    assert_int_equal(count_rows(&sum), 10);
    assert_int_equal(sum, 45 + 20 + 10);
    assert_true(storage_size(storage) < before);
    insert(30);
    assert_int_equal(count_rows(&sum), 11);
    assert_int_equal(sum, 45 + 20 + 10 + 30);
}

static void
test_foreground_takes_over(void **state UNUSED)
{
    int64_t sum;
    insert(1);
    compact();
    insert(2);

    assert_null(storage_compact(storage, db, "now"));

    assert_false(storage_is_compacting(storage));
    assert_int_equal(n_done, 1);
    assert_int_equal(count_rows(&sum), 2);
}

static void
test_close_stops_background(void **state UNUSED)
{
    int64_t sum;
    insert(1);
    compact();
    insert(2);

    storage_close(storage);
    storage = NULL;

    assert_int_equal(n_done, 0);
    assert_int_equal(count_rows(&sum), 2);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_background_keeps_what_is_written_meanwhile),
        TEST(test_foreground_takes_over),
        TEST(test_close_stops_background),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
