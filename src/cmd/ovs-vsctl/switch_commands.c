/* Commands about controllers, managers, TLS, Auto-Attach and resetting. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "cmd/ovs-vsctl/vsctl.h"

/* Targets of controllers and managers. */

static void
need_controller(struct ctl_context *c)
{
    vsctl_need_info(c);
    ctl_need(c, VSWITCH_TABLE_CONTROLLER, "target");
    ctl_need(c, VSWITCH_TABLE_CONTROLLER, "inactivity_probe");
}

static void
run_get_controller(struct ctl_context *c)
{
    ctl_print_targets(c, vsctl_find_bridge(c, c->argv[1], true)->row,
                      "controller");
}

static void
run_del_controller(struct ctl_context *c)
{
    ctl_delete_refs(vsctl_find_real_bridge(c, c->argv[1])->row, "controller");
}

static void
run_set_controller(struct ctl_context *c)
{
    struct idl_row *row = vsctl_find_real_bridge(c, c->argv[1])->row;
    ctl_delete_refs(row, "controller");
    ctl_insert_targets(c, row, "controller", 2);
}

static void
run_get_fail_mode(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_bridge(c, c->argv[1], true);
    ctl_verify(bridge->row, "fail_mode");
    const char *mode = ctl_read_string(bridge->row, "fail_mode");
    if (*mode) {
        str_putf(c->output, "%s\n", mode);
    }
}

static void
run_del_fail_mode(struct ctl_context *c)
{
    ctl_clear(vsctl_find_real_bridge(c, c->argv[1])->row, "fail_mode");
}

static void
run_set_fail_mode(struct ctl_context *c)
{
    struct vsctl_bridge *bridge = vsctl_find_real_bridge(c, c->argv[1]);
    const char *mode = c->argv[2];
    if (strcmp(mode, "standalone") && strcmp(mode, "secure")) {
        ctl_fail("fail-mode must be \"standalone\" or \"secure\"");
    }
    ctl_write_string(bridge->row, "fail_mode", mode);
}

static void
need_manager(struct ctl_context *c)
{
    ctl_need(c, VSWITCH_TABLE_OPEN_VSWITCH, "manager_options");
    ctl_need(c, VSWITCH_TABLE_MANAGER, "target");
    ctl_need(c, VSWITCH_TABLE_MANAGER, "inactivity_probe");
}

static void
run_get_manager(struct ctl_context *c)
{
    ctl_print_targets(c, vsctl_root(c), "manager_options");
}

static void
run_del_manager(struct ctl_context *c)
{
    ctl_delete_refs(vsctl_root(c), "manager_options");
}

static void
run_set_manager(struct ctl_context *c)
{
    run_del_manager(c);
    ctl_insert_targets(c, vsctl_root(c), "manager_options", 1);
}

/* TLS. */

static void
need_ssl(struct ctl_context *c)
{
    static const char *const columns[] = { "private_key", "certificate",
                                           "ca_cert", "bootstrap_ca_cert" };
    ctl_need(c, VSWITCH_TABLE_OPEN_VSWITCH, "ssl");
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ctl_need(c, VSWITCH_TABLE_SSL, columns[i]);
    }
}

static void
run_get_ssl(struct ctl_context *c)
{
    struct idl_row *root = vsctl_root(c);
    ctl_verify(root, "ssl");
    const struct idl_row *ssl = ctl_read_row(root, "ssl", 0);
    if (ssl) {
        str_putf(c->output,
                 "Private key: %s\n"
                 "Certificate: %s\n"
                 "CA Certificate: %s\n"
                 "Bootstrap: %s\n",
                 ctl_read_string(ssl, "private_key"),
                 ctl_read_string(ssl, "certificate"),
                 ctl_read_string(ssl, "ca_cert"),
                 ctl_read_boolean(ssl, "bootstrap_ca_cert") ? "true"
                                                            : "false");
    }
}

static void
run_del_ssl(struct ctl_context *c)
{
    ctl_delete_refs(vsctl_root(c), "ssl");
}

static void
run_set_ssl(struct ctl_context *c)
{
    run_del_ssl(c);
    struct idl_row *ssl = vsctl_insert(c, VSWITCH_TABLE_SSL);
    ctl_write_string(ssl, "private_key", c->argv[1]);
    ctl_write_string(ssl, "certificate", c->argv[2]);
    ctl_write_string(ssl, "ca_cert", c->argv[3]);
    ctl_write_boolean(ssl, "bootstrap_ca_cert",
                      ctl_has_option(c, "--bootstrap"));
    ctl_add_ref(vsctl_root(c), "ssl", ssl);
}

/* Auto-Attach. */

static void
need_aa(struct ctl_context *c)
{
    vsctl_need_info(c);
    ctl_need(c, VSWITCH_TABLE_BRIDGE, "auto_attach");
    ctl_need(c, VSWITCH_TABLE_AUTOATTACH, "mappings");
}

/* The two numbers after the bridge. */
static void
parse_mapping(struct ctl_context *c, int64_t *isidp, int64_t *vlanp)
{
    if (!scan_i64(c->argv[2], 10, isidp)) {
        ctl_fail("Invalid argument %s", c->argv[2]);
    }
    if (!scan_i64(c->argv[3], 10, vlanp)) {
        ctl_fail("Invalid argument %s", c->argv[3]);
    }
}

static void
run_add_aa_mapping(struct ctl_context *c)
{
    int64_t isid, vlan;
    parse_mapping(c, &isid, &vlan);
    struct idl_row *bridge = vsctl_find_bridge(c, c->argv[1], true)->row;
    struct idl_row *aa = ctl_read_row(bridge, "auto_attach", 0);
    if (!aa) {
        aa = vsctl_insert(c, VSWITCH_TABLE_AUTOATTACH);
        ctl_add_ref(bridge, "auto_attach", aa);
    }
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_AUTOATTACH, "mappings");
    union atom key = { .integer = isid }, value = { .integer = vlan };
    struct datum new, mapping = DATUM_INITIALIZER;
    datum_add_take(&mapping, &key, &value, &column->type);
    datum_clone(&new, idl_read(aa, column));
    datum_union(&new, &mapping, &column->type, false);
    datum_uninit(&mapping, &column->type);
    ctl_verify(aa, "mappings");
    idl_txn_write(aa, column, &new);
}

static void
run_del_aa_mapping(struct ctl_context *c)
{
    int64_t isid, vlan;
    parse_mapping(c, &isid, &vlan);
    struct idl_row *bridge = vsctl_find_bridge(c, c->argv[1], true)->row;
    struct idl_row *aa = ctl_read_row(bridge, "auto_attach", 0);
    if (!aa) {
        return;
    }
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_AUTOATTACH, "mappings");
    union atom key = { .integer = isid }, value = { .integer = vlan };
    struct datum new;
    datum_clone(&new, idl_read(aa, column));
    size_t i = datum_find_key_value(&new, &key, &value, &column->type);
    if (i != DATUM_NOT_FOUND) {
        datum_remove(&new, i, &column->type);
    }
    ctl_verify(aa, "mappings");
    idl_txn_write(aa, column, &new);
}

static void
run_get_aa_mapping(struct ctl_context *c)
{
    struct idl_row *bridge = vsctl_find_bridge(c, c->argv[1], true)->row;
    const struct idl_row *aa = ctl_read_row(bridge, "auto_attach", 0);
    const struct datum *mappings = aa ? ctl_read(aa, "mappings") : NULL;
    for (size_t i = 0; mappings && i < mappings->n; i++) {
        str_putf(c->output, "%lld %lld\n",
                 (long long) mappings->keys[i].integer,
                 (long long) mappings->values[i].integer);
    }
}

/* emer-reset */

static void
need_reset(struct ctl_context *c)
{
    static const struct {
        size_t table;
        const char *column;
    } columns[] = {
        { VSWITCH_TABLE_OPEN_VSWITCH, "manager_options" },
        { VSWITCH_TABLE_OPEN_VSWITCH, "ssl" },
        { VSWITCH_TABLE_BRIDGE, "controller" },
        { VSWITCH_TABLE_BRIDGE, "fail_mode" },
        { VSWITCH_TABLE_BRIDGE, "mirrors" },
        { VSWITCH_TABLE_BRIDGE, "netflow" },
        { VSWITCH_TABLE_BRIDGE, "sflow" },
        { VSWITCH_TABLE_BRIDGE, "ipfix" },
        { VSWITCH_TABLE_BRIDGE, "flood_vlans" },
        { VSWITCH_TABLE_BRIDGE, "other_config" },
        { VSWITCH_TABLE_PORT, "other_config" },
        { VSWITCH_TABLE_INTERFACE, "ingress_policing_rate" },
        { VSWITCH_TABLE_INTERFACE, "ingress_policing_burst" },
        { VSWITCH_TABLE_MIRROR, NULL },
        { VSWITCH_TABLE_CONTROLLER, NULL },
        { VSWITCH_TABLE_MANAGER, NULL },
        { VSWITCH_TABLE_SSL, NULL },
        { VSWITCH_TABLE_NETFLOW, NULL },
        { VSWITCH_TABLE_SFLOW, NULL },
        { VSWITCH_TABLE_IPFIX, NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ctl_need(c, columns[i].table, columns[i].column);
    }
}

/* Of other_config only hwaddr stays. */
static void
reset_bridge(struct idl_row *bridge)
{
    static const char *const columns[] = { "controller", "fail_mode",
                                           "mirrors",    "netflow",
                                           "sflow",      "ipfix",
                                           "flood_vlans" };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ctl_clear(bridge, columns[i]);
    }
    const struct column *column =
        table_schema_find_column(idl_row_table(bridge), "other_config");
    const char *hwaddr = datum_get_string(idl_read(bridge, column), "hwaddr");
    struct datum new = DATUM_INITIALIZER;
    if (hwaddr) {
        union atom key = atom_from_string("hwaddr");
        union atom value = atom_from_string(hwaddr);
        datum_add_take(&new, &key, &value, &column->type);
    }
    idl_txn_write(bridge, column, &new);
}

static void
delete_all(struct ctl_context *c, size_t table)
{
    struct idl_row *next;
    for (struct idl_row *row = idl_first(c->idl, table); row; row = next) {
        next = idl_next(row);
        idl_txn_delete(row);
    }
}

static void
run_emer_reset(struct ctl_context *c)
{
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, VSWITCH_TABLE_BRIDGE)
    {
        reset_bridge(row);
    }
    IDL_FOR_EACH(row, c->idl, VSWITCH_TABLE_PORT)
    {
        ctl_clear(row, "other_config");
    }
    IDL_FOR_EACH(row, c->idl, VSWITCH_TABLE_INTERFACE)
    {
        ctl_write_integer(row, "ingress_policing_rate", 0);
        ctl_write_integer(row, "ingress_policing_burst", 0);
    }
    ctl_clear(vsctl_root(c), "manager_options");
    ctl_clear(vsctl_root(c), "ssl");
    static const int tables[] = {
        VSWITCH_TABLE_MIRROR, VSWITCH_TABLE_CONTROLLER, VSWITCH_TABLE_MANAGER,
        VSWITCH_TABLE_SSL,    VSWITCH_TABLE_NETFLOW,    VSWITCH_TABLE_SFLOW,
        VSWITCH_TABLE_IPFIX
    };
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        delete_all(c, tables[i]);
    }
}

#define RW CTL_READ_WRITE
#define RO CTL_READ_ONLY

const struct ctl_syntax vsctl_switch_commands[] = {
    { "get-controller", 1, 1, "BRIDGE", need_controller, run_get_controller,
      NULL, "", RO },
    { "del-controller", 1, 1, "BRIDGE", need_controller, run_del_controller,
      NULL, "", RW },
    { "set-controller", 1, INT_MAX, "BRIDGE TARGET...", need_controller,
      run_set_controller, NULL, "--inactivity-probe=", RW },
    { "get-fail-mode", 1, 1, "BRIDGE", vsctl_need_info, run_get_fail_mode,
      NULL, "", RO },
    { "del-fail-mode", 1, 1, "BRIDGE", vsctl_need_info, run_del_fail_mode,
      NULL, "", RW },
    { "set-fail-mode", 2, 2, "BRIDGE MODE", vsctl_need_info, run_set_fail_mode,
      NULL, "", RW },
    { "get-manager", 0, 0, "", need_manager, run_get_manager, NULL, "", RO },
    { "del-manager", 0, 0, "", need_manager, run_del_manager, NULL, "", RW },
    { "set-manager", 1, INT_MAX, "TARGET...", need_manager, run_set_manager,
      NULL, "--inactivity-probe=", RW },
    { "get-ssl", 0, 0, "", need_ssl, run_get_ssl, NULL, "", RO },
    { "del-ssl", 0, 0, "", need_ssl, run_del_ssl, NULL, "", RW },
    { "set-ssl", 3, 3, "PRIVATE-KEY CERTIFICATE CA-CERT", need_ssl,
      run_set_ssl, NULL, "--bootstrap", RW },
    { "add-aa-mapping", 3, 3, "BRIDGE ARG ARG", need_aa, run_add_aa_mapping,
      NULL, "", RW },
    { "del-aa-mapping", 3, 3, "BRIDGE ARG ARG", need_aa, run_del_aa_mapping,
      NULL, "", RW },
    { "get-aa-mapping", 1, 1, "BRIDGE", need_aa, run_get_aa_mapping, NULL, "",
      RO },
    { "emer-reset", 0, 0, "", need_reset, run_emer_reset, NULL, "", RW },
};
const size_t vsctl_n_switch_commands = ARRAY_SIZE(vsctl_switch_commands);
