/* Shared names. */

#include "rpc/json/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* Longest name that a cache keeps. */
enum { CACHED_MAX = 64 };

struct name {
    uint32_t n_refs;
    uint32_t len;
    char text[];
};

static struct name *
name_of(const char *text)
{
    return CONTAINER_OF((char *) text, struct name, text);
}

const char *
json_name_create(const char *text, size_t len)
{
    struct name *name = xmalloc(sizeof *name + len + 1);
    name->n_refs = 1;
    name->len = len;
    memcpy(name->text, text, len);
    name->text[len] = '\0';
    return name->text;
}

const char *
json_name_ref(const char *name)
{
    name_of(name)->n_refs++;
    return name;
}

void
json_name_unref(const char *text)
{
    struct name *name = name_of(text);
    if (!--name->n_refs) {
        free(name);
    }
}

const char *
json_name_cache_get(struct json_name_cache *cache, const char *text,
                    size_t len)
{
    if (len > CACHED_MAX) {
        return json_name_create(text, len);
    }
    const char **slot =
        &cache->names[hash_bytes(text, len, 0) % ARRAY_SIZE(cache->names)];
    if (!*slot || name_of(*slot)->len != len || memcmp(*slot, text, len)) {
        if (*slot) {
            json_name_unref(*slot);
        }
        *slot = json_name_create(text, len);
    }
    return json_name_ref(*slot);
}

void
json_name_cache_clear(struct json_name_cache *cache)
{
    for (size_t i = 0; i < ARRAY_SIZE(cache->names); i++) {
        if (cache->names[i]) {
            json_name_unref(cache->names[i]);
            cache->names[i] = NULL;
        }
    }
}
