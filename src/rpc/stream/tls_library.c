/* OpenSSL, loaded when it is first needed. */

#include <dlfcn.h>
#include <string.h>

#include "rpc/stream/tls_private.h"
#include "sys/log/log.h"

LOG_MODULE(stream_ssl);

#define VALUE_OF(X) STRINGIFY(X)

struct tls_library tls;

static bool
load(void)
{
    static const char file[] = "libssl.so." VALUE_OF(OPENSSL_SHLIB_VERSION);
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        log_err("TLS is not available: %s", dlerror());
        return false;
    }

    static const struct {
        const char *name;
        size_t offset;
    } functions[] = {

#define ROW(NAME) { #NAME, offsetof(struct tls_library, NAME) },
        TLS_FUNCTIONS(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function) {
            log_err("TLS is not available: %s", dlerror());
            return false;
        }
        memcpy((char *) &tls + functions[i].offset, &function,
               sizeof function);
    }
    return true;
}

bool
tls_load(void)
{
    static enum { NOT_TRIED, LOADED, FAILED } state;

    if (state == NOT_TRIED) {
        state = load() ? LOADED : FAILED;
    }
    return state == LOADED;
}

void
tls_put_errors(struct str *s)
{
    unsigned long code;
    const char *separator = "";
    while ((code = tls.ERR_get_error())) {
        const char *reason = tls.ERR_reason_error_string(code);
        char number[256];
        if (!reason) {
            tls.ERR_error_string_n(code, number, sizeof number);
            reason = number;
        }
        str_putf(s, "%s%s", separator, reason);
        separator = ", ";
    }
}
