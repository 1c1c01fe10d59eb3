/* The field table: every field that OpenFlow or the extensions can match, one
 * row each, generated from spec/fields.toml.
 *
 * Generic code walks the rows: get, set, compare, parse and format are
 * written once for all fields. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "net/flow/flow.h"

struct match;
struct port_names;

/* FIELD_TUN_ID, FIELD_REG0, FIELD_VLAN_VID, ... in the order of the rows. */
enum field_id {

#include "net/flow/field_ids.inc"
    N_FIELDS
};

/* A value, or a mask, in network byte order, right-aligned in the first
 * field->n_bytes bytes of 'bytes'. */
union field_value {
    uint8_t u8;
    be16 be16;
    be32 be32;
    be64 be64;
    struct eth_addr mac;
    struct ip6_addr ipv6;
    uint8_t bytes[128];
};

enum field_maskable {
    FIELD_MASK_NONE,   /* Exact match only. */
    FIELD_MASK_BITWISE /* Any mask. */
};

/* How values are written in text. */
enum field_string {
    FIELD_STRING_DECIMAL,
    FIELD_STRING_HEX,
    FIELD_STRING_CT_STATE,
    FIELD_STRING_ETHERNET,
    FIELD_STRING_IPV4,
    FIELD_STRING_IPV6,
    FIELD_STRING_PORT_OF10, /* 16-bit OpenFlow 1.0 port. */
    FIELD_STRING_PORT,      /* 32-bit OpenFlow port. */
    FIELD_STRING_FRAG,
    FIELD_STRING_TNL_FLAGS,
    FIELD_STRING_TCP_FLAGS,
    FIELD_STRING_PACKET_TYPE,
};

/* What must be matched first: OpenFlow 1.3.5 §7.2.3.8. */
enum field_prereq {
    FIELD_PREREQ_NONE,
    FIELD_PREREQ_ETHERNET,
    FIELD_PREREQ_ARP,
    FIELD_PREREQ_VLAN,
    FIELD_PREREQ_IPV4,
    FIELD_PREREQ_IPV6,
    FIELD_PREREQ_IP_ANY,
    FIELD_PREREQ_NSH,
    FIELD_PREREQ_MPLS,
    FIELD_PREREQ_CT_VALID,
    FIELD_PREREQ_TCP,
    FIELD_PREREQ_UDP,
    FIELD_PREREQ_SCTP,
    FIELD_PREREQ_ICMPV4,
    FIELD_PREREQ_ICMPV6,
    FIELD_PREREQ_ND,
    FIELD_PREREQ_ND_SOLICIT,
    FIELD_PREREQ_ND_ADVERT,
};

struct field {
    enum field_id id;
    const char *name;
    const char *alt_name; /* Or NULL. */
    uint16_t n_bytes;     /* Of the value on the wire. */
    uint16_t n_bits;      /* Significant ones, the least significant. */
    bool variable_len;
    enum field_maskable maskable;
    enum field_string string;
    enum field_prereq prereq;
    bool writable;        /* By set_field and load. */
    bool mapped;          /* False: works on overlapping parts of the flow by
                           * special rules (in_port, vlan_*, ...). */
    uint16_t flow_offset; /* In struct flow, if 'mapped'. */
    uint8_t flow_size;    /* Bytes there. */
    bool host_order;      /* Stored in host byte order there. */
    int8_t flow_shift;    /* Bits to the right of the value there. */
    bool whole;           /* Matching it takes all bits that are there. */
    bool trie;            /* Can be looked up by prefix. */
    uint8_t index;        /* Number of a register or a tunnel option. */
    const struct field_oxm *oxms; /* Codes, 'n_oxms', as in the table. */
    size_t n_oxms;
    const char *doc;                      /* A sentence. */
    uint8_t of10_maskable, of11_maskable; /* 0 no, 1 exact, 2 CIDR, 3 any. */
};

/* A code of a field in OXM or NXM: OpenFlow 1.3.5 §7.2.3.2. */
struct field_oxm {
    uint32_t experimenter; /* 0 for none. */
    uint16_t oxm_class;
    uint8_t oxm_field;
    uint8_t len;        /* Of the payload without mask, experimenter
                            * included; 0 if variable. */
    uint8_t of_version; /* First OpenFlow wire version that has it, else
                            * 0 for Nicira extensions. */
    const char *name;   /* "NXM_OF_IN_PORT". */
};

extern const struct field field_table[N_FIELDS];

/* Whether it is an option of tunnels, "tun_metadata0" and the like; NULL is
 * none. */
static inline bool
field_is_tun_metadata(const struct field *f)
{
    return f && f->id >= FIELD_TUN_METADATA0 && f->id <= FIELD_TUN_METADATA63;
}

static inline const struct field *
field_from_id(enum field_id id)
{
    return &field_table[id];
}

/* By name, alternative name, or OXM/NXM name; NULL if there is none. */
const struct field *field_from_name(const char *name);

/* Field 'f' of 'flow'. */
void field_get(const struct field *f, const struct flow *flow,
               union field_value *valuep);
void field_set(const struct field *f, const union field_value *,
               struct flow *flow);
/* Sets the bits of 'mask' only. */
void field_set_masked(const struct field *f, const union field_value *value,
                      const union field_value *mask, struct flow *flow);
/* Adds the field, or the bits 'mask' of it, to 'm'. */
void field_mask_set(const struct field *f, struct flow_mask *m);
void field_mask_set_bits(const struct field *f, const union field_value *mask,
                         struct flow_mask *m);
/* Whether 'flow' meets the field's prerequisites; if 'm' is not NULL, what
 * was looked at is added to it. */
bool field_prereqs_ok(const struct field *f, const struct flow *flow,
                      struct flow_mask *m);
/* The same for what a match says of flows; connections need more bits. */
bool field_prereqs_ok_match(const struct field *f, const struct match *);
bool field_value_is_valid(const struct field *f, const union field_value *);
bool field_is_set(const struct field *f, const struct flow *flow);
bool field_is_all_ones(const union field_value *, size_t n_bytes);
bool field_is_zero(const union field_value *, size_t n_bytes);

/* Value and mask of the field in a match. */
void field_get_match(const struct field *f, const struct match *,
                     union field_value *value, union field_value *mask);
/* Sets it; 'mask' NULL means exact.  Error if the value cannot be (e.g. port
 * out of range); the caller checks prerequisites. */
struct error *field_set_match(const struct field *f,
                              const union field_value *value,
                              const union field_value *mask,
                              struct match *) WARN_UNUSED;

/* Text: "value" or "value/mask". */
struct error *field_parse(const struct field *f, const char *text,
                          const struct port_names *names,
                          union field_value *value,
                          union field_value *mask) WARN_UNUSED;
struct error *field_parse_value(const struct field *f, const char *text,
                                const struct port_names *names,
                                union field_value *value) WARN_UNUSED;
void field_format(const struct field *f, const union field_value *value,
                  const union field_value *mask,
                  const struct port_names *names, struct str *);

/* A part of a field, "NXM_NX_REG0[0..15]". */
struct subfield {
    const struct field *field;
    uint16_t start; /* First bit, from the least significant. */
    uint16_t n_bits;
};

struct error *subfield_parse(const char *text, struct subfield *) WARN_UNUSED;
/* Parses at the start of '*sp' and moves it past. */
struct error *subfield_parse_prefix(const char **sp,
                                    struct subfield *) WARN_UNUSED;
void subfield_format(const struct subfield *, struct str *);
/* The bits, right-aligned in all of 'valuep' (its last byte is the least
 * significant). */
void subfield_get(const struct subfield *, const struct flow *flow,
                  union field_value *valuep);
uint64_t subfield_get_u64(const struct subfield *, const struct flow *flow);
void subfield_set(const struct subfield *, const union field_value *value,
                  struct flow *flow);
void subfield_set_u64(const struct subfield *, uint64_t value,
                      struct flow *flow);
void subfield_mask_set(const struct subfield *, struct flow_mask *);
