/* Fuzzes the specifications of log levels. */

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sys/log/log_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct str s = STR_INITIALIZER;

    error_destroy(log_configure(text));
    log_format(&s, text, "module", LOG_LEVEL_INFO, 1, "text");
    str_uninit(&s);
    free(text);
    return 0;
}
