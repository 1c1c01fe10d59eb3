/* Any text as a flow: what parses encodes in every protocol that is usable. */

#include "openflow/message/flow_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = STR_INITIALIZER;
    str_put_n(&text, (const char *) data, size);
    struct flow_mod fm;
    unsigned int usable;
    struct error *error =
        flow_mod_parse(str_text(&text), -1, NULL, &fm, &usable);
    struct writer w = WRITER_INITIALIZER;
    for (int i = 0; !error && i < N_FLOW_PROTOCOLS; i++) {
        if (usable & 1u << i) {
            flow_mod_encode(&fm, i, 1, &w);
        }
    }
    error_destroy(error);
    writer_uninit(&w), str_uninit(&text), flow_mod_uninit(&fm);
    return 0;
}
