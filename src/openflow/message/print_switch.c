/* Printing messages about the switch and the connection. */

#include <inttypes.h>
#include <string.h>

#include "base/be.h"
#include "net/flow/ofp_port.h"
#include "openflow/message/print_private.h"
#include "openflow/message/switch.h"

struct bit_name {
    uint32_t bit;
    const char *name;
};

/* Names of the bits that are set, a space before each. */
static void
put_bits(uint32_t bits, const struct bit_name *names, size_t n, struct str *s)
{
    for (size_t i = 0; i < n; i++) {
        if (bits & names[i].bit) {
            str_putf(s, " %s", names[i].name);
            bits &= ~names[i].bit;
        }
    }
    if (bits) {
        str_putf(s, " 0x%" PRIx32, bits);
    }
}

enum ofperr
print_hello(struct print *p)
{
    uint32_t versions;
    bool ok = hello_decode(p->m, &versions);
    str_put(p->s, "\n version bitmap: ");
    const char *separator = "";
    for (unsigned int i = 0; i < 32; i++) {
        if (versions & 1u << i) {
            str_putf(p->s, "%s0x%02x", separator, i);
            separator = ", ";
        }
    }
    (void) ok; /* Versions that we do not know print all the same. */
    return 0;
}

static void
put_payload_text(const uint8_t *payload, size_t size, struct str *s)
{
    while (size && !payload[size - 1]) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        if (payload[i] >= 0x20 && payload[i] < 0x7f && payload[i] != '\\') {
            str_put_char(s, (char) payload[i]);
        } else if (payload[i] == '\\') {
            str_put(s, "\\\\");
        } else {
            str_putf(s, "\\%03o", payload[i]);
        }
    }
    str_put_char(s, '\n');
}

enum ofperr
print_error_reply(struct print *p)
{
    const uint8_t *payload;
    size_t size;
    enum ofperr error = ofperr_decode(p->m->data, p->m->size, &payload, &size);
    if (!error) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    str_putf(p->s, " %s\n", ofperr_name(error));
    /* A failed hello quotes a text, others the message. */
    if (error == OFPERR_OFPHFC_INCOMPATIBLE || error == OFPERR_OFPHFC_EPERM) {
        put_payload_text(payload, size, p->s);
    } else {
        message_format(payload, size, p->names, 1, p->s);
    }
    return 0;
}

enum ofperr
print_echo(struct print *p)
{
    str_putf(p->s, " %zu bytes of payload\n", p->m->body_size);
    if (p->verbosity > 1) {
        str_put_hexdump(p->s, p->m->body, p->m->body_size, 0, true);
    }
    return 0;
}

static const struct bit_name capabilities[] = {
    { SWITCH_FLOW_STATS, "FLOW_STATS" },
    { SWITCH_TABLE_STATS, "TABLE_STATS" },
    { SWITCH_PORT_STATS, "PORT_STATS" },
    { SWITCH_GROUP_STATS, "GROUP_STATS" },
    { SWITCH_STP, "STP" },
    { SWITCH_IP_REASM, "IP_REASM" },
    { SWITCH_QUEUE_STATS, "QUEUE_STATS" },
    { SWITCH_ARP_MATCH_IP, "ARP_MATCH_IP" },
    { SWITCH_PORT_BLOCKED, "PORT_BLOCKED" },
    { SWITCH_BUNDLES, "BUNDLES" },
    { SWITCH_FLOW_MONITORING, "FLOW_MONITORING" },
};

/* OpenFlow 1.0 §5.3.1: by number of the action; printed in this order. */
static const struct bit_name actions_of10[] = {
    { 1 << 0, "output" },       { 1 << 11, "enqueue" },
    { 1 << 1, "set_vlan_vid" }, { 1 << 2, "set_vlan_pcp" },
    { 1 << 3, "strip_vlan" },   { 1 << 4, "mod_dl_src" },
    { 1 << 5, "mod_dl_dst" },   { 1 << 6, "mod_nw_src" },
    { 1 << 7, "mod_nw_dst" },   { 1 << 8, "mod_nw_tos" },
    { 1 << 9, "mod_tp_src" },   { 1 << 10, "mod_tp_dst" },
};

enum ofperr
print_features(struct print *p)
{
    struct switch_features f;
    struct reader ports;
    enum ofperr error = switch_features_decode(p->m, &f, &ports);
    if (error) {
        return error;
    }
    str_putf(p->s, " dpid:%016" PRIx64 "\n", f.datapath_id);
    str_putf(p->s, "n_tables:%u, n_buffers:%" PRIu32, f.n_tables, f.n_buffers);
    if (f.auxiliary_id) {
        str_putf(p->s, ", auxiliary_id:%u", f.auxiliary_id);
    }
    str_put(p->s, "\ncapabilities:");
    put_bits(f.capabilities, capabilities, ARRAY_SIZE(capabilities), p->s);
    str_put_char(p->s, '\n');
    if (p->m->version == OF10_VERSION) {
        str_put(p->s, "actions:");
        put_bits(f.actions, actions_of10, ARRAY_SIZE(actions_of10), p->s);
        str_put_char(p->s, '\n');
    }
    return p->m->version < OF13_VERSION ? print_ports(p, &ports) : 0;
}

enum ofperr
print_config(struct print *p)
{
    static const char *const frags[] = { "normal", "drop", "reassemble",
                                         "nx-match" };
    struct switch_config config;
    enum ofperr error = switch_config_decode(p->m, &config);
    if (error) {
        return error;
    }
    str_putf(p->s, " frags=%s", frags[config.flags & SWITCH_FRAG_MASK]);
    if (config.flags & SWITCH_INVALID_TTL_TO_CONTROLLER) {
        str_put(p->s, " invalid_ttl_to_controller");
    }
    str_putf(p->s, " miss_send_len=%u\n", config.miss_send_len);
    return 0;
}

enum ofperr
print_desc(struct print *p)
{
    struct switch_desc desc;
    switch_desc_decode(p->m, &desc);
    str_putf(p->s, "\nManufacturer: %s\n", desc.mfr);
    str_putf(p->s, "Hardware: %s\n", desc.hw);
    str_putf(p->s, "Software: %s\n", desc.sw);
    str_putf(p->s, "Serial Num: %s\n", desc.serial);
    str_putf(p->s, "DP Description: %s\n", desc.dp);
    return 0;
}

enum ofperr
print_role(struct print *p)
{
    static const char *const names[] = { "nochange", "equal", "primary",
                                         "secondary" };
    struct role_request request;
    enum ofperr error = role_request_decode(p->m, &request);
    if (error) {
        return error;
    }
    str_putf(p->s, " role=%s",
             request.role < ARRAY_SIZE(names) ? names[request.role] : "?");
    if (request.has_generation) {
        str_putf(p->s, " generation_id=%" PRIu64, request.generation_id);
    }
    return 0;
}

/* Messages whose body is one number: formats and switches. */
enum ofperr
print_u32_setting(struct print *p)
{
    static const char *const pin_formats[] = { "standard", "nxt_packet_in",
                                               "nxt_packet_in2" };
    if (p->m->type == MSG_FLOW_MOD_TABLE_ID) {
        str_put(p->s, p->m->body[0] ? " enable" : " disable");
        return 0;
    }
    uint32_t value = get_be32(p->m->body);
    if (p->m->type == MSG_SET_FLOW_FORMAT) {
        static const char *const formats[] = { "openflow10", "?", "nxm" };
        str_putf(p->s, " format=%s", value < 3 ? formats[value] : "?");
    } else if (value < ARRAY_SIZE(pin_formats)) {
        str_putf(p->s, " format=%s", pin_formats[value]);
    } else {
        str_putf(p->s, " format=%" PRIu32, value);
    }
    return 0;
}

/* Reasons by bit of each kind of message. */
static const struct {
    const char *name;
    const char *reasons[6];
} async_names[N_ASYNC_TYPES] = {
    [ASYNC_PACKET_IN] = { "PACKET_IN",
                          { "no_match", "action", "invalid_ttl", "action_set",
                            "group", "packet_out" } },
    [ASYNC_PORT_STATUS] = { "PORT_STATUS", { "add", "delete", "modify" } },
    [ASYNC_FLOW_REMOVED] = { "FLOW_REMOVED",
                             { "idle", "hard", "delete", "group_delete",
                               "meter_delete", "eviction" } },
    [ASYNC_ROLE_STATUS] = { "ROLE_STATUS",
                            { "primary_request", "configuration_changed",
                              "experimenter_data_changed" } },
    [ASYNC_TABLE_STATUS] = { "TABLE_STATUS",
                             { NULL, NULL, NULL, "vacancy_down",
                               "vacancy_up" } },
    [ASYNC_REQUESTFORWARD] = { "REQUESTFORWARD",
                               { "group_mod_request", "meter_mod_request" } },
};

enum ofperr
print_async(struct print *p)
{
    static const char *const roles[] = { "primary", "secondary" };
    struct async_config config = { 0 };
    enum ofperr error = async_config_decode(p->m, &config);
    if (error) {
        return error;
    }
    for (size_t role = 0; role < ARRAY_SIZE(roles); role++) {
        str_putf(p->s, "\n %s:\n", roles[role]);
        for (size_t type = 0; type < N_ASYNC_TYPES; type++) {
            uint32_t mask = config.masks[role][type];
            str_putf(p->s, "%16s:", async_names[type].name);
            for (size_t i = 0; i < ARRAY_SIZE(async_names[0].reasons); i++) {
                if (mask & 1u << i && async_names[type].reasons[i]) {
                    str_putf(p->s, " %s", async_names[type].reasons[i]);
                }
            }
            str_put(p->s, mask ? "\n" : " (off)\n");
        }
    }
    return 0;
}
