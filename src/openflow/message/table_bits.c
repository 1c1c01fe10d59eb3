/* The numbers of actions and fields in table features. */

#include "openflow/message/table_bits.h"

#include "openflow/wire/oxm.h"

enum { CLASS_BASIC = 0x8000 };

/* OpenFlow 1.0 §5.2.4, 1.1 §A.2.5, 1.2 §A.2.5. */
const struct table_action_row table_action_rows[N_TABLE_ACTIONS] = {
    [TABLE_ACTION_OUTPUT] = { "output", 0, 0, 0 },
    [TABLE_ACTION_GROUP] = { "group", -1, 22, 22 },
    [TABLE_ACTION_SET_FIELD] = { "set_field", -1, -1, 25 },
    [TABLE_ACTION_SET_VLAN_VID] = { "set_vlan_vid", 1, 1, -1 },
    [TABLE_ACTION_SET_VLAN_PCP] = { "set_vlan_pcp", 2, 2, -1 },
    [TABLE_ACTION_STRIP_VLAN] = { "strip_vlan", 3, 18, 18 },
    [TABLE_ACTION_PUSH_VLAN] = { "push_vlan", -1, 17, 17 },
    [TABLE_ACTION_MOD_DL_SRC] = { "mod_dl_src", 4, 3, -1 },
    [TABLE_ACTION_MOD_DL_DST] = { "mod_dl_dst", 5, 4, -1 },
    [TABLE_ACTION_MOD_NW_SRC] = { "mod_nw_src", 6, 5, -1 },
    [TABLE_ACTION_MOD_NW_DST] = { "mod_nw_dst", 7, 6, -1 },
    [TABLE_ACTION_MOD_NW_TOS] = { "mod_nw_tos", 8, 7, -1 },
    [TABLE_ACTION_MOD_NW_ECN] = { "mod_nw_ecn", -1, 8, -1 },
    [TABLE_ACTION_MOD_NW_TTL] = { "mod_nw_ttl", -1, 23, 23 },
    [TABLE_ACTION_MOD_TP_SRC] = { "mod_tp_src", 9, 9, -1 },
    [TABLE_ACTION_MOD_TP_DST] = { "mod_tp_dst", 10, 10, -1 },
    [TABLE_ACTION_DEC_TTL] = { "dec_ttl", -1, 24, 24 },
    [TABLE_ACTION_SET_MPLS_LABEL] = { "set_mpls_label", -1, 13, -1 },
    [TABLE_ACTION_SET_MPLS_TC] = { "set_mpls_tc", -1, 14, -1 },
    [TABLE_ACTION_SET_MPLS_TTL] = { "set_mpls_ttl", -1, 15, 15 },
    [TABLE_ACTION_DEC_MPLS_TTL] = { "dec_mpls_ttl", -1, 16, 16 },
    [TABLE_ACTION_PUSH_MPLS] = { "push_mpls", -1, 19, 19 },
    [TABLE_ACTION_POP_MPLS] = { "pop_mpls", -1, 20, 20 },
    [TABLE_ACTION_SET_QUEUE] = { "set_queue", -1, 21, 21 },
};

static int
action_type(size_t i, uint8_t version)
{
    const struct table_action_row *row = &table_action_rows[i];
    return version == OF10_VERSION   ? row->of10
           : version == OF11_VERSION ? row->of11
                                     : row->of12;
}

uint32_t
table_actions_to_wire(uint32_t actions, uint8_t version)
{
    uint32_t types = 0;
    for (size_t i = 0; i < N_TABLE_ACTIONS; i++) {
        int type = action_type(i, version);
        types |= type >= 0 && actions & 1u << i ? 1u << type : 0;
    }
    return types;
}

uint32_t
table_actions_from_wire(uint32_t types, uint8_t version)
{
    uint32_t actions = 0;
    for (size_t i = 0; i < N_TABLE_ACTIONS; i++) {
        int type = action_type(i, version);
        actions |= type >= 0 && types & 1u << type ? 1u << i : 0;
    }
    return actions;
}

/* OpenFlow 1.0 §5.2.3 (wildcard bits) and 1.1 §A.2.3 (OFPFMF_*). */
static const struct {
    enum field_id id;
    uint32_t of10, of11;
} old_fields[] = {
    { FIELD_IN_PORT, 1 << 0, 1 << 0 },
    { FIELD_VLAN_VID, 1 << 1, 1 << 1 },
    { FIELD_VLAN_PCP, 1 << 20, 1 << 2 },
    { FIELD_ETH_SRC, 1 << 2, 1 << 11 },
    { FIELD_ETH_DST, 1 << 3, 1 << 12 },
    { FIELD_ETH_TYPE, 1 << 4, 1 << 3 },
    { FIELD_IP_PROTO, 1 << 5, 1 << 5 },
    { FIELD_IP_DSCP, 1 << 21, 1 << 4 },
    { FIELD_TCP_SRC, 1 << 6, 1 << 6 },
    { FIELD_TCP_DST, 1 << 7, 1 << 7 },
    { FIELD_IPV4_SRC, 0x3f << 8, 1 << 13 },
    { FIELD_IPV4_DST, 0x3f << 14, 1 << 14 },
    { FIELD_MPLS_LABEL, 0, 1 << 8 },
    { FIELD_MPLS_TC, 0, 1 << 9 },
    { FIELD_METADATA, 0, 1 << 15 },
};

uint64_t
table_fields_to_wire(const unsigned long *fields, uint8_t version)
{
    uint64_t bits = 0;
    if (version >= OF12_VERSION) {
        size_t i;
        BITMAP_FOR_EACH_1 (i, N_FIELDS, fields) {
            const struct field_oxm *c =
                oxm_code(field_from_id((enum field_id) i), version);
            bits |= c && c->oxm_class == CLASS_BASIC && c->oxm_field < 64
                        ? UINT64_C(1) << c->oxm_field
                        : 0;
        }
        return bits;
    }
    for (size_t i = 0; i < ARRAY_SIZE(old_fields); i++) {
        if (bitmap_is_set(fields, old_fields[i].id)) {
            bits |= version == OF10_VERSION ? old_fields[i].of10
                                            : old_fields[i].of11;
        }
    }
    return bits;
}

void
table_fields_from_wire(uint64_t bits, uint8_t version, unsigned long *fields)
{
    if (version >= OF12_VERSION) {
        for (size_t i = 0; i < N_FIELDS; i++) {
            const struct field_oxm *c =
                oxm_code(field_from_id((enum field_id) i), version);
            if (c && c->oxm_class == CLASS_BASIC && c->oxm_field < 64
                && c->of_version <= version && bits >> c->oxm_field & 1) {
                bitmap_set1(fields, i);
            }
        }
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(old_fields); i++) {
        uint32_t bit =
            version == OF10_VERSION ? old_fields[i].of10 : old_fields[i].of11;
        if (bits & bit) {
            bitmap_set1(fields, old_fields[i].id);
        }
    }
}
