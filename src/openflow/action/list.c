/* Lists of actions: storage, comparison, and questions about them. */

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "openflow/action/action.h"

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
actions_clone(const struct actions *list)
{
    struct actions *copy = xzalloc(sizeof *copy);
    if (list->size) {
        copy->data = xmemdup(list->data, list->size);
        copy->size = copy->capacity = list->size;
    }
    return copy;
}

void
actions_destroy(struct actions *list)
{
    if (list) {
        actions_uninit(list);
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
    return list->size ? hash_bytes(list->data, list->size, basis) : basis;
}

void *
actions_add(struct actions *list, enum action_type type, size_t size)
{
    size = ROUND_UP(size, 8);
    if (list->capacity - list->size < size) {
        list->capacity = MAX(list->capacity * 2, list->size + size);
        list->data = xrealloc(list->data, list->capacity);
    }
    struct action *a = (struct action *) (list->data + list->size);
    memset(a, 0, size);
    a->type = type;
    a->size = size;
    list->size += size;
    return a;
}

const char *
action_name(enum action_type type)
{
    static const char *const names[N_ACTION_TYPES] = {
#define ACTION(ENUM, STRUCT, NAME, SET) [ACTION_##ENUM] = NAME,
#include "openflow/action/action.def"
#undef ACTION
    };
    return names[type];
}

/* The list inside 'a', if it is of a type that has one. */
static bool
get_nested(const struct action *a, const uint8_t **datap, size_t *sizep)
{
    switch (a->type) {
    case ACTION_CLONE:
    case ACTION_WRITE_ACTIONS: {
        const struct action_nested *n = (const void *) a;
        *datap = n->actions;
        *sizep = ACTION_NESTED_SIZE(n);
        return true;
    }
    case ACTION_CT: {
        const struct action_ct *ct = (const void *) a;
        *datap = ct->actions;
        *sizep = ACTION_NESTED_SIZE(ct);
        return true;
    }
    default:
        return false;
    }
}

static bool
outputs_to_port(const uint8_t *data, size_t size, uint32_t port)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        const uint8_t *nested;
        size_t nested_size;
        if (a->type == ACTION_OUTPUT) {
            if (((const struct action_output *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_OUTPUT_TRUNC) {
            if (((const struct action_output_trunc *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_ENQUEUE) {
            if (((const struct action_enqueue *) a)->port == port) {
                return true;
            }
        } else if (a->type == ACTION_CONTROLLER) {
            if (port == 0xfffffffd) {
                return true;
            }
        } else if (get_nested(a, &nested, &nested_size)
                   && outputs_to_port(nested, nested_size, port)) {
            return true;
        }
    }
    return false;
}

bool
actions_output_to_port(const struct actions *list, uint32_t port)
{
    return outputs_to_port(list->data, list->size, port);
}

static bool
outputs_to_group(const uint8_t *data, size_t size, uint32_t group)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        const uint8_t *nested;
        size_t nested_size;
        if (a->type == ACTION_GROUP
            && (group == UINT32_MAX
                || ((const struct action_number *) a)->value == group)) {
            return true;
        }
        if (get_nested(a, &nested, &nested_size)
            && outputs_to_group(nested, nested_size, group)) {
            return true;
        }
    }
    return false;
}

bool
actions_output_to_group(const struct actions *list, uint32_t group)
{
    return outputs_to_group(list->data, list->size, group);
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
