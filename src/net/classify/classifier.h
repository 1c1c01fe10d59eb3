/* The OpenFlow classifier: finds the rule of highest priority that a flow
 * meets, and which bits of the flow decided.
 *
 * Tuple-space search: rules with the same mask are in one subtable, a hash
 * table in up to four stages (metadata, L2, L3, L4), so that a lookup that
 * fails early looks at few bits.  Prefix tries tell of how many bits of an
 * address or port must be looked at to rule subtables out.
 *
 * Rules are versioned: a rule is visible to lookups in versions [add,
 * remove), so that a table changes at once for readers although rules are
 * added and removed one by one.
 *
 * Threads: one writer; any number of readers that take part in RCU (sys/
 * thread/rcu.h).  A rule's memory must outlive a grace period after its
 * removal: rcu_postpone(). */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/list.h"
#include "net/classify/packed_match.h"
#include "net/flow/field.h"
#include "net/flow/match.h"

enum {
    CLASSIFIER_MAX_TRIES = 4, /* Fields with prefix tries. */
    CLASSIFIER_PRIORITY_MIN = INT32_MIN,
};

/* A generation of the tables' contents. */
typedef uint64_t classifier_version;

#define CLASSIFIER_VERSION_MIN         UINT64_C(1)
#define CLASSIFIER_VERSION_MAX         (UINT64_MAX - 1) /* Sees all not removed. */
#define CLASSIFIER_VERSION_NOT_REMOVED UINT64_MAX

struct classifier_entry;
struct classifier_impl;

/* Embedded in the user's rule.  Constant while in a classifier. */
struct classifier_rule {
    int priority;
    struct packed_match match;
    struct classifier_entry *entry; /* NULL while in no classifier. */
};

/* Takes a copy of 'match'. */
void classifier_rule_init(struct classifier_rule *, const struct match *,
                          int priority);
void classifier_rule_init_packed(struct classifier_rule *,
                                 const struct packed_match *, int priority);
/* The rule must not be in a classifier. */
void classifier_rule_uninit(struct classifier_rule *);
void classifier_rule_clone(struct classifier_rule *dst,
                           const struct classifier_rule *src);
bool classifier_rule_equal(const struct classifier_rule *,
                           const struct classifier_rule *);
uint32_t classifier_rule_hash(const struct classifier_rule *, uint32_t basis);
/* "priority=1,tcp,..." */
void classifier_rule_format(const struct classifier_rule *, struct str *);
/* Whether the rule is of a classifier and visible in 'version'. */
bool classifier_rule_is_visible(const struct classifier_rule *,
                                classifier_version version);

struct classifier {
    struct classifier_impl *impl;
};

/* 'fields' are those to keep tries for, 'n' at most CLASSIFIER_MAX_TRIES;
 * NULL: ip_dst, ip_src, ipv6_dst, ipv6_src.  Ports have one always. */
void classifier_init(struct classifier *, const enum field_id *fields,
                     size_t n);
/* The rules must have been removed. */
void classifier_uninit(struct classifier *);
/* Changes the tried fields; true if this changed something.  Readers may
 * look up meanwhile. */
bool classifier_set_prefix_fields(struct classifier *,
                                  const enum field_id *fields, size_t n);
/* Up to CLASSIFIER_MAX_TRIES fields; returns how many. */
size_t classifier_get_prefix_fields(const struct classifier *,
                                    enum field_id *fields);
/* Whether a field may have a trie: up to 128 bits, maskable, in the flow at a
 * 32-bit boundary. */
bool classifier_field_can_prefix(enum field_id);

size_t classifier_count(const struct classifier *);
bool classifier_is_empty(const struct classifier *);

/* Adds a rule, visible from 'version' on.  The rule is the user's; it must
 * stay as long as it is in.  There must not be an equal one that is visible
 * in 'version'. */
void classifier_insert(struct classifier *, struct classifier_rule *,
                       classifier_version version);
/* The same, but an equal rule that is there is taken out, and returned. */
struct classifier_rule *classifier_replace(struct classifier *,
                                           struct classifier_rule *,
                                           classifier_version version);
/* Makes the rule invisible from 'version' on; it stays in. */
void classifier_make_invisible(struct classifier_rule *,
                               classifier_version version);
/* Undoes that. */
void classifier_restore_visibility(struct classifier_rule *);
/* Takes the rule out; it may be in use by readers until a grace period has
 * passed.  True if it was in. */
bool classifier_remove(struct classifier *, struct classifier_rule *);

/* While deferred, many changes cost less, and lookups may visit subtables in
 * a less good order; publish ends it. */
void classifier_defer(struct classifier *);
void classifier_publish(struct classifier *);

/* The rule of highest priority that 'flow' meets in 'version', or NULL.  If
 * 'maskp' is not NULL, the bits looked at are added to it. */
const struct classifier_rule *classifier_lookup(const struct classifier *,
                                                classifier_version version,
                                                const struct flow *flow,
                                                struct flow_mask *maskp);

/* The rule that equals match and priority and is visible in 'version'. */
const struct classifier_rule *
classifier_find_exact(const struct classifier *, const struct match *,
                      int priority, classifier_version version);
const struct classifier_rule *
classifier_find_rule_exact(const struct classifier *,
                           const struct classifier_rule *,
                           classifier_version version);
/* Whether a visible rule of the same priority and another match could meet a
 * flow that 'rule' meets. */
bool classifier_overlaps(const struct classifier *,
                         const struct classifier_rule *,
                         classifier_version version);

/* Iteration, by the writer's thread, over the rules that 'target' covers (each
 * flow of theirs meets it) and that are visible in 'version'; 'target' NULL:
 * all.  Removing the current rule is allowed. */
struct classifier_cursor {
    const struct classifier *cls;
    const struct match *target;
    classifier_version version;
    void *subtable;
    void *entry;
    struct classifier_rule *rule;
};

struct classifier_rule *classifier_cursor_first(struct classifier_cursor *,
                                                const struct classifier *,
                                                const struct match *target,
                                                classifier_version version);
struct classifier_rule *classifier_cursor_next(struct classifier_cursor *);

#define CLASSIFIER_FOR_EACH_TARGET(rule_, cursor, cls, target, version)   \
    for ((rule_) = classifier_cursor_first(cursor, cls, target, version); \
         (rule_); (rule_) = classifier_cursor_next(cursor))

/* Numbers for coverage and tests. */
size_t classifier_n_subtables(const struct classifier *);
