/* What the files of this module share. */

#pragma once

#include "base/bitmap.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "net/classify/rcu_index.h"
#include "switch/pipeline/group.h"
#include "switch/pipeline/pipeline.h"
#include "sys/thread/mutex.h"

struct pipeline_table {
    struct classifier cls;
    char *name;              /* NULL: none. */
    uint32_t max_flows;      /* UINT32_MAX: no limit. */
    bool evict;              /* At the limit: evict instead of refusing. */
    bool evict_by_mod;       /* The same, by a table_mod; atomic. */
    enum pipeline_miss miss; /* Atomic. */
    struct subfield *eviction_fields;
    size_t n_eviction_fields;
    size_t n_rules;     /* Without hidden ones; the writer's. */
    uint64_t n_matched; /* Atomic. */
    uint64_t n_missed;  /* Atomic. */
};

/* One step of an update, kept to be told or undone. */
struct pipeline_op {
    enum pipeline_change_type type;
    struct rule *rule; /* The table's reference; REMOVED: see 'old'. */
    struct rule *old;  /* What gave way: MODIFIED and REMOVED. */
    enum rule_reason reason;
    bool is_add;
    const void *cause;
    uint32_t xid;
};

/* The same for groups: 'group' comes, 'old' goes; either may be NULL. */
struct pipeline_group_op {
    struct group *group;
    struct group *old;
};

struct pipeline_update {
    struct pipeline *pipeline;
    long long now_ms;
    classifier_version version;                 /* To be published. */
    BITMAP_DECLARE(touched, PIPELINE_N_TABLES); /* Tables deferred. */

    struct {
        struct pipeline_op *items;
        size_t n, capacity;
    } ops;

    struct {
        struct pipeline_group_op *items;
        size_t n, capacity;
    } group_ops;
};

struct pipeline {
    struct mutex mutex; /* Held by the update in progress. */
    struct pipeline_table tables[PIPELINE_N_TABLES];
    classifier_version version; /* Atomic. */
    struct hmap actions;        /* Of struct rule_actions; actions_mutex. */
    struct mutex actions_mutex;
    struct rcu_index group_index; /* Of struct group, by number. */
    struct list groups;           /* The same, the writer's. */
    struct rcu_index meter_index; /* Of meters, by number. */
    struct list meters;           /* The same, the writer's. */
    struct list referrers;        /* Rules that name groups or meters; the
                                   * writer's. */
    struct heap expiry;           /* Of rules with timeouts, soonest on top. */
    long long next_expiry;        /* Atomic: of the top; LLONG_MAX: none. */

    struct {
        struct pipeline_observer *items;
        size_t n, capacity;
    } observers;
};

/* rule.c */
struct rule *rule_create(struct pipeline *, const struct match *, int priority,
                         const struct actions *);
void rule_actions_unref(struct pipeline *, struct rule_actions *);

/* expiry.c */
/* When the rule's time is over by what its counters say; LLONG_MAX: never. */
long long pipeline_rule_deadline(const struct rule *);
void pipeline_expiry_add(struct pipeline *, struct rule *);
void pipeline_expiry_remove(struct pipeline *, struct rule *);
/* Recomputes next_expiry; true if it came nearer. */
bool pipeline_expiry_update(struct pipeline *);

/* group.c */
uint32_t pipeline_group_hash(uint32_t id);
bool pipeline_group_is_visible(const struct group *, classifier_version);

/* group_update.c */
/* Deletes the group, or all for GROUP_ALL, and the rules that name it. */
void pipeline_update_delete_groups(struct pipeline_update *, uint32_t id,
                                   const void *cause, uint32_t xid);
/* Forgets the groups that went; then, without the lock, tells observers. */
void pipeline_groups_committed(struct pipeline_update *);
void pipeline_groups_tell(struct pipeline_update *);
void pipeline_groups_reverted(struct pipeline_update *);

/* update.c */
/* Commits, or reverts if there is an error, which it returns. */
enum ofperr pipeline_end(struct pipeline_update *, enum ofperr);
void pipeline_update_remove(struct pipeline_update *, struct rule *,
                            enum rule_reason, const void *cause, uint32_t xid);

/* query.c */
/* Rules that 'q' means in 'version', without references. */
void pipeline_find_rules(const struct pipeline *,
                         const struct pipeline_query *, classifier_version,
                         struct rule_vec *);
