/* Fuzzing of JSON-RPC messages: what decodes prints and decodes again. */

#include "base/str.h"
#include "rpc/jsonrpc/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    struct error *error = json_parse((const char *) data, size, &json);
    struct jsonrpc_message *message = NULL;
    if (!error) {
        error = jsonrpc_message_decode(json, &message);
    }
    if (!error) {
        struct str s = STR_INITIALIZER;
        jsonrpc_message_put(&s, message, NULL);
        struct error *again = json_parse_string(str_text(&s), &json);
        assert(!again);
        json_unref(json);
        str_uninit(&s);
    }
    error_destroy(error);
    jsonrpc_message_destroy(message);
    return 0;
}
