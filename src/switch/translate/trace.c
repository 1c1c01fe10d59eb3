/* ofproto/trace: what its arguments mean, and the report. */

#include "switch/translate/trace.h"

#include <string.h>

#include "base/scan.h"
#include "base/vec.h"
#include "datapath/odp/action.h"
#include "datapath/odp/key.h"
#include "net/flow/compose.h"
#include "net/flow/extract.h"
#include "net/flow/match.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"
#include "openflow/action/action.h"
#include "switch/translate/trace_node.h"
#include "switch/translate/translate.h"
#include "sys/clock/clock.h"

/* A trace as it was asked for. */
struct trace_job {
    const struct trace_context *context;
    bool packet_out;
    bool generate;   /* Make a packet; effects are applied. */
    bool consistent; /* Actions must fit the flow. */
    bool names;      /* Ports by name. */
    const char *l7;  /* Hex payload, or NULL. */
    size_t l7_size;
    uint8_t *l7_bytes;
    const char *actions_text;
    const char *positional[3];
    size_t n_positional;
    size_t index; /* Of the snapshot that 'bridge' is in. */
    const struct forwarding_bridge *bridge;
    struct flow flow;      /* in_port is an OpenFlow port. */
    struct packet *packet; /* NULL: none. */
};

static struct error *
parse_option(struct trace_job *job, int argc, const char *argv[], int *ip)
{
    const char *option = argv[*ip];
    if (!strcmp(option, "-generate") || !strcmp(option, "--generate")) {
        job->generate = true;
        return NULL;
    }
    if (job->packet_out
        && (!strcmp(option, "-consistent")
            || !strcmp(option, "--consistent"))) {
        job->consistent = true;
        return NULL;
    }
    if (!strcmp(option, "--names")) {
        job->names = true;
        return NULL;
    }
    if (!strcmp(option, "--no-names")) {
        job->names = false;
        return NULL;
    }
    if (strcmp(option, "--ct-next") && strcmp(option, "--l7")
        && strcmp(option, "--l7-len")) {
        return error_create("%s: unknown option", option);
    }
    if (*ip + 1 >= argc) {
        return error_create("Missing argument for option %s", option);
    }
    const char *value = argv[++*ip];
    if (!strcmp(option, "--l7")) {
        job->l7 = value;
    } else if (!strcmp(option, "--l7-len")) {
        uint16_t n;
        if (!scan_u16(value, 0, &n) || n > 64000) {
            return error_create("%s: bad payload length", value);
        }
        job->l7_size = n;
    } else {
        return error_create("%s: connection tracking states need "
                            "recirculation, which is not there yet",
                            value);
    }
    return NULL;
}

static struct error *
parse_arguments(struct trace_job *job, int argc, const char *argv[])
{
    if (job->packet_out) {
        job->actions_text = argv[--argc];
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            struct error *error = parse_option(job, argc, argv, &i);
            if (error) {
                return error;
            }
        } else if (job->n_positional >= ARRAY_SIZE(job->positional)) {
            return error_create("Syntax error");
        } else {
            job->positional[job->n_positional++] = argv[i];
        }
    }
    if (!job->n_positional
        || (job->n_positional == ARRAY_SIZE(job->positional)
            && job->generate)) {
        return error_create("Syntax error");
    }
    return NULL;
}

struct trace_odp_names {
    struct odp_names names;
    const struct forwarding *fw;
};

static const char *
odp_name_of(const struct odp_names *names_, uint32_t odp_port)
{
    const struct trace_odp_names *names =
        CONTAINER_OF(names_, struct trace_odp_names, names);
    const struct forwarding_port *port =
        forwarding_find_odp_port(names->fw, odp_port);
    return port ? port->name : NULL;
}

static bool
odp_port_of(const struct odp_names *names_, const char *name, uint32_t *portp)
{
    const struct trace_odp_names *names =
        CONTAINER_OF(names_, struct trace_odp_names, names);
    const struct forwarding_port *port;
    HMAP_FOR_EACH (port, odp_node, &names->fw->odp_ports) {
        if (!strcmp(port->name, name)) {
            *portp = port->odp_port;
            return true;
        }
    }
    return false;
}

static struct trace_odp_names
odp_names_init(const struct forwarding *fw)
{
    return (struct trace_odp_names){ { odp_name_of, odp_port_of }, fw };
}

/* The snapshot of the datapath 'name' ("ovs-system", "system@ovs-system"). */
static bool
find_datapath(struct trace_job *job, const char *name)
{
    for (size_t i = 0; i < job->context->n; i++) {
        const char *full = job->context->forwardings[i]->datapath_name;
        const char *at = strchr(full, '@');
        if (!strcmp(full, name) || (at && !strcmp(at + 1, name))) {
            job->index = i;
            return true;
        }
    }
    return false;
}

/* Takes 'text' as a datapath's key, of the datapath 'dp' or, with NULL, of the
 * only one. */
static struct error *
use_odp_flow(struct trace_job *job, const char *dp, const struct flow *key)
{
    if (dp ? !find_datapath(job, dp) : !job->context->n) {
        return error_create("Cannot find the datapath");
    }
    if (!dp && job->context->n > 1) {
        return error_create("Must specify datapath name, there is more than "
                            "one type of datapath");
    }
    const struct forwarding *fw = job->context->forwardings[job->index];
    const struct forwarding_port *port =
        forwarding_find_odp_port(fw, key->in_port);
    if (!port) {
        return error_create("no OpenFlow port for datapath port %u",
                            key->in_port);
    }
    job->flow = *key;
    job->flow.in_port = port->ofport;
    job->bridge = port->bridge;
    return NULL;
}

static struct error *
use_bridge_flow(struct trace_job *job, const char *bridge, const char *text)
{
    for (size_t i = 0; i < job->context->n && !job->bridge; i++) {
        job->bridge =
            forwarding_find_bridge(job->context->forwardings[i], bridge);
        job->index = i;
    }
    if (!job->bridge) {
        return error_create("%s: unknown bridge", bridge);
    }
    struct flow_mask mask;
    struct error *error =
        flow_parse(text, &job->bridge->names, &job->flow, &mask);
    for (int i = 0; !error && i < FLOW_MAX_VLANS; i++) {
        struct flow_vlan *tag = &job->flow.vlans[i];
        if (tag->tci & BE16_CONST(VLAN_CFI) && !tag->tpid) {
            tag->tpid = BE16_CONST(ETH_TYPE_VLAN_8021Q);
        }
    }
    if (!error && !mask.bits.in_port) {
        job->flow.in_port = OFPP_NONE;
    }
    return error ? error_prefix(error, "Bad openflow flow syntax") : NULL;
}

/* A key in any of the datapaths' words; false if it is none. */
static bool
parse_odp_key(const struct trace_job *job, const char *text, struct flow *key)
{
    struct error *error = odp_flow_parse(text, NULL, key, NULL);
    for (size_t i = 0; error && i < job->context->n; i++) {
        struct trace_odp_names names =
            odp_names_init(job->context->forwardings[i]);
        error_destroy(error);
        error = odp_flow_parse(text, &names.names, key, NULL);
    }
    bool ok = !error;
    error_destroy(error);
    return ok;
}

static struct error *
parse_positional(struct trace_job *job)
{
    const char **args = job->positional;
    size_t n = job->n_positional;
    struct flow key;
    if (n > 1 && !job->generate) {
        /* The last argument may be a packet. */
        job->packet = packet_create_hex(args[n - 1]);
        if (job->packet) {
            n--;
        } else if (n == 3) {
            return error_create("Trailing garbage in packet data");
        }
    }
    const char *text = args[n - 1];
    const char *where = n > 1 ? args[0] : NULL;
    if (strchr(text, '(') && parse_odp_key(job, text, &key)) {
        return use_odp_flow(job, where, &key);
    }
    if (!where) {
        return error_create("syntax error at %s (or the bridge name was "
                            "omitted)",
                            text);
    }
    return use_bridge_flow(job, where, text);
}

static struct error *
make_packet(struct trace_job *job)
{
    if (job->l7) {
        struct packet *l7 = packet_create_hex(job->l7);
        if (!l7) {
            return error_create("Trailing garbage in packet data");
        }
        job->l7_size = l7->size;
        job->l7_bytes = xmemdup(l7->data, l7->size);
        packet_free(l7);
    }
    if (job->packet) {
        uint32_t in_port = job->flow.in_port;
        packet_set_metadata(job->packet, &job->flow);
        flow_extract(job->packet, &job->flow);
        job->flow.in_port = in_port;
    } else if (job->generate) {
        job->packet = packet_create(128 + job->l7_size);
        packet_compose(job->packet, &job->flow, job->l7_bytes, job->l7_size);
    }
    return NULL;
}

static void
put_slow_reasons(unsigned int slow, struct str *s)
{
    static const char *const reasons[] = {
        "Consists of CFM packets",
        "Consists of BFD packets",
        "Consists of LACP packets",
        "Consists of STP packets",
        "Consists of LLDP packets",
        "Uses action(s) not supported by datapath",
        "Datapath can't match specifically enough",
    };
    str_put(s, "\nThis flow is handled by the userspace slow path because "
               "it:");
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (slow & 1u << i) {
            str_putf(s, "\n  - %s.", reasons[i]);
        }
    }
}

static void
put_result(const struct trace_job *job, const struct trace *trace,
           const struct translation *t, struct str *s)
{
    const struct forwarding *fw = job->context->forwardings[job->index];
    const struct port_names *names = job->names ? &job->bridge->names : NULL;
    struct trace_odp_names odp_names = odp_names_init(fw);
    str_put(s, "Flow: ");
    flow_format(&job->flow, names, s);
    str_put_char(s, '\n');
    trace_format(&trace->top, s);
    str_put(s, "\nFinal flow: ");
    struct flow final = t->final;
    struct flow start = job->flow;
    start.actset_output = OFPP_UNSET;
    bool unchanged = flow_equal(&final, &start);
    final.actset_output = job->flow.actset_output;
    if (unchanged) {
        str_put(s, "unchanged");
    } else {
        flow_format(&final, names, s);
    }
    str_put(s, "\nMegaflow: ");
    flow_mask_format(&job->flow, &t->megaflow, names, s);
    str_put(s, "\nDatapath actions: ");
    odp_actions_format(t->actions.data, t->actions.size,
                       job->names ? &odp_names.names : NULL, s);
    if (t->error) {
        str_putf(s, "\nTranslation failed (%s), packet is dropped.\n",
                 translate_error_text(t->error));
    } else if (t->slow) {
        put_slow_reasons(t->slow, s);
    }
}

static void
run_once(const struct trace_job *job, const struct actions *actions,
         struct trace *trace, struct translation *t)
{
    trace_list_init(&trace->top);
    trace->side_effects = job->packet != NULL;
    trace->with_names = job->names;
    struct translate_request request = {
        .forwarding = job->context->forwardings[job->index],
        .bridge = job->bridge,
        .freezer = job->context->freezers[job->index],
        .flow = &job->flow,
        .packet = job->packet,
        .now_ms = clock_msec(),
        .tcp_flags = flow_tcp_flags(&job->flow),
        .apply_effects = trace->side_effects,
        .trace = trace,
        .actions = actions,
    };
    translate(&request, t);
}

static void
run_trace(struct trace_job *job, const struct actions *actions,
          struct str *out)
{
    struct translation t;
    struct trace trace;
    translation_init(&t);
    run_once(job, actions, &trace, &t);
    put_result(job, &trace, &t, out);
    trace_list_uninit(&trace.top);
    translation_uninit(&t);
}

static struct error *
run_job(struct trace_job *job, int argc, const char *argv[], struct str *out)
{
    struct error *error = parse_arguments(job, argc, argv);
    if (!error) {
        error = parse_positional(job);
    }
    if (!error) {
        error = make_packet(job);
    }
    if (error || !job->packet_out) {
        if (!error) {
            run_trace(job, NULL, out);
        }
        return error;
    }
    struct actions *actions;
    error = job->context->parse_actions(job->context->aux, job->bridge,
                                        job->actions_text, &job->flow,
                                        job->consistent, &actions);
    if (!error) {
        run_trace(job, actions, out);
        actions_destroy(actions);
    }
    return error;
}

struct error *
trace_run(const struct trace_context *context, bool packet_out, int argc,
          const char *argv[], struct str *out)
{
    struct trace_job job = { .context = context, .packet_out = packet_out };
    struct error *error = run_job(&job, argc, argv, out);
    packet_free(job.packet);
    free(job.l7_bytes);
    return error;
}
