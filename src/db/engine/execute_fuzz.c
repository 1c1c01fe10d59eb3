/* Lines of JSON as parameters of "transact", one request after the other to a
 * database that has some rows: what they did must commit, its record must make
 * a copy the same, and what is aborted (a line that begins with '!') must
 * leave everything as it was. */

#include "db/engine/execute.h"

#include <string.h>

#include "db/engine/record.h"
#include "db/engine/test_schema.h"

#define U(DIGIT)   "00000000-0000-4000-8000-00000000000" #DIGIT
#define REF(DIGIT) "['uuid','" U(DIGIT) "']"
/* A parent with two of three children, strong and weak; they point on. */
#define SEED                                                                                                                \
    "{'P':{'" U(1) "':{'name':'p','a':1,'b':'x','kids':['set',[" REF(2) "," REF(3) "]],'weak':" REF(                        \
        4) ",'map':['map',[['k'," REF(2) "]]]}},"                                                                           \
                                         "'K':{'" U(2) "':{'k':2,'next':" REF(4) "},'" U(                                   \
                                             3) "':{'k':3},"                                                                \
                                                "'" U(4) "':{'k':4,'next':" REF(                                            \
                                                    4) "}},"                                                                \
                                                       "'T':{'" U(5) "':{'i':5,'r':0.5,'t':true,'s':'five','u':" REF(       \
                                                           1) ","                                                           \
                                                              "'is':['set',[1,2,3]],'oi':7,'m':['map',[['a',1],['b',2]]]}," \
                                                              "'" U(                                                        \
                                                                  6) "':{'i':6,'s':'six'}}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct database *
seeded_database(void)
{
    struct database *db = test_database();
    struct json *seed = test_json(SEED);
    struct db_error *error = record_replay(db, seed);
    assert(!error);
    json_unref(seed);
    return db;
}

/* All rows, however the tables order them. */
static struct json *
content(const struct database *db)
{
    struct str text = STR_INITIALIZER;
    record_put_database(&text, db, 0, NULL);
    struct json *json;
    struct error *error = json_parse_string(str_text(&text), &json);
    assert(!error);
    str_uninit(&text);
    return json;
}

/* Executes 'request' on 'db' and what it comes to on 'copy'. */
static void
run_request(struct database *db, struct database *copy, const uint8_t *data,
            size_t size, bool is_aborted, bool is_diff)
{
    struct json *before = is_aborted ? content(db) : NULL;
    struct json *request = test_array(data, size);
    struct execute_result result;
    execute(db, &(struct execute_session){ 0 }, request, 0, &result);
    struct str record = STR_INITIALIZER;
    if (!result.txn || is_aborted) {
        transaction_abort(result.txn);
    } else if (record_put_transaction(&record, result.txn, 1, is_diff)) {
        transaction_commit(result.txn);
        bool is_applied =
            record_replay_text(copy, str_text(&record), record.len);
        assert(is_applied);
    } else {
        transaction_commit(result.txn);
    }
    if (is_aborted) {
        struct json *after = content(db);
        assert(json_equal(before, after));
        json_unref(after);
    }
    str_uninit(&record);
    json_unref(before);
    json_unref(result.reply);
    json_unref(request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct database *db = seeded_database(), *copy = seeded_database();
    for (size_t n = 0; size; n++) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t) (end - data) : size;
        bool is_aborted = len && data[0] == '!';
        run_request(db, copy, data + is_aborted, len - is_aborted, is_aborted,
                    n % 2);
        data += len + (end != NULL);
        size -= len + (end != NULL);
    }
    struct json *a = content(db), *b = content(copy);
    assert(json_equal(a, b));
    json_unref(a);
    json_unref(b);
    database_destroy(db);
    return database_destroy(copy), 0;
}
