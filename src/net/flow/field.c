/* The field table, and access to flows, masks and matches by field.
 *
 * Most fields are bits of one integer of the flow, or a run of bytes, which
 * the table describes; the rest has a case of its own in special_get() and
 * special_set(). */

#include "net/flow/field.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "net/flow/field_table.inc"
#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "net/flow/tun_layout.h"
#include "net/packet/headers.h"

/* Names to rows, built once. */
static struct strmap by_name = STRMAP_INITIALIZER(&by_name);

static void CONSTRUCTOR
field_init(void)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const struct field *f = &field_table[i];
        strmap_add(&by_name, f->name, f);
        if (f->alt_name) {
            strmap_add(&by_name, f->alt_name, f);
        }
        for (size_t j = 0; j < f->n_oxms; j++) {
            strmap_add(&by_name, f->oxms[j].name, f);
        }
    }
}

static void __attribute__((destructor)) field_uninit(void)
{
    strmap_uninit(&by_name);
}

const struct field *
field_from_name(const char *name)
{
    return strmap_get(&by_name, name);
}

/* Integers in value bytes: big-endian, right-aligned in 'n' bytes. */
static uint64_t
value_get_u64(const union field_value *v, unsigned n)
{
    uint64_t x = 0;
    for (unsigned i = n > 8 ? n - 8 : 0; i < n; i++) {
        x = x << 8 | v->bytes[i];
    }
    return x;
}

static void
value_set_u64(union field_value *v, unsigned n, uint64_t x)
{
    for (unsigned i = n; i-- > 0; x >>= 8) {
        v->bytes[i] = x;
    }
}

static uint64_t
ones(unsigned n)
{
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* The integer of 'size' bytes at 'p'. */
static uint64_t
load(const void *p, unsigned size, bool host_order)
{
    switch (size) {
    case 1:
        return *(const uint8_t *) p;
    case 2: {
        uint16_t x = *(const uint16_t *) p;
        return host_order ? x : be16_to_host(x);
    }
    case 4: {
        uint32_t x = *(const uint32_t *) p;
        return host_order ? x : be32_to_host(x);
    }
    case 8: {
        uint64_t x = *(const uint64_t *) p;
        return host_order ? x : be64_to_host(x);
    }
    default:
        NOT_REACHED();
    }
}

static void
store(void *p, unsigned size, bool host_order, uint64_t x)
{
    switch (size) {
    case 1:
        *(uint8_t *) p = x;
        break;
    case 2:
        *(uint16_t *) p = host_order ? x : be16_from_host(x);
        break;
    case 4:
        *(uint32_t *) p = host_order ? x : be32_from_host(x);
        break;
    case 8:
        *(uint64_t *) p = host_order ? x : be64_from_host(x);
        break;
    default:
        NOT_REACHED();
    }
}

static bool
is_bytes(const struct field *f)
{
    return f->flow_size == 6 || f->flow_size == 16;
}

static bool
is_tun_metadata(const struct field *f)
{
    return f->variable_len;
}

static void
tun_metadata_get(const struct field *f, const struct tun_layout *layout,
                 const struct flow *flow, union field_value *v)
{
    memset(v, 0, f->n_bytes);
    const uint8_t *bytes = tun_layout_bytes(
        layout, (struct flow_tunnel *) &flow->tunnel, f->index);
    if (bytes) {
        unsigned len = layout->len[f->index];
        memcpy(v->bytes + f->n_bytes - len, bytes, len);
    }
}

static void
tun_metadata_set(const struct field *f, const struct tun_layout *layout,
                 const union field_value *v, struct flow *flow)
{
    uint8_t *bytes = tun_layout_bytes(layout, &flow->tunnel, f->index);
    if (bytes) {
        unsigned len = layout->len[f->index];
        memcpy(bytes, v->bytes + f->n_bytes - len, len);
        flow->tunnel.metadata_present |= UINT64_C(1) << f->index;
    }
}

static unsigned
tci_get(const struct flow *flow)
{
    return be16_to_host(flow->vlans[0].tci);
}

static void
special_get(const struct field *f, const struct flow *flow,
            union field_value *v)
{
    uint64_t x;
    switch (f->id) {
    case FIELD_IN_PORT:
        x = ofp_port_to_of10(flow->in_port);
        break;
    case FIELD_IP_DSCP:
        x = flow->nw_tos & IP_DSCP_MASK;
        break;
    case FIELD_DL_VLAN:
        x = tci_get(flow) & VLAN_VID_MASK;
        break;
    case FIELD_VLAN_VID:
        x = tci_get(flow) & (VLAN_VID_MASK | VLAN_CFI);
        break;
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP:
        x = tci_get(flow) >> VLAN_PCP_SHIFT;
        break;
    case FIELD_CT_LABEL:
        put_be64(v->bytes, flow->ct_label.hi);
        put_be64(v->bytes + 8, flow->ct_label.lo);
        return;
    default:
        if (is_tun_metadata(f)) {
            tun_metadata_get(f, tun_layout_in_force(), flow, v);
        } else {
            /* xreg and xxreg: 'n' registers. */
            unsigned n = f->n_bytes / 4;
            for (unsigned i = 0; i < n; i++) {
                put_be32(v->bytes + 4 * i, flow->regs[f->index * n + i]);
            }
        }
        return;
    }
    value_set_u64(v, f->n_bytes, x);
}

static void
tci_set(struct flow *flow, unsigned mask, unsigned bits)
{
    unsigned tci = (tci_get(flow) & ~mask) | (bits & mask) | VLAN_CFI;
    flow->vlans[0].tci = be16_from_host(tci);
    if (!flow->vlans[0].tpid) {
        flow->vlans[0].tpid = BE16_CONST(ETH_TYPE_VLAN_8021Q);
    }
}

static void
special_set(const struct field *f, const union field_value *v,
            struct flow *flow)
{
    uint64_t x = value_get_u64(v, f->n_bytes);
    switch (f->id) {
    case FIELD_IN_PORT:
        flow->in_port = ofp_port_from_of10(x);
        break;
    case FIELD_IP_DSCP:
        flow->nw_tos = (flow->nw_tos & ~IP_DSCP_MASK) | (x & IP_DSCP_MASK);
        break;
    case FIELD_DL_VLAN:
        if (x == UINT16_MAX) {
            flow->vlans[0].tci = 0;
            flow->vlans[0].tpid = 0;
        } else {
            tci_set(flow, VLAN_VID_MASK, x);
        }
        break;
    case FIELD_VLAN_VID:
        tci_set(flow, VLAN_VID_MASK | VLAN_CFI, x);
        break;
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP:
        tci_set(flow, VLAN_PCP_MASK, x << VLAN_PCP_SHIFT);
        break;
    case FIELD_CT_LABEL:
        flow->ct_label.hi = get_be64(v->bytes);
        flow->ct_label.lo = get_be64(v->bytes + 8);
        break;
    default:
        if (is_tun_metadata(f)) {
            tun_metadata_set(f, tun_layout_in_force(), v, flow);
        } else {
            unsigned n = f->n_bytes / 4;
            for (unsigned i = 0; i < n; i++) {
                flow->regs[f->index * n + i] = get_be32(v->bytes + 4 * i);
            }
        }
        break;
    }
}

void
field_get(const struct field *f, const struct flow *flow, union field_value *v)
{
    if (!f->mapped) {
        special_get(f, flow, v);
        return;
    }
    const uint8_t *p = (const uint8_t *) flow + f->flow_offset;
    if (is_bytes(f)) {
        memcpy(v, p, f->n_bytes);
    } else {
        uint64_t x = load(p, f->flow_size, f->host_order) >> f->flow_shift;
        value_set_u64(v, f->n_bytes, x & ones(f->n_bits));
    }
}

void
field_set(const struct field *f, const union field_value *v, struct flow *flow)
{
    if (!f->mapped) {
        special_set(f, v, flow);
        return;
    }
    uint8_t *p = (uint8_t *) flow + f->flow_offset;
    if (is_bytes(f)) {
        memcpy(p, v, f->n_bytes);
        return;
    }
    uint64_t keep = ~(ones(f->n_bits) << f->flow_shift);
    uint64_t x = value_get_u64(v, f->n_bytes) << f->flow_shift;
    if (f->whole) {
        keep = 0;
    }
    store(p, f->flow_size, f->host_order,
          (load(p, f->flow_size, f->host_order) & keep) | (x & ~keep));
}

void
field_set_masked(const struct field *f, const union field_value *value,
                 const union field_value *mask, struct flow *flow)
{
    union field_value v;
    field_get(f, flow, &v);
    for (unsigned i = 0; i < f->n_bytes; i++) {
        v.bytes[i] = (v.bytes[i] & ~mask->bytes[i])
                     | (value->bytes[i] & mask->bytes[i]);
    }
    field_set(f, &v, flow);
}

void
field_mask_set(const struct field *f, struct flow_mask *m)
{
    union field_value all;
    memset(&all, 0xff, sizeof all);
    field_mask_set_bits(f, &all, m);
}

/* The bits of the field in 'm' become 'mask' and what was there. */
void
field_mask_set_bits(const struct field *f, const union field_value *mask,
                    struct flow_mask *m)
{
    switch (f->id) {
    case FIELD_IN_PORT:
        memset(&m->bits.in_port, 0xff, sizeof m->bits.in_port);
        return;
    case FIELD_DL_VLAN:
    case FIELD_VLAN_VID:
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP: {
        unsigned shift = f->n_bits == 3 ? VLAN_PCP_SHIFT : 0;
        unsigned limit = f->n_bits == 3 ? VLAN_PCP_MASK : VLAN_VID_MASK;
        unsigned bits = value_get_u64(mask, f->n_bytes) << shift;
        limit |= VLAN_CFI;
        m->bits.vlans[0].tci |= be16_from_host((bits & limit) | VLAN_CFI);
        return;
    }
    default:
        break;
    }
    if (f->whole && field_is_all_ones(mask, f->n_bytes)) {
        memset((uint8_t *) &m->bits + f->flow_offset, 0xff, f->flow_size);
        return;
    }
    union field_value v;
    field_get(f, &m->bits, &v);
    for (unsigned i = 0; i < f->n_bytes; i++) {
        v.bytes[i] |= mask->bytes[i];
    }
    field_set(f, &v, &m->bits);
}

bool
field_is_all_ones(const union field_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v->bytes[i] != 0xff) {
            return false;
        }
    }
    return true;
}

bool
field_is_zero(const union field_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v->bytes[i]) {
            return false;
        }
    }
    return true;
}

bool
field_is_set(const struct field *f, const struct flow *flow)
{
    union field_value v;
    field_get(f, flow, &v);
    return !field_is_zero(&v, f->n_bytes);
}

bool
field_value_is_valid(const struct field *f, const union field_value *v)
{
    uint64_t x = value_get_u64(v, f->n_bytes);
    switch (f->id) {
    case FIELD_IN_PORT_OXM:
    case FIELD_ACTSET_OUTPUT:
        return x < OFPP10_MAX || x >= OFPP_MAX;
    case FIELD_IP_DSCP:
        return !(x & ~IP_DSCP_MASK);
    case FIELD_VLAN_VID:
        return !(x & VLAN_PCP_MASK);
    case FIELD_ARP_OP:
        return x <= UINT8_MAX;
    case FIELD_TUN_FLAGS:
        return !(x & ~FLOW_TNL_PUB_F_MASK);
    case FIELD_CT_STATE:
        return x <= UINT8_MAX;
    default:
        return f->n_bytes > 8 || !(x & ~ones(f->n_bits));
    }
}

static bool
is_eth(const struct flow *flow, struct flow_mask *m)
{
    if (m) {
        m->bits.packet_type = UINT32_MAX;
    }
    return flow->packet_type == PACKET_TYPE_ETHERNET;
}

static be16
look_dl_type(const struct flow *flow, struct flow_mask *m)
{
    if (m) {
        m->bits.dl_type = BE16_MAX;
    }
    return flow->dl_type;
}

static bool
is_proto(const struct flow *flow, uint8_t proto, struct flow_mask *m)
{
    if (m) {
        m->bits.nw_proto = UINT8_MAX;
        m->bits.nw_frag |= FLOW_NW_FRAG_LATER;
    }
    return flow->nw_proto == proto && !(flow->nw_frag & FLOW_NW_FRAG_LATER);
}

static bool
is_nd(const struct flow *flow, struct flow_mask *m, bool solicit, bool advert)
{
    if (look_dl_type(flow, m) != BE16_CONST(ETH_TYPE_IPV6)
        || !is_proto(flow, IP_PROTO_ICMPV6, m)) {
        return false;
    }
    if (m) {
        m->bits.tp_src = m->bits.tp_dst = BE16_MAX;
    }
    return !flow->tp_dst
           && ((solicit && flow->tp_src == BE16_CONST(ICMP6_ND_SOLICIT))
               || (advert && flow->tp_src == BE16_CONST(ICMP6_ND_ADVERT)));
}

bool
field_prereqs_ok(const struct field *f, const struct flow *flow,
                 struct flow_mask *m)
{
    bool typed = f->prereq >= FIELD_PREREQ_ARP
                 && f->prereq != FIELD_PREREQ_VLAN
                 && f->prereq != FIELD_PREREQ_CT_VALID;
    be16 type = typed ? look_dl_type(flow, m) : 0;
    bool ip =
        type == BE16_CONST(ETH_TYPE_IP) || type == BE16_CONST(ETH_TYPE_IPV6);
    switch (f->prereq) {
    case FIELD_PREREQ_NONE:
        return true;
    case FIELD_PREREQ_ETHERNET:
        return is_eth(flow, m);
    case FIELD_PREREQ_ARP:
        return type == BE16_CONST(ETH_TYPE_ARP)
               || type == BE16_CONST(ETH_TYPE_RARP);
    case FIELD_PREREQ_VLAN:
        if (m) {
            m->bits.vlans[0].tci |= BE16_CONST(VLAN_CFI);
        }
        return is_eth(flow, m) && (flow->vlans[0].tci & BE16_CONST(VLAN_CFI));
    case FIELD_PREREQ_IPV4:
        return type == BE16_CONST(ETH_TYPE_IP);
    case FIELD_PREREQ_IPV6:
        return type == BE16_CONST(ETH_TYPE_IPV6);
    case FIELD_PREREQ_IP_ANY:
        return ip;
    case FIELD_PREREQ_NSH:
        return type == BE16_CONST(ETH_TYPE_NSH);
    case FIELD_PREREQ_MPLS:
        return eth_type_is_mpls(type);
    case FIELD_PREREQ_CT_VALID:
        if (m) {
            m->bits.ct_state |= CT_STATE_TRK | CT_STATE_INV;
        }
        return (flow->ct_state & (CT_STATE_TRK | CT_STATE_INV))
               == CT_STATE_TRK;
    case FIELD_PREREQ_TCP:
        return ip && is_proto(flow, IP_PROTO_TCP, m);
    case FIELD_PREREQ_UDP:
        return ip && is_proto(flow, IP_PROTO_UDP, m);
    case FIELD_PREREQ_SCTP:
        return ip && is_proto(flow, IP_PROTO_SCTP, m);
    case FIELD_PREREQ_ICMPV4:
        return type == BE16_CONST(ETH_TYPE_IP)
               && is_proto(flow, IP_PROTO_ICMP, m);
    case FIELD_PREREQ_ICMPV6:
        return type == BE16_CONST(ETH_TYPE_IPV6)
               && is_proto(flow, IP_PROTO_ICMPV6, m);
    case FIELD_PREREQ_ND:
        return is_nd(flow, m, true, true);
    case FIELD_PREREQ_ND_SOLICIT:
        return is_nd(flow, m, true, false);
    case FIELD_PREREQ_ND_ADVERT:
        return is_nd(flow, m, false, true);
    }
    NOT_REACHED();
}

bool
field_prereqs_ok_match(const struct field *f, const struct match *match)
{
    if (f->prereq != FIELD_PREREQ_CT_VALID) {
        return field_prereqs_ok(f, &match->flow, NULL);
    }
    /* A tracked packet that is surely not invalid. */
    uint8_t state = match->flow.ct_state;
    uint8_t mask = match->mask.bits.ct_state;
    return (state & CT_STATE_TRK) && !(state & CT_STATE_INV)
           && ((mask & CT_STATE_INV)
               || (state
                   & (CT_STATE_NEW | CT_STATE_EST | CT_STATE_REL
                      | CT_STATE_RPL)));
}

void
field_get_match(const struct field *f, const struct match *match,
                union field_value *value, union field_value *mask)
{
    if (is_tun_metadata(f)) {
        tun_metadata_get(f, &match->tun_layout, &match->flow, value);
        tun_metadata_get(f, &match->tun_layout, &match->mask.bits, mask);
        return;
    }
    field_get(f, &match->flow, value);
    field_get(f, &match->mask.bits, mask);
    /* The oldest field has 16 bits of 32; all of them are matched. */
    if (f->id == FIELD_IN_PORT) {
        memset(mask, match->mask.bits.in_port ? 0xff : 0, 2);
    } else if (f->id == FIELD_CT_STATE && mask->bytes[3] == 0xff) {
        memset(mask, 0xff, 4);
    } else if (f->n_bits < f->n_bytes * 8
               && f->n_bytes <= 8
               /* Has a bit more: whether there is a tag. */
               && f->id != FIELD_VLAN_VID
               && value_get_u64(mask, f->n_bytes) == ones(f->n_bits)) {
        memset(mask, 0xff, f->n_bytes);
    }
}

/* Bytes from the first that is not zero on, at least one. */
static unsigned
significant_len(const union field_value *v, unsigned n)
{
    unsigned skip = 0;
    while (skip + 1 < n && !v->bytes[skip]) {
        skip++;
    }
    return n - skip;
}

static struct error *
tun_metadata_set_match(const struct field *f, const union field_value *value,
                       const union field_value *mask, struct match *match)
{
    const struct tun_layout *in_force = tun_layout_in_force();
    if (in_force) {
        match->tun_layout = *in_force;
        if (!in_force->len[f->index]) {
            return error_create("%s: no TLV is mapped to this field", f->name);
        }
    } else {
        bool exact = field_is_all_ones(mask, f->n_bytes);
        unsigned len = significant_len(exact ? value : mask, f->n_bytes);
        match->tun_layout.len[f->index] = 0;
        if (!tun_layout_add(&match->tun_layout, f->index, len)) {
            return error_create("%s: no room for this much tunnel metadata",
                                f->name);
        }
    }
    union field_value masked = *value;
    for (unsigned i = 0; i < f->n_bytes; i++) {
        masked.bytes[i] &= mask->bytes[i];
    }
    tun_metadata_set(f, &match->tun_layout, &masked, &match->flow);
    tun_metadata_set(f, &match->tun_layout, mask, &match->mask.bits);
    return NULL;
}

static void
match_set_tci(struct match *match, unsigned tci, unsigned mask)
{
    struct flow_vlan *vlan = &match->flow.vlans[0];
    be16 bits = be16_from_host(mask);
    vlan->tci = (vlan->tci & ~bits) | (be16_from_host(tci) & bits);
    match->mask.bits.vlans[0].tci |= bits;
}

/* Fields that share bits with others, or whose numbers are checked. */
static bool
set_match_special(const struct field *f, uint64_t x, uint64_t mask,
                  struct match *match)
{
    switch (f->id) {
    case FIELD_DL_VLAN:
        if (x == UINT16_MAX) {
            match->flow.vlans[0].tci = 0;
            match->mask.bits.vlans[0].tci = BE16_MAX;
        } else {
            match_set_tci(match, x | VLAN_CFI, VLAN_VID_MASK | VLAN_CFI);
        }
        return true;
    case FIELD_VLAN_VID:
        mask &= VLAN_VID_MASK | VLAN_CFI;
        match_set_tci(match, x, mask);
        return true;
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP:
        match_set_tci(match, (x << VLAN_PCP_SHIFT) | VLAN_CFI,
                      VLAN_PCP_MASK | VLAN_CFI);
        return true;
    case FIELD_IN_PORT:
        match->flow.in_port = ofp_port_from_of10(x);
        match->mask.bits.in_port = UINT32_MAX;
        return true;
    case FIELD_TUN_FLAGS:
        mask &= FLOW_TNL_PUB_F_MASK;
        match->flow.tunnel.flags =
            (match->flow.tunnel.flags & ~mask) | (x & mask);
        match->mask.bits.tunnel.flags |= mask;
        return true;
    default:
        return false;
    }
}

/* Forgets what the match has of the field. */
static void
clear_match(const struct field *f, struct match *match)
{
    static const union field_value zero;
    switch (f->id) {
    case FIELD_IN_PORT:
        match->flow.in_port = match->mask.bits.in_port = 0;
        break;
    case FIELD_DL_VLAN:
    case FIELD_VLAN_VID:
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP: {
        be16 bits =
            be16_from_host(f->n_bits == 3 ? VLAN_PCP_MASK : VLAN_VID_MASK);
        be16 *mask = &match->mask.bits.vlans[0].tci;
        *mask &= ~bits;
        if (!(*mask & ~BE16_CONST(VLAN_CFI))) {
            *mask = 0;
        }
        match->flow.vlans[0].tci &= *mask;
        break;
    }
    default:
        field_set(f, &zero, &match->flow);
        field_set(f, &zero, &match->mask.bits);
        break;
    }
}

struct error *
field_set_match(const struct field *f, const union field_value *value,
                const union field_value *mask, struct match *match)
{
    union field_value all;
    if (!mask) {
        memset(&all, 0xff, sizeof all);
        mask = &all;
    }
    if (is_tun_metadata(f)) {
        return tun_metadata_set_match(f, value, mask, match);
    }
    if (field_is_zero(mask, f->n_bytes)) {
        clear_match(f, match);
        return NULL;
    }
    uint64_t x = value_get_u64(value, f->n_bytes);
    uint64_t bits = value_get_u64(mask, f->n_bytes);
    if ((f->id == FIELD_IN_PORT || f->id == FIELD_IN_PORT_OXM
         || f->id == FIELD_ACTSET_OUTPUT)
        && !field_value_is_valid(f, value)) {
        return error_create("%" PRIu64 ": invalid or unknown port for %s", x,
                            f->name);
    }
    if (set_match_special(f, x, bits, match)) {
        return NULL;
    }
    union field_value masked;
    for (unsigned i = 0; i < f->n_bytes; i++) {
        masked.bytes[i] = value->bytes[i] & mask->bytes[i];
    }
    field_set(f, &masked, &match->flow);
    if (f->whole && field_is_all_ones(mask, f->n_bytes)) {
        field_mask_set(f, &match->mask);
    } else {
        field_set(f, mask, &match->mask.bits);
    }
    return NULL;
}
