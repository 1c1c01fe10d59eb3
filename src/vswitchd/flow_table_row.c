/* Table Flow_Table: limits, eviction and prefixes of OpenFlow tables. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/flow/field.h"
#include "switch/pipeline/pipeline.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

enum {
    MAX_GROUP_FIELDS = 64,
};

static size_t
parse_groups(const struct bridge_state *state, int table_id,
             const struct datum *groups, struct subfield *fields)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    size_t n = 0;
    for (size_t i = 0; i < groups->n && n < MAX_GROUP_FIELDS; i++) {
        const char *text = atom_text(&groups->keys[i]);
        struct error *error = subfield_parse(text, &fields[n]);
        if (error) {
            log_warn_rl(&rl, "bridge %s table %d: error parsing 'groups': %s",
                        state->name, table_id, error_text(error));
            error_destroy(error);
        } else {
            n++;
        }
    }
    return n;
}

static size_t
parse_prefixes(const struct bridge_state *state, int table_id,
               const struct datum *prefixes, enum field_id *fields)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    size_t n = 0;
    for (size_t i = 0; i < prefixes->n; i++) {
        const char *name = atom_text(&prefixes->keys[i]);
        const struct field *field = field_from_name(name);
        if (!strcmp(name, "none")) {
            continue;
        }
        if (!field) {
            log_warn_rl(&rl, "bridge %s: 'prefixes' with unknown field: %s",
                        state->name, name);
        } else if (!classifier_field_can_prefix(field->id)) {
            log_warn_rl(&rl,
                        "bridge %s: 'prefixes' with incompatible field: %s",
                        state->name, name);
        } else if (n >= CLASSIFIER_MAX_TRIES) {
            log_warn_rl(&rl,
                        "bridge %s: 'prefixes' for table %d has too many "
                        "fields, field not used: %s",
                        state->name, table_id, name);
        } else {
            fields[n++] = field->id;
        }
    }
    return n;
}

static void
configure_table(struct bridge_state *state, int table_id,
                const struct vswitch_flow_table *row)
{
    struct pipeline_table_config config = {
        .max_flows = UINT32_MAX,
        .miss = PIPELINE_MISS_DEFAULT,
    };
    struct subfield groups[MAX_GROUP_FIELDS];
    enum field_id prefixes[CLASSIFIER_MAX_TRIES];
    if (row) {
        config.name = row->name;
        if (row->flow_limit && *row->flow_limit < UINT32_MAX) {
            config.max_flows = (uint32_t) *row->flow_limit;
        }
        config.evict =
            row->overflow_policy && !strcmp(row->overflow_policy, "evict");
        config.eviction_fields = groups;
        config.n_eviction_fields =
            config.evict ? parse_groups(state, table_id, &row->groups, groups)
                         : 0;
        if (row->prefixes.n) {
            config.prefix_fields = prefixes;
            config.n_prefix_fields =
                parse_prefixes(state, table_id, &row->prefixes, prefixes);
        }
    }
    bridge_set_table(state->bridge, (uint8_t) table_id, &config);
}

void
flow_table_row_configure(struct vswitchd *v, struct bridge_state *state,
                         const struct vswitch_bridge *row)
{
    (void) v;
    size_t next = 0;
    for (int i = 0; i < PIPELINE_TABLE_INTERNAL; i++) {
        const struct vswitch_flow_table *table = NULL;
        if (next < row->flow_tables.n
            && row->flow_tables.keys[next].integer == i) {
            table = row->flow_tables_rows[next++];
        }
        configure_table(state, i, table);
    }
}
