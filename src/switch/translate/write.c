/* Writing header fields and registers: what the set actions have in common.
 *
 * Whatever is written is added to the mask: the datapath's actions come from
 * comparing the flow with what it was, so the bits written must be the same
 * in all packets of the flow. */

#include "net/packet/headers.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

/* All VLAN tags that the packet came with are matched exactly once any tag is
 * touched: tags are taken off and put on as a whole. */
static void
mask_vlans(struct translator *t)
{
    for (int i = 0; i < FLOW_MAX_VLANS && t->start.vlans[i].tpid; i++) {
        t->mask->bits.vlans[i].tpid = BE16_MAX;
        t->mask->bits.vlans[i].tci = BE16_MAX;
    }
}

static bool
is_vlan_field(enum field_id id)
{
    return id == FIELD_VLAN_TCI || id == FIELD_DL_VLAN || id == FIELD_VLAN_VID
           || id == FIELD_DL_VLAN_PCP || id == FIELD_VLAN_PCP;
}

/* Whether the packet has the field now; what that depends on counts as looked
 * at.  Of VLAN tags, those that the packet came with. */
static bool
has_field(struct translator *t, const struct field *f)
{
    return field_prereqs_ok(f, &t->flow,
                            is_vlan_field(f->id) ? NULL : t->mask);
}

/* Adds the bits of 'f' to the mask, for reading or before writing. */
void
translator_look(struct translator *t, const struct field *f,
                const union field_value *bits)
{
    if (is_vlan_field(f->id)) {
        mask_vlans(t);
    } else if (bits) {
        field_mask_set_bits(f, bits, t->mask);
    } else {
        field_mask_set(f, t->mask);
    }
}

void
translator_look_subfield(struct translator *t, const struct subfield *sf)
{
    if (is_vlan_field(sf->field->id)
        && memcmp(t->flow.vlans, t->start.vlans, sizeof t->flow.vlans)) {
        /* Some of it may be what an action made of the tags. */
        mask_vlans(t);
    } else {
        subfield_mask_set(sf, t->mask);
    }
}

static void
note_ip_write(struct translator *t, const struct field *f)
{
    if (f->prereq == FIELD_PREREQ_IPV4 || f->prereq == FIELD_PREREQ_IPV6
        || f->prereq == FIELD_PREREQ_IP_ANY) {
        t->ip_written = true;
    }
}

bool
translator_set_field(struct translator *t, const struct field *f,
                     const union field_value *value,
                     const union field_value *mask)
{
    if (!has_field(t, f)) {
        return false;
    }
    translator_look(t, f, mask);
    note_ip_write(t, f);
    if (mask) {
        field_set_masked(f, value, mask, &t->flow);
    } else {
        field_set(f, value, &t->flow);
    }
    return true;
}

void
translator_set_subfield(struct translator *t, const struct subfield *sf,
                        const union field_value *value)
{
    if (!has_field(t, sf->field)) {
        return;
    }
    if (is_vlan_field(sf->field->id)) {
        mask_vlans(t);
    } else {
        subfield_mask_set(sf, t->mask);
    }
    note_ip_write(t, sf->field);
    subfield_set(sf, value, &t->flow);
}

/* "-> FIELD[..] is now VALUE" */
void
translator_report_subfield(struct translator *t, const struct subfield *sf)
{
    if (!t->trace) {
        return;
    }
    struct str s = STR_INITIALIZER;
    union field_value value;
    subfield_format(sf, &s);
    str_put(&s, " is now ");
    if (!sf->start && sf->n_bits == sf->field->n_bits) {
        field_get(sf->field, &t->flow, &value);
        field_format(sf->field, &value, NULL, NULL, &s);
        translator_report(t, TRACE_DETAIL, "%s", str_text(&s));
        str_uninit(&s);
        return;
    }
    subfield_get(sf, &t->flow, &value);
    size_t i = 0;
    while (i < sizeof value - 1 && !value.bytes[i]) {
        i++;
    }
    str_putf(&s, value.bytes[i] ? "0x%x" : "%x", value.bytes[i]);
    for (i++; i < sizeof value; i++) {
        str_putf(&s, "%02x", value.bytes[i]);
    }
    translator_report(t, TRACE_DETAIL, "%s", str_text(&s));
    str_uninit(&s);
}

void
translator_set_vlan(struct translator *t, uint16_t bits, uint16_t mask,
                    bool push)
{
    struct flow_vlan *tag = &t->flow.vlans[0];
    mask_vlans(t);
    if (!tag->tpid) {
        if (!push) {
            return;
        }
        tag->tpid = BE16_CONST(ETH_TYPE_VLAN_8021Q);
    }
    tag->tci = (tag->tci & ~be16_from_host(mask)) | be16_from_host(bits)
               | BE16_CONST(VLAN_CFI);
}

void
translator_push_vlan(struct translator *t, uint16_t ethertype)
{
    struct flow_vlan *tags = t->flow.vlans;
    mask_vlans(t);
    memmove(&tags[1], &tags[0], (FLOW_MAX_VLANS - 1) * sizeof tags[0]);
    tags[0].tpid = be16_from_host(ethertype);
    tags[0].tci = BE16_CONST(VLAN_CFI);
}

void
translator_pop_vlan(struct translator *t)
{
    struct flow_vlan *tags = t->flow.vlans;
    mask_vlans(t);
    memmove(&tags[0], &tags[1], (FLOW_MAX_VLANS - 1) * sizeof tags[0]);
    memset(&tags[FLOW_MAX_VLANS - 1], 0, sizeof tags[0]);
}

/* OpenFlow 1.3.5 §5.12, decrement TTL: false if the packet's time is over. */
bool
translator_dec_ttl(struct translator *t)
{
    struct flow *flow = &t->flow;
    if (!flow_is_ip(flow)) {
        return true;
    }
    t->mask->bits.nw_ttl = UINT8_MAX;
    t->ip_written = true;
    if (flow->nw_ttl > 1) {
        flow->nw_ttl--;
        return true;
    }
    translator_report(t, TRACE_WARN, "%s decrement TTL exception",
                      flow->dl_type == BE16_CONST(ETH_TYPE_IP) ? "IPv4"
                                                               : "IPv6");
    return false;
}
