/* Sending packets round: what is left to do is frozen when an action needs
 * something that only the datapath knows, and thawed when the packet comes
 * back.
 *
 * Freezing goes from the inside out: the list of the action that asked for it
 * keeps itself from there on, the lists around it add what they had left.
 * Whoever executed the outermost list, or does not care for changes inside
 * (patch ports, clones, buckets), finishes. */

#include <inttypes.h>
#include <stdio.h>

#include "datapath/odp/action.h"
#include "datapath/odp/attr.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "switch/translate/translate_private.h"

/* What a packet-in, or the packet when it is back, knows of the flow. */
static void
init_metadata(const struct flow *flow, struct flow *metadata)
{
    *metadata = *flow;
    memset((uint64_t *) metadata + FLOW_STAGE_METADATA, 0,
           (FLOW_WORDS - FLOW_STAGE_METADATA) * sizeof(uint64_t));
    metadata->conj_id = 0;
    metadata->recirc_id = 0;
    metadata->dp_hash = 0;
    metadata->skb_priority = 0;
    metadata->actset_output = OFPP_UNSET;
}

void
translator_init_frozen(const struct translator *t, struct frozen_state *state)
{
    *state = (struct frozen_state){
        .bridge = t->bridge->pipeline,
        .table_id = t->table_id,
        .cookie = t->cookie,
    };
    snprintf(state->bridge_name, sizeof state->bridge_name, "%s",
             t->bridge->name);
    init_metadata(&t->flow, &state->metadata);
}

uint32_t
translator_keep_frozen(struct translator *t, const struct frozen_state *state)
{
    if (!t->request->freezer) {
        return 0;
    }
    uint32_t id = freezer_get(t->request->freezer, state);
    vec_push(&t->out->frozen, id);
    return id;
}

/* The table to go on in; what a controller sent begins in the first. */
static uint8_t
table_of(const struct translator *t)
{
    return t->table_id == UINT8_MAX ? 0 : t->table_id;
}

void
translator_freeze_for_hash(struct translator *t, bool symmetric,
                           uint32_t basis)
{
    t->freezing = true;
    t->freeze_again = true;
    t->freeze_alg = symmetric ? ODP_HASH_SYM_L4 : ODP_HASH_L4;
    t->freeze_basis = basis;
}

void
translator_freeze_list(struct translator *t, const void *data, size_t size,
                       enum action_list_kind kind)
{
    if (!size) {
        return;
    }
    struct frozen_list list = {
        .cookie = t->cookie,
        .table_id = table_of(t),
        .kind = kind,
        .size = (uint32_t) size,
    };
    writer_put(&t->rest, &list, sizeof list);
    writer_put(&t->rest, data, size);
}

void
translator_drop_frozen(struct translator *t)
{
    t->freezing = false;
    writer_clear(&t->rest);
}

void
translator_finish_freezing(struct translator *t)
{
    if (!t->freezing) {
        return;
    }
    t->exit = t->out->error != TRANSLATE_OK;
    struct frozen_state state;
    translator_init_frozen(t, &state);
    state.table_id = table_of(t);
    state.parts[FROZEN_STACK] =
        (struct frozen_bytes){ t->stack.data, t->stack.size };
    state.parts[FROZEN_REST] =
        (struct frozen_bytes){ t->rest.data, t->rest.size };
    if (t->action_set) {
        state.parts[FROZEN_ACTION_SET] =
            (struct frozen_bytes){ t->action_set->data, t->action_set->size };
    }
    uint32_t id = translator_keep_frozen(t, &state);
    if (id) {
        translator_commit(t);
        odp_put_hash(&t->out->actions, t->freeze_alg, t->freeze_basis);
        odp_put_recirc(&t->out->actions, id);
    } else {
        translator_fail(t, TRANSLATE_NO_RECIRCULATION_CONTEXT);
    }
    translator_drop_frozen(t);
    translator_drop_action_set(t);
}

void
translator_end_pipeline(struct translator *t)
{
    if (!t->freezing) {
        translator_execute_action_set(t);
    }
    translator_finish_freezing(t);
}

/* Whether the action asks of which rule it is: it may make packet-ins, or mean
 * "this table". */
static bool
knows_rule(enum action_type type)
{
    switch (type) {
    case ACTION_OUTPUT:
    case ACTION_OUTPUT_TRUNC:
    case ACTION_OUTPUT_REG:
    case ACTION_ENQUEUE:
    case ACTION_BUNDLE:
    case ACTION_GROUP:
    case ACTION_CONTROLLER:
    case ACTION_DEC_TTL:
    case ACTION_RESUBMIT:
    case ACTION_GOTO_TABLE:
    case ACTION_LEARN:
    case ACTION_FIN_TIMEOUT:
    case ACTION_CLONE:
        return true;
    default:
        return false;
    }
}

/* How much of the list does not ask. */
static size_t
size_without_rule(const uint8_t *data, size_t size)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        if (knows_rule(a->type)) {
            return (size_t) ((const uint8_t *) a - data);
        }
    }
    return size;
}

static void
put_actions(const struct translator *t, const uint8_t *data, size_t size,
            struct str *s)
{
    if (size) {
        str_put(s, s->len ? "," : "");
        translator_format_actions(t, data, size, s);
    }
}

static void
put_unroll(const struct frozen_list *list, struct str *s)
{
    str_putf(s, "%sunroll_xlate(table=%u, cookie=%" PRIu64 ")",
             s->len ? "," : "", list->table_id, be64_to_host(list->cookie));
}

static void
report_thaw(struct translator *t, const struct frozen_state *state)
{
    const struct frozen_bytes *rest = &state->parts[FROZEN_REST];
    if (!t->trace) {
        return;
    }
    struct trace_list *trace = translator_enter(t, TRACE_THAW, "thaw");
    translator_report(t, TRACE_TABLE, "Resuming from table %u",
                      state->table_id);
    struct str s = STR_INITIALIZER;
    for (size_t ofs = 0; ofs < rest->size;) {
        const struct frozen_list *list = (const void *) (rest->data + ofs);
        const uint8_t *data = (const uint8_t *) (list + 1);
        size_t n = size_without_rule(data, list->size);
        put_actions(t, data, n, &s);
        if (n < list->size) {
            put_unroll(list, &s);
            put_actions(t, data + n, list->size - n, &s);
        }
        ofs += sizeof *list + list->size;
    }
    if (s.len) {
        translator_report(t, TRACE_TABLE, "Restoring actions: %s",
                          str_text(&s));
    }
    str_uninit(&s);
    t->trace = trace;
}

static void
report_unroll(struct translator *t, const struct frozen_list *list)
{
    if (t->trace) {
        struct str s = STR_INITIALIZER;
        put_unroll(list, &s);
        translator_report(t, TRACE_ACTION, "%s", str_text(&s));
        translator_report(t, TRACE_ACTION,
                          "restored state: table=%u, cookie=%#" PRIx64,
                          list->table_id, (uint64_t) list->cookie);
        str_uninit(&s);
    }
}

static void
run_list(struct translator *t, const struct frozen_list *list)
{
    const uint8_t *data = (const uint8_t *) (list + 1);
    size_t n = size_without_rule(data, list->size);
    enum action_list_kind kind = (enum action_list_kind) list->kind;
    t->table_id = list->table_id;
    t->cookie = list->cookie;
    translator_action_list(t, data, n, kind);
    if (n < list->size && !t->exit && !t->freezing) {
        report_unroll(t, list);
        translator_action_list(t, data + n, list->size - n, kind);
    } else if (n < list->size && t->freezing) {
        translator_freeze_list(t, data + n, list->size - n, kind);
    }
}

/* Executes the lists until one says to stop; if one is frozen again, so are
 * those after it. */
static void
run_rest(struct translator *t, const struct frozen_bytes *rest)
{
    for (size_t ofs = 0; ofs < rest->size && !t->exit;) {
        const struct frozen_list *list = (const void *) (rest->data + ofs);
        if (t->freezing) {
            writer_put(&t->rest, rest->data + ofs, rest->size - ofs);
            return;
        }
        run_list(t, list);
        ofs += sizeof *list + list->size;
    }
}

bool
translator_find_frozen(struct translator *t, struct frozen_state *state)
{
    const struct translate_request *r = t->request;
    if (!r->freezer || !freezer_find(r->freezer, t->flow.recirc_id, state)) {
        memset(state, 0, sizeof *state);
        t->out->error = TRANSLATE_NO_RECIRCULATION_CONTEXT;
        return false;
    }
    const struct forwarding_bridge *b =
        forwarding_find_bridge(t->fw, state->bridge_name);
    if (!b || b->pipeline != state->bridge) {
        t->out->error = TRANSLATE_BRIDGE_NOT_FOUND;
        return false;
    }
    t->bridge = b;
    return true;
}

void
translator_thaw(struct translator *t, const struct frozen_state *state)
{
    const struct frozen_bytes *set = &state->parts[FROZEN_ACTION_SET];
    const struct frozen_bytes *stack = &state->parts[FROZEN_STACK];
    t->flow.tunnel = state->metadata.tunnel;
    t->flow.metadata = state->metadata.metadata;
    memcpy(t->flow.regs, state->metadata.regs, sizeof t->flow.regs);
    t->flow.in_port = state->metadata.in_port;
    t->table_id = state->table_id;
    t->cookie = state->cookie;
    writer_put(&t->stack, stack->data, stack->size);
    report_thaw(t, state);
    if (set->size) {
        struct actions list = { set->data, set->size, set->size };
        t->action_set = actions_clone(&list);
        translator_action_set_changed(t);
    }
    run_rest(t, &state->parts[FROZEN_REST]);
}
