/* Messages as bytes never crash who prints them. */

#include "openflow/message/print.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = STR_INITIALIZER;
    message_format(data, size, NULL, 3, &s);
    str_uninit(&s);
    return 0;
}
