/* Matches as bytes: OXM and NXM lists, OpenFlow 1.0 and 1.1 structures. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/reader.h"
#include "base/str.h"
#include "base/writer.h"
#include "net/flow/field.h"
#include "net/flow/match.h"
#include "openflow/wire/ofperr.h"

enum {
    OF10_MATCH_SIZE = 40,
    OF11_MATCH_SIZE = 88,
};

/* The code of a field for 'version' (0: NXM), or NULL. */
const struct field_oxm *oxm_code(const struct field *, uint8_t version);
/* Appends a header of 4 or 8 bytes. */
void oxm_put_header(struct writer *, const struct field *, uint8_t version,
                    bool has_mask);
/* Takes a header; the payload's length, mask included, and whether there is a
 * mask.  OFPERR_OFPBMC_BAD_FIELD for an unknown field, then '*fieldp' NULL and
 * '*lenp' is set. */
enum ofperr oxm_get_header(struct reader *, const struct field **fieldp,
                           unsigned *lenp, bool *has_maskp) WARN_UNUSED;
/* A header, value and (NULL: none) mask. */
void oxm_put_field(struct writer *, const struct field *, uint8_t version,
                   const union field_value *value,
                   const union field_value *mask, size_t size);
/* Takes one entry; an exact one has a mask of ones. */
enum ofperr oxm_get_field(struct reader *, const struct field **fieldp,
                          union field_value *value,
                          union field_value *mask) WARN_UNUSED;

/* Entries of a match; 'version' 0 writes NXM.  Cookie entries only if
 * 'cookie_mask' is not 0.  No padding. */
void oxm_put_match(struct writer *, const struct match *, uint8_t version,
                   be64 cookie, be64 cookie_mask);
/* 'strict': unknown fields are errors.  'cookie' and 'cookie_mask' may be NULL:
 * then a cookie entry is an error. */
enum ofperr oxm_get_match(const void *data, size_t size, bool strict,
                          struct match *, be64 *cookie,
                          be64 *cookie_mask) WARN_UNUSED;
/* OpenFlow 1.2+: header, entries, padding to 8. */
void oxm_put_of_match(struct writer *, const struct match *, uint8_t version);
/* Takes what a version's match is (1.1: 88 bytes). '*padded_sizep' may be
 * NULL. */
enum ofperr oxm_get_of_match(struct reader *, uint8_t version,
                             struct match *) WARN_UNUSED;

void of10_match_put(struct writer *, const struct match *);
void of10_match_get(const uint8_t bytes[OF10_MATCH_SIZE], struct match *);
void of11_match_put(struct writer *, const struct match *);
enum ofperr of11_match_get(const uint8_t bytes[OF11_MATCH_SIZE],
                           struct match *) WARN_UNUSED;
/* "NXM_OF_IN_PORT(0001), NXM_OF_ETH_TYPE(0800)", "<any>" for none. */
void oxm_format(const void *data, size_t size, struct str *);
