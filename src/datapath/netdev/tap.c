/* TAP devices: the kernel's end of "internal" and "tap" ports. */

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "datapath/netdev/netdev_private.h"
#include "net/packet/packet.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

int
tap_open(const char *name, int *fdp, uint32_t *offloadsp)
{
    struct ifreq ifr;
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    memset(&ifr, 0, sizeof ifr);
    if (strlen(name) >= sizeof ifr.ifr_name) {
        close(fd);
        return ENAMETOOLONG;
    }
    memcpy(ifr.ifr_name, name, strlen(name) + 1);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(fd, TUNSETIFF, &ifr)) {
        int error = errno;
        close(fd);
        return error;
    }
    unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    *offloadsp = NETDEV_TX_CSUM | NETDEV_TX_TSO4 | NETDEV_TX_TSO6;
    if (!ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6)) {
        *offloadsp |= NETDEV_TX_USO;
    } else if (ioctl(fd, TUNSETOFFLOAD, tcp)) {
        int error = errno;
        close(fd);
        return error;
    }
    if (ioctl(fd, TUNSETPERSIST, 1)) {
        int error = errno;
        close(fd);
        return error;
    }
    *fdp = fd;
    return 0;
}

void
tap_destroy(int fd)
{
    (void) ioctl(fd, TUNSETPERSIST, 0);
    close(fd);
}

bool
tap_is_attached(int fd)
{
    struct ifreq ifr;
    return !ioctl(fd, TUNGETIFF, &ifr);
}

int
tap_recv(int fd, struct packet_batch *batch)
{
    static __thread uint8_t spill[PACKET_LARGE_SIZE];
    int error = 0;

    while (!packet_batch_is_full(batch)) {
        struct vnet_header vnet;
        struct packet *p = packet_create(PACKET_SMALL_SIZE);
        size_t room = packet_tailroom(p);
        struct iovec iov[3] = {
            { &vnet, sizeof vnet },
            { p->data, room },
            { spill, sizeof spill },
        };
        ssize_t n = readv(fd, iov, 3);
        if (n < (ssize_t) sizeof vnet) {
            error = n < 0 ? errno : EINVAL;
            packet_free(p);
            break;
        }
        n -= sizeof vnet;
        if ((size_t) n <= room) {
            p->size = n;
        } else {
            struct packet *big = packet_create(n);
            packet_put_bytes(big, p->data, room);
            packet_put_bytes(big, spill, n - room);
            packet_free(p);
            p = big;
        }
        vnet_decode(&vnet, p);
        packet_batch_add(batch, p);
    }
    return batch->n ? 0 : error;
}

int
tap_send(int fd, struct packet_batch *batch, size_t *droppedp)
{
    int error = 0;
    for (size_t i = 0; i < batch->n; i++) {
        struct packet *p = batch->packets[i];
        struct vnet_header vnet;
        struct iovec iov[2] = {
            { &vnet, sizeof vnet },
            { p->data, p->size },
        };
        ssize_t n;
        vnet_encode(p, &vnet);
        do {
            n = writev(fd, iov, 2);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            error = errno;
            ++*droppedp;
        }
    }
    packet_batch_free(batch);
    return error;
}
