/* Tests of indexes: updates, open transactions, orders, ranges. */

#include "db/idl/idl_index.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "db/idl/test_idl.h"

struct fixture {
    struct loop *loop;
    struct idl *idl;
    struct idl_index *by_name; /* Of Port. */
    struct idl_index *by_tag;  /* Tag downwards, then name. */
    const struct column *name, *tag;
};

static int
set_up(void **state)
{
    static const struct idl_index_column by_name[] = {
        { .column = VSWITCH_PORT_NAME },
    };
    static const struct idl_index_column by_tag[] = {
        { .column = VSWITCH_PORT_TAG, .descending = true },
        { .column = VSWITCH_PORT_NAME },
    };
    struct fixture *f = xzalloc(sizeof *f);
    f->loop = loop_create();
    f->idl = test_idl_create(f->loop);
    idl_monitor_all(f->idl);
    f->by_name = idl_index_create(f->idl, VSWITCH_TABLE_PORT, by_name, 1);
    f->by_tag = idl_index_create(f->idl, VSWITCH_TABLE_PORT, by_tag, 2);
    const struct table_schema *port =
        idl_schema(f->idl)->tables[VSWITCH_TABLE_PORT];
    f->name = table_schema_find_column(port, "name");
    f->tag = table_schema_find_column(port, "tag");
    /* As if the server had all. */
    memset(f->idl->tables[VSWITCH_TABLE_PORT].column_at_server, true,
           port->n_columns);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    idl_destroy(f->idl);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

/* Applies {"Port": {UUID: 'update'}}; the UUID ends in 'n'. */
static void
apply(struct fixture *f, int n, const char *update)
{
    char *text = xasprintf("{\"Port\":{\"%08x-1111-4111-8111-111111111111\":"
                           "{%s}}}",
                           n, update);
    assert_null(test_idl_apply(f->idl, text, IDL_MONITOR_COND, false));
    idl_touch_if_alert(f->idl);
    loop_run_once(f->loop, 0);
    free(text);
}

static void
add(struct fixture *f, int n, const char *name, int tag)
{
    char *update =
        xasprintf("\"insert\":{\"name\":\"%s\",\"tag\":%d}", name, tag);
    apply(f, n, update);
    free(update);
}

static const char *
name_of(const struct fixture *f, const struct idl_row *row)
{
    return atom_text(&idl_read(row, f->name)->keys[0]);
}

/* The names in the order of the index, as ",a,b,c". */
static void
check_order(const struct fixture *f, const struct idl_index *index,
            const char *expected)
{
    struct str s = STR_INITIALIZER;
    const struct idl_row *row;
    IDL_INDEX_FOR_EACH(row, index)
    {
        str_putf(&s, ",%s", name_of(f, row));
    }
    assert_string_equal(str_text(&s), expected);
    str_uninit(&s);
}

static void
test_order_follows_updates(void **state)
{
    struct fixture *f = *state;
    add(f, 1, "b", 7);
    add(f, 2, "a", 3);
    add(f, 3, "c", 7);
    check_order(f, f->by_name, ",a,b,c");
    check_order(f, f->by_tag, ",b,c,a");

    apply(f, 2, "\"modify\":{\"name\":\"d\",\"tag\":9}");
    check_order(f, f->by_name, ",b,c,d");
    check_order(f, f->by_tag, ",d,b,c");
    apply(f, 1, "\"delete\":null");
    check_order(f, f->by_name, ",c,d");
    check_order(f, f->by_tag, ",d,c");
}

/* Names of rows change places in one batch. */
static void
test_swap(void **state)
{
    struct fixture *f = *state;
    add(f, 1, "a", 1);
    add(f, 2, "b", 2);
    add(f, 3, "c", 3);
    assert_null(
        test_idl_apply(f->idl,
                       "{\"Port\":{\"00000001-1111-4111-8111-111111111111\":"
                       "{\"modify\":{\"name\":\"c\"}},"
                       "\"00000003-1111-4111-8111-111111111111\":"
                       "{\"modify\":{\"name\":\"a\"}}}}",
                       IDL_MONITOR_COND, false));
    check_order(f, f->by_name, ",a,b,c");
    check_order(f, f->by_tag, ",a,b,c");
}

static void
test_open_transaction_is_seen(void **state)
{
    struct fixture *f = *state;
    add(f, 1, "a", 1);
    add(f, 2, "b", 2);
    add(f, 3, "c", 3);
    struct idl_txn *txn = idl_txn_create(f->idl);
    struct datum d;
    datum_init_string(&d, "z");
    idl_txn_write(idl_index_first(f->by_name), f->name, &d);
    check_order(f, f->by_name, ",b,c,z");
    struct idl_row *new = idl_txn_insert(txn, VSWITCH_TABLE_PORT, NULL, false);
    check_order(f, f->by_name, ",,b,c,z");
    datum_init_string(&d, "bb");
    idl_txn_write(new, f->name, &d);
    check_order(f, f->by_name, ",b,bb,c,z");
    idl_txn_delete(idl_index_first(f->by_name));
    check_order(f, f->by_name, ",bb,c,z");
    idl_txn_abort(txn);
    idl_txn_destroy(txn);
    check_order(f, f->by_name, ",a,b,c");
    check_order(f, f->by_tag, ",c,b,a");
}

static size_t
count_equal(struct fixture *f, int64_t tag)
{
    struct datum d;
    datum_init_integer(&d, tag);
    const struct datum *key[] = { &d };
    size_t n = 0;
    const struct idl_row *row;
    IDL_INDEX_FOR_EACH_EQUAL(row, f->by_tag, key, 1)
    {
        n++;
    }
    datum_uninit(&d, &f->tag->type);
    return n;
}

static void
test_finding(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%02d", (i * 37) % 100);
        add(f, i, name, i % 7);
    }
    assert_int_equal(count_equal(f, 0), 15);
    assert_int_equal(count_equal(f, 6), 14);
    assert_int_equal(count_equal(f, 7), 0);

    struct datum low, high;
    datum_init_string(&low, "p095");
    datum_init_string(&high, "p12");
    const struct datum *from[] = { &low }, *to[] = { &high };
    assert_null(idl_index_find(f->by_name, from, 1));
    assert_string_equal(name_of(f, idl_index_find(f->by_name, to, 1)), "p12");
    assert_string_equal(name_of(f, idl_index_lower_bound(f->by_name, from, 1)),
                        "p10");
    size_t n = 0;
    const struct idl_row *row;
    IDL_INDEX_FOR_EACH_RANGE(row, f->by_name, from, to, 1)
    {
        n++;
    }
    assert_int_equal(n, 3);
    datum_uninit(&low, &f->name->type);
    datum_init_string(&low, "q");
    assert_null(idl_index_lower_bound(f->by_name, from, 1));
    datum_uninit(&low, &f->name->type);
    datum_uninit(&high, &f->name->type);
}

/* Shorter names first. */
static int
compare_lengths(const struct datum *a, const struct datum *b)
{
    size_t m = strlen(atom_text(&a->keys[0]));
    size_t n = strlen(atom_text(&b->keys[0]));
    return m < n ? -1 : m > n;
}

static void
test_order_of_the_users(void **state)
{
    static const struct idl_index_column by_length[] = {
        { .column = VSWITCH_PORT_NAME, .compare = compare_lengths },
    };
    struct fixture *f = *state;
    add(f, 1, "ccc", 1);
    add(f, 2, "a", 1);
    /* An index finds the rows that are there. */
    struct idl_index *index =
        idl_index_create(f->idl, VSWITCH_TABLE_PORT, by_length, 1);
    add(f, 3, "bb", 1);
    check_order(f, index, ",a,bb,ccc");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_follows_updates, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_swap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_transaction_is_seen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_of_the_users, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
