/* Growing arrays of any type.
 *
 *     VEC(struct port *) ports = VEC_INITIALIZER;
 *     vec_push(&ports, port);
 *     for (size_t i = 0; i < ports.n; i++) use(ports.items[i]);
 *     vec_uninit(&ports);
 *
 * struct str_vec is the array of heap strings that many modules pass around.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

#define VEC(type)                                 \
    struct {                                      \
        type *items;     /* 'n' members. */       \
        size_t n;        /* Members in use. */    \
        size_t capacity; /* Members allocated. */ \
    }

#define VEC_INITIALIZER \
    {                   \
        NULL, 0, 0      \
    }

/* Appends 'value'. */
#define vec_push(vec, value)                                          \
    do {                                                              \
        if ((vec)->n >= (vec)->capacity) {                            \
            (vec)->items = x2nrealloc((vec)->items, &(vec)->capacity, \
                                      sizeof *(vec)->items);          \
        }                                                             \
        (vec)->items[(vec)->n++] = (value);                           \
    } while (0)

/* Appends a zeroed member and evaluates to its address. */
#define vec_add(vec)                                                  \
    ({                                                                \
        if ((vec)->n >= (vec)->capacity) {                            \
            (vec)->items = x2nrealloc((vec)->items, &(vec)->capacity, \
                                      sizeof *(vec)->items);          \
        }                                                             \
        memset(&(vec)->items[(vec)->n], 0, sizeof *(vec)->items);     \
        &(vec)->items[(vec)->n++];                                    \
    })

#define vec_pop(vec)  ((vec)->items[--(vec)->n])
#define vec_last(vec) ((vec)->items[(vec)->n - 1])

/* Removes member 'i' and closes the gap. */
#define vec_remove(vec, i)                                        \
    do {                                                          \
        size_t vec_i_ = (i);                                      \
        (vec)->n--;                                               \
        memmove(&(vec)->items[vec_i_], &(vec)->items[vec_i_ + 1], \
                ((vec)->n - vec_i_) * sizeof *(vec)->items);      \
    } while (0)

#define vec_clear(vec) ((void) ((vec)->n = 0))

/* Frees the array; what its members point to is the user's. */
#define vec_uninit(vec)                 \
    do {                                \
        free((vec)->items);             \
        (vec)->items = NULL;            \
        (vec)->n = (vec)->capacity = 0; \
    } while (0)

#define VEC_FOR_EACH(iter, vec) \
    for (iter = (vec)->items; iter < (vec)->items + (vec)->n; iter++)

/* Heap strings, owned. */
struct str_vec {
    char **items;
    size_t n;
    size_t capacity;
};

/* Appends a copy. */
void str_vec_push(struct str_vec *, const char *);
/* Appends 's' and takes ownership of it. */
void str_vec_push_take(struct str_vec *, char *s);
void str_vec_pushf(struct str_vec *, const char *format, ...)
    PRINTF_FORMAT(2, 3);
/* Byte order. */
void str_vec_sort(struct str_vec *);
/* Removes equal neighbours. */
void str_vec_unique(struct str_vec *);
bool str_vec_contains(const struct str_vec *, const char *);
/* Appends the parts of 'text' between characters of 'separators'; empty parts
 * are left out. */
void str_vec_split(struct str_vec *, const char *text, const char *separators);
/* The strings with 'separator' between them; the caller frees it. */
char *str_vec_join(const struct str_vec *, const char *separator);
void str_vec_clear(struct str_vec *);
void str_vec_uninit(struct str_vec *);
/* A NULL after the last string, not counted in 'n': for execvp(). */
void str_vec_terminate(struct str_vec *);
