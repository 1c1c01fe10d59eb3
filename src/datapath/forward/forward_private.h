/* What the files of the userspace datapath share. */

#pragma once

#include <pthread.h>

#include "base/hmap.h"
#include "base/vec.h"
#include "datapath/cache/megaflow.h"
#include "datapath/cache/signature.h"
#include "datapath/execute/execute.h"
#include "datapath/execute/meter.h"
#include "datapath/forward/forward.h"
#include "datapath/netdev/netdev.h"
#include "datapath/odp/datapath.h"
#include "datapath/shortcut/shortcut.h"
#include "net/packet/packet.h"
#include "sys/thread/mutex.h"
#include "sys/thread/rcu.h"

enum {
    FORWARD_MAX_PORT = 65535,    /* Highest port number. */
    FORWARD_MAX_FLOWS = 1 << 20, /* Numbers for flows. */
    FORWARD_CHUNK = 4096,        /* Flow numbers that are allocated at once. */
    FORWARD_MAX_DEPTH = 6,       /* Nested recirculations. */
    FORWARD_MAX_WORKERS = 64,
};

/* Which flows the kernel is to forward.  It does so on the sender's core,
 * which saves most of the cost; but of floods of small packets more get
 * through if another core takes a share of the work: then the kernel gets
 * that of the worker. */
enum {
    PROMOTE_WINDOW_MS = 100, /* In so much time ... */
    PROMOTE_PACKETS = 100,   /* a busy flow has as many packets ... */
    PROMOTE_FLOOD = 5000,    /* and a flood more than this ... */
    PROMOTE_MIN_BYTES = 512, /* that are smaller on average. */
};

/* A flow.  Everything but the counters is constant once published, except
 * 'actions', which are replaced whole. */
struct forward_actions {
    struct program *program;
    size_t size;
    uint8_t bytes[]; /* Attributes, aligned. */
};

struct datapath_flow {
    struct megaflow megaflow;
    struct hmap_node ufid_node; /* In forward.flows_by_ufid. */
    struct forward *forward;
    struct uuid ufid;
    uint32_t number; /* In the table of numbers; never 0. */
    RCU_PTR(struct forward_actions *) actions;
    void *owner;
    bool dead;          /* Taken out; under the mutex. */
    uint64_t n_packets; /* Atomic, as the rest. */
    uint64_t n_bytes;
    long long used_ms;
    uint16_t tcp_flags;

    /* Promotion to the kernel: promote.c. */
    uint32_t window_packets; /* In the window; atomic, as the next three. */
    uint32_t window_bytes;
    long long window_ms;   /* When the window began. */
    long long ask_from_ms; /* Nobody asks before. */
    uint32_t slot;         /* 0: none.  Set once. */
    uint32_t flood_cpu;    /* Where the worker met a flood. */
    const char *refusal;   /* Why not; static. */
} ALIGNED(CACHE_LINE);

struct forward_port {
    uint32_t number;
    struct netdev *netdev; /* Referenced. */
    char *type;
    struct netdev_rxq **rxqs;
    size_t n_rxqs;
    uint32_t ifindex; /* Of the kernel's device; 0: other ports. */
};

/* A receive queue as a worker serves it. */
struct worker_queue {
    struct forward_port *port;
    struct netdev_rxq *rxq;
    int worker;
    uint64_t n_packets;
    uint64_t n_placed; /* Of these, when it was last placed. */
    bool costs_call;   /* An empty poll costs a system call. */
    uint8_t skip;      /* Rounds it is left alone after an empty poll. */
    uint8_t skip_left;
};

struct worker_counters {
    uint64_t n_packets; /* Received. */
    uint64_t n_hit;
    uint64_t n_missed;
    uint64_t n_lost;
    uint64_t n_cache_hit;
    uint64_t n_memory_hit; /* Met the flow of the packet before. */
    uint64_t n_masks;      /* Subtables looked at. */
    uint64_t n_recirc;
    uint64_t n_batches;
    uint64_t n_sent_packets;
    uint64_t n_sent_batches;
};

struct worker {
    struct forward *forward;
    int id;
    pthread_t thread;
    int epoll_fd;
    int event_fd; /* Wakes it up. */
    struct signature_cache *cache;
    struct worker_counters counters; /* Its own; others read. */
    struct mutex mutex;              /* Hand-shake with the main thread. */
    struct condition condition;
    bool park;   /* Wanted; under 'mutex', read without. */
    bool parked; /* Done; under 'mutex'. */
    bool quit;
    VEC(struct worker_queue) queues; /* Changed only while parked. */
};

/* Flow numbers to flows: chunks that never move. */
struct flow_numbers {
    struct datapath_flow **chunks[FORWARD_MAX_FLOWS / FORWARD_CHUNK];
};

/* Hands busy flows to the kernel. */
struct promoter {
    struct mutex mutex;
    struct condition condition;
    pthread_t thread;
    bool is_running; /* Under 'mutex', as the next two. */
    bool quit;
    VEC(uint32_t) asked;       /* Numbers of flows. */
    bool is_wanted;            /* Other_config:kernel-shortcut; main thread. */
    bool enabled;              /* And possible; atomic. */
    struct shortcut *shortcut; /* NULL at first. */
};

struct forward {
    struct datapath up;
    struct list node; /* In the registry. */
    int n_opens;
    bool is_dummy; /* Simulation: ports are numbered by name. */
    struct datapath_observer observer; /* Functions NULL: none. */

    /* Ports: main thread changes, anyone reads by 'by_number' (RCU). */
    struct forward_port **by_number; /* FORWARD_MAX_PORT + 1. */
    size_t n_ports;

    /* Flows. */
    struct mutex mutex; /* Writers of the following. */
    struct megaflow_table *megaflows;
    struct hmap flows_by_ufid;
    struct flow_numbers numbers;
    VEC(uint32_t) free_numbers;
    uint32_t next_number;

    struct worker *workers[FORWARD_MAX_WORKERS];
    size_t n_workers;
    int next_worker;              /* For placement. */
    struct worker_counters other; /* Main and other threads'; atomic. */
    struct promoter promoter;
    struct meter_table *meters;
};

static inline struct forward *
forward_cast(const struct datapath *dp)
{
    return CONTAINER_OF(dp, struct forward, up);
}

static inline struct datapath_flow *
forward_flow_cast(struct megaflow *m)
{
    return m ? CONTAINER_OF(m, struct datapath_flow, megaflow) : NULL;
}

/* RCU. */
static inline struct forward_port *
forward_port_get(const struct forward *f, uint32_t number)
{
    return number <= FORWARD_MAX_PORT
               ? __atomic_load_n(&f->by_number[number], __ATOMIC_ACQUIRE)
               : NULL;
}

static inline struct datapath_flow *
forward_flow_by_number(const struct forward *f, uint32_t number)
{
    struct datapath_flow **chunk = __atomic_load_n(
        &f->numbers.chunks[number / FORWARD_CHUNK], __ATOMIC_ACQUIRE);
    return __atomic_load_n(&chunk[number % FORWARD_CHUNK], __ATOMIC_ACQUIRE);
}

/* What processes packets: a worker's, or one on another thread's stack. */
enum { CONTEXT_MAX_OUTPUTS = 16 };

struct context {
    struct execute_sink sink;
    struct forward *forward;
    struct signature_cache *cache; /* NULL: none. */
    struct worker_counters *counters;
    int qid;
    bool shared_counters; /* Counters are everybody's. */
    unsigned depth;       /* Of recirculation. */
    long long now_ms;
    size_t n_outputs;

    struct context_output {
        struct forward_port *port;
        struct packet_batch batch;
    } outputs[CONTEXT_MAX_OUTPUTS];
};

void context_init(struct context *, struct forward *, struct worker *);
/* Forwards packets, which it takes, that came in by 'port' (or as their
 * metadata says, NULL). */
void context_receive(struct context *, struct packet_batch *,
                     const struct forward_port *port);
/* Sends what has been put aside. */
void context_flush(struct context *);

void forward_count(struct context *, uint64_t *counter, uint64_t n);

/* Flow table. */
void flow_table_init(struct forward *);
void flow_table_uninit(struct forward *);
int forward_flow_put(struct datapath *, const struct datapath_flow_info *,
                     enum datapath_put_flags);
int forward_flow_delete(struct datapath *, const struct flow *key,
                        const struct uuid *, struct datapath_flow_stats *);
int forward_flow_get(struct datapath *, const struct flow *key,
                     const struct uuid *, datapath_flow_visitor *, void *aux);
void forward_flow_for_each(struct datapath *, datapath_flow_visitor *,
                           void *aux);
void forward_flow_flush(struct datapath *);
void forward_flow_stats(struct datapath *, const struct datapath_flow *,
                        struct datapath_flow_stats *);
/* Flow for a miss; NULL if there is no room or it is there already. */
struct uuid forward_make_ufid(const struct flow *key);

/* Promotion of flows to the kernel.  The thread stops before anything that it
 * looks at goes. */
void promote_init(struct forward *);
void promote_stop(struct forward *);
void promote_uninit(struct forward *);
/* Other_config:kernel-shortcut. */
void promote_enable(struct forward *, bool enable);
/* Counts a worker's packets of a flow. */
void promote_count(struct datapath_flow *, uint32_t n_packets,
                   uint32_t n_bytes, long long now_ms);
/* Under the forward's mutex: back to user space; before the flow is freed. */
void promote_end(struct datapath_flow *);
void promote_free(struct datapath_flow *);
/* The port is no longer in the table of ports. */
void promote_remove_port(struct forward *, const struct forward_port *);

/* Ports. */
struct error *forward_port_add(struct datapath *, struct netdev *,
                               uint32_t *numberp);
struct error *forward_port_delete(struct datapath *, uint32_t number);
bool forward_port_find(const struct datapath *, const char *name,
                       struct datapath_port *);
size_t forward_port_list(const struct datapath *, struct datapath_port **);

/* Workers. */
void workers_start(struct forward *);
void workers_stop(struct forward *);
/* Stops all workers between two batches, for changes of their queues. */
void workers_park(struct forward *);
void workers_unpark(struct forward *);
void worker_add_queue(struct forward *, struct forward_port *,
                      struct netdev_rxq *);
void workers_remove_port(struct forward *, struct forward_port *);
/* Places the queues anew, by the packets that they had since they were last
 * placed. */
void workers_rebalance(struct forward *);
