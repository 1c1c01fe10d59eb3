/* Translation: what the tables say about a flow, as datapath actions.
 *
 * translate() is a function: of the configuration, the tables at a version,
 * the MAC table and the flow.  What should happen besides forwarding comes
 * back as effects, in order.  For a packet they take effect at once, so that
 * it meets what it taught itself; without one, as in revalidation, nothing
 * changes.  What it looked at comes back in two forms: as a mask over the
 * flow, and as the objects that it depended on. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/str.h"
#include "base/writer.h"
#include "net/classify/classifier.h"
#include "net/flow/flow.h"
#include "switch/l2/mac_table.h"
#include "switch/translate/forwarding.h"

struct actions;
struct freezer;
struct packet;
struct rule;
struct trace;

enum {
    TRANSLATE_MAX_DEPTH = 64,           /* Nested resubmits. */
    TRANSLATE_MAX_RESUBMITS = 64 * 64,  /* In all. */
    TRANSLATE_MAX_ACTIONS_SIZE = 65536, /* Bytes of datapath actions. */
    TRANSLATE_MAX_STACK = 65536,        /* Bytes pushed. */
};

/* Why translation failed; the packet is dropped. */
enum translate_error {
    TRANSLATE_OK,
    TRANSLATE_BRIDGE_NOT_FOUND,
    TRANSLATE_RECURSION_TOO_DEEP,
    TRANSLATE_TOO_MANY_RESUBMITS,
    TRANSLATE_STACK_TOO_DEEP,
    TRANSLATE_NO_RECIRCULATION_CONTEXT,
    TRANSLATE_RECIRCULATION_CONFLICT,
    TRANSLATE_TOO_MANY_MPLS_LABELS,
    TRANSLATE_INVALID_TUNNEL_METADATA,
    TRANSLATE_UNSUPPORTED_PACKET_TYPE,
    TRANSLATE_CONGESTION_DROP,
    TRANSLATE_FORWARDING_DISABLED,
    TRANSLATE_N_ERRORS,
};

/* Text for people: "Recursion too deep". */
const char *translate_error_text(enum translate_error);

/* Reasons of packet-ins: OFPR_* of OpenFlow 1.5.1 §7.4.1, then those that say
 * more than "no match" (0), which they are on the wire of 1.0 to 1.3. */
enum translate_packet_in_reason {
    TRANSLATE_REASON_NO_MATCH = 0,
    TRANSLATE_REASON_ACTION = 1,
    TRANSLATE_REASON_INVALID_TTL = 2,
    TRANSLATE_REASON_ACTION_SET = 3,
    TRANSLATE_REASON_GROUP = 4,
    TRANSLATE_REASON_PACKET_OUT = 5,
    TRANSLATE_REASON_EXPLICIT_MISS = 6, /* By a table-miss rule. */
    TRANSLATE_REASON_IMPLICIT_MISS = 7, /* No rule at all. */
};

/* Why packets of the flow must all go through userspace: bits. */
enum {
    TRANSLATE_SLOW_CFM = 1 << 0,
    TRANSLATE_SLOW_BFD = 1 << 1,
    TRANSLATE_SLOW_LACP = 1 << 2,
    TRANSLATE_SLOW_STP = 1 << 3,
    TRANSLATE_SLOW_LLDP = 1 << 4,
    TRANSLATE_SLOW_ACTION = 1 << 5, /* The datapath lacks an action. */
    TRANSLATE_SLOW_MATCH = 1 << 6,  /* The datapath lacks a match. */
};

/* What happens besides forwarding. */
enum translate_effect_type {
    TRANSLATE_LEARN_MAC,
    TRANSLATE_LEARN_FLOW,
    TRANSLATE_FIN_TIMEOUT,
};

struct pipeline_flow_mod;
struct translate_learned_flow;

struct translate_effect {
    enum translate_effect_type type;
    struct pipeline *pipeline;   /* LEARN_FLOW, FIN_TIMEOUT. */
    struct mac_table *mac_table; /* LEARN_MAC. */
    /* LEARN_MAC: of the table when it was translated.  What was true before a
     * flush is not learned after it. */
    uint64_t mac_generation;

    union {
        struct mac_table_frame mac;          /* LEARN_MAC. */
        struct translate_learned_flow *flow; /* LEARN_FLOW; owned. */

        struct {
            struct rule *rule;   /* A reference. */
            uint16_t idle, hard; /* Seconds. */
        } fin;                   /* FIN_TIMEOUT. */
    } u;
};

/* What the result depends on. */
enum translate_dep_type {
    TRANSLATE_DEP_TABLE, /* A lookup in a flow table. */
    TRANSLATE_DEP_MAC,   /* A lookup in, or learning by, a MAC table. */
    TRANSLATE_DEP_GROUP, /* A group, or that it is not there. */
};

/* One word of the flow that differed at the time of a lookup from the flow
 * that came in. */
struct translate_delta {
    uint16_t word;
    uint64_t value;
};

struct translate_dep {
    enum translate_dep_type type;
    uint8_t table_id;            /* TABLE. */
    int priority;                /* TABLE: of the rule found, or INT_MIN. */
    struct pipeline *pipeline;   /* TABLE, GROUP. */
    uint32_t group_id;           /* GROUP. */
    struct mac_table *mac_table; /* MAC. */
    uint16_t vlan;               /* MAC. */
    struct eth_addr mac;         /* MAC. */
    uint32_t first_delta;        /* TABLE: in struct translation.deltas. */
    uint32_t n_deltas;
};

/* Counters to credit for each packet of the flow. */
struct translate_credit {
    const struct rule *rule;        /* NULL: a table miss. */
    struct pipeline *pipeline;      /* NULL: 'port' counts, no lookup. */
    uint8_t table_id;               /* Where it was looked up. */
    struct rule_counters *counters; /* Of a patch port, a group, a bucket;
                                     * the snapshot's. */
};

struct translate_request {
    const struct forwarding *forwarding;
    const struct forwarding_bridge *bridge; /* NULL: by flow->recirc_id. */
    struct freezer *freezer;
    const struct flow *flow;     /* in_port is an OpenFlow port. */
    const struct packet *packet; /* NULL if there is none. */
    long long now_ms;
    bool apply_effects;  /* At once, as for a packet. */
    uint16_t tcp_flags;  /* Of the packets, host order. */
    struct trace *trace; /* NULL: no trace. */
    /* For packet-outs: these actions instead of a table lookup. */
    const struct actions *actions;
    const struct rule *rule;    /* Start with this rule; or NULL. */
    classifier_version version; /* Of the first bridge's tables; 0: now. */
};

/* A result.  Reuse saves allocations: translate() clears it first. */
struct translation {
    enum translate_error error;
    const struct forwarding_bridge *bridge;
    struct writer actions;     /* Datapath actions; empty: drop. */
    struct flow_mask mask;     /* For a datapath flow. */
    struct flow_mask megaflow; /* The same as traces print it. */
    struct flow_mask looked;   /* The same with the pipeline's own fields. */
    unsigned int slow;         /* TRANSLATE_SLOW_*. */
    bool avoid_caching;        /* Must not become a datapath flow. */
    uint32_t nf_output;        /* OpenFlow port that NetFlow reports. */
    struct flow final;         /* The flow when it left the pipeline. */

    struct {
        struct translate_effect *items;
        size_t n, capacity;
    } effects;

    struct {
        struct translate_dep *items;
        size_t n, capacity;
    } deps;

    struct {
        struct translate_delta *items;
        size_t n, capacity;
    } deltas;

    struct {
        struct translate_credit *items;
        size_t n, capacity;
    } credits;

    struct {
        uint32_t *items;
        size_t n, capacity;
    } frozen;                /* IDs that the actions name; references. */
    struct freezer *freezer; /* Of 'frozen'. */
};

void translation_init(struct translation *);
/* Frees all, gives back the references in 'frozen'. */
void translation_uninit(struct translation *);
/* Translates.  The rules that the result names are valid until the thread's
 * next quiescent state. */
void translate(const struct translate_request *, struct translation *);

/* The only action of a datapath flow whose packets must come up. */
void translate_put_slow_path(struct writer *, unsigned int slow);

void translate_effect_clone(struct translate_effect *dst,
                            const struct translate_effect *src);
void translate_effect_uninit(struct translate_effect *);
void translate_effect_apply(const struct translate_effect *, long long now_ms);
/* Credits rules and tables with packets. */
void translate_credit(const struct translation *, uint64_t n_packets,
                      uint64_t n_bytes, long long used_ms);
