/* Meters of a pipeline: OpenFlow 1.3.5 §5.7.  The datapath polices; here is
 * which of its meters is meant.  They are not versioned: a change is in force
 * at once, also inside an update. */

#pragma once

#include "openflow/message/meter.h"

struct pipeline;

struct pipeline_meter {
    struct meter_config config;
    uint32_t datapath_id;
    long long created_ms;
};

struct pipeline_meter_info {
    const struct pipeline_meter *meter;
    uint32_t n_rules; /* That name it. */
};

typedef VEC(struct pipeline_meter_info) pipeline_meter_vec;

/* The meter, or NULL; for the caller until its next quiescent state. */
const struct pipeline_meter *pipeline_find_meter(const struct pipeline *,
                                                 uint32_t id);
/* Adds the meter or changes the one with its number. */
void pipeline_put_meter(struct pipeline *, const struct meter_config *,
                        uint32_t datapath_id, long long now_ms);
/* Deletes the meter, and before it the rules that name it.  'cause' and 'xid'
 * as in a flow_mod. */
void pipeline_delete_meter(struct pipeline *, uint32_t id, const void *cause,
                           uint32_t xid);
/* Appends the meter 'id', or all for METER_ALL, by number; as find. */
void pipeline_collect_meters(const struct pipeline *, uint32_t id,
                             pipeline_meter_vec *);
