/* AF_PACKET: a TPACKET_V2 ring to receive, sendmmsg() to send, both with
 * virtio-net headers so that unfinished checksums and large segments pass
 * through whole.
 *
 * Small frames come through the ring without system calls.  A frame that does
 * not fit is flagged TP_STATUS_COPY; all of it waits in the socket's queue,
 * in order. */

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "datapath/netdev/netdev_private.h"
#include "net/flow/flow.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"
#include "net/packet/segment.h"

enum {
    FRAME_SIZE = 2048,
    BLOCK_SIZE = 1 << 16,
    MANY_RINGS = 64,       /* From here on rings are small. */
    N_FRAMES = 4096,       /* 8 MiB. */
    N_FRAMES_SMALL = 512,  /* 1 MiB. */
    COPY_QUEUE = 16 << 20, /* Bytes of large frames that may wait. */
    VNET_F_NEEDS_CSUM = 1,
    VNET_F_DATA_VALID = 2,
    VNET_GSO_TCP4 = 1,
    VNET_GSO_TCP6 = 4,
    VNET_GSO_UDP_L4 = 5,
    VNET_GSO_ECN = 0x80,
};

struct packet_socket {
    int fd;
    uint8_t *ring;
    size_t n_frames;
    size_t next;  /* Frame to look at. */
    uint8_t *big; /* 64 KiB for frames from the queue. */
};

static int n_rings; /* Main thread. */

void
vnet_decode(const struct vnet_header *h, struct packet *p)
{
    if (h->flags & VNET_F_NEEDS_CSUM) {
        p->offloads |= PACKET_L4_CSUM_PARTIAL;
        p->csum_start = h->csum_start;
        p->csum_offset = h->csum_offset;
    } else if (h->flags & VNET_F_DATA_VALID) {
        p->offloads |= PACKET_L4_CSUM_GOOD;
    }
    switch (h->gso_type & ~VNET_GSO_ECN) {
    case VNET_GSO_TCP4:
        p->gso_type = PACKET_GSO_TCP4;
        break;
    case VNET_GSO_TCP6:
        p->gso_type = PACKET_GSO_TCP6;
        break;
    case VNET_GSO_UDP_L4:
        p->gso_type = PACKET_GSO_UDP;
        break;
    default:
        return;
    }
    p->gso_size = h->gso_size;
}

void
vnet_encode(struct packet *p, struct vnet_header *h)
{
    memset(h, 0, sizeof *h);
    if (p->offloads & PACKET_L4_CSUM_PARTIAL) {
        h->flags = VNET_F_NEEDS_CSUM;
        h->csum_start = p->csum_start;
        h->csum_offset = p->csum_offset;
    }
    if (p->gso_type != PACKET_GSO_NONE) {
        size_t l4 = p->offloads & PACKET_L4_CSUM_PARTIAL ? p->csum_start
                                                         : p->l4_offset;
        bool udp = p->gso_type == PACKET_GSO_UDP;
        h->gso_type = udp                              ? VNET_GSO_UDP_L4
                      : p->gso_type == PACKET_GSO_TCP4 ? VNET_GSO_TCP4
                                                       : VNET_GSO_TCP6;
        h->gso_size = p->gso_size;
        h->hdr_len = l4
                     + (udp ? UDP_HEADER_LEN
                        : l4 + TCP_HEADER_LEN <= p->size
                            ? tcp_header_len((void *) (p->data + l4))
                            : 0);
    }
}

static int
set_option(int fd, int option, int value)
{
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) ? errno
                                                                    : 0;
}

static int
bind_to(int fd, int ifindex, uint16_t protocol)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_protocol = be16_from_host(protocol),
        .sll_ifindex = ifindex,
    };
    return bind(fd, (struct sockaddr *) &sll, sizeof sll) ? errno : 0;
}

static int
set_up_ring(struct packet_socket *s, int ifindex)
{
    struct tpacket_req req = {
        .tp_block_size = BLOCK_SIZE,
        .tp_frame_size = FRAME_SIZE,
        .tp_block_nr = s->n_frames / (BLOCK_SIZE / FRAME_SIZE),
        .tp_frame_nr = s->n_frames,
    };
    struct packet_mreq mreq = { .mr_ifindex = ifindex,
                                .mr_type = PACKET_MR_PROMISC };
    int queue = COPY_QUEUE;

    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue)) {
        /* Without the privilege the system's limit stays. */
        (void) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    }
    int error = set_option(s->fd, PACKET_VERSION, TPACKET_V2);
    error = error ? error : set_option(s->fd, PACKET_VNET_HDR, 1);
    error = error ? error : set_option(s->fd, PACKET_AUXDATA, 1);
    error = error ? error : set_option(s->fd, PACKET_IGNORE_OUTGOING, 1);
    error = error ? error : set_option(s->fd, PACKET_COPY_THRESH, FRAME_SIZE);
    if (error) {
        return error;
    }
    if (setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req)
        || setsockopt(s->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
                      sizeof mreq)) {
        return errno;
    }
    s->ring = mmap(NULL, s->n_frames * FRAME_SIZE, PROT_READ | PROT_WRITE,
                   MAP_SHARED, s->fd, 0);
    if (s->ring == MAP_FAILED) {
        s->ring = NULL;
        return errno;
    }
    return bind_to(s->fd, ifindex, ETH_P_ALL);
}

int
packet_socket_open(int ifindex, struct packet_socket **sp)
{
    struct packet_socket *s = xzalloc(sizeof *s);
    *sp = NULL;
    n_rings++;
    s->n_frames = n_rings > MANY_RINGS ? N_FRAMES_SMALL : N_FRAMES;
    s->big = xmalloc(PACKET_LARGE_SIZE + 256);
    s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = s->fd < 0 ? errno : set_up_ring(s, ifindex);
    if (error) {
        packet_socket_close(s);
        return error;
    }
    *sp = s;
    return 0;
}

void
packet_socket_close(struct packet_socket *s)
{
    if (s) {
        n_rings--;
        if (s->ring) {
            munmap(s->ring, s->n_frames * FRAME_SIZE);
        }
        if (s->fd >= 0) {
            close(s->fd);
        }
        free(s->big);
        free(s);
    }
}

int
packet_socket_fd(const struct packet_socket *s)
{
    return s->fd;
}

static struct tpacket2_hdr *
frame_at(const struct packet_socket *s, size_t i)
{
    return (struct tpacket2_hdr *) (void *) (s->ring + i * FRAME_SIZE);
}

bool
packet_socket_ready(const struct packet_socket *s)
{
    return __atomic_load_n(&frame_at(s, s->next)->tp_status, __ATOMIC_ACQUIRE)
           & TP_STATUS_USER;
}

static void
set_vlan(struct packet *p, uint32_t status, uint16_t tci, uint16_t tpid)
{
    if (status & TP_STATUS_VLAN_VALID) {
        p->vlan_tci = be16_from_host(tci) | BE16_CONST(VLAN_CFI);
        p->vlan_tpid = be16_from_host(
            status & TP_STATUS_VLAN_TPID_VALID ? tpid : ETH_TYPE_VLAN_8021Q);
        packet_put_vlan(p);
    }
}

/* The frame that did not fit, from the socket's queue. */
static struct packet *
recv_big(struct packet_socket *s)
{
    struct vnet_header vnet;
    struct iovec iov[2] = {
        { &vnet, sizeof vnet },
        { s->big, PACKET_LARGE_SIZE + 256 },
    };

    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;

    struct msghdr msg = { .msg_iov = iov,
                          .msg_iovlen = 2,
                          .msg_control = &control,
                          .msg_controllen = sizeof control };
    ssize_t n = recvmsg(s->fd, &msg, MSG_DONTWAIT);
    if (n <= (ssize_t) sizeof vnet) {
        return NULL;
    }
    struct packet *p = packet_create_copy(s->big, n - sizeof vnet);
    vnet_decode(&vnet, p);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
         c = CMSG_NXTHDR(&msg, c)) {
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata aux;
            memcpy(&aux, CMSG_DATA(c), sizeof aux);
            set_vlan(p, aux.tp_status, aux.tp_vlan_tci, aux.tp_vlan_tpid);
        }
    }
    return p;
}

static struct packet *
copy_frame(const struct tpacket2_hdr *h)
{
    const uint8_t *mac = (const uint8_t *) h + h->tp_mac;
    struct packet *p = packet_create_copy(mac, h->tp_snaplen);
    struct vnet_header vnet;
    memcpy(&vnet, mac - sizeof vnet, sizeof vnet);
    vnet_decode(&vnet, p);
    set_vlan(p, h->tp_status, h->tp_vlan_tci, h->tp_vlan_tpid);
    return p;
}

int
packet_socket_recv(struct packet_socket *s, struct packet_batch *batch)
{
    while (!packet_batch_is_full(batch)) {
        struct tpacket2_hdr *h = frame_at(s, s->next);
        uint32_t status = __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);
        if (!(status & TP_STATUS_USER)) {
            break;
        }
        size_t next = s->next + 1 < s->n_frames ? s->next + 1 : 0;
        PREFETCH(frame_at(s, next));
        struct packet *p = status & TP_STATUS_COPY      ? recv_big(s)
                           : h->tp_snaplen == h->tp_len ? copy_frame(h)
                                                        : NULL;
        if (p) {
            packet_batch_add(batch, p);
        }
        __atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        s->next = next;
    }
    return batch->n ? 0 : EAGAIN;
}

void
packet_socket_drain(struct packet_socket *s)
{
    struct packet_batch batch;
    do {
        packet_batch_init(&batch);
        (void) packet_socket_recv(s, &batch);
        packet_batch_free(&batch);
    } while (packet_socket_ready(s));
}

int
packet_socket_open_tx(int ifindex)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    int size = 4 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size)) {
        (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    int error = set_option(fd, PACKET_VNET_HDR, 1);
    /* Not PACKET_QDISC_BYPASS: it gains nothing, and hides what is sent from
     * captures on the device. */
    error = error ? error : bind_to(fd, ifindex, 0);
    if (error) {
        close(fd);
        return -error;
    }
    return fd;
}

int
packet_socket_send(int fd, struct packet_batch *batch, size_t *droppedp)
{
    struct mmsghdr msgs[PACKET_BATCH_MAX];
    struct iovec iov[PACKET_BATCH_MAX][2];
    struct vnet_header vnet[PACKET_BATCH_MAX];
    size_t n = batch->n;
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        struct packet *p = batch->packets[i];
        vnet_encode(p, &vnet[i]);
        iov[i][0] = (struct iovec){ &vnet[i], sizeof vnet[i] };
        iov[i][1] = (struct iovec){ p->data, p->size };
        msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = iov[i],
                                                 .msg_iovlen = 2 } };
    }
    for (size_t sent = 0; sent < n;) {
        int retval = sendmmsg(fd, msgs + sent, n - sent, MSG_DONTWAIT);
        if (retval > 0) {
            sent += retval;
        } else if (errno != EINTR) {
            /* The first one cannot go: the others may. */
            error = errno;
            ++*droppedp;
            sent++;
        }
    }
    packet_batch_free(batch);
    return error;
}
