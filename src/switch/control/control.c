/* Endpoints of a bridge's OpenFlow servers: which there are, and status. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/control/control_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

LOG_MODULE(connmgr);

#define DEFAULT_VERSIONS OF_VERSIONS_ALL

static void endpoint_start(struct endpoint *);
static void endpoint_destroy(struct endpoint *);

struct control *
control_create(struct loop *loop, const char *bridge_name,
               struct pipeline *pipeline, const struct control_switch *ops)
{
    struct control *control = xzalloc(sizeof *control);
    control->loop = loop;
    control->name = xstrdup(bridge_name);
    control->pipeline = pipeline;
    control->ops = *ops;
    control->last_admitted_ms = clock_msec();
    list_init(&control->endpoints);
    list_init(&control->connections);
    list_init(&control->removed);
    mutex_init(&control->mutex);
    loop_latch_init(loop, &control->removed_latch, async_send_removed,
                    control);
    loop_timer_init(loop, &control->fail_timer, fail_mode_timer, control);
    const struct pipeline_observer observer = {
        .committed = async_committed,
        .aux = control,
    };
    pipeline_add_observer(pipeline, &observer);
    return control;
}

void
control_destroy(struct control *control)
{
    if (!control) {
        return;
    }
    struct endpoint *endpoint, *next_endpoint;
    LIST_FOR_EACH_SAFE (endpoint, next_endpoint, node, &control->endpoints) {
        endpoint_destroy(endpoint);
    }
    struct connection *c, *next;
    LIST_FOR_EACH_SAFE (c, next, node, &control->connections) {
        connection_destroy(c);
    }
    loop_timer_cancel(&control->fail_timer);
    meters_flush(control);
    pipeline_remove_observer(control->pipeline, control);
    async_send_removed(control);
    loop_latch_uninit(&control->removed_latch);
    mutex_uninit(&control->mutex);
    free(control->name);
    free(control);
}

/* Endpoints. */

static void
accept_connection(void *endpoint_, struct channel *channel)
{
    struct endpoint *endpoint = endpoint_;
    size_t n = 0;
    const struct connection *other;
    LIST_FOR_EACH (other, node, &endpoint->control->connections) {
        n += other->kind == endpoint->kind;
    }
    if (n >= CONTROL_MAX_SERVICES) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "%s: too many connections, refusing %s",
                    endpoint->target, channel_name(channel));
        channel_close(channel);
        return;
    }
    struct connection *c = connection_create(endpoint->control, endpoint->kind,
                                             channel, endpoint);
    channel_set_observer(channel, connection_observer(c));
    if (connection_is_up(c)) {
        connection_observer(c)->connected(c, channel);
    }
}

static void
endpoint_start(struct endpoint *endpoint)
{
    struct control *control = endpoint->control;
    endpoint->options.label = control->name;
    endpoint->options.versions =
        control->versions ? control->versions : DEFAULT_VERSIONS;
    if (endpoint->kind == CONNECTION_PRIMARY) {
        struct connection *c =
            connection_create(control, CONNECTION_PRIMARY, NULL, endpoint);
        endpoint->connection = c;
        c->channel = channel_open(control->loop, endpoint->target,
                                  &endpoint->options, connection_observer(c));
        return;
    }
    int error;
    endpoint->listener =
        channel_listen(control->loop, endpoint->target, &endpoint->options,
                       accept_connection, endpoint, &error);
    if (!endpoint->listener) {
        log_warn("%s: cannot listen on \"%s\": %s", control->name,
                 endpoint->target, strerror(error));
    }
}

static void
endpoint_stop(struct endpoint *endpoint)
{
    if (endpoint->connection) {
        connection_destroy(endpoint->connection);
        endpoint->connection = NULL;
    }
    channel_listener_close(endpoint->listener);
    endpoint->listener = NULL;
}

static void
endpoint_destroy(struct endpoint *endpoint)
{
    endpoint_stop(endpoint);
    list_remove(&endpoint->node);
    free(endpoint->target);
    free(endpoint);
}

static struct endpoint *
find_endpoint(const struct control *control, const char *target,
              enum connection_kind kind)
{
    struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        if (endpoint->kind == kind && !strcmp(endpoint->target, target)) {
            return endpoint;
        }
    }
    return NULL;
}

/* Marks the endpoint as wanted; creates it if need be. */
static struct endpoint *
want_endpoint(struct control *control, const char *target,
              enum connection_kind kind)
{
    struct endpoint *endpoint = find_endpoint(control, target, kind);
    if (!endpoint) {
        endpoint = xzalloc(sizeof *endpoint);
        endpoint->control = control;
        endpoint->kind = kind;
        endpoint->target = xstrdup(target);
        endpoint->enable_async = true;
        list_push_back(&control->endpoints, &endpoint->node);
    }
    endpoint->wanted = true;
    return endpoint;
}

static void
want_controller(struct control *control, const struct control_target *target)
{
    bool is_passive = stream_check_listener_name(target->target) == 0;
    if (!is_passive && stream_check_name(target->target)) {
        log_warn("%s: unsupported controller \"%s\"", control->name,
                 target->target);
        return;
    }
    enum connection_kind kind = is_passive || target->is_service
                                    ? CONNECTION_SERVICE
                                    : CONNECTION_PRIMARY;
    if (kind == CONNECTION_SERVICE && !is_passive) {
        log_warn("%s: unsupported controller \"%s\" of type service",
                 control->name, target->target);
        return;
    }
    bool is_new = !find_endpoint(control, target->target, kind);
    struct endpoint *endpoint = want_endpoint(control, target->target, kind);
    endpoint->enable_async = target->enable_async;
    endpoint->rate_limit = target->rate_limit;
    endpoint->burst_limit = target->burst_limit;
    endpoint->options.max_backoff_ms = target->max_backoff_ms;
    endpoint->options.probe_ms =
        stream_needs_probes(target->target) ? target->probe_ms : 0;
    endpoint->options.dscp = target->dscp;
    if (is_new) {
        log_info("%s: added %s controller \"%s\"", control->name,
                 kind == CONNECTION_PRIMARY ? "primary" : "service",
                 target->target);
        endpoint_start(endpoint);
    } else if (endpoint->connection) {
        endpoint->options.versions =
            control->versions ? control->versions : DEFAULT_VERSIONS;
        channel_set_options(endpoint->connection->channel, &endpoint->options);
    }
}

static void
want_management(struct control *control)
{
    CLEANUP(str_uninit) struct str target = STR_INITIALIZER;
    str_putf(&target, "punix:%s/%s.mgmt", dirs_rundir(), control->name);
    bool is_new =
        !find_endpoint(control, str_text(&target), CONNECTION_SERVICE);
    struct endpoint *endpoint =
        want_endpoint(control, str_text(&target), CONNECTION_SERVICE);
    endpoint->is_builtin = true;
    if (is_new) {
        log_info("%s: added service controller \"%s\"", control->name,
                 endpoint->target);
        endpoint_start(endpoint);
    }
}

static bool
has_controllers(const struct control *control)
{
    const struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        if (endpoint->kind == CONNECTION_PRIMARY) {
            return true;
        }
    }
    return false;
}

static void
remove_unwanted(struct control *control)
{
    struct endpoint *endpoint, *next;
    LIST_FOR_EACH_SAFE (endpoint, next, node, &control->endpoints) {
        if (!endpoint->wanted) {
            if (endpoint->kind != CONNECTION_SNOOP) {
                log_info("%s: removed %s controller \"%s\"", control->name,
                         endpoint->kind == CONNECTION_PRIMARY ? "primary"
                                                              : "service",
                         endpoint->target);
            }
            endpoint_destroy(endpoint);
        }
    }
}

static void
set_text(char *out, size_t size, const char *text, const char *fallback)
{
    snprintf(out, size, "%s", text ? text : fallback);
}

static void
set_desc(struct control *control, const struct control_config *config)
{
    struct switch_desc *d = &control->desc;
    set_text(d->mfr, sizeof d->mfr, config->mfr_desc, "Nicira, Inc.");
    set_text(d->hw, sizeof d->hw, config->hw_desc, "Open vSwitch");
    set_text(d->sw, sizeof d->sw, config->sw_desc, program_version());
    set_text(d->serial, sizeof d->serial, config->serial_desc, "None");
    set_text(d->dp, sizeof d->dp, config->dp_desc, "None");
}

/* The versions on offer changed: every endpoint begins anew. */
static void
restart_endpoints(struct control *control)
{
    struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        endpoint_stop(endpoint);
        endpoint_start(endpoint);
    }
}

void
control_set_config(struct control *control,
                   const struct control_config *config)
{
    bool had_controllers = has_controllers(control);
    bool mode_changed = control->fail_secure != config->fail_secure;
    if (control->datapath_id != config->datapath_id) {
        control->datapath_id = config->datapath_id;
        if (control->is_configured) {
            control_reconnect(control);
        }
    }
    control->fail_secure = config->fail_secure;
    set_desc(control, config);
    if (control->versions != config->versions) {
        control->versions = config->versions;
        restart_endpoints(control);
    }

    struct endpoint *endpoint;
    LIST_FOR_EACH (endpoint, node, &control->endpoints) {
        endpoint->wanted = false;
    }
    want_management(control);
    for (size_t i = 0; i < config->n_controllers; i++) {
        want_controller(control, &config->controllers[i]);
    }
    for (size_t i = 0; i < config->n_snoops; i++) {
        bool is_new =
            !find_endpoint(control, config->snoops[i], CONNECTION_SNOOP);
        endpoint = want_endpoint(control, config->snoops[i], CONNECTION_SNOOP);
        if (is_new) {
            endpoint_start(endpoint);
        }
    }
    remove_unwanted(control);

    bool controllers_changed = had_controllers != has_controllers(control);
    if (!control->is_configured) {
        control->is_configured = true;
        fail_mode_flushed(control);
    } else if (controllers_changed
               || (mode_changed && !has_controllers(control))) {
        pipeline_flush(control->pipeline, true, RULE_DELETE);
        meters_flush(control);
        fail_mode_flushed(control);
    }
    fail_mode_update(control);
}

void
control_reconnect(struct control *control)
{
    struct connection *c, *next;
    LIST_FOR_EACH_SAFE (c, next, node, &control->connections) {
        if (c->kind == CONNECTION_PRIMARY) {
            channel_reconnect(c->channel);
        }
    }
}

/* Status. */

bool
control_wants_misses(const struct control *control)
{
    const struct connection *c;
    LIST_FOR_EACH (c, node, &control->connections) {
        if (c->kind != CONNECTION_SNOOP && connection_is_up(c)
            && channel_version(c->channel) < OF13_VERSION) {
            return true;
        }
    }
    return false;
}

static const char *
role_name(enum switch_role role)
{
    return role == ROLE_PRIMARY     ? "master"
           : role == ROLE_SECONDARY ? "slave"
                                    : "other";
}

static const char *
error_name(int error)
{
    return !error ? NULL : error == EOF ? "End of file" : strerror(error);
}

bool
control_get_status(const struct control *control, const char *target,
                   struct control_status *status)
{
    const struct endpoint *endpoint =
        find_endpoint(control, target, CONNECTION_PRIMARY);
    if (!endpoint || !endpoint->connection) {
        return false;
    }
    const struct connection *c = endpoint->connection;
    struct channel_stats stats;
    channel_get_stats(c->channel, &stats);
    *status = (struct control_status){
        .is_connected = connection_is_up(c),
        .role = connection_is_up(c) ? role_name(c->role) : NULL,
        .state = stats.state,
        .last_error = error_name(stats.last_error),
        .since_connected_s =
            stats.connected_ms < 0 ? -1 : stats.connected_ms / 1000,
        .since_disconnected_s =
            stats.disconnected_ms < 0 ? -1 : stats.disconnected_ms / 1000,
    };
    return true;
}
