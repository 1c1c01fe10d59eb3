/* Meters police by packets and by bits. */

#include "datapath/execute/meter.h"

#include <errno.h>

#include "base/test.h"
#include "sys/thread/rcu_test.h"

/* How many of 'n' packets of 'size' bytes pass at 'now_ms'. */
static size_t
police(struct meter_table *t, uint32_t id, size_t n, size_t size,
       long long now_ms)
{
    struct packet_batch batch;
    packet_batch_init(&batch);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[2000] = { 0 };
        batch.packets[batch.n++] = packet_create_copy(bytes, size);
    }
    meter_table_police(t, id, &batch, now_ms);
    size_t passed = batch.n;
    packet_batch_free(&batch);
    return passed;
}

static uint32_t
add(struct meter_table *t, bool packets, size_t n,
    const struct datapath_meter_band *bands)
{
    struct datapath_meter_config config = { packets, n, bands };
    uint32_t id = ODP_METER_NEW;
    assert_int_equal(meter_table_set(t, &id, &config, 1000), 0);
    return id;
}

static void
test_packets_per_second(void **state)
{
    (void) state;
    struct meter_table *t = meter_table_create();
    const struct datapath_meter_band band = { .rate = 10, .burst = 3 };
    uint32_t id = add(t, true, 1, &band);
    assert_int_equal(police(t, id, 5, 100, 1000), 3);
    assert_int_equal(police(t, id, 5, 100, 1099), 0);
    assert_int_equal(police(t, id, 5, 100, 1100), 1);
    assert_int_equal(police(t, id, 5, 100, 1400), 3);
    assert_int_equal(police(t, id, 5, 100, 1000000), 3);
    struct datapath_meter_stats stats;
    assert_true(meter_table_get(t, id, &stats));
    assert_int_equal(stats.n_packets, 25);
    assert_int_equal(stats.n_bytes, 2500);
    assert_int_equal(stats.bands[0].n_packets, 15);
    assert_int_equal(stats.bands[0].n_bytes, 1500);
    meter_table_destroy(t);
}

static void
test_kilobits_per_second(void **state)
{
    (void) state;
    struct meter_table *t = meter_table_create();
    const struct datapath_meter_band band = { 8, 8 }; /* 1000 bytes/s. */
    uint32_t id = add(t, false, 1, &band);
    assert_int_equal(police(t, id, 12, 100, 1000), 10);
    assert_int_equal(police(t, id, 12, 100, 1500), 5);
    meter_table_destroy(t);
}

static void
test_the_highest_exceeded_band_counts(void **state)
{
    (void) state;
    struct meter_table *t = meter_table_create();
    const struct datapath_meter_band bands[] = { { 2, 2 }, { 4, 4 } };
    uint32_t id = add(t, true, 2, bands);
    assert_int_equal(police(t, id, 6, 100, 1000), 2);
    struct datapath_meter_stats stats;
    assert_true(meter_table_get(t, id, &stats));
    assert_int_equal(stats.bands[0].n_packets, 2);
    assert_int_equal(stats.bands[1].n_packets, 2);
    meter_table_destroy(t);
}

static void
test_packets_that_stand_for_several_owe(void **state)
{
    (void) state;
    struct meter_table *t = meter_table_create();
    const struct datapath_meter_band band = { .rate = 10, .burst = 2 };
    uint32_t id = add(t, true, 1, &band);
    struct packet_batch batch;
    uint8_t bytes[1254] = { 0 };
    struct packet *p = packet_create_copy(bytes, sizeof bytes);
    p->gso_type = PACKET_GSO_TCP4;
    p->gso_size = 100;
    p->l3_offset = 14;
    p->l4_offset = 34;
    p->data[14] = 0x45;
    p->data[23] = 6;
    p->data[46] = 5 << 4;
    packet_batch_init_packet(&batch, p);
    meter_table_police(t, id, &batch, 1000);
    assert_int_equal(batch.n, 1);
    packet_batch_free(&batch);
    assert_int_equal(police(t, id, 1, 100, 1900), 0); /* 12 - 2 owed. */
    assert_int_equal(police(t, id, 1, 100, 2100), 1);
    meter_table_destroy(t);
}

static void
test_numbers(void **state)
{
    (void) state;
    struct meter_table *t = meter_table_create();
    const struct datapath_meter_band band = { .rate = 1 };
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(add(t, true, 1, &band), i);
    }
    assert_true(meter_table_delete(t, 7));
    assert_false(meter_table_delete(t, 7));
    assert_int_equal(police(t, 7, 5, 100, 1000), 5);
    assert_int_equal(add(t, true, 1, &band), 7);
    struct datapath_meter_band nine[9] = { { 1, 1 } };
    struct datapath_meter_config config = { true, 9, nine };
    uint32_t id = 7;
    assert_int_equal(meter_table_set(t, &id, &config, 0), EINVAL);
    meter_table_destroy(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_per_second),
        cmocka_unit_test(test_kilobits_per_second),
        cmocka_unit_test(test_the_highest_exceeded_band_counts),
        cmocka_unit_test(test_packets_that_stand_for_several_owe),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, rcu_test_setup, rcu_test_teardown);
}
