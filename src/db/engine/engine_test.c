/* Tests of the engine through "transact" operations: references, garbage
 * collection, indexes, conditions and mutations. */

#include "base/mem.h"
#include "base/test.h"
#include "db/engine/execute.h"
#include "db/engine/record.h"
#include "db/engine/test_schema.h"

static struct database *db;

static int
set_up(void **state UNUSED)
{
    db = test_database();
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    database_destroy(db);
    return 0;
}

/* Executes 'ops', operations in JSON with ' for ", and returns the reply
 * without random UUIDs, with ' for ", in the same buffer each time. */
static const char *
run(const char *ops)
{
    static char text[4096];
    char *params = xasprintf("['d',%s]", ops);
    struct json *json = test_json(params);
    assert_non_null(json);
    struct execute_result result;
    execute(db, &(struct execute_session){ 0 }, json, 0, &result);
    assert_false(result.is_waiting);
    if (result.txn) {
        transaction_commit(result.txn);
    }
    char *reply = json_print(result.reply, JSON_SORT);
    size_t n = 0;
    for (const char *p = reply; *p && n + 1 < sizeof text; p++) {
        struct uuid uuid;
        bool is_uuid = strlen(p) > UUID_LEN && uuid_parse_prefix(p, &uuid);
        text[n++] = is_uuid ? 'U' : *p == '"' ? '\'' : *p;
        p += is_uuid ? UUID_LEN - 1 : 0;
    }
    text[n] = '\0';
    free(reply);
    json_unref(result.reply);
    json_unref(json);
    free(params);
    return text;
}

static size_t
count(const char *table)
{
    return table_count(database_find_table(db, table));
}

#define INSERT_KID(NAME, ROW) \
    "{'op':'insert','table':'K','uuid-name':'" NAME "','row':" ROW "}"
#define INSERT_PARENT(ROW) "{'op':'insert','table':'P','row':" ROW "}"
#define KID(NAME)          "['named-uuid','" NAME "']"

static void
test_rows_without_referrers_are_garbage(void **state UNUSED)
{
    run(INSERT_KID("k1", "{'k':1}"));
    assert_int_equal(count("K"), 0);

    run(INSERT_KID("k1", "{'k':1,'next':" KID("k2") "}") "," INSERT_KID(
        "k2",
        "{'k':2,'next':" KID(
            "k3") "}") "," INSERT_KID("k3",
                                      "{'k':3}") "," INSERT_PARENT("{'name':'p','kids':" KID("k1") "}"));
    assert_int_equal(count("K"), 3);

    run("{'op':'update','table':'P','where':[],'row':{'kids':['set',[]]}}");
    assert_int_equal(count("K"), 0);
    assert_int_equal(db->n_weak_refs, 0);
}

static void
test_referenced_rows_stay(void **state UNUSED)
{
    run(INSERT_KID("k1", "{'k':1}") "," INSERT_PARENT(
        "{'name':'p','kids':" KID("k1") "}"));

    const char *reply = run("{'op':'delete','table':'K','where':[]}");

    assert_non_null(strstr(reply, "'error':'referential integrity"
                                  " violation'"));
    assert_int_equal(count("K"), 1);
}

static void
test_weak_references_vanish_with_their_rows(void **state UNUSED)
{
    run(INSERT_KID("k1", "{'k':1}") "," INSERT_KID("k2", "{'k':2}") "," INSERT_PARENT(
        "{'name':'p','kids':['set',[" KID("k1") "," KID("k2") "]],'weak':['set',[" KID(
            "k1") "," KID("k2") "]],'map':['map',[['x'," KID("k1") "]]]}"));
    assert_int_equal(db->n_weak_refs, 3);

    run("{'op':'select','table':'K','where':[['k','==',1]]},"
        "{'op':'update','table':'P','where':[],'row':{'kids':['set',[]]}}");

    assert_int_equal(count("K"), 0);
    assert_int_equal(db->n_weak_refs, 0);
    assert_string_equal(run("{'op':'select','table':'P','where':[],"
                            "'columns':['kids','weak','map']}"),
                        "[{'rows':[{'kids':['set',[]],'map':['map',[]],"
                        "'weak':['set',[]]}]}]");
}

static void
test_references_must_lead_somewhere(void **state UNUSED)
{
    const char *reply =
        run(INSERT_PARENT("{'name':'p','kids':['uuid','01234567-0123-0123-"
                          "0123-0123456789ab']}"));
    assert_non_null(strstr(reply, "referential integrity violation"));
    assert_int_equal(count("P"), 0);
}

static void
test_indexes_are_unique_at_the_end(void **state UNUSED)
{
    run(INSERT_PARENT("{'name':'p','a':1}") "," INSERT_PARENT(
        "{'name':'q','a':2}"));

    /* The names change places in one transaction. */
    const char *reply =
        run("{'op':'update','table':'P','where':[['a','==',1]],"
            "'row':{'name':'q'}},"
            "{'op':'update','table':'P','where':[['a','==',2]],"
            "'row':{'name':'p'}}");
    assert_string_equal(reply, "[{'count':1},{'count':1}]");

    reply = run(INSERT_PARENT("{'name':'p','a':3}"));
    assert_non_null(strstr(reply, "'error':'constraint violation'"));
    reply = run(INSERT_PARENT("{'name':'r','a':1}"));
    assert_non_null(strstr(reply, "'error':'constraint violation'"));
    assert_int_equal(count("P"), 2);

    /* A deleted row's place is free in the same transaction. */
    run("{'op':'delete','table':'P','where':[['name','==','p']]}," INSERT_PARENT(
        "{'name':'p','a':9}"));
    assert_string_equal(run("{'op':'select','table':'P','columns':['a'],"
                            "'where':[['name','==','p']]}"),
                        "[{'rows':[{'a':9}]}]");
}

static void
test_max_rows(void **state UNUSED)
{
    static const char *rows[] = { "{'name':'1','a':1}", "{'name':'2','a':2}",
                                  "{'name':'3','a':3}", "{'name':'4','a':4}",
                                  "{'name':'5','a':5}" };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *op = xasprintf("{'op':'insert','table':'P','row':%s}", rows[i]);
        bool failed = strstr(run(op), "constraint violation") != NULL;
        assert_int_equal(failed, i == 4);
        free(op);
    }
    assert_int_equal(count("P"), 4);
}

static const char the_row[] =
    "{'op':'insert','table':'T','row':{'i':5,'r':1.5,'t':true,'s':'x',"
    "'u':['uuid','01234567-0123-0123-0123-0123456789ab'],"
    "'is':['set',[1,2,3]],'oi':7,'m':['map',[['a',1],['b',2]]]}}";

static void
test_conditions_on_all_types(void **state UNUSED)
{
    static const struct {
        const char *clause;
        int n; /* Rows selected, or -1: an error. */
    } cases[] = {
        { "['i','==',5]", 1 },
        { "['i','!=',5]", 0 },
        { "['i','<',5]", 0 },
        { "['i','<=',5]", 1 },
        { "['i','>',4]", 1 },
        { "['i','includes',5]", 1 },
        { "['i','excludes',5]", 0 },
        { "['r','>=',1.5]", 1 },
        { "['r','<',2]", 1 },
        { "['t','==',true]", 1 },
        { "['t','<',true]", -1 },
        { "['s','==','x']", 1 },
        { "['s','>','w']", -1 },
        { "['u','==',['uuid','01234567-0123-0123-0123-0123456789ab']]", 1 },
        { "['u','!=',['uuid','01234567-0123-0123-0123-0123456789ab']]", 0 },
        { "['is','==',['set',[3,1,2]]]", 1 },
        { "['is','includes',['set',[1,3]]]", 1 },
        { "['is','includes',['set',[1,4]]]", 0 },
        { "['is','excludes',['set',[4,5]]]", 1 },
        { "['is','excludes',['set',[1,5]]]", 0 },
        { "['is','<',1]", -1 },
        { "['oi','==',7]", 1 },
        { "['oi','==',['set',[]]]", 0 },
        { "['oi','<',8]", 1 },
        { "['m','==',['map',[['a',1],['b',2]]]]", 1 },
        { "['m','includes',['map',[['b',2]]]]", 1 },
        { "['m','includes',['map',[['b',3]]]]", 0 },
        { "['m','excludes',['map',[['b',3]]]]", 1 },
        { "['_uuid','==',['uuid','01234567-0123-0123-0123-0123456789ab']]",
          0 },
        { "true", 1 },
        { "false", 0 },
        { "['nope','==',1]", -1 },
        { "['i','~',1]", -1 },
        { "['i','==']", -1 },
    };

    run(the_row);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *op = xasprintf("{'op':'select','table':'T','where':[%s],"
                             "'columns':['i']}",
                             cases[i].clause);
        const char *reply = run(op);
        int n = !strcmp(reply, "[{'rows':[{'i':5}]}]") ? 1
                : !strcmp(reply, "[{'rows':[]}]")      ? 0
                                                       : -1;
        if (n != cases[i].n) {
            fail_msg("%s: %s", cases[i].clause, reply);
        }
        free(op);
    }
}

static void
test_mutations_on_all_types(void **state UNUSED)
{
    static const struct {
        const char *column, *mutator, *arg;
        const char *result; /* Or the start of the error. */
    } cases[] = {
        { "i", "+=", "2", "7" },
        { "i", "-=", "2", "3" },
        { "i", "*=", "3", "15" },
        { "i", "/=", "2", "2" },
        { "i", "%=", "3", "2" },
        { "i", "/=", "0", "domain error" },
        { "i", "%=", "0", "domain error" },
        { "i", "+=", "96", "constraint violation" },
        { "i", "+=", "9223372036854775807", "range error" },
        { "r", "*=", "2", "3" },
        { "r", "/=", "0", "domain error" },
        { "is", "+=", "1", "['set',[2,3,4]]" },
        { "is", "insert", "9", "['set',[1,2,3,9]]" },
        { "is", "insert", "['set',[8,9]]", "constraint violation" },
        { "is", "delete", "['set',[1,9]]", "['set',[2,3]]" },
        { "is", "/=", "9", "constraint violation" },
        { "oi", "delete", "7", "['set',[]]" },
        { "m", "insert", "['map',[['a',5],['c',3]]]",
          "['map',[['a',1],['b',2],['c',3]]]" },
        { "m", "delete", "['set',['a','z']]", "['map',[['b',2]]]" },
        { "m", "delete", "['map',[['a',2],['b',2]]]", "['map',[['a',1]]]" },
        { "s", "+=", "1", "syntax error" },
        { "t", "insert", "true", "syntax error" },
        { "u", "nope", "1", "unknown mutator" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run("{'op':'delete','table':'T','where':[]}");
        run(the_row);
        char *op = xasprintf(
            "{'op':'mutate','table':'T','where':[],'mutations':"
            "[['%s','%s',%s]]},"
            "{'op':'select','table':'T','where':[],'columns':['%s']}",
            cases[i].column, cases[i].mutator, cases[i].arg, cases[i].column);
        char *good = xasprintf("[{'count':1},{'rows':[{'%s':%s}]}]",
                               cases[i].column, cases[i].result);
        char *bad = xasprintf("'error':'%s'", cases[i].result);
        const char *reply = run(op);
        if (strcmp(reply, good) != 0 && !strstr(reply, bad)) {
            fail_msg("%s %s %s: %s", cases[i].column, cases[i].mutator,
                     cases[i].arg, reply);
        }
        free(op);
        free(good);
        free(bad);
    }
}

static void
test_aborted_transaction_leaves_nothing(void **state UNUSED)
{
    run(the_row);
    run("{'op':'update','table':'T','where':[],'row':{'i':6}}," INSERT_KID("k", "{}") "," INSERT_PARENT(
        "{'name':'p','kids':" KID("k") ",'weak':" KID(
            "k") "}") ",{'op':'delete','table':'T','where':[]},{'op':'abort'}");
    assert_int_equal(count("P"), 0);
    assert_int_equal(count("K"), 0);
    assert_int_equal(db->n_weak_refs, 0);
    assert_string_equal(run("{'op':'select','table':'T','where':[],"
                            "'columns':['i']}"),
                        "[{'rows':[{'i':5}]}]");
}

/* The record of the whole database, for the caller to free. */
static char *
record_of(const struct database *d)
{
    struct str record = STR_INITIALIZER;
    record_put_database(&record, d, 1, NULL);
    return str_steal(&record);
}

/* The same value, whatever the order of members. */
static bool
texts_equal(const char *a, const char *b)
{
    struct json *json_a, *json_b;
    assert_null(json_parse_string(a, &json_a));
    assert_null(json_parse_string(b, &json_b));
    bool equal = json_equal(json_a, json_b);
    json_unref(json_a);
    json_unref(json_b);
    return equal;
}

static void
test_record_makes_the_same_database(void **state UNUSED)
{
    run(the_row);
    run(INSERT_KID("k1", "{'k':1}") "," INSERT_PARENT(
        "{'name':'p','kids':" KID("k1") ",'weak':" KID("k1") "}"));
    char *record = record_of(db);
    struct json *json;
    assert_null(json_parse_string(record, &json));
    struct database *copies[] = { test_database(), test_database() };
    struct db_error *error = record_replay(copies[0], json);
    assert_null(error);
    assert_true(record_replay_text(copies[1], record, strlen(record)));

    for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
        char *again = record_of(copies[i]);
        assert_true(texts_equal(record, again));
        assert_int_equal(copies[i]->n_weak_refs, 1);
        free(again);
        database_destroy(copies[i]);
    }
    json_unref(json);
    free(record);
}

#define ROW_A "'10000000-0000-4000-8000-000000000000'"

/* A record with ' for ", for the caller to free. */
static char *
quoted(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return copy;
}

/* What reading text does must be what reading values does, or nothing. */
static void
test_records_as_text_and_as_values_agree(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool is_simple; /* To be read without values. */
    } records[] = {
        { "{'T':{" ROW_A ":{'i':5,'is':['set',[3,1]],'s':'a\\u0041\\n',"
          "'r':1e2,'t':true,'m':['map',[['a',1]]],"
          "'u':['uuid'," ROW_A "]}},'_date':1,'_comment':'c'}",
          true },
        { " { 'T' : { " ROW_A " : { 'is' : ['set',[1]] , 'oi' : 7 } } ,"
          " '_is_diff' : true } ",
          true },
        { "{'T':{" ROW_A ":{'is':5,'m':['map',[['b',2],['a',1]]]}},"
          "'_is_diff':true}",
          true },
        { "{'T':{" ROW_A ":{'i':1,'i':2}}}", true },
        { "{'_is_diff':true,'T':{" ROW_A ":{'i':1,'i':2}}}", false },
        { "{'T':{" ROW_A ":{'i':1}},'T':{" ROW_A ":{'i':2}}}", false },
        { "{'T':{" ROW_A ":{'i':1}," ROW_A ":null}}", false },
        { "{'T':{" ROW_A ":{'s':'\\ud800'}}}", false },
        { "{'T':{" ROW_A ":{'i':101}}}", false },
        { "{'T':{" ROW_A ":{'is':['set',[1,1]]}}}", false },
        { "{'T':{" ROW_A ":{'is':['set',[1,2,3,4,5]]}}}", false },
        { "{'T':{" ROW_A ":{'none':1}}}", false },
        { "{'T':{" ROW_A ":{'i':'x'}}}", false },
        { "{'T':{" ROW_A ":{'i':1,}}}", false },
        { "{'T':{" ROW_A ":{'i':01}}}", false },
        { "{'T':{" ROW_A ":{'m':['map',[['a']]]}}}", false },
        { "{'none':{}}", false },
        { "{'_x':{'a':[1]}}", false },
        { "{'T':{" ROW_A ":null}}x", false },
        { "{'T':{" ROW_A ":null}", false },
        { "{'T':{" ROW_A ":{'s':'_is_diff','i':3}}}", false },
        { "{'T':{" ROW_A ":null}}", true },
    };
    struct database *by_text = test_database(), *by_value = test_database();
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        char *text = quoted(records[i].text);
        bool is_read = record_replay_text(by_text, text, strlen(text));
        assert_int_equal(is_read, records[i].is_simple);
        struct json *json = NULL;
        error_destroy(json_parse_string(text, &json));
        if (json) {
            struct db_error *error = record_replay(by_value, json);
            if (!is_read) {
                db_error_destroy(record_replay(by_text, json));
            }
            assert_true(!is_read || !error);
            db_error_destroy(error);
        }
        json_unref(json);
        free(text);
        char *a = record_of(by_text), *b = record_of(by_value);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    database_destroy(by_text);
    database_destroy(by_value);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_without_referrers_are_garbage),
        TEST(test_referenced_rows_stay),
        TEST(test_weak_references_vanish_with_their_rows),
        TEST(test_references_must_lead_somewhere),
        TEST(test_indexes_are_unique_at_the_end),
        TEST(test_max_rows),
        TEST(test_conditions_on_all_types),
        TEST(test_mutations_on_all_types),
        TEST(test_aborted_transaction_leaves_nothing),
        TEST(test_record_makes_the_same_database),
        TEST(test_records_as_text_and_as_values_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
