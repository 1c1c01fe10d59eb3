/* Batches of packets. */

#include "net/packet/packet.h"

void
packet_batch_free(struct packet_batch *batch)
{
    struct packet *p;
    BATCH_FOR_EACH (p, batch) {
        packet_free(p);
    }
    packet_batch_init(batch);
}

void
packet_batch_clone(struct packet_batch *dst, struct packet_batch *src)
{
    struct packet *p;
    packet_batch_init(dst);
    BATCH_FOR_EACH (p, src) {
        packet_batch_add(dst, packet_clone(p));
    }
    dst->truncated = src->truncated;
}
