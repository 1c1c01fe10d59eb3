/* What the files of this module share.
 *
 * A flow (struct upcall_flow) is the owner that a datapath flow carries.  It
 * is made by the worker that handled the miss, linked under the lock, and
 * freed when the datapath says that it is gone.
 *
 * Changes find their flows through dependency lists: one for each flow table,
 * group and MAC address that was looked up.  Announced changes wait in
 * 'pending' until the main thread's next turn (revalidate.c).  A flow that is
 * translated while a change is announced might have seen neither; such a flow
 * is checked again: see 'change_seq'. */

#pragma once

#include "base/hmap.h"
#include "base/list.h"
#include "base/vec.h"
#include "net/classify/packed_match.h"
#include "switch/pipeline/pipeline.h"
#include "switch/translate/freeze.h"
#include "switch/translate/translate.h"
#include "switch/upcall/upcall.h"
#include "sys/loop/loop.h"
#include "sys/thread/mutex.h"
#include "sys/thread/rcu.h"

/* The flows that depend on one thing. */
struct upcall_dep_list {
    struct hmap_node node; /* In upcall.dep_lists. */
    const void *object;    /* The pipeline or MAC table. */
    uint64_t key;          /* Table, group, or VLAN and MAC address. */
    struct list deps;      /* Of struct upcall_dep. */
    size_t n;
};

/* One dependency of one flow. */
struct upcall_dep {
    struct list node; /* In upcall_dep_list.deps. */
    struct upcall_dep_list *list;
    struct upcall_flow *flow;
    int priority;                   /* Table: of the rule found. */
    uint32_t n_deltas;              /* Table: words that had been changed. */
    struct translate_delta *deltas; /* Inside upcall_flow.deltas. */
};

/* What to credit for the flow's packets. */
struct upcall_credit {
    struct rule_counters *counters; /* A reference; NULL for a table miss. */
    struct pipeline *pipeline;      /* NULL: counters of a patch port. */
    uint8_t table_id;
};

struct upcall_flow {
    struct list node; /* In upcall.flows. */
    struct upcall *upcall;
    struct uuid ufid;
    struct packed_match key;    /* As the datapath has it. */
    struct packed_match looked; /* Of the flow in OpenFlow's terms, with what
                                 * translation looked at, registers too. */
    uint8_t *actions;           /* Installed. */
    size_t actions_size;
    long long created_ms;
    long long used_ms;  /* Last known use; creation at first. */
    uint64_t n_packets; /* Folded so far. */
    uint64_t n_bytes;
    uint16_t tcp_flags;
    bool queued; /* In upcall.recheck, by this: */
    struct list recheck_node;
    bool effects_due;        /* Not seen since the last translation. */
    bool dead;               /* Only waits for the datapath to let go. */
    bool gone;               /* The datapath has let go. */
    unsigned int n_holds;    /* The main thread works on it. */
    struct upcall_dep *deps; /* 'n_deps'. */
    size_t n_deps;
    struct translate_delta *deltas;
    struct upcall_credit *credits; /* 'n_credits'. */
    size_t n_credits;
    struct translate_effect *effects; /* To repeat while packets come. */
    size_t n_effects;
    uint32_t *frozen; /* IDs in 'actions'; references. */
    size_t n_frozen;
};

/* A change that waits. */
struct upcall_pending {
    const void *object; /* Pipeline or MAC table. */
    uint64_t key;       /* As in upcall_dep_list. */
    bool is_table;
    int priority;              /* Table: the changed rule's. */
    struct packed_match match; /* Table: likewise. */
};

struct upcall_bridge {
    struct upcall *upcall;
    struct pipeline *pipeline;
    struct mac_table *mac_table;
};

struct upcall {
    struct list node; /* In the list of all. */
    char *name;       /* "dummy@ovs-dummy". */
    struct loop *loop;
    struct upcall_observer observer;
    struct datapath_observer datapath_observer;
    struct datapath *datapath; /* NULL until it is open. */
    struct upcall_config config;
    RCU_PTR(struct forwarding *) forwarding;
    struct freezer *freezer;
    struct loop_latch latch; /* Something is pending. */
    struct loop_timer timer; /* Idle flows, timeouts of rules and MACs. */
    bool set_up;             /* Latch and timer are initialized. */

    struct {
        struct upcall_bridge **items;
        size_t n, capacity;
    } bridges;

    uint64_t change_seq; /* Atomic: counts announcements. */
    unsigned int n_paused;
    bool awaits_traffic;    /* The observer does; the main thread's. */
    bool effects_due;       /* Some flow's are; the main thread's. */
    long long sweep_due_ms; /* When idle flows are looked for next. */
    long long dump_ms;      /* How long the last full pass took. */
    size_t max_flows;       /* Ever; under the lock. */
    double avg_flows;       /* Decaying. */

    struct mutex mutex;
    struct list flows GUARDED_BY(mutex);
    size_t n_flows; /* Atomic. */
    struct hmap dep_lists GUARDED_BY(mutex);

    struct {
        struct upcall_pending *items;
        size_t n, capacity;
    } pending GUARDED_BY(mutex);

    bool pending_all GUARDED_BY(mutex);

    struct list recheck GUARDED_BY(mutex); /* Flows with 'queued'. */
};

/* Whether megaflows and UFIDs are on. */
extern bool upcall_megaflows;
extern bool upcall_ufids;

/* upcall.c: packets come, or went out. */
void upcall_tell_traffic(struct upcall *);

/* handler.c */
bool upcall_miss(void *, const struct datapath_upcall *,
                 struct datapath_verdict *);
void upcall_action(void *, const struct datapath_upcall *);

/* miss_log.c */
void upcall_log_miss(const struct datapath_upcall *, const struct datapath *);

/* flow.c */
/* A flow for the result of a translation.  'key' is the datapath's. */
struct upcall_flow *upcall_flow_create(struct upcall *, const struct flow *key,
                                       const struct translation *,
                                       const struct uuid *ufid,
                                       long long now_ms);
/* Links the flow to what it depends on.  If something changed since
 * 'change_seq' was read, has it checked again. */
void upcall_flow_link(struct upcall_flow *, const struct translation *,
                      const struct flow *of_flow, uint64_t change_seq);
/* Exchanges dependencies, credits and the rest for those of a new
 * translation.  Under the upcall's lock, as the next two. */
void upcall_flow_relink(struct upcall_flow *flow, const struct translation *,
                        const struct flow *of_flow);
/* Replaces the actions. */
void upcall_flow_set_actions(struct upcall_flow *flow, const uint8_t *,
                             size_t);
/* Credits for the last time, and lets go of everything but the flow's own
 * memory, which the datapath still points to. */
void upcall_flow_kill(struct upcall_flow *,
                      const struct datapath_flow_stats *);
/* Keeps the flow's memory although the datapath may let go of it. */
void upcall_flow_hold(struct upcall_flow *flow);
/* May free the flow. */
void upcall_flow_release(struct upcall_flow *);
/* The datapath's word that the flow is gone. */
void upcall_flow_removed(void *, void *owner,
                         const struct datapath_flow_stats *);
/* Credits rules with what the flow's counters gained. */
void upcall_flow_fold(struct upcall_flow *, const struct datapath_flow_stats *,
                      long long now_ms);
/* The flow's actions as the datapath gets them, slow path considered: in
 * 'storage' or the translation's own. */
void upcall_datapath_actions(const struct translation *,
                             struct writer *storage, const uint8_t **actionsp,
                             size_t *sizep);
/* 'key' of the datapath as OpenFlow sees it; false if its input port is not
 * known. */
bool upcall_of_flow(const struct forwarding *, const struct flow *key,
                    struct flow *of_flow,
                    const struct forwarding_bridge **bridgep);

/* upcall.c */
extern struct list upcall_all;

/* revalidate.c */
void upcall_announce_table(struct upcall *, const struct pipeline *,
                           const struct rule *);
void upcall_announce_mac(struct upcall *, const struct mac_table *,
                         uint16_t vlan, struct eth_addr mac);
void upcall_announce_group(struct upcall *, const struct pipeline *,
                           uint32_t id);
void upcall_announce_all(struct upcall *);
uint64_t upcall_dep_key_mac(uint16_t vlan, struct eth_addr mac);
uint64_t upcall_dep_key_group(uint32_t id);
/* Reads all counters, drops idle flows; returns when to do so again. */
long long upcall_sweep(struct upcall *, long long now_ms);
