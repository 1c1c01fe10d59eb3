/* Action sets: OpenFlow 1.3.5 §5.10. */

#include <string.h>

#include "openflow/action/action.h"
#include "openflow/action/check.h"

/* Places of action.def. */
enum { SET_ANY = 20, SET_FINAL = 30 };

static const uint8_t places[N_ACTION_TYPES] = {
#define ACTION(ENUM, STRUCT, NAME, SET) [ACTION_##ENUM] = SET,
#include "openflow/action/action.def"
#undef ACTION
};

static void
copy(const struct action *a, struct actions *out)
{
    void *p = actions_add(out, a->type, a->size);
    memcpy(p, a, a->size);
}

/* The last action in place 'place'. */
static const struct action *
find_last(const struct actions *set, uint8_t place)
{
    const struct action *a;
    const struct action *last = NULL;
    ACTIONS_FOR_EACH(a, set)
    {
        if (places[a->type] == place) {
            last = a;
        }
    }
    return last;
}

void
actions_execute_set(const struct actions *written, struct actions *out)
{
    const struct action *a;
    const struct action *final = NULL;
    ACTIONS_FOR_EACH(a, written)
    {
        if (places[a->type] > SET_FINAL
            && (!final || places[a->type] >= places[final->type])) {
            final = a;
        }
    }
    if (!final) {
        /* A set that sends nowhere does nothing. */
        return;
    }
    for (uint8_t place = 1; place < SET_ANY; place++) {
        a = find_last(written, place);
        if (a) {
            copy(a, out);
        }
    }
    ACTIONS_FOR_EACH(a, written)
    {
        if (places[a->type] == SET_ANY) {
            copy(a, out);
        }
    }
    copy(final, out);
}
