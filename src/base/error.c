/* Errors for people. */

#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct error {
    char *text; /* Owned. */
};

struct error *
error_create_take(char *text)
{
    struct error *error = xmalloc(sizeof *error);
    error->text = text;
    return error;
}

struct error *
error_create(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return error_create_take(text);
}

struct error *
error_create_errno(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *what = xvasprintf(format, args);
    va_end(args);

    char *text = xasprintf("%s: %s", what, strerror(errnum));
    free(what);
    return error_create_take(text);
}

struct error *
error_prefix(struct error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *prefix = xvasprintf(format, args);
    va_end(args);

    char *text = xasprintf("%s: %s", prefix, error->text);
    free(prefix);
    free(error->text);
    error->text = text;
    return error;
}

const char *
error_text(const struct error *error)
{
    return error->text;
}

char *
error_steal_text(struct error *error)
{
    char *text = error->text;
    free(error);
    return text;
}

struct error *
error_clone(const struct error *error)
{
    return error ? error_create_take(xstrdup(error->text)) : NULL;
}

void
error_destroy(struct error *error)
{
    if (error) {
        free(error->text);
        free(error);
    }
}

void
error_cleanup(struct error **errorp)
{
    error_destroy(*errorp);
}
