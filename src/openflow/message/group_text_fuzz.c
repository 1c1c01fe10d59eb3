/* Any text as a group: what parses encodes in every version that is usable,
 * and what is encoded so decodes or is refused. */

#include "openflow/message/group_text.h"

#include "openflow/message/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
decode(const struct writer *w)
{
    struct message m;
    if (w->size > MESSAGE_MAX_SIZE || message_decode(w->data, w->size, &m)) {
        return;
    }
    struct group_mod gm;
    struct str s = STR_INITIALIZER;
    if (!group_mod_decode(&m, &gm)) {
        group_mod_format(&gm, NULL, true, &s);
    }
    group_desc_uninit(&gm.desc);
    str_uninit(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = STR_INITIALIZER;
    str_put_n(&text, (const char *) data, size);
    struct group_mod gm;
    unsigned int usable;
    struct error *error =
        group_mod_parse(str_text(&text), -1, NULL, &gm, &usable);
    for (int i = 0; !error && i < N_FLOW_PROTOCOLS; i++) {
        if (usable & 1u << i) {
            struct writer w = WRITER_INITIALIZER;
            group_mod_encode(&gm, flow_protocol_version(i), 1, &w);
            decode(&w);
            writer_uninit(&w);
        }
    }
    error_destroy(error);
    str_uninit(&text), group_desc_uninit(&gm.desc);
    return 0;
}
