/* Strict reading of JSON objects. */

#include "db/data/members.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

static const char *
what_is_parsed(struct members *m)
{
    if (!m->what) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        m->what = xasprintf(m->format, m->i, m->n);
#pragma GCC diagnostic pop
    }
    return m->what;
}

/* Members that 'used' has bits for. */
enum { N_USED = 64 };

static void
start(struct members *m, const struct json *json)
{
    m->json = json;
    if (!json || json->type != JSON_OBJECT) {
        m->error = db_error_syntax(NULL, "%s failed: Object expected.",
                                   what_is_parsed(m));
    } else if (json->object.n > N_USED) {
        m->used_all = bitmap_create(json->object.n);
    }
}

void
members_init(struct members *m, const struct json *json, const char *format,
             ...)
{
    *m = (struct members){ 0 };
    va_list args;
    va_start(args, format);
    m->what = xvasprintf(format, args);
    va_end(args);
    start(m, json);
}

void
members_init_nth(struct members *m, const struct json *json,
                 const char *format, size_t i, size_t n)
{
    *m = (struct members){ .format = format, .i = i, .n = n };
    start(m, json);
}

static void
set_used(struct members *m, size_t i)
{
    if (m->used_all) {
        bitmap_set1(m->used_all, i);
    } else {
        m->used |= UINT64_C(1) << i;
    }
}

static bool
is_used(const struct members *m, size_t i)
{
    return m->used_all ? bitmap_is_set(m->used_all, i)
                       : m->used >> i & UINT64_C(1);
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
    const struct json_member *found = json_object_find_member(m->json, name);
    if (!found) {
        if (required) {
            members_fail(m, "Required '%s' member is missing.", name);
        }
        return NULL;
    }
    set_used(m, found - m->json->object.members);
    if (!has_type(found->value, types)) {
        members_fail(m, "Type mismatch for member '%s'.", name);
        return NULL;
    }
    return found->value;
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
    m->error =
        db_error_syntax(m->json, "%s failed: %s", what_is_parsed(m), text);
    free(text);
}

struct db_error *
members_finish(struct members *m)
{
    const char *extra = NULL;
    size_t n_extra = 0;
    for (size_t i = 0; !m->error && i < m->json->object.n; i++) {
        const char *name = m->json->object.members[i].name;
        if (!is_used(m, i)) {
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
    free(m->used_all);
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
