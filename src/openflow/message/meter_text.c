/* Meters as text. */

#include "openflow/message/meter_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "openflow/message/flow_text.h"

/* Keys, values and bands are told apart by their order alone. */
static const char separators[] = ", \t\r\n=";

static const struct {
    uint32_t id;
    const char *name;
} reserved[] = {
    { METER_ALL, "all" },
    { METER_CONTROLLER, "controller" },
    { METER_SLOWPATH, "slowpath" },
};

static const struct {
    uint16_t flag;
    const char *name;
} flags[] = {
    { METER_KBPS, "kbps" },
    { METER_PKTPS, "pktps" },
    { METER_BURST, "burst" },
    { METER_STATS, "stats" },
};

void
meter_id_format(uint32_t id, struct str *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (id == reserved[i].id) {
            str_put(s, reserved[i].name);
            return;
        }
    }
    if (id > METER_MAX) {
        str_put(s, "unknown");
    } else {
        str_putf(s, "%" PRIu32, id);
    }
}

static struct error *
parse_u32(const char *text, uint32_t *valuep)
{
    return scan_u32(text, 0, valuep)
               ? NULL
               : error_create("invalid numeric format %s", text);
}

static struct error *
parse_id(const char *text, uint32_t *idp)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (!strcmp(text, reserved[i].name)) {
            *idp = reserved[i].id;
            return NULL;
        }
    }
    struct error *error = parse_u32(text, idp);
    if (!error && (!*idp || *idp > METER_MAX)) {
        error = error_create("invalid value for meter");
    }
    return error;
}

/* The value of 'key'. */
static struct error *
parse_value(char **sp, const char *key, char **valuep)
{
    *valuep = scan_token(sp, separators);
    return *valuep ? NULL : error_create("field %s missing value", key);
}

static bool
parse_flag(const char *key, uint16_t *flagsp)
{
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (!strcmp(key, flags[i].name)) {
            *flagsp |= flags[i].flag;
            return true;
        }
    }
    return false;
}

/* What is before the bands. */
static struct error *
parse_head(char *text, bool has_bands, struct meter_config *c)
{
    bool has_id = false;
    for (char *key; (key = scan_token(&text, separators));) {
        char *value;
        if (has_bands && parse_flag(key, &c->flags)) {
            continue;
        }
        struct error *error = parse_value(&text, key, &value);
        if (!error && strcmp(key, "meter")) {
            error = error_create("unknown keyword %s", key);
        }
        error = error ? error : parse_id(value, &c->id);
        if (error) {
            return error;
        }
        has_id = true;
    }
    if (!has_bands) {
        c->id = has_id ? c->id : (uint32_t) METER_ALL;
    } else if (!has_id) {
        return error_create("must specify 'meter'");
    } else if (!(c->flags & (METER_KBPS | METER_PKTPS))) {
        return error_create("meter must specify either 'kbps' or 'pktps'");
    }
    return NULL;
}

static struct error *
parse_band_type(const char *text, struct meter_config *c)
{
    struct meter_band band = { 0 };
    if (!strcmp(text, "drop")) {
        band.type = METER_BAND_DROP;
    } else if (!strcmp(text, "dscp_remark")) {
        band.type = METER_BAND_DSCP_REMARK;
    } else {
        return error_create("field type unknown value %s", text);
    }
    vec_push(&c->bands, band);
    return NULL;
}

static struct error *
parse_band_key(const char *key, const char *value, struct meter_config *c)
{
    if (!strcmp(key, "type")) {
        return parse_band_type(value, c);
    }
    if (!c->bands.n) {
        return error_create("band must start with the 'type' keyword");
    }
    struct meter_band *band = &vec_last(&c->bands);
    if (!strcmp(key, "rate")) {
        return parse_u32(value, &band->rate);
    } else if (!strcmp(key, "burst_size")) {
        return parse_u32(value, &band->burst_size);
    } else if (!strcmp(key, "prec_level")) {
        return scan_u8(value, 0, &band->prec_level)
                   ? NULL
                   : error_create("invalid prec_level \"%s\"", value);
    }
    return error_create("unknown keyword %s", key);
}

static struct error *
check_band(const struct meter_band *b, uint16_t meter_flags)
{
    bool burst = meter_flags & METER_BURST;
    bool remark = b->type == METER_BAND_DSCP_REMARK;
    if (!b->rate) {
        return error_create("band must have 'rate'");
    } else if (burst && !b->burst_size) {
        return error_create(
            "band must have 'burst_size' when 'burst' flag is set");
    } else if (!burst && b->burst_size) {
        return error_create(
            "band may have 'burst_size' only when 'burst' flag is set");
    } else if (remark && !b->prec_level) {
        return error_create("'dscp_remark' band must have 'prec_level'");
    } else if (!remark && b->prec_level) {
        return error_create("Only 'dscp_remark' band may have 'prec_level'");
    }
    return NULL;
}

static struct error *
parse_bands(char *text, struct meter_config *c)
{
    for (char *key; (key = scan_token(&text, separators));) {
        char *value;
        struct error *error = parse_value(&text, key, &value);
        error = error ? error : parse_band_key(key, value, c);
        if (error) {
            return error;
        }
    }
    if (!c->bands.n) {
        return error_create("meter must have bands");
    }
    const struct meter_band *band;
    VEC_FOR_EACH (band, &c->bands) {
        struct error *error = check_band(band, c->flags);
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct error *
meter_mod_parse(const char *text, enum meter_command command,
                struct meter_mod *mm)
{
    *mm = (struct meter_mod){ .command = command };
    bool has_bands = command != METER_DELETE;
    char *copy = xstrdup(text), *bands = NULL;
    if (has_bands) {
        bands = strstr(copy, "band");
        if (!bands) {
            free(copy);
            return error_create("must specify bands");
        }
        *bands = '\0';
        bands += strlen("band");
        bands += *bands == 's';
        if (*bands != '=') {
            free(copy);
            return error_create("must specify bands");
        }
    }
    struct error *error = parse_head(copy, has_bands, &mm->config);
    if (!error && has_bands) {
        error = parse_bands(bands, &mm->config);
    }
    free(copy);
    return error;
}

static void
format_band(const struct meter_band *b, uint16_t meter_flags, struct str *s)
{
    switch (b->type) {
    case METER_BAND_DROP:
        str_put(s, "type=drop");
        break;
    case METER_BAND_DSCP_REMARK:
        str_put(s, "type=dscp_remark");
        break;
    default:
        str_putf(s, "type=%u", b->type);
    }
    str_putf(s, " rate=%" PRIu32, b->rate);
    if (meter_flags & METER_BURST) {
        str_putf(s, " burst_size=%" PRIu32, b->burst_size);
    }
    if (b->type == METER_BAND_DSCP_REMARK) {
        str_putf(s, " prec_level=%u", b->prec_level);
    }
    str_put_char(s, '\n');
}

void
meter_config_format(const struct meter_config *c, struct str *s)
{
    uint16_t unknown = c->flags;
    str_put(s, "meter=");
    meter_id_format(c->id, s);
    str_put_char(s, ' ');
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (c->flags & flags[i].flag) {
            str_putf(s, "%s ", flags[i].name);
            unknown &= (uint16_t) ~flags[i].flag;
        }
    }
    if (unknown) {
        str_putf(s, "flags:0x%x ", unknown);
    }
    str_put(s, "bands=\n");
    const struct meter_band *band;
    VEC_FOR_EACH (band, &c->bands) {
        format_band(band, c->flags, s);
    }
}

void
meter_stats_format(const struct meter_stats *m, struct str *s)
{
    str_put(s, "meter:");
    meter_id_format(m->id, s);
    str_putf(s,
             " flow_count:%" PRIu32 " packet_in_count:%" PRIu64
             " byte_in_count:%" PRIu64 " duration:",
             m->flow_count, m->n_packets, m->n_bytes);
    flow_duration_format(m->duration_sec, m->duration_nsec, s);
    str_put(s, " bands:\n");
    for (size_t i = 0; i < m->bands.n; i++) {
        const struct meter_band_stats *b = &m->bands.items[i];
        str_putf(s, "%zu: packet_count:%" PRIu64 " byte_count:%" PRIu64 "\n",
                 i, b->n_packets, b->n_bytes);
    }
}
