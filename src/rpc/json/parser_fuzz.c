/* What parses must print, and what was printed must parse to the same. */

#include "rpc/json/parser.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json, *again;
    struct error *error = json_parse((const char *) data, size, &json);
    if (!error) {
        char *text = json_print(json, JSON_SORT);
        error = json_parse_string(text, &again);
        char *text2 = error ? NULL : json_print(again, JSON_SORT);
        assert(!error && !strcmp(text, text2));
        json_unref(again);
        json_unref(json);
        free(text);
        free(text2);
    }
    error_destroy(error);
    return 0;
}
