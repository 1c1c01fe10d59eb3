/* The OpenFlow servers of one bridge: its controllers, the management service
 * on RUNDIR/BRIDGE.mgmt and the snoops.
 *
 * Connections share the bridge's flow tables; each has its own protocol
 * version, role, asynchronous configuration and queues.  What the servers need
 * of the bridge they ask through struct control_switch.  Main thread. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "datapath/odp/datapath.h"
#include "openflow/message/port.h"
#include "switch/upcall/upcall.h"
#include "sys/loop/loop.h"

struct control;
struct actions;
struct packet;
struct pipeline;

/* What a bridge does for its OpenFlow servers.  All is borrowed. */
struct control_switch {
    /* Calls 'visit' for every port, by number, the local one last. */
    void (*for_each_port)(void *aux,
                          void (*visit)(void *visit_aux,
                                        const struct port_info *),
                          void *visit_aux);
    /* False if there is none. */
    bool (*get_port)(void *aux, uint32_t number, struct port_info *);
    bool (*get_port_stats)(void *aux, uint32_t number, struct port_stats *);
    /* Sets the bits 'mask' of a port's configuration. */
    void (*set_port_config)(void *aux, uint32_t number, uint32_t config,
                            uint32_t mask);
    /* Executes actions on a packet, which it takes. */
    int (*packet_out)(void *aux, struct packet *, uint32_t in_port,
                      const struct actions *);
    /* Brings the counters of rules up to date. */
    void (*fold_stats)(void *aux);
    /* Meters of the datapath: see struct datapath_ops. */
    void (*meter_get_features)(void *aux, struct datapath_meter_features *);
    int (*meter_set)(void *aux, uint32_t *idp,
                     const struct datapath_meter_config *);
    bool (*meter_get)(void *aux, uint32_t id, struct datapath_meter_stats *);
    void (*meter_delete)(void *aux, uint32_t id);
    /* OFPC_FRAG_DROP: fragments are dropped. */
    void (*set_drop_fragments)(void *aux, bool drop);
    /* control_wants_misses() or control_is_standalone() changed. */
    void (*changed)(void *aux);
    void *aux;
};

/* A controller to connect to, or to listen for. */
struct control_target {
    const char *target; /* "tcp:IP:PORT", "ptcp:PORT", ... */
    bool in_band;
    bool enable_async; /* False: no asynchronous messages at first. */
    bool is_service;   /* Controller.type "service". */
    int max_backoff_ms;
    int probe_ms;   /* 0: none. */
    int rate_limit; /* Packet-ins per second; 0: no limit. */
    int burst_limit;
    uint8_t dscp;
};

struct control_config {
    uint64_t datapath_id;
    bool fail_secure;
    uint32_t versions;    /* Bit per wire version; 0: the default. */
    const char *mfr_desc; /* NULL: the default texts. */
    const char *hw_desc;
    const char *sw_desc;
    const char *serial_desc;
    const char *dp_desc;
    const struct control_target *controllers;
    size_t n_controllers;
    const char *const *snoops;
    size_t n_snoops;
};

enum control_port_change {
    CONTROL_PORT_ADDED,
    CONTROL_PORT_REMOVED,
    CONTROL_PORT_MODIFIED,
};

/* State of a controller for the database. */
struct control_status {
    bool is_connected;
    const char *role;       /* "other", "master", "slave"; NULL: none yet. */
    const char *state;      /* "ACTIVE", "BACKOFF", ...; NULL: unknown. */
    const char *last_error; /* NULL: none. */
    long long since_connected_s;    /* -1: never connected. */
    long long since_disconnected_s; /* -1: never disconnected. */
};

struct control *control_create(struct loop *, const char *bridge_name,
                               struct pipeline *,
                               const struct control_switch *);
/* NULL is legal. */
void control_destroy(struct control *);
/* Connects to new controllers, drops old ones, keeps the others. */
void control_set_config(struct control *, const struct control_config *);
/* Drops all connections to controllers; they are made again. */
void control_reconnect(struct control *);

/* A port of the bridge changed; for a removed one, it is still there. */
void control_port_changed(struct control *, enum control_port_change,
                          uint32_t number);
/* A packet that asked for controllers. */
/* 'pin->data' and all else is borrowed. */
void control_packet_in(struct control *, const struct upcall_packet_in *);

/* Whether packets that no rule matches go to controllers by default: some
 * controller speaks OpenFlow before 1.3. */
bool control_wants_misses(const struct control *);
/* False if there is no controller 'target'. */
bool control_get_status(const struct control *, const char *target,
                        struct control_status *);
/* Appends what "bridge/dump-flows" prints. */
void control_format_flows(const struct control *, struct str *);
