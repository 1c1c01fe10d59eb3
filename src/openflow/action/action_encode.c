/* Actions as bytes. */

#include <string.h>

#include "base/mem.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_private.h"
#include "openflow/action/action_wire.h"
#include "openflow/wire/oxm.h"
#include "openflow/wire/version.h"

size_t
action_begin(struct writer *w, uint16_t type)
{
    size_t start = w->size;
    writer_u16(w, type);
    writer_u16(w, 0);
    return start;
}

size_t
action_begin_nx(struct writer *w, uint16_t subtype)
{
    size_t start = action_begin(w, OFPAT_EXPERIMENTER);
    writer_u32(w, NX_VENDOR);
    writer_u16(w, subtype);
    return start;
}

void
action_end(struct writer *w, size_t start)
{
    writer_pad(w, start, 8);
    writer_set_u16(w, start + 2, w->size - start);
}

/* Actions of one number: their types in 1.0, 1.1 and later, and the size of
 * the number.  A type of NX + n is Nicira subtype n; NONE is not there. */
enum { NONE = -1, NX = 0x10000 };

static const struct number_row {
    enum action_type action;
    int of10, of11, of12;
    int size; /* Bytes of the number; -2: behind 2 bytes of padding. */
} number_rows[] = {
    { ACTION_GROUP, NX + 40, 22, 22, 4 },
    { ACTION_SET_VLAN_VID, 1, 1, NONE, 2 },
    { ACTION_SET_VLAN_PCP, 2, 2, NONE, 1 },
    { ACTION_SET_IP_DSCP, 8, 7, NONE, 1 },
    { ACTION_SET_IP_ECN, NONE, 8, NONE, 1 },
    { ACTION_SET_IP_TTL, NONE, 23, 23, 1 },
    { ACTION_SET_L4_SRC, 9, 9, NONE, 2 },
    { ACTION_SET_L4_DST, 10, 10, NONE, 2 },
    { ACTION_SET_MPLS_LABEL, NX + 30, 13, NONE, 4 },
    { ACTION_SET_MPLS_TC, NX + 31, 14, NONE, 1 },
    { ACTION_SET_MPLS_TTL, NX + 25, 15, 15, 1 },
    { ACTION_SET_QUEUE, NX + 4, 21, 21, 4 },
    { ACTION_METER, NONE, NONE, 29, 4 },
};

static bool
put_number(const struct action *a, uint8_t version, struct writer *w)
{
    uint64_t value = ((const struct action_number *) a)->value;
    for (size_t i = 0; i < ARRAY_SIZE(number_rows); i++) {
        const struct number_row *row = &number_rows[i];
        int type = version == OF10_VERSION   ? row->of10
                   : version == OF11_VERSION ? row->of11
                                             : row->of12;
        if (row->action != a->type || type == NONE) {
            continue;
        }
        size_t start;
        if (type >= NX) {
            start = action_begin_nx(w, type - NX);
            if (row->size == 4) {
                writer_zeros(w, 2);
            }
        } else {
            start = action_begin(w, type);
        }
        if (row->size == 1) {
            writer_u8(w, value);
        } else if (row->size == 2) {
            writer_u16(w, value);
        } else {
            writer_u32(w, value);
        }
        action_end(w, start);
        return true;
    }
    return false;
}

static void
put_value(const struct field *field, uint64_t value, uint8_t version,
          struct writer *w)
{
    union field_value v;
    memset(&v, 0, sizeof v);
    for (size_t i = 0; i < MIN(field->n_bytes, 8); i++) {
        v.bytes[field->n_bytes - 1 - i] = value >> 8 * i;
    }
    struct actions list = ACTIONS_INITIALIZER;
    struct action_set_field *a = actions_add_set_field(&list, field, &v, NULL);
    a->action.form =
        version >= OF12_VERSION ? ACTION_FORM_SET_FIELD : ACTION_FORM_LOAD;
    action_put_set_field(a, version, w);
    actions_uninit(&list);
}

static enum field_id
l4_field(const struct action *a)
{
    bool src = a->type == ACTION_SET_L4_SRC;
    switch (a->form) {
    case ACTION_FORM_UDP:
        return src ? FIELD_UDP_SRC : FIELD_UDP_DST;
    case ACTION_FORM_SCTP:
        return src ? FIELD_SCTP_SRC : FIELD_SCTP_DST;
    default:
        return src ? FIELD_TCP_SRC : FIELD_TCP_DST;
    }
}

/* A number for which the version has no action of its own: sets the field. */
static void
put_number_as_field(const struct action *a, uint8_t version, struct writer *w)
{
    uint64_t value = ((const struct action_number *) a)->value;
    enum field_id id;
    switch (a->type) {
    case ACTION_SET_VLAN_VID:
        id = FIELD_VLAN_VID;
        value |= VLAN_CFI;
        break;
    case ACTION_SET_VLAN_PCP:
        id = FIELD_VLAN_PCP;
        break;
    case ACTION_SET_IP_DSCP:
        id = FIELD_IP_DSCP_SHIFTED;
        value >>= 2;
        break;
    case ACTION_SET_IP_ECN:
        id = FIELD_IP_ECN;
        break;
    case ACTION_SET_IP_TTL:
        id = FIELD_IP_TTL;
        break;
    case ACTION_SET_L4_SRC:
    case ACTION_SET_L4_DST:
        id = l4_field(a);
        break;
    case ACTION_SET_MPLS_LABEL:
        id = FIELD_MPLS_LABEL;
        break;
    case ACTION_SET_MPLS_TC:
        id = FIELD_MPLS_TC;
        break;
    default:
        /* A meter before 1.5 is an instruction, or nothing. */
        return;
    }
    put_value(field_from_id(id), value, version, w);
}

static void
put_address(const struct action *a, uint8_t version, struct writer *w)
{
    bool eth = a->type == ACTION_SET_ETH_SRC || a->type == ACTION_SET_ETH_DST;
    bool src = a->type == ACTION_SET_ETH_SRC || a->type == ACTION_SET_IPV4_SRC;
    if (version >= OF12_VERSION) {
        static const enum field_id ids[2][2] = {
            { FIELD_IPV4_DST, FIELD_IPV4_SRC },
            { FIELD_ETH_DST, FIELD_ETH_SRC },
        };

        uint64_t value =
            eth ? eth_addr_to_u64(((const struct action_mac *) a)->mac)
                : be32_to_host(((const struct action_ipv4 *) a)->ip);
        put_value(field_from_id(ids[eth][src]), value, version, w);
        return;
    }
    uint16_t type = (eth ? 4 : 6) + !src - (version != OF10_VERSION);
    size_t start = action_begin(w, type);
    if (eth) {
        writer_put(w, &((const struct action_mac *) a)->mac, ETH_ADDR_LEN);
    } else {
        writer_put(w, &((const struct action_ipv4 *) a)->ip, 4);
    }
    action_end(w, start);
}

static void
put_output(uint32_t port, uint16_t max_len, uint8_t version, struct writer *w)
{
    size_t start = action_begin(w, 0);
    if (version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(port));
        writer_u16(w, max_len);
    } else {
        writer_u32(w, port);
        writer_u16(w, max_len);
        writer_zeros(w, 6);
    }
    action_end(w, start);
}

static void
put_enqueue(const struct action_enqueue *a, uint8_t version, struct writer *w)
{
    if (version == OF10_VERSION) {
        size_t start = action_begin(w, 11);
        writer_u16(w, ofp_port_to_of10(a->port));
        writer_zeros(w, 6);
        writer_u32(w, a->queue);
        action_end(w, start);
        return;
    }
    size_t start = action_begin(w, 21);
    writer_u32(w, a->queue);
    action_end(w, start);
    put_output(a->port, 0, version, w);
    action_end(w, action_begin_nx(w, NXAST_POP_QUEUE));
}

/* A property of NXAST_CONTROLLER2. */
static void
put_property(struct writer *w, uint16_t type, const void *data, size_t size)
{
    size_t start = w->size;
    writer_u16(w, type);
    writer_u16(w, 4 + size);
    writer_put(w, data, size);
    writer_pad(w, start, 8);
}

static void
put_controller(const struct action_controller *a, struct writer *w)
{
    enum { REASON_ACTION = 1 };

    if (!a->userdata_len && !a->pause && !a->meter_id
        && a->action.form != ACTION_FORM_LONG) {
        size_t start = action_begin_nx(w, NXAST_CONTROLLER);
        writer_u16(w, a->max_len);
        writer_u16(w, a->controller_id);
        writer_u8(w, a->reason);
        writer_u8(w, 0);
        action_end(w, start);
        return;
    }
    size_t start = action_begin_nx(w, NXAST_CONTROLLER2);
    writer_zeros(w, 6);
    be16 max_len = be16_from_host(a->max_len);
    be16 id = be16_from_host(a->controller_id);
    be32 meter = be32_from_host(a->meter_id);
    if (a->max_len != UINT16_MAX) {
        put_property(w, 0, (be16[]){ max_len, 0 }, 4);
    }
    if (a->controller_id) {
        put_property(w, 1, (be16[]){ id, 0 }, 4);
    }
    if (a->reason != REASON_ACTION) {
        put_property(w, 2, (uint8_t[]){ a->reason, 0, 0, 0 }, 4);
    }
    if (a->userdata_len) {
        put_property(w, 3, a->userdata, a->userdata_len);
    }
    if (a->pause) {
        put_property(w, 4, NULL, 0);
    }
    if (a->meter_id) {
        put_property(w, 5, &meter, 4);
    }
    action_end(w, start);
}

static void
put_resubmit(const struct action_resubmit *a, struct writer *w)
{
    bool plain = a->table_id == 255 && !a->with_ct
                 && a->action.form != ACTION_FORM_LONG;
    size_t start = action_begin_nx(w, plain        ? NXAST_RESUBMIT
                                      : a->with_ct ? NXAST_RESUBMIT_TABLE_CT
                                                   : NXAST_RESUBMIT_TABLE);
    writer_u16(w, ofp_port_to_of10(a->in_port));
    writer_u8(w, plain ? 0 : a->table_id);
    writer_zeros(w, 3);
    action_end(w, start);
}

static void
put_ethertype(const struct action *a, uint8_t version, struct writer *w)
{
    bool nx = version == OF10_VERSION;
    int n = a->type == ACTION_PUSH_MPLS ? 0 : 1;
    size_t start;
    if (a->type == ACTION_PUSH_VLAN) {
        if (nx) {
            return; /* OpenFlow 1.0 has no push; the VLAN set pushes. */
        }
        start = action_begin(w, 17);
    } else {
        start = nx ? action_begin_nx(w, 23 + n) : action_begin(w, 19 + n);
    }
    writer_put(w, &((const struct action_ethertype *) a)->ethertype, 2);
    action_end(w, start);
}

static void
put_dec_ttl(const struct action_dec_ttl *a, uint8_t version, struct writer *w)
{
    if (a->n_controllers) {
        size_t start = action_begin_nx(w, NXAST_DEC_TTL_CNT_IDS);
        writer_u16(w, a->n_controllers);
        writer_zeros(w, 4);
        for (size_t i = 0; i < a->n_controllers; i++) {
            writer_u16(w, a->ids[i]);
        }
        action_end(w, start);
    } else if (version == OF10_VERSION) {
        action_end(w, action_begin_nx(w, NXAST_DEC_TTL));
    } else {
        action_end(w, action_begin(w, 24));
    }
}

static void
put_tunnel(const struct action *a, uint8_t version, struct writer *w)
{
    uint64_t id = ((const struct action_number *) a)->value;
    if (version >= OF12_VERSION) {
        put_value(field_from_id(FIELD_TUN_ID), id, version, w);
    } else if (id > UINT32_MAX || a->form == ACTION_FORM_LONG) {
        size_t start = action_begin_nx(w, NXAST_SET_TUNNEL64);
        writer_zeros(w, 6);
        writer_u64(w, id);
        action_end(w, start);
    } else {
        size_t start = action_begin_nx(w, NXAST_SET_TUNNEL);
        writer_zeros(w, 2);
        writer_u32(w, id);
        action_end(w, start);
    }
}

static void
put_metadata(const struct action_write_metadata *a, struct writer *w)
{
    size_t start = action_begin_nx(w, NXAST_WRITE_METADATA);
    writer_zeros(w, 6);
    writer_put(w, &a->metadata, 8);
    writer_put(w, &a->mask, 8);
    action_end(w, start);
}

/* The ones that look the same in every version, on Nicira's subtypes. */
static void
put_nicira(const struct action *a, uint8_t version, struct writer *w)
{
    const uint8_t *nested;
    size_t nested_size, start;
    switch (a->type) {
    case ACTION_OUTPUT_TRUNC: {
        const struct action_output_trunc *t = (const void *) a;
        start = action_begin_nx(w, NXAST_OUTPUT_TRUNC);
        writer_u16(w, ofp_port_to_of10(t->port));
        writer_u32(w, t->max_len);
        break;
    }
    case ACTION_FIN_TIMEOUT: {
        const struct action_fin_timeout *f = (const void *) a;
        start = action_begin_nx(w, NXAST_FIN_TIMEOUT);
        writer_u16(w, f->idle);
        writer_u16(w, f->hard);
        break;
    }
    case ACTION_CONJUNCTION: {
        const struct action_conjunction *c = (const void *) a;
        start = action_begin_nx(w, NXAST_CONJUNCTION);
        writer_u8(w, c->clause);
        writer_u8(w, c->n_clauses);
        writer_u32(w, c->id);
        break;
    }
    case ACTION_NOTE: {
        const struct action_note *n = (const void *) a;
        start = action_begin_nx(w, NXAST_NOTE);
        writer_put(w, n->bytes, n->len);
        break;
    }
    case ACTION_CLONE:
        start = action_begin_nx(w, NXAST_CLONE);
        writer_zeros(w, 6);
        if (action_nested(a, &nested, &nested_size)) {
            actions_encode_list(nested, nested_size, version, w);
        }
        break;
    case ACTION_POP_QUEUE:
        start = action_begin_nx(w, NXAST_POP_QUEUE);
        break;
    case ACTION_EXIT:
        start = action_begin_nx(w, NXAST_EXIT);
        break;
    case ACTION_CT_CLEAR:
        start = action_begin_nx(w, NXAST_CT_CLEAR);
        break;
    case ACTION_DEC_NSH_TTL:
        start = action_begin_nx(w, NXAST_DEC_NSH_TTL);
        break;
    default:
        return;
    }
    action_end(w, start);
}

static void
put_action(const struct action *a, uint8_t version, struct writer *w)
{
    switch (a->type) {
    case ACTION_OUTPUT: {
        const struct action_output *o = (const void *) a;
        put_output(o->port, o->max_len, version, w);
        break;
    }
    case ACTION_CONTROLLER:
        put_controller((const struct action_controller *) a, w);
        break;
    case ACTION_ENQUEUE:
        put_enqueue((const struct action_enqueue *) a, version, w);
        break;
    case ACTION_SET_VLAN_VID:
    case ACTION_SET_VLAN_PCP:
        if (version >= OF11_VERSION && a->form == ACTION_FORM_PUSH_IF) {
            size_t start = action_begin(w, 17);
            writer_u16(w, 0x8100);
            action_end(w, start);
        }
        FALLTHROUGH;
    case ACTION_GROUP:
    case ACTION_SET_IP_DSCP:
    case ACTION_SET_IP_ECN:
    case ACTION_SET_IP_TTL:
    case ACTION_SET_L4_SRC:
    case ACTION_SET_L4_DST:
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
    case ACTION_SET_QUEUE:
    case ACTION_METER:
        if (!put_number(a, version, w)) {
            put_number_as_field(a, version, w);
        }
        break;
    case ACTION_SET_ETH_SRC:
    case ACTION_SET_ETH_DST:
    case ACTION_SET_IPV4_SRC:
    case ACTION_SET_IPV4_DST:
        put_address(a, version, w);
        break;
    case ACTION_STRIP_VLAN:
        action_end(w, action_begin(w, version == OF10_VERSION ? 3 : 18));
        break;
    case ACTION_DEC_MPLS_TTL:
        action_end(w, version == OF10_VERSION ? action_begin_nx(w, 26)
                                              : action_begin(w, 16));
        break;
    case ACTION_PUSH_VLAN:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS:
        put_ethertype(a, version, w);
        break;
    case ACTION_DEC_TTL:
        put_dec_ttl((const struct action_dec_ttl *) a, version, w);
        break;
    case ACTION_SET_TUNNEL:
        put_tunnel(a, version, w);
        break;
    case ACTION_RESUBMIT:
        put_resubmit((const struct action_resubmit *) a, w);
        break;
    case ACTION_LEARN:
        action_learn_encode((const struct action_learn *) a, w);
        break;
    case ACTION_CT:
        action_ct_encode((const struct action_ct *) a, version, w);
        break;
    case ACTION_NAT:
        action_nat_encode((const struct action_nat *) a, w);
        break;
    case ACTION_SET_FIELD:
        action_put_set_field((const struct action_set_field *) a, version, w);
        break;
    case ACTION_MOVE:
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP:
    case ACTION_OUTPUT_REG:
    case ACTION_CHECK_PKT_LARGER:
    case ACTION_DELETE_FIELD:
        action_put_subfields(a, version, w);
        break;
    default:
        put_nicira(a, version, w);
        break;
    }
}

void
actions_encode_list(const void *data, size_t size, uint8_t version,
                    struct writer *w)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        if (action_instruction(a) == INSTRUCTION_APPLY
            || (a->type == ACTION_METER && version >= OF15_VERSION)) {
            put_action(a, version, w);
        } else if (a->type == ACTION_WRITE_METADATA
                   && version == OF10_VERSION) {
            put_metadata((const struct action_write_metadata *) a, w);
        } else if (a->type == ACTION_GOTO_TABLE && version == OF10_VERSION) {
            struct action_resubmit resubmit = {
                .in_port = OFPP_IN_PORT,
                .table_id = ((const struct action_goto_table *) a)->table_id,
            };
            put_resubmit(&resubmit, w);
        }
    }
}

void
actions_encode(const struct actions *list, uint8_t version, struct writer *w)
{
    actions_encode_list(list->data, list->size, version, w);
}

static void
put_instruction(const struct action *a, uint8_t version, struct writer *w)
{
    size_t start;
    const uint8_t *nested;
    size_t nested_size;
    switch (a->type) {
    case ACTION_METER:
        start = action_begin(w, OFPIT_METER);
        writer_u32(w, ((const struct action_number *) a)->value);
        break;
    case ACTION_CLEAR_ACTIONS:
        start = action_begin(w, OFPIT_CLEAR_ACTIONS);
        writer_zeros(w, 4);
        break;
    case ACTION_WRITE_ACTIONS:
        start = action_begin(w, OFPIT_WRITE_ACTIONS);
        writer_zeros(w, 4);
        if (action_nested(a, &nested, &nested_size)) {
            actions_encode_list(nested, nested_size, version, w);
        }
        break;
    case ACTION_WRITE_METADATA:
        start = action_begin(w, OFPIT_WRITE_METADATA);
        writer_zeros(w, 4);
        writer_put(w, &((const struct action_write_metadata *) a)->metadata,
                   8);
        writer_put(w, &((const struct action_write_metadata *) a)->mask, 8);
        break;
    case ACTION_GOTO_TABLE:
        start = action_begin(w, OFPIT_GOTO_TABLE);
        writer_u8(w, ((const struct action_goto_table *) a)->table_id);
        break;
    default:
        return;
    }
    action_end(w, start);
}

void
instructions_encode(const struct actions *list, uint8_t version,
                    struct writer *w)
{
    if (version == OF10_VERSION) {
        actions_encode(list, version, w);
        return;
    }
    size_t apply = SIZE_MAX;
    const struct action *a;
    ACTIONS_FOR_EACH(a, list)
    {
        bool as_action =
            action_instruction(a) == INSTRUCTION_APPLY
            || (a->type == ACTION_METER && version >= OF15_VERSION);
        if (as_action && apply == SIZE_MAX) {
            apply = action_begin(w, OFPIT_APPLY_ACTIONS);
            writer_zeros(w, 4);
        } else if (!as_action && apply != SIZE_MAX) {
            action_end(w, apply);
            apply = SIZE_MAX;
        }
        if (as_action) {
            put_action(a, version, w);
        } else {
            put_instruction(a, version, w);
        }
    }
    if (apply != SIZE_MAX) {
        action_end(w, apply);
    }
}
