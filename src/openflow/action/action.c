/* Lists of actions: storage, walking, comparing, action sets. */

#include "openflow/action/action.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action_private.h"

const struct action_row action_rows[N_ACTION_TYPES] = {
#define ACTION(ENUM, STRUCT, NAME, SET) [ACTION_##ENUM] = { NAME, SET },
#include "openflow/action/action.def"
#undef ACTION
};

void
actions_init(struct actions *list)
{
    *list = (struct actions) ACTIONS_INITIALIZER;
}

void
actions_uninit(struct actions *list)
{
    free(list->data);
    actions_init(list);
}

void
actions_clear(struct actions *list)
{
    list->size = 0;
}

struct actions *
actions_clone(const struct actions *old)
{
    struct actions *list = xmalloc(sizeof *list);
    list->data = old->size ? xmemdup(old->data, old->size) : NULL;
    list->size = list->capacity = old->size;
    return list;
}

void
actions_destroy(struct actions *list)
{
    if (list) {
        free(list->data);
        free(list);
    }
}

bool
actions_equal(const struct actions *a, const struct actions *b)
{
    return a->size == b->size
           && (!a->size || !memcmp(a->data, b->data, a->size));
}

uint32_t
actions_hash(const struct actions *list, uint32_t basis)
{
    return hash_bytes(list->data, list->size, basis);
}

static void *
grow(struct actions *list, size_t size)
{
    if (list->size + size > list->capacity) {
        list->capacity = MAX(list->size + size, list->capacity * 2);
        list->capacity = MAX(list->capacity, 64);
        list->data = xrealloc(list->data, list->capacity);
    }
    void *p = list->data + list->size;
    memset(p, 0, size);
    list->size += size;
    return p;
}

void *
actions_add(struct actions *list, enum action_type type, size_t size)
{
    size = ROUND_UP(size, 8);
    struct action *a = grow(list, size);
    a->type = type;
    a->size = size;
    return a;
}

size_t
actions_open(struct actions *list, enum action_type type, size_t size)
{
    size_t offset = list->size;
    actions_add(list, type, size);
    return offset;
}

void *
actions_close(struct actions *list, size_t offset)
{
    struct action *a = (struct action *) (list->data + offset);
    a->size = list->size - offset;
    return a;
}

void
actions_append(struct actions *list, const void *data, size_t size)
{
    if (size) {
        memcpy(grow(list, size), data, size);
    }
}

bool
action_nested(const struct action *a, const uint8_t **datap, size_t *sizep)
{
    size_t offset;
    switch (a->type) {
    case ACTION_CLONE:
    case ACTION_WRITE_ACTIONS:
        offset = offsetof(struct action_nested, actions);
        break;
    case ACTION_CT:
        offset = offsetof(struct action_ct, actions);
        break;
    default:
        return false;
    }
    *datap = (const uint8_t *) a + offset;
    *sizep = a->size - offset;
    return true;
}

static bool
outputs_to(const void *data, size_t size, uint32_t port, bool group)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        const uint8_t *nested;
        size_t nested_size;
        if (action_nested(a, &nested, &nested_size)
            && outputs_to(nested, nested_size, port, group)) {
            return true;
        }
        if (group) {
            if (a->type == ACTION_GROUP
                && ((const struct action_number *) a)->value == port) {
                return true;
            }
        } else if (a->type == ACTION_OUTPUT) {
            if (((const struct action_output *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_ENQUEUE) {
            if (((const struct action_enqueue *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_OUTPUT_TRUNC) {
            if (((const struct action_output_trunc *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_CONTROLLER && port == OFPP_CONTROLLER) {
            return true;
        }
    }
    return false;
}

bool
actions_output_to_port(const struct actions *list, uint32_t port)
{
    return outputs_to(list->data, list->size, port, false);
}

bool
actions_output_to_group(const struct actions *list, uint32_t group)
{
    return outputs_to(list->data, list->size, group, true);
}

uint32_t
actions_meter(const struct actions *list)
{
    const struct action *a;
    ACTIONS_FOR_EACH(a, list)
    {
        if (a->type == ACTION_METER) {
            return ((const struct action_number *) a)->value;
        }
    }
    return 0;
}

const char *
action_name(enum action_type type)
{
    return action_rows[type].name;
}

enum instruction
action_instruction(const struct action *a)
{
    switch (a->type) {
    case ACTION_METER:
        return INSTRUCTION_METER;
    case ACTION_CLEAR_ACTIONS:
        return INSTRUCTION_CLEAR;
    case ACTION_WRITE_ACTIONS:
        return INSTRUCTION_WRITE;
    case ACTION_WRITE_METADATA:
        return INSTRUCTION_METADATA;
    case ACTION_GOTO_TABLE:
        return INSTRUCTION_GOTO;
    default:
        return INSTRUCTION_APPLY;
    }
}

/* Appends the last action of 'list' in place 'set'. */
static void
append_last_in(const struct actions *list, int set, struct actions *out)
{
    const struct action *last = NULL, *a;
    ACTIONS_FOR_EACH(a, list)
    {
        if (action_rows[a->type].set == set) {
            last = a;
        }
    }
    if (last) {
        actions_append(out, last, last->size);
    }
}

void
actions_execute_set(const struct actions *written, struct actions *out)
{
    /* Without a final action the set has no effect. */
    int final = 0;
    const struct action *a;
    ACTIONS_FOR_EACH(a, written)
    {
        final = MAX(final, action_rows[a->type].set);
    }
    if (final < ACTION_SET_FINAL) {
        return;
    }
    for (int set = 1; set < ACTION_SET_ANY; set++) {
        append_last_in(written, set, out);
    }
    ACTIONS_FOR_EACH(a, written)
    {
        if (action_rows[a->type].set == ACTION_SET_ANY) {
            actions_append(out, a, a->size);
        }
    }
    append_last_in(written, final, out);
}
