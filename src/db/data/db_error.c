/* Errors of the database. */

#include "db/data/db_error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct db_error {
    char *tag;     /* Owned; NULL if none. */
    char *details; /* Owned; NULL if none. */
    char *syntax;  /* Text of the JSON at fault; NULL if none. */
    int errnum;    /* Nonzero errno, or 0. */
};

static struct db_error *PRINTF_FORMAT(2, 0)
    create_v(const char *tag, const char *format, va_list args)
{
    struct db_error *error = xzalloc(sizeof *error);
    error->tag = xstrdup_nullable(tag);
    error->details = format ? xvasprintf(format, args) : NULL;
    return error;
}

struct db_error *
db_error_create(const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct db_error *error = create_v(tag, format, args);
    va_end(args);
    return error;
}

struct db_error *
db_error_syntax(const struct json *json, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct db_error *error = create_v("syntax error", format, args);
    va_end(args);
    error->syntax = json ? json_print(json, JSON_SORT) : NULL;
    return error;
}

struct db_error *
db_error_syntax_tag(const struct json *json, const char *tag,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct db_error *error =
        create_v(tag ? tag : "syntax error", format, args);
    va_end(args);
    error->syntax = json ? json_print(json, JSON_SORT) : NULL;
    return error;
}

struct db_error *
db_error_io(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct db_error *error = create_v("I/O error", format, args);
    va_end(args);
    error->errnum = errnum;
    return error;
}

struct db_error *
db_error_from_error(struct error *e)
{
    struct db_error *error = xzalloc(sizeof *error);
    error->details = error_steal_text(e);
    return error;
}

struct db_error *
db_error_prefix(struct db_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *prefix = xvasprintf(format, args);
    va_end(args);
    if (error->details) {
        char *details = xasprintf("%s: %s", prefix, error->details);
        free(error->details);
        free(prefix);
        error->details = details;
    } else {
        error->details = prefix;
    }
    return error;
}

void
db_error_destroy(struct db_error *error)
{
    if (error) {
        free(error->tag);
        free(error->details);
        free(error->syntax);
        free(error);
    }
}

void
db_error_cleanup(struct db_error **errorp)
{
    db_error_destroy(*errorp);
}

struct db_error *
db_error_clone(const struct db_error *old)
{
    struct db_error *error = xzalloc(sizeof *error);
    error->tag = xstrdup_nullable(old->tag);
    error->details = xstrdup_nullable(old->details);
    error->syntax = xstrdup_nullable(old->syntax);
    error->errnum = old->errnum;
    return error;
}

const char *
db_error_tag(const struct db_error *error)
{
    return error->tag;
}

const char *
db_error_details(const struct db_error *error)
{
    return error->details;
}

struct json *
db_error_to_json(const struct db_error *error)
{
    struct json *json = json_object_create();
    if (error->syntax) {
        json_object_put_string(json, "syntax", error->syntax);
    }
    if (error->details) {
        json_object_put_string(json, "details", error->details);
    }
    if (error->errnum) {
        json_object_put_string(json, "io-error", strerror(error->errnum));
    }
    json_object_put_string(json, "error", error->tag ? error->tag : "error");
    return json;
}

char *
db_error_to_text(const struct db_error *error)
{
    struct str s = STR_INITIALIZER;
    if (error->syntax) {
        str_putf(&s, "syntax \"%s\": ", error->syntax);
    }
    if (error->tag) {
        str_put(&s, error->tag);
    }
    if (error->details) {
        str_putf(&s, "%s%s", error->tag ? ": " : "", error->details);
    }
    if (error->errnum) {
        str_putf(&s, " (%s)", strerror(error->errnum));
    }
    return str_steal(&s);
}

struct error *
db_error_to_error(struct db_error *error)
{
    if (!error) {
        return NULL;
    }
    struct error *e = error_create_take(db_error_to_text(error));
    db_error_destroy(error);
    return e;
}
