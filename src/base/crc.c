/* CRC-32C by a table of 256 remainders. */

#include "base/crc.h"

#include "base/compiler.h"

/* The polynomial 0x1edc6f41, bits reversed. */
#define CRC32C_POLYNOMIAL 0x82f63b78u

static uint32_t table[256];

CONSTRUCTOR static void
crc_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
        }
        table[i] = crc;
    }
}

uint32_t
crc32c_update(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *p = data;
    crc = ~crc;
    while (size--) {
        crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
    }
    return ~crc;
}
