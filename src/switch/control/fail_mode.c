/* What a bridge does when nobody controls it: in standalone mode it is an
 * ordinary learning switch, in secure mode it does what its flows say.
 *
 * Without controllers a standalone bridge has one visible flow, NORMAL.  With
 * controllers that are all away for long, a hidden one takes precedence over
 * everything until one comes back. */

#include <limits.h>

#include "switch/control/control_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(fail_open);

enum {
    FAIL_OPEN_PROBES = 3, /* Probe intervals without any controller. */
    FAIL_OPEN_DEFAULT_PROBE_MS = 5000,
};

static bool
has_primary(const struct control *control)
{
    const struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        if (endpoint->kind == CONNECTION_PRIMARY) {
            return true;
        }
    }
    return false;
}

static bool
has_connected_primary(const struct control *control)
{
    const struct connection *c;
    LIST_FOR_EACH (c, node, &control->connections) {
        if (c->kind == CONNECTION_PRIMARY && connection_is_up(c)) {
            return true;
        }
    }
    return false;
}

/* Time without controllers after which the bridge is on its own. */
static long long
patience_ms(const struct control *control)
{
    int probe_ms = 0;
    const struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        if (endpoint->kind == CONNECTION_PRIMARY
            && endpoint->options.probe_ms > probe_ms) {
            probe_ms = endpoint->options.probe_ms;
        }
    }
    return (long long) FAIL_OPEN_PROBES
           * (probe_ms ? probe_ms : FAIL_OPEN_DEFAULT_PROBE_MS);
}

static void
change_normal_flow(struct control *control, enum pipeline_command command,
                   int priority)
{
    struct match match;
    match_init_any(&match);
    struct actions actions = ACTIONS_INITIALIZER;
    struct action_output *output =
        actions_add(&actions, ACTION_OUTPUT, sizeof *output);
    output->port = OFPP_NORMAL;
    const struct pipeline_flow_mod fm = {
        .command = command,
        .match = &match,
        .priority = priority,
        .table_id = 0,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .flags = RULE_HIDDEN_FIELDS | RULE_NO_READONLY,
        .actions = &actions,
        .delete_reason = RULE_DELETE,
    };
    enum ofperr error =
        pipeline_flow_mod(control->pipeline, &fm, clock_msec());
    if (error) {
        log_err("%s: cannot change the flow of the fail mode: %s",
                control->name, ofperr_name(error));
    }
    actions_uninit(&actions);
}

void
fail_mode_flushed(struct control *control)
{
    control->is_failing_open = false;
    control->last_admitted_ms = clock_msec();
    if (!control->fail_secure && !has_primary(control)) {
        change_normal_flow(control, PIPELINE_ADD, 0);
    }
}

static void
set_failing_open(struct control *control, bool failing)
{
    if (control->is_failing_open == failing) {
        return;
    }
    control->is_failing_open = failing;
    if (failing) {
        log_warn("Could not connect to controller (or switch failed "
                 "controller's post-connection admission control policy) for "
                 "%lld seconds, failing open",
                 (clock_msec() - control->last_admitted_ms) / 1000);
    } else {
        log_warn("No longer in fail-open mode");
    }
    change_normal_flow(control,
                       failing ? PIPELINE_ADD : PIPELINE_DELETE_STRICT,
                       FAIL_OPEN_PRIORITY);
}

void
fail_mode_update(struct control *control)
{
    loop_timer_cancel(&control->fail_timer);
    long long now = clock_msec();
    if (control->fail_secure || !has_primary(control)
        || has_connected_primary(control)) {
        control->last_admitted_ms = now;
        set_failing_open(control, false);
        return;
    }
    long long due = control->last_admitted_ms + patience_ms(control);
    if (now >= due) {
        set_failing_open(control, true);
    } else {
        loop_timer_set(&control->fail_timer, due);
    }
}

void
fail_mode_timer(void *control)
{
    fail_mode_update(control);
}
