/* Packets to and from the controller. */

#pragma once

#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "openflow/message/message.h"

enum {
    OFPR_NO_MATCH,
    OFPR_ACTION,
    OFPR_INVALID_TTL,
    OFPR_ACTION_SET,
    OFPR_GROUP,
    OFPR_PACKET_OUT,
    OFPR_EXPLICIT_MISS,
    OFPR_IMPLICIT_MISS,
    OFPR_N_REASONS
};

enum packet_in_format {
    PACKET_IN_STANDARD,
    PACKET_IN_NXT,
    PACKET_IN_NXT2,
};

/* All pointers are borrowed. */
struct packet_in {
    const void *packet;
    size_t packet_size;  /* Bytes at 'packet'. */
    uint32_t total_size; /* Of the whole packet. */
    uint32_t buffer_id;  /* UINT32_MAX: not buffered. */
    uint8_t reason;
    uint8_t table_id;
    bool has_cookie;
    be64 cookie;
    struct match metadata; /* in_port and other pipeline fields. */
    const uint8_t *userdata;
    size_t userdata_size;
};

void packet_in_encode(const struct packet_in *, enum packet_in_format,
                      uint8_t version, struct writer *);
/* Pointers are into the message. */
enum ofperr packet_in_decode(const struct message *,
                             struct packet_in *) WARN_UNUSED;
/* "action", "no_match"; NULL if there is none. */
const char *packet_in_reason_name(uint8_t reason);

struct packet_out {
    const void *packet;
    size_t packet_size;
    uint32_t buffer_id;
    struct match metadata;  /* Of 1.5; in_port always. */
    struct actions actions; /* Owned. */
};

void packet_out_uninit(struct packet_out *);
void packet_out_encode(const struct packet_out *, uint8_t version,
                       uint32_t xid, struct writer *);
/* Initializes 'po' in any case. */
enum ofperr packet_out_decode(const struct message *,
                              struct packet_out *) WARN_UNUSED;
