/* Rules of classifiers. */

#include <string.h>

#include "net/classify/classifier_private.h"

void
classifier_rule_init(struct classifier_rule *rule, const struct match *match,
                     int priority)
{
    rule->priority = priority;
    rule->entry = NULL;
    packed_match_init(&rule->match, match);
}

void
classifier_rule_init_packed(struct classifier_rule *rule,
                            const struct packed_match *match, int priority)
{
    rule->priority = priority;
    rule->entry = NULL;
    packed_match_clone(&rule->match, match);
}

void
classifier_rule_uninit(struct classifier_rule *rule)
{
    assert(!rule->entry);
    packed_match_uninit(&rule->match);
}

void
classifier_rule_clone(struct classifier_rule *dst,
                      const struct classifier_rule *src)
{
    classifier_rule_init_packed(dst, &src->match, src->priority);
}

bool
classifier_rule_equal(const struct classifier_rule *a,
                      const struct classifier_rule *b)
{
    return a->priority == b->priority
           && packed_match_equal(&a->match, &b->match);
}

uint32_t
classifier_rule_hash(const struct classifier_rule *rule, uint32_t basis)
{
    return packed_match_hash(&rule->match, basis + rule->priority);
}

void
classifier_rule_format(const struct classifier_rule *rule, struct str *s)
{
    struct match match;
    packed_match_expand(&rule->match, &match);
    match_format(&match, rule->priority, NULL, s);
}

bool
classifier_rule_is_visible(const struct classifier_rule *rule,
                           classifier_version version)
{
    const struct classifier_entry *entry =
        __atomic_load_n(&rule->entry, __ATOMIC_ACQUIRE);
    return entry && entry_is_visible(entry, version);
}

void
classifier_make_invisible(struct classifier_rule *rule,
                          classifier_version version)
{
    __atomic_store_n(&rule->entry->remove_version, version, __ATOMIC_RELAXED);
}

void
classifier_restore_visibility(struct classifier_rule *rule)
{
    __atomic_store_n(&rule->entry->remove_version,
                     CLASSIFIER_VERSION_NOT_REMOVED, __ATOMIC_RELAXED);
}
