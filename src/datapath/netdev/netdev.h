/* Network devices: drivers, configuration, queues of packets.
 *
 * A device has a name and a type; the type's driver does the work.  A netdev
 * is shared by all who open its name and lives while somebody holds a
 * reference.  Threads: configuration and queries belong to the main thread;
 * the queue functions to the one thread that serves the queue (send may be
 * called by any thread). */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/list.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "net/packet/addr.h"
#include "sys/loop/loop.h"

struct netdev;
struct netdev_driver;
struct packet;
struct packet_batch;

/* Counters of a device; UINT64_MAX: not known. */
#define NETDEV_COUNTERS        \
    C(rx_packets)              \
    C(tx_packets)              \
    C(rx_bytes)                \
    C(tx_bytes)                \
    C(rx_errors)               \
    C(tx_errors)               \
    C(rx_dropped)              \
    C(tx_dropped)              \
    C(multicast)               \
    C(collisions)              \
    C(rx_length_errors)        \
    C(rx_over_errors)          \
    C(rx_crc_errors)           \
    C(rx_frame_errors)         \
    C(rx_fifo_errors)          \
    C(rx_missed_errors)        \
    C(tx_aborted_errors)       \
    C(tx_carrier_errors)       \
    C(tx_fifo_errors)          \
    C(tx_heartbeat_errors)     \
    C(tx_window_errors)        \
    C(rx_1_to_64_packets)      \
    C(rx_65_to_127_packets)    \
    C(rx_128_to_255_packets)   \
    C(rx_256_to_511_packets)   \
    C(rx_512_to_1023_packets)  \
    C(rx_1024_to_1522_packets) \
    C(rx_1523_to_max_packets)  \
    C(tx_1_to_64_packets)      \
    C(tx_65_to_127_packets)    \
    C(tx_128_to_255_packets)   \
    C(tx_256_to_511_packets)   \
    C(tx_512_to_1023_packets)  \
    C(tx_1024_to_1522_packets) \
    C(tx_1523_to_max_packets)  \
    C(tx_multicast_packets)    \
    C(rx_broadcast_packets)    \
    C(tx_broadcast_packets)    \
    C(rx_undersized_errors)    \
    C(rx_oversize_errors)      \
    C(rx_fragmented_errors)    \
    C(rx_jabber_errors)

struct netdev_stats {
#define C(NAME) uint64_t NAME;
    NETDEV_COUNTERS
#undef C
};

/* Counters with names of the driver's own: "rx_q0_packets" and the like. */
struct netdev_custom_counter {
    char *name;
    uint64_t value;
};

struct netdev_custom_vec {
    VEC(struct netdev_custom_counter) all;
};

enum netdev_flags {
    NETDEV_UP = 1 << 0,      /* Administratively up. */
    NETDEV_PROMISC = 1 << 1, /* Takes all packets. */
    NETDEV_LOOPBACK = 1 << 2,
};

/* Link features: OpenFlow 1.0's bits (OFPPF_*). */
enum netdev_features {
    NETDEV_F_10MB_HD = 1 << 0,
    NETDEV_F_10MB_FD = 1 << 1,
    NETDEV_F_100MB_HD = 1 << 2,
    NETDEV_F_100MB_FD = 1 << 3,
    NETDEV_F_1GB_HD = 1 << 4,
    NETDEV_F_1GB_FD = 1 << 5,
    NETDEV_F_10GB_FD = 1 << 6,
    NETDEV_F_40GB_FD = 1 << 7,
    NETDEV_F_100GB_FD = 1 << 8,
    NETDEV_F_1TB_FD = 1 << 9,
    NETDEV_F_OTHER = 1 << 10,
    NETDEV_F_COPPER = 1 << 11,
    NETDEV_F_FIBER = 1 << 12,
    NETDEV_F_AUTONEG = 1 << 13,
    NETDEV_F_PAUSE = 1 << 14,
    NETDEV_F_PAUSE_ASYM = 1 << 15,
};

struct netdev_link {
    uint32_t current, advertised, supported, peer; /* NETDEV_F_*. */
    uint64_t speed_mbps;                           /* 0: not known. */
    bool full_duplex;
    bool duplex_known;
};

/* What the device can do for packets that it sends. */
enum netdev_offloads {
    NETDEV_TX_CSUM = 1 << 0, /* Takes PACKET_L4_CSUM_PARTIAL. */
    NETDEV_TX_TSO4 = 1 << 1,
    NETDEV_TX_TSO6 = 1 << 2,
    NETDEV_TX_USO = 1 << 3,
};

/* How queues are served. */
enum netdev_queue_kind {
    NETDEV_QUEUES_NONE,   /* Sends only, or not at all. */
    NETDEV_QUEUES_KERNEL, /* Wake up by a descriptor. */
    NETDEV_QUEUES_POLLED, /* No descriptor: polled. */
    NETDEV_QUEUES_PUSHED, /* Simulation: packets come by netdev_dummy_receive()
                           * in the main thread. */
};

struct netdev {
    const struct netdev_driver *driver;
    char *name;
    int n_refs;               /* Main thread. */
    unsigned long change_seq; /* Goes up when state changes. */
    uint32_t offloads;        /* NETDEV_TX_*. */
    int n_rxq;
    enum netdev_queue_kind queue_kind;
    struct hmap_node node; /* In the registry. */
};

struct netdev_rxq {
    struct netdev *netdev;
    int id;
};

/* A driver.  Functions that are NULL give EOPNOTSUPP. */
struct netdev_driver {
    const char *type;

    struct error *(*create)(const char *name, const char *type,
                            struct netdev **) WARN_UNUSED;
    void (*destroy)(struct netdev *);
    /* Options of the column Interface.options; unknown ones are ignored. */
    struct error *(*set_options)(struct netdev *,
                                 const struct strmap *) WARN_UNUSED;
    /* Adds the options in force. */
    void (*get_options)(const struct netdev *, struct strmap *);
    /* Applies options that need stopped queues. */
    void (*reconfigure)(struct netdev *);

    int (*set_mac)(struct netdev *, struct eth_addr);
    int (*get_mac)(const struct netdev *, struct eth_addr *);
    int (*set_mtu)(struct netdev *, int mtu);
    int (*get_mtu)(const struct netdev *, int *mtup);
    int (*set_flags)(struct netdev *, unsigned off, unsigned on);
    int (*get_flags)(const struct netdev *, unsigned *flagsp);
    bool (*get_carrier)(const struct netdev *);
    long long (*get_carrier_resets)(const struct netdev *);
    int (*get_ifindex)(const struct netdev *);
    bool (*is_gone)(const struct netdev *);
    int (*get_link)(const struct netdev *, struct netdev_link *);
    int (*get_stats)(const struct netdev *, struct netdev_stats *);
    /* Appends counters beyond those of struct netdev_stats. */
    void (*get_custom_stats)(const struct netdev *,
                             struct netdev_custom_vec *);
    /* Adds pairs of Interface.status. */
    void (*get_status)(const struct netdev *, struct strmap *);

    int (*rxq_open)(struct netdev *, int id, struct netdev_rxq **);
    void (*rxq_close)(struct netdev_rxq *);
    /* Adds packets to the empty 'batch'; EAGAIN if there are none. */
    int (*rxq_recv)(struct netdev_rxq *, struct packet_batch *);
    /* Readable when packets come; -1: none. */
    int (*rxq_fd)(const struct netdev_rxq *);
    /* Whether packets wait, without a system call if possible. */
    bool (*rxq_ready)(struct netdev_rxq *);
    /* Throws away what waits. */
    void (*rxq_drain)(struct netdev_rxq *);
    /* Takes the packets. 'qid': the caller's worker. */
    int (*send)(struct netdev *, int qid, struct packet_batch *);
};

/* Registers the drivers that all programs have: system, tap, internal.  Once.
 * 'loop' watches the kernel's notifications; NULL: nobody does. */
void netdev_init(struct loop *loop);
void netdev_uninit(void);
/* From now on closing leaves the devices that were made for "internal" and
 * "tap" in the kernel, for whoever opens them next. */
void netdev_keep_devices(void);
void netdev_register_driver(const struct netdev_driver *);
const struct netdev_driver *netdev_find_driver(const char *type);
/* Types in the order of names; the caller frees the array. */
const char **netdev_types(size_t *np);

/* Dummy devices instead of those of 'system' and 'tap', or of all types
 * ('override'), as --enable-dummy asks.  Registers types dummy,
 * dummy-internal, dummy-pmd and the commands netdev-dummy/.... */
enum netdev_dummy_level {
    NETDEV_DUMMY_NONE,
    NETDEV_DUMMY_SYSTEM,   /* --enable-dummy=system */
    NETDEV_DUMMY_OVERRIDE, /* --enable-dummy=override */
    NETDEV_DUMMY_ONLY,     /* --enable-dummy */
};

void netdev_dummy_enable(enum netdev_dummy_level);
/* Whether all devices are simulated. */
bool netdev_dummy_overrides(void);

/* Opens a device (NULL or "" type: "system"), creating what the type creates.
 * Somebody else's open device of the name must be of this type. */
struct error *netdev_open(const char *name, const char *type,
                          struct netdev **) WARN_UNUSED;
struct netdev *netdev_ref(struct netdev *);
/* Destroys it with the last reference; NULL is legal. */
void netdev_close(struct netdev *);
/* Open devices; borrowed or NULL. */
struct netdev *netdev_find(const char *name);
const char *netdev_type(const struct netdev *);

struct error *netdev_set_options(struct netdev *,
                                 const struct strmap *) WARN_UNUSED;
void netdev_get_options(const struct netdev *, struct strmap *);
void netdev_reconfigure(struct netdev *);
int netdev_set_mac(struct netdev *, struct eth_addr) WARN_UNUSED;
int netdev_get_mac(const struct netdev *, struct eth_addr *) WARN_UNUSED;
int netdev_set_mtu(struct netdev *, int mtu) WARN_UNUSED;
int netdev_get_mtu(const struct netdev *, int *mtup) WARN_UNUSED;
/* Turns flags off, then on. */
int netdev_set_flags(struct netdev *, unsigned off, unsigned on) WARN_UNUSED;
int netdev_get_flags(const struct netdev *, unsigned *flagsp) WARN_UNUSED;
bool netdev_get_carrier(const struct netdev *);
/* Times that the carrier changed. */
long long netdev_get_carrier_resets(const struct netdev *);
/* Interface index or negative errno. */
int netdev_get_ifindex(const struct netdev *);
/* Whether what it was opened on is no more: it must be opened anew.  A TAP
 * device that was moved into another namespace is still there. */
bool netdev_is_gone(const struct netdev *);
int netdev_get_link(const struct netdev *, struct netdev_link *) WARN_UNUSED;
int netdev_get_stats(const struct netdev *, struct netdev_stats *) WARN_UNUSED;
/* Appends the driver's own counters, none if it has none. */
void netdev_get_custom_stats(const struct netdev *,
                             struct netdev_custom_vec *);
void netdev_custom_vec_uninit(struct netdev_custom_vec *);
/* Adds pairs of Interface.status: driver_name and its kin; values are heap
 * strings. */
void netdev_get_status(const struct netdev *, struct strmap *);
/* The largest rate among NETDEV_F_* bits, bit/s, 'default_bps' if none. */
uint64_t netdev_features_to_bps(uint32_t features, uint64_t default_bps);
bool netdev_features_is_full_duplex(uint32_t features);

/* Observes devices: called in the main thread, at once or soon. */
struct netdev_observer {
    struct list node;
    /* The state of an open device changed. */
    void (*changed)(void *aux, struct netdev *);
    /* The kernel has a device that is not open; it may have had it before.
     * NULL 'name': any. */
    void (*appeared)(void *aux, const char *name); /* May be NULL. */
    void *aux;
};

void netdev_add_observer(struct netdev_observer *);
void netdev_remove_observer(struct netdev_observer *);
/* For drivers. */
void netdev_changed(struct netdev *);
void netdev_appeared(const char *name);
void netdev_init_base(struct netdev *, const struct netdev_driver *,
                      const char *name);
void netdev_uninit_base(struct netdev *);

int netdev_rxq_open(struct netdev *, int id, struct netdev_rxq **);
void netdev_rxq_close(struct netdev_rxq *);

static inline int
netdev_rxq_recv(struct netdev_rxq *rxq, struct packet_batch *batch)
{
    return rxq->netdev->driver->rxq_recv(rxq, batch);
}

/* Takes the packets; cuts and completes those that the device cannot send as
 * they are. */
int netdev_send(struct netdev *, int qid, struct packet_batch *);

/* Simulation: where a pushed device's packets go.  Main thread. */
typedef void netdev_pushed_callback(void *aux, struct netdev *, int qid,
                                    struct packet *);
void netdev_set_pushed(struct netdev *, netdev_pushed_callback *, void *aux);
