/* Tests of the MAC learning table. */

#include "switch/l2/mac_table.h"

#include <limits.h>

#include "base/bitmap.h"
#include "base/test.h"

static const struct eth_addr A = { { 0x50, 0, 0, 0, 0, 1 } };
static const struct eth_addr B = { { 0x50, 0, 0, 0, 0, 2 } };

static bool
learn(struct mac_table *t, struct eth_addr mac, uint32_t port, long long now)
{
    struct mac_table_frame frame = { .mac = mac, .vlan = 20, .port = port };
    return mac_table_learn(t, &frame, now);
}

static uint32_t
find(struct mac_table *t, struct eth_addr mac)
{
    struct mac_table_entry e;
    return mac_table_find(t, 20, mac, &e) ? e.port : MAC_TABLE_NO_PORT;
}

static void
put_port(void *aux, uint32_t port, struct str *s)
{
    (void) aux;
    if (port == 9) {
        str_put(s, "LOCAL");
    } else {
        str_put_u64(s, port);
    }
}

static void
test_learn_moves_station(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();

    assert_true(learn(t, A, 1, 0));
    assert_false(learn(t, A, 1, 1));
    assert_int_equal(find(t, A), 1);
    assert_true(learn(t, A, 2, 2));

    assert_int_equal(find(t, A), 2);
    struct mac_table_stats stats;
    mac_table_get_stats(t, &stats);
    assert_int_equal(stats.n_moved, 1);
    assert_int_equal(stats.n_learned, 1);
    mac_table_destroy(t);
}

static void
test_expire_drops_old_and_says_when(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    assert_int_equal(mac_table_expire(t, 0), LLONG_MAX);
    learn(t, A, 1, 1000);
    learn(t, B, 1, 2000);

    assert_int_equal(mac_table_expire(t, 300999), 301000);
    assert_int_equal(mac_table_expire(t, 301000), 302000);

    assert_int_equal(find(t, A), MAC_TABLE_NO_PORT);
    assert_int_equal(find(t, B), 1);
    mac_table_destroy(t);
}

static void
test_full_evicts_from_fullest_port(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    mac_table_set_max_entries(t, 10);
    learn(t, A, 2, 0);
    for (int i = 0; i < 50; i++) {
        learn(t, eth_addr_from_u64(0x600000000000 + i), 1, 1 + i);
    }

    struct mac_table_stats stats;
    mac_table_get_stats(t, &stats);
    assert_int_equal(stats.n_entries, 10);
    assert_int_equal(stats.n_evicted, 41);
    assert_int_equal(find(t, A), 2);
    mac_table_destroy(t);
}

static void
test_static_stays(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    assert_int_equal(mac_table_add_static(t, 20, A, 3, 0), MAC_TABLE_NO_PORT);

    assert_false(learn(t, A, 1, 1));
    mac_table_flush(t);
    mac_table_expire(t, 100000000);

    assert_int_equal(find(t, A), 3);
    assert_int_equal(mac_table_add_static(t, 20, A, 4, 0), 3);
    assert_true(mac_table_delete_static(t, 20, A));
    assert_false(mac_table_delete_static(t, 20, A));
    mac_table_destroy(t);
}

static void
test_flood_vlan_and_multicast_are_not_learned(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    BITMAP_DECLARE(vlans, 4096) = { 0 };
    bitmap_set1(vlans, 20);
    mac_table_set_flood_vlans(t, vlans);
    assert_false(learn(t, A, 1, 0));
    mac_table_set_flood_vlans(t, NULL);
    assert_true(learn(t, A, 1, 0));
    assert_false(learn(t, (struct eth_addr){ { 1 } }, 1, 0));
    mac_table_destroy(t);
}

static void
test_gratuitous_arp_locks_against_bond(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    struct mac_table_frame f = {
        .mac = A, .vlan = 20, .port = 1, .gratuitous = true
    };
    mac_table_learn(t, &f, 0);
    f.port = 2;
    f.on_bond = true;

    assert_false(mac_table_would_change(t, &f, 4999));
    assert_false(mac_table_learn(t, &f, 4999));
    assert_true(mac_table_would_change(t, &f, 5000));
    assert_true(mac_table_learn(t, &f, 5000));
    mac_table_destroy(t);
}

static void
test_format(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    struct str s = STR_INITIALIZER;
    learn(t, A, 1, 1000);
    mac_table_add_static(t, 7, B, 9, 1000);

    mac_table_format(t, 4500, put_port, NULL, &s);
    assert_string_equal(str_text(&s),
                        " port  VLAN  MAC                Age\n"
                        "    1    20  50:00:00:00:00:01    3\n"
                        "LOCAL     7  50:00:00:00:00:02  static\n");
    str_clear(&s);
    mac_table_format_stats(t, "br0", &s);
    assert_string_equal(str_text(&s),
                        "Statistics for bridge \"br0\":\n"
                        "  Current/maximum MAC entries in the table: 2/8192\n"
                        "  Current static MAC entries in the table : 1\n"
                        "  Total number of learned MAC entries     : 1\n"
                        "  Total number of expired MAC entries     : 0\n"
                        "  Total number of evicted MAC entries     : 0\n"
                        "  Total number of port moved MAC entries  : 0\n");
    str_uninit(&s);
    mac_table_destroy(t);
}

static int n_changed, n_flushed;

static void
on_changed(void *aux, struct mac_table *t, uint16_t vlan, struct eth_addr mac)
{
    (void) aux, (void) t, (void) vlan, (void) mac;
    n_changed++;
}

static void
on_flushed(void *aux, struct mac_table *t)
{
    (void) aux, (void) t;
    n_flushed++;
}

static void
test_observer_hears_of_changes_only(void **state)
{
    (void) state;
    struct mac_table *t = mac_table_create();
    struct mac_table_observer o = { on_changed, on_flushed, NULL };
    mac_table_set_observer(t, &o);

    learn(t, A, 1, 0);
    learn(t, A, 1, 1);
    assert_int_equal(n_changed, 1);
    learn(t, A, 2, 1);
    assert_int_equal(n_changed, 2);
    mac_table_flush_port(t, 2);
    assert_int_equal(n_changed, 3);
    mac_table_flush(t);
    assert_int_equal(n_flushed, 1);
    mac_table_destroy(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learn_moves_station),
        cmocka_unit_test(test_expire_drops_old_and_says_when),
        cmocka_unit_test(test_full_evicts_from_fullest_port),
        cmocka_unit_test(test_static_stays),
        cmocka_unit_test(test_flood_vlan_and_multicast_are_not_learned),
        cmocka_unit_test(test_gratuitous_arp_locks_against_bond),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_observer_hears_of_changes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
