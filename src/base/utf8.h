/* UTF-8: RFC 3629. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

/* Decodes the character at the start of the 'size' bytes at 's'.  Returns its
 * length, or 0 if the bytes are not a well-formed character. */
size_t utf8_decode(const char *s, size_t size, uint32_t *code_pointp);
/* Whether all 'size' bytes are well-formed; if not, '*offsetp' (optional) is
 * where the first bad character begins. */
bool utf8_check(const char *s, size_t size, size_t *offsetp);
/* Appends 'code_point', which must be a Unicode scalar value. */
void utf8_put(struct str *, uint32_t code_point);
