/* Arrays of heap strings. */

#include "base/vec.h"

#include <stdarg.h>

#include "base/str.h"

void
str_vec_push_take(struct str_vec *v, char *s)
{
    vec_push(v, s);
}

void
str_vec_push(struct str_vec *v, const char *s)
{
    str_vec_push_take(v, xstrdup(s));
}

void
str_vec_pushf(struct str_vec *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_vec_push_take(v, xvasprintf(format, args));
    va_end(args);
}

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

void
str_vec_sort(struct str_vec *v)
{
    if (v->n) {
        qsort(v->items, v->n, sizeof *v->items, compare_strings);
    }
}

void
str_vec_unique(struct str_vec *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (n && !strcmp(v->items[n - 1], v->items[i])) {
            free(v->items[i]);
        } else {
            v->items[n++] = v->items[i];
        }
    }
    v->n = n;
}

bool
str_vec_contains(const struct str_vec *v, const char *s)
{
    for (size_t i = 0; i < v->n; i++) {
        if (!strcmp(v->items[i], s)) {
            return true;
        }
    }
    return false;
}

void
str_vec_split(struct str_vec *v, const char *text, const char *separators)
{
    for (;;) {
        text += strspn(text, separators);
        size_t len = strcspn(text, separators);
        if (!len) {
            return;
        }
        str_vec_push_take(v, xmemdup0(text, len));
        text += len;
    }
}

char *
str_vec_join(const struct str_vec *v, const char *separator)
{
    struct str s = STR_INITIALIZER;
    for (size_t i = 0; i < v->n; i++) {
        if (i) {
            str_put(&s, separator);
        }
        str_put(&s, v->items[i]);
    }
    return str_steal(&s);
}

void
str_vec_clear(struct str_vec *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->items[i]);
    }
    v->n = 0;
}

void
str_vec_uninit(struct str_vec *v)
{
    str_vec_clear(v);
    vec_uninit(v);
}

void
str_vec_terminate(struct str_vec *v)
{
    str_vec_push_take(v, NULL);
    v->n--;
}
