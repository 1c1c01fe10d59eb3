/* What each key attribute holds: one row per attribute, one per member. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/odp/attr.h"
#include "datapath/odp/key.h"

/* How a member is written. */
enum odp_member_text {
    ODP_TEXT_DEC,
    ODP_TEXT_HEX,
    ODP_TEXT_MAC,
    ODP_TEXT_IP4,
    ODP_TEXT_IP6,
    ODP_TEXT_FRAG,
};

/* How a member and the flow's field relate. */
enum odp_member_codec {
    ODP_CODEC_COPY,     /* The same bytes. */
    ODP_CODEC_FRAG,     /* FLOW_NW_FRAG_* to ODP_FRAG_*. */
    ODP_CODEC_U8_BE16,  /* 8 bits in the flow, be16 in the payload. */
    ODP_CODEC_BE16_U8,  /* be16 in the flow, 8 bits in the payload. */
    ODP_CODEC_U8_U32,   /* 8 bits in the flow, host u32 in the payload. */
    ODP_CODEC_U128,     /* struct u128, low half first. */
    ODP_CODEC_BE32_U32, /* Host order in the flow, big-endian payload. */
};

struct odp_member {
    const char *name;
    enum odp_member_text text;
    enum odp_member_codec codec;
    uint16_t flow_offset;
    uint8_t offset; /* In the payload. */
    uint8_t size;   /* Bytes there. */
    bool host;      /* Host byte order in the payload. */
};

/* Shapes of an attribute's text. */
enum odp_key_shape {
    ODP_SHAPE_STRUCT,    /* name(a=1,b=2) */
    ODP_SHAPE_SCALAR,    /* name(VALUE/MASK) of the one member. */
    ODP_SHAPE_PORT,      /* in_port */
    ODP_SHAPE_CT_STATE,  /* Flags. */
    ODP_SHAPE_TCP_FLAGS, /* Flags. */
    ODP_SHAPE_U128,      /* ct_label */
    ODP_SHAPE_PACKET_TYPE,
    ODP_SHAPE_ETHERTYPE,
    ODP_SHAPE_VLAN,
    ODP_SHAPE_MPLS,
    ODP_SHAPE_NSH,
    ODP_SHAPE_TUNNEL,
};

struct odp_key_type {
    const char *name;
    enum odp_key_attr attr;
    enum odp_key_shape shape;
    uint8_t size; /* Payload; 0: varies. */
    uint8_t n_members;
    const struct odp_member *members;
    /* Whether keys like 'flow' have the attribute; NULL: always. */
    bool (*has)(const struct flow *flow);
};

enum { ODP_KEY_MAX_SIZE = 64 }; /* Of payloads of fixed size. */

/* Rows in the order of printing. */
extern const struct odp_key_type odp_key_types[];
extern const size_t odp_n_key_types;

/* NULL if there is none. */
const struct odp_key_type *odp_key_type_find(enum odp_key_attr);
const struct odp_key_type *odp_key_type_find_name(const char *, size_t len);

/* Flow to payload of 'type->size' bytes and back; 'is_mask' for bits of a
 * mask. */
void odp_key_pack(const struct odp_key_type *, const struct flow *,
                  bool is_mask, void *payload);
void odp_key_unpack(const struct odp_key_type *, const void *payload,
                    bool is_mask, struct flow *);

/* How payloads are printed. */
struct odp_key_style {
    const struct odp_names *names; /* Or NULL. */
    bool verbose; /* Members that the mask leaves out are printed too. */
};

/* Appends "name(...)" for a payload; 'mask' NULL: exact; 'style' NULL: plain.
 * False if there was nothing to print. */
bool odp_key_format(const struct odp_key_type *, const void *value,
                    const void *mask, size_t size,
                    const struct odp_key_style *style, struct str *);
/* Parses the text in the parentheses; '*sp' is then at the ')'.  'value' and
 * 'mask' have ODP_KEY_MAX_SIZE bytes of zeros, '*sizep' is the payload's. */
struct error *odp_key_parse(const struct odp_key_type *, const char **sp,
                            const struct odp_names *, void *value, void *mask,
                            size_t *sizep) WARN_UNUSED;
/* "src=A,dst=B,..." of a tunnel. */
void odp_tunnel_format(const struct flow_tunnel *,
                       const struct flow_tunnel *mask, bool verbose,
                       struct str *);
struct error *odp_tunnel_parse(const char **sp, struct flow_tunnel *,
                               struct flow_tunnel *mask) WARN_UNUSED;
void odp_tunnel_encode(const struct flow_tunnel *,
                       const struct flow_tunnel *mask, struct writer *);
struct error *odp_tunnel_decode(const uint8_t *, size_t size, bool is_mask,
                                struct flow_tunnel *) WARN_UNUSED;
