/* Fuzzes attributes of keys and of actions. */

#include <string.h>

#include "base/mem.h"
#include "datapath/odp/action.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flow key;
    struct str s = STR_INITIALIZER;
    uint8_t *CLEANUP(free_ptr) copy = xmemdup(data, size);
    error_destroy(odp_key_decode(copy, size, &key));
    struct error *error = odp_actions_check(copy, size);
    if (!error) {
        odp_actions_format(copy, size, NULL, &s);
    }
    error_destroy(error);
    str_uninit(&s);
    return 0;
}
