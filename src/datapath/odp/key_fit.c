/* Whether a flow's text names the layers that its packets have. */

#include <string.h>

#include "datapath/odp/key.h"
#include "datapath/odp/key_table.h"
#include "net/packet/headers.h"

/* Attributes of layers.  A mask may only look into a layer if it tells that
 * the layer is there. */
static const struct layer {
    enum odp_key_attr attr;
    bool optional; /* Need not be named. */
    bool in_ip;    /* Depends on the protocol, too. */
    bool in_icmp;  /* And on the type and code. */
} layers[] = {
    { ODP_KEY_IPV4 },
    { ODP_KEY_IPV6 },
    { ODP_KEY_ARP },
    { ODP_KEY_MPLS },
    { ODP_KEY_NSH },
    { ODP_KEY_TCP, .in_ip = true },
    { ODP_KEY_TCP_FLAGS, .optional = true, .in_ip = true },
    { ODP_KEY_UDP, .in_ip = true },
    { ODP_KEY_SCTP, .in_ip = true },
    { ODP_KEY_ICMP, .in_ip = true },
    { ODP_KEY_ICMPV6, .in_ip = true },
    { ODP_KEY_ND, .in_ip = true, .in_icmp = true },
};

static bool
looks_into(const struct odp_key_type *t, const struct flow *mask)
{
    static const uint8_t zeros[ODP_KEY_MAX_SIZE];
    uint8_t bits[ODP_KEY_MAX_SIZE] = { 0 };
    odp_key_pack(t, mask, true, bits);
    return memcmp(bits, zeros, t->size);
}

static bool
layer_fits(const struct layer *l, const struct flow *key,
           const struct flow *mask, bool is_named)
{
    const struct odp_key_type *t = odp_key_type_find(l->attr);
    bool is_there = t->has(key);
    if (is_named != is_there && (is_named || !l->optional)) {
        return false;
    }
    return !is_named || !looks_into(t, mask)
           || (mask->dl_type == BE16_MAX
               && (!l->in_ip || mask->nw_proto == UINT8_MAX)
               && (!l->in_icmp
                   || ((be16_to_host(mask->tp_src) & 0xff) == 0xff
                       && (be16_to_host(mask->tp_dst) & 0xff) == 0xff)));
}

bool
odp_flow_fits(const struct flow *key, const struct flow_mask *mask,
              uint64_t named)
{
    bool has_tag = named & UINT64_C(1) << ODP_KEY_VLAN;
    if (key->in_port == UINT32_MAX
        || !(named & UINT64_C(1) << ODP_KEY_ETHERTYPE)
        || be16_to_host(key->dl_type) < ETH_TYPE_MIN
        || (has_tag && !(named & UINT64_C(1) << ODP_KEY_ENCAP))
        || (!has_tag && eth_type_is_vlan(key->dl_type))) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
        if (!layer_fits(&layers[i], key, &mask->bits,
                        named & UINT64_C(1) << layers[i].attr)) {
            return false;
        }
    }
    return true;
}
