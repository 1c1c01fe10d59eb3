/* What the files of this module share. */

#pragma once

#include "datapath/netdev/netdev.h"
#include "sys/thread/mutex.h"

extern const struct netdev_driver netdev_system_driver;
extern const struct netdev_driver netdev_tap_driver;
extern const struct netdev_driver netdev_internal_driver;

/* Whether netdev_keep_devices() was called. */
bool netdev_are_kept(void);
/* All devices; the caller frees the array. */
struct netdev **netdev_list(size_t *np);
/* Sends packets cut and completed as the device needs. */
int netdev_send_software(struct netdev *, int qid, struct packet_batch *);

/* State of a kernel device, from netlink. */
struct link_state {
    int ifindex;
    unsigned flags; /* IFF_*. */
    int mtu;
    struct eth_addr mac;
    bool has_stats;
    struct netdev_stats stats;
};

/* 0 or positive errno. */
int link_query(const char *name, struct link_state *);
/* Changes flags (IFF_*), MTU (> 0) or MAC (not NULL). */
int link_change(const char *name, unsigned flags_mask, unsigned flags, int mtu,
                const struct eth_addr *);
/* Calls netdev_changed() for devices that the kernel reports about. */
void link_watch(struct loop *);
void link_unwatch(void);
bool link_is_watched(void);
/* The open kernel device of that interface index, or NULL. */
struct netdev *netdev_linux_by_ifindex(int ifindex);
/* A device that the kernel may change: counts its carrier's changes. */
void netdev_linux_link_changed(struct netdev *, unsigned flags);

/* What begins a frame on TAPs and packet sockets: virtio 1.2 §5.1.6. */
struct vnet_header {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
};

static_assert(sizeof(struct vnet_header) == 10, "virtio");

struct packet;
/* Metadata of the packet from the header and back. */
void vnet_decode(const struct vnet_header *, struct packet *);
void vnet_encode(struct packet *, struct vnet_header *);

/* A packet socket with a ring: receives frames of a device. */
struct packet_socket;
int packet_socket_open(int ifindex, struct packet_socket **);
void packet_socket_close(struct packet_socket *);
int packet_socket_fd(const struct packet_socket *);
int packet_socket_recv(struct packet_socket *, struct packet_batch *);
bool packet_socket_ready(const struct packet_socket *);
void packet_socket_drain(struct packet_socket *);
/* A socket that only sends; negative errno. */
int packet_socket_open_tx(int ifindex);
/* Takes the packets; counts in 'droppedp' what could not be sent. */
int packet_socket_send(int fd, struct packet_batch *, size_t *droppedp);

/* A TAP device; '*fdp' is open and non-blocking.  The device outlives the
 * program, with its addresses and routes, until tap_destroy(). */
int tap_open(const char *name, int *fdp, uint32_t *offloadsp);
void tap_destroy(int fd);
/* Whether the device that 'fd' made is still there, in whatever namespace. */
bool tap_is_attached(int fd);
int tap_recv(int fd, struct packet_batch *);
int tap_send(int fd, struct packet_batch *, size_t *droppedp);

/* Dummy devices, for their commands. */
struct error *dummy_receive(struct netdev *, int qid, struct packet *);
int dummy_set_admin_state(struct netdev *, bool up);
bool dummy_is_dummy(const struct netdev *);
void dummy_commands_register(void);
const char *dummy_conn_state(const struct netdev *);
void dummy_set_ip4(struct netdev *, be32 addr, be32 mask);
void dummy_set_ip6(struct netdev *, struct ip6_addr addr,
                   struct ip6_addr mask);
