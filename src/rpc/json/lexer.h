/* Tokens of JSON, for the parser, the cursor and the printer. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Checks the grammar of numbers (RFC 8259 section 6) for 's', which ends with
 * a null byte.  Returns NULL or what is wrong. */
const char *json_check_number(const char *s);
/* Whether the number that 's' has the form of is exactly an integer of 64 bits,
 * however it is written. */
bool json_scan_integer(const char *s, int64_t *valuep);
/* Appends the string with escapes between 's' and 'end' to 'out'; returns
 * what is wrong, to be freed, or NULL. */
char *json_unescape(const char *s, const char *end, struct str *out);
/* The first character from 's' on that cannot stand in a string as it is: a
 * control character, '"' or '\\'; or 'end'. */
const char *json_skip_plain(const char *s, const char *end);
