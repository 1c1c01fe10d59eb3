/* Flow texts: parsing. */

#include "openflow/message/flow_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/field.h"
#include "openflow/action/check.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_match);

/* Which keys a text may have. */
enum {
    KEYS_OUT = 1 << 0, /* out_port, out_group. */
    KEYS_ACTIONS = 1 << 1,
    KEYS_TIMEOUTS = 1 << 2,
    KEYS_PRIORITY = 1 << 3,
    KEYS_FLAGS = 1 << 4,
    KEYS_IMPORTANCE = 1 << 5,
};

static const unsigned int keys_by_command[] = {
    [FLOW_MOD_ADD] = KEYS_ACTIONS | KEYS_TIMEOUTS | KEYS_PRIORITY | KEYS_FLAGS
                     | KEYS_IMPORTANCE,
    [FLOW_MOD_MODIFY] =
        KEYS_ACTIONS | KEYS_TIMEOUTS | KEYS_PRIORITY | KEYS_FLAGS,
    [FLOW_MOD_MODIFY_STRICT] =
        KEYS_ACTIONS | KEYS_TIMEOUTS | KEYS_PRIORITY | KEYS_FLAGS,
    [FLOW_MOD_DELETE] = KEYS_OUT,
    [FLOW_MOD_DELETE_STRICT] = KEYS_OUT | KEYS_PRIORITY,
};

static const char *const command_names[] = {
    [FLOW_MOD_ADD] = "add",
    [FLOW_MOD_MODIFY] = "modify",
    [FLOW_MOD_MODIFY_STRICT] = "modify_strict",
    [FLOW_MOD_DELETE] = "delete",
    [FLOW_MOD_DELETE_STRICT] = "delete_strict",
};

/* Sets of protocols. */
enum {
    P_OF10 = 1 << FLOW_PROTOCOL_OF10 | 1 << FLOW_PROTOCOL_OF10_TID,
    P_NXM = 1 << FLOW_PROTOCOL_NXM | 1 << FLOW_PROTOCOL_NXM_TID,
    P_OF11 = 1 << FLOW_PROTOCOL_OF11,
    P_OF13_UP = 1 << FLOW_PROTOCOL_OF13 | 1 << FLOW_PROTOCOL_OF14
                | 1 << FLOW_PROTOCOL_OF15,
    P_OXM = 1 << FLOW_PROTOCOL_OF12 | P_OF13_UP,
    P_TID = 1 << FLOW_PROTOCOL_OF10_TID | 1 << FLOW_PROTOCOL_NXM_TID | P_OF11
            | P_OXM,
    P_ANY = P_OF10 | P_NXM | P_OF11 | P_OXM,
};

struct parser {
    struct flow_mod *fm;
    const struct actions_format *names;
    unsigned int keys;
    bool is_add;
    unsigned int usable;
};

/* Protocols. */

static const struct {
    const char *name;
    unsigned int protocols;
} protocol_names[] = {
    /* Groups first: they stand for their members. */
    { "any", P_ANY },
    { "OpenFlow10", P_OF10 },
    { "NXM", P_NXM },
    { "OXM", P_OXM },
    { "OpenFlow10-table_id", 1 << FLOW_PROTOCOL_OF10 },
    { "OpenFlow10+table_id", 1 << FLOW_PROTOCOL_OF10_TID },
    { "NXM-table_id", 1 << FLOW_PROTOCOL_NXM },
    { "NXM+table_id", 1 << FLOW_PROTOCOL_NXM_TID },
    { "OpenFlow11", P_OF11 },
    { "OXM-OpenFlow12", 1 << FLOW_PROTOCOL_OF12 },
    { "OXM-OpenFlow13", 1 << FLOW_PROTOCOL_OF13 },
    { "OXM-OpenFlow14", 1 << FLOW_PROTOCOL_OF14 },
    { "OXM-OpenFlow15", 1 << FLOW_PROTOCOL_OF15 },
};

char *
flow_protocols_to_string(unsigned int protocols)
{
    struct str s = STR_INITIALIZER;
    if (!(protocols & P_ANY)) {
        str_put(&s, "none");
    }
    for (size_t i = 0; i < ARRAY_SIZE(protocol_names); i++) {
        unsigned int set = protocol_names[i].protocols;
        if ((protocols & set) == set) {
            protocols &= ~set;
            str_putf(&s, "%s%s", s.len ? "," : "", protocol_names[i].name);
        }
    }
    return str_steal(&s);
}

unsigned int
flow_protocols_from_string(const char *text)
{
    unsigned int protocols = 0;
    char *copy = xstrdup(text);
    char *save = copy;
    for (char *name; (name = scan_token(&save, ","));) {
        unsigned int set = 0;
        for (size_t i = 0; i < ARRAY_SIZE(protocol_names); i++) {
            const char *known = protocol_names[i].name;
            const char *tail;
            if (!strcasecmp(name, known)
                || (scan_prefix(known, "OXM-", &tail)
                    && !strcasecmp(name, tail))) {
                set = protocol_names[i].protocols;
                break;
            }
        }
        if (!set) {
            protocols = 0;
            break;
        }
        protocols |= set;
    }
    free(copy);
    return protocols;
}

/* Match. */

/* Whether the ones of a mask come first. */
static bool
is_cidr(const union field_value *mask, const struct field *f)
{
    bool zero_seen = false;
    for (unsigned int i = 0; i < f->n_bits; i++) {
        unsigned int bit = f->n_bits - 1u - i;
        bool one = mask->bytes[f->n_bytes - 1u - bit / 8] >> bit % 8 & 1;
        if (one && zero_seen) {
            return false;
        }
        zero_seen |= !one;
    }
    return true;
}

static bool
is_exact(const union field_value *mask, const struct field *f)
{
    for (unsigned int bit = 0; bit < f->n_bits; bit++) {
        if (!(mask->bytes[f->n_bytes - 1u - bit / 8] >> bit % 8 & 1)) {
            return false;
        }
    }
    return true;
}

/* The protocols that can match the field as 'key' names it in 'm'. */
static unsigned int
match_protocols(const char *key, const struct match *m)
{
    if (match_key_is_protocol(key)) {
        return strchr(key, '6') && strcmp(key, "ipv6") && strcmp(key, "ip6")
                   ? P_NXM | P_OXM
                   : P_ANY;
    }
    char *name = xasprintf("%.*s", (int) strcspn(key, "["), key);
    const struct field *f = field_from_name(name);
    free(name);
    if (!f) {
        return P_ANY;
    }
    union field_value value, mask;
    field_get_match(f, m, &value, &mask);
    int need = f->maskable == FIELD_MASK_NONE || is_exact(&mask, f) ? 1
               : is_cidr(&mask, f)                                  ? 2
                                                                    : 3;
    return P_NXM | P_OXM | (f->of10_maskable >= need ? P_OF10 : 0u)
           | (f->of11_maskable >= need ? P_OF11 : 0u);
}

static void
normalize(struct match *m)
{
    struct match before = *m;
    if (match_normalize(m)) {
        char *pre = match_to_string(&before, INT32_MIN, NULL);
        char *post = match_to_string(m, INT32_MIN, NULL);
        log_info("normalization changed ofp_match, details:");
        log_info(" pre: %s", pre);
        log_info("post: %s", post);
        free(pre);
        free(post);
    }
}

/* Attributes. */

static struct error *
parse_u16(const char *key, const char *value, uint16_t *resultp)
{
    return scan_u16(value, 0, resultp)
               ? NULL
               : error_create("invalid %s \"%s\"", key, value);
}

static struct error *
parse_u64(const char *text, uint64_t *valuep)
{
    /* "-1" stands for all ones. */
    int64_t negative;
    if (scan_u64(text, 0, valuep)) {
        return NULL;
    } else if (text[0] == '-' && scan_i64(text, 0, &negative)) {
        *valuep = (uint64_t) negative;
        return NULL;
    }
    return error_create("invalid numeric format %s", text);
}

static struct error *
parse_cookie(struct parser *p, char *text)
{
    struct flow_mod *fm = p->fm;
    uint64_t value, mask;
    char *slash = strchr(text, '/');
    if (slash) {
        if (p->is_add) {
            return error_create("flow additions cannot use a cookie mask");
        }
        *slash = '\0';
        struct error *error = parse_u64(text, &value);
        error = error ? error : parse_u64(slash + 1, &mask);
        if (error) {
            return error;
        }
        fm->cookie = be64_from_host(value);
        fm->cookie_mask = be64_from_host(mask);
        if (mask) {
            p->usable &= P_NXM | P_OXM | P_OF11;
        }
        return NULL;
    }
    struct error *error = parse_u64(text, &value);
    if (error) {
        return error;
    }
    fm->new_cookie = be64_from_host(value);
    return NULL;
}

static struct error *
parse_table(struct parser *p, const char *text)
{
    if (!table_id_parse(text, p->names ? p->names->tables : NULL,
                        &p->fm->table_id)) {
        return error_create("unknown table \"%s\"", text);
    }
    if (p->fm->table_id != 255) {
        p->usable &= P_TID;
    }
    return NULL;
}

static const struct {
    const char *name;
    uint16_t flag;
    unsigned int protocols;
} flag_names[] = {
    { "send_flow_rem", FLOW_MOD_SEND_FLOW_REM, P_ANY },
    { "check_overlap", FLOW_MOD_CHECK_OVERLAP, P_ANY },
    { "reset_counts", FLOW_MOD_RESET_COUNTS, P_OXM },
    { "no_packet_counts", FLOW_MOD_NO_PKT_COUNTS, P_OF13_UP },
    { "no_byte_counts", FLOW_MOD_NO_BYT_COUNTS, P_OF13_UP },
};

/* Flags that every text may have. */
static bool
parse_flag(struct parser *p, const char *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
        if (p->keys & KEYS_FLAGS && !strcmp(key, flag_names[i].name)) {
            p->fm->flags |= flag_names[i].flag;
            p->usable &= flag_names[i].protocols;
            return true;
        }
    }
    if (!strcmp(key, "allow_hidden_fields")) {
        p->fm->flags |= FLOW_MOD_HIDDEN_FIELDS;
        return true;
    } else if (!strcmp(key, "no_readonly_table")) {
        p->fm->flags |= FLOW_MOD_NO_READONLY;
        return true;
    }
    return !strcmp(key, "eth"); /* An Ethernet packet: any. */
}

/* What dump-flows prints and nobody can set. */
static bool
is_ignored(const char *key)
{
    static const char *const names[] = { "duration", "n_packets", "n_bytes",
                                         "idle_age", "hard_age" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(key, names[i])) {
            return true;
        }
    }
    return false;
}

static struct error *
parse_out(struct parser *p, const char *key, const char *value)
{
    const struct port_names *ports = p->names ? p->names->ports : NULL;
    if (!strcmp(key, "out_port")) {
        return ofp_port_parse(value, ports, &p->fm->out_port)
                   ? NULL
                   : error_create("%s is not a valid OpenFlow port", value);
    }
    if (!strcasecmp(value, "any")) {
        p->fm->out_group = UINT32_MAX;
    } else if (!scan_u32(value, 0, &p->fm->out_group)) {
        return error_create("invalid group id %s", value);
    }
    p->usable &= P_OF11 | P_OXM;
    return NULL;
}

static struct error *
parse_key(struct parser *p, const char *key, char *value)
{
    struct flow_mod *fm = p->fm;
    if (parse_flag(p, key)) {
        return NULL;
    }
    const struct port_names *ports = p->names ? p->names->ports : NULL;
    bool may_lack_value =
        match_key_is_protocol(key)
        || (scan_prefix(key, "tun_metadata", NULL) && field_from_name(key));
    if (!*value && !may_lack_value) {
        return error_create("field %s missing value", key);
    } else if (!strcmp(key, "table")) {
        return parse_table(p, value);
    } else if (p->keys & KEYS_PRIORITY && !strcmp(key, "priority")) {
        uint16_t priority = 0;
        struct error *error = parse_u16(key, value, &priority);
        fm->priority = priority;
        return error;
    } else if (p->keys & KEYS_TIMEOUTS && !strcmp(key, "idle_timeout")) {
        return parse_u16(key, value, &fm->idle_timeout);
    } else if (p->keys & KEYS_TIMEOUTS && !strcmp(key, "hard_timeout")) {
        return parse_u16(key, value, &fm->hard_timeout);
    } else if (p->keys & KEYS_IMPORTANCE && !strcmp(key, "importance")) {
        return parse_u16(key, value, &fm->importance);
    } else if (!strcmp(key, "cookie")) {
        return parse_cookie(p, value);
    } else if (p->keys & KEYS_OUT
               && (!strcmp(key, "out_port") || !strcmp(key, "out_group"))) {
        return parse_out(p, key, value);
    } else if (is_ignored(key)) {
        return NULL;
    }
    struct error *error = match_parse_key(&fm->match, key, value, ports);
    if (!error) {
        p->usable &= match_protocols(key, &fm->match);
    }
    return error;
}

/* Actions. */

unsigned int
flow_actions_protocols(const struct actions *actions)
{
    unsigned int usable = P_ANY;
    const struct action *a;
    ACTIONS_FOR_EACH(a, actions)
    {
        switch (a->type) {
        case ACTION_METER:
        case ACTION_DEC_NSH_TTL:
            usable &= P_OF13_UP;
            break;
        case ACTION_PUSH_VLAN:
            usable &= P_OF11 | P_OXM;
            break;
        case ACTION_SET_FIELD:
            usable &=
                ((const struct action_set_field *) a)->field->of10_maskable
                    ? (unsigned int) P_ANY
                    : (unsigned int) (P_NXM | P_OXM);
            break;
        case ACTION_WRITE_METADATA:
            usable &= P_NXM | P_OXM | P_OF11;
            break;
        }
    }
    return usable;
}

/* Cuts "actions=..." off 'text' and returns what follows the '=', or NULL. */
static char *
cut_actions(char *text)
{
    for (char *p = text; (p = strstr(p, "action")); p++) {
        const char *rest = p + strlen("action");
        rest += *rest == 's';
        if ((p == text || strchr(", \t\r\n", p[-1])) && *rest == '=') {
            char *actions = p + (rest - p) + 1;
            *p = '\0';
            return actions;
        }
    }
    return NULL;
}

/* Checks the actions with the match; where only lenient ones disagree with it
 * the protocols that refuse them drop out. */
static enum ofperr
check_actions(struct parser *p)
{
    const struct flow_mod *fm = p->fm;
    struct actions_limits limits = {
        .max_port = OFPP_MAX,
        .table_id = fm->table_id,
        .n_tables = 255,
        .max_groups = UINT32_MAX,
        .max_meter = UINT32_MAX,
        .lenient = true,
    };
    enum ofperr error = actions_check(&fm->actions, &fm->match, &limits);
    if (error) {
        return error;
    }
    limits.lenient = false;
    if (actions_check(&fm->actions, &fm->match, &limits)) {
        p->usable &= P_OF10 | P_NXM;
    }
    return OFPERR_NONE;
}

static struct error *
parse_actions(struct parser *p, const char *text)
{
    struct flow_mod *fm = p->fm;
    struct error *error = actions_parse(
        text, p->names, ACTIONS_PARSE_INSTRUCTIONS, &fm->actions);
    if (error) {
        return error;
    }
    p->usable &= flow_actions_protocols(&fm->actions);
    enum ofperr ofperr = check_actions(p);
    if (ofperr == OFPERR_OFPBAC_BAD_SET_ARGUMENT) {
        return error_create("cannot set CT fields outside of ct action");
    }
    return ofperr ? error_create("actions are invalid with specified match "
                                 "(%s)",
                                 ofperr_name(ofperr))
                  : NULL;
}

/* All of a text, which is overwritten. */
static struct error *
parse(struct parser *p, char *text)
{
    char *actions = NULL;
    if (p->keys & KEYS_ACTIONS) {
        actions = cut_actions(text);
        if (!actions) {
            return error_create("must specify an action");
        }
    }
    char *key, *value;
    while (scan_key_value(&text, &key, &value, NULL)) {
        struct error *error = parse_key(p, key, value);
        if (error) {
            return error;
        }
    }
    normalize(&p->fm->match);
    return actions ? parse_actions(p, actions) : NULL;
}

static void
init(struct flow_mod *fm, int command)
{
    *fm = (struct flow_mod){
        .priority = 32768,
        .new_cookie = command == FLOW_MOD_ADD ? 0 : UINT64_MAX,
        .table_id = 255,
        .command = (uint16_t) command,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    match_init_any(&fm->match);
    actions_init(&fm->actions);
}

/* The command at the start of '*textp', which it passes. */
static int
take_command(const char **textp)
{
    const char *text = *textp + strspn(*textp, " \t\r\n");
    size_t len = strcspn(text, ", \t\r\n=");
    if (len && text[len] && !strchr(",=", text[len])) {
        for (size_t i = 0; i < ARRAY_SIZE(command_names); i++) {
            if (!strncmp(command_names[i], text, len)) {
                *textp = text + len;
                return (int) i;
            }
        }
    }
    return FLOW_MOD_ADD;
}

struct error *
flow_mod_parse(const char *text, int command,
               const struct actions_format *names, struct flow_mod *fm,
               unsigned int *usablep)
{
    if (command < 0) {
        command = take_command(&text);
    }
    init(fm, command);
    struct parser p = {
        .fm = fm,
        .names = names,
        .keys = keys_by_command[command],
        .is_add = command == FLOW_MOD_ADD,
        .usable = P_ANY,
    };
    char *copy = xstrdup(text);
    struct error *error = parse(&p, copy);
    free(copy);
    /* A modification that names a cookie without a mask sets it. */
    if (fm->new_cookie != UINT64_MAX && !p.is_add) {
        if (command == FLOW_MOD_DELETE || command == FLOW_MOD_DELETE_STRICT) {
            fm->cookie = fm->new_cookie;
            fm->cookie_mask = UINT64_MAX;
            fm->new_cookie = UINT64_MAX;
            p.usable &= P_NXM | P_OXM | P_OF11;
        } else {
            fm->modify_cookie = true;
        }
    }
    *usablep = error ? 0 : p.usable;
    return error;
}

struct error *
flow_stats_request_parse(const char *text, bool aggregate,
                         const struct actions_format *names,
                         struct flow_stats_request *request,
                         unsigned int *usablep)
{
    struct flow_mod fm;
    init(&fm, FLOW_MOD_DELETE);
    struct parser p = {
        .fm = &fm, .names = names, .keys = KEYS_OUT, .usable = P_ANY
    };
    char *copy = xstrdup(text);
    struct error *error = parse(&p, copy);
    free(copy);
    if (fm.new_cookie != UINT64_MAX) {
        fm.cookie = fm.new_cookie;
        fm.cookie_mask = UINT64_MAX;
        p.usable &= P_NXM | P_OXM | P_OF11;
    }
    *request = (struct flow_stats_request){
        .aggregate = aggregate,
        .match = fm.match,
        .cookie = fm.cookie,
        .cookie_mask = fm.cookie_mask,
        .table_id = fm.table_id,
        .out_port = fm.out_port,
        .out_group = fm.out_group,
    };
    /* Requests name a table in every protocol. */
    *usablep = error ? 0 : p.usable;
    actions_uninit(&fm.actions);
    return error;
}
