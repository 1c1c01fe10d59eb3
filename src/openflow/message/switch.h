/* Messages about the switch itself: features, configuration, tables, errors of
 * versions, roles, asynchronous messages. */

#pragma once

#include "openflow/message/message.h"

/* Capabilities of any version: bits of OpenFlow 1.3, and 1.0's. */
enum {
    SWITCH_FLOW_STATS = 1 << 0,
    SWITCH_TABLE_STATS = 1 << 1,
    SWITCH_PORT_STATS = 1 << 2,
    SWITCH_GROUP_STATS = 1 << 3, /* 1.1+; 1.0: STP. */
    SWITCH_IP_REASM = 1 << 5,
    SWITCH_QUEUE_STATS = 1 << 6,
    SWITCH_ARP_MATCH_IP = 1 << 7,
    SWITCH_PORT_BLOCKED = 1 << 8,
    SWITCH_BUNDLES = 1 << 9,
    SWITCH_FLOW_MONITORING = 1 << 10,
    SWITCH_STP = 1 << 16, /* 1.0 only, there bit 3. */
};

struct switch_features {
    uint64_t datapath_id;
    uint32_t n_buffers;
    uint8_t n_tables;
    uint8_t auxiliary_id;
    uint32_t capabilities; /* SWITCH_*. */
    uint32_t actions;      /* 1.0: bits by OFPAT10_* number. */
};

/* Appends the message without ports, and leaves it open for
 * port_info_encode() (before 1.3), then message_finish(). */
void switch_features_begin(const struct switch_features *, uint8_t version,
                           uint32_t xid, struct writer *);
/* What follows are ports, before 1.3. */
enum ofperr switch_features_decode(const struct message *,
                                   struct switch_features *,
                                   struct reader *ports) WARN_UNUSED;

enum {
    SWITCH_FRAG_NORMAL = 0,
    SWITCH_FRAG_DROP = 1,
    SWITCH_FRAG_REASM = 2,
    SWITCH_FRAG_NX_MATCH = 3,
    SWITCH_FRAG_MASK = 3,
    SWITCH_INVALID_TTL_TO_CONTROLLER = 4, /* 1.1, 1.2, and 1.0. */
};

struct switch_config {
    uint16_t flags;
    uint16_t miss_send_len;
};

/* MSG_GET_CONFIG_REPLY or MSG_SET_CONFIG. */
void switch_config_encode(const struct switch_config *, enum message_type,
                          uint8_t version, uint32_t xid, struct writer *);
/* OFPERR_OFPSCFC_BAD_FLAGS for bits that are none. */
enum ofperr switch_config_decode(const struct message *,
                                 struct switch_config *) WARN_UNUSED;

struct switch_desc {
    char mfr[256], hw[256], sw[256], serial[32], dp[256]; /* With nulls. */
};

void switch_desc_encode(const struct switch_desc *,
                        const struct message *request, struct writer *);
void switch_desc_decode(const struct message *, struct switch_desc *);

/* Hello: versions on offer. */
void hello_encode(uint32_t versions, struct writer *);
/* False if it offers none that we know; '*versionsp' anyway. */
bool hello_decode(const struct message *, uint32_t *versionsp);

enum switch_role {
    ROLE_NOCHANGE = 0,
    ROLE_EQUAL = 1,
    ROLE_PRIMARY = 2,
    ROLE_SECONDARY = 3,
};

struct role_request {
    uint32_t role; /* enum switch_role. */
    bool has_generation;
    uint64_t generation_id;
};

enum ofperr role_request_decode(const struct message *,
                                struct role_request *) WARN_UNUSED;
void role_reply_encode(const struct role_request *,
                       const struct message *request, struct writer *);

/* Which reasons of which asynchronous messages are sent, by role: [0] primary
 * and equal, [1] secondary. */
enum async_type {
    ASYNC_PACKET_IN,
    ASYNC_PORT_STATUS,
    ASYNC_FLOW_REMOVED,
    ASYNC_ROLE_STATUS,
    ASYNC_TABLE_STATUS,
    ASYNC_REQUESTFORWARD,
    N_ASYNC_TYPES
};

struct async_config {
    uint32_t masks[2][N_ASYNC_TYPES];
};

void async_config_init(struct async_config *, uint8_t version);
/* Changes what a set message names. */
enum ofperr async_config_decode(const struct message *,
                                struct async_config *) WARN_UNUSED;
void async_config_encode(const struct async_config *,
                         const struct message *request, struct writer *);
