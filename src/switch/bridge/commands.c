/* Runtime commands about bridges as such, and traces. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "openflow/action/check.h"
#include "openflow/wire/ofperr.h"
#include "rpc/appctl/appctl.h"
#include "switch/bridge/bridge_private.h"
#include "switch/translate/trace.h"

static void
command_list(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc;
    (void) argv;
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    size_t n;
    struct bridge **sorted = bridges_sorted(aux, &n);
    for (size_t i = 0; i < n; i++) {
        str_putf(&reply, "%s\n", sorted[i]->name);
    }
    free(sorted);
    appctl_reply(conn, str_text(&reply));
}

static void
command_reconnect(struct appctl_conn *conn, int argc, const char *argv[],
                  void *aux)
{
    struct bridges *bridges = aux;
    if (argc > 1) {
        struct bridge *bridge = bridges_find(bridges, argv[1]);
        if (!bridge) {
            appctl_reply_error(conn, "Unknown bridge");
            return;
        }
        control_reconnect(bridge->control);
    } else {
        const struct strmap_node *node;
        STRMAP_FOR_EACH (node, &bridges->by_name) {
            const struct bridge *bridge = node->data;
            control_reconnect(bridge->control);
        }
    }
    appctl_reply(conn, NULL);
}

static void
command_dump_flows(struct appctl_conn *conn, int argc, const char *argv[],
                   void *aux)
{
    if (argc > 2) {
        if (strcmp(argv[1], "--offload-stats")) {
            CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
            str_putf(&text, "invalid option '%s'", argv[1]);
            appctl_reply_error(conn, str_text(&text));
            return;
        }
        appctl_reply_error(conn, "--offload-stats: not supported");
        return;
    }
    const struct bridge *bridge = bridges_find(aux, argv[1]);
    if (!bridge) {
        appctl_reply_error(conn, "Unknown bridge");
        return;
    }
    upcall_fold_stats(bridge->backer->upcall);
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    control_format_flows(bridge->control, &reply);
    appctl_reply(conn, str_text(&reply));
}

/* Actions of trace-packet-out.  Those that the flow lacks the fields for do
 * nothing, unless they must be 'consistent'. */
static struct error *
parse_trace_actions(void *aux UNUSED, const struct forwarding_bridge *bridge,
                    const char *text, const struct flow *flow, bool consistent,
                    struct actions **actionsp)
{
    static const struct actions_limits limits = {
        .max_port = OFPP_MAX,
        .n_tables = PIPELINE_TABLE_INTERNAL,
        .max_groups = GROUP_MAX,
        .max_meter = METER_MAX,
    };
    struct actions *actions = xzalloc(sizeof *actions);
    actions_init(actions);
    struct error *error =
        actions_parse(text, &(struct actions_format){ NULL }, 0, actions);
    if (!error) {
        struct match match;
        struct flow_mask mask;
        flow_mask_init_exact(&mask);
        match_init(&match, flow, &mask);
        enum ofperr bad = actions_check(actions, &match, &limits);
        if (!bad) {
            bad = pipeline_check_references(
                bridge->pipeline, pipeline_version(bridge->pipeline), actions);
        }
        if (bad && (consistent || bad != OFPERR_OFPBAC_MATCH_INCONSISTENT)) {
            error = error_create("Bad actions: %s", ofperr_name(bad));
        }
    }
    if (error) {
        actions_destroy(actions);
        return error;
    }
    *actionsp = actions;
    return NULL;
}

static void
command_trace(struct appctl_conn *conn, int argc, const char *argv[],
              void *aux)
{
    struct bridges *bridges = aux;
    bridges_publish(bridges);
    size_t n = 0;
    size_t max = list_size(&bridges->backers) + 1;
    const struct forwarding **forwardings = xcalloc(max, sizeof(void *));
    struct freezer **freezers = xcalloc(max, sizeof(void *));
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        forwardings[n] = upcall_forwarding(backer->upcall);
        freezers[n++] = upcall_freezer(backer->upcall);
    }
    const struct trace_context context = {
        .forwardings = forwardings,
        .freezers = freezers,
        .n = n,
        .parse_actions = parse_trace_actions,
    };
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    bool packet_out = !strcmp(argv[0], "ofproto/trace-packet-out");
    struct error *error = trace_run(&context, packet_out, argc, argv, &reply);
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
    } else {
        appctl_reply(conn, str_text(&reply));
    }
    free(forwardings);
    free(freezers);
}

void
bridges_register_commands(struct bridges *bridges)
{
    appctl_register("ofproto/list", "", 0, 0, command_list, bridges);
    appctl_register("bridge/reconnect", "[bridge]", 0, 1, command_reconnect,
                    bridges);
    appctl_register("bridge/dump-flows", "[--offload-stats] bridge", 1, 2,
                    command_dump_flows, bridges);
    appctl_register("ofproto/trace",
                    "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] "
                    "[-generate|packet]",
                    1, APPCTL_ANY, command_trace, bridges);
    appctl_register("ofproto/trace-packet-out",
                    "[-consistent] {[dp_name] odp_flow | bridge br_flow} "
                    "[OPTIONS...] [-generate|packet] actions",
                    2, APPCTL_ANY, command_trace, bridges);
    bridge_register_fdb_commands(bridges);
    bridge_register_dpif_commands(bridges);
    upcall_register_commands();
}
