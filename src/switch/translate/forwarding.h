/* What translation sees of the configuration: a snapshot of all bridges of one
 * datapath.
 *
 * The bridges build a snapshot, link and finish it, and swap it in under RCU
 * (upcall_set_forwarding()); from then on it is constant.  Whatever changes in
 * a port, a bundle or a bridge makes a new snapshot.
 *
 * The pipelines and MAC tables that it points to are the bridges': they live
 * until a grace period after the last snapshot that names them. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/list.h"
#include "datapath/odp/datapath.h"
#include "net/flow/ofp_port.h"

struct mac_table;
struct pipeline;

/* How a bundle takes part in VLANs: Port table, column vlan_mode. */
enum forwarding_vlan_mode {
    FORWARDING_VLAN_ACCESS,
    FORWARDING_VLAN_TRUNK,
    FORWARDING_VLAN_NATIVE_TAGGED,
    FORWARDING_VLAN_NATIVE_UNTAGGED,
    FORWARDING_VLAN_DOT1Q_TUNNEL,
};

/* Priority tags (VLAN 0) on untagged output: other_config:priority-tags. */
enum forwarding_priority_tags {
    FORWARDING_PRIORITY_TAGS_NEVER,
    FORWARDING_PRIORITY_TAGS_IF_NONZERO,
    FORWARDING_PRIORITY_TAGS_ALWAYS,
};

/* struct forwarding_port.config: OpenFlow's port configuration bits. */
enum {
    FORWARDING_PORT_DOWN = 1 << 0,
    FORWARDING_NO_STP = 1 << 1,
    FORWARDING_NO_RECV = 1 << 2,
    FORWARDING_NO_RECV_STP = 1 << 3,
    FORWARDING_NO_FLOOD = 1 << 4,
    FORWARDING_NO_FWD = 1 << 5,
    FORWARDING_NO_PACKET_IN = 1 << 6,
};

struct forwarding_bridge;
struct forwarding_bundle;

struct forwarding_port {
    struct hmap_node ofport_node; /* In forwarding_bridge.ports. */
    struct hmap_node odp_node;    /* In forwarding.odp_ports, if it has one. */
    struct list bundle_node;      /* In forwarding_bundle.ports. */
    struct forwarding_bridge *bridge;
    struct forwarding_bundle *bundle; /* NULL: in no bundle. */
    char *name;                       /* Owned. */
    uint32_t ofport;
    uint32_t odp_port; /* ODP_PORT_NONE for patch ports. */
    uint32_t config;   /* FORWARDING_*. */
    bool may_enable;   /* Link up and not taken out by a protocol. */
    bool stp_learns;   /* Spanning tree: learning or forwarding, or off. */
    bool stp_forwards; /* Spanning tree: forwarding, or off. */
    bool is_patch;
    struct rule_counters *rx, *tx; /* Patch: references, or NULL. */
    struct forwarding_port *peer;  /* Patch: the other end, or NULL. */
};

struct forwarding_bundle {
    struct hmap_node id_node; /* In forwarding_bridge.bundle_ids. */
    struct list bridge_node;  /* In forwarding_bridge.bundles. */
    struct list ports;        /* Of struct forwarding_port, in order. */
    struct forwarding_bridge *bridge;
    char *name;  /* Owned. */
    uint32_t id; /* Port number in the MAC table; stable, below UINT32_MAX. */
    enum forwarding_vlan_mode vlan_mode;
    enum forwarding_priority_tags priority_tags;
    uint16_t vlan;         /* Access or native VLAN; 0 if there is none. */
    unsigned long *trunks; /* 4096 bits, owned; NULL: all VLANs. */
    unsigned long *cvlans; /* Of dot1q-tunnel: likewise. */
    uint16_t qinq_ethtype; /* Of dot1q-tunnel: 0x88a8 or 0x8100. */
    bool is_protected;     /* No traffic between protected ones. */
    bool floodable;        /* No port of it has NO_FLOOD. */
    bool is_mirror_out;    /* Reserved as a mirror's output. */
};

struct forwarding_bridge {
    struct list node; /* In forwarding.bridges. */
    struct forwarding *forwarding;
    char *name;  /* Owned. */
    void *owner; /* The bridge it stands for, for observers. */
    struct pipeline *pipeline;
    struct mac_table *mac_table;
    bool fail_secure;      /* False: standalone. */
    bool forward_bpdu;     /* other_config:forward-bpdu. */
    bool drop_fragments;   /* OFPC_FRAG_DROP. */
    bool normal_fragments; /* OFPC_FRAG_NORMAL: L4 of fragments is hidden. */
    bool has_in_band;
    bool has_stp;
    bool miss_to_controller; /* Table miss without a configuration: some
                              * controller speaks OpenFlow before 1.3. */
    struct hmap ports;       /* By OpenFlow number. */
    struct hmap bundle_ids;  /* By id. */
    struct list bundles;     /* In the order of flooding. */
    struct port_names names; /* Of the ports, for texts. */
};

struct forwarding {
    struct list bridges;   /* Of struct forwarding_bridge. */
    struct hmap odp_ports; /* By datapath number. */
    struct datapath_support support;
    char *datapath_name; /* "dummy@ovs-dummy"; owned. */
};

struct forwarding *forwarding_create(const char *datapath_name,
                                     const struct datapath_support *);
/* Frees at once: for snapshots nobody sees, and from rcu_postpone(). */
void forwarding_destroy(struct forwarding *);

/* These add an object with the defaults of its type, linked in; the caller
 * sets what differs.  A bundle's id must be unique in its bridge. */
struct forwarding_bridge *forwarding_add_bridge(struct forwarding *,
                                                const char *name,
                                                struct pipeline *,
                                                struct mac_table *);
struct forwarding_bundle *forwarding_add_bundle(struct forwarding_bridge *,
                                                const char *name, uint32_t id);
/* 'bundle' may be NULL. */
struct forwarding_port *forwarding_add_port(struct forwarding_bridge *,
                                            struct forwarding_bundle *bundle,
                                            const char *name, uint32_t ofport,
                                            uint32_t odp_port);
/* Makes patch ports each other's peers. */
void forwarding_join_patches(struct forwarding_port *,
                             struct forwarding_port *);
/* To be called when all is set, before the snapshot is used. */
void forwarding_finish(struct forwarding *);

struct forwarding_bridge *forwarding_find_bridge(const struct forwarding *,
                                                 const char *name);
struct forwarding_port *
forwarding_find_ofport(const struct forwarding_bridge *, uint32_t ofport);
struct forwarding_port *forwarding_find_odp_port(const struct forwarding *,
                                                 uint32_t odp_port);
struct forwarding_bundle *
forwarding_find_bundle(const struct forwarding_bridge *, uint32_t id);
/* Whether packets of 'vlan' may be in the bundle. */
bool forwarding_bundle_trunks_vlan(const struct forwarding_bundle *,
                                   uint16_t vlan);
