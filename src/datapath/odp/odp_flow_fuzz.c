/* Fuzzes the text of keys, and what encoding makes of it. */

#include "base/mem.h"
#include "datapath/odp/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *CLEANUP(free_ptr) text = xmemdup0((const char *) data, size);
    struct writer w = WRITER_INITIALIZER;
    struct str s = STR_INITIALIZER;
    struct flow key;
    struct flow_mask mask;
    error_destroy(odp_flow_parse(text, NULL, &key, &mask));
    odp_flow_format(&key, &mask, NULL, ODP_FORMAT_VERBOSE, &s);
    odp_key_encode(&key, &mask, &w);
    error_destroy(odp_mask_decode(w.data, w.size, &key, &mask));
    str_uninit(&s);
    writer_uninit(&w);
    return 0;
}
