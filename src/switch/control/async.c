/* Messages that controllers did not ask for: packet-ins, port status, flow
 * removed. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "switch/control/control_private.h"
#include "sys/clock/clock.h"

enum {
    MAX_REMOVED = 65536, /* Flow-removed messages that wait. */
    PACKET_IN_TOKENS = 1000,
};

/* Packet-ins. */

/* The reason as the connection's version knows it. */
static uint8_t
wire_reason(uint8_t reason, uint8_t version)
{
    switch (reason) {
    case OFPR_IMPLICIT_MISS:
    case OFPR_EXPLICIT_MISS:
        return OFPR_NO_MATCH;
    case OFPR_ACTION_SET:
    case OFPR_GROUP:
    case OFPR_PACKET_OUT:
        return version < OF14_VERSION ? OFPR_ACTION : reason;
    default:
        return reason;
    }
}

/* Bit of the reason in the asynchronous configuration. */
static unsigned int
async_reason(uint8_t reason, uint8_t version)
{
    if (reason == OFPR_EXPLICIT_MISS && version < OF13_VERSION) {
        return OFPR_ACTION;
    }
    return wire_reason(reason, version);
}

static void
send_packet_in(struct connection *c, const struct upcall_packet_in *pin)
{
    uint8_t version = channel_version(c->channel);
    /* OpenFlow 1.3.5 §7.4.1: all of a packet that is not buffered. */
    struct packet_in message = {
        .packet = pin->data,
        .packet_size = pin->size,
        .total_size = (uint32_t) pin->size,
        .buffer_id = UINT32_MAX,
        .reason = wire_reason(pin->reason, version),
        .table_id = pin->table_id,
        .has_cookie = pin->cookie != BE64_MAX,
        .cookie = pin->cookie,
        .userdata = pin->userdata,
        .userdata_size = pin->userdata_size,
    };
    match_init_any(&message.metadata);
    message.metadata.flow = *pin->metadata;
    flow_mask_init_for_metadata(&message.metadata.mask, pin->metadata);
    struct writer w = WRITER_INITIALIZER;
    packet_in_encode(&message, c->packet_in_format, version, &w);
    connection_send(c, &w);
    writer_uninit(&w);
}

void
control_packet_in(struct control *control, const struct upcall_packet_in *pin)
{
    if (pin->dont_send) {
        return;
    }
    long long now = clock_msec();
    struct connection *c;
    LIST_FOR_EACH (c, node, &control->connections) {
        if (c->controller_id == pin->controller_id
            && connection_wants(
                c, ASYNC_PACKET_IN,
                async_reason(pin->reason, channel_version(c->channel)))
            && (!c->is_limited
                || token_bucket_take(&c->packet_ins, PACKET_IN_TOKENS, now))) {
            send_packet_in(c, pin);
        }
    }
}

/* Port status. */

void
control_port_changed(struct control *control, enum control_port_change change,
                     uint32_t number)
{
    static const uint8_t reasons[] = {
        [CONTROL_PORT_ADDED] = PORT_STATUS_ADD,
        [CONTROL_PORT_REMOVED] = PORT_STATUS_DELETE,
        [CONTROL_PORT_MODIFIED] = PORT_STATUS_MODIFY,
    };
    struct port_info info;
    if (!control->ops.get_port(control->ops.aux, number, &info)) {
        return;
    }
    struct connection *c;
    LIST_FOR_EACH (c, node, &control->connections) {
        if (connection_wants(c, ASYNC_PORT_STATUS, reasons[change])) {
            struct writer w = WRITER_INITIALIZER;
            port_status_encode(reasons[change], &info,
                               channel_version(c->channel), &w);
            connection_send(c, &w);
            writer_uninit(&w);
        }
    }
}

/* Requests of other controllers: OpenFlow 1.4 §7.4.6. */

enum { FORWARD_GROUP_MOD = 0, FORWARD_METER_MOD = 1 };

/* One of 'gm' and 'mm' is NULL. */
static void
forward_request(const struct connection *from, const struct group_mod *gm,
                const struct meter_mod *mm, uint32_t xid)
{
    unsigned int reason = gm ? FORWARD_GROUP_MOD : FORWARD_METER_MOD;
    struct connection *c;
    LIST_FOR_EACH (c, node, &from->control->connections) {
        if (c == from || !connection_wants(c, ASYNC_REQUESTFORWARD, reason)) {
            continue;
        }
        uint8_t version = channel_version(c->channel);
        struct writer w = WRITER_INITIALIZER;
        message_begin(&w, message_raw_for(MSG_REQUESTFORWARD, version),
                      version, 0);
        if (gm) {
            group_mod_encode(gm, version, xid, &w);
        } else {
            meter_mod_encode(mm, version, xid, &w);
        }
        message_finish(&w, 0);
        connection_send(c, &w);
        writer_uninit(&w);
    }
}

void
async_forward_group_mod(const struct connection *from,
                        const struct group_mod *gm, uint32_t xid)
{
    forward_request(from, gm, NULL, xid);
}

void
async_forward_meter_mod(const struct connection *from,
                        const struct meter_mod *mm, uint32_t xid)
{
    forward_request(from, NULL, mm, xid);
}

/* Flow removed: noted by whichever thread committed, sent by the main one. */

void
async_committed(void *control_, struct pipeline *pipeline,
                classifier_version version,
                const struct pipeline_change *changes, size_t n)
{
    (void) pipeline;
    (void) version;
    struct control *control = control_;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const struct rule *rule = changes[i].rule;
        if (changes[i].type != PIPELINE_CHANGE_REMOVED
            || !(rule->flags & RULE_SEND_FLOW_REM) || rule_is_hidden(rule)) {
            continue;
        }
        struct removed_rule *removed = xmalloc(sizeof *removed);
        removed->rule = rule_ref(rule);
        removed->reason = changes[i].reason;
        mutex_lock(&control->mutex);
        bool room = control->n_removed < MAX_REMOVED;
        if (room) {
            list_push_back(&control->removed, &removed->node);
            control->n_removed++;
            any = true;
        }
        mutex_unlock(&control->mutex);
        if (!room) {
            rule_unref(removed->rule);
            free(removed);
        }
    }
    if (any) {
        loop_latch_set(&control->removed_latch);
    }
}

static void
fill_flow_removed(const struct removed_rule *removed, struct flow_removed *fr)
{
    const struct rule *rule = removed->rule;
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    *fr = (struct flow_removed){
        .cookie = rule->cookie,
        .priority = (uint16_t) rule->cr.priority,
        .reason = (uint8_t) removed->reason,
        .table_id = rule->table_id,
        .idle_timeout = rule->idle_timeout,
        .hard_timeout = rule->hard_timeout,
        .n_packets = stats.n_packets,
        .n_bytes = stats.n_bytes,
    };
    clock_split_msec(clock_msec() - rule->created_ms, &fr->duration_sec,
                     &fr->duration_nsec);
    packed_match_expand(&rule->cr.match, &fr->match);
}

static void
send_removed(struct control *control, const struct removed_rule *removed)
{
    struct flow_removed fr;
    bool is_filled = false;
    struct connection *c;
    LIST_FOR_EACH (c, node, &control->connections) {
        if (!connection_wants(c, ASYNC_FLOW_REMOVED, removed->reason)) {
            continue;
        }
        if (!is_filled) {
            fill_flow_removed(removed, &fr);
            is_filled = true;
        }
        struct writer w = WRITER_INITIALIZER;
        flow_removed_encode(&fr, connection_protocol(c), &w);
        connection_send(c, &w);
        writer_uninit(&w);
    }
}

void
async_send_removed(void *control_)
{
    struct control *control = control_;
    struct list taken;
    mutex_lock(&control->mutex);
    list_move(&taken, &control->removed);
    list_init(&control->removed);
    control->n_removed = 0;
    mutex_unlock(&control->mutex);

    struct removed_rule *removed, *next;
    LIST_FOR_EACH_SAFE (removed, next, node, &taken) {
        send_removed(control, removed);
        rule_unref(removed->rule);
        free(removed);
    }
}
