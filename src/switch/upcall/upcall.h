/* Datapath flows as the switch keeps them: made on misses, kept true when
 * tables and configuration change, counted into rules, and dropped when idle.
 *
 * One struct upcall serves one datapath.  It fills the datapath's observer:
 * misses and userspace actions come from workers, concurrently.  Everything
 * else runs in the main thread's loop, only when there is something to do. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "datapath/odp/datapath.h"
#include "switch/translate/forwarding.h"

struct actions;
struct freezer;
struct loop;
struct mac_table;
struct pipeline;
struct upcall;

/* A packet for the controllers, as the action "controller" made it. */
struct upcall_packet_in {
    void *bridge_owner; /* forwarding_bridge.owner. */
    const char *bridge_name;
    const uint8_t *data; /* The whole packet. */
    size_t size;
    uint8_t reason; /* enum translate_packet_in_reason. */
    uint16_t controller_id;
    bool dont_send;
    uint8_t table_id;
    be64 cookie;                 /* Of the rule; all ones without one. */
    const struct flow *metadata; /* in_port (OpenFlow), registers, tunnel. */
    const uint8_t *userdata;
    size_t userdata_size;
};

struct upcall_observer {
    /* Called by workers, concurrently; all is borrowed. */
    void (*packet_in)(void *aux, const struct upcall_packet_in *);
    /* What upcall_await_traffic() promises. */
    void (*traffic)(void *aux);
    void *aux;
};

struct upcall_config {
    uint32_t flow_limit;         /* other_config:flow-limit. */
    uint32_t max_idle_ms;        /* other_config:max-idle. */
    uint32_t max_revalidator_ms; /* other_config:max-revalidator. */
    uint32_t min_revalidate_pps; /* other_config:min-revalidate-pps. */
};

#define UPCALL_CONFIG_DEFAULT \
    {                         \
        200000, 10000, 500, 5 \
    }

/* Timers and latches go to 'loop', the main thread's. */
struct upcall *upcall_create(const char *datapath_name, struct loop *,
                             const struct upcall_observer *);
/* The datapath must be closed before. */
void upcall_destroy(struct upcall *);

/* What the datapath is to be opened with. */
const struct datapath_observer *upcall_datapath_observer(struct upcall *);
/* Once, when it is open. */
void upcall_set_datapath(struct upcall *, struct datapath *);
void upcall_set_config(struct upcall *, const struct upcall_config *);

/* Publishes a snapshot, which it takes; the one before is freed after a grace
 * period.  Every datapath flow is checked against it.  Main thread. */
void upcall_set_forwarding(struct upcall *, struct forwarding *);
/* The snapshot in force; NULL before the first.  RCU. */
const struct forwarding *upcall_forwarding(const struct upcall *);
struct freezer *upcall_freezer(struct upcall *);

/* A bridge's pipeline and MAC table must be announced before a snapshot names
 * them (the upcall observes them and runs their timers), and withdrawn after
 * the last that did.  Main thread. */
void upcall_add_bridge(struct upcall *, struct pipeline *, struct mac_table *);
void upcall_remove_bridge(struct upcall *, struct pipeline *,
                          struct mac_table *);

/* Executes OpenFlow actions on a packet, which it takes, as packet-outs do.
 * 'in_port' is an OpenFlow port of the bridge or OFPP_NONE, OFPP_CONTROLLER.
 */
int upcall_packet_out(struct upcall *, const char *bridge, struct packet *,
                      uint32_t in_port, const struct actions *);

/* True if the datapath has no flows: then the next packet-out or flow has the
 * observer's 'traffic' called, once.  Main thread. */
bool upcall_await_traffic(struct upcall *);

/* Brings the counters of all rules up to date.  Main thread. */
void upcall_fold_stats(struct upcall *);
/* Checks every datapath flow now.  Main thread. */
void upcall_revalidate_all(struct upcall *);
/* Lets what is waiting be done now: changes announced so far are in the
 * datapath when it returns.  Main thread. */
void upcall_run(struct upcall *);
/* The same until the clock says 'until_ms', or a little more; true if there is
 * more to do. */
bool upcall_run_until(struct upcall *, long long until_ms);

/* Megaflows on or off, for all datapaths. */
void upcall_enable_megaflows(bool);

/* For the runtime commands. */
void upcall_format(const struct upcall *, struct str *);
void upcall_set_flow_limit(struct upcall *, uint32_t);
/* Flushes the datapath's flows, counters first. */
void upcall_purge(struct upcall *);
void upcall_pause(struct upcall *);
void upcall_resume(struct upcall *);

/* To be called by each thread that handled upcalls, at its end. */
void upcall_thread_end(void);

/* Registers upcall/..., revalidator/...: once. */
void upcall_register_commands(void);
