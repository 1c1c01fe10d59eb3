/* The shortcut: simple flows between devices of the kernel, forwarded by
 * programs (BPF) that we attach to the devices, without a way through user
 * space.
 *
 * The programs know a part of the megaflows; all other packets come to user
 * space as ever.  Since megaflows are disjoint it does not matter which part.
 * Linux 5.11 or later and the privileges CAP_BPF and CAP_NET_ADMIN are
 * needed.
 *
 * Threads: shortcut_read() and shortcut_n_packets() any; the others one at a
 * time. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "datapath/shortcut/rule.h"
#include "net/flow/mask.h"

struct shortcut;

/* What a slot's flow has done. */
struct shortcut_counters {
    uint64_t n_packets;
    uint64_t n_bytes;
    long long used_ms; /* Of the monotonic clock; 0: never. */
    uint16_t tcp_flags;
};

/* Loads the programs. */
struct error *shortcut_create(struct shortcut **) WARN_UNUSED;
/* NULL is legal. */
void shortcut_destroy(struct shortcut *);

/* The kernel may forward what the device receives; 'fd' is the packet socket
 * that gets the rest.  Does nothing for a device that is attached. */
struct error *shortcut_attach(struct shortcut *, int ifindex,
                              int fd) WARN_UNUSED;
/* Does nothing for a device that is not attached. */
void shortcut_detach(struct shortcut *, int ifindex);
/* Takes everything off the devices; what was broken is forgotten. */
void shortcut_detach_all(struct shortcut *);

/* A slot for a flow's whole life, 0 if there is none.  The kernel does
 * nothing for it until shortcut_activate(). */
uint32_t shortcut_take_slot(struct shortcut *);
/* The flow must be inactive; its counters must have been read. */
void shortcut_free_slot(struct shortcut *, uint32_t slot);
/* From now on the kernel forwards what the rule matches; for a flood on
 * processor 'cpu' if the device has no other for it (SHORTCUT_ANY_CPU: where
 * it comes).  0 or a positive errno: ENOSPC if there are too many masks,
 * EAGAIN shortly after shortcut_deactivate() of the slot. */
#define SHORTCUT_ANY_CPU UINT32_MAX
int shortcut_activate(struct shortcut *, uint32_t slot,
                      const struct shortcut_rule *, uint32_t cpu) WARN_UNUSED;
/* No more; does nothing for a slot that is not active. */
void shortcut_deactivate(struct shortcut *, uint32_t slot);

void shortcut_read(const struct shortcut *, uint32_t slot,
                   struct shortcut_counters *);
/* Counts anew; the flow must be inactive. */
void shortcut_clear(struct shortcut *, uint32_t slot);
/* Packets of all flows that ever were. */
uint64_t shortcut_n_packets(const struct shortcut *);
/* Flows that are active. */
size_t shortcut_n_active(const struct shortcut *);
/* Whether somebody took our program off a device.  The kernel has stopped
 * forwarding then, for good. */
bool shortcut_is_broken(const struct shortcut *);
