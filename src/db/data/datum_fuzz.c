/* Fuzzes datums as text and as JSON: what parses must print and parse again
 * to the same. */

#include "db/data/datum.h"

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct type type = { .n_max = TYPE_UNLIMITED };
    base_type_init(&type.key, size % ATOM_UUID + 1);
    base_type_init(&type.value, size / 8 % 2 ? ATOM_STRING : ATOM_VOID);
    char *text = xmemdup0((const char *) data, size);
    struct str printed = STR_INITIALIZER;
    struct datum a, b;
    struct error *error = datum_from_text(&a, &type, text, NULL);
    if (!error) {
        datum_format(&printed, &a, &type);
        error = datum_from_text(&b, &type, str_text(&printed), NULL);
        assert(!error
               && (type.key.type == ATOM_REAL || datum_equal(&a, &b, &type)));
        datum_uninit(&a, &type);
        datum_uninit(&b, &type);
    }
    return error_destroy(error), str_uninit(&printed), free(text), 0;
}
