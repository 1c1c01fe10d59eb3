/* Keys of datapath flows: struct flow to netlink attributes and to text, and
 * back.  One table (key_table.h) says what the attributes hold.
 *
 * In a key, in_port is a datapath port number. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/writer.h"
#include "net/flow/flow.h"

/* Names of datapath ports; NULL pointers to it mean numbers. */
struct odp_names {
    /* Borrowed name or NULL. */
    const char *(*name_of)(const struct odp_names *, uint32_t port);
    bool (*port_of)(const struct odp_names *, const char *name,
                    uint32_t *portp);
};

/* Appends the attributes of 'key'; with 'mask' not NULL, those of the mask,
 * where 'key' only says which attributes there are. */
void odp_key_encode(const struct flow *key, const struct flow_mask *mask,
                    struct writer *);
/* A key from attributes. */
struct error *odp_key_decode(const uint8_t *, size_t size,
                             struct flow *) WARN_UNUSED;
/* A mask from attributes, for 'key'. */
struct error *odp_mask_decode(const uint8_t *, size_t size,
                              const struct flow *key,
                              struct flow_mask *) WARN_UNUSED;

enum odp_format_flags {
    ODP_FORMAT_VERBOSE = 1 << 0, /* Wildcarded fields too: -m. */
};

/* Appends "recirc_id(0),in_port(1),..."; 'mask' NULL: all exact. */
void odp_flow_format(const struct flow *key, const struct flow_mask *mask,
                     const struct odp_names *, unsigned flags, struct str *);
/* Parses what odp_flow_format() prints; what is not named is zero and
 * wildcarded.  'mask' NULL: masks are ignored.  An error says where. */
struct error *odp_flow_parse(const char *, const struct odp_names *,
                             struct flow *key,
                             struct flow_mask *mask) WARN_UNUSED;
/* The same; sets the bits of the attributes (enum odp_key_attr) that the text
 * names, in the innermost encap() where there is one. */
struct error *odp_flow_parse_named(const char *, const struct odp_names *,
                                   struct flow *key, struct flow_mask *mask,
                                   uint64_t *namedp) WARN_UNUSED;
/* Whether the named attributes are those that packets of the key have, and
 * the mask looks into no layer that it does not tell apart. */
bool odp_flow_fits(const struct flow *key, const struct flow_mask *,
                   uint64_t named);
/* "8-4-4-4-12" without or with "ufid:" in front. */
bool odp_ufid_parse(const char *, struct uuid *) WARN_UNUSED;
void odp_ufid_format(const struct uuid *, struct str *);
