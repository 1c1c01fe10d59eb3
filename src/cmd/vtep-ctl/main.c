/* vtep-ctl: reads and changes the configuration of a VXLAN gateway, which is
 * a database of its own. */

#include "cmd/vtep-ctl/vtep.h"
#include "sys/log/log.h"
#include "sys/process/program.h"

LOG_MODULE(vtep_ctl);

static const struct ctl_row_id row_ids[] = {
    { VTEP_TABLE_GLOBAL, VTEP_TABLE_GLOBAL, NULL, NULL, NULL },
    { VTEP_TABLE_LOGICAL_ROUTER, VTEP_TABLE_LOGICAL_ROUTER, "name", NULL,
      NULL },
    { VTEP_TABLE_LOGICAL_SWITCH, VTEP_TABLE_LOGICAL_SWITCH, "name", NULL,
      NULL },
    { VTEP_TABLE_MANAGER, VTEP_TABLE_MANAGER, "target", NULL, NULL },
    { VTEP_TABLE_PHYSICAL_PORT, VTEP_TABLE_PHYSICAL_PORT, "name", NULL, NULL },
    { VTEP_TABLE_PHYSICAL_SWITCH, VTEP_TABLE_PHYSICAL_SWITCH, "name", NULL,
      NULL },
};

static const struct ctl_show_table shows[] = {
    { .table = VTEP_TABLE_GLOBAL, .columns = { "managers", "switches" } },
    { .table = VTEP_TABLE_MANAGER,
      .name_column = "target",
      .columns = { "is_connected" } },
    { .table = VTEP_TABLE_PHYSICAL_SWITCH,
      .name_column = "name",
      .columns = { "management_ips", "tunnel_ips", "ports" } },
    { .table = VTEP_TABLE_PHYSICAL_PORT,
      .name_column = "name",
      .extra_column = "vlan_bindings",
      .extra = vtep_show_bindings },
    { .table = VTEP_TABLE_LOGICAL_SWITCH, .name_column = "name" },
};

static void
need_root(struct ctl_context *c)
{
    ctl_need(c, VTEP_TABLE_GLOBAL, NULL);
}

/* Every run makes the root row if the database is empty. */
static void
begin(struct ctl_context *c)
{
    if (!vtep_root(c)) {
        vtep_insert(c, VTEP_TABLE_GLOBAL);
    }
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);

    const struct ctl_group groups[] = {
        { vtep_switch_commands, vtep_n_switch_commands },
        { vtep_logical_commands, vtep_n_logical_commands },
        { vtep_mac_commands, vtep_n_mac_commands },
    };

    const struct ctl_config config = {
        .database = &vtep_database,
        .groups = groups,
        .n_groups = ARRAY_SIZE(groups),
        .purpose = "configures a VXLAN gateway",
        .commands_help = vtep_commands_help,
        .row_ids = row_ids,
        .n_row_ids = ARRAY_SIZE(row_ids),
        .shows = shows,
        .n_shows = ARRAY_SIZE(shows),
        .log = &log_this_module,
        .prerequisites = need_root,
        .begin = begin,
    };
    return ctl_main(argc, argv, &config);
}
