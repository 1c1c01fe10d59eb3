/* pingpong - UDP round-trip times.
 *
 * usage: pingpong serve PORT
 *        pingpong ask ADDRESS PORT COUNT GAP-US
 *
 * "serve" sends every datagram back.  "ask" sends COUNT datagrams, GAP-US
 * microseconds apart, each after the answer to the one before, and prints the
 * median, the 99th percentile and the maximum in microseconds. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double
now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return x < y ? -1 : x > y;
}

static int
serve(int fd, int port)
{
    struct sockaddr_in sin = { .sin_family = AF_INET,
                               .sin_port = htons(port) };
    if (bind(fd, (struct sockaddr *) &sin, sizeof sin)) {
        perror("bind");
        return 1;
    }
    printf("listening\n");
    fflush(stdout);
    for (;;) {
        char buffer[64];
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0,
                             (struct sockaddr *) &from, &len);
        if (n >= 0) {
            sendto(fd, buffer, n, 0, (struct sockaddr *) &from, len);
        }
    }
}

int
main(int argc, char *argv[])
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (argc == 3 && !strcmp(argv[1], "serve")) {
        return serve(fd, strtol(argv[2], NULL, 10));
    } else if (argc != 6 || strcmp(argv[1], "ask")) {
        fprintf(stderr,
                "usage: %s serve PORT\n"
                "       %s ask ADDRESS PORT COUNT GAP-US\n",
                argv[0], argv[0]);
        return 2;
    }

    struct sockaddr_in sin = { .sin_family = AF_INET,
                               .sin_port = htons(strtol(argv[3], NULL, 10)) };
    inet_pton(AF_INET, argv[2], &sin.sin_addr);
    struct timeval timeout = { .tv_sec = 1 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    connect(fd, (struct sockaddr *) &sin, sizeof sin);
    int count = strtol(argv[4], NULL, 10), n = 0;
    useconds_t gap = strtol(argv[5], NULL, 10);
    double *times = calloc(count + 1, sizeof *times);
    for (int i = 0; i < count; i++) {
        char buffer[16] = { 0 };
        double start = now_us();
        if (send(fd, buffer, sizeof buffer, 0) < 0
            || recv(fd, buffer, sizeof buffer, 0) < 0) {
            continue;
        }
        times[n++] = now_us() - start;
        if (gap) {
            usleep(gap);
        }
    }
    if (!n) {
        fprintf(stderr, "no answers\n");
        return 1;
    }
    qsort(times, n, sizeof *times, compare);
    printf("%.1f %.1f %.1f %d\n", times[n / 2], times[n * 99 / 100],
           times[n - 1], count - n);
    return 0;
}
