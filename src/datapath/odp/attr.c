/* Netlink attributes in buffers. */

#include "datapath/odp/attr.h"

#include <string.h>

uint32_t
odp_attr_u32(const struct odp_attr *a)
{
    uint32_t x;
    memcpy(&x, odp_attr_data(a), sizeof x);
    return x;
}

uint16_t
odp_attr_u16(const struct odp_attr *a)
{
    uint16_t x;
    memcpy(&x, odp_attr_data(a), sizeof x);
    return x;
}

const struct odp_attr *
odp_attr_next(const void **datap, size_t *sizep)
{
    const struct odp_attr *a = *datap;
    if (*sizep < sizeof *a || a->len < sizeof *a || a->len > *sizep) {
        return NULL;
    }
    size_t whole = MIN(ROUND_UP((size_t) a->len, 4), *sizep);
    *datap = (const uint8_t *) *datap + whole;
    *sizep -= whole;
    return a;
}

void
odp_put_attr(struct writer *w, uint16_t type, const void *data, size_t size)
{
    struct odp_attr header = { sizeof header + size, type };
    uint8_t *p = writer_grow(w, sizeof header + ROUND_UP(size, 4));
    memcpy(p, &header, sizeof header);
    p += sizeof header;
    if (size) {
        memcpy(p, data, size);
        memset(p + size, 0, ROUND_UP(size, 4) - size);
    }
}

void
odp_put_u32(struct writer *w, uint16_t type, uint32_t x)
{
    odp_put_attr(w, type, &x, sizeof x);
}

void
odp_put_u16(struct writer *w, uint16_t type, uint16_t x)
{
    odp_put_attr(w, type, &x, sizeof x);
}

void
odp_put_flag(struct writer *w, uint16_t type)
{
    odp_put_attr(w, type, NULL, 0);
}

size_t
odp_begin_nested(struct writer *w, uint16_t type)
{
    size_t start = w->size;
    odp_put_attr(w, type, NULL, 0);
    return start;
}

void
odp_end_nested(struct writer *w, size_t start)
{
    uint16_t len = w->size - start;
    memcpy(w->data + start, &len, sizeof len);
}

void
odp_cancel_nested(struct writer *w, size_t start)
{
    writer_truncate(w, start);
}
