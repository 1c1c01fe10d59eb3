/* probe, ping, benchmark: echo requests. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "sys/clock/clock.h"
#include "sys/process/program.h"

enum { N_PINGS = 10, MAX_PAYLOAD = MESSAGE_MAX_SIZE - MESSAGE_HEADER_SIZE };

static uint32_t
put_echo(struct writer *w, uint8_t version, const void *payload, size_t size)
{
    uint32_t xid = message_next_xid();
    message_begin(w, MSG_RAW_OFPT_ECHO_REQUEST, version, xid);
    writer_put(w, payload, size);
    message_finish(w, 0);
    return xid;
}

void
ofctl_probe(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    struct writer w = WRITER_INITIALIZER;
    put_echo(&w, vconn_version(v), NULL, 0);
    struct message m = ofctl_transact(v, &w);
    if (m.type != MSG_ECHO_REPLY || m.body_size) {
        program_fatal(0, "reply does not match request");
    }
    writer_uninit(&w);
    vconn_close(v);
}

static uint8_t *
random_payload(size_t size)
{
    uint8_t *payload = xmalloc(size + 1);
    uint32_t seed = (uint32_t) clock_usec();
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        payload[i] = (uint8_t) (seed >> 24);
    }
    return payload;
}

void
ofctl_ping(struct ofctl *ofctl, int argc, char *argv[])
{
    unsigned int size = 64;
    if (argc > 1 && (!scan_u32(argv[1], 10, &size) || size > MAX_PAYLOAD)) {
        program_fatal(0, "payload must be between 0 and %d bytes",
                      MAX_PAYLOAD);
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    uint8_t *payload = random_payload(size);
    for (int i = 0; i < N_PINGS; i++) {
        struct writer w = WRITER_INITIALIZER;
        uint32_t xid = put_echo(&w, vconn_version(v), payload, size);
        long long start = clock_usec();
        struct message m = ofctl_transact(v, &w);
        long long end = clock_usec();
        if (m.type != MSG_ECHO_REPLY || m.body_size != size
            || memcmp(m.body, payload, size)) {
            printf("Reply does not match request.  Request:\n");
            ofctl_print_message(ofctl, m.data, m.size, stdout);
        }
        printf("%u bytes from %s: xid=%08" PRIx32 " time=%.1f ms\n", size,
               argv[0], xid, (double) (end - start) / 1000);
        if (m.type != MSG_ECHO_REPLY) {
            ofctl_print_message(ofctl, m.data, m.size, stdout);
        }
        writer_uninit(&w);
    }
    free(payload);
    vconn_close(v);
}

void
ofctl_benchmark(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    unsigned int size, count;
    if (!scan_u32(argv[1], 10, &size) || size > MAX_PAYLOAD) {
        program_fatal(0, "payload must be between 0 and %d bytes",
                      MAX_PAYLOAD);
    }
    if (!scan_u32(argv[2], 10, &count)) {
        program_fatal(0, "%s: not a number of packets", argv[2]);
    }
    size_t message_size = MESSAGE_HEADER_SIZE + size;
    printf("Sending %u packets * %zu bytes (with header) = %zu bytes total\n",
           count, message_size, count * message_size);
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    uint8_t *payload = random_payload(size);
    struct writer w = WRITER_INITIALIZER;
    long long start = clock_usec();
    for (unsigned int i = 0; i < count; i++) {
        writer_clear(&w);
        put_echo(&w, vconn_version(v), payload, size);
        (void) ofctl_transact(v, &w);
    }
    double seconds = (double) (clock_usec() - start) / 1e6;
    seconds = seconds > 0 ? seconds : 1e-6;
    printf("Finished in %.1f ms (%.0f packets/s) (%.0f bytes/s)\n",
           seconds * 1e3, count / seconds,
           (double) count * (double) message_size / seconds);
    writer_uninit(&w);
    free(payload);
    vconn_close(v);
}
