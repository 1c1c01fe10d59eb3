/* Any text as a meter: what parses, encodes and decodes to the same. */

#include "openflow/message/meter_text.h"

#include "openflow/wire/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
round_trip(const struct meter_mod *mm, uint8_t version)
{
    struct writer w = WRITER_INITIALIZER;
    struct message m;
    struct meter_mod back;
    struct str before = STR_INITIALIZER, after = STR_INITIALIZER;
    meter_mod_encode(mm, version, 1, &w);
    if (w.size <= MESSAGE_MAX_SIZE && !message_decode(w.data, w.size, &m)) {
        if (!meter_mod_decode(&m, &back)) {
            meter_config_format(&mm->config, &before);
            meter_config_format(&back.config, &after);
            assert(mm->command == METER_DELETE
                   || !strcmp(str_text(&before), str_text(&after)));
        }
        meter_config_uninit(&back.config);
    }
    str_uninit(&before);
    str_uninit(&after);
    writer_uninit(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) {
        return 0;
    }
    struct str text = STR_INITIALIZER;
    str_put_n(&text, (const char *) data + 1, size - 1);
    struct meter_mod mm;
    struct error *error = meter_mod_parse(str_text(&text), data[0] % 3u, &mm);
    for (uint8_t v = OF13_VERSION; !error && v <= OF15_VERSION; v++) {
        round_trip(&mm, v);
    }
    error_destroy(error);
    str_uninit(&text);
    meter_config_uninit(&mm.config);
    return 0;
}
