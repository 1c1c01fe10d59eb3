/* Groups as text: parsing and printing. */

#include "openflow/message/group_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/check.h"
#include "openflow/message/flow_text.h"

static const struct {
    uint16_t command;
    const char *text;    /* As the first word of a line. */
    const char *printed; /* In a message. */
} commands[] = {
    { GROUP_ADD, "add", "ADD" },
    { GROUP_MODIFY, "modify", "MOD" },
    { GROUP_DELETE, "delete", "DEL" },
    { GROUP_INSERT_BUCKET, "insert_bucket", "INSERT_BUCKET" },
    { GROUP_REMOVE_BUCKET, "remove_bucket", "REMOVE_BUCKET" },
    { GROUP_ADD_OR_MOD, "add_or_mod", "ADD_OR_MOD" },
};

static const struct {
    uint32_t id;
    const char *name;
} command_buckets[] = {
    { GROUP_BUCKET_FIRST, "first" },
    { GROUP_BUCKET_LAST, "last" },
    { GROUP_BUCKET_ALL, "all" },
};

struct parser {
    struct group_mod *gm;
    const struct actions_format *names;
    unsigned int usable;
    bool has_type;
    bool has_command_bucket;
    bool has_param;
};

/* Which keys a command takes. */

static bool
takes_buckets(uint16_t command)
{
    return command != GROUP_DELETE && command != GROUP_REMOVE_BUCKET;
}

static bool
takes_command_bucket(uint16_t command)
{
    return command == GROUP_INSERT_BUCKET || command == GROUP_REMOVE_BUCKET;
}

static bool
takes_type(uint16_t command)
{
    return takes_buckets(command) && command != GROUP_INSERT_BUCKET;
}

/* Numbers. */

/* Negative numbers stand for those from the end: "-1" for all ones. */
static struct error *
parse_u64(const char *text, uint64_t *valuep)
{
    int64_t negative;
    if (!*text) {
        return error_create("missing required numeric argument");
    } else if (text[0] == '-' && scan_i64(text, 0, &negative)) {
        *valuep = (uint64_t) negative;
    } else if (!scan_u64(text, 0, valuep)) {
        return error_create("invalid numeric format %s", text);
    }
    return NULL;
}

static struct error *
parse_u32(const char *text, uint32_t *valuep)
{
    uint64_t value;
    struct error *error = parse_u64(text, &value);
    if (error) {
        return error;
    } else if (value > UINT32_MAX && value < -(uint64_t) UINT32_MAX) {
        return error_create("invalid numeric format %s", text);
    }
    *valuep = (uint32_t) value;
    return NULL;
}

static struct error *
parse_id(const char *text, const char *what, uint32_t max, uint32_t *idp)
{
    struct error *error = parse_u32(text, idp);
    return error || *idp <= max
               ? error
               : error_create("invalid %s id %" PRIu32, what, *idp);
}

bool
group_id_parse(const char *text, uint32_t *idp)
{
    if (!strcasecmp(text, "all")) {
        *idp = GROUP_ALL;
    } else if (!strcasecmp(text, "any")) {
        *idp = GROUP_ANY;
    } else {
        uint32_t id;
        if (!scan_u32(text, 0, &id)) {
            return false;
        }
        *idp = id;
    }
    return true;
}

static struct error *
parse_command_bucket(struct parser *p, const char *text)
{
    uint32_t *idp = &p->gm->command_bucket_id;
    p->has_command_bucket = true;
    for (size_t i = 0; i < ARRAY_SIZE(command_buckets); i++) {
        if (!strcmp(text, command_buckets[i].name)) {
            *idp = command_buckets[i].id;
            return NULL;
        }
    }
    return parse_id(text, "command bucket", GROUP_BUCKET_MAX, idp);
}

static struct error *
parse_type(struct parser *p, const char *text)
{
    p->has_type = true;
    if (!strcmp(text, "fast_failover")) {
        text = "ff";
    }
    for (unsigned int i = 0; i < N_GROUP_TYPES; i++) {
        if (!strcmp(text, group_type_name(i))) {
            p->gm->desc.type = (uint8_t) i;
            return NULL;
        }
    }
    return error_create("invalid group type %s", text);
}

/* Selection. */

static struct error *
parse_method(struct parser *p, const char *text)
{
    char *method = p->gm->desc.selection.method;
    if (strlen(text) >= GROUP_METHOD_SIZE) {
        return error_create("selection method is longer than %d bytes long",
                            GROUP_METHOD_SIZE - 1);
    }
    memset(method, 0, GROUP_METHOD_SIZE);
    memcpy(method, text, strlen(text));
    return NULL;
}

static struct error *
parse_param(struct parser *p, const char *text)
{
    p->has_param = true;
    return parse_u64(text, &p->gm->desc.selection.param);
}

/* Adds the field, by number. */
static struct error *
add_field(struct group_selection *s, const struct group_field *new)
{
    for (size_t i = 0; i < s->fields.n; i++) {
        if (s->fields.items[i].field == new->field) {
            return error_create("%s: duplicate field", new->field->name);
        }
    }
    group_selection_add(s, new);
    return NULL;
}

static struct error *
parse_fields(struct parser *p, char *text)
{
    char *name, *value;
    while (scan_key_value(&text, &name, &value, NULL)) {
        struct group_field f = { .field = field_from_name(name) };
        if (!f.field) {
            return error_create(": unknown field %s", name);
        }
        union field_value exact;
        memset(f.mask.bytes, 0xff, f.field->n_bytes);
        struct error *error = NULL;
        if (*value) {
            memset(&f.mask, 0, sizeof f.mask);
            error = field_parse(f.field, value, NULL, &f.mask, &exact);
            if (!error && field_is_zero(&f.mask, f.field->n_bytes)) {
                error = error_create(": values are wildcards here and must "
                                     "not be all-zeros");
            } else if (!error && f.field->maskable == FIELD_MASK_NONE
                       && !field_is_all_ones(&f.mask, f.field->n_bytes)) {
                error = error_create("%s: invalid mask for field %s", value,
                                     f.field->name);
            }
        }
        error = error ? error : add_field(&p->gm->desc.selection, &f);
        if (error) {
            return error;
        }
    }
    return NULL;
}

/* Buckets. */

/* What a bucket's text says in no key of its own is an action. */
static void
put_action(struct str *actions, const char *key, const char *value,
           char delimiter)
{
    if (!strcasecmp(key, "action") || !strcasecmp(key, "actions")) {
        key = value;
        delimiter = '\0';
    }
    if (!*key) {
        return;
    }
    str_putf(actions, "%s%s", actions->len ? "," : "", key);
    if (delimiter) {
        str_putf(actions, "%c%s%s", delimiter, value,
                 delimiter == '(' ? ")" : "");
    }
}

static struct error *
parse_watch_port(const struct parser *p, const char *text, uint32_t *portp)
{
    const struct port_names *ports = p->names ? p->names->ports : NULL;
    bool is_port = ofp_port_parse(text, ports, portp);
    return is_port
                   && (*portp < OFPP_MAX || *portp == OFPP_NONE
                       || *portp == OFPP_CONTROLLER)
               ? NULL
               : error_create("%s: invalid watch_port", text);
}

/* Whether the key is one of a bucket's own, if so parsed. */
static bool
parse_bucket_key(struct parser *p, struct group_bucket *b, const char *key,
                 const char *value, struct error **errorp)
{
    if (!strcasecmp(key, "weight")) {
        *errorp = scan_u16(value, 0, &b->weight)
                      ? NULL
                      : error_create("invalid weight \"%s\"", value);
    } else if (!strcasecmp(key, "watch_port")) {
        *errorp = parse_watch_port(p, value, &b->watch_port);
    } else if (!strcasecmp(key, "watch_group")) {
        *errorp = parse_id(value, "watch_group", GROUP_MAX, &b->watch_group);
    } else if (!strcasecmp(key, "bucket_id")) {
        *errorp = parse_id(value, "bucket_id", GROUP_BUCKET_MAX, &b->id);
    } else {
        return false;
    }
    return true;
}

/* Actions of buckets have no match that would tell what they can set. */
static struct error *
parse_actions(struct parser *p, const char *text, struct actions *actions)
{
    static const struct actions_limits limits = {
        .max_port = OFPP_MAX,
        .table_id = 255,
        .n_tables = 255,
        .max_groups = UINT32_MAX,
        .max_meter = UINT32_MAX,
        .lenient = true,
    };
    struct error *error =
        actions_parse(text, p->names, ACTIONS_PARSE_IN_GROUP, actions);
    if (error) {
        return error;
    }
    p->usable &= flow_actions_protocols(actions);
    if (actions_meter(actions)) {
        /* An action, and no instruction, since 1.5. */
        p->usable &= 1u << FLOW_PROTOCOL_OF15;
    }
    struct match match;
    match_init_any(&match);
    return actions_check(actions, &match, &limits)
                   == OFPERR_OFPBAC_BAD_SET_ARGUMENT
               ? error_create("cannot set CT fields outside of ct action")
               : NULL;
}

static struct error *
parse_bucket(struct parser *p, char *text)
{
    struct group_desc *g = &p->gm->desc;
    struct group_bucket *b = group_desc_add_bucket(g);
    b->weight = g->type == GROUP_TYPE_SELECT;
    bool has_actions = false;
    struct str actions = STR_INITIALIZER;
    struct error *error = NULL;
    char *key, *value, delimiter;
    while (!error && scan_key_value(&text, &key, &value, &delimiter)) {
        if (parse_bucket_key(p, b, key, value, &error)) {
            continue;
        }
        has_actions = true;
        put_action(&actions, key, value, delimiter);
    }
    if (!error && !has_actions) {
        error = error_create("bucket must specify actions");
    }
    if (!error) {
        error = parse_actions(p, str_text(&actions), &b->actions);
    }
    str_uninit(&actions);
    if (!error && g->type == GROUP_TYPE_FF && b->watch_port == OFPP_NONE
        && b->watch_group == GROUP_ANY) {
        error = error_create("fast failover bucket requires watch_port or "
                             "watch_group");
    }
    return error;
}

/* Gives numbers to buckets that have none: the least that are free. */
static void
number_buckets(struct group_desc *g)
{
    uint32_t next = 0;
    for (size_t i = 0; i < g->buckets.n; i++) {
        struct group_bucket *b = &g->buckets.items[i];
        if (b->id != GROUP_BUCKET_ALL) {
            continue;
        }
        for (size_t j = 0; j < g->buckets.n; j++) {
            if (g->buckets.items[j].id == next) {
                next++;
                j = (size_t) -1;
            }
        }
        b->id = next++;
    }
}

/* Whole texts. */

static struct error *
parse_key(struct parser *p, const char *key, char *value)
{
    uint16_t command = p->gm->command;
    if (!strcmp(key, "command_bucket_id")) {
        return takes_command_bucket(command)
                   ? parse_command_bucket(p, value)
                   : error_create("command bucket id is not needed");
    } else if (!strcmp(key, "group_id")) {
        if (!strcmp(value, "all")) {
            p->gm->desc.id = GROUP_ALL;
            return NULL;
        }
        return parse_id(value, "group", GROUP_MAX, &p->gm->desc.id);
    } else if (!strcmp(key, "type")) {
        return takes_type(command) ? parse_type(p, value)
                                   : error_create("type is not needed");
    } else if (!strcmp(key, "selection_method")) {
        return takes_type(command)
                   ? parse_method(p, value)
                   : error_create("selection method is not needed");
    } else if (!strcmp(key, "selection_method_param")) {
        return takes_type(command)
                   ? parse_param(p, value)
                   : error_create("selection method param is not needed");
    } else if (!strcmp(key, "fields")) {
        return takes_type(command) ? parse_fields(p, value)
                                   : error_create("fields are not needed");
    }
    return error_create("unknown keyword %s", key);
}

static struct error *
check_keys(const struct parser *p)
{
    const struct group_mod *gm = p->gm;
    const struct group_selection *s = &gm->desc.selection;
    if (gm->desc.id == GROUP_ANY) {
        return error_create("must specify a group_id");
    } else if (takes_type(gm->command) && !p->has_type) {
        return error_create("must specify a type");
    } else if (takes_command_bucket(gm->command) && !p->has_command_bucket
               && gm->command == GROUP_INSERT_BUCKET) {
        return error_create("must specify a command bucket id");
    } else if (gm->command == GROUP_INSERT_BUCKET
               && gm->command_bucket_id == GROUP_BUCKET_ALL) {
        return error_create("command_bucket_id=all is not permitted");
    } else if (!s->method[0] && p->has_param) {
        return error_create("selection_method_param is only allowed with "
                            "\"selection_method\"");
    } else if (strcmp(s->method, "hash") && s->fields.n) {
        return error_create("fields may only be specified with "
                            "\"selection_method=hash\"");
    }
    return NULL;
}

static struct error *
check_buckets(const struct group_mod *gm)
{
    const struct group_desc *g = &gm->desc;
    if (g->type == GROUP_TYPE_INDIRECT && g->buckets.n > 1) {
        return error_create("Indirect groups can have at most one bucket.");
    }
    for (size_t i = 0; i < g->buckets.n; i++) {
        if (g->type != GROUP_TYPE_SELECT && g->buckets.items[i].weight
            && gm->command != GROUP_INSERT_BUCKET) {
            return error_create("Only select groups can have bucket "
                                "weights.");
        }
    }
    return NULL;
}

/* The text of the first bucket, which is cut off 'text', or NULL. */
static char *
cut_bucket(char *text)
{
    for (char *p = text; (p = strstr(p, "bucket=")); p++) {
        if (p == text || strchr(", \t\r\n", p[-1])) {
            *p = '\0';
            return p + strlen("bucket=");
        }
    }
    return NULL;
}

static struct error *
parse(struct parser *p, char *text)
{
    struct error *error = NULL;
    char *bucket = cut_bucket(text);
    if (bucket && !takes_buckets(p->gm->command)) {
        return error_create("bucket is not needed");
    }
    char *key, *value;
    while (!error && scan_key_value(&text, &key, &value, NULL)) {
        error = parse_key(p, key, value);
    }
    error = error ? error : check_keys(p);
    while (!error && bucket) {
        char *next = cut_bucket(bucket);
        error = parse_bucket(p, bucket);
        bucket = next;
    }
    if (!error) {
        number_buckets(&p->gm->desc);
    }
    return error ? error : check_buckets(p->gm);
}

/* The command at the start of '*textp', which it passes: any unique or first
 * beginning of its name. */
static uint16_t
take_command(const char **textp)
{
    const char *text = *textp + strspn(*textp, " \t\r\n");
    size_t len = strcspn(text, ", \t\r\n=");
    if (len && text[len] && !strchr(",=", text[len])) {
        for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
            if (!strncmp(commands[i].text, text, len)) {
                *textp = text + len;
                return commands[i].command;
            }
        }
    }
    return GROUP_ADD;
}

struct error *
group_mod_parse(const char *text, int command,
                const struct actions_format *names, struct group_mod *gm,
                unsigned int *usablep)
{
    *gm = (struct group_mod){
        .command = command < 0 ? take_command(&text) : (uint16_t) command,
        .command_bucket_id = GROUP_BUCKET_ALL,
    };
    gm->desc.id = GROUP_ANY;
    if (gm->command == GROUP_DELETE && !text[strspn(text, " \t\r\n,")]) {
        gm->desc.id = GROUP_ALL;
    }
    struct parser p = { .gm = gm, .names = names };
    p.usable = flow_protocols_from_string(gm->command == GROUP_REMOVE_BUCKET
                                              ? "OpenFlow10,NXM,OpenFlow15"
                                              : "any");
    char *copy = xstrdup(text);
    struct error *error = parse(&p, copy);
    free(copy);
    *usablep = error ? 0 : p.usable;
    return error;
}

/* Printing. */

static void
put_fields(const struct group_field *fields, size_t n, struct str *s)
{
    str_put(s, n == 1 ? ",fields=" : ",fields(");
    for (size_t i = 0; i < n; i++) {
        const struct field *f = fields[i].field;
        str_putf(s, "%s%s", i ? "," : "", f->name);
        if (!field_is_all_ones(&fields[i].mask, f->n_bytes)) {
            str_put_char(s, '=');
            field_format(f, &fields[i].mask, NULL, NULL, s);
        }
    }
    str_put(s, n == 1 ? "" : ")");
}

static void
put_bucket(const struct group_bucket *b, enum group_type type, bool with_id,
           const struct actions_format *names, struct str *s)
{
    str_put(s, "bucket=");
    if (with_id) {
        str_putf(s, "bucket_id:%" PRIu32 ",", b->id);
    }
    if (b->weight != (type == GROUP_TYPE_SELECT)) {
        str_putf(s, "weight:%u,", b->weight);
    }
    if (b->watch_port != OFPP_NONE) {
        str_put(s, "watch_port:");
        ofp_port_format(b->watch_port, names ? names->ports : NULL, s);
        str_put_char(s, ',');
    }
    if (b->watch_group != GROUP_ANY) {
        str_putf(s, "watch_group:%" PRIu32 ",", b->watch_group);
    }
    str_put(s, "actions=");
    actions_format(&b->actions, names, s);
}

static void
put_desc(const struct group_desc *g, bool with_type,
         const struct actions_format *names, bool with_ids, struct str *s)
{
    str_putf(s, "group_id=%" PRIu32, g->id);
    if (with_type) {
        str_putf(s, ",type=%s",
                 g->type < N_GROUP_TYPES ? group_type_name(g->type)
                                         : "unknown");
    }
    const struct group_selection *selection = &g->selection;
    if (selection->method[0]) {
        str_putf(s, ",selection_method=%s", selection->method);
        if (selection->param) {
            str_putf(s, ",selection_method_param=%" PRIu64, selection->param);
        }
        if (selection->fields.n) {
            put_fields(selection->fields.items, selection->fields.n, s);
        }
    }
    for (size_t i = 0; i < g->buckets.n; i++) {
        str_put_char(s, ',');
        put_bucket(&g->buckets.items[i], g->type, with_ids, names, s);
    }
}

void
group_desc_format(const struct group_desc *g,
                  const struct actions_format *names, bool with_ids,
                  struct str *s)
{
    put_desc(g, true, names, with_ids, s);
}

void
group_mod_format(const struct group_mod *gm,
                 const struct actions_format *names, bool with_ids,
                 struct str *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].command == gm->command) {
            str_putf(s, "%s ", commands[i].printed);
        }
    }
    if (takes_command_bucket(gm->command)) {
        str_put(s, "command_bucket_id:");
        for (size_t i = 0; i < ARRAY_SIZE(command_buckets); i++) {
            if (command_buckets[i].id == gm->command_bucket_id) {
                str_putf(s, "%s,", command_buckets[i].name);
            }
        }
        if (gm->command_bucket_id <= GROUP_BUCKET_MAX) {
            str_putf(s, "%" PRIu32 ",", gm->command_bucket_id);
        }
    }
    put_desc(&gm->desc, takes_type(gm->command), names, with_ids, s);
}
