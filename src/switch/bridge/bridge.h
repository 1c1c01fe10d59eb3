/* Bridges: ports, bundles of ports, flow tables, a MAC table and OpenFlow
 * servers, over a datapath that bridges of one type share.  The only interface
 * that ovs-vswitchd configures the switch through.
 *
 * All is for the main thread.  Changes take effect in the datapath when the
 * loop next runs, or at once with bridges_publish(). */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/strmap.h"
#include "net/packet/addr.h"
#include "switch/control/control.h"
#include "switch/translate/forwarding.h"
#include "switch/upcall/upcall.h"
#include "sys/loop/loop.h"

struct bridge;
struct pipeline_table_config;
struct bridges;
struct netdev;

enum {
    BRIDGE_MAX_PORTS = 0xff00,      /* OpenFlow numbers below this. */
    BRIDGE_LOCAL_OFPORT10 = 0xfffe, /* The local port in the database. */
};

/* All bridges of the program. */
struct bridges *bridges_create(struct loop *);
/* Destroys all of them; NULL is legal.  'release': takes the ports out of
 * their datapaths for good, as "exit --cleanup". */
void bridges_destroy(struct bridges *, bool release);
struct bridge *bridges_find(const struct bridges *, const char *name);
/* By name; the caller frees the array. */
struct bridge **bridges_sorted(const struct bridges *, size_t *np);
/* Makes all changes so far visible to packets. */
void bridges_publish(struct bridges *);
/* Applies settings for datapath flows to all datapaths. */
void bridges_set_upcall_config(struct bridges *, const struct upcall_config *);
/* other_config:vlan-limit. */
void bridges_set_vlan_limit(struct bridges *, uint32_t limit);
/* Hands other_config of the Open_vSwitch table to the datapaths. */
void bridges_set_datapath_config(struct bridges *, const struct strmap *);
/* True if no datapath has flows: then 'traffic' will be called once, when
 * packets come or the next packet-out goes.  Until then only counters of the
 * devices themselves can change. */
bool bridges_await_traffic(struct bridges *, loop_callback *traffic,
                           void *arg);
/* Registers ofproto/..., fdb/..., dpif/..., bridge/...: once. */
void bridges_register_commands(struct bridges *);

/* Settings of a bridge; all is borrowed. */
struct bridge_config {
    struct eth_addr mac; /* Of the local port and by default the datapath. */
    uint64_t datapath_id;
    bool fail_secure;
    bool forward_bpdu;
    unsigned int mac_age_s;
    size_t mac_table_size;
    const unsigned long *flood_vlans; /* 4096 bits or NULL. */
    uint32_t versions;    /* Bit per OpenFlow wire version; 0: the default. */
    const char *mfr_desc; /* NULL: the default texts. */
    const char *hw_desc;
    const char *sw_desc;
    const char *serial_desc;
    const char *dp_desc;
    const struct control_target *controllers;
    size_t n_controllers;
    const char *const *snoops; /* Targets for snooping. */
    size_t n_snoops;
};

/* 'datapath_type' "" means "system". */
struct error *bridge_create(struct bridges *, const char *name,
                            const char *datapath_type,
                            struct bridge **) WARN_UNUSED;
/* Takes its ports out of the datapath and destroys it; NULL is legal. */
void bridge_destroy(struct bridge *);
void bridge_set_config(struct bridge *, const struct bridge_config *);
const char *bridge_name(const struct bridge *);
/* "netdev", "system", "dummy". */
const char *bridge_datapath_type(const struct bridge *);
struct control *bridge_control(const struct bridge *);
/* Settings of one flow table. */
void bridge_set_table(struct bridge *, uint8_t table_id,
                      const struct pipeline_table_config *);

/* Adds an open device as a port and keeps a reference to it.  '*ofportp' is
 * the wanted OpenFlow number (OFPP_NONE: any), then the one given. */
struct error *bridge_add_port(struct bridge *, struct netdev *,
                              uint32_t *ofportp) WARN_UNUSED;
void bridge_remove_port(struct bridge *, const char *name);
/* OFPP_NONE if there is none. */
uint32_t bridge_find_port(const struct bridge *, const char *name);
/* The peer's name if port 'name' is a patch port whose peer is not there or
 * names another; NULL otherwise. */
const char *bridge_lonely_patch(const struct bridge *, const char *name);
/* The device's options changed: peers and link are looked at again. */
void bridge_refresh_port(struct bridge *, const char *name);

/* A bundle: one port of the database with its interfaces.  All is borrowed. */
struct bridge_bundle_config {
    const char *name;
    enum forwarding_vlan_mode vlan_mode;
    enum forwarding_priority_tags priority_tags;
    uint16_t vlan;
    const unsigned long *trunks; /* 4096 bits; NULL: all. */
    const unsigned long *cvlans;
    uint16_t qinq_ethtype;
    bool is_protected;
    const char *const *ports; /* Names of ports of the bridge. */
    size_t n_ports;
};

/* Makes the bundle called 'name' be so. */
void bridge_set_bundle(struct bridge *, const struct bridge_bundle_config *);
void bridge_remove_bundle(struct bridge *, const char *name);
