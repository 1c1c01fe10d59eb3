/* Printing meters. */

#include <inttypes.h>

#include "openflow/message/meter_text.h"
#include "openflow/message/print_private.h"

enum ofperr
print_meter_request(struct print *p)
{
    str_put(p->s, " meter=");
    meter_id_format(meter_request_decode(p->m), p->s);
    return 0;
}

enum ofperr
print_meter_mod(struct print *p)
{
    static const char *const commands[] = { "ADD", "MOD", "DEL" };
    struct meter_mod mm;
    enum ofperr error = meter_mod_decode(p->m, &mm);
    if (!error) {
        str_putf(p->s, " %s ", commands[mm.command]);
        meter_config_format(&mm.config, p->s);
    }
    meter_config_uninit(&mm.config);
    return error;
}

enum ofperr
print_meter_config(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    enum ofperr error = 0;
    while (!error && r.left) {
        struct meter_config config;
        error = meter_config_decode(&r, &config);
        if (!error) {
            str_put_char(p->s, '\n');
            meter_config_format(&config, p->s);
        }
        meter_config_uninit(&config);
    }
    return error;
}

enum ofperr
print_meter_stats(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    enum ofperr error = 0;
    while (!error && r.left) {
        struct meter_stats stats;
        error = meter_stats_decode(&r, &stats);
        if (!error) {
            str_put_char(p->s, '\n');
            meter_stats_format(&stats, p->s);
        }
        vec_uninit(&stats.bands);
    }
    return error;
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
    struct meter_features f;
    meter_features_decode(p->m, &f);
    str_putf(p->s,
             "\nmax_meter:%" PRIu32 " max_bands:%u max_color:%u\n"
             "band_types: ",
             f.max_meters, f.max_bands, f.max_color);
    put_bits(f.band_types, 1, bands, p->s);
    str_put(p->s, "capabilities: ");
    put_bits(f.capabilities, 0, capabilities, p->s);
    return 0;
}
