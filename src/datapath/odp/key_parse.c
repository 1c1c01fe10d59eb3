/* Keys and masks from text. */

#include <string.h>

#include "base/scan.h"
#include "datapath/odp/key.h"
#include "datapath/odp/key_table.h"
#include "net/flow/flags.h"
#include "net/packet/headers.h"

enum { TOKEN_MAX = 128, MAX_DEPTH = 16 };

/* Copies up to one of 'ends'; false if it is too long. */
static bool
take(const char **sp, const char *ends, char token[TOKEN_MAX])
{
    size_t n = strcspn(*sp, ends);
    if (n >= TOKEN_MAX) {
        return false;
    }
    memcpy(token, *sp, n);
    token[n] = '\0';
    *sp += n;
    return true;
}

static void
copy_text(const char *from, char to[TOKEN_MAX])
{
    size_t n = strnlen(from, TOKEN_MAX - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

/* Cuts "value/mask"; the mask's text or NULL. */
static char *
split_mask(char *token)
{
    char *slash = strchr(token, '/');
    if (slash) {
        *slash++ = '\0';
    }
    return slash;
}

static bool
store(const struct odp_member *m, uint64_t x, uint8_t *p)
{
    if (m->size < 8 && x >> m->size * 8) {
        return false;
    }
    for (size_t i = 0; i < m->size; i++) {
        p[m->host ? i : m->size - 1u - i] = x >> 8 * i;
    }
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    for (size_t i = 0; m->host && i < m->size / 2u; i++) {
        uint8_t tmp = p[i];
        p[i] = p[m->size - 1u - i];
        p[m->size - 1u - i] = tmp;
    }
#endif
    return true;
}

static bool
parse_frag(const char *s, uint8_t *p)
{
    static const char *const names[] = { "no", "first", "later" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(s, names[i])) {
            *p = i;
            return true;
        }
    }
    return false;
}

static bool
parse_one(const struct odp_member *m, const char *s, uint8_t *p)
{
    uint64_t x;
    be32 ip;
    struct eth_addr mac;
    struct ip6_addr ip6;

    switch (m->text) {
    case ODP_TEXT_DEC:
    case ODP_TEXT_HEX:
        return scan_u64(s, 0, &x) && store(m, x, p);
    case ODP_TEXT_MAC:
        if (!eth_addr_parse(s, &mac)) {
            return false;
        }
        memcpy(p, &mac, sizeof mac);
        return true;
    case ODP_TEXT_IP4:
        if (!ip4_parse(s, &ip)) {
            return false;
        }
        memcpy(p, &ip, sizeof ip);
        return true;
    case ODP_TEXT_IP6:
        if (!ip6_parse(s, &ip6)) {
            return false;
        }
        memcpy(p, &ip6, sizeof ip6);
        return true;
    case ODP_TEXT_FRAG:
        return parse_frag(s, p);
    }
    return false;
}

static bool
parse_member(const struct odp_member *m, char *token, uint8_t *value,
             uint8_t *mask)
{
    char *bits = split_mask(token);
    if (!parse_one(m, token, value + m->offset)) {
        return false;
    }
    if (!bits) {
        memset(mask + m->offset, 0xff, m->size);
        return true;
    }
    return m->text != ODP_TEXT_FRAG && parse_one(m, bits, mask + m->offset);
}

static bool
parse_struct(const struct odp_key_type *t, const char **sp, uint8_t *value,
             uint8_t *mask)
{
    char token[TOKEN_MAX];
    while (**sp && **sp != ')') {
        if (!take(sp, "=,)", token) || **sp != '=') {
            return false;
        }
        ++*sp;
        const struct odp_member *found = NULL;
        for (size_t i = 0; i < t->n_members; i++) {
            const char *name = t->members[i].name;
            if (!strcmp(token, name)
                || (t->attr == ODP_KEY_CT_TUPLE6
                    && ((!strcmp(token, "tp_src")
                         && t->members[i].offset == 32)
                        || (!strcmp(token, "tp_dst")
                            && t->members[i].offset == 34)))) {
                found = &t->members[i];
            }
        }
        if (!found || !take(sp, ",)", token)
            || !parse_member(found, token, value, mask)) {
            return false;
        }
        *sp += **sp == ',';
    }
    return true;
}

static bool
parse_bits(const char *text, unsigned max, uint32_t *valuep, uint32_t *maskp)
{
    char token[TOKEN_MAX];
    copy_text(text, token);
    char *bits = split_mask(token);
    *maskp = max;
    return scan_u32(token, 0, valuep) && *valuep <= max
           && (!bits || (scan_u32(bits, 0, maskp) && *maskp <= max));
}

/* Items NAME=N[/N] that are bits of one integer of 'size' bytes. */
struct bit_item {
    const char *name;
    uint32_t max;
    uint8_t shift;
};

static bool
parse_bit_items(const struct bit_item *items, size_t n, const char **sp,
                uint32_t *valuep, uint32_t *maskp, const char *last)
{
    char token[TOKEN_MAX];
    *valuep = *maskp = 0;
    while (**sp && **sp != ')') {
        size_t i = 0;
        if (!take(sp, "=,)", token) || **sp != '=') {
            return false;
        }
        while (i < n && strcmp(items[i].name, token)) {
            i++;
        }
        ++*sp;
        uint32_t value, mask;
        if (i == n || !take(sp, ",)", token)
            || !parse_bits(token, items[i].max, &value, &mask)) {
            return false;
        }
        *valuep |= value << items[i].shift;
        *maskp |= mask << items[i].shift;
        *sp += **sp == ',';
        if (last && !strcmp(items[i].name, last)) {
            break;
        }
    }
    return true;
}

static bool
parse_vlan(const char **sp, uint8_t *value, uint8_t *mask)
{
    static const struct bit_item items[] = {
        { "vid", 0xfff, 0 },
        { "pcp", 7, 13 },
        { "cfi", 1, 12 },
    };
    uint32_t v, m;
    if (!parse_bit_items(items, ARRAY_SIZE(items), sp, &v, &m, NULL)) {
        return false;
    }
    if (!(m & VLAN_CFI)) {
        v |= VLAN_CFI;
        m |= VLAN_CFI;
    }
    put_be16(value, v);
    put_be16(mask, m);
    return true;
}

static bool
parse_mpls(const char **sp, uint8_t *value, uint8_t *mask, size_t *sizep)
{
    static const struct bit_item items[] = {
        { "label", 0xfffff, 12 },
        { "tc", 7, 9 },
        { "ttl", 0xff, 0 },
        { "bos", 1, 8 },
    };
    size_t n = 0;
    do {
        uint32_t v, m;
        if (n >= FLOW_MAX_MPLS
            || !parse_bit_items(items, ARRAY_SIZE(items), sp, &v, &m, "bos")) {
            return false;
        }
        put_be32(value + 4 * n, v);
        put_be32(mask + 4 * n, m);
        n++;
    } while (**sp && **sp != ')');
    *sizep = 4 * n;
    return true;
}

static bool
parse_nsh(const char **sp, uint8_t *value, uint8_t *mask)
{
    static const struct {
        const char *name;
        uint8_t offset, size;
    } items[] = {
        { "flags", 0, 1 }, { "ttl", 1, 1 }, { "mdtype", 2, 1 },
        { "np", 3, 1 },    { "spi", 4, 3 }, { "si", 7, 1 },
        { "c1", 8, 4 },    { "c2", 12, 4 }, { "c3", 16, 4 },
        { "c4", 20, 4 },
    };

    char token[TOKEN_MAX];
    while (**sp && **sp != ')') {
        size_t i = 0;
        if (!take(sp, "=,)", token) || **sp != '=') {
            return false;
        }
        while (i < ARRAY_SIZE(items) && strcmp(items[i].name, token)) {
            i++;
        }
        ++*sp;
        if (i == ARRAY_SIZE(items) || !take(sp, ",)", token)) {
            return false;
        }
        uint32_t max =
            items[i].size == 4 ? UINT32_MAX : (1u << items[i].size * 8) - 1;
        uint32_t v, m;
        if (!parse_bits(token, max, &v, &m)) {
            return false;
        }
        for (size_t k = 0; k < items[i].size; k++) {
            unsigned shift = 8 * (items[i].size - 1 - k);
            value[items[i].offset + k] = v >> shift;
            mask[items[i].offset + k] = m >> shift;
        }
        *sp += **sp == ',';
    }
    return true;
}

static bool
parse_u128_one(const char *s, uint8_t *p)
{
    uint64_t lo = 0, hi = 0;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        const char *digits = s + 2;
        size_t len = strlen(digits);
        if (!len || len > 32) {
            return false;
        }
        for (; *digits; digits++) {
            int x = scan_hex_digit(*digits);
            if (x < 0) {
                return false;
            }
            hi = hi << 4 | lo >> 60;
            lo = lo << 4 | (unsigned) x;
        }
    } else if (!scan_u64(s, 0, &lo)) {
        return false;
    }
    memcpy(p, &lo, 8);
    memcpy(p + 8, &hi, 8);
    return true;
}

static bool
parse_port(const char *token, char *bits, const struct odp_names *names,
           uint8_t *value, uint8_t *mask)
{
    uint32_t port;
    uint32_t m = UINT32_MAX;
    if (!scan_u32(token, 0, &port)
        && !(names && names->port_of(names, token, &port))) {
        return false;
    }
    if (bits && !scan_u32(bits, 0, &m)) {
        return false;
    }
    memcpy(value, &port, sizeof port);
    memcpy(mask, &m, sizeof m);
    return true;
}

static bool
parse_flags(const struct odp_key_type *t, const char *token, uint8_t *value,
            uint8_t *mask)
{
    bool ct = t->shape == ODP_SHAPE_CT_STATE;
    uint32_t v, m = ct ? 0xff : 0xfff;
    char copy[TOKEN_MAX];
    copy_text(token, copy);
    char *bits = split_mask(copy);

    if (!scan_u32(copy, 0, &v)) {
        struct error *error = flags_parse(
            ct ? &flag_names_ct_state : &flag_names_tcp, token, &v, &m);
        if (error) {
            error_destroy(error);
            return false;
        }
    } else if (bits && !scan_u32(bits, 0, &m)) {
        return false;
    }
    if (ct) {
        if (v > 0xff) {
            return false;
        }
        m = (m & 0xff) == 0xff ? UINT32_MAX : m & 0xff;
        memcpy(value, &v, 4);
        memcpy(mask, &m, 4);
    } else {
        if (v > 0xfff) {
            return false;
        }
        put_be16(value, v);
        put_be16(mask, (m & 0xfff) == 0xfff ? 0xffff : m & 0xfff);
    }
    return true;
}

static bool
parse_packet_type(const char **sp, uint8_t *value, uint8_t *mask)
{
    static const struct bit_item items[] = {
        { "ns", 0xffff, 16 },
        { "id", 0xffff, 0 },
    };
    uint32_t v, m;
    if (!parse_bit_items(items, ARRAY_SIZE(items), sp, &v, &m, NULL)) {
        return false;
    }
    put_be32(value, v);
    put_be32(mask, m);
    return true;
}

static bool
parse_shape(const struct odp_key_type *t, const char **sp,
            const struct odp_names *names, uint8_t *value, uint8_t *mask,
            size_t *sizep)
{
    char token[TOKEN_MAX];
    char *bits;

    *sizep = t->size;
    switch (t->shape) {
    case ODP_SHAPE_STRUCT:
        return parse_struct(t, sp, value, mask);
    case ODP_SHAPE_VLAN:
        return parse_vlan(sp, value, mask);
    case ODP_SHAPE_MPLS:
        return parse_mpls(sp, value, mask, sizep);
    case ODP_SHAPE_NSH:
        return parse_nsh(sp, value, mask);
    case ODP_SHAPE_PACKET_TYPE:
        return parse_packet_type(sp, value, mask);
    case ODP_SHAPE_TUNNEL:
        return false;
    case ODP_SHAPE_SCALAR:
    case ODP_SHAPE_PORT:
    case ODP_SHAPE_CT_STATE:
    case ODP_SHAPE_TCP_FLAGS:
    case ODP_SHAPE_U128:
    case ODP_SHAPE_ETHERTYPE:
        break;
    }
    if (!take(sp, ")", token)) {
        return false;
    }
    if (t->shape == ODP_SHAPE_CT_STATE || t->shape == ODP_SHAPE_TCP_FLAGS) {
        return parse_flags(t, token, value, mask);
    } else if (t->shape == ODP_SHAPE_SCALAR
               || t->shape == ODP_SHAPE_ETHERTYPE) {
        return parse_member(t->members, token, value, mask);
    }
    bits = split_mask(token);
    if (t->shape == ODP_SHAPE_PORT) {
        return parse_port(token, bits, names, value, mask);
    }
    memset(mask, 0xff, 16);
    return parse_u128_one(token, value)
           && (!bits || parse_u128_one(bits, mask));
}

struct error *
odp_key_parse(const struct odp_key_type *t, const char **sp,
              const struct odp_names *names, void *value, void *mask,
              size_t *sizep)
{
    const char *start = *sp;
    if (!parse_shape(t, sp, names, value, mask, sizep) || **sp != ')') {
        return error_create("syntax error at %s(%s", t->name, start);
    }
    return NULL;
}

/* What a text is parsed into. */
struct target {
    const struct odp_names *names;
    struct flow *key;
    struct flow_mask *mask;
    uint64_t named; /* Bit per attribute. */
};

/* One level of keys, up to the end or a ')'. */
static struct error *
parse_level(const char **sp, struct target *target, unsigned depth)
{
    struct flow *key = target->key;
    struct flow_mask *mask = target->mask;
    struct flow_vlan *vlan = &key->vlans[MIN(depth, FLOW_MAX_VLANS - 1)];
    struct flow_vlan *vlan_mask =
        &mask->bits.vlans[MIN(depth, FLOW_MAX_VLANS - 1)];
    bool has_vlan = false;

    for (;;) {
        *sp += strspn(*sp, ", \t\r\n");
        if (!**sp || **sp == ')') {
            return NULL;
        }
        const char *start = *sp;
        size_t len = strcspn(start, "()");
        if (start[len] != '(') {
            return error_create("syntax error at %s", start);
        }
        *sp += len + 1;
        struct error *error = NULL;
        if (len == 5 && !memcmp(start, "encap", 5)) {
            if (!has_vlan || depth + 1 > FLOW_MAX_VLANS) {
                return error_create("syntax error at %s", start);
            }
            key->dl_type = mask->bits.dl_type = 0;
            target->named |= UINT64_C(1) << ODP_KEY_ENCAP;
            target->named &= ~(UINT64_C(1) << ODP_KEY_ETHERTYPE);
            error = parse_level(sp, target, depth + 1);
        } else if (len == 6 && !memcmp(start, "tunnel", 6)) {
            error = odp_tunnel_parse(sp, &key->tunnel, &mask->bits.tunnel);
        } else {
            const struct odp_key_type *t = odp_key_type_find_name(start, len);
            uint8_t value[ODP_KEY_MAX_SIZE] = { 0 };
            uint8_t bits[ODP_KEY_MAX_SIZE] = { 0 };
            size_t size;
            if (!t) {
                return error_create("syntax error at %s", start);
            }
            error = odp_key_parse(t, sp, target->names, value, bits, &size);
            if (error) {
                error_destroy(error);
                return error_create("syntax error at %s", start);
            }
            target->named |= UINT64_C(1) << t->attr;
            if (t->attr == ODP_KEY_VLAN) {
                if (depth >= FLOW_MAX_VLANS) {
                    return error_create("syntax error at %s", start);
                }
                has_vlan = true;
                memcpy(&vlan->tci, value, 2);
                memcpy(&vlan_mask->tci, bits, 2);
                vlan->tpid = key->dl_type;
                vlan_mask->tpid = mask->bits.dl_type;
                key->dl_type = mask->bits.dl_type = 0;
            } else {
                odp_key_unpack(t, value, false, key);
                odp_key_unpack(t, bits, true, &mask->bits);
            }
        }
        if (!error && **sp != ')') {
            error = error_create("syntax error at %s", start);
        }
        if (error) {
            return error;
        }
        ++*sp;
    }
}

struct error *
odp_flow_parse(const char *s, const struct odp_names *names, struct flow *key,
               struct flow_mask *mask)
{
    uint64_t named;
    return odp_flow_parse_named(s, names, key, mask, &named);
}

struct error *
odp_flow_parse_named(const char *s, const struct odp_names *names,
                     struct flow *key, struct flow_mask *mask,
                     uint64_t *namedp)
{
    struct flow_mask scratch;
    struct uuid ufid;
    const char *p = s;

    if (!mask) {
        mask = &scratch;
    }
    memset(key, 0, sizeof *key);
    memset(mask, 0, sizeof *mask);
    key->in_port = UINT32_MAX;
    p += strspn(p, ", \t\r\n");
    if (!strncmp(p, "ufid:", 5) && uuid_parse_prefix(p + 5, &ufid)) {
        p += 5 + UUID_LEN;
    }
    struct target target = { names, key, mask, 0 };
    struct error *error = parse_level(&p, &target, 0);
    *namedp = target.named;
    if (!error && *p) {
        error = error_create("syntax error at %s", p);
    }
    if (error) {
        return error;
    }
    if (!key->dl_type && key->packet_type == PACKET_TYPE_ETHERNET
        && !(key->vlans[0].tpid && !key->vlans[0].tci)) {
        key->dl_type = BE16_CONST(FLOW_DL_TYPE_NONE);
    }
    return NULL;
}

bool
odp_ufid_parse(const char *s, struct uuid *ufid)
{
    return uuid_parse(strncmp(s, "ufid:", 5) ? s : s + 5, ufid);
}
