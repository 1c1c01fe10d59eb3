/* Meters of a datapath: token buckets that drop what is above their rates.
 *
 * A meter polices batches on any thread; each has a lock of its own, taken
 * once for a batch.  The table is read under RCU. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "datapath/odp/datapath.h"
#include "net/packet/packet.h"

enum { DATAPATH_MAX_METERS = 262144 };

struct meter_table;

struct meter_table *meter_table_create(void);
/* Nobody may police any more. */
void meter_table_destroy(struct meter_table *);

/* A meter with the contents of 'config'; '*idp' is its number if it is there,
 * whose counters then begin anew, or ODP_METER_NEW, and becomes the new one.
 * 0, EFBIG (too many meters), EINVAL (too many bands). */
int meter_table_set(struct meter_table *, uint32_t *idp,
                    const struct datapath_meter_config *config,
                    long long now_ms);
/* False if there is none. */
bool meter_table_get(const struct meter_table *, uint32_t id,
                     struct datapath_meter_stats *) WARN_UNUSED;
bool meter_table_delete(struct meter_table *, uint32_t id);

/* Frees the packets that are too many.  A meter that is not there lets all
 * pass.  A packet that is to be cut later counts as its segments. */
void meter_table_police(const struct meter_table *, uint32_t id,
                        struct packet_batch *, long long now_ms);
