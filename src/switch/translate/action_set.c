/* The action set: actions that wait for the end of the pipeline.
 *
 * OpenFlow 1.3.5 §5.10: at most one action of a kind, executed in a fixed
 * order whatever the order of writing; of what sends the packet away, only
 * the one of the highest rank.  Without such an action the set does
 * nothing. */

#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

enum kind {
    KIND_NONE,  /* Not for action sets. */
    KIND_SLOT,  /* One of its kind; 'rank' orders kinds. */
    KIND_SET,   /* Any number, in the order of writing. */
    KIND_FINAL, /* One, the one of the highest rank. */
};

static enum kind
kind_of(enum action_type type, int *rankp)
{
    static const struct {
        enum action_type type;
        enum kind kind;
        int rank;
    } table[] = {
        { ACTION_STRIP_VLAN, KIND_SLOT, 1 },
        { ACTION_PUSH_VLAN, KIND_SLOT, 6 },
        { ACTION_DEC_TTL, KIND_SLOT, 7 },
        { ACTION_SET_FIELD, KIND_SET, 0 },
        { ACTION_SET_VLAN_VID, KIND_SET, 0 },
        { ACTION_SET_VLAN_PCP, KIND_SET, 0 },
        { ACTION_SET_ETH_SRC, KIND_SET, 0 },
        { ACTION_SET_ETH_DST, KIND_SET, 0 },
        { ACTION_SET_IPV4_SRC, KIND_SET, 0 },
        { ACTION_SET_IPV4_DST, KIND_SET, 0 },
        { ACTION_SET_IP_DSCP, KIND_SET, 0 },
        { ACTION_SET_IP_ECN, KIND_SET, 0 },
        { ACTION_SET_IP_TTL, KIND_SET, 0 },
        { ACTION_SET_L4_SRC_PORT, KIND_SET, 0 },
        { ACTION_SET_L4_DST_PORT, KIND_SET, 0 },
        { ACTION_REG_MOVE, KIND_SET, 0 },
        { ACTION_SET_TUNNEL, KIND_SET, 0 },
        { ACTION_SET_QUEUE, KIND_SET, 0 },
        { ACTION_RESUBMIT, KIND_FINAL, 3 },
        { ACTION_OUTPUT, KIND_FINAL, 4 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].type == type) {
            *rankp = table[i].rank;
            return table[i].kind;
        }
    }
    return KIND_NONE;
}

/* Appends a copy of the last action in 'set' of the kind and rank. */
static bool
take_last(const struct actions *set, enum kind kind, int rank,
          struct actions *out)
{
    for (size_t i = set->n; i-- > 0;) {
        int r;
        if (kind_of(set->items[i]->type, &r) == kind && r == rank) {
            actions_add_clone(out, set->items[i]);
            return true;
        }
    }
    return false;
}

/* What executing 'set', as it was written, means; NULL if nothing. */
static struct actions *
order_set(const struct actions *set)
{
    enum { MAX_RANK = 9 };
    struct actions *out = actions_create();
    for (int rank = 1; set && rank <= MAX_RANK; rank++) {
        take_last(set, KIND_SLOT, rank, out);
    }
    for (size_t i = 0; set && i < set->n; i++) {
        int rank;
        if (kind_of(set->items[i]->type, &rank) == KIND_SET) {
            actions_add_clone(out, set->items[i]);
        }
    }
    bool is_final = false;
    for (int rank = MAX_RANK; set && rank >= 1 && !is_final; rank--) {
        is_final = take_last(set, KIND_FINAL, rank, out);
    }
    if (!is_final) {
        actions_destroy(out);
        return NULL;
    }
    return out;
}

static void
report_set(struct translator *t, const char *verb)
{
    if (!t->trace) {
        return;
    }
    struct actions *ordered = order_set(t->action_set);
    if (!ordered) {
        translator_report(t, TRACE_DETAIL, "action set %s empty", verb);
        return;
    }
    struct str s = STR_INITIALIZER;
    actions_format(ordered, translator_names(t), &s);
    translator_report(t, TRACE_DETAIL, "action set %s: %s", verb,
                      str_text(&s));
    str_uninit(&s);
    actions_destroy(ordered);
}

/* The field actset_output follows what the set would output to. */
static void
update_actset_output(struct translator *t)
{
    struct actions *ordered = order_set(t->action_set);
    const struct action *last =
        ordered ? ordered->items[ordered->n - 1] : NULL;
    t->flow.actset_output =
        last && last->type == ACTION_OUTPUT ? last->u.output.port : OFPP_UNSET;
    actions_destroy(ordered);
}

void
translator_write_actions(struct translator *t, const struct actions *actions)
{
    if (!t->action_set) {
        t->action_set = actions_create();
    }
    for (size_t i = 0; i < actions->n; i++) {
        actions_add_clone(t->action_set, actions->items[i]);
    }
    update_actset_output(t);
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
    struct actions *ordered = order_set(t->action_set);
    if (!ordered) {
        return;
    }
    struct trace_list *trace =
        translator_enter(t, TRACE_TABLE, "--. Executing action set:");
    translator_actions(t, ordered, true, true);
    t->trace = trace;
    actions_destroy(ordered);
}
