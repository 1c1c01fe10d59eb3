/* Parts of fields. */

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/field.h"

/* The decimal number of up to four digits at '*sp', which moves past it; -1
 * if there is none. */
static int
take_number(const char **sp)
{
    const char *s = *sp;
    int n = 0;
    while (*s >= '0' && *s <= '9' && s - *sp < 5) {
        n = n * 10 + (*s++ - '0');
    }
    if (s == *sp) {
        return -1;
    }
    *sp = s;
    return n;
}

/* "]", "BIT]" or "START..END]". */
static bool
parse_range(const char **sp, const struct field *f, int *startp, int *endp)
{
    const char *s = *sp;
    *startp = 0;
    *endp = f->n_bits - 1;
    if (*s != ']') {
        *startp = *endp = take_number(&s);
        if (*startp < 0) {
            return false;
        }
        if (s[0] == '.' && s[1] == '.') {
            s += 2;
            *endp = take_number(&s);
            if (*endp < 0) {
                return false;
            }
        }
    }
    if (*s != ']') {
        return false;
    }
    *sp = s + 1;
    return true;
}

struct error *
subfield_parse_prefix(const char **sp, struct subfield *sf)
{
    const char *text = *sp;
    memset(sf, 0, sizeof *sf);
    size_t len = strcspn(text, "[- ");
    char *name CLEANUP(free_ptr) = xmemdup0(text, len);
    const struct field *f = field_from_name(name);
    if (!f) {
        return error_create("%s: unknown field `%s'", text, name);
    }
    const char *s = text + len;
    int start = 0, end = f->n_bits - 1;
    if (*s == '[') {
        s++;
        if (!parse_range(&s, f, &start, &end)) {
            return error_create("%s: syntax error expecting [] or [<bit>] or "
                                "[<start>..<end>]",
                                text);
        }
    }
    if (start > end) {
        return error_create("%s: starting bit %d is after ending bit %d", text,
                            start, end);
    }
    if (start >= f->n_bits) {
        return error_create("%s: starting bit %d is not valid because field "
                            "is only %d bits wide",
                            text, start, f->n_bits);
    }
    if (end >= f->n_bits) {
        return error_create("%s: ending bit %d is not valid because field is "
                            "only %d bits wide",
                            text, end, f->n_bits);
    }
    *sf = (struct subfield){ f, start, end - start + 1 };
    *sp = s;
    return NULL;
}

struct error *
subfield_parse(const char *text, struct subfield *sf)
{
    const char *s = text;
    struct error *error = subfield_parse_prefix(&s, sf);
    if (!error && *s) {
        memset(sf, 0, sizeof *sf);
        error = error_create("unexpected input following field syntax");
    }
    return error;
}

void
subfield_format(const struct subfield *sf, struct str *s)
{
    const struct field *f = sf->field;
    if (!f) {
        str_put(s, "<unknown>");
        return;
    }
    str_put(s, f->n_oxms ? f->oxms[0].name : f->name);
    if (!sf->start && sf->n_bits == f->n_bits) {
        str_put(s, "[]");
    } else if (sf->n_bits == 1) {
        str_putf(s, "[%d]", sf->start);
    } else {
        str_putf(s, "[%d..%d]", sf->start, sf->start + sf->n_bits - 1);
    }
}

/* Bits of a big-endian number of 'len' bytes, from bit 'start' on, which
 * counts from the least significant. */
struct bits {
    uint8_t *bytes;
    unsigned len;
    unsigned start;
};

/* As many bits at a time as both have left in their byte. */
static void
copy_bits(struct bits src, struct bits dst, unsigned n)
{
    while (n) {
        unsigned from = src.start % 8, to = dst.start % 8;
        unsigned chunk = MIN(MIN(8 - from, 8 - to), n);
        unsigned mask = (1u << chunk) - 1;
        unsigned bits = src.bytes[src.len - 1 - src.start / 8] >> from & mask;
        uint8_t *p = &dst.bytes[dst.len - 1 - dst.start / 8];
        *p = (*p & ~(mask << to)) | bits << to;
        src.start += chunk;
        dst.start += chunk;
        n -= chunk;
    }
}

/* All bits of a value that is right-aligned in its whole union. */
static struct bits
whole_value(union field_value *v)
{
    return (struct bits){ v->bytes, sizeof *v, 0 };
}

/* The subfield's bits in a value of its field. */
static struct bits
field_bits(const struct subfield *sf, union field_value *v)
{
    return (struct bits){ v->bytes, sf->field->n_bytes, sf->start };
}

void
subfield_get(const struct subfield *sf, const struct flow *flow,
             union field_value *v)
{
    union field_value all;
    field_get(sf->field, flow, &all);
    memset(v, 0, sizeof *v);
    copy_bits(field_bits(sf, &all), whole_value(v), sf->n_bits);
}

uint64_t
subfield_get_u64(const struct subfield *sf, const struct flow *flow)
{
    union field_value v;
    subfield_get(sf, flow, &v);
    return get_be64(v.bytes + sizeof v - 8);
}

void
subfield_set(const struct subfield *sf, const union field_value *v,
             struct flow *flow)
{
    union field_value all;
    field_get(sf->field, flow, &all);
    union field_value copy = *v;
    copy_bits(whole_value(&copy), field_bits(sf, &all), sf->n_bits);
    field_set(sf->field, &all, flow);
}

void
subfield_set_u64(const struct subfield *sf, uint64_t value, struct flow *flow)
{
    union field_value v;
    memset(&v, 0, sizeof v);
    put_be64(v.bytes + sizeof v - 8, value);
    subfield_set(sf, &v, flow);
}

void
subfield_mask_set(const struct subfield *sf, struct flow_mask *m)
{
    union field_value ones, bits;
    memset(&ones, 0xff, sizeof ones);
    memset(&bits, 0, sizeof bits);
    copy_bits(whole_value(&ones), field_bits(sf, &bits), sf->n_bits);
    if (!sf->start && sf->n_bits == sf->field->n_bits) {
        bits = ones;
    }
    field_mask_set_bits(sf->field, &bits, m);
}
