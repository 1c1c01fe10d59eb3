/* Strict reading of JSON objects. */

#include "db/data/members.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
members_init(struct members *m, const struct json *json, const char *format,
             ...)
{
    va_list args;
    va_start(args, format);
    m->what = xvasprintf(format, args);
    va_end(args);

    m->json = json;
    strset_init(&m->used);
    m->error = NULL;
    if (!json || json->type != JSON_OBJECT) {
        m->error =
            db_error_syntax(NULL, "%s failed: Object expected.", m->what);
    }
}

static bool
has_type(const struct json *json, int types)
{
    if (types & 1 << json->type) {
        return true;
    }
    return types & MEMBER_ID && json->type == JSON_STRING
           && members_is_id(json_text(json));
}

static const struct json *
member(struct members *m, const char *name, int types, bool required)
{
    if (m->error) {
        return NULL;
    }
    strset_add(&m->used, name);
    const struct json *value = json_object_find(m->json, name);
    if (!value) {
        if (required) {
            members_fail(m, "Required '%s' member is missing.", name);
        }
        return NULL;
    }
    if (!has_type(value, types)) {
        members_fail(m, "Type mismatch for member '%s'.", name);
        return NULL;
    }
    return value;
}

const struct json *
members_get(struct members *m, const char *name, int types)
{
    return member(m, name, types, true);
}

const struct json *
members_find(struct members *m, const char *name, int types)
{
    return member(m, name, types, false);
}

bool
members_failed(const struct members *m)
{
    return m->error != NULL;
}

void
members_fail(struct members *m, const char *format, ...)
{
    if (m->error) {
        return;
    }
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    m->error = db_error_syntax(m->json, "%s failed: %s", m->what, text);
    free(text);
}

struct db_error *
members_finish(struct members *m)
{
    const char *extra = NULL;
    size_t n_extra = 0;
    for (size_t i = 0; !m->error && i < m->json->object.n; i++) {
        const char *name = m->json->object.members[i].name;
        if (!strset_contains(&m->used, name)) {
            n_extra++;
            extra = !extra || strcmp(name, extra) < 0 ? name : extra;
        }
    }
    if (n_extra == 1) {
        members_fail(m, "Member '%s' is present but not allowed here.", extra);
    } else if (n_extra) {
        members_fail(m,
                     "Member '%s' and %zu other member%s are present but not "
                     "allowed here.",
                     extra, n_extra - 1, n_extra > 2 ? "s" : "");
    }
    free(m->what);
    strset_uninit(&m->used);
    return steal_ptr(&m->error);
}

bool
members_is_id(const char *s)
{
    if (!isalpha((unsigned char) *s) && *s != '_') {
        return false;
    }
    while (*++s) {
        if (!isalnum((unsigned char) *s) && *s != '_') {
            return false;
        }
    }
    return true;
}
