/* Runtime commands dpif/...: datapaths as bridges see them. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/odp/action.h"
#include "datapath/odp/key.h"
#include "rpc/appctl/appctl.h"
#include "switch/bridge/bridge_private.h"
#include "sys/clock/clock.h"

/* dpif/show. */

static void
show_options(const struct netdev *netdev, struct str *s)
{
    struct strmap options = STRMAP_INITIALIZER(&options);
    netdev_get_options(netdev, &options);
    size_t n = strmap_count(&options);
    struct strmap_node **sorted = strmap_sort(&options);
    for (size_t i = 0; i < n; i++) {
        str_putf(s, "%s%s=%s", i ? ", " : ": ", sorted[i]->name,
                 (const char *) sorted[i]->data);
    }
    free(sorted);
    strmap_uninit_free(&options);
}

static void
show_bridge(const struct bridge *bridge, struct str *s)
{
    str_putf(s, "  %s:\n", bridge->name);
    size_t n;
    struct bridge_port **ports = bridge_ports_sorted(bridge, &n);
    for (size_t i = 0; i < n; i++) {
        const struct bridge_port *port = ports[i];
        str_putf(s, "    %s %u/", port->name, ofp_port_to_of10(port->ofport));
        if (port->odp_port == ODP_PORT_NONE) {
            str_put(s, "none:");
        } else {
            str_putf(s, "%u:", port->odp_port);
        }
        str_putf(s, " (%s", netdev_type(port->netdev));
        show_options(port->netdev, s);
        str_put(s, ")\n");
    }
    free(ports);
}

static int
compare_backers(const void *a_, const void *b_)
{
    struct backer *const *a = a_;
    struct backer *const *b = b_;
    return strcmp((*a)->type, (*b)->type);
}

static void
command_show(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc;
    (void) argv;
    struct bridges *bridges = aux;
    size_t n = 0;
    struct backer **backers =
        xcalloc(list_size(&bridges->backers) + 1, sizeof *backers);
    struct backer *backer;
    LIST_FOR_EACH (backer, node, &bridges->backers) {
        backers[n++] = backer;
    }
    qsort(backers, n, sizeof *backers, compare_backers);

    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    size_t n_bridges;
    struct bridge **sorted = bridges_sorted(bridges, &n_bridges);
    for (size_t i = 0; i < n; i++) {
        const struct datapath *datapath = backers[i]->datapath;
        struct datapath_stats stats;
        datapath->ops->get_stats(datapath, &stats);
        str_putf(&reply, "%s@%s: hit:%" PRIu64 " missed:%" PRIu64 "\n",
                 backers[i]->type, datapath->name, stats.n_hit,
                 stats.n_missed);
        for (size_t j = 0; j < n_bridges; j++) {
            if (sorted[j]->backer == backers[i]) {
                show_bridge(sorted[j], &reply);
            }
        }
    }
    free(sorted);
    free(backers);
    appctl_reply(conn, str_text(&reply));
}

static void
command_dump_dps(struct appctl_conn *conn, int argc, const char *argv[],
                 void *aux)
{
    (void) argc;
    (void) argv;
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    size_t n;
    struct bridge **sorted = bridges_sorted(aux, &n);
    for (size_t i = 0; i < n; i++) {
        str_putf(&reply, "%s@%s\n", sorted[i]->backer->type, sorted[i]->name);
    }
    free(sorted);
    appctl_reply(conn, str_text(&reply));
}

/* dpif/dump-flows. */

struct dump {
    struct odp_names names; /* First. */
    const struct backer *backer;
    const struct bridge *bridge;
    bool verbose;
    bool with_names;
    struct str *out;
};

static const struct bridge_port *
port_by_odp(const struct bridge *bridge, uint32_t odp_port)
{
    const struct bridge_port *port;
    HMAP_FOR_EACH (port, ofport_node, &bridge->ports) {
        if (port->odp_port == odp_port) {
            return port;
        }
    }
    return NULL;
}

static const char *
dump_name_of(const struct odp_names *names, uint32_t odp_port)
{
    const struct dump *dump = CONTAINER_OF(names, struct dump, names);
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &dump->backer->bridges->by_name) {
        const struct bridge *bridge = node->data;
        const struct bridge_port *port = bridge->backer == dump->backer
                                             ? port_by_odp(bridge, odp_port)
                                             : NULL;
        if (port) {
            return port->name;
        }
    }
    return NULL;
}

/* "SFP." for what was seen of TCP's flags. */
static void
put_tcp_flags(uint16_t flags, struct str *s)
{
    static const char letters[] = "FSRP.UECN";
    if (!flags) {
        return;
    }
    str_put(s, ", flags:");
    for (unsigned int i = 0; letters[i]; i++) {
        if (flags & 1u << i) {
            str_put_char(s, letters[i]);
        }
    }
}

static void
put_flow_stats(const struct datapath_flow_stats *stats, struct str *s)
{
    str_putf(s, ", packets:%" PRIu64 ", bytes:%" PRIu64 ", used:",
             stats->n_packets, stats->n_bytes);
    if (stats->used_ms) {
        str_putf(s, "%.3fs", (double) (clock_msec() - stats->used_ms) / 1000);
    } else {
        str_put(s, "never");
    }
    put_tcp_flags(stats->tcp_flags, s);
}

static bool
dump_flow(void *dump_, struct datapath_flow *flow,
          const struct datapath_flow_info *info)
{
    const struct dump *dump = dump_;
    if (!port_by_odp(dump->bridge, info->key->in_port)) {
        return true;
    }
    struct datapath_flow_stats stats;
    struct datapath *datapath = dump->backer->datapath;
    datapath->ops->flow_stats(datapath, flow, &stats);
    const struct odp_names *names = dump->with_names ? &dump->names : NULL;
    CLEANUP(str_uninit) struct str key = STR_INITIALIZER;
    odp_flow_format(info->key, info->mask, names,
                    dump->verbose ? ODP_FORMAT_VERBOSE : 0, &key);
    if (dump->verbose) {
        odp_ufid_format(&info->ufid, dump->out);
        str_put_char(dump->out, ' ');
    }
    str_put(dump->out, str_text(&key));
    put_flow_stats(&stats, dump->out);
    str_put(dump->out, ", actions:");
    odp_actions_format(info->actions, info->actions_size, names, dump->out);
    str_put_char(dump->out, '\n');
    return true;
}

static void
command_dump_flows(struct appctl_conn *conn, int argc, const char *argv[],
                   void *aux)
{
    const struct bridge *bridge = bridges_find(aux, argv[argc - 1]);
    if (!bridge) {
        appctl_reply_error(conn, "no such bridge");
        return;
    }
    struct dump dump = { .backer = bridge->backer, .bridge = bridge };
    int with_names = -1;
    for (int i = 1; i < argc - 1; i++) {
        if (!strcmp(argv[i], "-m")) {
            dump.verbose = true;
        } else if (!strcmp(argv[i], "--names")) {
            with_names = 1;
        } else if (!strcmp(argv[i], "--no-names")) {
            with_names = 0;
        }
    }
    dump.with_names = with_names < 0 ? dump.verbose : with_names;
    dump.names.name_of = dump_name_of;
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    dump.out = &reply;
    struct datapath *datapath = bridge->backer->datapath;
    datapath->ops->flow_for_each(datapath, dump_flow, &dump);
    appctl_reply(conn, str_text(&reply));
}

/* dpif/show-dp-features. */

#define SUPPORT(MEMBER)                        \
    offsetof(struct datapath_support, MEMBER), \
        sizeof(((struct datapath_support *) NULL)->MEMBER) > 1

/* A feature by its short name and that in lists. */
static const struct feature {
    const char *name;
    const char *title;
    size_t offset; /* In struct datapath_support. */
    bool is_number;
} features[] = {
    { "masked_set_action", "Masked set action", SUPPORT(masked_set) },
    { "tnl_push_pop", "Tunnel push pop", SUPPORT(tnl_push_pop) },
    { "trunc", "Truncate action", SUPPORT(trunc) },
    { "clone", "Clone action", SUPPORT(clone) },
    { "sample_nesting", "Sample nesting", SUPPORT(sample_nesting) },
    { "ct_eventmask", "Conntrack eventmask", SUPPORT(ct) },
    { "ct_clear", "Conntrack clear", SUPPORT(ct) },
    { "check_pkt_len", "Check pkt length action", SUPPORT(check_pkt_len) },
    { "ct_timeout", "Conntrack timeout policy", SUPPORT(ct) },
    { "explicit_drop_action", "Explicit Drop action", SUPPORT(explicit_drop) },
    { "lb_output_action", "Optimized Balance TCP mode", SUPPORT(lb_output) },
    { "ct_zero_snat", "Conntrack all-zero IP SNAT", SUPPORT(ct) },
    { "max_vlan_headers", "Max VLAN headers", SUPPORT(max_vlan_headers) },
    { "max_mpls_depth", "Max MPLS depth", SUPPORT(max_mpls_depth) },
    { "recirc", "Recirc", SUPPORT(recirc) },
    { "ct_state", "CT state", SUPPORT(ct) },
    { "ct_zone", "CT zone", SUPPORT(ct) },
    { "ct_mark", "CT mark", SUPPORT(ct) },
    { "ct_label", "CT label", SUPPORT(ct) },
    { "ct_state_nat", "CT state NAT", SUPPORT(ct) },
    { "ct_orig_tuple", "CT orig tuple", SUPPORT(ct) },
    { "ct_orig_tuple6", "CT orig tuple for IPv6", SUPPORT(ct) },
};

static void
put_feature(const struct feature *feature,
            const struct datapath_support *support, struct str *s)
{
    const char *p = (const char *) support + feature->offset;
    if (feature->is_number) {
        str_putf(s, "%s: %" PRIu32 "\n", feature->title,
                 *(const uint32_t *) (const void *) p);
    } else {
        str_putf(s, "%s: %s\n", feature->title,
                 *(const bool *) (const void *) p ? "Yes" : "No");
    }
}

static void
command_show_features(struct appctl_conn *conn, int argc, const char *argv[],
                      void *aux)
{
    (void) argc;
    const struct bridge *bridge = bridges_find(aux, argv[1]);
    if (!bridge) {
        appctl_reply_error(conn, "no such bridge");
        return;
    }
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        put_feature(&features[i], &bridge->backer->support, &reply);
    }
    appctl_reply(conn, str_text(&reply));
}

void
bridge_register_dpif_commands(struct bridges *bridges)
{
    appctl_register("dpif/show", "", 0, 0, command_show, bridges);
    appctl_register("dpif/dump-dps", "", 0, 0, command_dump_dps, bridges);
    appctl_register("dpif/dump-flows", "[-m] [--names | --no-names] bridge", 1,
                    APPCTL_ANY, command_dump_flows, bridges);
    appctl_register("dpif/show-dp-features", "bridge", 1, 1,
                    command_show_features, bridges);
}
