/* Tests of transactions as JSON: sets that several commands change. */

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "db/idl/test_idl.h"

#define BRIDGE       "b0000000-1111-4111-8111-111111111111"
#define PORT         "a0000000-1111-4111-8111-111111111111"
#define WHERE_BRIDGE "\"where\":[[\"_uuid\",\"==\",[\"uuid\",\"" BRIDGE "\"]]]"
#define WAIT_BRIDGE(COLUMN, VALUE)                                         \
    "{\"columns\":[\"" COLUMN "\"],\"op\":\"wait\",\"rows\":[{\"" COLUMN   \
    "\":" VALUE                                                            \
    "}],\"table\":\"Bridge\",\"timeout\":0,\"until\":\"==\"," WHERE_BRIDGE \
    "}"
#define BRIDGE_EXISTS WAIT_BRIDGE("_uuid", "[\"uuid\",\"" BRIDGE "\"]")
#define MUTATE_PORTS(MUTATIONS)                         \
    "{\"mutations\":[" MUTATIONS "],\"op\":\"mutate\"," \
    "\"table\":\"Bridge\"," WHERE_BRIDGE "}"

struct fixture {
    struct loop *loop;
    struct idl *idl;
    struct idl_txn *txn;
    struct idl_row *bridge; /* "br0", with one port. */
    struct idl_row *port;   /* "p" */
    const struct column *ports;
};

/* As if the server had all columns of the table. */
static void
have_all_columns(const struct idl *idl, size_t table)
{
    memset(idl->tables[table].column_at_server, true,
           idl->tables[table].schema->n_columns);
}

static int
set_up(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    f->loop = loop_create();
    f->idl = test_idl_create(f->loop);
    idl_monitor_all(f->idl);
    have_all_columns(f->idl, VSWITCH_TABLE_BRIDGE);
    have_all_columns(f->idl, VSWITCH_TABLE_PORT);
    assert_null(test_idl_apply(
        f->idl,
        "{\"Bridge\":{\"" BRIDGE "\":{\"insert\":{\"name\":\"br0\","
        "\"ports\":[\"uuid\",\"" PORT "\"]}}},"
        "\"Port\":{\"" PORT "\":{\"insert\":{\"name\":\"p\"}}}}",
        IDL_MONITOR_COND, true));
    f->txn = idl_txn_create(f->idl);
    f->bridge = idl_first(f->idl, VSWITCH_TABLE_BRIDGE);
    f->port = idl_first(f->idl, VSWITCH_TABLE_PORT);
    f->ports = table_schema_find_column(
        idl_schema(f->idl)->tables[VSWITCH_TABLE_BRIDGE], "ports");
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    idl_txn_destroy(f->txn);
    idl_destroy(f->idl);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void
add(struct fixture *f, const struct idl_row *port)
{
    struct datum d;
    datum_init_uuid(&d, &port->uuid);
    idl_txn_add_elements(f->bridge, f->ports, &d);
}

static void
take_away(struct fixture *f, const struct idl_row *port)
{
    struct datum d;
    datum_init_uuid(&d, &port->uuid);
    idl_txn_remove_keys(f->bridge, f->ports, &d);
}

/* A new port with the last digits 'n' in its UUID. */
static struct idl_row *
insert_port(struct fixture *f, unsigned int n)
{
    struct uuid uuid = { .parts = { 0xc0000000, 0, 0, n } };
    return idl_txn_insert(f->txn, VSWITCH_TABLE_PORT, &uuid, false);
}

static void
check_operations(struct fixture *f, const char *expected)
{
    bool any;
    struct json *json = idl_txn_encode(f->txn, &any);
    char *text = json_print(json, JSON_SORT);
    char *all = *expected ? xasprintf("[\"Open_vSwitch\",%s]", expected)
                          : xstrdup("[\"Open_vSwitch\"]");
    assert_string_equal(text, all);
    free(all);
    free(text);
    json_unref(json);
}

#define NEW(DIGIT) \
    "[\"named-uuid\",\"rowc0000000_0000_0000_0000_00000000000" DIGIT "\"]"
#define INSERT(DIGIT)                                   \
    "{\"op\":\"insert\",\"row\":{},\"table\":\"Port\"," \
    "\"uuid-name\":\"rowc0000000_0000_0000_0000_00000000000" DIGIT "\"}"

static void
test_additions_are_one_mutation(void **state)
{
    struct fixture *f = *state;
    add(f, insert_port(f, 1));
    add(f, insert_port(f, 2));
    assert_int_equal(idl_read(f->bridge, f->ports)->n, 3);
    check_operations(f, BRIDGE_EXISTS "," INSERT("1") "," MUTATE_PORTS(
                            "[\"ports\",\"insert\",[\"set\",[" NEW(
                                "1") "," NEW("2") "]]]") "," INSERT("2"));
}

static void
test_what_was_read_is_verified_as_it_was(void **state)
{
    struct fixture *f = *state;
    take_away(f, f->port);
    idl_txn_verify(f->bridge, f->ports);
    assert_int_equal(idl_read(f->bridge, f->ports)->n, 0);
    check_operations(
        f, WAIT_BRIDGE("ports", "[\"uuid\",\"" PORT "\"]") "," MUTATE_PORTS(
               "[\"ports\",\"delete\",[\"set\",[[\"uuid\",\"" PORT "\"]]]]"));
}

static void
test_rows_that_come_and_go_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct idl_row *port = insert_port(f, 1);
    add(f, port);
    take_away(f, port);
    idl_txn_delete(port);
    assert_int_equal(idl_read(f->bridge, f->ports)->n, 1);
    check_operations(f, BRIDGE_EXISTS "," MUTATE_PORTS(
                            "[\"ports\",\"delete\",[\"set\",[[\"uuid\","
                            "\"c0000000-0000-0000-0000-000000000001\"]]]]"));
}

static void
test_order_of_additions_and_removals_stays(void **state)
{
    struct fixture *f = *state;
    take_away(f, f->port);
    add(f, f->port);
    assert_int_equal(idl_read(f->bridge, f->ports)->n, 1);
    check_operations(
        f, BRIDGE_EXISTS "," MUTATE_PORTS(
               "[\"ports\",\"delete\",[\"set\",[[\"uuid\",\"" PORT "\"]]]],"
               "[\"ports\",\"insert\",[\"set\",[[\"uuid\",\"" PORT "\"]]]]"));
}

static void
test_whole_values_take_the_place_of_mutations(void **state)
{
    struct fixture *f = *state;
    take_away(f, f->port);
    struct datum none = DATUM_INITIALIZER;
    idl_txn_write(f->bridge, f->ports, &none);
    add(f, f->port);
    check_operations(f,
                     "{\"op\":\"update\",\"row\":{\"ports\":[\"uuid\",\"" PORT
                     "\"]},\"table\":\"Bridge\"," WHERE_BRIDGE "}");
}

static void
test_columns_that_the_server_lacks_are_left_out(void **state)
{
    struct fixture *f = *state;
    f->idl->tables[VSWITCH_TABLE_BRIDGE].column_at_server[f->ports->index] =
        false;
    take_away(f, f->port);
    check_operations(f, "");
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_additions_are_one_mutation),
        TEST(test_what_was_read_is_verified_as_it_was),
        TEST(test_rows_that_come_and_go_leave_nothing),
        TEST(test_order_of_additions_and_removals_stays),
        TEST(test_whole_values_take_the_place_of_mutations),
        TEST(test_columns_that_the_server_lacks_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
