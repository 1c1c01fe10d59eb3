/* Settings that this version does not implement: the log says so once, and
 * nothing acts as if they were in effect. */

#include <string.h>

#include "sys/log/log.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

void
unsupported_begin(struct vswitchd *v)
{
    strset_clear(&v->unsupported_now);
}

void
unsupported_note(struct vswitchd *v, const char *table, const char *row,
                 const char *column)
{
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    str_putf(&text, "%s %s: %s", table, row, column);
    if (strset_add(&v->unsupported_now, str_text(&text))
        && !strset_contains(&v->unsupported, str_text(&text))) {
        log_warn("%s is not supported, ignoring it", str_text(&text));
    }
}

void
unsupported_end(struct vswitchd *v)
{
    hmap_swap(&v->unsupported.map.map, &v->unsupported_now.map.map);
}

void
unsupported_check_bridge(struct vswitchd *v, const struct vswitch_bridge *row)
{
    const struct {
        bool is_set;
        const char *column;
    } settings[] = {
        { row->stp_enable, "stp_enable" },
        { row->rstp_enable, "rstp_enable" },
        { row->mcast_snooping_enable, "mcast_snooping_enable" },
        { row->n_mirrors > 0, "mirrors" },
        { row->netflow != NULL, "netflow" },
        { row->sflow != NULL, "sflow" },
        { row->ipfix != NULL, "ipfix" },
        { row->auto_attach != NULL, "auto_attach" },
    };

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (settings[i].is_set) {
            unsupported_note(v, "Bridge", row->name, settings[i].column);
        }
    }
}

void
unsupported_check_port(struct vswitchd *v, const struct vswitch_port *row)
{
    if (row->qos) {
        unsupported_note(v, "Port", row->name, "qos");
    }
    if (row->lacp && strcmp(row->lacp, "off")) {
        unsupported_note(v, "Port", row->name, "lacp");
    }
    if (row->n_interfaces > 1) {
        unsupported_note(v, "Port", row->name,
                         "interfaces: a bond of several interfaces");
    }
    if (row->bond_fake_iface && row->n_interfaces > 1) {
        unsupported_note(v, "Port", row->name, "bond_fake_iface");
    }
}

void
unsupported_check_interface(struct vswitchd *v,
                            const struct vswitch_interface *row)
{
    if (row->ingress_policing_rate || row->ingress_policing_kpkts_rate) {
        unsupported_note(v, "Interface", row->name, "ingress_policing_rate");
    }
    if (row->cfm_mpid) {
        unsupported_note(v, "Interface", row->name, "cfm_mpid");
    }
    if (row_get_boolean(&row->bfd, "enable", false)) {
        unsupported_note(v, "Interface", row->name, "bfd:enable");
    }
    if (row_get_boolean(&row->lldp, "enable", false)) {
        unsupported_note(v, "Interface", row->name, "lldp:enable");
    }
}

void
unsupported_check_switch(struct vswitchd *v,
                         const struct vswitch_open_vswitch *row)
{
    const char *init = row_get(&row->other_config, "dpdk-init", "false");
    if (strcmp(init, "false")) {
        unsupported_note(v, "Open_vSwitch", ".", "other_config:dpdk-init");
    }
    if (row_get_boolean(&row->other_config, "hw-offload", false)) {
        unsupported_note(v, "Open_vSwitch", ".", "other_config:hw-offload");
    }
}
