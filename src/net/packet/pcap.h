/* Capture files: the pcap format, microseconds or nanoseconds, either byte
 * order. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct packet;
struct pcap;

/* Link types that we read and write. */
enum {
    PCAP_LINK_ETHERNET = 1,
    PCAP_LINK_RAW = 101, /* Begins with IPv4 or IPv6. */
    PCAP_LINK_SLL = 113, /* Linux cooked. */
};

/* Opens 'path' ("-": standard input) and reads its header. */
struct error *pcap_open(const char *path, struct pcap **) WARN_UNUSED;
/* The same over memory, which is borrowed. */
struct error *pcap_open_memory(const void *, size_t size,
                               struct pcap **) WARN_UNUSED;
/* Creates or truncates 'path'; timestamps in microseconds. */
struct error *pcap_create(const char *path, struct pcap **) WARN_UNUSED;
/* Opens 'path' to add to it; creates it if it is missing. */
struct error *pcap_append(const char *path, struct pcap **) WARN_UNUSED;
void pcap_close(struct pcap *);

/* The next packet, which the caller frees, NULL at the end of the file, and
 * its time (wall clock, 'timep' may be NULL). */
struct error *pcap_read(struct pcap *, struct packet **,
                        uint64_t *time_nsp) WARN_UNUSED;
/* 0 or positive errno.  The file is flushed. */
int pcap_write(struct pcap *, const struct packet *,
               uint64_t time_ns) WARN_UNUSED;
