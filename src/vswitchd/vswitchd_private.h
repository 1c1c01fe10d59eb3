/* What the files of vswitchd share. */

#pragma once

#include "base/strmap.h"
#include "base/uuid.h"
#include "datapath/netdev/netdev.h"
#include "db/data/schema.h"
#include "db/idl/idl.h"
#include "db/idl/transaction.h"
#include "db/idl/vswitch_rows.h"
#include "net/flow/ofp_port.h"
#include "switch/bridge/bridge.h"
#include "vswitchd/vswitchd.h"

/* An interface that should be a port of a bridge. */
struct iface {
    char *name;
    char *type;             /* Of the row; "" is "system". */
    struct uuid uuid;       /* Of the row; zero for an implicit local port. */
    struct netdev *netdev;  /* A reference; NULL if it could not be opened. */
    uint32_t ofport;        /* OFPP_NONE while it is no port. */
    uint32_t wanted_ofport; /* As last asked for; OFPP_NONE: any. */
    char *error;            /* Why it is no port, or NULL. */
    int mtu_request;        /* 0: none. */
    bool is_internal;       /* The device is the switch's own. */
    bool has_stats;         /* Counters were written once. */
    struct uuid status_row; /* Where its status was written, ... */
    unsigned long status_seq; /* ... and 'change_seq' of 'netdev' then. */
    bool wanted;              /* Mark of the present reconciliation. */
};

/* A bridge that should be. */
struct bridge_state {
    char *name;
    char *datapath_type;
    struct uuid uuid; /* Of the row. */
    struct bridge *bridge;
    struct strmap ifaces; /* Of struct iface. */
    struct strset ports;  /* Names of bundles that are there. */
    struct eth_addr mac;  /* In use. */
    uint64_t datapath_id;
    bool wanted;
};

struct vswitchd {
    struct loop *loop;
    struct idl *idl;
    struct bridges *bridges;
    loop_callback *ready; /* NULL once called. */
    void *ready_arg;
    struct strmap states;       /* Of struct bridge_state. */
    struct loop_task reconcile; /* The database changed. */
    struct loop_task status;    /* A device or transaction changed. */
    struct loop_timer stats_timer;
    long long stats_ms; /* When it last expired. */
    struct netdev_observer netdev_observer;
    struct idl_txn *txn; /* Status on its way, or NULL. */
    uint64_t seqno;      /* Of the replica when last reconciled. */
    int64_t applied_cfg; /* next_cfg of that time. */
    bool is_reconciled;
    bool status_lost; /* What was written last is not in the database. */
    bool stats_due;
    bool told_contention;
    struct strset unsupported;     /* Settings that were complained about. */
    struct strset unsupported_now; /* Those of this reconciliation. */
};

/* reconcile.c: makes bridges as the database wants them. */
void reconcile_run(struct vswitchd *);
void reconcile_clear(struct vswitchd *);

/* bridge_row.c */
struct bridge_state *bridge_row_add(struct vswitchd *,
                                    const struct vswitch_bridge *);
void bridge_row_remove(struct vswitchd *, struct bridge_state *);
/* Applies everything but ports. */
void bridge_row_configure(struct vswitchd *, struct bridge_state *,
                          const struct vswitch_bridge *);

/* port_row.c: removes ports that the row no longer has. */
void port_row_remove_old(struct bridge_state *, const struct vswitch_bridge *);
/* Makes ports and bundles as the row wants them, after that. */
void port_row_reconcile(struct vswitchd *, struct bridge_state *,
                        const struct vswitch_bridge *);

/* interface_row.c */
struct iface *interface_row_find(const struct bridge_state *,
                                 const char *name);
/* Adds what can be added: opens the device and makes it a port. */
void interface_row_add(struct vswitchd *, struct bridge_state *,
                       const struct vswitch_interface *, const char *name);
/* Applies changed options to one that exists; false if it must be made
 * anew. */
bool interface_row_update(struct vswitchd *, struct bridge_state *,
                          struct iface *, const struct vswitch_interface *);
void interface_row_remove(struct bridge_state *, struct iface *);
/* The smallest MTU of the ports whose MTU is not the switch's to choose; 0 if
 * there are none. */
int interface_row_smallest_mtu(const struct bridge_state *);
/* Settings that need other ports to be known: MAC and MTU of internal ones. */
void interface_row_finish(struct bridge_state *, struct iface *,
                          const struct vswitch_interface *, int smallest_mtu);
/* The number that the row asks for, or OFPP_NONE. */
uint32_t interface_row_wanted_ofport(const struct vswitch_interface *);

/* controller_row.c: '*targetsp' is freed by the caller. */
size_t controller_row_collect(struct vswitchd *, const struct vswitch_bridge *,
                              struct control_target **targetsp);
void controller_row_status(struct vswitchd *, const struct bridge_state *,
                           const struct vswitch_bridge *);

/* flow_table_row.c */
void flow_table_row_configure(struct vswitchd *, struct bridge_state *,
                              const struct vswitch_bridge *);

/* status.c: writes to the database what is.  True if that was all there
 * already. */
bool status_run(struct vswitchd *);
/* stats.c */
void stats_write_interface(const struct iface *, struct idl_row *);
void stats_write_system(struct vswitchd *,
                        const struct vswitch_open_vswitch *);
/* system_stats.c: adds pairs of Open_vSwitch.statistics. */
void system_stats_collect(struct strmap *);

/* unsupported.c: complains, once per setting, about what is not built. */
void unsupported_begin(struct vswitchd *);
void unsupported_note(struct vswitchd *, const char *table, const char *row,
                      const char *column);
void unsupported_check_bridge(struct vswitchd *,
                              const struct vswitch_bridge *);
void unsupported_check_port(struct vswitchd *, const struct vswitch_port *);
void unsupported_check_interface(struct vswitchd *,
                                 const struct vswitch_interface *);
void unsupported_check_switch(struct vswitchd *,
                              const struct vswitch_open_vswitch *);
void unsupported_end(struct vswitchd *);

/* row.c: columns by the enumerators of vswitch_rows.h.  Nothing is written
 * that is there already.  NULL clears what is optional. */
void row_write(struct idl_row *, size_t column, struct datum *datum);
void row_write_string(struct idl_row *, size_t column, const char *);
void row_write_integer(struct idl_row *, size_t column, const int64_t *);
void row_write_boolean(struct idl_row *, size_t column, bool);
/* Map of strings from 'map', whose data are strings; or a set of its names. */
void row_write_map(struct idl_row *, size_t column, const struct strmap *map);
/* Value of key 'key' of a map of strings, or 'fallback'. */
const char *row_get(const struct datum *map, const char *key,
                    const char *fallback);
int64_t row_get_integer(const struct datum *map, const char *key,
                        int64_t fallback);
bool row_get_boolean(const struct datum *map, const char *key, bool fallback);
/* 4096 bits from a set of integers, heap; NULL if the set is empty. */
unsigned long *row_vlans(const struct datum *set);
/* A heap map of heap strings of a map of strings, to be freed with
 * strmap_uninit_free(). */
void row_get_map(const struct datum *map, struct strmap *);
