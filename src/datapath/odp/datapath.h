/* The datapath as the switch sees it: ports, flows, packets.
 *
 * Two implementations stand behind struct datapath_ops: the userspace
 * datapath (datapath/forward) and the Linux kernel's (datapath/kernel).  What
 * a datapath cannot forward by its flows goes up through struct
 * datapath_observer, which the switch fills.
 *
 * Keys are struct flow whose words from FLOW_DATAPATH_START on count and
 * whose in_port is a datapath port number; actions are encoded datapath
 * actions (odp/actions.h).
 *
 * Threads: ports and configuration belong to the main thread; flow_put,
 * flow_delete, flow_stats, flow_for_each and execute may be called by any
 * thread that takes part in RCU. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "base/uuid.h"
#include "net/flow/flow.h"
#include "net/flow/mask.h"

struct datapath;
struct datapath_flow;
struct netdev;
struct packet;
struct packet_batch;
struct strmap;

#define ODP_PORT_LOCAL 0
#define ODP_PORT_NONE  UINT32_MAX

struct datapath_flow_stats {
    uint64_t n_packets;
    uint64_t n_bytes;
    long long used_ms;  /* clock_msec() of the last packet; 0: never. */
    uint16_t tcp_flags; /* OR of all packets', host order. */
};

struct datapath_stats {
    uint64_t n_hit;    /* Packets that met a flow. */
    uint64_t n_missed; /* Packets that went up. */
    uint64_t n_lost;   /* Packets that should have, but were dropped. */
    uint64_t n_flows;
    uint64_t n_mask_hit; /* Masks looked at. */
    uint32_t n_masks;
    uint64_t n_cache_hit;
};

/* What the switch decides about a miss.  It lives on the stack of the thread
 * that handles the miss; the memory of 'actions' is the switch's and stays
 * valid until the next miss of this thread. */
struct datapath_verdict {
    const uint8_t *actions;       /* To execute on the packet. */
    size_t actions_size;          /* Bytes. */
    const struct flow_mask *mask; /* For the new flow. */
    bool install;                 /* Make a flow of it. */
    void *owner;                  /* Goes into the flow: see flow_owner(). */
};

/* Why a packet comes up. */
enum datapath_upcall_type {
    DATAPATH_UPCALL_MISS,   /* No flow. */
    DATAPATH_UPCALL_ACTION, /* A userspace action. */
};

struct datapath_upcall {
    enum datapath_upcall_type type;
    struct packet *packet;   /* Borrowed. */
    const struct flow *key;  /* Of 'packet'. */
    const uint8_t *userdata; /* ACTION: the action's cookie. */
    size_t userdata_size;
    const uint8_t *actions; /* ACTION: nested actions, if any. */
    size_t actions_size;
    uint32_t egress_port; /* ACTION: tunnel output, or ODP_PORT_NONE. */
    struct uuid ufid;     /* MISS: of the flow to be. */
};

/* What the switch does for the datapath.  Called by workers and handlers,
 * concurrently. */
struct datapath_observer {
    /* Decides about a miss; false drops the packet. */
    bool (*miss)(void *aux, const struct datapath_upcall *,
                 struct datapath_verdict *);
    /* A userspace action was executed. */
    void (*action)(void *aux, const struct datapath_upcall *);
    /* The flow is gone and no thread sees it: its owner can be released.
     * 'stats' are final. */
    void (*flow_removed)(void *aux, void *owner,
                         const struct datapath_flow_stats *stats);
    /* A device of the datapath appeared, changed or vanished by itself. */
    void (*port_changed)(void *aux, const char *name);
    void *aux;
};

enum datapath_put_flags {
    DATAPATH_PUT_CREATE = 1 << 0,     /* May add. */
    DATAPATH_PUT_MODIFY = 1 << 1,     /* May change actions. */
    DATAPATH_PUT_ZERO_STATS = 1 << 2, /* Counters of a changed flow begin
                                       * anew. */
};

/* A flow as it is put or shown.  All is borrowed. */
struct datapath_flow_info {
    const struct flow *key;
    const struct flow_mask *mask; /* NULL: exact. */
    const uint8_t *actions;
    size_t actions_size;
    struct uuid ufid; /* Zero in a put: the datapath makes it. */
    int worker;       /* Thread that owns it, -1 if all do. */
    void *owner;
    struct datapath_flow_stats stats; /* Not read by put. */
    const char *offload;              /* "no", "yes", "partial": shown. */
    const char *layer;                /* "ovs", "tc", "dpdk": shown. */
};

typedef bool datapath_flow_visitor(void *aux, struct datapath_flow *,
                                   const struct datapath_flow_info *);

struct datapath_port {
    uint32_t number;
    char *name;
    char *type;
};

#define ODP_METER_NEW UINT32_MAX

enum { ODP_METER_MAX_BANDS = 8 };

/* What a meter does: drops what is above the rate of a band. */
struct datapath_meter_band {
    uint32_t rate;  /* kbit/s or packets/s. */
    uint32_t burst; /* kbit or packets. */
};

struct datapath_meter_config {
    bool counts_packets; /* Rates are in packets/s. */
    size_t n_bands;
    const struct datapath_meter_band *bands;
};

struct datapath_meter_stats {
    uint64_t n_packets; /* That came. */
    uint64_t n_bytes;
    size_t n_bands;

    struct {
        uint64_t n_packets; /* That exceeded the band's rate. */
        uint64_t n_bytes;
    } bands[ODP_METER_MAX_BANDS];
};

struct datapath_meter_features {
    uint32_t max_meters; /* 0: there are none. */
    uint8_t max_bands;
};

struct datapath_ops {
    const char *type; /* "netdev", "system", "dummy". */

    struct error *(*open)(const char *name, const char *type,
                          const struct datapath_observer *,
                          struct datapath **) WARN_UNUSED;
    void (*close)(struct datapath *);
    void (*destroy_at_close)(struct datapath *);

    /* Adds 'netdev', which the caller keeps open; '*numberp' is the wanted
     * number or ODP_PORT_NONE, then the one given. */
    struct error *(*port_add)(struct datapath *, struct netdev *,
                              uint32_t *numberp) WARN_UNUSED;
    struct error *(*port_delete)(struct datapath *,
                                 uint32_t number) WARN_UNUSED;
    bool (*port_find)(const struct datapath *, const char *name,
                      struct datapath_port *);
    /* Ports by number; the caller frees with datapath_ports_free(). */
    size_t (*port_list)(const struct datapath *, struct datapath_port **);

    int (*flow_put)(struct datapath *, const struct datapath_flow_info *,
                    enum datapath_put_flags);
    /* 0 or ENOENT. */
    int (*flow_delete)(struct datapath *, const struct flow *key,
                       const struct uuid *ufid, struct datapath_flow_stats *);
    int (*flow_get)(struct datapath *, const struct flow *key,
                    const struct uuid *ufid, datapath_flow_visitor *,
                    void *aux);
    /* Until the visitor gives false. */
    void (*flow_for_each)(struct datapath *, datapath_flow_visitor *,
                          void *aux);
    void (*flow_flush)(struct datapath *);
    /* Counters of a flow that a visitor or a verdict's owner knows. */
    void (*flow_stats)(struct datapath *, const struct datapath_flow *,
                       struct datapath_flow_stats *);

    /* Executes 'actions' on the packet, which it takes; 'key' is the packet's.
     */
    int (*execute)(struct datapath *, struct packet *, const struct flow *key,
                   const uint8_t *actions, size_t actions_size);
    void (*get_stats)(const struct datapath *, struct datapath_stats *);

    void (*meter_get_features)(const struct datapath *,
                               struct datapath_meter_features *);
    /* Makes a meter (ODP_METER_NEW) or changes one, whose counters begin anew;
     * 0, EFBIG (too many meters), EINVAL (too many bands). */
    int (*meter_set)(struct datapath *, uint32_t *idp,
                     const struct datapath_meter_config *);
    bool (*meter_get)(const struct datapath *, uint32_t id,
                      struct datapath_meter_stats *);
    bool (*meter_delete)(struct datapath *, uint32_t id);
    /* Applies other_config of Open_vSwitch: pmd-cpu-mask and its kin. */
    void (*set_config)(struct datapath *, const struct strmap *config);
};

/* What every implementation begins with. */
struct datapath {
    const struct datapath_ops *ops;
    char *name; /* "ovs-netdev", "ovs-system". */
    char *type; /* As asked for: "netdev", "dummy", "system". */
};

/* What a datapath can do: keys and actions that the translation may use. */
struct datapath_support {
    bool masked_set;
    bool recirc;
    bool ct;
    bool clone;
    bool trunc;
    bool check_pkt_len;
    bool explicit_drop;
    bool tnl_push_pop;
    bool lb_output;
    uint32_t max_vlan_headers;
    uint32_t max_mpls_depth;
    uint32_t sample_nesting;
};
