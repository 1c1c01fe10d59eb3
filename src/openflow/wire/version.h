/* OpenFlow versions as on the wire, and sets of them. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

enum {
    OF10_VERSION = 1,
    OF11_VERSION = 2,
    OF12_VERSION = 3,
    OF13_VERSION = 4,
    OF14_VERSION = 5,
    OF15_VERSION = 6,
};

/* Bit v stands for wire version v. */
#define OF_VERSIONS_ALL 0x7e

/* "OpenFlow13", or NULL. */
const char *version_name(uint8_t version);
/* "OpenFlow13" in any case: the version, else 0. */
uint8_t version_from_name(const char *name);
/* Names separated by commas or white space: the set, or 0 if one of them is
 * unknown, which is then in '*badp' (the caller frees). */
uint32_t version_set_parse(const char *text, char **badp);
/* "OpenFlow10, OpenFlow13"; unknown ones as "0x07". */
void version_set_format(uint32_t set, struct str *);
/* The highest version in 'set', or 0. */
uint8_t version_set_highest(uint32_t set);
