/* Matches and flows from text. */

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/field.h"
#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"

/* Words for an Ethertype, and perhaps a protocol. */
static const struct {
    const char *name;
    uint16_t dl_type;
    uint8_t nw_proto; /* 0: none. */
} protocols[] = {
    { "ip", ETH_TYPE_IP, 0 },
    { "ipv4", ETH_TYPE_IP, 0 },
    { "ip4", ETH_TYPE_IP, 0 },
    { "arp", ETH_TYPE_ARP, 0 },
    { "icmp", ETH_TYPE_IP, IP_PROTO_ICMP },
    { "tcp", ETH_TYPE_IP, IP_PROTO_TCP },
    { "udp", ETH_TYPE_IP, IP_PROTO_UDP },
    { "sctp", ETH_TYPE_IP, IP_PROTO_SCTP },
    { "ipv6", ETH_TYPE_IPV6, 0 },
    { "ip6", ETH_TYPE_IPV6, 0 },
    { "icmp6", ETH_TYPE_IPV6, IP_PROTO_ICMPV6 },
    { "tcp6", ETH_TYPE_IPV6, IP_PROTO_TCP },
    { "udp6", ETH_TYPE_IPV6, IP_PROTO_UDP },
    { "sctp6", ETH_TYPE_IPV6, IP_PROTO_SCTP },
    { "rarp", ETH_TYPE_RARP, 0 },
    { "mpls", ETH_TYPE_MPLS, 0 },
    { "mplsm", ETH_TYPE_MPLS_MCAST, 0 },
};

/* Sets what the word 'key' says; false if it is no protocol. */
static bool
set_protocol(const char *key, struct flow *flow, struct flow *mask)
{
    if (!strcmp(key, "eth")) {
        flow->packet_type = PACKET_TYPE_ETHERNET;
        mask->packet_type = UINT32_MAX;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (!strcmp(key, protocols[i].name)) {
            flow->dl_type = be16_from_host(protocols[i].dl_type);
            mask->dl_type = BE16_MAX;
            if (protocols[i].nw_proto) {
                flow->nw_proto = protocols[i].nw_proto;
                mask->nw_proto = UINT8_MAX;
            }
            return true;
        }
    }
    return false;
}

bool
match_key_is_protocol(const char *key)
{
    struct flow flow, mask;
    return set_protocol(key, &flow, &mask);
}

/* Copies 'n' bits of 'x', from its least significant, into 'v' at bit
 * 'start'. */
static void
put_bits(union field_value *v, const struct field *f,
         const union field_value *x, unsigned start, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned bit = x->bytes[f->n_bytes - 1 - i / 8] >> i % 8 & 1;
        v->bytes[f->n_bytes - 1 - (start + i) / 8] |= bit << (start + i) % 8;
    }
}

/* "FIELD[A..B]=VALUE". */
static struct error *
parse_subfield(struct match *match, const char *key, const char *value)
{
    struct subfield sf;
    struct error *error = subfield_parse(key, &sf);
    if (error) {
        return error;
    }
    const struct field *f = sf.field;
    /* A number as wide as the field, whatever the form of its values. */
    struct field number = *f;
    number.string = FIELD_STRING_HEX;
    number.maskable = FIELD_MASK_NONE;
    union field_value x, mask, old, old_mask;
    error = strchr(value, '/') || !strcmp(value, "*")
                ? error_create("%s", "")
                : field_parse(&number, value, NULL, &x, &mask);
    if (error) {
        error_destroy(error);
        return error_create("%s: cannot parse integer value: %s", key, value);
    }
    for (unsigned i = sf.n_bits; i < f->n_bytes * 8u; i++) {
        if (x.bytes[f->n_bytes - 1 - i / 8] >> i % 8 & 1) {
            struct str s = STR_INITIALIZER;
            field_format(&number, &x, NULL, NULL, &s);
            error = error_create("%s: value %s does not fit into %d bits", key,
                                 str_text(&s), sf.n_bits);
            str_uninit(&s);
            return error;
        }
    }

    field_get_match(f, match, &old, &old_mask);
    union field_value ones, bits = { .bytes = { 0 } }, all = bits;
    memset(&ones, 0xff, sizeof ones);
    put_bits(&bits, f, &x, sf.start, sf.n_bits);
    put_bits(&all, f, &ones, sf.start, sf.n_bits);
    for (unsigned i = 0; i < f->n_bytes; i++) {
        bits.bytes[i] |= old.bytes[i] & old_mask.bytes[i] & ~all.bytes[i];
        all.bytes[i] |= old_mask.bytes[i];
    }
    if (sf.n_bits == f->n_bits) {
        all = ones;
    }
    return field_set_match(f, &bits, &all, match);
}

/* By the names of flow texts, not those of the wire. */
static const struct field *
find_field(const char *key)
{
    const struct field *f = field_from_name(key);
    return f
                   && (!strcmp(key, f->name)
                       || (f->alt_name && !strcmp(key, f->alt_name)))
               ? f
               : NULL;
}

struct error *
match_parse_key(struct match *match, const char *key, const char *value,
                const struct port_names *names)
{
    if (set_protocol(key, &match->flow, &match->mask.bits)) {
        return NULL;
    }
    const struct field *f = find_field(key);
    if (!f) {
        return strchr(key, '[')
                   ? parse_subfield(match, key, value ? value : "")
                   : error_create("unknown keyword %s", key);
    }
    if (!value || !*value) {
        /* Only options of tunnels mean something by being there. */
        value = "0/0";
    }
    union field_value v, mask;
    struct error *error = field_parse(f, value, names, &v, &mask);
    return error ? error : field_set_match(f, &v, &mask, match);
}

struct error *
match_parse(const char *text, const struct port_names *names,
            struct match *match)
{
    char *copy CLEANUP(free_ptr) = xstrdup(text);
    char *rest = copy, *key, *value;
    struct error *error = NULL;
    match_init_any(match);
    while (!error && scan_key_value(&rest, &key, &value, NULL)) {
        error = match_parse_key(match, key, value, names);
    }
    if (error) {
        match_init_any(match);
    }
    return error;
}

/* One field of a flow text; 'mask' collects what was set. */
static struct error *
parse_flow_key(const char *key, const char *value,
               const struct port_names *names, struct flow *flow,
               struct flow_mask *mask)
{
    struct flow words = { 0 }, set = { 0 };
    if (set_protocol(key, &words, &set)) {
        if (set.dl_type && mask->bits.dl_type) {
            return error_create("Ethernet type set multiple times");
        }
        if (set.nw_proto && mask->bits.nw_proto) {
            return error_create("network protocol set multiple times");
        }
        set_protocol(key, flow, &mask->bits);
        return NULL;
    }
    const struct field *f = find_field(key);
    if (!f) {
        return error_create("unknown field %s", key);
    }
    if (!field_prereqs_ok(f, flow, NULL)) {
        return error_create("prerequisites not met for setting %s", key);
    }
    if (field_is_set(f, &mask->bits)) {
        return error_create("field %s set multiple times", key);
    }
    union field_value v;
    struct error *error = field_parse_value(f, value, names, &v);
    if (error) {
        struct error *wrapped =
            error_create("bad value for %s (%s)", key, error_text(error));
        error_destroy(error);
        return wrapped;
    }
    field_set(f, &v, flow);
    field_mask_set(f, mask);
    return NULL;
}

struct error *
flow_parse(const char *text, const struct port_names *names, struct flow *flow,
           struct flow_mask *mask)
{
    char *copy CLEANUP(free_ptr) = xstrdup(text);
    char *rest = copy, *key, *value;
    struct error *error = NULL;
    struct flow_mask unused;
    if (!mask) {
        mask = &unused;
    }
    memset(flow, 0, sizeof *flow);
    flow_mask_init_any(mask);
    while (!error && scan_key_value(&rest, &key, &value, NULL)) {
        error = parse_flow_key(key, value, names, flow, mask);
    }
    if (error) {
        memset(flow, 0, sizeof *flow);
        flow_mask_init_any(mask);
        return error_prefix(error, "%s", text);
    }
    if (flow->packet_type >> 16 == 1) {
        flow->dl_type = be16_from_host(flow->packet_type);
    }
    return NULL;
}
