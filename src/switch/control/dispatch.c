/* Which request is handled where.  What is not in the table is answered with
 * an error. */

#include <string.h>

#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(connmgr);

static const struct {
    handler *handler;
    bool modifies; /* Not for secondary controllers. */
} handlers[N_MESSAGE_TYPES] = {
    [MSG_FEATURES_REQUEST] = { handle_features_request, false },
    [MSG_GET_CONFIG_REQUEST] = { handle_get_config_request, false },
    [MSG_SET_CONFIG] = { handle_set_config, false },
    [MSG_FLOW_MOD] = { handle_flow_mod, true },
    [MSG_FLOW_STATS_REQUEST] = { handle_flow_stats, false },
    [MSG_AGGREGATE_STATS_REQUEST] = { handle_aggregate_stats, false },
    [MSG_TABLE_STATS_REQUEST] = { handle_table_stats, false },
    [MSG_TABLE_FEATURES_STATS_REQUEST] = { handle_table_features, false },
    [MSG_TABLE_DESC_REQUEST] = { handle_table_desc, false },
    [MSG_TABLE_MOD] = { handle_table_mod, true },
    [MSG_DESC_STATS_REQUEST] = { handle_desc_stats, false },
    [MSG_QUEUE_STATS_REQUEST] = { handle_queue_stats, false },
    [MSG_QUEUE_GET_CONFIG_REQUEST] = { handle_queue_config, false },
    [MSG_GROUP_MOD] = { handle_group_mod, true },
    [MSG_METER_MOD] = { handle_meter_mod, true },
    [MSG_GROUP_STATS_REQUEST] = { handle_group_list, false },
    [MSG_GROUP_DESC_STATS_REQUEST] = { handle_group_list, false },
    [MSG_GROUP_FEATURES_STATS_REQUEST] = { handle_group_features, false },
    [MSG_METER_STATS_REQUEST] = { handle_meter_list, false },
    [MSG_METER_CONFIG_STATS_REQUEST] = { handle_meter_list, false },
    [MSG_METER_FEATURES_STATS_REQUEST] = { handle_meter_features, false },
    [MSG_PORT_DESC_STATS_REQUEST] = { handle_port_desc, false },
    [MSG_PORT_STATS_REQUEST] = { handle_port_stats, false },
    [MSG_PORT_MOD] = { handle_port_mod, true },
    [MSG_PACKET_OUT] = { handle_packet_out, true },
    [MSG_BARRIER_REQUEST] = { handle_barrier, false },
    [MSG_ROLE_REQUEST] = { handle_role_request, false },
    [MSG_GET_ASYNC_REQUEST] = { handle_get_async, false },
    [MSG_SET_ASYNC_CONFIG] = { handle_set_async, false },
    [MSG_SET_FLOW_FORMAT] = { handle_set_flow_format, false },
    [MSG_FLOW_MOD_TABLE_ID] = { handle_flow_mod_table_id, false },
    [MSG_SET_PACKET_IN_FORMAT] = { handle_set_packet_in_format, false },
    [MSG_SET_CONTROLLER_ID] = { handle_set_controller_id, false },
};

static bool
is_multipart(const struct message *message)
{
    const char *name = message_raw_name(message->raw);
    return strstr(name, "ST_") && strstr(name, " request");
}

static enum ofperr
handle(struct connection *connection, const struct message *message)
{
    if (message->type == MSG_ERROR || message->type == MSG_ECHO_REPLY
        || message->type == MSG_HELLO) {
        return OFPERR_NONE;
    }
    if (!handlers[message->type].handler) {
        return is_multipart(message) ? OFPERR_OFPBRC_BAD_STAT
                                     : OFPERR_OFPBRC_BAD_TYPE;
    }
    if (connection->role == ROLE_SECONDARY
        && handlers[message->type].modifies) {
        return OFPERR_OFPBRC_IS_SECONDARY;
    }
    return handlers[message->type].handler(connection, message);
}

void
dispatch(struct connection *connection, const void *data, size_t size)
{
    struct message message;
    enum ofperr error = message_decode(data, size, &message);
    if (error) {
        /* Enough of it to say what the error is about. */
        message = (struct message){
            .data = data,
            .size = size,
            .raw = N_MESSAGE_RAWS,
        };
    } else {
        error = handle(connection, &message);
    }
    if (error) {
        connection_send_error(connection, &message, error);
    }
    async_send_removed(connection->control);
}
