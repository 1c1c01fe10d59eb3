/* Table Controller: what a bridge's OpenFlow servers connect to. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

static int
value_or(const int64_t *value, int fallback)
{
    return value ? (int) *value : fallback;
}

size_t
controller_row_collect(struct vswitchd *v, const struct vswitch_bridge *row,
                       struct control_target **targetsp)
{
    size_t n = 0;
    struct control_target *targets =
        xcalloc(row->n_controller + 1, sizeof *targets);
    for (size_t i = 0; i < row->n_controller; i++) {
        const struct vswitch_controller *c = row->controller[i];
        if (c->connection_mode && !strcmp(c->connection_mode, "in-band")) {
            unsupported_note(v, "Controller", c->target,
                             "connection_mode in-band");
        }
        int rate =
            c->controller_rate_limit ? (int) *c->controller_rate_limit : 0;
        int probe = value_or(c->inactivity_probe, 5000);
        targets[n++] = (struct control_target){
            .target = c->target,
            .enable_async =
                !c->enable_async_messages || *c->enable_async_messages,
            .is_service = c->type && !strcmp(c->type, "service"),
            .max_backoff_ms = value_or(c->max_backoff, 8000),
            .probe_ms = probe && probe < 1000 ? 1000 : probe,
            .rate_limit = rate,
            .burst_limit = value_or(c->controller_burst_limit, 0),
            .dscp = (uint8_t) row_get_integer(&c->other_config, "dscp", 48),
        };
    }
    *targetsp = targets;
    return n;
}

static void
add_seconds(struct strmap *map, const char *name, long long seconds)
{
    if (seconds >= 0) {
        CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
        str_putf(&text, "%lld", seconds);
        strmap_add(map, name, str_steal(&text));
    }
}

void
controller_row_status(struct vswitchd *v, const struct bridge_state *state,
                      const struct vswitch_bridge *row)
{
    (void) v;
    const struct control *control = bridge_control(state->bridge);
    for (size_t i = 0; i < row->n_controller; i++) {
        struct idl_row *c = &row->controller[i]->row;
        struct control_status status;
        if (!control_get_status(control, row->controller[i]->target,
                                &status)) {
            row_write_boolean(c, VSWITCH_CONTROLLER_IS_CONNECTED, false);
            row_write_string(c, VSWITCH_CONTROLLER_ROLE, NULL);
            struct datum none = DATUM_INITIALIZER;
            row_write(c, VSWITCH_CONTROLLER_STATUS, &none);
            continue;
        }
        struct strmap map = STRMAP_INITIALIZER(&map);
        if (status.state) {
            strmap_add(&map, "state", xstrdup(status.state));
        }
        if (status.last_error) {
            strmap_add(&map, "last_error", xstrdup(status.last_error));
        }
        add_seconds(&map, "sec_since_connect", status.since_connected_s);
        add_seconds(&map, "sec_since_disconnect", status.since_disconnected_s);
        row_write_boolean(c, VSWITCH_CONTROLLER_IS_CONNECTED,
                          status.is_connected);
        row_write_string(c, VSWITCH_CONTROLLER_ROLE, status.role);
        row_write_map(c, VSWITCH_CONTROLLER_STATUS, &map);
        strmap_uninit_free(&map);
    }
}
