/* The tunnel key: attributes and text.  Options of Geneve are not there
 * yet: text and attributes with them are refused. */

#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "datapath/odp/attr.h"
#include "datapath/odp/key_table.h"
#include "net/flow/flags.h"

enum tunnel_text { DEC, HEX, IP4, IP6, FLAG };

static const struct {
    const char *name;
    uint8_t attr;
    enum tunnel_text text;
    uint16_t offset;
    uint8_t size;
} members[] = {

#define F(NAME, ATTR, TEXT, FIELD)                                          \
    {                                                                       \
        NAME, ODP_TUNNEL_##ATTR, TEXT, offsetof(struct flow_tunnel, FIELD), \
            sizeof(((struct flow_tunnel *) 0)->FIELD)                       \
    }
    F("tun_id", ID, HEX, tun_id),
    F("src", IPV4_SRC, IP4, ip_src),
    F("dst", IPV4_DST, IP4, ip_dst),
    F("ipv6_src", IPV6_SRC, IP6, ipv6_src),
    F("ipv6_dst", IPV6_DST, IP6, ipv6_dst),
    F("tos", TOS, HEX, ip_tos),
    F("ttl", TTL, DEC, ip_ttl),
    F("tp_src", TP_SRC, DEC, tp_src),
    F("tp_dst", TP_DST, DEC, tp_dst),
#undef F
};

/* Bit by bit: FLOW_TNL_F_*. */
static const char *const flag_texts[] = { "oam", "df", "csum", "key" };
static const struct flag_names tunnel_flags = {
    "tunnel",
    FLOW_TNL_F_OAM | FLOW_TNL_F_DONT_FRAGMENT | FLOW_TNL_F_CSUM
        | FLOW_TNL_F_KEY,
    flag_texts,
    ARRAY_SIZE(flag_texts),
};

static const struct {
    uint8_t attr;
    uint16_t flag;
} flag_attrs[] = {
    { ODP_TUNNEL_DONT_FRAGMENT, FLOW_TNL_F_DONT_FRAGMENT },
    { ODP_TUNNEL_CSUM, FLOW_TNL_F_CSUM },
    { ODP_TUNNEL_OAM, FLOW_TNL_F_OAM },
};

static bool
is_zero(const void *p, size_t size)
{
    static const uint8_t zeros[16];
    return !memcmp(p, zeros, size);
}

void
odp_tunnel_encode(const struct flow_tunnel *tnl,
                  const struct flow_tunnel *mask, struct writer *w)
{
    const uint8_t *from = (const uint8_t *) (mask ? mask : tnl);
    uint16_t flags = (mask ? mask : tnl)->flags;
    size_t nested = odp_begin_nested(w, ODP_KEY_TUNNEL);

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const uint8_t *field = from + members[i].offset;
        bool put = members[i].attr == ODP_TUNNEL_ID
                       ? flags & FLOW_TNL_F_KEY || !is_zero(field, 8)
                       : !is_zero(field, members[i].size)
                             || members[i].attr == ODP_TUNNEL_TTL;
        if (put) {
            odp_put_attr(w, members[i].attr, field, members[i].size);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(flag_attrs); i++) {
        if (flags & flag_attrs[i].flag) {
            odp_put_flag(w, flag_attrs[i].attr);
        }
    }
    odp_end_nested(w, nested);
}

struct error *
odp_tunnel_decode(const uint8_t *data, size_t size, bool is_mask,
                  struct flow_tunnel *tnl)
{
    struct odp_walk walk = { data, size };
    const struct odp_attr *a;

    while ((a = odp_attr_next(&walk.data, &walk.size))) {
        bool known = a->type == ODP_TUNNEL_PAD;
        for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
            if (members[i].attr == a->type
                && odp_attr_size(a) == members[i].size) {
                memcpy((uint8_t *) tnl + members[i].offset, odp_attr_data(a),
                       members[i].size);
                tnl->flags |= a->type == ODP_TUNNEL_ID ? FLOW_TNL_F_KEY : 0;
                known = true;
            }
        }
        for (size_t i = 0; i < ARRAY_SIZE(flag_attrs); i++) {
            if (flag_attrs[i].attr == a->type) {
                tnl->flags |= flag_attrs[i].flag;
                known = true;
            }
        }
        if (!known) {
            return error_create("tunnel attribute %u of %zu bytes%s", a->type,
                                odp_attr_size(a), is_mask ? " in mask" : "");
        }
    }
    return walk.size ? error_create("tunnel: bytes are no attribute") : NULL;
}

static uint64_t
load(const uint8_t *p, size_t size)
{
    uint64_t x = 0;
    for (size_t i = 0; i < size; i++) {
        x = x << 8 | p[i];
    }
    return x;
}

void
odp_tunnel_format(const struct flow_tunnel *tnl,
                  const struct flow_tunnel *mask, bool verbose, struct str *s)
{
    size_t start = s->len;
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const uint8_t *v = (const uint8_t *) tnl + members[i].offset;
        const uint8_t *m =
            mask ? (const uint8_t *) mask + members[i].offset : NULL;
        size_t size = members[i].size;
        uint64_t all = size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
        if (m ? is_zero(m, size) && !verbose
              : is_zero(v, size) && members[i].attr != ODP_TUNNEL_TTL
                    && !(members[i].attr == ODP_TUNNEL_ID
                         && tnl->flags & FLOW_TNL_F_KEY)) {
            continue;
        }
        str_putf(s, "%s=", members[i].name);
        if (members[i].text == IP4) {
            be32 value, bits = BE32_MAX;
            memcpy(&value, v, 4);
            if (m) {
                memcpy(&bits, m, 4);
            }
            ip4_format(value, s);
            if (bits != BE32_MAX) {
                str_put_char(s, '/');
                ip4_format(bits, s);
            }
        } else if (members[i].text == IP6) {
            ip6_format((const struct ip6_addr *) v, s);
            if (m && load(m, 8) + load(m + 8, 8) != UINT64_MAX - 1) {
                str_put_char(s, '/');
                ip6_format((const struct ip6_addr *) m, s);
            }
        } else {
            str_putf(s, members[i].text == HEX ? "%#llx" : "%llu",
                     (unsigned long long) load(v, size));
            if (m && load(m, size) != all) {
                str_putf(s, "/%#llx", (unsigned long long) load(m, size));
            }
        }
        str_put_char(s, ',');
    }
    uint32_t known = FLOW_TNL_F_OAM | FLOW_TNL_F_DONT_FRAGMENT
                     | FLOW_TNL_F_CSUM | FLOW_TNL_F_KEY;
    if (mask ? mask->flags & known || verbose : true) {
        str_put(s, "flags(");
        if (mask && (mask->flags & known) != known) {
            flags_format_masked(&tunnel_flags, tnl->flags, mask->flags, s);
        } else if (mask) {
            flags_format_masked(&tunnel_flags, tnl->flags, known, s);
        } else if (tnl->flags & known) {
            flags_format(&tunnel_flags, tnl->flags & known, s);
        }
        str_put_char(s, ')');
    } else if (s->len > start && str_last(s) == ',') {
        str_truncate(s, s->len - 1);
    }
}

static bool
parse_member(size_t i, const char *value, const char *bits, uint8_t *v,
             uint8_t *m)
{
    size_t size = members[i].size;
    if (members[i].text == IP4) {
        be32 ip, mask = BE32_MAX;
        bool ok = ip4_parse(value, &ip) && (!bits || ip4_parse(bits, &mask));
        memcpy(v, &ip, 4);
        memcpy(m, &mask, 4);
        return ok;
    }
    memset(m, 0xff, size);
    if (members[i].text == IP6) {
        return ip6_parse(value, (struct ip6_addr *) v)
               && (!bits || ip6_parse(bits, (struct ip6_addr *) m));
    }
    uint64_t x, y = 0;
    if (!scan_u64(value, 0, &x) || (bits && !scan_u64(bits, 0, &y))
        || (size < 8 && (x | y) >> size * 8)) {
        return false;
    }
    for (size_t k = 0; k < size; k++) {
        v[k] = x >> 8 * (size - 1 - k);
        m[k] = bits ? y >> 8 * (size - 1 - k) : 0xff;
    }
    return true;
}

struct error *
odp_tunnel_parse(const char **sp, struct flow_tunnel *tnl,
                 struct flow_tunnel *mask)
{
    const char *s = *sp;
    while (*s && *s != ')') {
        size_t len = strcspn(s, "=(),");
        char *CLEANUP(free_ptr) name = xmemdup0(s, len);
        const char *begin = s + len + (s[len] != '\0');
        size_t value_len = strcspn(begin, s[len] == '(' ? ")" : ",)");
        char *CLEANUP(free_ptr) value = xmemdup0(begin, value_len);
        if (s[len] == '(' && !strcmp(name, "flags")
            && begin[value_len] == ')') {
            uint32_t flags, bits;
            struct error *error =
                flags_parse(&tunnel_flags, value, &flags, &bits);
            if (error) {
                return error;
            }
            tnl->flags = flags;
            mask->flags = bits;
            s = begin + value_len + 1;
        } else if (s[len] == '=') {
            char *bits = strchr(value, '/');
            if (bits) {
                *bits++ = '\0';
            }
            size_t i = 0;
            while (i < ARRAY_SIZE(members) && strcmp(name, members[i].name)) {
                i++;
            }
            if (i == ARRAY_SIZE(members)
                || !parse_member(i, value, bits,
                                 (uint8_t *) tnl + members[i].offset,
                                 (uint8_t *) mask + members[i].offset)) {
                return error_create("tunnel: bad %s", name);
            }
            s = begin + value_len;
        } else {
            return error_create("tunnel(%s...) is not supported yet", name);
        }
        s += *s == ',';
    }
    *sp = s;
    return NULL;
}
