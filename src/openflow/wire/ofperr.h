/* OpenFlow errors: one enumeration over all versions, their codes in each
 * version from the table ofperr.def, and error messages. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/writer.h"

/* 0 is success. */
enum ofperr {
    OFPERR_NONE,

#define ERR(NAME, V10, V11, V12, V13, V14, V15) OFPERR_##NAME,
#include "openflow/wire/ofperr.def"
#undef ERR
    OFPERR_END
};

/* Number of an error in one version. */
struct ofperr_code {
    uint32_t vendor; /* 0: a standard one. */
    uint16_t type;   /* Not meaningful for vendors' from 1.2 on. */
    uint16_t code;
};

/* "OFPBRC_BAD_TYPE"; "<invalid>" for what is none. */
const char *ofperr_name(enum ofperr);
/* 0 if there is none. */
enum ofperr ofperr_from_name(const char *);
/* False if 'version' cannot express it. */
bool ofperr_code(enum ofperr, uint8_t version,
                 struct ofperr_code *codep) WARN_UNUSED;
/* 0 if unknown. */
enum ofperr ofperr_from_code(uint8_t version, uint32_t vendor, uint16_t type,
                             uint16_t code);

/* Appends a whole error message about the request, which is quoted as far as
 * there is room. */
void ofperr_encode_reply(enum ofperr, const void *request, size_t size,
                         struct writer *);
/* The error of a whole error message, 0 if it is unknown or malformed; what
 * the message quotes is in '*payloadp'. */
enum ofperr ofperr_decode(const void *message, size_t size,
                          const uint8_t **payloadp, size_t *payload_sizep);
