/* Groups of a pipeline: OpenFlow 1.3.5 §5.6, 1.5 §5.10.
 *
 * As rules, groups are versioned and constant once they are in: a change puts
 * a new group in the place of the old one.  Counters of buckets that stay are
 * shared.  Whoever takes part in RCU may read a group that
 * pipeline_find_group() gave until its next quiescent state. */

#pragma once

#include "base/list.h"
#include "openflow/message/group.h"
#include "switch/pipeline/rule.h"

enum { GROUP_MAX_HASH_VALUES = 256 };

/* How a select group chooses a bucket. */
enum group_choice {
    GROUP_CHOICE_HASH,    /* By all that tells flows apart. */
    GROUP_CHOICE_FIELDS,  /* By the fields of the description. */
    GROUP_CHOICE_DP_HASH, /* By the hash that the datapath makes. */
};

struct group {
    struct group_desc desc;
    struct rule_counters *counters;         /* A reference. */
    struct rule_counters **bucket_counters; /* References; one a bucket. */
    long long created_ms;
    enum group_choice choice;
    bool is_symmetric; /* DP_HASH: both directions of a connection hash
                               * alike. */
    uint32_t hash_basis;
    uint32_t n_hash_values; /* DP_HASH: a power of two. */
    uint16_t *hash_map;     /* DP_HASH: the bucket's index by hash value. */

    struct list node;     /* In the pipeline's list; the writer's. */
    uint64_t added, gone; /* Versions [added, gone); 'gone' is atomic. */
};

/* A group and how many rules name it. */
struct group_info {
    const struct group *group;
    uint32_t n_rules;
    const struct rule *last_rule; /* While counting. */
};

typedef VEC(struct group_info) group_info_vec;

/* One that nobody sees; the description is copied.  'old', if not NULL, is
 * what it is a version of: buckets with the same number share counters if
 * 'keep_counters'. */
struct group *group_create(const struct group_desc *, const struct group *old,
                           bool keep_counters, long long now_ms);
/* Frees at once, as from rcu_postpone(). */
void group_destroy(void *);
