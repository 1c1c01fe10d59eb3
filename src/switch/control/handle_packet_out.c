/* Packets that a controller sends. */

#include "net/packet/packet.h"
#include "openflow/action/check.h"
#include "switch/control/control_private.h"

static bool
is_valid_in_port(const struct control *control, uint32_t port)
{
    struct port_info info;
    return port == OFPP_NONE || port == OFPP_CONTROLLER || port == OFPP_LOCAL
           || (port < CONTROL_MAX_PORT
               && control->ops.get_port(control->ops.aux, port, &info));
}

static enum ofperr
execute(struct control *control, uint8_t version, const struct packet_out *po)
{
    if (po->buffer_id != UINT32_MAX) {
        return OFPERR_OFPBRC_BUFFER_UNKNOWN;
    }
    uint32_t in_port = po->metadata.flow.in_port;
    if (!is_valid_in_port(control, in_port)) {
        return OFPERR_OFPBRC_BAD_PORT;
    }
    const struct actions_limits limits = {
        .max_port = CONTROL_MAX_PORT,
        .table_id = 0,
        .n_tables = CONTROL_N_TABLES,
        .max_groups = GROUP_MAX,
        .max_meter = METER_MAX,
        .lenient = version == OF10_VERSION,
    };
    enum ofperr error = actions_check(&po->actions, &po->metadata, &limits);
    error = error ? error : check_supported(control, &po->actions, false);
    if (!error) {
        error = pipeline_check_references(control->pipeline,
                                          pipeline_version(control->pipeline),
                                          &po->actions);
    }
    if (error) {
        return error;
    }
    struct packet *packet = packet_create_copy(po->packet, po->packet_size);
    return control->ops.packet_out(control->ops.aux, packet, in_port,
                                   &po->actions)
               ? OFPERR_OFPBRC_EPERM
               : OFPERR_NONE;
}

enum ofperr
handle_packet_out(struct connection *c, const struct message *request)
{
    struct packet_out po;
    enum ofperr error = packet_out_decode(request, &po);
    if (!error) {
        error = execute(c->control, request->version, &po);
    }
    packet_out_uninit(&po);
    return error;
}
