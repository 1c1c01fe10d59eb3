/* Strict parsing of numbers and small texts.  Every function is all or
 * nothing: it takes the whole string, sets its output only on success (0 or
 * NULL otherwise) and never touches errno. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* An integer in base 10, or 16 after 0x, or 8 after 0 if 'base' is 0.  No
 * white space, no sign for the unsigned ones. */
bool scan_u64(const char *, int base, uint64_t *valuep) WARN_UNUSED;
bool scan_u32(const char *, int base, uint32_t *valuep) WARN_UNUSED;
bool scan_u16(const char *, int base, uint16_t *valuep) WARN_UNUSED;
bool scan_u8(const char *, int base, uint8_t *valuep) WARN_UNUSED;
bool scan_i64(const char *, int base, int64_t *valuep) WARN_UNUSED;
bool scan_int(const char *, int base, int *valuep) WARN_UNUSED;
/* Finite decimal floating point. */
bool scan_double(const char *, double *valuep) WARN_UNUSED;
/* Value of a hex digit, or -1. */
int scan_hex_digit(char);
/* Pairs of hex digits with white space, '.' or ':' between them, up to a
 * character that is neither; writes at most 'max' bytes, returns how many,
 * and the first character not used in '*endp'. */
size_t scan_hex_bytes(const char *, uint8_t *bytes, size_t max,
                      const char **endp);
/* "true"/"false". */
bool scan_bool(const char *, bool *valuep) WARN_UNUSED;
/* Whether 's' begins with 'prefix'; if so and 'restp' is not NULL, what
 * follows it. */
bool scan_prefix(const char *s, const char *prefix, const char **restp);
bool scan_suffix(const char *s, const char *suffix);
/* Takes the next token of '*sp' that ends at a character of 'separators' (as
 * strsep(), skipping empty ones); NULL at the end. */
char *scan_token(char **sp, const char *separators);
/* Takes the next KEY, KEY=VALUE, KEY:VALUE or KEY(VALUE) from '*sp', whose
 * items are separated by commas or white space, writing null bytes into the
 * text.  Parentheses nest in values.  '*valuep' is "" if there is none.
 * '*delimiterp' (optional) is the character after the key: '=', ':', '(' or 0.
 * False at the end. */
bool scan_key_value(char **sp, char **keyp, char **valuep, char *delimiterp);
