/* Text of the ct and nat actions. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "openflow/action/action_parse_private.h"

enum {
    PORT_FTP = 21,
    PORT_TFTP = 69,
};

/* Parses "A[-B][:P[-Q]]"; IPv6 addresses with ports stand in brackets. */
static struct error *
parse_nat_range(char *text, struct action_nat *nat)
{
    char *pos = text, *ports = NULL, *max = NULL;
    bool brackets = *pos == '[';
    if (brackets) {
        char *close = strchr(pos, ']');
        if (!close) {
            return error_create("nat: missing ]: %s", text);
        }
    }
    /* Cut the ports off: after the last ']' or, for IPv4, the colon. */
    char *last_bracket = strrchr(pos, ']');
    char *colon = last_bracket       ? strchr(last_bracket, ':')
                  : strchr(pos, '.') ? strchr(pos, ':')
                                     : NULL;
    if (colon) {
        *colon = '\0';
        ports = colon + 1;
    }
    char *dash = strchr(pos, '-');
    if (dash) {
        *dash = '\0';
        max = dash + 1;
    }
    char *ends[] = { pos, max };
    for (size_t i = 0; i < ARRAY_SIZE(ends) && ends[i]; i++) {
        char *address = ends[i] + (*ends[i] == '[');
        address[strcspn(address, "]")] = '\0';
        struct ip6_addr *out = i ? &nat->max : &nat->min;
        be32 ip4;
        uint8_t family;
        if (ip4_parse(address, &ip4)) {
            family = 4;
            memcpy(out->bytes, &ip4, sizeof ip4);
        } else if (ip6_parse(address, out)) {
            family = 6;
        } else {
            return error_create("invalid address \"%s\" in \"nat\" range",
                                address);
        }
        if (i && family != nat->family) {
            return error_create("nat: addresses of different families");
        }
        nat->family = family;
    }
    if (max && memcmp(&nat->min, &nat->max, sizeof nat->min) > 0) {
        return error_create("invalid range in \"nat\": %s is not before %s",
                            pos, max);
    }
    if (ports) {
        char *high = strchr(ports, '-');
        if (high) {
            *high++ = '\0';
        }
        if (!scan_u16(ports, 10, &nat->port_min)
            || (high && !scan_u16(high, 10, &nat->port_max))
            || (high && nat->port_max < nat->port_min)) {
            return error_create("invalid port range \"%s\" in \"nat\"", ports);
        }
    }
    return NULL;
}

struct error *
parse_nat(struct parse *p, char *arg)
{
    static const struct {
        const char *name;
        uint16_t flag;
    } flags[] = {
        { "persistent", NAT_PERSISTENT },
        { "hash", NAT_PROTO_HASH },
        { "random", NAT_PROTO_RANDOM },
    };
    struct action_nat nat;
    memset(&nat, 0, sizeof nat);
    char *key, *value;
    while (scan_key_value(&arg, &key, &value, NULL)) {
        bool src = !strcmp(key, "src");
        if (src || !strcmp(key, "dst")) {
            nat.flags |= src ? NAT_SRC : NAT_DST;
            struct error *error = *value ? parse_nat_range(value, &nat) : NULL;
            if (error) {
                return error;
            }
            continue;
        }
        size_t i = 0;
        while (i < ARRAY_SIZE(flags) && strcmp(key, flags[i].name)) {
            i++;
        }
        if (i >= ARRAY_SIZE(flags)) {
            return error_create("invalid key \"%s\" in \"nat\" argument", key);
        }
        nat.flags |= flags[i].flag;
    }
    if (nat.flags & NAT_SRC && nat.flags & NAT_DST) {
        return error_create("May only specify one of \"src\" or \"dst\".");
    } else if (!(nat.flags & (NAT_SRC | NAT_DST)) && nat.flags) {
        return error_create("Flags allowed only with \"src\" or \"dst\".");
    } else if (nat.flags & NAT_PROTO_HASH && nat.flags & NAT_PROTO_RANDOM) {
        return error_create("Both \"hash\" and \"random\" are not allowed.");
    }
    struct action_nat *a = actions_add(p->out, ACTION_NAT, sizeof *a);
    nat.action = a->action;
    *a = nat;
    return NULL;
}

/* Keys of ct(...). */
struct ct_keys {
    struct actions nat; /* One action, or none. */
    struct actions exec;
    struct action_ct ct;
};

static struct error *
check_exec(const struct actions *list)
{
    const struct action *a;
    ACTIONS_FOR_EACH(a, list)
    {
        const struct field *field = NULL;
        if (a->type == ACTION_SET_FIELD) {
            field = ((const struct action_set_field *) a)->field;
        } else if (a->type == ACTION_MOVE) {
            field = ((const struct action_move *) a)->dst.field;
        } else {
            return error_create("ct action doesn't support nested action %s",
                                action_name(a->type));
        }
        if (field->id != FIELD_CT_MARK && field->id != FIELD_CT_LABEL) {
            return error_create("ct action doesn't support nested "
                                "modification of %s",
                                field->name);
        }
    }
    return NULL;
}

static struct error *
parse_ct_key(struct parse *p, struct ct_keys *k, const char *key, char *value)
{
    struct error *error = NULL;
    if (!strcmp(key, "commit")) {
        k->ct.flags |= CT_COMMIT;
    } else if (!strcmp(key, "force")) {
        k->ct.flags |= CT_FORCE;
    } else if (!strcmp(key, "table")) {
        error = parse_table(value, p, &k->ct.recirc_table);
        if (!error && k->ct.recirc_table == CT_NO_RECIRC) {
            error = error_create("invalid table %#x", k->ct.recirc_table);
        }
    } else if (!strcmp(key, "zone")) {
        if (!scan_u16(value, 0, &k->ct.zone)) {
            error = subfield_parse(value, &k->ct.zone_src);
            if (!error && k->ct.zone_src.n_bits != 16) {
                error = error_create("%s: zone must be 16 bits wide", value);
            }
        }
    } else if (!strcmp(key, "alg")) {
        if (!strcmp(value, "ftp")) {
            k->ct.alg = PORT_FTP;
        } else if (!strcmp(value, "tftp")) {
            k->ct.alg = PORT_TFTP;
        } else {
            error = error_create("invalid conntrack helper \"%s\"", value);
        }
    } else if (!strcmp(key, "nat")) {
        struct parse inner = *p;
        actions_clear(&k->nat);
        inner.out = &k->nat;
        error = parse_nat(&inner, value);
    } else if (!strcmp(key, "exec")) {
        actions_clear(&k->exec);
        error = actions_parse_list(value, p->options, parse_nested_flags(p),
                                   &k->exec);
        if (!error) {
            error = check_exec(&k->exec);
        }
    } else {
        error = error_create("invalid argument to \"ct\" action: `%s'", key);
    }
    return error;
}

struct error *
parse_ct(struct parse *p, char *arg)
{
    struct ct_keys k = { .ct = { .recirc_table = CT_NO_RECIRC } };
    struct error *error = NULL;
    char *key, *value;
    while (!error && scan_key_value(&arg, &key, &value, NULL)) {
        error = parse_ct_key(p, &k, key, value);
    }
    if (!error && k.ct.flags & CT_FORCE && !(k.ct.flags & CT_COMMIT)) {
        error = error_create("\"force\" flag requires \"commit\" flag.");
    }
    if (!error) {
        size_t offset = actions_open(p->out, ACTION_CT, sizeof k.ct);
        actions_append(p->out, k.nat.data, k.nat.size);
        actions_append(p->out, k.exec.data, k.exec.size);
        struct action_ct *a = actions_close(p->out, offset);
        k.ct.action = a->action;
        memcpy(a, &k.ct, sizeof k.ct);
    }
    actions_uninit(&k.nat);
    actions_uninit(&k.exec);
    return error;
}

static void
format_nat_address(const struct action_nat *nat, const struct ip6_addr *ip,
                   struct str *s)
{
    if (nat->family == 4) {
        be32 ip4;
        memcpy(&ip4, ip->bytes, sizeof ip4);
        ip4_format(ip4, s);
    } else {
        if (nat->port_min) {
            str_put_char(s, '[');
        }
        ip6_format(ip, s);
        if (nat->port_min) {
            str_put_char(s, ']');
        }
    }
}

void
action_nat_format(const struct action_nat *nat, struct str *s)
{
    str_put(s, "nat");
    if (!(nat->flags & (NAT_SRC | NAT_DST))) {
        return;
    }
    str_putf(s, "(%s", nat->flags & NAT_SRC ? "src" : "dst");
    if (nat->family) {
        str_put_char(s, '=');
        format_nat_address(nat, &nat->min, s);
        if (!ip6_is_zero(&nat->max) && !ip6_equal(&nat->min, &nat->max)) {
            str_put_char(s, '-');
            format_nat_address(nat, &nat->max, s);
        }
        if (nat->port_min) {
            str_putf(s, ":%u", nat->port_min);
            if (nat->port_max && nat->port_max != nat->port_min) {
                str_putf(s, "-%u", nat->port_max);
            }
        }
        if (nat->flags & NAT_PERSISTENT) {
            str_put(s, ",persistent");
        }
        if (nat->flags & NAT_PROTO_HASH) {
            str_put(s, ",hash");
        }
        if (nat->flags & NAT_PROTO_RANDOM) {
            str_put(s, ",random");
        }
    }
    str_put_char(s, ')');
}

void
action_ct_format(const struct action_ct *ct,
                 const struct actions_format *options, struct str *s)
{
    str_put(s, "ct(");
    if (ct->flags & CT_COMMIT) {
        str_put(s, "commit,");
    }
    if (ct->flags & CT_FORCE) {
        str_put(s, "force,");
    }
    if (ct->recirc_table != CT_NO_RECIRC) {
        str_putf(s, "table=%u,", ct->recirc_table);
    }
    if (ct->zone_src.field) {
        str_put(s, "zone=");
        subfield_format(&ct->zone_src, s);
        str_put_char(s, ',');
    } else if (ct->zone) {
        str_putf(s, "zone=%u,", ct->zone);
    }
    const uint8_t *data = ct->actions;
    size_t size = ACTION_NESTED_SIZE(ct);
    const struct action *first = (const struct action *) data;
    if (size && first->type == ACTION_NAT) {
        action_nat_format((const struct action_nat *) first, s);
        str_put_char(s, ',');
        data += first->size;
        size -= first->size;
    }
    if (size) {
        str_put(s, "exec(");
        actions_format_list(data, size, options, s);
        str_put(s, "),");
    }
    if (ct->alg == PORT_FTP) {
        str_put(s, "alg=ftp,");
    } else if (ct->alg == PORT_TFTP) {
        str_put(s, "alg=tftp,");
    } else if (ct->alg) {
        str_putf(s, "alg=%u,", ct->alg);
    }
    str_chomp(s, ",");
    str_put_char(s, ')');
}
