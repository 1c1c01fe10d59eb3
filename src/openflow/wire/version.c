/* Names of OpenFlow versions. */

#include "openflow/wire/version.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char *const names[] = {
    [OF10_VERSION] = "OpenFlow10", [OF11_VERSION] = "OpenFlow11",
    [OF12_VERSION] = "OpenFlow12", [OF13_VERSION] = "OpenFlow13",
    [OF14_VERSION] = "OpenFlow14", [OF15_VERSION] = "OpenFlow15",
};

const char *
version_name(uint8_t version)
{
    return version < ARRAY_SIZE(names) ? names[version] : NULL;
}

uint8_t
version_from_name(const char *name)
{
    for (uint8_t v = OF10_VERSION; v <= OF15_VERSION; v++) {
        if (!strcasecmp(name, names[v])) {
            return v;
        }
    }
    return 0;
}

uint32_t
version_set_parse(const char *text, char **badp)
{
    *badp = NULL;
    uint32_t set = 0;
    static const char separators[] = " ,\t\r\n";
    for (;;) {
        text += strspn(text, separators);
        size_t len = strcspn(text, separators);
        if (!len) {
            return set;
        }
        char *name = xmemdup0(text, len);
        uint8_t version = version_from_name(name);
        if (!version) {
            *badp = name;
            return 0;
        }
        free(name);
        set |= 1u << version;
        text += len;
    }
}

void
version_set_format(uint32_t set, struct str *s)
{
    const char *separator = "";
    for (unsigned v = 0; v < 32; v++) {
        if (set & 1u << v) {
            const char *name = version_name(v);
            str_put(s, separator);
            if (name) {
                str_put(s, name);
            } else {
                str_putf(s, "0x%02x", v);
            }
            separator = ", ";
        }
    }
}

uint8_t
version_set_highest(uint32_t set)
{
    return set ? 31 - __builtin_clz(set) : 0;
}
