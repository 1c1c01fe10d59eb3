/* What parses must print, and what was printed must parse and print the same.
 * Printing rounds reals to 15 digits, after which one may be an integer: only
 * what was printed twice is final. */

#include "rpc/json/parser.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parses and prints 'text', which it frees. */
static char *
again(char *text)
{
    struct json *json;
    struct error *error = json_parse_string(text, &json);
    assert(!error);
    free(text);
    text = json_print(json, JSON_SORT);
    json_unref(json);
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    struct error *error = json_parse((const char *) data, size, &json);
    if (!error) {
        char *twice = again(json_print(json, JSON_SORT));
        char *thrice = again(xstrdup(twice));
        assert(!strcmp(twice, thrice));
        free(twice);
        free(thrice);
        json_unref(json);
    }
    error_destroy(error);
    return 0;
}
