/* Printing what controllers ask about groups and meters. */

#include <inttypes.h>

#include "openflow/message/print_private.h"
#include "openflow/message/table_bits.h"

#define ALL_GROUPS 0xfffffffc /* OpenFlow 1.1 §A.3.4.2. */
#define ALL_METERS 0xffffffff /* OpenFlow 1.3 §A.3.4.4. */

enum ofperr
print_group_request(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    /* Until 1.4 descriptions come of all. */
    uint32_t id = p->m->body_size ? reader_u32(&r) : ALL_GROUPS;
    if (id == ALL_GROUPS) {
        str_put(p->s, " group_id=ALL");
    } else {
        str_putf(p->s, " group_id=%" PRIu32, id);
    }
    return 0;
}

enum ofperr
print_group_features(struct print *p)
{
    static const char *const names[] = { "all", "select", "indirect",
                                         "fast failover" };
    struct reader r = reader_init(p->m->body, p->m->body_size);
    uint32_t types = reader_u32(&r);
    uint32_t capabilities = reader_u32(&r);
    uint32_t max[ARRAY_SIZE(names)];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        max[i] = reader_u32(&r);
    }
    str_putf(p->s,
             "\n Group table:\n    Types:  0x%" PRIx32
             "\n    Capabilities:  0x%" PRIx32 "\n",
             types, capabilities);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        uint32_t actions = reader_u32(&r);
        if (!(types & 1u << i)) {
            continue;
        }
        str_putf(p->s, "    %s group:\n       max_groups=%#" PRIx32 "\n",
                 names[i], max[i]);
        str_put(p->s, "       actions:");
        actions = table_actions_from_wire(actions, OF12_VERSION);
        if (actions) {
            table_actions_format(actions, p->s);
        } else {
            str_put(p->s, " <none>");
        }
        str_put_char(p->s, '\n');
    }
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

enum ofperr
print_meter_request(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    uint32_t id = reader_u32(&r);
    if (id == ALL_METERS) {
        str_put(p->s, " meter=all");
    } else {
        str_putf(p->s, " meter=%" PRIu32, id);
    }
    return 0;
}

/* Names of the bits from 'first' on, the rest as a number. */
static void
put_bits(uint32_t bits, unsigned int first, const char *const *names,
         struct str *s)
{
    if (!bits) {
        str_put(s, "0\n");
        return;
    }
    for (; *names; names++, first++) {
        if (bits & 1u << first) {
            str_putf(s, "%s ", *names);
            bits &= ~(1u << first);
        }
    }
    if (bits) {
        str_putf(s, "0x%" PRIx32 " ", bits);
    }
    str_truncate(s, s->len - 1);
    str_put_char(s, '\n');
}

enum ofperr
print_meter_features(struct print *p)
{
    static const char *const bands[] = { "drop", "dscp_remark", NULL };
    static const char *const capabilities[] = { "kbps", "pktps", "burst",
                                                "stats", NULL };
    struct reader r = reader_init(p->m->body, p->m->body_size);
    uint32_t max = reader_u32(&r);
    uint32_t band_types = reader_u32(&r);
    uint32_t can = reader_u32(&r);
    uint8_t max_bands = reader_u8(&r);
    uint8_t max_color = reader_u8(&r);
    str_putf(p->s,
             "\nmax_meter:%" PRIu32 " max_bands:%u max_color:%u\n"
             "band_types: ",
             max, max_bands, max_color);
    put_bits(band_types, 1, bands, p->s);
    str_put(p->s, "capabilities: ");
    put_bits(can, 0, capabilities, p->s);
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

enum ofperr
print_later(struct print *p)
{
    if (p->m->body_size) {
        str_put(p->s, " (printing this is not supported yet)\n");
        str_put_hexdump(p->s, p->m->data, p->m->size, 0, true);
    }
    return 0;
}
