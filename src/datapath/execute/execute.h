/* Actions on packets: compiled once per flow, run per group of packets of the
 * flow.  What leaves goes to a sink. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/flow/flow.h"
#include "net/packet/packet.h"

struct odp_attr;

/* Why packets are dropped; each has a coverage counter. */
enum execute_drop {
    EXECUTE_DROP_METER,
    EXECUTE_DROP_UPCALL_ERROR,
    EXECUTE_DROP_LOCK_ERROR,
    EXECUTE_DROP_USERSPACE_ACTION_ERROR,
    EXECUTE_DROP_TUNNEL_PUSH_ERROR,
    EXECUTE_DROP_TUNNEL_POP_ERROR,
    EXECUTE_DROP_RECIRC_ERROR,
    EXECUTE_DROP_INVALID_PORT,
    EXECUTE_DROP_INVALID_BOND,
    EXECUTE_DROP_INVALID_TNL_PORT,
    EXECUTE_DROP_RX_INVALID_PACKET,
    EXECUTE_DROP_SAMPLE_ERROR,
    EXECUTE_DROP_NSH_DECAP_ERROR,
    EXECUTE_DROP_UNSUPPORTED,
};

void execute_count_drop(enum execute_drop, size_t n);

/* Where packets go.  All functions take the packets. */
struct execute_sink {
    void (*output)(struct execute_sink *, uint32_t port,
                   struct packet_batch *);
    void (*userspace)(struct execute_sink *, struct packet *,
                      const struct odp_attr *action);
    /* Packets with their new recirc_id. */
    void (*recirc)(struct execute_sink *, struct packet_batch *);
    /* Polices: takes the packets that are too many out of the batch. */
    void (*meter)(struct execute_sink *, uint32_t id, struct packet_batch *);
};

struct program;

/* Compiles checked actions, which must stay in memory. */
struct program *program_compile(const uint8_t *actions,
                                size_t size) WARN_UNUSED;
void program_destroy(struct program *);
/* Runs the program on packets of one flow, which it takes; leaves an empty
 * batch. */
void program_run(const struct program *, struct packet_batch *,
                 struct execute_sink *);
/* The same without compiling. */
void execute_actions(const uint8_t *actions, size_t size,
                     struct packet_batch *, struct execute_sink *);

/* Sets the key attribute's bits of a packet, with checksums. */
void execute_set(struct packet *, const struct odp_attr *key, bool has_mask);
