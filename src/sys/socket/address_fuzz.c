/* Fuzzes the texts of socket addresses. */

#include "sys/socket/address.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct sockaddr_storage ss;

    error_destroy(address_parse_active(text, 6640, &ss));
    error_destroy(address_parse_passive(text, -1, &ss));
    free(text);
    return 0;
}
