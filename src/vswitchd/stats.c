/* Counters into the database, every other_config:stats-update-interval. */

#include <inttypes.h>
#include <stddef.h>

#include "base/mem.h"
#include "vswitchd/vswitchd_private.h"

/* Keys of Interface.statistics, some of them other than the counters' usual
 * names; counters that are not here are for OpenFlow alone. */
#define COUNTER(KEY, MEMBER)                       \
    {                                              \
        KEY, offsetof(struct netdev_stats, MEMBER) \
    }
#define SAME(NAME) COUNTER(#NAME, NAME)

static const struct {
    const char *name;
    size_t offset; /* In struct netdev_stats. */
} counters[] = {
    SAME(rx_packets),
    SAME(tx_packets),
    SAME(rx_bytes),
    SAME(tx_bytes),
    SAME(rx_errors),
    SAME(tx_errors),
    SAME(rx_dropped),
    SAME(tx_dropped),
    SAME(collisions),
    SAME(rx_missed_errors),
    COUNTER("rx_crc_err", rx_crc_errors),
    COUNTER("rx_frame_err", rx_frame_errors),
    COUNTER("rx_over_err", rx_over_errors),
    COUNTER("rx_multicast_packets", multicast),
    SAME(rx_1_to_64_packets),
    SAME(rx_65_to_127_packets),
    SAME(rx_128_to_255_packets),
    SAME(rx_256_to_511_packets),
    SAME(rx_512_to_1023_packets),
    SAME(rx_1024_to_1522_packets),
    SAME(rx_1523_to_max_packets),
    SAME(tx_1_to_64_packets),
    SAME(tx_65_to_127_packets),
    SAME(tx_128_to_255_packets),
    SAME(tx_256_to_511_packets),
    SAME(tx_512_to_1023_packets),
    SAME(tx_1024_to_1522_packets),
    SAME(tx_1523_to_max_packets),
    SAME(tx_multicast_packets),
    SAME(rx_broadcast_packets),
    SAME(tx_broadcast_packets),
    SAME(rx_undersized_errors),
    SAME(rx_oversize_errors),
    SAME(rx_fragmented_errors),
    SAME(rx_jabber_errors),
};

static void
add_counter(struct datum *datum, const char *name, int64_t value,
            const struct type *type)
{
    union atom key = atom_from_string(name);
    union atom atom = { .integer = value };
    datum_add_take(datum, &key, &atom, type);
}

void
stats_write_interface(const struct iface *iface, struct idl_row *row)
{
    struct netdev_stats stats;
    if (netdev_get_stats(iface->netdev, &stats)) {
        return;
    }
    const struct type *type =
        &idl_row_table(row)
             ->columns[COLUMN_N_STD + VSWITCH_INTERFACE_STATISTICS]
             ->type;
    struct datum datum = DATUM_INITIALIZER;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        const char *p = (const char *) &stats + counters[i].offset;
        uint64_t value = *(const uint64_t *) (const void *) p;
        if (value != UINT64_MAX) {
            add_counter(&datum, counters[i].name,
                        (int64_t) (value & INT64_MAX), type);
        }
    }
    struct netdev_custom_vec custom = { .all = VEC_INITIALIZER };
    netdev_get_custom_stats(iface->netdev, &custom);
    for (size_t i = 0; i < custom.all.n; i++) {
        add_counter(&datum, custom.all.items[i].name,
                    (int64_t) (custom.all.items[i].value & INT64_MAX), type);
    }
    netdev_custom_vec_uninit(&custom);
    datum_sort_unique(&datum, type);
    row_write(row, VSWITCH_INTERFACE_STATISTICS, &datum);
}

void
stats_write_system(struct vswitchd *v, const struct vswitch_open_vswitch *cfg)
{
    (void) v;
    struct strmap map = STRMAP_INITIALIZER(&map);
    if (row_get_boolean(&cfg->other_config, "enable-statistics", false)) {
        system_stats_collect(&map);
    }
    row_write_map((struct idl_row *) &cfg->row,
                  VSWITCH_OPEN_VSWITCH_STATISTICS, &map);
    strmap_uninit_free(&map);
}
