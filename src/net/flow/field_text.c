/* Values of fields as text. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/field.h"
#include "net/flow/flags.h"
#include "net/flow/ofp_port.h"

static uint64_t
value_u64(const union field_value *v, unsigned n)
{
    uint64_t x = 0;
    for (unsigned i = n > 8 ? n - 8 : 0; i < n; i++) {
        x = x << 8 | v->bytes[i];
    }
    return x;
}

static void
value_put_u64(union field_value *v, unsigned n, uint64_t x)
{
    for (unsigned i = n; i-- > 0; x >>= 8) {
        v->bytes[i] = x;
    }
}

enum number_result { NUMBER_OK, NUMBER_SYNTAX, NUMBER_RANGE };

/* Hex digits from 's' on, of any length, into 'n' bytes. */
static enum number_result
parse_hex(const char *s, unsigned n, uint8_t *bytes)
{
    memset(bytes, 0, n);
    s += strspn(s, "0");
    size_t len = strlen(s);
    if (strspn(s, "0123456789abcdefABCDEF") != len) {
        return NUMBER_SYNTAX;
    }
    if (len > 2 * n) {
        return NUMBER_RANGE;
    }
    for (size_t i = 0; i < len; i++) {
        int digit = scan_hex_digit(s[len - 1 - i]);
        bytes[n - 1 - i / 2] |= digit << (i % 2 ? 4 : 0);
    }
    return NUMBER_OK;
}

/* An unsigned number in any base into 'n' bytes, big-endian. */
static enum number_result
parse_number(const char *s, unsigned n, union field_value *v)
{
    uint64_t x;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        return s[2] ? parse_hex(s + 2, n, v->bytes) : NUMBER_SYNTAX;
    }
    memset(v->bytes, 0, n);
    if (!scan_u64(s, 0, &x)) {
        const char *digits = s + (*s == '-');
        return *digits && digits[strspn(digits, "0123456789")] == '\0'
                   ? NUMBER_RANGE
                   : NUMBER_SYNTAX;
    }
    if (n < 8 && x >> (8 * n)) {
        return NUMBER_RANGE;
    }
    value_put_u64(v, n, x);
    return NUMBER_OK;
}

static struct error *
number_error(const struct field *f, const char *text, const char *what,
             enum number_result result)
{
    switch (result) {
    case NUMBER_OK:
        return NULL;
    case NUMBER_SYNTAX:
        return error_create("%s: bad syntax for %s %s", text, f->name, what);
    case NUMBER_RANGE:
        return error_create("%s: %s too large for %u-byte field %s", text,
                            what, f->n_bytes, f->name);
    }
    NOT_REACHED();
}

static struct error *
parse_integer(const struct field *f, const char *text,
              union field_value *value, union field_value *mask)
{
    const char *slash = strchr(text, '/');
    char *first CLEANUP(free_ptr) =
        xmemdup0(text, slash ? (size_t) (slash - text) : strlen(text));
    struct error *error =
        number_error(f, text, "value", parse_number(first, f->n_bytes, value));
    if (error) {
        return error;
    }
    if (slash) {
        return number_error(f, text, "mask",
                            parse_number(slash + 1, f->n_bytes, mask));
    }
    memset(mask, 0xff, f->n_bytes);
    return NULL;
}

static struct error *
parse_ethernet(const char *text, union field_value *value,
               union field_value *mask)
{
    const char *slash = strchr(text, '/');
    char *first CLEANUP(free_ptr) =
        xmemdup0(text, slash ? (size_t) (slash - text) : strlen(text));
    memset(&mask->mac, 0xff, sizeof mask->mac);
    if (!eth_addr_parse(first, &value->mac)
        || (slash && !eth_addr_parse(slash + 1, &mask->mac))) {
        return error_create("%s: invalid Ethernet address", text);
    }
    return NULL;
}

/* Why an address with a prefix length was refused. */
static struct error *
ip_error(const char *text, const char *version, const char *kind, int max)
{
    const char *slash = strchr(text, '/');
    if (slash && slash[1]
        && slash[1 + strspn(slash + 1, "0123456789")] == '\0') {
        return error_create("%s: %s network prefix bits not between 0 and "
                            "%d, inclusive",
                            text, version, max);
    }
    return error_create("%s: invalid %s address", text, kind);
}

static struct error *
parse_frag(const char *text, union field_value *value, union field_value *mask)
{
    static const struct {
        const char *name;
        uint8_t value, mask;
    } kinds[] = {
        { "no", 0, FLOW_NW_FRAG_MASK },
        { "yes", FLOW_NW_FRAG_ANY, FLOW_NW_FRAG_ANY },
        { "first", FLOW_NW_FRAG_ANY, FLOW_NW_FRAG_MASK },
        { "later", FLOW_NW_FRAG_MASK, FLOW_NW_FRAG_MASK },
        { "not_later", 0, FLOW_NW_FRAG_LATER },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(text, kinds[i].name)) {
            value->u8 = kinds[i].value;
            mask->u8 =
                kinds[i].mask == FLOW_NW_FRAG_MASK ? UINT8_MAX : kinds[i].mask;
            return NULL;
        }
    }
    return error_create("%s: unknown fragment type (valid types are \"no\", "
                        "\"yes\", \"first\", \"later\", \"not_later\"",
                        text);
}

static struct error *
parse_flags(const struct field *f, const struct flag_names *names,
            const char *text, union field_value *value,
            union field_value *mask)
{
    uint32_t flags, bits;
    struct error *error = flags_parse(names, text, &flags, &bits);
    value_put_u64(value, f->n_bytes, flags);
    value_put_u64(mask, f->n_bytes, bits);
    if (bits == names->allowed && f->id != FIELD_TUN_FLAGS) {
        memset(mask, 0xff, f->n_bytes);
    }
    return error;
}

/* "(NS,TYPE)"; what follows it does not matter. */
static struct error *
parse_packet_type(const char *text, union field_value *value,
                  union field_value *mask)
{
    uint16_t ns, type;
    if (*text != '(') {
        return error_create("%s: bad syntax for packet type missing '('",
                            text);
    }
    const char *s = text + 1;
    size_t len = strcspn(s, ",");
    char *first CLEANUP(free_ptr) = xmemdup0(s, len);
    const char *rest = s[len] ? s + len + 1 : s + len;
    if (!scan_u16(first, 0, &ns)) {
        return error_create("%s: bad syntax for packet type ns", s);
    }
    len = strcspn(rest, ")");
    char *second CLEANUP(free_ptr) = xmemdup0(rest, len);
    if (!scan_u16(second, 0, &type)) {
        return error_create("%s: bad syntax for packet type ns_type", rest);
    }
    if (!rest[len]) {
        return error_create("%s: bad syntax for packet type missing ')'",
                            rest);
    }
    value->be32 = be32_from_host((uint32_t) ns << 16 | type);
    mask->be32 = BE32_MAX;
    return NULL;
}

static struct error *
parse_port(const struct field *f, const char *text,
           const struct port_names *names, union field_value *value,
           union field_value *mask)
{
    uint32_t port;
    memset(mask, 0xff, f->n_bytes);
    if (!ofp_port_parse(text, names, &port)) {
        return error_create("%s: invalid or unknown port for %s", text,
                            f->name);
    }
    value_put_u64(value, f->n_bytes,
                  f->string == FIELD_STRING_PORT_OF10 ? ofp_port_to_of10(port)
                                                      : port);
    return NULL;
}

static struct error *
parse_by_kind(const struct field *f, const char *text,
              const struct port_names *names, union field_value *value,
              union field_value *mask)
{
    switch (f->string) {
    case FIELD_STRING_DECIMAL:
    case FIELD_STRING_HEX:
        return parse_integer(f, text, value, mask);
    case FIELD_STRING_ETHERNET:
        return parse_ethernet(text, value, mask);
    case FIELD_STRING_IPV4:
        return ip4_parse_masked(text, &value->be32, &mask->be32)
                   ? NULL
                   : ip_error(text, "IPv4", "IP", 32);
    case FIELD_STRING_IPV6:
        return ip6_parse_masked(text, &value->ipv6, &mask->ipv6)
                   ? NULL
                   : ip_error(text, "IPv6", "IPv6", 128);
    case FIELD_STRING_PORT_OF10:
    case FIELD_STRING_PORT:
        return parse_port(f, text, names, value, mask);
    case FIELD_STRING_FRAG:
        return parse_frag(text, value, mask);
    case FIELD_STRING_CT_STATE:
        return parse_flags(f, &flag_names_ct_state, text, value, mask);
    case FIELD_STRING_TNL_FLAGS:
        return parse_flags(f, &flag_names_tunnel, text, value, mask);
    case FIELD_STRING_TCP_FLAGS:
        return parse_flags(f, &flag_names_tcp, text, value, mask);
    case FIELD_STRING_PACKET_TYPE:
        return parse_packet_type(text, value, mask);
    }
    NOT_REACHED();
}

struct error *
field_parse(const struct field *f, const char *text,
            const struct port_names *names, union field_value *value,
            union field_value *mask)
{
    memset(value, 0, sizeof *value);
    memset(mask, 0, sizeof *mask);
    if (!strcmp(text, "*")) {
        return NULL;
    }
    struct error *error = parse_by_kind(f, text, names, value, mask);
    if (!error && f->maskable == FIELD_MASK_NONE
        && !field_is_zero(mask, f->n_bytes)
        && !field_is_all_ones(mask, f->n_bytes)) {
        error = error_create("%s: invalid mask for field %s", text, f->name);
    }
    if (error) {
        memset(value, 0, sizeof *value);
        memset(mask, 0, sizeof *mask);
    }
    return error;
}

struct error *
field_parse_value(const struct field *f, const char *text,
                  const struct port_names *names, union field_value *value)
{
    union field_value mask;
    struct error *error = field_parse(f, text, names, value, &mask);
    if (!error && !field_is_all_ones(&mask, f->n_bytes)
        && f->string != FIELD_STRING_TNL_FLAGS) {
        memset(value, 0, sizeof *value);
        error = error_create("%s: wildcards not allowed here", text);
    }
    return error;
}

/* "0x" and hex digits without leading zeros, "0" for none. */
static void
format_hex(const union field_value *v, unsigned n, struct str *s)
{
    unsigned i = 0;
    while (i < n && !v->bytes[i]) {
        i++;
    }
    if (i == n) {
        str_put_char(s, '0');
        return;
    }
    str_putf(s, "0x%x", v->bytes[i++]);
    str_put_hex(s, v->bytes + i, n - i);
}

static void
format_integer(const struct field *f, const union field_value *value,
               const union field_value *mask, struct str *s)
{
    if (f->string == FIELD_STRING_HEX || f->n_bytes > 8) {
        format_hex(value, f->n_bytes, s);
    } else {
        str_put_u64(s, value_u64(value, f->n_bytes));
    }
    if (mask && !field_is_all_ones(mask, f->n_bytes)) {
        str_put_char(s, '/');
        format_hex(mask, f->n_bytes, s);
    }
}

static void
format_frag(uint8_t value, uint8_t mask, struct str *s)
{
    mask &= FLOW_NW_FRAG_MASK;
    if (mask == FLOW_NW_FRAG_MASK) {
        static const char *const names[] = { "no", "first", "<error>",
                                             "later" };
        str_put(s, names[value & FLOW_NW_FRAG_MASK]);
    } else if (mask == FLOW_NW_FRAG_ANY) {
        str_put(s, value & FLOW_NW_FRAG_ANY ? "yes" : "no");
    } else {
        str_put(s, value & FLOW_NW_FRAG_LATER ? "later" : "not_later");
    }
}

static void
format_flags(const struct flag_names *names, uint32_t value, uint32_t mask,
             struct str *s)
{
    if ((mask & names->allowed) == names->allowed) {
        flags_format(names, value, s);
    } else {
        flags_format_masked(names, value, mask, s);
    }
}

void
field_format(const struct field *f, const union field_value *value,
             const union field_value *mask, const struct port_names *names,
             struct str *s)
{
    union field_value all;
    if (!mask) {
        memset(&all, 0xff, sizeof all);
        mask = &all;
    } else if (field_is_zero(mask, f->n_bytes)) {
        str_put(s, "ANY");
        return;
    }
    uint32_t x = value_u64(value, f->n_bytes);
    uint32_t m = value_u64(mask, f->n_bytes);
    switch (f->string) {
    case FIELD_STRING_DECIMAL:
    case FIELD_STRING_HEX:
        format_integer(f, value, mask, s);
        break;
    case FIELD_STRING_ETHERNET:
        eth_addr_format_masked(value->mac, mask->mac, s);
        break;
    case FIELD_STRING_IPV4:
        ip4_format_masked(value->be32, mask->be32, s);
        break;
    case FIELD_STRING_IPV6:
        ip6_format_masked(&value->ipv6, &mask->ipv6, s);
        break;
    case FIELD_STRING_PORT_OF10:
        ofp_port_format(ofp_port_from_of10(x), names, s);
        break;
    case FIELD_STRING_PORT:
        ofp_port_format(x, names, s);
        break;
    case FIELD_STRING_FRAG:
        format_frag(x, m, s);
        break;
    case FIELD_STRING_CT_STATE:
        format_flags(&flag_names_ct_state, x, m, s);
        break;
    case FIELD_STRING_TNL_FLAGS:
        format_flags(&flag_names_tunnel, x, m, s);
        break;
    case FIELD_STRING_TCP_FLAGS:
        format_flags(&flag_names_tcp, x, m, s);
        break;
    case FIELD_STRING_PACKET_TYPE:
        str_putf(s, "(%u,%#x)", x >> 16, x & UINT16_MAX);
        break;
    }
}
