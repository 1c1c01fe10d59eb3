/* Features, description and configuration of the switch. */

#include <string.h>

#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

/* OpenFlow 1.0's action bits: output to set_tp_dst, and enqueue. */
#define OF10_ACTIONS 0xfff

struct put_port {
    struct writer *w;
    uint8_t version;
};

static void
put_port(void *put_, const struct port_info *info)
{
    const struct put_port *put = put_;
    port_info_encode(info, put->version, put->w);
}

enum ofperr
handle_features_request(struct connection *c, const struct message *request)
{
    const struct control *control = c->control;
    const struct switch_features features = {
        .datapath_id = control->datapath_id,
        .n_tables = CONTROL_N_TABLES,
        .capabilities =
            SWITCH_FLOW_STATS | SWITCH_TABLE_STATS | SWITCH_PORT_STATS
            | SWITCH_QUEUE_STATS
            | (request->version <= OF11_VERSION ? SWITCH_ARP_MATCH_IP : 0)
            | (request->version >= OF11_VERSION ? SWITCH_GROUP_STATS : 0),
        .actions = OF10_ACTIONS,
    };
    struct writer w = WRITER_INITIALIZER;
    switch_features_begin(&features, request->version, request->xid, &w);
    if (request->version < OF13_VERSION) {
        struct put_port put = { &w, request->version };
        control->ops.for_each_port(control->ops.aux, put_port, &put);
    }
    message_finish(&w, 0);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_desc_stats(struct connection *c, const struct message *request)
{
    struct writer w = WRITER_INITIALIZER;
    switch_desc_encode(&c->control->desc, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_get_config_request(struct connection *c, const struct message *request)
{
    struct switch_config config = {
        .flags =
            c->control->drop_fragments ? SWITCH_FRAG_DROP : SWITCH_FRAG_NORMAL,
        .miss_send_len = c->miss_send_len,
    };
    if (c->invalid_ttl && request->version < OF13_VERSION) {
        config.flags |= SWITCH_INVALID_TTL_TO_CONTROLLER;
    }
    struct writer w = WRITER_INITIALIZER;
    switch_config_encode(&config, MSG_GET_CONFIG_REPLY, request->version,
                         request->xid, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_set_config(struct connection *c, const struct message *request)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    struct switch_config config;
    enum ofperr error = switch_config_decode(request, &config);
    if (error) {
        return error;
    }
    struct control *control = c->control;
    unsigned int frag = config.flags & SWITCH_FRAG_MASK;
    if (frag == SWITCH_FRAG_REASM || frag == SWITCH_FRAG_NX_MATCH) {
        /* Who asks for the configuration sees that nothing changed. */
        log_warn_rl(&rl, "%s: fragments cannot be handled in mode %u",
                    control->name, frag);
    } else if (c->role != ROLE_SECONDARY) {
        control->drop_fragments = frag == SWITCH_FRAG_DROP;
        control->ops.set_drop_fragments(control->ops.aux,
                                        control->drop_fragments);
    }
    c->invalid_ttl = config.flags & SWITCH_INVALID_TTL_TO_CONTROLLER;
    if (c->invalid_ttl && request->version < OF13_VERSION) {
        c->async.masks[0][ASYNC_PACKET_IN] |= 1u << OFPR_INVALID_TTL;
    }
    c->miss_send_len = config.miss_send_len;
    return OFPERR_NONE;
}

enum ofperr
handle_barrier(struct connection *c, const struct message *request)
{
    /* Requests are handled in order, each to its end: what came before is
     * done, and its messages were queued before this reply. */
    async_send_removed(c->control);
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_BARRIER_REPLY, request->version, request->xid);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}
