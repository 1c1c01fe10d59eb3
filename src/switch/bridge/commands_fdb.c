/* Runtime commands fdb/...: the MAC tables. */

#include <stdlib.h>
#include <string.h>

#include "rpc/appctl/appctl.h"
#include "switch/bridge/bridge_private.h"
#include "sys/clock/clock.h"

/* The bridge that 'name' names; replies with an error and gives NULL if there
 * is none. */
static struct bridge *
find_or_reply(struct appctl_conn *conn, struct bridges *bridges,
              const char *name)
{
    struct bridge *bridge = bridges_find(bridges, name);
    if (!bridge) {
        appctl_reply_error(conn, "no such bridge");
    }
    return bridge;
}

/* Number of the bundle's first port. */
static void
format_bundle(void *bridge_, uint32_t id, struct str *s)
{
    const struct bridge *bridge = bridge_;
    const struct bridge_bundle *bundle;
    LIST_FOR_EACH (bundle, node, &bridge->bundles) {
        if (bundle->id == id && !list_is_empty(&bundle->ports)) {
            const struct bridge_port *port = CONTAINER_OF(
                list_front(&bundle->ports), struct bridge_port, bundle_node);
            ofp_port_format(port->ofport, NULL, s);
            return;
        }
    }
    str_put_char(s, '?');
}

/* Anything that is no number means 0, as the command always took it. */
static uint16_t
parse_vlan(const char *text)
{
    return (uint16_t) strtol(text, NULL, 10);
}

static void
command_show(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc;
    struct bridge *bridge = find_or_reply(conn, aux, argv[1]);
    if (bridge) {
        CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
        upcall_fold_stats(bridge->backer->upcall);
        mac_table_format(bridge->mac_table, clock_msec(), format_bundle,
                         bridge, &reply);
        appctl_reply(conn, str_text(&reply));
    }
}

static void
command_stats_show(struct appctl_conn *conn, int argc, const char *argv[],
                   void *aux)
{
    (void) argc;
    struct bridge *bridge = find_or_reply(conn, aux, argv[1]);
    if (bridge) {
        CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
        upcall_fold_stats(bridge->backer->upcall);
        mac_table_format_stats(bridge->mac_table, bridge->name, &reply);
        appctl_reply(conn, str_text(&reply));
    }
}

/* Calls 'function' for the bridge named by the argument, or for all. */
static void
for_bridges(struct appctl_conn *conn, int argc, const char *argv[],
            struct bridges *bridges, void (*function)(struct mac_table *),
            const char *reply)
{
    if (argc > 1) {
        struct bridge *bridge = find_or_reply(conn, bridges, argv[1]);
        if (!bridge) {
            return;
        }
        function(bridge->mac_table);
    } else {
        const struct strmap_node *node;
        STRMAP_FOR_EACH (node, &bridges->by_name) {
            const struct bridge *bridge = node->data;
            function(bridge->mac_table);
        }
    }
    appctl_reply(conn, reply);
}

static void
command_flush(struct appctl_conn *conn, int argc, const char *argv[],
              void *aux)
{
    for_bridges(conn, argc, argv, aux, mac_table_flush,
                "table successfully flushed");
}

static void
command_stats_clear(struct appctl_conn *conn, int argc, const char *argv[],
                    void *aux)
{
    for_bridges(conn, argc, argv, aux, mac_table_clear_stats,
                "statistics successfully cleared");
}

static void
command_add(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc;
    struct bridge *bridge = find_or_reply(conn, aux, argv[1]);
    if (!bridge) {
        return;
    }
    struct eth_addr mac;
    if (!eth_addr_parse(argv[4], &mac)) {
        appctl_reply_error(conn, "bad MAC address");
        return;
    }
    const struct bridge_port *port = bridge_port_by_name(bridge, argv[2]);
    if (!port || !port->bundle) {
        appctl_reply_error(
            conn, "software error, odp port is present but no ofp port");
        return;
    }
    CLEANUP(str_uninit) struct str reply = STR_INITIALIZER;
    uint32_t old = mac_table_add_static(bridge->mac_table, parse_vlan(argv[3]),
                                        mac, port->bundle->id, clock_msec());
    if (old != MAC_TABLE_NO_PORT && old != port->bundle->id) {
        str_put(&reply, "Overriding already existing static entry on ");
        format_bundle(bridge, old, &reply);
    }
    appctl_reply(conn, str_text(&reply));
}

static void
command_delete(struct appctl_conn *conn, int argc, const char *argv[],
               void *aux)
{
    (void) argc;
    struct bridge *bridge = find_or_reply(conn, aux, argv[1]);
    if (!bridge) {
        return;
    }
    struct eth_addr mac;
    if (!eth_addr_parse(argv[3], &mac)) {
        appctl_reply_error(conn, "bad MAC address");
    } else if (!mac_table_delete_static(bridge->mac_table, parse_vlan(argv[2]),
                                        mac)) {
        appctl_reply_error(conn, "could not find static mac entry");
    } else {
        appctl_reply(conn, NULL);
    }
}

void
bridge_register_fdb_commands(struct bridges *bridges)
{
    appctl_register("fdb/show", "bridge", 1, 1, command_show, bridges);
    appctl_register("fdb/stats-show", "bridge", 1, 1, command_stats_show,
                    bridges);
    appctl_register("fdb/stats-clear", "[bridge]", 0, 1, command_stats_clear,
                    bridges);
    appctl_register("fdb/flush", "[bridge]", 0, 1, command_flush, bridges);
    appctl_register("fdb/add", "bridge port vlan mac", 4, 4, command_add,
                    bridges);
    appctl_register("fdb/del", "bridge vlan mac", 3, 3, command_delete,
                    bridges);
}
