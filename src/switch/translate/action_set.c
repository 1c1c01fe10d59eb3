/* The action set: actions that wait for the end of the pipeline.
 *
 * OpenFlow 1.3.5 §5.10: at most one action of a kind, executed in a fixed
 * order whatever the order of writing; of what sends the packet away, only
 * the one of the highest rank.  Without such an action the set does
 * nothing.  actions_execute_set() knows the order. */

#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "openflow/action/check.h"
#include "switch/translate/translate_private.h"

/* What executing the set means; nothing if it sends the packet nowhere. */
static void
order_set(const struct translator *t, struct actions *out)
{
    actions_init(out);
    if (t->action_set) {
        actions_execute_set(t->action_set, out);
    }
}

static void
report_set(struct translator *t, const char *verb)
{
    if (!t->trace) {
        return;
    }
    struct actions ordered;
    order_set(t, &ordered);
    if (!ordered.size) {
        translator_report(t, TRACE_DETAIL, "action set %s empty", verb);
    } else {
        struct str s = STR_INITIALIZER;
        translator_format_actions(t, ordered.data, ordered.size, &s);
        translator_report(t, TRACE_DETAIL, "action set %s: %s", verb,
                          str_text(&s));
        str_uninit(&s);
    }
    actions_uninit(&ordered);
}

void
translator_action_set_changed(struct translator *t)
{
    struct actions ordered;
    const struct action *a;
    order_set(t, &ordered);
    t->flow.actset_output = OFPP_UNSET;
    ACTIONS_FOR_EACH(a, &ordered)
    {
        if (a->type == ACTION_OUTPUT) {
            t->flow.actset_output = ((const struct action_output *) a)->port;
        }
    }
    actions_uninit(&ordered);
}

void
translator_write_actions(struct translator *t, const void *data, size_t size)
{
    if (!t->action_set) {
        struct actions empty = ACTIONS_INITIALIZER;
        t->action_set = actions_clone(&empty);
    }
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        memcpy(actions_add(t->action_set, a->type, a->size), a, a->size);
    }
    translator_action_set_changed(t);
    report_set(t, "is");
}

void
translator_clear_actions(struct translator *t)
{
    report_set(t, "was");
    translator_drop_action_set(t);
    t->flow.actset_output = OFPP_UNSET;
}

void
translator_drop_action_set(struct translator *t)
{
    actions_destroy(t->action_set);
    t->action_set = NULL;
}

void
translator_execute_action_set(struct translator *t)
{
    struct actions ordered;
    order_set(t, &ordered);
    if (ordered.size) {
        struct trace_list *trace =
            translator_enter(t, TRACE_TABLE, "--. Executing action set:");
        translator_action_list(t, ordered.data, ordered.size, ACTION_LIST_SET);
        t->trace = trace;
    }
    actions_uninit(&ordered);
}
