/* blast - sends 64-byte UDP packets as fast as a device takes them.
 *
 * usage: blast DEVICE SRC-MAC DST-MAC SECONDS N-FLOWS
 *
 * The packets go out through one AF_PACKET socket, 64 at a time; flows differ
 * in UDP ports and source address.  Prints how many were sent and the seconds
 * it took. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { FRAME = 60, BATCH = 64 };

static double
now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint16_t
ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) {
        sum += header[i] << 8 | header[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return ~(sum + (sum >> 16));
}

static void
put16(uint8_t *p, uint16_t x)
{
    p[0] = x >> 8;
    p[1] = x;
}

/* A UDP packet of flow number 'flow'. */
static void
make_frame(uint8_t *frame, const uint8_t *src, const uint8_t *dst,
           uint32_t flow)
{
    memset(frame, 0, FRAME);
    memcpy(frame, dst, 6);
    memcpy(frame + 6, src, 6);
    put16(frame + 12, 0x0800);
    uint8_t *ip = frame + 14;
    ip[0] = 0x45;
    put16(ip + 2, FRAME - 14);
    ip[8] = 64;
    ip[9] = 17;
    ip[12] = 10;
    ip[13] = 1;
    put16(ip + 14, flow >> 14);
    ip[16] = 10;
    ip[17] = 2;
    put16(ip + 18, 1);
    put16(ip + 10, ip_checksum(ip));
    uint8_t *udp = ip + 20;
    put16(udp, 1024 + (flow & 0x3fff));
    put16(udp + 2, 9);
    put16(udp + 4, FRAME - 34);
}

/* Parses xx:xx:xx:xx:xx:xx or ends the program. */
static void
parse_mac(const char *text, uint8_t mac[6])
{
    unsigned int x[6];
    if (sscanf(text, "%x:%x:%x:%x:%x:%x", &x[0], &x[1], &x[2], &x[3], &x[4],
               &x[5])
        != 6) {
        fprintf(stderr, "%s: not a MAC\n", text);
        exit(2);
    }
    for (int i = 0; i < 6; i++) {
        mac[i] = x[i];
    }
}

int
main(int argc, char *argv[])
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s DEVICE SRC-MAC DST-MAC SECONDS N-FLOWS\n",
                argv[0]);
        return 2;
    }
    uint8_t src[6], dst[6];
    parse_mac(argv[2], src);
    parse_mac(argv[3], dst);
    double seconds = strtod(argv[4], NULL);
    uint32_t n_flows = strtoul(argv[5], NULL, 10);
    n_flows = n_flows ? n_flows : 1;

    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll sll = { .sll_family = AF_PACKET,
                               .sll_ifindex = if_nametoindex(argv[1]) };
    int one = 1;
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    if (fd < 0 || !sll.sll_ifindex
        || bind(fd, (struct sockaddr *) &sll, sizeof sll)) {
        perror(argv[1]);
        return 1;
    }

    uint8_t *frames = malloc((size_t) n_flows * FRAME);
    for (uint32_t i = 0; i < n_flows; i++) {
        make_frame(frames + (size_t) i * FRAME, src, dst, i);
    }
    struct mmsghdr messages[BATCH];
    struct iovec iovs[BATCH];
    memset(messages, 0, sizeof messages);
    uint64_t sent = 0, next = 0;
    double start = now(), end = start + seconds;
    while (now() < end) {
        for (int i = 0; i < BATCH; i++) {
            iovs[i] =
                (struct iovec){ frames + (next++ % n_flows) * FRAME, FRAME };
            messages[i].msg_hdr.msg_iov = &iovs[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        int n = sendmmsg(fd, messages, BATCH, 0);
        if (n > 0) {
            sent += n;
        } else if (errno != ENOBUFS && errno != EAGAIN) {
            perror("sendmmsg");
            return 1;
        }
    }
    printf("%llu %.6f\n", (unsigned long long) sent, now() - start);
    return 0;
}
