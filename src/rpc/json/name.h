/* Names of members, shared by reference: a few names come again and again. */

#pragma once

#include <stddef.h>

#include "base/compiler.h"

/* A new name with one reference. */
const char *json_name_create(const char *text, size_t len) WARN_UNUSED;
const char *json_name_ref(const char *name) WARN_UNUSED;
void json_name_unref(const char *name);

/* Names seen lately.  All zeros is an empty cache. */
struct json_name_cache {
    const char *names[64]; /* References, by hash; or NULL. */
};

/* A reference to a name with this text. */
const char *json_name_cache_get(struct json_name_cache *, const char *text,
                                size_t len) WARN_UNUSED;
void json_name_cache_clear(struct json_name_cache *);
