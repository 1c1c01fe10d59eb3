/* Fuzzes the text of datapath actions: what parses must format and parse. */

#include "base/mem.h"
#include "datapath/odp/action.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *CLEANUP(free_ptr) text = xmemdup0((const char *) data, size);
    struct writer w = WRITER_INITIALIZER;
    struct str s = STR_INITIALIZER;
    error_destroy(odp_actions_parse(text, NULL, &w));
    odp_actions_format(w.data, w.size, NULL, &s);
    str_uninit(&s);
    writer_uninit(&w);
    return 0;
}
