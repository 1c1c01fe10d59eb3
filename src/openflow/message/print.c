/* Messages as text: the first line, and who prints the rest. */

#include <inttypes.h>
#include <string.h>

#include "base/be.h"
#include "openflow/message/print_private.h"

typedef enum ofperr printer(struct print *);

/* Types without a printer have nothing but their first line. */
static printer *const printers[N_MESSAGE_TYPES] = {
    [MSG_HELLO] = print_hello,
    [MSG_ERROR] = print_error_reply,
    [MSG_ECHO_REQUEST] = print_echo,
    [MSG_ECHO_REPLY] = print_echo,
    [MSG_FEATURES_REPLY] = print_features,
    [MSG_GET_CONFIG_REPLY] = print_config,
    [MSG_SET_CONFIG] = print_config,
    [MSG_DESC_STATS_REPLY] = print_desc,
    [MSG_TABLE_STATS_REPLY] = print_table_stats,
    [MSG_TABLE_FEATURES_STATS_REPLY] = print_table_features,
    [MSG_TABLE_FEATURES_STATS_REQUEST] = print_table_features,
    [MSG_TABLE_MOD] = print_table_mod,
    [MSG_TABLE_DESC_REPLY] = print_table_desc,
    [MSG_TABLE_STATUS] = print_table_status,
    [MSG_SET_ASYNC_CONFIG] = print_async,
    [MSG_GET_ASYNC_REPLY] = print_async,
    [MSG_ROLE_REQUEST] = print_role,
    [MSG_ROLE_REPLY] = print_role,
    [MSG_SET_FLOW_FORMAT] = print_u32_setting,
    [MSG_FLOW_MOD_TABLE_ID] = print_u32_setting,
    [MSG_SET_PACKET_IN_FORMAT] = print_u32_setting,
    [MSG_PORT_STATUS] = print_port_status,
    [MSG_PORT_MOD] = print_port_mod,
    [MSG_PORT_STATS_REQUEST] = print_port_stats_request,
    [MSG_PORT_STATS_REPLY] = print_port_stats,
    [MSG_PORT_DESC_STATS_REPLY] = print_port_desc,
    [MSG_PORT_DESC_STATS_REQUEST] = print_port_desc_request,
    [MSG_QUEUE_STATS_REQUEST] = print_queue_stats_request,
    [MSG_QUEUE_STATS_REPLY] = print_queue_stats,
    [MSG_QUEUE_GET_CONFIG_REQUEST] = print_queue_config_request,
    [MSG_QUEUE_GET_CONFIG_REPLY] = print_queue_config,
    [MSG_GROUP_STATS_REQUEST] = print_group_request,
    [MSG_GROUP_STATS_REPLY] = print_group_stats,
    [MSG_GROUP_DESC_STATS_REQUEST] = print_group_request,
    [MSG_GROUP_DESC_STATS_REPLY] = print_group_desc,
    [MSG_GROUP_FEATURES_STATS_REPLY] = print_group_features,
    [MSG_GROUP_MOD] = print_group_mod,
    [MSG_METER_STATS_REQUEST] = print_meter_request,
    [MSG_METER_STATS_REPLY] = print_meter_stats,
    [MSG_METER_CONFIG_STATS_REQUEST] = print_meter_request,
    [MSG_METER_CONFIG_STATS_REPLY] = print_meter_config,
    [MSG_METER_FEATURES_STATS_REPLY] = print_meter_features,
    [MSG_METER_MOD] = print_meter_mod,
    [MSG_REQUESTFORWARD] = print_requestforward,
    [MSG_FLOW_MOD] = print_flow_mod,
    [MSG_FLOW_STATS_REQUEST] = print_flow_stats_request,
    [MSG_AGGREGATE_STATS_REQUEST] = print_flow_stats_request,
    [MSG_FLOW_STATS_REPLY] = print_flow_stats,
    [MSG_AGGREGATE_STATS_REPLY] = print_aggregate,
    [MSG_FLOW_REMOVED] = print_flow_removed,
    [MSG_PACKET_IN] = print_packet_in,
    [MSG_PACKET_OUT] = print_packet_out,
};

/* "OFPST_FLOW reply (OF1.3) (xid=0x2):" */
void
print_counter(const char *what, uint64_t value, struct str *s)
{
    str_put(s, what);
    if (value == UINT64_MAX) {
        str_put_char(s, '?');
    } else {
        str_put_u64(s, value);
    }
}

static void
put_first_line(const struct message *m, struct str *s)
{
    str_put(s, message_raw_name(m->raw));
    if (m->version > OF10_VERSION && m->version <= OF15_VERSION) {
        str_putf(s, " (OF1.%d)", m->version - OF10_VERSION);
    } else if (m->version != OF10_VERSION) {
        str_putf(s, " (OF 0x%02x)", m->version);
    }
    str_putf(s, " (xid=0x%" PRIx32 "):", m->xid);
    uint32_t unknown = m->flags & ~(m->more ? 1u : 0u);
    if (m->flags) {
        str_putf(s, " flags=%s", m->more ? "[more]" : "");
    }
    if (unknown) {
        str_putf(s, "[***unknown flags 0x%04" PRIx32 "***]", unknown);
    }
}

static void
put_newline(struct str *s)
{
    if (str_last(s) != '\n') {
        str_put_char(s, '\n');
    }
}

static void
put_dump(const void *data, size_t size, struct str *s)
{
    str_put_hexdump(s, data, size, 0, true);
}

/* What the header says if 'size' is not the message's. */
static void
put_wrong_size(const uint8_t *data, size_t size, struct str *s)
{
    size_t header_size = get_be16(data + 2);
    uint8_t whole[MESSAGE_MAX_SIZE];
    struct message m;
    /* The type shows even in a piece: the headers are there. */
    memset(whole, 0, sizeof whole);
    memcpy(whole, data, MIN(size, header_size));
    if (size < header_size && !message_decode(whole, header_size, &m)) {
        put_first_line(&m, s);
        put_newline(s);
    }
    if (size < header_size) {
        str_putf(s, "(***truncated to %zu bytes from %zu***)\n", size,
                 header_size);
    } else if (header_size < MESSAGE_HEADER_SIZE) {
        str_putf(s, "(***length %zu is less than minimum %d***)\n",
                 header_size, MESSAGE_HEADER_SIZE);
    } else {
        str_putf(s, "(***only uses %zu bytes out of %zu***)\n", header_size,
                 size);
    }
    put_dump(data, size, s);
}

void
message_format(const void *data, size_t size,
               const struct actions_format *names, int verbosity,
               struct str *s)
{
    if (!size) {
        str_put(s, "OpenFlow message is empty\n");
        return;
    } else if (size < MESSAGE_HEADER_SIZE) {
        str_putf(s, "OpenFlow packet too short (only %zu bytes):\n", size);
        put_dump(data, size, s);
        return;
    } else if (get_be16((const uint8_t *) data + 2) != size) {
        put_wrong_size(data, size, s);
        return;
    }
    struct message m;
    enum ofperr error = message_decode(data, size, &m);
    if (!error) {
        struct print p = { &m, names, verbosity, s };
        put_first_line(&m, s);
        if (printers[m.type]) {
            error = printers[m.type](&p);
            if (error && str_last(s) == ':') {
                str_put_char(s, ' ');
            } else if (error) {
                put_newline(s);
            }
        }
    }
    if (error) {
        str_putf(s, "***decode error: %s***\n", ofperr_name(error));
        put_dump(data, size, s);
    }
    put_newline(s);
}
