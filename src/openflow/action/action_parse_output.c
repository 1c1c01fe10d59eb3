/* Text of actions that send packets or change their way: output, controller,
 * enqueue, resubmit, goto_table and their kin. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_parse_private.h"

enum {
    MIN_TRUNC_LEN = 14, /* An Ethernet header. */
    MAX_USERDATA = 65535 - 64,
    MAX_DEC_TTL_IDS = 64,
};

/* A port of which the datapath knows what it sends. */
static struct error *
parse_trunc_port(struct parse *p, const char *text, uint32_t *portp)
{
    const struct port_names *names = p->options ? p->options->ports : NULL;
    if (!ofp_port_parse(text, names, portp)) {
        return error_create("output to unknown truncate port: %s", text);
    }
    return *portp < OFPP_MAX || *portp == OFPP_LOCAL || *portp == OFPP_IN_PORT
               ? NULL
               : error_create("output to unsupported truncate port: %s", text);
}

static struct error *
parse_output_trunc(struct parse *p, char *arg)
{
    uint32_t port = OFPP_NONE;
    uint64_t max_len = 0;
    char *key, *value;
    while (scan_key_value(&arg, &key, &value, NULL)) {
        struct error *error;
        if (!strcmp(key, "port")) {
            error = parse_trunc_port(p, value, &port);
        } else if (!strcmp(key, "max_len")) {
            error = parse_number(value, &max_len);
        } else {
            error =
                error_create("invalid key '%s' in output_trunc argument", key);
        }
        if (error) {
            return error;
        }
    }
    if (max_len < MIN_TRUNC_LEN || max_len > UINT32_MAX) {
        return error_create("max_len %llu is less than the minimum value %d",
                            (unsigned long long) max_len, MIN_TRUNC_LEN);
    }
    struct action_output_trunc *a =
        actions_add(p->out, ACTION_OUTPUT_TRUNC, sizeof *a);
    a->port = port;
    a->max_len = max_len;
    return NULL;
}

struct error *
parse_output(struct parse *p, char *arg)
{
    uint32_t port;
    if (ofp_port_parse(arg, p->options ? p->options->ports : NULL, &port)) {
        struct action_output *a =
            actions_add(p->out, ACTION_OUTPUT, sizeof *a);
        a->port = port;
        a->max_len = port == OFPP_CONTROLLER ? UINT16_MAX : 0;
        return NULL;
    }
    if (strstr(arg, "port") && strstr(arg, "max_len")) {
        return parse_output_trunc(p, arg);
    }
    struct subfield src;
    struct error *error = subfield_parse(arg, &src);
    if (error) {
        error_destroy(error);
        return error_create("%s: output to unknown port", arg);
    }
    struct action_output_reg *a =
        actions_add(p->out, ACTION_OUTPUT_REG, sizeof *a);
    a->src = src;
    a->max_len = UINT16_MAX;
    return NULL;
}

static struct error *
parse_reason(const char *text, uint8_t *reasonp)
{
    static const char *const names[] = {
        "no_match",   "action", "invalid_ttl",
        "action_set", "group",  "packet_out"
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(text, names[i])) {
            *reasonp = i;
            return NULL;
        }
    }
    return error_create("unknown reason \"%s\"", text);
}

/* Keys of controller(...). */
struct controller_keys {
    uint8_t reason;
    uint64_t max_len, id, meter_id;
    uint8_t *userdata;
    size_t userdata_len;
    bool pause;
};

static struct error *
parse_controller_key(struct controller_keys *k, const char *key,
                     const char *value)
{
    if (!strcmp(key, "reason")) {
        return parse_reason(value, &k->reason);
    } else if (!strcmp(key, "max_len")) {
        return parse_bounded(value, "max_len", UINT16_MAX, &k->max_len);
    } else if (!strcmp(key, "id")) {
        return parse_bounded(value, "id", UINT16_MAX, &k->id);
    } else if (!strcmp(key, "meter_id")) {
        return parse_bounded(value, "meter_id", UINT32_MAX, &k->meter_id);
    } else if (!strcmp(key, "pause")) {
        k->pause = true;
        return NULL;
    } else if (!strcmp(key, "userdata")) {
        size_t max = strlen(value) / 2 + 1;
        const char *end;
        free(k->userdata);
        k->userdata = xmalloc(max);
        k->userdata_len = scan_hex_bytes(value, k->userdata, max, &end);
        if (*end || k->userdata_len > MAX_USERDATA) {
            return error_create("bad hex digit in `controller' action "
                                "`userdata'");
        }
        return NULL;
    }
    return error_create("unknown key \"%s\" parsing controller action", key);
}

struct error *
parse_controller(struct parse *p, char *arg)
{
    enum { REASON_ACTION = 1 };
    struct controller_keys k = { .reason = REASON_ACTION,
                                 .max_len = UINT16_MAX };
    struct error *error = NULL;
    if (*arg && arg[strspn(arg, "0123456789")] == '\0') {
        error = parse_bounded(arg, "max_len", UINT16_MAX, &k.max_len);
    } else {
        char *key, *value;
        while (!error && scan_key_value(&arg, &key, &value, NULL)) {
            error = parse_controller_key(&k, key, value);
        }
    }
    if (error) {
        free(k.userdata);
        return error;
    }
    if (k.reason == REASON_ACTION && !k.id && !k.userdata_len && !k.pause
        && !k.meter_id) {
        struct action_output *a =
            actions_add(p->out, ACTION_OUTPUT, sizeof *a);
        a->port = OFPP_CONTROLLER;
        a->max_len = k.max_len;
    } else {
        struct action_controller *a =
            actions_add(p->out, ACTION_CONTROLLER, sizeof *a + k.userdata_len);
        a->reason = k.reason;
        a->max_len = k.max_len;
        a->controller_id = k.id;
        a->meter_id = k.meter_id;
        a->pause = k.pause;
        a->userdata_len = k.userdata_len;
        if (k.userdata_len) {
            memcpy(a->userdata, k.userdata, k.userdata_len);
        }
    }
    free(k.userdata);
    return NULL;
}

struct error *
parse_enqueue(struct parse *p, char *arg)
{
    char *pos = arg;
    char *port_text = scan_token(&pos, ":,");
    char *queue_text = port_text ? scan_token(&pos, ":,") : NULL;
    if (!queue_text) {
        return error_create("\"enqueue\" syntax is \"enqueue:PORT:QUEUE\" or "
                            "\"enqueue(PORT,QUEUE)\"");
    }
    uint32_t port;
    uint64_t queue;
    struct error *error = parse_port(port_text, "enqueue", p, &port);
    if (!error) {
        error = parse_bounded(queue_text, "queue", UINT32_MAX, &queue);
    }
    if (!error) {
        struct action_enqueue *a =
            actions_add(p->out, ACTION_ENQUEUE, sizeof *a);
        a->port = port;
        a->queue = queue;
    }
    return error;
}

/* Takes what is before the next comma; "" at the end. */
static char *
take_item(char **posp)
{
    char *item = *posp;
    size_t len = strcspn(item, ",");
    *posp = item[len] ? item + len + 1 : item + len;
    item[len] = '\0';
    return item;
}

struct error *
parse_resubmit(struct parse *p, char *arg)
{
    char *port_text = take_item(&arg);
    char *table_text = take_item(&arg);
    char *ct_text = take_item(&arg);
    uint32_t port = OFPP_IN_PORT;
    uint8_t table = 255;
    struct error *error = NULL;
    if (*port_text) {
        error = parse_port(port_text, "resubmit", p, &port);
    }
    if (!error && *table_text) {
        error = parse_table(table_text, p, &table);
        if (error) {
            error_destroy(error);
            error = error_create("%s: resubmit to unknown table", table_text);
        }
    }
    if (!error && *ct_text && strcmp(ct_text, "ct")) {
        error = error_create("%s: unknown parameter", ct_text);
    }
    if (!error && *ct_text && !*table_text) {
        error = error_create("resubmit: \"ct\" needs a table");
    }
    if (!error && !*port_text && !*table_text) {
        error = error_create("at least one \"in_port\" or \"table\" must be "
                             "specified on resubmit");
    }
    if (!error) {
        struct action_resubmit *a =
            actions_add(p->out, ACTION_RESUBMIT, sizeof *a);
        a->in_port = port;
        a->table_id = table;
        a->with_ct = *ct_text != '\0';
    }
    return error;
}

struct error *
parse_goto_table(struct parse *p, char *arg)
{
    uint8_t table;
    struct error *error = parse_table(arg, p, &table);
    if (!error) {
        struct action_goto_table *a =
            actions_add(p->out, ACTION_GOTO_TABLE, sizeof *a);
        a->table_id = table;
    }
    return error;
}

struct error *
parse_write_metadata(struct parse *p, char *arg)
{
    char *mask_text = strchr(arg, '/');
    uint64_t value, mask = UINT64_MAX;
    if (mask_text) {
        *mask_text++ = '\0';
    }
    struct error *error = parse_number(arg, &value);
    if (!error && mask_text) {
        error = parse_number(mask_text, &mask);
    }
    if (!error) {
        struct action_write_metadata *a =
            actions_add(p->out, ACTION_WRITE_METADATA, sizeof *a);
        a->metadata = be64_from_host(value);
        a->mask = be64_from_host(mask);
    }
    return error;
}

/* Some actions have no place in the list that begins at 'offset' of 'out'. */
static struct error *
check_nested(const struct actions *out, size_t offset, enum action_type type)
{
    const struct action_nested *list = (const void *) (out->data + offset);
    const struct action *a;
    ACTION_FOR_EACH(a, list->actions, ACTION_NESTED_SIZE(list))
    {
        if (a->type == ACTION_METER) {
            return error_create("%s action doesn't support nested action %s",
                                action_name(type), action_name(a->type));
        } else if (a->type == ACTION_NAT) {
            return error_create(
                "Cannot have NAT action outside of \"ct\" action");
        }
    }
    return NULL;
}

/* A list inside 'type'. */
static struct error *
parse_nested(struct parse *p, enum action_type type, char *arg)
{
    size_t offset = actions_open(p->out, type, sizeof(struct action_nested));
    struct error *error =
        actions_parse_list(arg, p->options, parse_nested_flags(p), p->out);
    if (!error) {
        actions_close(p->out, offset);
        error = check_nested(p->out, offset, type);
    }
    return error;
}

struct error *
parse_clone(struct parse *p, char *arg)
{
    return parse_nested(p, ACTION_CLONE, arg);
}

struct error *
parse_write_actions(struct parse *p, char *arg)
{
    return parse_nested(p, ACTION_WRITE_ACTIONS, arg);
}

struct error *
parse_dec_ttl(struct parse *p, char *arg)
{
    uint16_t ids[MAX_DEC_TTL_IDS];
    size_t n = 0;
    char *token;
    while ((token = scan_token(&arg, ", ")) != NULL) {
        if (n >= MAX_DEC_TTL_IDS) {
            return error_create("dec_ttl: more than %d controller ids",
                                MAX_DEC_TTL_IDS);
        }
        uint16_t id;
        if (!scan_u16(token, 0, &id)) {
            id = 0;
        }
        ids[n++] = id;
    }
    struct action_dec_ttl *a =
        actions_add(p->out, ACTION_DEC_TTL, sizeof *a + n * sizeof *ids);
    a->n_controllers = n;
    if (n) {
        memcpy(a->ids, ids, n * sizeof *ids);
    }
    return NULL;
}

struct error *
parse_fin_timeout(struct parse *p, char *arg)
{
    uint64_t idle = 0, hard = 0;
    char *key, *value;
    while (scan_key_value(&arg, &key, &value, NULL)) {
        struct error *error;
        if (!strcmp(key, "idle_timeout")) {
            error = parse_bounded(value, key, UINT16_MAX, &idle);
        } else if (!strcmp(key, "hard_timeout")) {
            error = parse_bounded(value, key, UINT16_MAX, &hard);
        } else {
            error = error_create("invalid key '%s' in 'fin_timeout' argument",
                                 key);
        }
        if (error) {
            return error;
        }
    }
    struct action_fin_timeout *a =
        actions_add(p->out, ACTION_FIN_TIMEOUT, sizeof *a);
    a->idle = idle;
    a->hard = hard;
    return NULL;
}

struct error *
parse_conjunction(struct parse *p, char *arg)
{
    unsigned int id, clause, n_clauses;
    int used = 0;
    if (sscanf(arg, "%i , %u / %u %n", (int *) &id, &clause, &n_clauses, &used)
            != 3
        || arg[used]) {
        return error_create("\"conjunction\" syntax is "
                            "\"conjunction(id,i/n)\"");
    } else if (n_clauses < 2) {
        return error_create("conjunction must have at least 2 clauses");
    } else if (n_clauses > 64) {
        return error_create("conjunction must have at most 64 clauses");
    } else if (clause < 1) {
        return error_create("clause index must be positive");
    } else if (clause > n_clauses) {
        return error_create("clause index must be less than or equal to "
                            "number of clauses");
    }
    struct action_conjunction *a =
        actions_add(p->out, ACTION_CONJUNCTION, sizeof *a);
    a->id = id;
    a->clause = clause - 1;
    a->n_clauses = n_clauses;
    return NULL;
}

struct error *
parse_note(struct parse *p, char *arg)
{
    size_t max = strlen(arg) / 2 + 1;
    uint8_t *bytes = xzalloc(max + 8);
    const char *end;
    size_t n = scan_hex_bytes(arg, bytes, max, &end);
    if (*end) {
        free(bytes);
        return error_create("bad hex digit in `note' argument");
    }
    /* On the wire a note fills its action: 6 bytes, or 14, ... */
    size_t len = n <= 6 ? 6 : ROUND_UP(n - 6, 8) + 6;
    struct action_note *a = actions_add(p->out, ACTION_NOTE, sizeof *a + len);
    a->len = len;
    memcpy(a->bytes, bytes, n);
    free(bytes);
    return NULL;
}

struct error *
parse_not_yet(struct parse *p, char *arg UNUSED)
{
    return error_create("%s: this action is not supported yet", p->name);
}
