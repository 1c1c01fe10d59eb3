/* OXM and NXM entries as text: NAME(VALUE/MASK). */

#include "openflow/wire/oxm.h"

/* The code with this header. */
static const char *
code_name(const struct field *f, const uint8_t *header)
{
    for (size_t i = 0; i < f->n_oxms; i++) {
        const struct field_oxm *c = &f->oxms[i];
        if (c->oxm_class == get_be16(header)
            && c->oxm_field == header[2] >> 1) {
            return c->name;
        }
    }
    return f->name;
}

void
oxm_format(const void *data, size_t size, struct str *s)
{
    struct reader r = reader_init(data, size);
    if (!size) {
        str_put(s, "<any>");
        return;
    }
    while (r.left) {
        const uint8_t *header = r.data;
        if (header != data) {
            str_put(s, ", ");
        }
        const struct field *f;
        unsigned len;
        bool has_mask;
        enum ofperr error = oxm_get_header(&r, &f, &len, &has_mask);
        const uint8_t *p = reader_take(&r, len);
        if (!p) {
            str_put(s, "(invalid)");
            return;
        }
        unsigned n = has_mask ? len / 2 : len;
        if (error) {
            str_putf(s, "%u:%u", get_be16(header), header[2] >> 1);
        } else {
            str_put(s, code_name(f, header));
        }
        str_put_char(s, '(');
        str_put_hex(s, p, n);
        if (has_mask) {
            str_put_char(s, '/');
            str_put_hex(s, p + n, n);
        }
        str_put_char(s, ')');
    }
}
