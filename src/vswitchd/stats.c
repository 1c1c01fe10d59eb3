/* Counters into the database, every other_config:stats-update-interval. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "vswitchd/vswitchd_private.h"

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
    for (size_t i = 0; i < netdev_n_counters; i++) {
        const char *p = (const char *) &stats + netdev_counters[i].offset;
        uint64_t value = *(const uint64_t *) (const void *) p;
        if (value != UINT64_MAX) {
            add_counter(&datum, netdev_counters[i].name,
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

/* Load averages and processors, if other_config:enable-statistics. */
static void
collect_system(struct strmap *map)
{
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (n_cpus > 0) {
        str_putf(&text, "%ld", n_cpus);
        strmap_add(map, "cpu", str_steal(&text));
    }
    double loads[3];
    if (getloadavg(loads, 3) == 3) {
        str_putf(&text, "%.2f,%.2f,%.2f", loads[0], loads[1], loads[2]);
        strmap_add(map, "load_average", str_steal(&text));
    }
}

void
stats_write_system(struct vswitchd *v, const struct vswitch_open_vswitch *cfg)
{
    (void) v;
    struct strmap map = STRMAP_INITIALIZER(&map);
    if (row_get_boolean(&cfg->other_config, "enable-statistics", false)) {
        collect_system(&map);
    }
    row_write_map((struct idl_row *) &cfg->row,
                  VSWITCH_OPEN_VSWITCH_STATISTICS, &map);
    strmap_uninit_free(&map);
}
