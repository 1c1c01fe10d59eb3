/* Text of the learn action. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_parse_private.h"

enum {
    DEFAULT_PRIORITY = 32768,
    DEFAULT_TABLE = 1,
};

/* Whether 'text' is nothing but a reference to a (sub)field. */
static bool
is_subfield(const char *text, struct subfield *subfield)
{
    struct error *error = subfield_parse(text, subfield);
    error_destroy(error);
    return !error;
}

/* A number for the bits of 'spec'. */
static struct error *
parse_immediate(const char *text, const char *whole,
                struct action_learn_spec *spec)
{
    uint64_t number;
    if (!scan_u64(text, 0, &number)) {
        return error_create("%s: cannot parse integer value", whole);
    } else if (spec->n_bits < 64 && number >> spec->n_bits) {
        return error_create("%s: value does not fit into %d bits", whole,
                            spec->n_bits);
    }
    size_t n = DIV_ROUND_UP(spec->n_bits, 8);
    for (size_t i = 0; i < MIN(n, 8); i++) {
        spec->value.bytes[n - 1 - i] = number >> 8 * i;
    }
    spec->src_type = LEARN_SRC_IMMEDIATE;
    return NULL;
}

static struct error *
parse_load_spec(char *value, struct action_learn_spec *spec)
{
    char *whole = xstrdup(value);
    char *arrow = strstr(value, "->");
    struct error *error = NULL;
    if (!arrow) {
        error = error_create("%s: missing `->' following source", whole);
    } else {
        *arrow = '\0';
        error = subfield_parse(arrow + 2, &spec->dst);
    }
    if (!error) {
        spec->dst_type = LEARN_DST_LOAD;
        spec->n_bits = spec->dst.n_bits;
        if (is_subfield(value, &spec->src)) {
            spec->src_type = LEARN_SRC_FIELD;
            if (spec->src.n_bits != spec->n_bits) {
                error = error_create("%s: source and destination differ in "
                                     "width",
                                     whole);
            }
        } else {
            error = parse_immediate(value, whole, spec);
        }
    }
    free(whole);
    return error;
}

/* "FIELD", "FIELD=FIELD" or "FIELD=VALUE". */
static struct error *
parse_match_spec(const char *key, const char *value,
                 const struct actions_format *options,
                 struct action_learn_spec *spec)
{
    if (!is_subfield(key, &spec->dst)) {
        return error_create("%s%s%s: unknown keyword %s", key,
                            *value ? "=" : "", value, key);
    }
    spec->dst_type = LEARN_DST_MATCH;
    spec->n_bits = spec->dst.n_bits;
    if (!*value) {
        spec->src = spec->dst;
        spec->src_type = LEARN_SRC_FIELD;
        return NULL;
    }
    if (is_subfield(value, &spec->src)) {
        spec->src_type = LEARN_SRC_FIELD;
        if (spec->src.n_bits != spec->n_bits) {
            return error_create("%s=%s: bit widths of %s (%d) and %s (%d) "
                                "differ",
                                key, value, key, spec->src.n_bits, value,
                                spec->dst.n_bits);
        }
        return NULL;
    }
    const struct field *field = spec->dst.field;
    if (spec->n_bits == field->n_bits) {
        union field_value parsed;
        struct error *error = field_parse_value(
            field, value, options ? options->ports : NULL, &parsed);
        if (error) {
            return error_prefix(error, "%s=%s", key, value);
        }
        size_t n = DIV_ROUND_UP(spec->n_bits, 8);
        memcpy(spec->value.bytes, parsed.bytes + field->n_bytes - n, n);
        spec->src_type = LEARN_SRC_IMMEDIATE;
        return NULL;
    }
    return parse_immediate(value, value, spec);
}

static struct error *
parse_spec(const char *key, char *value, const struct actions_format *options,
           struct action_learn_spec *spec)
{
    if (!strcmp(key, "load")) {
        return parse_load_spec(value, spec);
    } else if (!strcmp(key, "output")) {
        if (!is_subfield(value, &spec->src)) {
            return error_create("%s: unknown field", value);
        }
        spec->src_type = LEARN_SRC_FIELD;
        spec->dst_type = LEARN_DST_OUTPUT;
        spec->n_bits = spec->src.n_bits;
        return NULL;
    }
    return parse_match_spec(key, value, options, spec);
}

/* A key that is no spec; '*knownp' tells whether it was one. */
static struct error *
parse_key(struct parse *p, struct action_learn *learn, const char *key,
          const char *value, bool *knownp)
{
    const struct {
        const char *name;
        uint16_t *valuep;
    } numbers[] = {
        { "idle_timeout", &learn->idle_timeout },
        { "hard_timeout", &learn->hard_timeout },
        { "priority", &learn->priority },
        { "fin_idle_timeout", &learn->fin_idle_timeout },
        { "fin_hard_timeout", &learn->fin_hard_timeout },
    };

    uint64_t number;
    struct error *error = NULL;
    *knownp = true;
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (!strcmp(key, numbers[i].name)) {
            error = parse_bounded(value, key, UINT16_MAX, &number);
            *numbers[i].valuep = number;
            return error;
        }
    }
    if (!strcmp(key, "table")) {
        error = parse_table(value, p, &learn->table_id);
        if (!error && learn->table_id == 255) {
            error = error_create("%s=%s: table id 255 not valid for `learn' "
                                 "action",
                                 key, value);
        }
    } else if (!strcmp(key, "cookie")) {
        error = parse_number(value, &number);
        learn->cookie = be64_from_host(number);
    } else if (!strcmp(key, "send_flow_rem")) {
        learn->flags |= LEARN_SEND_FLOW_REM;
    } else if (!strcmp(key, "delete_learned")) {
        learn->flags |= LEARN_DELETE_LEARNED;
    } else if (!strcmp(key, "limit")) {
        error = parse_bounded(value, key, UINT32_MAX, &number);
        learn->limit = number;
    } else if (!strcmp(key, "result_dst")) {
        error = subfield_parse(value, &learn->result_dst);
        if (!error && learn->result_dst.n_bits != 1) {
            error = error_create("result_dst in 'learn' action must be a "
                                 "single bit");
        }
        learn->flags |= LEARN_WRITE_RESULT;
    } else {
        *knownp = false;
    }
    return error;
}

struct error *
parse_learn(struct parse *p, char *arg)
{
    size_t offset =
        actions_open(p->out, ACTION_LEARN, sizeof(struct action_learn));
    struct action_learn learn = { .priority = DEFAULT_PRIORITY,
                                  .table_id = DEFAULT_TABLE };
    char *key, *value;
    while (scan_key_value(&arg, &key, &value, NULL)) {
        bool known;
        struct error *error = parse_key(p, &learn, key, value, &known);
        if (!error && !known) {
            struct action_learn_spec spec;
            memset(&spec, 0, sizeof spec);
            error = parse_spec(key, value, p->options, &spec);
            if (!error) {
                actions_append(p->out, &spec, sizeof spec);
                learn.n_specs++;
            }
        }
        if (error) {
            return error;
        }
    }
    struct action_learn *a = actions_close(p->out, offset);
    learn.action = a->action;
    memcpy(a, &learn, sizeof learn);
    return NULL;
}

static void
format_spec(const struct action_learn_spec *spec,
            const struct actions_format *options, struct str *s)
{
    size_t n = DIV_ROUND_UP(spec->n_bits, 8);
    const struct field *field = spec->dst.field;
    bool immediate = spec->src_type == LEARN_SRC_IMMEDIATE;
    switch (spec->dst_type) {
    case LEARN_DST_MATCH:
        if (immediate && spec->n_bits == field->n_bits) {
            union field_value value;
            memset(&value, 0, sizeof value);
            memcpy(value.bytes + field->n_bytes - n, spec->value.bytes, n);
            str_putf(s, "%s=", field->name);
            field_format(field, &value, NULL, options ? options->ports : NULL,
                         s);
            break;
        }
        subfield_format(&spec->dst, s);
        if (immediate) {
            str_put(s, "=0x");
            str_put_hex(s, spec->value.bytes, n);
        } else if (spec->src.field != spec->dst.field
                   || spec->src.start != spec->dst.start) {
            str_put_char(s, '=');
            subfield_format(&spec->src, s);
        }
        break;
    case LEARN_DST_LOAD:
        str_put(s, "load:");
        if (immediate) {
            size_t skip = 0;
            while (skip + 1 < n && !spec->value.bytes[skip]) {
                skip++;
            }
            str_putf(s, "0x%x", spec->value.bytes[skip]);
            str_put_hex(s, spec->value.bytes + skip + 1, n - skip - 1);
        } else {
            subfield_format(&spec->src, s);
        }
        str_put(s, "->");
        subfield_format(&spec->dst, s);
        break;
    default:
        str_put(s, "output:");
        subfield_format(&spec->src, s);
        break;
    }
}

void
action_learn_format(const struct action_learn *a,
                    const struct actions_format *options, struct str *s)
{
    const char *table = options && options->tables
                            ? port_names_find(options->tables, a->table_id)
                            : NULL;
    str_put(s, "learn(table=");
    if (table) {
        str_put(s, table);
    } else {
        str_putf(s, "%u", a->table_id);
    }

    const struct {
        const char *name;
        unsigned int value, deflt;
    } numbers[] = {
        { "idle_timeout", a->idle_timeout, 0 },
        { "hard_timeout", a->hard_timeout, 0 },
        { "fin_idle_timeout", a->fin_idle_timeout, 0 },
        { "fin_hard_timeout", a->fin_hard_timeout, 0 },
        { "priority", a->priority, DEFAULT_PRIORITY },
    };

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (numbers[i].value != numbers[i].deflt) {
            str_putf(s, ",%s=%u", numbers[i].name, numbers[i].value);
        }
    }
    if (a->flags & LEARN_SEND_FLOW_REM) {
        str_put(s, ",send_flow_rem");
    }
    if (a->flags & LEARN_DELETE_LEARNED) {
        str_put(s, ",delete_learned");
    }
    if (a->cookie) {
        str_putf(s, ",cookie=%#" PRIx64, be64_to_host(a->cookie));
    }
    if (a->limit) {
        str_putf(s, ",limit=%u", a->limit);
    }
    if (a->flags & LEARN_WRITE_RESULT) {
        str_put(s, ",result_dst=");
        subfield_format(&a->result_dst, s);
    }
    for (size_t i = 0; i < a->n_specs; i++) {
        str_put_char(s, ',');
        format_spec(&a->specs[i], options, s);
    }
    str_put_char(s, ')');
}
