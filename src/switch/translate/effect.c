/* What happens besides forwarding. */

#include "openflow/action/action.h"
#include "switch/translate/learned_flow.h"
#include "switch/translate/translate_private.h"

void
translate_effect_clone(struct translate_effect *dst,
                       const struct translate_effect *src)
{
    *dst = *src;
    switch (src->type) {
    case TRANSLATE_LEARN_MAC:
        return;
    case TRANSLATE_LEARN_FLOW:
        __atomic_fetch_add(&dst->u.flow->n_refs, 1, __ATOMIC_RELAXED);
        return;
    case TRANSLATE_FIN_TIMEOUT:
        rule_ref(src->u.fin.rule);
        return;
    }
    NOT_REACHED();
}

void
translate_effect_uninit(struct translate_effect *effect)
{
    switch (effect->type) {
    case TRANSLATE_LEARN_MAC:
        return;
    case TRANSLATE_LEARN_FLOW:
        translate_learned_flow_unref(effect->u.flow);
        return;
    case TRANSLATE_FIN_TIMEOUT:
        rule_unref(effect->u.fin.rule);
        return;
    }
    NOT_REACHED();
}

void
translate_effect_apply(const struct translate_effect *effect, long long now_ms)
{
    switch (effect->type) {
    case TRANSLATE_LEARN_MAC:
        if (effect->mac_generation
            == mac_table_generation(effect->mac_table, effect->u.mac.port)) {
            mac_table_learn(effect->mac_table, &effect->u.mac, now_ms);
        }
        return;
    case TRANSLATE_LEARN_FLOW:
        translate_learned_flow_apply(effect->u.flow, effect->pipeline, now_ms);
        return;
    case TRANSLATE_FIN_TIMEOUT:
        pipeline_reduce_timeouts(effect->pipeline, effect->u.fin.rule,
                                 effect->u.fin.idle, effect->u.fin.hard);
        return;
    }
    NOT_REACHED();
}
