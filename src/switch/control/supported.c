/* Which actions the switch can execute.  Flows and packet-outs with others are
 * refused: they are never accepted and then not done. */

#include "openflow/action/action.h"
#include "openflow/message/table.h"
#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

struct refusal {
    const char *what; /* Names the action for people. */
    enum ofperr error;
};

static struct refusal check_list(const void *data, size_t size,
                                 bool is_nested);

static struct refusal
check_controller(const struct action_controller *a)
{
    if (a->pause) {
        return (struct refusal){ "controller(pause)",
                                 OFPERR_OFPBAC_BAD_ARGUMENT };
    } else if (a->meter_id) {
        return (struct refusal){ "controller(meter_id)",
                                 OFPERR_OFPBAC_BAD_ARGUMENT };
    }
    return (struct refusal){ NULL, OFPERR_NONE };
}

static struct refusal
check_learn(const struct action_learn *a)
{
    if (a->flags & LEARN_DELETE_LEARNED) {
        return (struct refusal){ "learn(delete_learned)",
                                 OFPERR_OFPBAC_BAD_ARGUMENT };
    } else if (a->flags & LEARN_WRITE_RESULT) {
        return (struct refusal){ "learn(result_dst)",
                                 OFPERR_OFPBAC_BAD_ARGUMENT };
    }
    return (struct refusal){ NULL, OFPERR_NONE };
}

/* Tunnel options have no fields until somebody maps them. */
static bool
learns_tun_metadata(const struct action_learn *a)
{
    for (size_t i = 0; i < a->n_specs; i++) {
        const struct action_learn_spec *spec = &a->specs[i];
        if ((spec->src_type == LEARN_SRC_FIELD
             && field_is_tun_metadata(spec->src.field))
            || (spec->dst_type != LEARN_DST_OUTPUT
                && field_is_tun_metadata(spec->dst.field))) {
            return true;
        }
    }
    return false;
}

static bool
uses_tun_metadata(const struct action *a)
{
    const void *p = a;
    const struct action_move *move = p;
    switch ((enum action_type) a->type) {
    case ACTION_SET_FIELD:
        return field_is_tun_metadata(
            ((const struct action_set_field *) p)->field);
    case ACTION_DELETE_FIELD:
        return field_is_tun_metadata(
            ((const struct action_delete_field *) p)->field);
    case ACTION_MOVE:
        return field_is_tun_metadata(move->src.field)
               || field_is_tun_metadata(move->dst.field);
    case ACTION_STACK_PUSH:
    case ACTION_STACK_POP:
        return field_is_tun_metadata(
            ((const struct action_stack *) p)->subfield.field);
    case ACTION_OUTPUT_REG:
        return field_is_tun_metadata(
            ((const struct action_output_reg *) p)->src.field);
    case ACTION_LEARN:
        return learns_tun_metadata(p);
    default:
        return false;
    }
}

static struct refusal
check_one(const struct action *a, bool is_nested)
{
    const uint8_t *nested;
    size_t nested_size;
    if (uses_tun_metadata(a)) {
        return (struct refusal){ "on tun_metadata fields",
                                 OFPERR_NXFMFC_INVALID_TLV_FIELD };
    }
    switch ((enum action_type) a->type) {
    case ACTION_CONTROLLER:
        return check_controller((const struct action_controller *) a);
    case ACTION_LEARN:
        return check_learn((const struct action_learn *) a);
    case ACTION_METER:
        if (is_nested) {
            return (struct refusal){ "meter in a list",
                                     OFPERR_OFPMMFC_INVALID_METER };
        }
        break;
    case ACTION_SET_MPLS_LABEL:
    case ACTION_SET_MPLS_TC:
    case ACTION_SET_MPLS_TTL:
    case ACTION_DEC_MPLS_TTL:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS:
    case ACTION_DEC_NSH_TTL:
    case ACTION_DELETE_FIELD:
    case ACTION_CONJUNCTION:
    case ACTION_SAMPLE:
    case ACTION_CT:
    case ACTION_CT_CLEAR:
    case ACTION_NAT:
    case ACTION_CHECK_PKT_LARGER:
        return (struct refusal){ action_name(a->type),
                                 OFPERR_OFPBAC_BAD_TYPE };
    default:
        break;
    }
    if (action_nested(a, &nested, &nested_size)) {
        return check_list(nested, nested_size, true);
    }
    return (struct refusal){ NULL, OFPERR_NONE };
}

static struct refusal
check_list(const void *data, size_t size, bool is_nested)
{
    const struct action *a;
    ACTION_FOR_EACH(a, data, size)
    {
        struct refusal refusal = check_one(a, is_nested);
        if (refusal.error) {
            return refusal;
        }
    }
    return (struct refusal){ NULL, OFPERR_NONE };
}

uint32_t
supported_actions(void)
{
    const uint32_t missing =
        1u << TABLE_ACTION_SET_MPLS_LABEL | 1u << TABLE_ACTION_SET_MPLS_TC
        | 1u << TABLE_ACTION_SET_MPLS_TTL | 1u << TABLE_ACTION_DEC_MPLS_TTL
        | 1u << TABLE_ACTION_PUSH_MPLS | 1u << TABLE_ACTION_POP_MPLS;
    return ((1u << N_TABLE_ACTIONS) - 1) & ~missing;
}

enum ofperr
check_supported(const struct control *control, const struct actions *actions,
                bool is_nested)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(60, 60);
    struct refusal refusal =
        check_list(actions->data, actions->size, is_nested);
    if (refusal.error) {
        log_warn_rl(&rl, "%s: action %s is not supported yet", control->name,
                    refusal.what);
    }
    return refusal.error;
}

enum ofperr
check_match_supported(const struct control *control, const struct match *match)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(60, 60);
    if (match->mask.bits.tunnel.metadata_present) {
        log_warn_rl(&rl, "%s: tun_metadata fields are not supported yet",
                    control->name);
        return OFPERR_NXFMFC_INVALID_TLV_FIELD;
    }
    return OFPERR_NONE;
}
