/* Building lists in lists, and what kind of thing an action is. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "openflow/action/action.h"
#include "openflow/action/action_private.h"

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

bool
action_sets_whole(const struct action_set_field *a)
{
    const uint8_t *mask = a->bytes + a->value_size;
    for (size_t bit = 0; bit < a->field->n_bits; bit++) {
        if (!(mask[a->value_size - 1 - bit / 8] >> bit % 8 & 1)) {
            return false;
        }
    }
    return true;
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
