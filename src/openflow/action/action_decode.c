/* Bytes to actions and instructions. */

#include <string.h>

#include "base/mem.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_wire.h"
#include "openflow/wire/version.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_actions);

static struct log_rate_limit warnings = LOG_RATE_LIMIT_INITIALIZER(1, 5);

enum { MAX_DEPTH = 100 }; /* Lists inside lists, as in texts. */

static struct action_number *
add_number(struct actions *out, enum action_type type, uint64_t value)
{
    struct action_number *a = actions_add(out, type, sizeof *a);
    a->value = value;
    return a;
}

static enum ofperr
add_output(struct actions *out, uint32_t port, uint16_t max_len)
{
    struct action_output *a = actions_add(out, ACTION_OUTPUT, sizeof *a);
    a->port = port;
    a->max_len = max_len;
    return 0;
}

/* OpenFlow 1.0's number of a port to send to: false if there can be none. */
static bool
get_of10_output(struct reader *r, uint32_t *portp)
{
    *portp = ofp_port_from_of10(reader_u16(r));
    return *portp < OFPP_MAX || *portp >= OFPP_UNSET;
}

static enum ofperr
decode_output(struct reader *r, uint8_t version, struct actions *out)
{
    uint32_t port;
    if (version != OF10_VERSION) {
        port = reader_u32(r);
        if (!ofp_port_is_valid(port)) {
            return OFPERR_OFPBAC_BAD_OUT_PORT;
        }
    } else if (!get_of10_output(r, &port)) {
        return OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    return add_output(out, port, reader_u16(r));
}

static enum ofperr
decode_enqueue(struct reader *r, struct actions *out)
{
    uint32_t port = ofp_port_from_of10(reader_u16(r));
    if (port >= OFPP_MAX && port != OFPP_IN_PORT && port != OFPP_LOCAL) {
        return OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    reader_skip(r, 6);
    struct action_enqueue *a = actions_add(out, ACTION_ENQUEUE, sizeof *a);
    a->port = port;
    a->queue = reader_u32(r);
    return 0;
}

/* Standard actions that hold one thing: number in 1.0 and later (-1: none),
 * the size of the action, what it becomes. */
enum { NONE = -1 };

static const struct simple_row {
    int of10, of11;
    uint8_t size;
    enum action_type action;
    uint8_t n; /* Bytes of the number; 6 a MAC, 0 none. */
} simple_rows[] = {
    { 1, 1, 8, ACTION_SET_VLAN_VID, 2 },
    { 2, 2, 8, ACTION_SET_VLAN_PCP, 1 },
    { 3, 18, 8, ACTION_STRIP_VLAN, 0 },
    { 4, 3, 16, ACTION_SET_ETH_SRC, 6 },
    { 5, 4, 16, ACTION_SET_ETH_DST, 6 },
    { 6, 5, 8, ACTION_SET_IPV4_SRC, 4 },
    { 7, 6, 8, ACTION_SET_IPV4_DST, 4 },
    { 8, 7, 8, ACTION_SET_IP_DSCP, 1 },
    { NONE, 8, 8, ACTION_SET_IP_ECN, 1 },
    { 9, 9, 8, ACTION_SET_L4_SRC, 2 },
    { 10, 10, 8, ACTION_SET_L4_DST, 2 },
    { NONE, 13, 8, ACTION_SET_MPLS_LABEL, 4 },
    { NONE, 14, 8, ACTION_SET_MPLS_TC, 1 },
    { NONE, 15, 8, ACTION_SET_MPLS_TTL, 1 },
    { NONE, 16, 8, ACTION_DEC_MPLS_TTL, 0 },
    { NONE, 17, 8, ACTION_PUSH_VLAN, 2 },
    { NONE, 19, 8, ACTION_PUSH_MPLS, 2 },
    { NONE, 20, 8, ACTION_POP_MPLS, 2 },
    { NONE, 21, 8, ACTION_SET_QUEUE, 4 },
    { NONE, 22, 8, ACTION_GROUP, 4 },
    { NONE, 23, 8, ACTION_SET_IP_TTL, 1 },
    { NONE, 24, 8, ACTION_DEC_TTL, 0 },
};

static enum ofperr
check_number(enum action_type type, uint64_t value)
{
    switch (type) {
    case ACTION_SET_VLAN_VID:
        return value > 0xfff ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
    case ACTION_SET_VLAN_PCP:
    case ACTION_SET_MPLS_TC:
        return value > 7 ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
    case ACTION_SET_IP_DSCP:
        return value & 3 ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
    case ACTION_SET_IP_ECN:
        return value > 3 ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
    case ACTION_SET_MPLS_LABEL:
        return value > 0xfffff ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
    case ACTION_PUSH_VLAN:
        return value == 0x8100 || value == 0x88a8 ? 0
                                                  : OFPERR_OFPBAC_BAD_ARGUMENT;
    case ACTION_PUSH_MPLS:
        return value == 0x8847 || value == 0x8848 ? 0
                                                  : OFPERR_OFPBAC_BAD_ARGUMENT;
    default:
        return 0;
    }
}

static enum ofperr
decode_simple(struct reader *r, const struct simple_row *row, uint8_t version,
              struct actions *out)
{
    if (row->n == 6) {
        struct action_mac *a = actions_add(out, row->action, sizeof *a);
        reader_copy(r, &a->mac, sizeof a->mac);
        return 0;
    } else if (!row->n) {
        struct action *a = actions_add(out, row->action,
                                       row->action == ACTION_DEC_TTL
                                           ? sizeof(struct action_dec_ttl)
                                           : sizeof(struct action_null));
        if (row->action == ACTION_STRIP_VLAN && version != OF10_VERSION) {
            a->form = ACTION_FORM_LONG;
        }
        return 0;
    }
    uint64_t value = row->n == 1   ? reader_u8(r)
                     : row->n == 2 ? reader_u16(r)
                                   : reader_u32(r);
    enum ofperr error = check_number(row->action, value);
    if (error) {
        return error;
    }
    switch (row->action) {
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST: {
        struct action_ipv4 *a = actions_add(out, row->action, sizeof *a);
        a->ip = be32_from_host(value);
        break;
    }
    case ACTION_PUSH_VLAN:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS: {
        struct action_ethertype *a = actions_add(out, row->action, sizeof *a);
        a->ethertype = be16_from_host(value);
        break;
    }
    default: {
        struct action_number *a = add_number(out, row->action, value);
        if (version == OF10_VERSION
            && (row->action == ACTION_SET_VLAN_VID
                || row->action == ACTION_SET_VLAN_PCP)) {
            a->action.form = ACTION_FORM_PUSH_IF;
        }
        break;
    }
    }
    return 0;
}

static enum ofperr
decode_standard(struct reader *r, uint16_t type, uint8_t version,
                struct actions *out)
{
    size_t size = r->left + 4;
    if (type == 0) {
        return size != (version == OF10_VERSION ? 8 : 16)
                   ? OFPERR_OFPBAC_BAD_LEN
                   : decode_output(r, version, out);
    } else if (type == 11 && version == OF10_VERSION) {
        return size != 16 ? OFPERR_OFPBAC_BAD_LEN : decode_enqueue(r, out);
    } else if (type == 25 && version >= OF12_VERSION) {
        return action_set_field_decode(r, version, out);
    } else if (type == 28 && version >= OF15_VERSION) {
        return action_copy_field_decode(r, out);
    } else if (type == 29 && version >= OF15_VERSION) {
        add_number(out, ACTION_METER, reader_u32(r));
        return size != 8 ? OFPERR_OFPBAC_BAD_LEN : 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(simple_rows); i++) {
        const struct simple_row *row = &simple_rows[i];
        if ((version == OF10_VERSION ? row->of10 : row->of11) == type) {
            return size != row->size ? OFPERR_OFPBAC_BAD_LEN
                                     : decode_simple(r, row, version, out);
        }
    }
    log_warn_rl(&warnings, "unknown %s action for vendor 0 and type %d",
                version_name(version), type);
    return OFPERR_OFPBAC_BAD_TYPE;
}

static enum ofperr
decode_controller2(struct reader *r, struct actions *out)
{
    enum { REASON_ACTION = 1 };
    struct action_controller c = { .max_len = UINT16_MAX,
                                   .reason = REASON_ACTION };
    const uint8_t *userdata = NULL;
    reader_skip(r, 6);
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t len = reader_u16(r);
        if (len < 4 || ROUND_UP((size_t) len, 8) - 4 > r->left) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader property = reader_sub(r, ROUND_UP((size_t) len, 8) - 4);
        switch (type) {
        case 0:
            c.max_len = reader_u16(&property);
            break;
        case 1:
            c.controller_id = reader_u16(&property);
            break;
        case 2:
            c.reason = reader_u8(&property);
            break;
        case 3:
            userdata = property.data;
            c.userdata_len = len - 4;
            break;
        case 4:
            c.pause = 1;
            break;
        case 5:
            c.meter_id = reader_u32(&property);
            break;
        default:
            return OFPERR_OFPBPC_BAD_TYPE;
        }
        if (property.failed) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
    }
    struct action_controller *a =
        actions_add(out, ACTION_CONTROLLER, sizeof *a + c.userdata_len);
    c.action = a->action;
    c.action.form = ACTION_FORM_LONG;
    memcpy(a, &c, sizeof c);
    if (c.userdata_len) {
        memcpy(a->userdata, userdata, c.userdata_len);
    }
    return 0;
}

static enum ofperr
decode_controller(struct reader *r, struct actions *out)
{
    struct action_controller *a =
        actions_add(out, ACTION_CONTROLLER, sizeof *a);
    a->max_len = reader_u16(r);
    a->controller_id = reader_u16(r);
    a->reason = reader_u8(r);
    return 0;
}

static enum ofperr
decode_resubmit(struct reader *r, uint16_t subtype, struct actions *out)
{
    uint32_t port = ofp_port_from_of10(reader_u16(r));
    struct action_resubmit *a = actions_add(out, ACTION_RESUBMIT, sizeof *a);
    a->in_port = port;
    a->table_id = 255;
    if (subtype != NXAST_RESUBMIT) {
        a->table_id = reader_u8(r);
        a->with_ct = subtype == NXAST_RESUBMIT_TABLE_CT;
        a->action.form =
            a->table_id == 255 ? ACTION_FORM_LONG : ACTION_FORM_DEFAULT;
    }
    return 0;
}

static enum ofperr
decode_dec_ttl_ids(struct reader *r, struct actions *out)
{
    uint16_t n = reader_u16(r);
    reader_skip(r, 4);
    if (!n || (size_t) n * 2 > r->left) {
        return OFPERR_OFPBAC_BAD_LEN;
    }
    struct action_dec_ttl *a =
        actions_add(out, ACTION_DEC_TTL, sizeof *a + n * 2);
    a->n_controllers = n;
    for (size_t i = 0; i < n; i++) {
        a->ids[i] = reader_u16(r);
    }
    return 0;
}

static enum ofperr
decode_conjunction(struct reader *r, struct actions *out)
{
    struct action_conjunction *a =
        actions_add(out, ACTION_CONJUNCTION, sizeof *a);
    a->clause = reader_u8(r);
    a->n_clauses = reader_u8(r);
    a->id = reader_u32(r);
    return a->n_clauses < 2 || a->n_clauses > 64 || a->clause >= a->n_clauses
               ? OFPERR_NXBAC_BAD_CONJUNCTION
               : 0;
}

static enum ofperr
decode_note(struct reader *r, struct actions *out)
{
    size_t len = r->left;
    struct action_note *a = actions_add(out, ACTION_NOTE, sizeof *a + len);
    a->len = len;
    reader_copy(r, a->bytes, len);
    return 0;
}

static enum ofperr
decode_output_trunc(struct reader *r, struct actions *out)
{
    uint32_t port;
    if (!get_of10_output(r, &port)) {
        return OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    struct action_output_trunc *a =
        actions_add(out, ACTION_OUTPUT_TRUNC, sizeof *a);
    a->port = port;
    a->max_len = reader_u32(r);
    return a->max_len < 14 ? OFPERR_OFPBAC_BAD_ARGUMENT : 0;
}

static enum ofperr
decode_ethertype(struct reader *r, enum action_type type, struct actions *out)
{
    uint16_t ethertype = reader_u16(r);
    enum ofperr error = check_number(type, ethertype);
    struct action_ethertype *a = actions_add(out, type, sizeof *a);
    a->ethertype = be16_from_host(ethertype);
    return error;
}

static enum ofperr
decode_clone(struct reader *r, uint8_t version, unsigned int depth,
             struct actions *out)
{
    reader_skip(r, 6);
    size_t offset =
        actions_open(out, ACTION_CLONE, sizeof(struct action_nested));
    enum ofperr error = actions_decode_list(r, version, depth + 1, out);
    if (!error) {
        actions_close(out, offset);
    }
    return error;
}

/* Nicira's actions of 16 bytes that hold one number, or nothing. */
static bool
decode_nicira_number(struct reader *r, uint16_t subtype, struct actions *out,
                     enum ofperr *errorp)
{
    static const struct {
        uint16_t subtype;
        enum action_type action;
        uint8_t skip, n;
    } rows[] = {
        { NXAST_SET_TUNNEL, ACTION_SET_TUNNEL, 2, 4 },
        { NXAST_SET_QUEUE, ACTION_SET_QUEUE, 2, 4 },
        { NXAST_GROUP, ACTION_GROUP, 2, 4 },
        { NXAST_SET_MPLS_LABEL, ACTION_SET_MPLS_LABEL, 2, 4 },
        { NXAST_SET_MPLS_TC, ACTION_SET_MPLS_TC, 0, 1 },
        { NXAST_SET_MPLS_TTL, ACTION_SET_MPLS_TTL, 0, 1 },
        { NXAST_POP_QUEUE, ACTION_POP_QUEUE, 0, 0 },
        { NXAST_EXIT, ACTION_EXIT, 0, 0 },
        { NXAST_DEC_TTL, ACTION_DEC_TTL, 0, 0 },
        { NXAST_DEC_MPLS_TTL, ACTION_DEC_MPLS_TTL, 0, 0 },
        { NXAST_CT_CLEAR, ACTION_CT_CLEAR, 0, 0 },
        { NXAST_DEC_NSH_TTL, ACTION_DEC_NSH_TTL, 0, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].subtype != subtype) {
            continue;
        }
        if (r->left != 6) {
            *errorp = OFPERR_OFPBAC_BAD_LEN;
            return true;
        }
        reader_skip(r, rows[i].skip);
        if (rows[i].n) {
            uint64_t value = rows[i].n == 1 ? reader_u8(r) : reader_u32(r);
            *errorp = check_number(rows[i].action, value);
            add_number(out, rows[i].action, value);
        } else {
            actions_add(out, rows[i].action,
                        rows[i].action == ACTION_DEC_TTL
                            ? sizeof(struct action_dec_ttl)
                            : sizeof(struct action_null));
            *errorp = 0;
        }
        return true;
    }
    return false;
}

static enum ofperr
decode_nicira(struct reader *r, uint8_t version, unsigned int depth,
              struct actions *out)
{
    uint16_t subtype = reader_u16(r);
    enum ofperr error;
    if (decode_nicira_number(r, subtype, out, &error)) {
        return error;
    }
    switch (subtype) {
    case NXAST_RESUBMIT:
    case NXAST_RESUBMIT_TABLE:
    case NXAST_RESUBMIT_TABLE_CT:
        return decode_resubmit(r, subtype, out);
    case NXAST_REG_MOVE:
    case NXAST_REG_LOAD:
    case NXAST_REG_LOAD2:
    case NXAST_STACK_PUSH:
    case NXAST_STACK_POP:
    case NXAST_OUTPUT_REG:
    case NXAST_OUTPUT_REG2:
    case NXAST_CHECK_PKT_LARGER:
    case NXAST_DELETE_FIELD:
        return action_field_decode(r, subtype, out);
    case NXAST_NOTE:
        return decode_note(r, out);
    case NXAST_SET_TUNNEL64:
        reader_skip(r, 6);
        add_number(out, ACTION_SET_TUNNEL, reader_u64(r))->action.form =
            ACTION_FORM_LONG;
        return 0;
    case NXAST_LEARN:
    case NXAST_LEARN2:
        return action_learn_decode(r, subtype == NXAST_LEARN2, out);
    case NXAST_FIN_TIMEOUT: {
        struct action_fin_timeout *a =
            actions_add(out, ACTION_FIN_TIMEOUT, sizeof *a);
        a->idle = reader_u16(r);
        a->hard = reader_u16(r);
        return 0;
    }
    case NXAST_CONTROLLER:
        return decode_controller(r, out);
    case NXAST_CONTROLLER2:
        return decode_controller2(r, out);
    case NXAST_DEC_TTL_CNT_IDS:
        return decode_dec_ttl_ids(r, out);
    case NXAST_WRITE_METADATA: {
        reader_skip(r, 6);
        struct action_write_metadata *a =
            actions_add(out, ACTION_WRITE_METADATA, sizeof *a);
        reader_copy(r, &a->metadata, 8);
        reader_copy(r, &a->mask, 8);
        return 0;
    }
    case NXAST_PUSH_MPLS:
        return decode_ethertype(r, ACTION_PUSH_MPLS, out);
    case NXAST_POP_MPLS:
        return decode_ethertype(r, ACTION_POP_MPLS, out);
    case NXAST_CONJUNCTION:
        return decode_conjunction(r, out);
    case NXAST_CT:
        return action_ct_decode(r, version, depth, out);
    case NXAST_NAT:
        return action_nat_decode(r, out);
    case NXAST_OUTPUT_TRUNC:
        return decode_output_trunc(r, out);
    case NXAST_CLONE:
        return decode_clone(r, version, depth, out);
    default:
        log_warn_rl(&warnings, "unknown %s action for vendor 0x%x and type %d",
                    version_name(version), NX_VENDOR, subtype);
        return OFPERR_OFPBAC_BAD_VENDOR_TYPE;
    }
}

static enum ofperr
decode_one(struct reader *r, uint16_t type, uint8_t version,
           unsigned int depth, struct actions *out)
{
    enum ofperr error;
    if (type == OFPAT_EXPERIMENTER) {
        uint32_t vendor = reader_u32(r);
        if (r->failed || r->left < 2) {
            return OFPERR_OFPBAC_BAD_LEN;
        }
        if (vendor == NX_VENDOR) {
            error = decode_nicira(r, version, depth, out);
        } else {
            log_warn_rl(&warnings, "OpenFlow action has unknown vendor 0x%x",
                        vendor);
            error = OFPERR_OFPBAC_BAD_VENDOR;
        }
    } else {
        error = decode_standard(r, type, version, out);
    }
    return !error && r->failed ? OFPERR_OFPBAC_BAD_LEN : error;
}

/* Says where in a list the bad action is. */
static void
warn_bad(const uint8_t *list, size_t size, size_t offset, enum ofperr error)
{
    if (log_should_drop(&warnings, LOG_LEVEL_WARN)) {
        return; /* A dump costs more than the decoding. */
    }
    struct str s = STR_INITIALIZER;
    str_put_hexdump(&s, list, size, 0, false);
    str_truncate(&s, s.len - 1);
    if (size % 16 == 8) {
        str_put_char(&s, '-'); /* The gap in the middle of a line. */
    }
    log_warn("bad action at offset %zu (%s):\n%s", offset, ofperr_name(error),
             str_text(&s));
    str_uninit(&s);
}

enum ofperr
actions_decode_list(struct reader *r, uint8_t version, unsigned int depth,
                    struct actions *out)
{
    if (depth > MAX_DEPTH) {
        return OFPERR_OFPBAC_BAD_ARGUMENT;
    }
    const uint8_t *list = r->data;
    const size_t size = r->left;
    while (r->left) {
        const size_t offset = size - r->left;
        const uint8_t *header = reader_peek(r, 4);
        uint16_t len = header ? get_be16(header + 2) : 0;
        enum ofperr error = OFPERR_OFPBAC_BAD_LEN;
        if (len >= 8 && !(len % 8) && len <= r->left) {
            struct reader body = reader_sub(r, len);
            reader_skip(&body, 4);
            error = decode_one(&body, get_be16(header), version, depth, out);
        }
        if (error) {
            warn_bad(list, size, offset, error);
            return error;
        }
    }
    return 0;
}

/* Clears 'out' on errors. */
static enum ofperr
finish(enum ofperr error, struct actions *out)
{
    if (error) {
        actions_uninit(out);
    }
    return error;
}

enum ofperr
actions_decode(const void *data, size_t size, uint8_t version,
               struct actions *out)
{
    struct reader r = reader_init(data, size);
    actions_init(out);
    return finish(actions_decode_list(&r, version, 0, out), out);
}

/* Instructions by type, in the order of lists. */
static const struct instruction_row {
    uint16_t type;
    enum instruction order;
} instruction_rows[] = {
    { OFPIT_METER, INSTRUCTION_METER },
    { OFPIT_APPLY_ACTIONS, INSTRUCTION_APPLY },
    { OFPIT_CLEAR_ACTIONS, INSTRUCTION_CLEAR },
    { OFPIT_WRITE_ACTIONS, INSTRUCTION_WRITE },
    { OFPIT_WRITE_METADATA, INSTRUCTION_METADATA },
    { OFPIT_GOTO_TABLE, INSTRUCTION_GOTO },
};

enum { N_INSTRUCTIONS = ARRAY_SIZE(instruction_rows) };

/* Finds each instruction once. */
static enum ofperr
split_instructions(struct reader *r, uint8_t version,
                   struct reader bodies[N_INSTRUCTIONS])
{
    while (r->left) {
        const uint8_t *header = reader_peek(r, 4);
        if (!header) {
            return OFPERR_OFPBIC_BAD_LEN;
        }
        uint16_t type = get_be16(header);
        uint16_t len = get_be16(header + 2);
        if (len < 8 || len % 8 || len > r->left) {
            return OFPERR_OFPBIC_BAD_LEN;
        } else if (type == OFPIT_EXPERIMENTER) {
            return OFPERR_OFPBIC_BAD_EXPERIMENTER;
        }
        size_t i = 0;
        while (i < N_INSTRUCTIONS && instruction_rows[i].type != type) {
            i++;
        }
        if (i >= N_INSTRUCTIONS
            || (type == OFPIT_METER
                && (version < OF13_VERSION || version >= OF15_VERSION))) {
            return OFPERR_OFPBIC_UNKNOWN_INST;
        } else if (bodies[i].data) {
            return OFPERR_OFPBIC_DUP_INST;
        }
        bodies[i] = reader_sub(r, len);
        reader_skip(&bodies[i], 4);
    }
    return 0;
}

static enum ofperr
decode_instruction(struct reader *r, enum instruction order, uint8_t version,
                   struct actions *out)
{
    switch (order) {
    case INSTRUCTION_METER:
        add_number(out, ACTION_METER, reader_u32(r));
        return 0;
    case INSTRUCTION_APPLY:
        reader_skip(r, 4);
        return actions_decode_list(r, version, 0, out);
    case INSTRUCTION_CLEAR:
        actions_add(out, ACTION_CLEAR_ACTIONS, sizeof(struct action_null));
        return 0;
    case INSTRUCTION_WRITE: {
        reader_skip(r, 4);
        size_t offset = actions_open(out, ACTION_WRITE_ACTIONS,
                                     sizeof(struct action_nested));
        enum ofperr error = actions_decode_list(r, version, 1, out);
        if (!error) {
            actions_close(out, offset);
        }
        return error;
    }
    case INSTRUCTION_METADATA: {
        reader_skip(r, 4);
        struct action_write_metadata *a =
            actions_add(out, ACTION_WRITE_METADATA, sizeof *a);
        reader_copy(r, &a->metadata, 8);
        reader_copy(r, &a->mask, 8);
        return r->failed ? OFPERR_OFPBIC_BAD_LEN : 0;
    }
    case INSTRUCTION_GOTO: {
        struct action_goto_table *a =
            actions_add(out, ACTION_GOTO_TABLE, sizeof *a);
        a->table_id = reader_u8(r);
        return 0;
    }
    }
    NOT_REACHED();
}

enum ofperr
instructions_decode(const void *data, size_t size, uint8_t version,
                    struct actions *out)
{
    if (version == OF10_VERSION) {
        return actions_decode(data, size, version, out);
    }
    actions_init(out);
    struct reader r = reader_init(data, size);
    struct reader bodies[N_INSTRUCTIONS] = { { .data = NULL } };
    enum ofperr error = split_instructions(&r, version, bodies);
    for (size_t i = 0; !error && i < N_INSTRUCTIONS; i++) {
        if (bodies[i].data) {
            error = decode_instruction(&bodies[i], instruction_rows[i].order,
                                       version, out);
        }
    }
    return finish(error, out);
}
