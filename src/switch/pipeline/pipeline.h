/* The flow tables of one bridge.
 *
 * Readers (translation) look up at a version, without locks.  Writers make
 * changes inside an update: begin, any number of flow_mods, then commit, which
 * makes all of them visible at once under a new version, or revert, which
 * leaves no trace.  A single flow_mod is an update of one; a bundle is an
 * update of many.  Observers hear of a commit once, with all its changes,
 * after the lock is released and in the thread that committed.
 *
 * Threads: an update belongs to one thread and excludes others; every other
 * function may be called by any thread that takes part in RCU. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "net/classify/classifier.h"
#include "net/flow/match.h"
#include "openflow/wire/ofperr.h"
#include "switch/pipeline/group.h"
#include "switch/pipeline/meter.h"
#include "switch/pipeline/rule.h"

struct pipeline;
struct pipeline_update;

enum {
    PIPELINE_N_TABLES = 255,
    PIPELINE_TABLE_INTERNAL = 254, /* Hidden: recirculation and the like. */
    PIPELINE_TABLE_ALL = 255,      /* In requests that may name all. */
    PIPELINE_DEFAULT_PRIORITY = 32768,
};

/* What a table does with packets that no rule matches. */
enum pipeline_miss {
    PIPELINE_MISS_DEFAULT,    /* By OpenFlow version: controller in 1.0 to
                               * 1.2, drop from 1.3 on. */
    PIPELINE_MISS_CONTROLLER, /* OFPTC11_TABLE_MISS_CONTROLLER. */
    PIPELINE_MISS_CONTINUE,   /* Next table. */
    PIPELINE_MISS_DROP,
};

struct pipeline_table_config {
    const char *name;     /* NULL: none.  Copied. */
    uint32_t max_flows;   /* UINT32_MAX: no limit. */
    bool evict;           /* Make room by eviction instead of refusing. */
    bool vacancy_events;  /* OpenFlow 1.4 §7.3.4.4. */
    uint8_t vacancy_down; /* Per cent. */
    uint8_t vacancy_up;
    enum pipeline_miss miss;
    const struct subfield *eviction_fields; /* Groups; 'n_...'. */
    size_t n_eviction_fields;
    const enum field_id *prefix_fields; /* NULL: the default. */
    size_t n_prefix_fields;
};

struct pipeline_table_stats {
    uint64_t n_active; /* Hidden rules not counted. */
    uint64_t n_lookup;
    uint64_t n_matched;
};

enum pipeline_command {
    PIPELINE_ADD,
    PIPELINE_MODIFY,
    PIPELINE_MODIFY_STRICT,
    PIPELINE_DELETE,
    PIPELINE_DELETE_STRICT,
};

/* A flow_mod: OpenFlow 1.3.5 §7.3.4.1.  All is borrowed. */
struct pipeline_flow_mod {
    enum pipeline_command command;
    const struct match *match;
    int priority;     /* Above UINT16_MAX: a hidden rule. */
    uint8_t table_id; /* PIPELINE_TABLE_ALL: all (modify, delete), or the
                          * first (add). */
    be64 cookie;      /* Must equal under the mask, if that is nonzero. */
    be64 cookie_mask;
    be64 new_cookie;
    bool modify_cookie; /* MODIFY: sets the cookie of what it finds,
                        * unless 'new_cookie' is all ones. */
    uint16_t idle_timeout;
    uint16_t hard_timeout;
    uint16_t importance;
    uint16_t flags;                /* RULE_*. */
    uint32_t out_port;             /* OFPP_NONE: any. */
    uint32_t out_group;            /* UINT32_MAX: any. */
    const struct actions *actions; /* ADD, MODIFY. */
    enum rule_reason delete_reason;
    const void *cause; /* The connection that asked, for observers. */
    uint32_t xid;      /* Of the request. */
};

/* A group_mod: OpenFlow 1.5.1 §7.3.4.3.  All is borrowed. */
struct pipeline_group_mod {
    const struct group_mod *mod;
    const void *cause; /* As above. */
    uint32_t xid;
};

/* One effect of a commit. */
enum pipeline_change_type {
    PIPELINE_CHANGE_ADDED,
    PIPELINE_CHANGE_MODIFIED, /* 'old' gave way to 'rule'. */
    PIPELINE_CHANGE_REMOVED,  /* 'rule' is what was there. */
};

struct pipeline_change {
    enum pipeline_change_type type;
    struct rule *rule;       /* A reference, for the time of the call. */
    struct rule *old;        /* MODIFIED: likewise, else NULL. */
    enum rule_reason reason; /* REMOVED. */
    bool actions_changed;    /* MODIFIED. */
    bool cookie_changed;
    bool is_add; /* MODIFIED by an ADD over it. */
    const void *cause;
    uint32_t xid;
};

struct pipeline_observer {
    /* Version 'version' is visible. */
    void (*committed)(void *aux, struct pipeline *, classifier_version version,
                      const struct pipeline_change *, size_t n);
    /* A rule now expires earlier than pipeline_next_expiry() said; NULL if
     * nobody cares. */
    void (*expiry_changed)(void *aux, struct pipeline *);
    /* In the same version, group 'id' came, went or changed; or NULL. */
    void (*group_changed)(void *aux, struct pipeline *, uint32_t id);
    void *aux;
};

struct pipeline *pipeline_create(void);
/* Nobody may hold the pipeline any more; rules go without notice.  The meters
 * must have been deleted. */
void pipeline_destroy(struct pipeline *);
/* Adds a copy; before the pipeline is in use by several threads. */
void pipeline_add_observer(struct pipeline *,
                           const struct pipeline_observer *);

/* The version that readers should use. */
classifier_version pipeline_version(const struct pipeline *);
/* The rule of highest priority, or NULL; bits looked at are added to '*maskp'
 * if it is not NULL. */
const struct rule *pipeline_lookup(const struct pipeline *, classifier_version,
                                   uint8_t table_id, const struct flow *,
                                   struct flow_mask *maskp);
/* The group, or NULL. */
const struct group *pipeline_find_group(const struct pipeline *,
                                        classifier_version, uint32_t id);
/* An error if the actions name a group or meter that does not exist. */
enum ofperr pipeline_check_references(const struct pipeline *,
                                      classifier_version,
                                      const struct actions *) WARN_UNUSED;
/* Appends the group 'id', or all for GROUP_ALL, by number.  They stay until
 * the caller's next quiescent state; the caller uninits the vector. */
void pipeline_collect_groups(const struct pipeline *, uint32_t id,
                             group_info_vec *);
/* Counts lookups for table statistics; any thread. */
void pipeline_count_lookups(struct pipeline *, uint8_t table_id,
                            uint64_t n_matched, uint64_t n_missed);
size_t pipeline_n_rules(const struct pipeline *, uint8_t table_id);

void pipeline_set_table(struct pipeline *, uint8_t table_id,
                        const struct pipeline_table_config *);
/* What table_mod sets, besides the configuration: stays when that changes. */
void pipeline_set_table_miss(struct pipeline *, uint8_t table_id,
                             enum pipeline_miss);
void pipeline_set_table_eviction(struct pipeline *, uint8_t table_id,
                                 bool evict);
/* Whether pipeline_set_table_eviction() said so. */
bool pipeline_table_eviction(const struct pipeline *, uint8_t table_id);
enum pipeline_miss pipeline_table_miss(const struct pipeline *,
                                       uint8_t table_id);
/* "" if it has none.  Valid until the next pipeline_set_table(). */
const char *pipeline_table_name(const struct pipeline *, uint8_t table_id);
uint32_t pipeline_table_max_flows(const struct pipeline *, uint8_t table_id);
bool pipeline_table_evicts(const struct pipeline *, uint8_t table_id);
void pipeline_get_table_stats(const struct pipeline *, uint8_t table_id,
                              struct pipeline_table_stats *);

/* Starts an update; waits for others'. */
struct pipeline_update *pipeline_begin(struct pipeline *,
                                       long long now_ms) WARN_UNUSED;
/* Does one flow_mod inside the update.  After an error the update holds what
 * the successful ones did: revert it, or commit without this one. */
enum ofperr pipeline_apply(struct pipeline_update *,
                           const struct pipeline_flow_mod *) WARN_UNUSED;
/* The same for a group_mod.  'gm->desc' is copied. */
enum ofperr
pipeline_apply_group(struct pipeline_update *,
                     const struct pipeline_group_mod *) WARN_UNUSED;
/* Publishes and ends the update; returns the version. */
classifier_version pipeline_commit(struct pipeline_update *);
void pipeline_revert(struct pipeline_update *);
/* An update of one flow_mod. */
enum ofperr pipeline_flow_mod(struct pipeline *,
                              const struct pipeline_flow_mod *,
                              long long now_ms) WARN_UNUSED;
enum ofperr pipeline_group_mod(struct pipeline *,
                               const struct pipeline_group_mod *,
                               long long now_ms) WARN_UNUSED;
/* Removes all rules, hidden ones only if 'hidden', with 'reason', and then all
 * groups. */
void pipeline_flush(struct pipeline *, bool hidden, enum rule_reason reason);

/* Which rules a request means: flow and aggregate statistics, monitors. */
struct pipeline_query {
    uint8_t table_id;          /* Or PIPELINE_TABLE_ALL: not the internal. */
    const struct match *match; /* Rules that it covers; NULL: all. */
    int priority;              /* 'strict' only. */
    bool strict;
    bool hidden; /* Hidden rules and the internal table too. */
    be64 cookie;
    be64 cookie_mask;
    uint32_t out_port;  /* OFPP_NONE: any. */
    uint32_t out_group; /* UINT32_MAX: any. */
};

struct rule_vec {
    struct rule **items; /* References. */
    size_t n;
    size_t capacity;
};

/* Rules by table and within it in no particular order.  The caller frees with
 * rule_vec_uninit(). */
void pipeline_collect(const struct pipeline *, const struct pipeline_query *,
                      struct rule_vec *);
void rule_vec_uninit(struct rule_vec *);

/* When a rule may expire next, given what its counters say; LLONG_MAX if none
 * can. */
long long pipeline_next_expiry(const struct pipeline *);
/* Whether a rule that is due at 'now_ms' is so for idleness: its counters must
 * be brought up to date before pipeline_expire(). */
bool pipeline_expiry_needs_counters(const struct pipeline *, long long now_ms);
/* Removes rules whose time is over. */
void pipeline_expire(struct pipeline *, long long now_ms);

/* Whether table 'table_id' may be named in a flow_mod of a controller. */
static inline bool
pipeline_table_is_visible(uint8_t table_id)
{
    return table_id < PIPELINE_TABLE_INTERNAL;
}

/* As pipeline_flow_mod() of a MODIFY_STRICT in the name of the action "learn":
 * a rule that is there with the same contents only has its time renewed.
 * With 'limit' not 0, a new rule is not added if so many rules of the table
 * have the cookie; '*addedp' says whether the rule is there. */
enum ofperr pipeline_learn(struct pipeline *, const struct pipeline_flow_mod *,
                           uint32_t limit, long long now_ms,
                           bool *addedp) WARN_UNUSED;
/* Action "fin_timeout": makes the rule's timeouts at most so long; 0: leaves
 * that one. */
void pipeline_reduce_timeouts(struct pipeline *, const struct rule *,
                              uint16_t idle, uint16_t hard);
/* Forgets the observer whose 'aux' it is. */
void pipeline_remove_observer(struct pipeline *, const void *aux);
