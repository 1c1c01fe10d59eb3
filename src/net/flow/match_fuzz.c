/* Parses arbitrary match text; what comes out must parse to itself. */

#include "net/flow/match.h"

#include <stdlib.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text CLEANUP(free_ptr) = xmemdup0((const char *) data, size);
    struct match m;
    struct flow flow;
    error_destroy(flow_parse(text, NULL, &flow, NULL));
    struct error *error = match_parse(text, NULL, &m);
    if (!error) {
        free(match_to_string(&m, 5, NULL));
    }
    error_destroy(error);
    return 0;
}
