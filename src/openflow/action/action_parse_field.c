/* Text of actions that read and write fields: set_field, load, move, push, pop
 * and their kin. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "openflow/action/action_parse_private.h"

struct action_set_field *
actions_add_set_field(struct actions *list, const struct field *field,
                      const union field_value *value,
                      const union field_value *mask)
{
    size_t n = field->n_bytes;
    struct action_set_field *a =
        actions_add(list, ACTION_SET_FIELD, sizeof *a + 2 * n);
    a->field = field;
    a->value_size = n;
    memcpy(a->bytes, value->bytes, n);
    if (mask) {
        memcpy(a->bytes + n, mask->bytes, n);
    } else {
        /* Only significant bits count, and the presence bit of a VLAN ID. */
        size_t n_bits = field->n_bits + (field->id == FIELD_VLAN_VID);
        for (size_t bit = 0; bit < n_bits; bit++) {
            a->bytes[2 * n - 1 - bit / 8] |= 1 << bit % 8;
        }
    }
    for (size_t i = 0; i < n; i++) {
        a->bytes[i] &= a->bytes[n + i];
    }
    return a;
}

/* Splits "VALUE->DST" and drops the blanks around. */
static struct error *
split_arrow(char *arg, char **dstp)
{
    char *arrow = strstr(arg, "->");
    if (!arrow) {
        return error_create("%s: missing `->'", arg);
    }
    *arrow = '\0';
    char *dst = arrow + 2;
    *dstp = dst + strspn(dst, " ");
    for (char *end = arrow; end > arg && end[-1] == ' ';) {
        *--end = '\0';
    }
    return NULL;
}

static struct error *
check_writable(const struct field *field, const char *name)
{
    return field->writable ? NULL : error_create("%s is read-only", name);
}

struct error *
parse_set_field(struct parse *p, char *arg)
{
    char *name;
    struct error *error = split_arrow(arg, &name);
    if (error) {
        return error;
    } else if (!*name) {
        return error_create("%s: missing field name following `->'", arg);
    }
    const struct field *field = field_from_name(name);
    if (!field) {
        return error_create("%s is not a valid OXM field name", name);
    }
    error = check_writable(field, name);
    if (error) {
        return error;
    }
    union field_value value, mask;
    error = field_parse(field, arg, p->options ? p->options->ports : NULL,
                        &value, &mask);
    if (error) {
        return error;
    } else if (!field_value_is_valid(field, &value)) {
        return error_create("%s is not a valid value for field %s", arg, name);
    }
    bool exact = field_is_all_ones(&mask, field->n_bytes);
    if (!exact && field->maskable == FIELD_MASK_NONE) {
        return error_create("%s: field %s does not allow a mask", arg, name);
    }
    struct action_set_field *a =
        actions_add_set_field(p->out, field, &value, exact ? NULL : &mask);
    a->action.form = ACTION_FORM_SET_FIELD;
    return NULL;
}

struct error *
parse_load(struct parse *p, char *arg)
{
    char *whole = xstrdup(arg);
    char *dst_text;
    struct error *error = split_arrow(arg, &dst_text);
    struct subfield dst;
    if (!error) {
        error = subfield_parse(dst_text, &dst);
    }
    if (!error) {
        error = check_writable(dst.field, dst.field->name);
    }
    uint64_t number = 0;
    if (!error && !scan_u64(arg, 0, &number)) {
        error = error_create("%s: cannot parse integer value", whole);
    }
    if (!error && dst.n_bits < 64 && number >> dst.n_bits) {
        error = error_create("%s: value %#llx does not fit into %d bits",
                             whole, (unsigned long long) number, dst.n_bits);
    }
    free(whole);
    if (error) {
        return error;
    }

    union field_value value, mask;
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    size_t last = (size_t) dst.field->n_bytes - 1;
    for (size_t i = 0; i < dst.n_bits; i++) {
        size_t bit = dst.start + i;
        mask.bytes[last - bit / 8] |= 1 << bit % 8;
        if (i < 64 && number >> i & 1) {
            value.bytes[last - bit / 8] |= 1 << bit % 8;
        }
    }
    struct action_set_field *a =
        actions_add_set_field(p->out, dst.field, &value, &mask);
    a->action.form = ACTION_FORM_LOAD;
    return NULL;
}

struct error *
parse_move(struct parse *p, char *arg)
{
    const char *pos = arg;
    struct subfield src, dst;
    struct error *error = subfield_parse_prefix(&pos, &src);
    if (error) {
        return error;
    }
    pos += strspn(pos, " ");
    if (strncmp(pos, "->", 2)) {
        return error_create("%s: missing `->' following source", arg);
    }
    pos += 2;
    pos += strspn(pos, " ");
    error = subfield_parse(pos, &dst);
    if (error) {
        return error;
    }
    if (src.n_bits != dst.n_bits) {
        return error_create("%s: source field is %d bits wide but destination "
                            "is %d bits wide",
                            arg, src.n_bits, dst.n_bits);
    }
    error = check_writable(dst.field, dst.field->name);
    if (!error) {
        struct action_move *a = actions_add(p->out, ACTION_MOVE, sizeof *a);
        a->src = src;
        a->dst = dst;
    }
    return error;
}

static struct error *
parse_stack(struct parse *p, enum action_type type, const char *arg)
{
    struct subfield subfield;
    struct error *error = subfield_parse(arg, &subfield);
    if (!error && type == ACTION_STACK_POP) {
        error = check_writable(subfield.field, subfield.field->name);
    }
    if (!error) {
        struct action_stack *a = actions_add(p->out, type, sizeof *a);
        a->subfield = subfield;
    }
    return error;
}

struct error *
parse_push(struct parse *p, char *arg)
{
    return parse_stack(p, ACTION_STACK_PUSH, arg);
}

struct error *
parse_pop(struct parse *p, char *arg)
{
    return parse_stack(p, ACTION_STACK_POP, arg);
}

struct error *
parse_check_pkt_larger(struct parse *p, char *arg)
{
    uint64_t length;
    struct error *error =
        parse_bounded(arg, "check_pkt_larger length", UINT16_MAX, &length);
    if (error) {
        return error;
    }
    /* The destination stands behind the parentheses. */
    if (p->delimiter != '(' || strncmp(p->rest, "->", 2)) {
        return error_create("%s: missing `->'", arg);
    }
    char *text = p->rest + 2;
    size_t len = strcspn(text, ", \t\r\n");
    p->rest = text[len] ? text + len + 1 : text + len;
    text[len] = '\0';
    struct subfield dst;
    error = subfield_parse(text, &dst);
    if (!error && dst.n_bits != 1) {
        error =
            error_create("%s: only 1-bit destination field is allowed", text);
    }
    if (!error) {
        struct action_check_pkt_larger *a =
            actions_add(p->out, ACTION_CHECK_PKT_LARGER, sizeof *a);
        a->dst = dst;
        a->pkt_len = length;
    }
    return error;
}

struct error *
parse_delete_field(struct parse *p, char *arg)
{
    const struct field *field = field_from_name(arg);
    if (!field) {
        return error_create("%s is not a valid OXM field name.", arg);
    }
    struct action_delete_field *a =
        actions_add(p->out, ACTION_DELETE_FIELD, sizeof *a);
    a->field = field;
    return NULL;
}
