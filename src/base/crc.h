/* CRC-32C (Castagnoli), as SCTP and journals use it: RFC 3720 appendix B.4. */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* Continues 'crc', 0 at first, over 'size' bytes. */
uint32_t crc32c_update(uint32_t crc, const void *data, size_t size);
