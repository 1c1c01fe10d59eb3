/* Text of keys and masks. */

#include <string.h>

#include "datapath/odp/key.h"
#include "datapath/odp/key_table.h"
#include "net/flow/flags.h"
#include "net/packet/headers.h"

static bool
all_bytes(const uint8_t *p, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++) {
        if (p[i] != byte) {
            return false;
        }
    }
    return true;
}

/* A member of at most 8 bytes as an integer. */
static uint64_t
load(const struct odp_member *m, const uint8_t *p)
{
    if (m->host && m->size == 4) {
        uint32_t x;
        memcpy(&x, p, 4);
        return x;
    } else if (m->host && m->size == 2) {
        uint16_t x;
        memcpy(&x, p, 2);
        return x;
    }
    uint64_t x = 0;
    for (size_t i = 0; i < m->size; i++) {
        x = x << 8 | p[i];
    }
    return x;
}

static void
put_frag(uint8_t frag, struct str *s)
{
    static const char *const names[] = { "no", "first", "later" };
    str_put(s, frag < ARRAY_SIZE(names) ? names[frag] : "<error>");
}

static void
put_member(const struct odp_member *m, const uint8_t *value,
           const uint8_t *mask, struct str *s)
{
    bool exact = !mask || all_bytes(mask, m->size, 0xff);

    switch (m->text) {
    case ODP_TEXT_MAC:
        str_putf(s, ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(*(const struct eth_addr *) value));
        if (!exact) {
            str_putf(s, "/" ETH_ADDR_FMT,
                     ETH_ADDR_ARGS(*(const struct eth_addr *) mask));
        }
        return;
    case ODP_TEXT_IP4:
    case ODP_TEXT_IP6:
        for (int i = 0; i < (exact ? 1 : 2); i++) {
            const uint8_t *p = i ? mask : value;
            if (i) {
                str_put_char(s, '/');
            }
            if (m->text == ODP_TEXT_IP4) {
                be32 ip;
                memcpy(&ip, p, sizeof ip);
                ip4_format(ip, s);
            } else {
                ip6_format((const struct ip6_addr *) p, s);
            }
        }
        return;
    case ODP_TEXT_FRAG:
        put_frag(*value, s);
        return;
    case ODP_TEXT_DEC:
        str_putf(s, "%llu", (unsigned long long) load(m, value));
        break;
    case ODP_TEXT_HEX:
        str_putf(s, "%#llx", (unsigned long long) load(m, value));
        break;
    }
    if (!exact) {
        str_putf(s, "/%#llx", (unsigned long long) load(m, mask));
    }
}

static bool
put_struct(const struct odp_key_type *t, const uint8_t *value,
           const uint8_t *mask, bool verbose, struct str *s)
{
    size_t start = s->len;
    bool any = false;

    str_putf(s, "%s(", t->name);
    for (size_t i = 0; i < t->n_members; i++) {
        const struct odp_member *m = &t->members[i];
        const uint8_t *bits = mask ? mask + m->offset : NULL;
        if (bits && all_bytes(bits, m->size, 0)
            && (!verbose || m->text == ODP_TEXT_FRAG)) {
            continue;
        }
        str_putf(s, "%s%s=", any ? "," : "", m->name);
        put_member(m, value + m->offset, bits, s);
        any = true;
    }
    if (!any) {
        str_truncate(s, start);
        return false;
    }
    str_put_char(s, ')');
    return true;
}

static void
put_u128(const uint8_t *p, struct str *s)
{
    uint64_t lo, hi;
    memcpy(&lo, p, 8);
    memcpy(&hi, p + 8, 8);
    if (hi) {
        str_putf(s, "%#llx%016llx", (unsigned long long) hi,
                 (unsigned long long) lo);
    } else {
        str_putf(s, "%#llx", (unsigned long long) lo);
    }
}

static void
put_bits(const char *name, unsigned value, unsigned mask, unsigned all,
         struct str *s)
{
    str_putf(s, "%s=%u", name, value);
    if (mask != all) {
        str_putf(s, "/%#x", mask);
    }
}

static void
put_vlan(const uint8_t *value, const uint8_t *mask, bool verbose,
         struct str *s)
{
    uint16_t tci = get_be16(value);
    uint16_t bits = mask ? get_be16(mask) : 0xffff;
    bool any = false;

    if (bits & VLAN_VID_MASK || verbose) {
        put_bits("vid", tci & VLAN_VID_MASK, bits & VLAN_VID_MASK,
                 VLAN_VID_MASK, s);
        any = true;
    }
    if (bits & VLAN_PCP_MASK || verbose) {
        str_put(s, any ? "," : "");
        put_bits("pcp", tci >> VLAN_PCP_SHIFT, bits >> VLAN_PCP_SHIFT, 7, s);
        any = true;
    }
    if (!(tci & VLAN_CFI) && (bits & VLAN_CFI || !any)) {
        str_put(s, any ? ",cfi=0" : "cfi=0");
    }
}

static void
put_mpls(const uint8_t *value, const uint8_t *mask, size_t size, struct str *s)
{
    for (size_t i = 0; i < size; i += 4) {
        uint32_t lse = get_be32(value + i);
        uint32_t m = mask ? get_be32(mask + i) : UINT32_MAX;
        if (i) {
            str_put_char(s, ',');
        }
        put_bits("label", lse >> 12, m >> 12, 0xfffff, s);
        str_put_char(s, ',');
        put_bits("tc", lse >> 9 & 7, m >> 9 & 7, 7, s);
        str_put_char(s, ',');
        put_bits("ttl", lse & 0xff, m & 0xff, 0xff, s);
        str_put_char(s, ',');
        put_bits("bos", lse >> 8 & 1, m >> 8 & 1, 1, s);
        if (lse & MPLS_BOS_MASK) {
            break;
        }
    }
}

static void
put_nsh(const struct flow_nsh *v, const struct flow_nsh *m, bool verbose,
        struct str *s)
{
    static const struct flow_nsh exact = {
        0xff, 0xff,     0xff,
        0xff, BE32_MAX, { BE32_MAX, BE32_MAX, BE32_MAX, BE32_MAX },
    };
    m = m ? m : &exact;

    const struct {
        const char *name;
        bool hex;
        uint32_t value, mask, all;
    } parts[] = {
        { "flags", false, v->flags, m->flags, 0xff },
        { "ttl", false, v->ttl, m->ttl, 0xff },
        { "mdtype", false, v->mdtype, m->mdtype, 0xff },
        { "np", false, v->np, m->np, 0xff },
        { "spi", true, be32_to_host(v->path_hdr) >> 8,
          be32_to_host(m->path_hdr) >> 8, 0xffffff },
        { "si", false, be32_to_host(v->path_hdr) & 0xff,
          be32_to_host(m->path_hdr) & 0xff, 0xff },
        { "c1", true, be32_to_host(v->context[0]), be32_to_host(m->context[0]),
          UINT32_MAX },
        { "c2", true, be32_to_host(v->context[1]), be32_to_host(m->context[1]),
          UINT32_MAX },
        { "c3", true, be32_to_host(v->context[2]), be32_to_host(m->context[2]),
          UINT32_MAX },
        { "c4", true, be32_to_host(v->context[3]), be32_to_host(m->context[3]),
          UINT32_MAX },
    };

    size_t n = v->mdtype == NSH_MD_TYPE1 ? 10 : 6;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].mask && !verbose) {
            continue;
        }
        str_putf(s, parts[i].hex ? "%s%s=%#x" : "%s%s=%u", any ? "," : "",
                 parts[i].name, parts[i].value);
        if (parts[i].mask != parts[i].all) {
            str_putf(s, "/%#x", parts[i].mask);
        }
        any = true;
    }
}

static void
put_port(const uint8_t *value, const uint8_t *mask,
         const struct odp_names *names, struct str *s)
{
    uint32_t port, bits = UINT32_MAX;
    memcpy(&port, value, sizeof port);
    if (mask) {
        memcpy(&bits, mask, sizeof bits);
    }
    const char *name = names ? names->name_of(names, port) : NULL;
    if (bits == UINT32_MAX && name) {
        str_put(s, name);
    } else {
        str_putf(s, "%u", port);
        if (bits != UINT32_MAX) {
            str_putf(s, "/%#x", bits);
        }
    }
}

static void
put_ct_state(const uint8_t *value, const uint8_t *mask, bool verbose,
             struct str *s)
{
    uint32_t v, m = UINT32_MAX;
    memcpy(&v, value, sizeof v);
    if (mask) {
        memcpy(&m, mask, sizeof m);
    }
    if (verbose) {
        str_putf(s, "%#x", v);
        if (m != UINT32_MAX) {
            str_putf(s, "/%#x", m);
        }
    } else if (mask && m != UINT32_MAX) {
        flags_format_masked(&flag_names_ct_state, v, m, s);
    } else if (mask) {
        flags_format_masked(&flag_names_ct_state, v, 0xff, s);
    } else {
        flags_format(&flag_names_ct_state, v, s);
    }
}

static void
put_tcp_flags(const uint8_t *value, const uint8_t *mask, struct str *s)
{
    uint32_t m = mask ? get_be16(mask) : 0xffff;
    if ((m & 0xfff) != 0xfff) {
        flags_format_masked(&flag_names_tcp, get_be16(value), m & 0xfff, s);
    } else {
        flags_format(&flag_names_tcp, get_be16(value), s);
    }
}

bool
odp_key_format(const struct odp_key_type *t, const void *value,
               const void *mask, size_t size,
               const struct odp_key_style *style, struct str *s)
{
    const struct odp_names *names = style ? style->names : NULL;
    bool verbose = style && style->verbose;
    if (t->shape == ODP_SHAPE_STRUCT) {
        return put_struct(t, value, mask, verbose, s);
    } else if (t->shape == ODP_SHAPE_TUNNEL) {
        str_put(s, "tunnel(");
        odp_tunnel_format(value, mask, verbose, s);
        str_put_char(s, ')');
        return true;
    } else if (mask && !verbose && all_bytes(mask, size, 0)) {
        return false;
    }
    str_putf(s, "%s(", t->name);
    switch (t->shape) {
    case ODP_SHAPE_STRUCT:
    case ODP_SHAPE_TUNNEL:
    case ODP_SHAPE_SCALAR:
        put_member(t->members, value, mask, s);
        break;
    case ODP_SHAPE_PORT:
        put_port(value, mask, names, s);
        break;
    case ODP_SHAPE_CT_STATE:
        put_ct_state(value, mask, verbose, s);
        break;
    case ODP_SHAPE_TCP_FLAGS:
        put_tcp_flags(value, mask, s);
        break;
    case ODP_SHAPE_U128:
        put_u128(value, s);
        if (mask && !all_bytes(mask, size, 0xff)) {
            str_put_char(s, '/');
            if (all_bytes(mask, size, 0)) {
                str_put_char(s, '0');
            } else {
                put_u128(mask, s);
            }
        }
        break;
    case ODP_SHAPE_PACKET_TYPE: {
        uint32_t v = get_be32(value);
        uint32_t m = mask ? get_be32(mask) : UINT32_MAX;
        put_bits("ns", v >> 16, m >> 16, 0xffff, s);
        str_putf(s, ",id=%#x", v & 0xffff);
        if ((m & 0xffff) != 0xffff) {
            str_putf(s, "/%#x", m & 0xffff);
        }
        break;
    }
    case ODP_SHAPE_ETHERTYPE:
        str_putf(s, "0x%04x", get_be16(value));
        if (mask && !all_bytes(mask, 2, 0xff)) {
            str_putf(s, "/0x%04x", get_be16(mask));
        }
        break;
    case ODP_SHAPE_VLAN:
        put_vlan(value, mask, verbose, s);
        break;
    case ODP_SHAPE_MPLS:
        put_mpls(value, mask, size, s);
        break;
    case ODP_SHAPE_NSH:
        put_nsh(value, mask, verbose, s);
        break;
    }
    str_put_char(s, ')');
    return true;
}

struct formatter {
    const struct flow *key;
    const struct flow_mask *mask;
    const struct odp_names *names;
    bool verbose;
    struct str *s;
};

static void
put_comma(struct str *s)
{
    char last = str_last(s);
    if (last && last != '(' && last != ' ' && last != ',') {
        str_put_char(s, ',');
    }
}

static bool
put_type(const struct formatter *f, const struct odp_key_type *t, bool force)
{
    uint8_t value[ODP_KEY_MAX_SIZE], mask[ODP_KEY_MAX_SIZE];
    size_t before = f->s->len;
    put_comma(f->s);
    size_t size = t->size;

    odp_key_pack(t, f->key, false, value);
    if (f->mask) {
        odp_key_pack(t, &f->mask->bits, true, mask);
    }
    if (t->attr == ODP_KEY_RECIRC_ID && f->mask && !f->mask->bits.recirc_id) {
        memset(mask, 0xff, sizeof mask);
    }
    if (t->attr == ODP_KEY_MPLS) {
        size = 4;
        while (size < t->size
               && !(f->key->mpls_lse[size / 4 - 1] & BE32_CONST(MPLS_BOS_MASK))
               && f->key->mpls_lse[size / 4]) {
            size += 4;
        }
    }
    const struct odp_key_style style = { f->names, f->verbose };
    if (!odp_key_format(t, value, f->mask ? mask : NULL, size, &style, f->s)) {
        if (!force) {
            str_truncate(f->s, before);
            return false;
        }
        str_putf(f->s, "%s()", t->name);
    }
    return true;
}

static void
put_scalar_attr(const struct formatter *f, enum odp_key_attr attr,
                const void *value, const void *mask)
{
    size_t before = f->s->len;
    put_comma(f->s);
    const struct odp_key_style style = { f->names, f->verbose };
    if (!odp_key_format(odp_key_type_find(attr), value, mask, 2, &style,
                        f->s)) {
        str_truncate(f->s, before);
    }
}

static void
put_l2(const struct formatter *f)
{
    unsigned n_encaps = 0;
    while (n_encaps < FLOW_MAX_VLANS && f->key->vlans[n_encaps].tpid) {
        const struct flow_vlan *v = &f->key->vlans[n_encaps];
        const struct flow_vlan *m =
            f->mask ? &f->mask->bits.vlans[n_encaps] : NULL;
        if (m && !m->tpid && !m->tci && !f->verbose
            && !f->mask->bits.dl_type) {
            break;
        }
        put_scalar_attr(f, ODP_KEY_ETHERTYPE, &v->tpid, m ? &m->tpid : NULL);
        put_scalar_attr(f, ODP_KEY_VLAN, &v->tci, m ? &m->tci : NULL);
        put_comma(f->s);
        str_put(f->s, "encap(");
        n_encaps++;
    }
    bool typed =
        f->key->dl_type != BE16_CONST(FLOW_DL_TYPE_NONE) && f->key->dl_type;
    if (typed) {
        put_type(f, odp_key_type_find(ODP_KEY_ETHERTYPE), false);
    } else if (f->mask && f->mask->bits.dl_type) {
        put_comma(f->s);
        str_put(f->s, "eth_type(0/0xffff)");
    }
    for (size_t i = 0; typed && i < odp_n_key_types; i++) {
        const struct odp_key_type *t = &odp_key_types[i];
        if (t->has && t->attr != ODP_KEY_ETHERNET && t->attr != ODP_KEY_TUNNEL
            && t->attr != ODP_KEY_CT_TUPLE4 && t->attr != ODP_KEY_CT_TUPLE6
            && t->has(f->key)) {
            put_type(f, t, false);
        }
    }
    while (n_encaps--) {
        str_put_char(f->s, ')');
    }
}

void
odp_flow_format(const struct flow *key, const struct flow_mask *mask,
                const struct odp_names *names, unsigned flags, struct str *s)
{
    struct formatter f = { key, mask, names, flags & ODP_FORMAT_VERBOSE, s };

    for (size_t i = 0; i < odp_n_key_types; i++) {
        const struct odp_key_type *t = &odp_key_types[i];
        if (t->attr == ODP_KEY_VLAN) {
            break;
        } else if (t->has && !t->has(key)) {
            continue;
        } else if (t->attr == ODP_KEY_TUNNEL) {
            put_comma(s);
            str_put(s, "tunnel(");
            odp_tunnel_format(&key->tunnel, mask ? &mask->bits.tunnel : NULL,
                              f.verbose, s);
            str_put_char(s, ')');
        } else if (t->attr == ODP_KEY_IN_PORT && key->in_port == UINT32_MAX) {
            continue;
        } else {
            bool bare_eth =
                t->attr == ODP_KEY_ETHERNET && mask && !mask->bits.packet_type;
            put_type(&f, t, bare_eth);
        }
    }
    put_l2(&f);
}

void
odp_ufid_format(const struct uuid *ufid, struct str *s)
{
    str_putf(s, "ufid:" UUID_FMT, UUID_ARGS(ufid));
}
