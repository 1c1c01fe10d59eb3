/* Meters as text: "meter=1,kbps,burst,band=type=drop,rate=5,burst_size=9". */

#pragma once

#include "base/error.h"
#include "base/str.h"
#include "openflow/message/meter.h"

/* Without 'command' METER_ADD or METER_MODIFY, the text may only name a meter,
 * METER_ALL if it does not.  Initializes 'mm' in any case; the caller uninits
 * its 'config'. */
struct error *meter_mod_parse(const char *text, enum meter_command command,
                              struct meter_mod *mm) WARN_UNUSED;
/* "1", "controller", "slowpath", "all". */
void meter_id_format(uint32_t id, struct str *);
/* "meter=1 kbps bands=", then a line for each band. */
void meter_config_format(const struct meter_config *, struct str *);
/* "meter:1 flow_count:0 ... bands:", then a line for each band. */
void meter_stats_format(const struct meter_stats *, struct str *);
