/* What the files of switch/bridge share. */

#pragma once

#include "base/list.h"
#include "base/str.h"
#include "datapath/forward/forward.h"
#include "datapath/netdev/netdev.h"
#include "net/flow/ofp_port.h"
#include "switch/bridge/bridge.h"
#include "switch/l2/mac_table.h"
#include "switch/pipeline/pipeline.h"
#include "sys/thread/mutex.h"

/* A packet on its way from a worker to the controllers. */
struct bridge_packet_in {
    struct list node;            /* In backer.packet_ins. */
    struct bridge *bridge;       /* May be gone by now. */
    struct upcall_packet_in pin; /* Pointers lead to the members below. */
    struct flow metadata;
    uint8_t *bytes; /* Packet, then userdata; owned. */
};

enum {
    BACKER_MAX_PACKET_INS = 1024, /* Waiting for the main thread. */
    VLANS_SIZE = 4096 / 8,        /* Bytes of a set of VLANs. */
};

/* One datapath with the bridges that share it. */
struct backer {
    struct list node; /* In bridges.backers. */
    struct bridges *bridges;
    char *type;
    struct datapath *datapath;
    struct datapath_support support;
    struct upcall *upcall;
    int n_bridges;
    struct loop_task publish; /* Makes and swaps in a snapshot. */
    struct loop_latch latch;  /* Packet-ins wait. */
    struct mutex mutex;
    struct list packet_ins; /* Of struct bridge_packet_in; under 'mutex'. */
    size_t n_packet_ins;    /* Under 'mutex'. */
};

struct bridges {
    struct loop *loop;
    struct strmap by_name; /* Of struct bridge. */
    struct list backers;   /* Of struct backer. */
    struct netdev_observer netdev_observer;
    struct upcall_config upcall_config;
    uint32_t vlan_limit;
    struct strmap datapath_config; /* Heap strings. */
    loop_callback *traffic;        /* Who awaits any, or NULL. */
    void *traffic_arg;
};

struct bridge_bundle {
    struct hmap_node id_node; /* In bridge.bundle_ids. */
    struct list node;         /* In bridge.bundles. */
    char *name;
    uint32_t id;
    struct bridge_bundle_config config; /* Names and ports not used. */
    unsigned long *trunks;              /* Owned; NULL: all. */
    unsigned long *cvlans;
    struct list ports; /* Of struct bridge_port. */
};

struct bridge_port {
    struct hmap_node ofport_node; /* In bridge.ports. */
    struct list bundle_node;      /* In bundle->ports. */
    struct bridge *bridge;
    struct bridge_bundle *bundle; /* NULL: none yet. */
    struct netdev *netdev;        /* A reference. */
    char *name;
    uint32_t ofport;
    uint32_t odp_port; /* ODP_PORT_NONE: a patch port. */
    uint32_t config;   /* FORWARDING_*, which are OFPPC_* too. */
    bool link_up;
    struct eth_addr mac; /* As last told to controllers. */
    long long created_ms;
};

/* A number that was given back, not to be used again soon. */
struct bridge_old_ofport {
    struct hmap_node node; /* In bridge.old_ofports. */
    uint32_t ofport;
    long long freed_ms;
};

struct bridge {
    struct bridges *bridges;
    struct backer *backer;
    char *name;
    struct pipeline *pipeline;
    struct mac_table *mac_table;
    struct control *control;
    uint64_t datapath_id;
    struct eth_addr mac;
    bool fail_secure;
    bool forward_bpdu;
    bool drop_fragments;
    struct hmap ports;        /* Of struct bridge_port, by number. */
    struct strmap port_names; /* The same. */
    struct hmap old_ofports;
    uint32_t last_ofport; /* Given last. */
    struct list bundles;  /* Of struct bridge_bundle. */
    struct strmap bundle_names;
    struct hmap bundle_ids;
    uint32_t next_bundle_id;
};

/* backer.c */
struct error *backer_open(struct bridges *, const char *type,
                          struct backer **) WARN_UNUSED;
/* Gives one use back. */
void backer_release(struct backer *);
/* A new snapshot is due. */
void backer_changed(struct backer *);
void backer_publish(void *backer);

/* port.c */
struct bridge_port *bridge_port_by_name(const struct bridge *, const char *);
struct bridge_port *bridge_port_by_number(const struct bridge *,
                                          uint32_t ofport);
void bridge_port_destroy(struct bridge_port *);
/* Ports by name; the caller frees the array. */
struct bridge_port **bridge_ports_sorted(const struct bridge *, size_t *np);
/* The device changed: tells the controllers. */
void bridge_port_update(struct bridge_port *);
void bridge_netdev_changed(void *bridges, struct netdev *);

/* bundle.c */
void bridge_bundle_destroy(struct bridge *, struct bridge_bundle *);

/* openflow.c: what the OpenFlow servers ask of the bridge. */
struct control *bridge_create_control(struct bridge *);

/* patch.c */
extern const struct netdev_driver bridge_patch_driver;
/* The other end's name; NULL if 'netdev' is no patch port. */
const char *bridge_patch_peer(const struct netdev *);
/* What a patch port counts; NULL of other devices. */
struct rule_counters *bridge_patch_rx(const struct netdev *);
struct rule_counters *bridge_patch_tx(const struct netdev *);
/* The port at the other end, which names 'port' in return; or NULL. */
const struct bridge_port *bridge_patch_other_end(const struct bridge_port *);

/* commands.c and its kin */
void bridge_register_fdb_commands(struct bridges *);
void bridge_register_dpif_commands(struct bridges *);
