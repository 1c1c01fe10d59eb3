/* A flow entry: what it matches, what it does, for how long, and its counters.
 *
 * A rule is constant once it is in a table, except for its counters: to change
 * actions or a cookie, the pipeline puts a new rule in its place, which shares
 * the old one's counters.  Whoever takes part in RCU may read rules that a
 * lookup gave until its next quiescent state; whoever needs them longer takes
 * a reference. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/be.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "net/classify/classifier.h"

struct actions;
struct pipeline;

/* Actions, shared by all rules of a pipeline that have the same ones. */
struct rule_actions {
    struct hmap_node node;   /* In the pipeline's set. */
    unsigned int n_refs;     /* Atomic. */
    bool refers;             /* To a group or meter. */
    struct actions *actions; /* Owned; constant. */
};

/* Counters that survive a rule's replacement by a changed one.  Atomic. */
struct rule_counters {
    unsigned int n_refs;
    uint64_t n_packets;
    uint64_t n_bytes;
    long long used_ms; /* clock_msec() of the last packet, or of creation. */
};

/* struct rule.flags; the first five are OpenFlow's bits (1.3.5 §7.3.4.1). */
enum {
    RULE_SEND_FLOW_REM = 1 << 0,
    RULE_CHECK_OVERLAP = 1 << 1, /* Of a request; rules don't keep it. */
    RULE_RESET_COUNTS = 1 << 2,
    RULE_NO_PKT_COUNTS = 1 << 3,
    RULE_NO_BYT_COUNTS = 1 << 4,
    RULE_HIDDEN_FIELDS = 1 << 5, /* Request only. */
    RULE_NO_READONLY = 1 << 6,   /* Request only: may write internal tables. */
};

/* Why a rule went away: OpenFlow 1.5.1 §7.4.2, as on the wire. */
enum rule_reason {
    RULE_IDLE_TIMEOUT = 0,
    RULE_HARD_TIMEOUT = 1,
    RULE_DELETE = 2,
    RULE_GROUP_DELETE = 3,
    RULE_METER_DELETE = 4,
    RULE_EVICTION = 5,
};

struct rule {
    struct classifier_rule cr;      /* Match and priority. */
    struct rule_actions *actions;   /* A reference. */
    struct rule_counters *counters; /* A reference. */
    be64 cookie;
    long long created_ms;  /* For durations. */
    long long modified_ms; /* For the hard timeout. */
    uint16_t idle_timeout; /* Seconds; 0: none. */
    uint16_t hard_timeout;
    uint16_t importance;
    uint8_t flags; /* RULE_*. */
    uint8_t table_id;
    bool removed;                 /* Not in its table any more; atomic. */
    uint32_t n_refs;              /* Atomic; private, as what follows. */
    struct heap_node expiry_node; /* In the pipeline's heap if it expires. */
    struct list referrer_node;    /* In the pipeline's list if its actions
                                   * refer to a group or meter. */
    struct pipeline *pipeline;    /* Whose actions it refers to. */
};

/* A snapshot of the counters. */
struct rule_stats {
    uint64_t n_packets;
    uint64_t n_bytes;
    long long used_ms;
};

static inline bool
rule_is_hidden(const struct rule *rule)
{
    return rule->cr.priority > UINT16_MAX;
}

struct rule *rule_ref(const struct rule *);
/* Frees the rule after a grace period when nobody refers to it; NULL is
 * legal. */
void rule_unref(struct rule *);

void rule_get_stats(const struct rule *, struct rule_stats *);
/* Counters of their own, of patch ports for example; one reference. */
struct rule_counters *rule_counters_create(long long now_ms);
void rule_counters_get(const struct rule_counters *, struct rule_stats *);
/* Counts packets last seen at 'used_ms'; any thread. */
void rule_counters_credit(struct rule_counters *, uint64_t n_packets,
                          uint64_t n_bytes, long long used_ms);
struct rule_counters *rule_counters_ref(struct rule_counters *);
void rule_counters_unref(struct rule_counters *);
