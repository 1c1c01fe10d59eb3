/* OpenFlow errors by name and by code, from the table. */

#include "openflow/wire/ofperr.h"

#include <string.h>

#include "base/be.h"
#include "base/reader.h"
#include "openflow/wire/version.h"

enum {
    VENDOR_NX = 0x00002320,
    VENDOR_ONF = 0x4f4e4600,
    ERROR_MESSAGE = 1,
    TYPE_EXPERIMENTER = 0xffff, /* OpenFlow 1.2+. */
    TYPE_VENDOR = 0xb0c2,       /* Nicira's, before 1.2. */
    HEADER = 8,
    QUOTED_MAX = 65535 - 20, /* Bytes of the request in a reply. */
};

struct cell {
    uint32_t vendor;
    int32_t type; /* -1: not expressible. */
    uint16_t code;
};

struct row {
    const char *name;
    struct cell cells[6];
};

#define S(TYPE, CODE) \
    {                 \
        0, TYPE, CODE \
    }
#define NX(TYPE, CODE)        \
    {                         \
        VENDOR_NX, TYPE, CODE \
    }
#define ONF(TYPE, CODE)        \
    {                          \
        VENDOR_ONF, TYPE, CODE \
    }
#define X(VENDOR, TYPE, CODE) \
    {                         \
        VENDOR, TYPE, CODE    \
    }
#define NO       \
    {            \
        0, -1, 0 \
    }

static const struct row rows[OFPERR_END] = {
#define ERR(NAME, V10, V11, V12, V13, V14, V15) \
    [OFPERR_##NAME] = { #NAME, { V10, V11, V12, V13, V14, V15 } },
#include "openflow/wire/ofperr.def"
#undef ERR
};

static bool
is_valid(enum ofperr error)
{
    return error > OFPERR_NONE && error < OFPERR_END;
}

const char *
ofperr_name(enum ofperr error)
{
    return is_valid(error) ? rows[error].name : "<invalid>";
}

enum ofperr
ofperr_from_name(const char *name)
{
    for (enum ofperr e = 1; e < OFPERR_END; e++) {
        if (!strcmp(rows[e].name, name)) {
            return e;
        }
    }
    return 0;
}

bool
ofperr_code(enum ofperr error, uint8_t version, struct ofperr_code *codep)
{
    *codep = (struct ofperr_code){ 0 };
    if (!is_valid(error) || version < OF10_VERSION || version > OF15_VERSION) {
        return false;
    }
    const struct cell *c = &rows[error].cells[version - 1];
    if (c->type < 0) {
        return false;
    }
    *codep = (struct ofperr_code){ c->vendor, c->type, c->code };
    return true;
}

enum ofperr
ofperr_from_code(uint8_t version, uint32_t vendor, uint16_t type,
                 uint16_t code)
{
    for (enum ofperr e = 1; e < OFPERR_END; e++) {
        struct ofperr_code c;
        if (ofperr_code(e, version, &c) && c.vendor == vendor && c.code == code
            && (c.type == type || (vendor && version >= OF12_VERSION))) {
            return e;
        }
    }
    return 0;
}

void
ofperr_encode_reply(enum ofperr error, const void *request, size_t size,
                    struct writer *w)
{
    const uint8_t *bytes = request;
    uint8_t version = size ? bytes[0] : 0;
    if (version < OF10_VERSION || version > OF15_VERSION) {
        version = OF10_VERSION;
    }
    struct ofperr_code c;
    if (!ofperr_code(error, version, &c)
        && !ofperr_code(OFPERR_NXBRC_UNENCODABLE_ERROR, version, &c)) {
        NOT_REACHED();
    }
    size_t start = w->size;
    writer_u8(w, version);
    writer_u8(w, ERROR_MESSAGE);
    writer_u16(w, 0);
    writer_u32(w, size >= HEADER ? get_be32(bytes + 4) : 0);
    if (!c.vendor) {
        writer_u16(w, c.type);
        writer_u16(w, c.code);
    } else if (version >= OF12_VERSION) {
        writer_u16(w, TYPE_EXPERIMENTER);
        writer_u16(w, c.code);
        writer_u32(w, c.vendor);
    } else {
        writer_u16(w, TYPE_VENDOR);
        writer_u16(w, 0);
        writer_u32(w, c.vendor);
        writer_u16(w, c.type);
        writer_u16(w, c.code);
    }
    writer_put(w, request, MIN(size, QUOTED_MAX));
    writer_set_u16(w, start + 2, w->size - start);
}

enum ofperr
ofperr_decode(const void *message, size_t size, const uint8_t **payloadp,
              size_t *payload_sizep)
{
    struct reader r = reader_init(message, size);
    uint8_t version = reader_u8(&r);
    reader_skip(&r, HEADER - 1);
    uint16_t type = reader_u16(&r);
    uint16_t code = reader_u16(&r);
    uint32_t vendor = 0;
    if (type == TYPE_VENDOR && !code && version < OF12_VERSION) {
        vendor = reader_u32(&r);
        type = reader_u16(&r);
        code = reader_u16(&r);
    } else if (type == TYPE_EXPERIMENTER && version >= OF12_VERSION) {
        vendor = reader_u32(&r);
    }
    *payloadp = r.data;
    *payload_sizep = r.left;
    return r.failed ? 0 : ofperr_from_code(version, vendor, type, code);
}
