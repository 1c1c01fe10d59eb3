/* Flow messages: flow_mod, flow statistics, flow_removed. */

#pragma once

#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "openflow/message/message.h"

/* Ways in which a flow_mod travels. */
enum flow_protocol {
    FLOW_PROTOCOL_OF10,     /* OpenFlow 1.0 flow_mod. */
    FLOW_PROTOCOL_OF10_TID, /* ... with table ids. */
    FLOW_PROTOCOL_NXM,
    FLOW_PROTOCOL_NXM_TID,
    FLOW_PROTOCOL_OF11,
    FLOW_PROTOCOL_OF12,
    FLOW_PROTOCOL_OF13,
    FLOW_PROTOCOL_OF14,
    FLOW_PROTOCOL_OF15,
    N_FLOW_PROTOCOLS
};

uint8_t flow_protocol_version(enum flow_protocol);

enum flow_mod_command {
    FLOW_MOD_ADD,
    FLOW_MOD_MODIFY,
    FLOW_MOD_MODIFY_STRICT,
    FLOW_MOD_DELETE,
    FLOW_MOD_DELETE_STRICT,
};

enum {
    FLOW_MOD_SEND_FLOW_REM = 1 << 0,
    FLOW_MOD_CHECK_OVERLAP = 1 << 1,
    FLOW_MOD_RESET_COUNTS = 1 << 2,
    FLOW_MOD_NO_PKT_COUNTS = 1 << 3,
    FLOW_MOD_NO_BYT_COUNTS = 1 << 4,
    FLOW_MOD_HIDDEN_FIELDS = 1 << 5, /* Never on the wire. */
    FLOW_MOD_NO_READONLY = 1 << 6,   /* Never on the wire. */
};

/* OpenFlow 1.3.5 §7.3.4.1.  'actions' is owned. */
struct flow_mod {
    struct match match;
    int priority;
    be64 cookie; /* Modify, delete: must match under the mask. */
    be64 cookie_mask;
    be64 new_cookie; /* All ones: unchanged. */
    bool modify_cookie;
    uint8_t table_id; /* 255: any, or the switch decides. */
    uint16_t command; /* enum flow_mod_command. */
    uint16_t idle_timeout;
    uint16_t hard_timeout;
    uint16_t importance;
    uint16_t flags;
    uint32_t buffer_id; /* UINT32_MAX: none. */
    uint32_t out_port;  /* OFPP_NONE: any. */
    uint32_t out_group; /* UINT32_MAX: any. */
    struct actions actions;
};

void flow_mod_uninit(struct flow_mod *);
/* Appends a whole message. */
void flow_mod_encode(const struct flow_mod *, enum flow_protocol, uint32_t xid,
                     struct writer *);
/* 'tid': the connection turned on flow_mod_table_id (1.0).  Initializes 'fm'
 * in any case; the caller uninits it. Consistency of actions with the match is
 * not checked. */
enum ofperr flow_mod_decode(const struct message *, bool tid,
                            struct flow_mod *) WARN_UNUSED;

struct flow_stats_request {
    bool aggregate;
    struct match match;
    be64 cookie, cookie_mask;
    uint8_t table_id;
    uint32_t out_port, out_group;
};

void flow_stats_request_encode(const struct flow_stats_request *,
                               enum flow_protocol, uint32_t xid,
                               struct writer *);
enum ofperr flow_stats_request_decode(const struct message *,
                                      struct flow_stats_request *) WARN_UNUSED;

/* One flow of a reply. */
struct flow_stats {
    struct match match;
    be64 cookie;
    uint8_t table_id;
    uint16_t priority;
    uint16_t idle_timeout, hard_timeout, importance;
    uint16_t flags; /* FLOW_MOD_*. */
    uint32_t duration_sec, duration_nsec;
    int idle_age, hard_age;      /* Seconds; -1: unknown. */
    uint64_t n_packets, n_bytes; /* UINT64_MAX: unknown. */
    struct actions actions;      /* Owned. */
};

/* Appends one entry to a reply whose first message is begun. */
void flow_stats_encode(const struct flow_stats *, struct message_multipart *);
/* Takes the next entry of a reply: 0 with '*donep' false, or at the end true.
 * The caller uninits 'fs' after use of an entry. */
enum ofperr flow_stats_decode(const struct message *, struct reader *body,
                              struct flow_stats *fs, bool *donep) WARN_UNUSED;
void flow_stats_uninit(struct flow_stats *);

struct aggregate_stats {
    uint64_t n_packets, n_bytes;
    uint32_t n_flows;
};

void aggregate_stats_encode(const struct aggregate_stats *,
                            const struct message *request, struct writer *);
enum ofperr aggregate_stats_decode(const struct message *,
                                   struct aggregate_stats *) WARN_UNUSED;

struct flow_removed {
    struct match match;
    be64 cookie;
    uint16_t priority;
    uint8_t reason;   /* OFPRR_*. */
    uint8_t table_id; /* 255: unknown. */
    uint32_t duration_sec, duration_nsec;
    uint16_t idle_timeout, hard_timeout;
    uint64_t n_packets, n_bytes;
};

void flow_removed_encode(const struct flow_removed *, enum flow_protocol,
                         struct writer *);
enum ofperr flow_removed_decode(const struct message *,
                                struct flow_removed *) WARN_UNUSED;
