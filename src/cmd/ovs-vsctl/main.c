/* ovs-vsctl: reads and changes the configuration of ovs-vswitchd. */

#include <stdlib.h>

#include "base/mem.h"
#include "cmd/ovs-vsctl/vsctl.h"
#include "sys/log/log.h"
#include "sys/process/program.h"

LOG_MODULE(vsctl);

static const struct ctl_row_id row_ids[] = {
    { VSWITCH_TABLE_BRIDGE, VSWITCH_TABLE_BRIDGE, "name", NULL, NULL },
    { VSWITCH_TABLE_CONTROLLER, VSWITCH_TABLE_BRIDGE, "name", NULL,
      "controller" },
    { VSWITCH_TABLE_INTERFACE, VSWITCH_TABLE_INTERFACE, "name", NULL, NULL },
    { VSWITCH_TABLE_MIRROR, VSWITCH_TABLE_MIRROR, "name", NULL, NULL },
    { VSWITCH_TABLE_MANAGER, VSWITCH_TABLE_MANAGER, "target", NULL, NULL },
    { VSWITCH_TABLE_NETFLOW, VSWITCH_TABLE_BRIDGE, "name", NULL, "netflow" },
    { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_TABLE_OPEN_VSWITCH, NULL, NULL,
      NULL },
    { VSWITCH_TABLE_PORT, VSWITCH_TABLE_PORT, "name", NULL, NULL },
    { VSWITCH_TABLE_QOS, VSWITCH_TABLE_PORT, "name", NULL, "qos" },
    { VSWITCH_TABLE_SSL, VSWITCH_TABLE_SSL, NULL, NULL, NULL },
    { VSWITCH_TABLE_SFLOW, VSWITCH_TABLE_BRIDGE, "name", NULL, "sflow" },
    { VSWITCH_TABLE_FLOW_TABLE, VSWITCH_TABLE_FLOW_TABLE, "name", NULL, NULL },
    { VSWITCH_TABLE_IPFIX, VSWITCH_TABLE_BRIDGE, "name", NULL, "ipfix" },
    { VSWITCH_TABLE_AUTOATTACH, VSWITCH_TABLE_BRIDGE, "name", NULL,
      "auto_attach" },
    { VSWITCH_TABLE_FLOW_SAMPLE_COLLECTOR_SET,
      VSWITCH_TABLE_FLOW_SAMPLE_COLLECTOR_SET, "id", NULL, NULL },
};

static const struct ctl_show_table shows[] = {
    { VSWITCH_TABLE_OPEN_VSWITCH,
      NULL,
      { "manager_options", "bridges", "ovs_version" },
      NULL },
    { VSWITCH_TABLE_BRIDGE,
      "name",
      { "controller", "fail_mode", "datapath_type", "ports" },
      NULL },
    { VSWITCH_TABLE_PORT, "name", { "tag", "trunks", "interfaces" }, NULL },
    { VSWITCH_TABLE_INTERFACE, "name", { "type", "options", "error" }, NULL },
    { VSWITCH_TABLE_CONTROLLER, "target", { "is_connected" }, NULL },
    { VSWITCH_TABLE_MANAGER, "target", { "is_connected" }, NULL },
};

static void
need_root(struct ctl_context *c)
{
    ctl_need(c, VSWITCH_TABLE_OPEN_VSWITCH, NULL);
    if (ctl_waits(c->ctl)) {
        ctl_need(c, VSWITCH_TABLE_OPEN_VSWITCH, "cur_cfg");
        ctl_need(c, VSWITCH_TABLE_INTERFACE, "name");
        ctl_need(c, VSWITCH_TABLE_INTERFACE, "ofport");
        ctl_need(c, VSWITCH_TABLE_INTERFACE, "error");
    }
}

/* Every run makes the root row if the database is empty. */
static void
begin(struct ctl_context *c)
{
    vsctl_forget_new_ifaces();
    struct idl_row *root = vsctl_root(c);
    if (!root) {
        root = vsctl_insert(c, VSWITCH_TABLE_OPEN_VSWITCH);
    }
    if (ctl_waits(c->ctl)) {
        idl_txn_increment(
            c->txn, root,
            ctl_column(c, VSWITCH_TABLE_OPEN_VSWITCH, "next_cfg"), false);
    }
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);

    const struct ctl_group groups[] = {
        { vsctl_bridge_commands, vsctl_n_bridge_commands },
        { vsctl_port_commands, vsctl_n_port_commands },
        { vsctl_switch_commands, vsctl_n_switch_commands },
        { vsctl_zone_commands, vsctl_n_zone_commands },
    };

    const struct ctl_config config = {
        .database = &vswitch_database,
        .groups = groups,
        .n_groups = ARRAY_SIZE(groups),
        .purpose = "configures ovs-vswitchd",
        .commands_help = vsctl_commands_help,
        .row_ids = row_ids,
        .n_row_ids = ARRAY_SIZE(row_ids),
        .shows = shows,
        .n_shows = ARRAY_SIZE(shows),
        .log = &log_this_module,
        .has_wait = true,
        .prerequisites = need_root,
        .begin = begin,
        .end = vsctl_info_free,
        .wait = vsctl_wait,
    };
    return ctl_main(argc, argv, &config);
}
