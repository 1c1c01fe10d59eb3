/* What the files of switch/control share. */

#pragma once

#include "base/list.h"
#include "base/token_bucket.h"
#include "openflow/channel/channel.h"
#include "openflow/message/flow.h"
#include "openflow/message/group.h"
#include "openflow/message/meter.h"
#include "openflow/message/packet.h"
#include "openflow/message/switch.h"
#include "switch/control/control.h"
#include "switch/pipeline/pipeline.h"
#include "sys/thread/mutex.h"

enum {
    CONTROL_N_TABLES = PIPELINE_TABLE_INTERNAL, /* Shown to controllers. */
    CONTROL_MAX_PORT = 0xff00,                  /* Physical ports are below. */
    CONTROL_DEFAULT_MISS_LEN = 128,
    /* Asynchronous messages are dropped while so many bytes wait. */
    CONTROL_MAX_BACKLOG = 1 << 20,
    CONTROL_MAX_SERVICES = 512, /* Connections of one listener. */
    FAIL_OPEN_PRIORITY = 0xf0f0f0,
};

/* A rule that went away, for a flow_removed message. */
struct removed_rule {
    struct list node;  /* In control.removed. */
    struct rule *rule; /* A reference. */
    enum rule_reason reason;
};

enum connection_kind {
    CONNECTION_PRIMARY, /* To a controller. */
    CONNECTION_SERVICE, /* From a listener. */
    CONNECTION_SNOOP,   /* Hears what primary ones say. */
};

/* A connection, as OpenFlow sees it. */
struct connection {
    struct list node; /* In control.connections. */
    struct control *control;
    enum connection_kind kind;
    struct channel *channel;
    enum switch_role role;
    enum packet_in_format packet_in_format;
    bool uses_nxm;      /* NXT_SET_FLOW_FORMAT. */
    bool uses_table_id; /* NXT_FLOW_MOD_TABLE_ID. */
    bool invalid_ttl;   /* Wants packets with invalid TTL. */
    bool enable_async;
    uint16_t miss_send_len;
    uint16_t controller_id;
    struct async_config async;
    bool is_limited; /* Packet-ins take tokens. */
    struct token_bucket packet_ins;
};

/* A controller or listener of the configuration. */
struct endpoint {
    struct list node; /* In control.endpoints. */
    struct control *control;
    char *target;
    enum connection_kind kind; /* Of its connections. */
    bool enable_async;
    int rate_limit, burst_limit;
    struct channel_options options;
    struct connection *connection; /* PRIMARY. */
    struct channel_listener *listener;
    bool is_builtin; /* The management service. */
    bool wanted;     /* Mark while configuring. */
};

struct control {
    struct loop *loop;
    char *name;
    struct pipeline *pipeline;
    struct control_switch ops;
    uint64_t datapath_id;
    uint32_t versions;
    struct switch_desc desc;
    bool fail_secure;
    bool is_configured;      /* The first time is over. */
    struct list endpoints;   /* Of struct endpoint. */
    struct list connections; /* Of struct connection. */
    bool drop_fragments;
    bool has_generation; /* OpenFlow 1.3.5 §6.3.6. */
    uint64_t generation_id;

    bool is_failing_open;
    long long last_admitted_ms; /* Some controller was there. */
    struct loop_timer fail_timer;

    struct loop_latch removed_latch;
    struct mutex mutex;
    struct list removed; /* Of struct removed_rule; under 'mutex'. */
    size_t n_removed;    /* Under 'mutex'. */
};

/* connection.c */
struct connection *connection_create(struct control *, enum connection_kind,
                                     struct channel *,
                                     const struct endpoint *);
void connection_destroy(struct connection *);
const struct channel_observer *connection_observer(struct connection *);
/* Sends whole messages and empties the writer. */
void connection_send(struct connection *, struct writer *);
void connection_send_error(struct connection *, const struct message *,
                           enum ofperr);
/* Whether asynchronous messages of this type and reason are wanted, and there
 * is room. */
bool connection_wants(const struct connection *, enum async_type,
                      unsigned int reason);
/* In which form flows travel. */
enum flow_protocol connection_protocol(const struct connection *);
bool connection_is_up(const struct connection *);

/* fail_mode.c */
/* Rules that the fail mode wants when nobody controls the switch. */
void fail_mode_flushed(struct control *);
void fail_mode_update(struct control *);
void fail_mode_timer(void *control);

/* async.c */
void async_committed(void *control, struct pipeline *, classifier_version,
                     const struct pipeline_change *, size_t n);
/* Tells the controllers that want to know of another's request. */
void async_forward_group_mod(const struct connection *from,
                             const struct group_mod *, uint32_t xid);
void async_forward_meter_mod(const struct connection *from,
                             const struct meter_mod *, uint32_t xid);
/* Sends flow_removed messages that wait. */
void async_send_removed(void *control);

/* A request's handler: replies, or gives the error to send. */
typedef enum ofperr handler(struct connection *, const struct message *);

/* supported.c */
/* An error for actions or fields that the switch cannot do, which it logs.
 * 'is_nested': the list is inside something, as a bucket's. */
enum ofperr check_supported(const struct control *, const struct actions *,
                            bool is_nested) WARN_UNUSED;
/* Bits by enum table_action of those that it refuses in no form. */
uint32_t supported_actions(void);
enum ofperr check_match_supported(const struct control *,
                                  const struct match *) WARN_UNUSED;

/* handle_meter.c */
/* Deletes all meters, with the rules that name them. */
void meters_flush(struct control *);

/* dispatch.c */
void dispatch(struct connection *, const void *data, size_t size);

handler handle_features_request;
handler handle_get_config_request;
handler handle_set_config;
handler handle_flow_mod;
handler handle_flow_stats;
handler handle_aggregate_stats;
handler handle_table_stats;
handler handle_table_features;
handler handle_table_desc;
handler handle_table_mod;
handler handle_desc_stats;
handler handle_queue_stats;
handler handle_queue_config;
handler handle_group_list;
handler handle_group_mod;
handler handle_meter_mod;
handler handle_group_features;
handler handle_meter_list;
handler handle_meter_features;
handler handle_port_desc;
handler handle_port_stats;
handler handle_port_mod;
handler handle_packet_out;
handler handle_barrier;
handler handle_role_request;
handler handle_get_async;
handler handle_set_async;
handler handle_set_flow_format;
handler handle_flow_mod_table_id;
handler handle_set_packet_in_format;
handler handle_set_controller_id;
