/* Queues in messages: statistics and descriptions. */

#pragma once

#include "openflow/message/message.h"

#define QUEUE_ALL UINT32_MAX

/* Which queues a request means. */
struct queue_request {
    uint32_t port;  /* OFPP_NONE: all. */
    uint32_t queue; /* QUEUE_ALL: all. */
};

/* Counters are all ones if they are unknown. */
struct queue_stats {
    uint32_t port, queue;
    uint64_t tx_bytes, tx_packets, tx_errors;
    uint32_t duration_sec, duration_nsec;
};

/* Appends a request for statistics or configuration, which means all queues
 * of the port until 1.3. */
void queue_request_encode(const struct queue_request *, enum message_type,
                          uint8_t version, struct writer *);
/* Queue statistics or configuration. */
enum ofperr queue_request_decode(const struct message *,
                                 struct queue_request *) WARN_UNUSED;
void queue_stats_encode(const struct queue_stats *,
                        struct message_multipart *);
/* Takes the next one. */
enum ofperr queue_stats_decode(const struct message *, struct reader *body,
                               struct queue_stats *) WARN_UNUSED;
/* The queue of a port, without properties, to the reply that
 * queue_config_begin() began. */
void queue_config_encode(uint32_t port, uint32_t queue,
                         struct message_multipart *);
/* Until 1.3 the reply is not a multipart; it ends the same way. */
void queue_config_begin(const struct message *request, uint32_t port,
                        struct message_multipart *, struct writer *);
