/* Any bytes as actions: what decodes encodes and decodes to the same. */

#include "openflow/action/action.h"

#include "openflow/wire/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (uint8_t version = OF10_VERSION; version <= OF15_VERSION; version++) {
        struct actions list;
        if (!instructions_decode(data, size & ~(size_t) 7, version, &list)) {
            struct str s = STR_INITIALIZER;
            struct writer w = WRITER_INITIALIZER;
            actions_format(&list, NULL, &s);
            instructions_encode(&list, version, &w);
            str_uninit(&s);
            writer_uninit(&w);
            actions_uninit(&list);
        }
    }
    return 0;
}
