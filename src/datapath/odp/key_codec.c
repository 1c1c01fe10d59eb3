/* Keys and masks as attributes. */

#include <string.h>

#include "datapath/odp/attr.h"
#include "datapath/odp/key.h"
#include "datapath/odp/key_table.h"
#include "net/packet/headers.h"

static void
put_key(struct writer *w, enum odp_key_attr attr, const struct flow *flow,
        bool is_mask, size_t size)
{
    const struct odp_key_type *t = odp_key_type_find(attr);
    uint8_t payload[ODP_KEY_MAX_SIZE];

    odp_key_pack(t, flow, is_mask, payload);
    odp_put_attr(w, attr, payload, size ? size : t->size);
}

static size_t
n_mpls(const struct flow *key)
{
    size_t n = 1;
    while (n < FLOW_MAX_MPLS
           && !(key->mpls_lse[n - 1] & BE32_CONST(MPLS_BOS_MASK))
           && key->mpls_lse[n]) {
        n++;
    }
    return n;
}

static void
put_nsh(struct writer *w, const struct flow *key, const struct flow *from)
{
    size_t nested = odp_begin_nested(w, ODP_KEY_NSH);
    odp_put_attr(w, ODP_NSH_BASE, &from->nsh, NSH_BASE_LEN);
    if (key->nsh.mdtype == NSH_MD_TYPE1) {
        odp_put_attr(w, ODP_NSH_MD1, from->nsh.context,
                     sizeof from->nsh.context);
    }
    odp_end_nested(w, nested);
}

/* From the Ethertype on, inside encapsulations. */
static void
encode_rest(const struct flow *key, const struct flow *from, bool is_mask,
            struct writer *w)
{
    size_t encaps[FLOW_MAX_VLANS];
    size_t n_encaps = 0;

    while (n_encaps < FLOW_MAX_VLANS && key->vlans[n_encaps].tpid) {
        const struct flow_vlan *v = &from->vlans[n_encaps];
        odp_put_attr(w, ODP_KEY_ETHERTYPE, &v->tpid, 2);
        odp_put_attr(w, ODP_KEY_VLAN, &v->tci, 2);
        encaps[n_encaps++] = odp_begin_nested(w, ODP_KEY_ENCAP);
        if (!key->vlans[n_encaps - 1].tci) {
            goto done;
        }
    }
    if (key->dl_type == BE16_CONST(FLOW_DL_TYPE_NONE)) {
        /* 802.2: the key has no Ethertype, the mask all of it. */
        if (is_mask) {
            odp_put_attr(w, ODP_KEY_ETHERTYPE, &from->dl_type, 2);
        }
        goto done;
    }
    put_key(w, ODP_KEY_ETHERTYPE, from, is_mask, 0);
    for (size_t i = 0; i < odp_n_key_types; i++) {
        const struct odp_key_type *t = &odp_key_types[i];
        if (!t->has || t->attr == ODP_KEY_ETHERNET || t->attr == ODP_KEY_TUNNEL
            || t->attr == ODP_KEY_CT_TUPLE4 || t->attr == ODP_KEY_CT_TUPLE6
            || !t->has(key)) {
            continue;
        }
        if (t->attr == ODP_KEY_MPLS) {
            put_key(w, t->attr, from, is_mask, 4 * n_mpls(key));
        } else if (t->attr == ODP_KEY_NSH) {
            put_nsh(w, key, from);
        } else {
            put_key(w, t->attr, from, is_mask, 0);
        }
    }
done:
    while (n_encaps) {
        odp_end_nested(w, encaps[--n_encaps]);
    }
}

void
odp_key_encode(const struct flow *key, const struct flow_mask *mask,
               struct writer *w)
{
    static const enum odp_key_attr first[] = {
        ODP_KEY_PRIORITY, ODP_KEY_SKB_MARK, ODP_KEY_CT_STATE,
        ODP_KEY_CT_ZONE,  ODP_KEY_CT_MARK,  ODP_KEY_CT_LABEL,
    };
    const struct flow *from = mask ? &mask->bits : key;
    bool is_mask = mask != NULL;

    if (flow_has_tunnel(key)) {
        odp_tunnel_encode(&key->tunnel, mask ? &mask->bits.tunnel : NULL, w);
    }
    for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
        put_key(w, first[i], from, is_mask, 0);
    }
    if (odp_key_type_find(ODP_KEY_CT_TUPLE4)->has(key)) {
        put_key(w, ODP_KEY_CT_TUPLE4, from, is_mask, 13);
    } else if (odp_key_type_find(ODP_KEY_CT_TUPLE6)->has(key)) {
        put_key(w, ODP_KEY_CT_TUPLE6, from, is_mask, 37);
    }
    put_key(w, ODP_KEY_RECIRC_ID, from, is_mask, 0);
    put_key(w, ODP_KEY_DP_HASH, from, is_mask, 0);
    if (key->in_port != UINT32_MAX || is_mask) {
        put_key(w, ODP_KEY_IN_PORT, from, is_mask, 0);
    }
    put_key(w, ODP_KEY_PACKET_TYPE, from, is_mask, 0);
    if (key->packet_type == PACKET_TYPE_ETHERNET) {
        put_key(w, ODP_KEY_ETHERNET, from, is_mask, 0);
    }
    encode_rest(key, from, is_mask, w);
}

static struct error *
decode_nsh(const struct odp_attr *nsh, struct flow *flow)
{
    const struct odp_attr *a;
    ODP_FOR_EACH(a, odp_attr_data(nsh), odp_attr_size(nsh))
    {
        size_t size = odp_attr_size(a);
        if (a->type == ODP_NSH_BASE && size == NSH_BASE_LEN) {
            memcpy(&flow->nsh, odp_attr_data(a), size);
        } else if (a->type == ODP_NSH_MD1
                   && size == sizeof flow->nsh.context) {
            memcpy(flow->nsh.context, odp_attr_data(a), size);
        } else if (a->type != ODP_NSH_MD2) {
            return error_create("nsh: attribute %u of %zu bytes", a->type,
                                size);
        }
    }
    return NULL;
}

static struct error *
decode_attr(const struct odp_attr *a, bool is_mask, struct flow *flow)
{
    size_t size = odp_attr_size(a);
    uint8_t payload[ODP_KEY_MAX_SIZE] = { 0 };
    const struct odp_key_type *t = odp_key_type_find(a->type);

    if (!t) {
        return error_create("key attribute %u is not known", a->type);
    }
    if (a->type == ODP_KEY_TUNNEL) {
        return odp_tunnel_decode(odp_attr_data(a), size, is_mask,
                                 &flow->tunnel);
    } else if (a->type == ODP_KEY_NSH) {
        return decode_nsh(a, flow);
    }
    bool tuple = a->type == ODP_KEY_CT_TUPLE4 || a->type == ODP_KEY_CT_TUPLE6;
    bool ok = a->type == ODP_KEY_MPLS
                  ? size && size % 4 == 0 && size <= t->size
              : tuple ? size <= t->size && size >= t->size - 3u
                      : size == t->size;
    if (!ok) {
        return error_create("key attribute %s has %zu bytes", t->name, size);
    }
    memcpy(payload, odp_attr_data(a), size);
    odp_key_unpack(t, payload, is_mask, flow);
    return NULL;
}

static struct error *
decode_level(const uint8_t *data, size_t size, bool is_mask, unsigned depth,
             struct flow *flow)
{
    const struct odp_attr *encap = NULL;
    const struct odp_attr *vlan = NULL;
    const struct odp_attr *type = NULL;
    struct odp_walk walk = { data, size };
    const struct odp_attr *a;

    while ((a = odp_attr_next(&walk.data, &walk.size))) {
        struct error *error = NULL;
        if (a->type == ODP_KEY_ENCAP) {
            encap = a;
        } else if (a->type == ODP_KEY_VLAN) {
            vlan = a;
        } else if (a->type == ODP_KEY_ETHERTYPE) {
            type = a;
        } else {
            error = decode_attr(a, is_mask, flow);
        }
        if (error) {
            return error;
        }
    }
    if (walk.size) {
        return error_create("%zu bytes are no attribute", walk.size);
    }
    if ((type && odp_attr_size(type) != 2)
        || (vlan && odp_attr_size(vlan) != 2)) {
        return error_create("Ethertype or VLAN of a wrong size");
    }
    if (!vlan) {
        if (encap) {
            return error_create("encap without vlan");
        }
        flow->dl_type = type      ? odp_attr_u16(type)
                        : is_mask ? 0
                                  : BE16_CONST(FLOW_DL_TYPE_NONE);
        return NULL;
    }
    if (depth >= FLOW_MAX_VLANS) {
        return error_create("more than %d VLAN headers", FLOW_MAX_VLANS);
    }
    flow->vlans[depth].tci = odp_attr_u16(vlan);
    flow->vlans[depth].tpid = type ? odp_attr_u16(type) : 0;
    return encap ? decode_level(odp_attr_data(encap), odp_attr_size(encap),
                                is_mask, depth + 1, flow)
                 : NULL;
}

struct error *
odp_key_decode(const uint8_t *data, size_t size, struct flow *flow)
{
    memset(flow, 0, sizeof *flow);
    flow->in_port = UINT32_MAX;
    return decode_level(data, size, false, 0, flow);
}

struct error *
odp_mask_decode(const uint8_t *data, size_t size, const struct flow *key,
                struct flow_mask *mask)
{
    memset(mask, 0, sizeof *mask);
    struct error *error = decode_level(data, size, true, 0, &mask->bits);
    if (!error && flow_is_ip(key) && mask->bits.nw_frag) {
        mask->bits.nw_frag = FLOW_NW_FRAG_MASK;
    }
    return error;
}
