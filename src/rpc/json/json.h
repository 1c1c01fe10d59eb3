/* JSON values: RFC 8259, as OVSDB (RFC 7047) uses it.
 *
 * A value is a tree of reference-counted nodes.  Nodes that several owners
 * share are immutable by convention: only the creator of a node that nobody
 * else holds may add to it.  The counts are not atomic: a tree belongs to one
 * thread at a time.
 *
 * Numbers: integers that fit in 64 bits are exact; everything else is a
 * finite double.  Strings are UTF-8 without null bytes, as OVSDB demands.
 * Objects keep the order of insertion; of members of the same name the last
 * wins. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_SERIALIZED, /* Printed text of a value, shared by many messages. */
};

/* Containers nest at most so deep: limit of the parser. */
#define JSON_MAX_DEPTH 1000

struct json_member {
    /* Null-terminated; a reference of the member's own: equal names of many
     * objects share their memory. */
    const char *name;
    struct json *value; /* Owned. */
};

struct json_object {
    struct json_member *members; /* In order of insertion. */
    uint32_t n;
    uint32_t capacity;
    uint32_t *index; /* Hash table of members, only for large objects. */
};

struct json_array {
    struct json **items; /* Owned references. */
    uint32_t n;
    uint32_t capacity;
};

struct json_string {
    uint32_t len;
    char text[]; /* Null-terminated. */
};

/* Allocated just as large as the type needs. */
struct json {
    enum json_type type;
    uint32_t n_refs;

    union {
        struct json_object object;
        struct json_array array;
        struct json_string string; /* Also of JSON_SERIALIZED. */
        int64_t integer;
        double real;
    };
};

/* Another reference to 'json' (NULL stays NULL): the way to clone. */
static inline struct json *
json_ref(const struct json *json)
{
    struct json *j = (struct json *) json;
    if (j) {
        j->n_refs++;
    }
    return j;
}

/* Drops a reference; NULL is legal. */
void json_unref(struct json *);
/* For CLEANUP. */
void json_cleanup(struct json **);
/* A copy that shares nothing with 'json'. */
struct json *json_clone_deep(const struct json *) WARN_UNUSED;

struct json *json_null_create(void);
struct json *json_boolean_create(bool);
struct json *json_integer_create(int64_t);
struct json *json_real_create(double value);
struct json *json_string_create(const char *);
struct json *json_string_create_n(const char *, size_t len);
struct json *json_string_createf(const char *format, ...) PRINTF_FORMAT(1, 2);
/* A value that prints as 'text', which must be valid JSON. */
struct json *json_serialized_create(const char *text, size_t len);
struct json *json_array_create(void);
/* Arrays of given items, which they take. */
struct json *json_array_create_1(struct json *);
struct json *json_array_create_2(struct json *, struct json *);
struct json *json_array_create_3(struct json *, struct json *, struct json *);
struct json *json_object_create(void);

/* Appends 'item' and takes it. */
void json_array_add(struct json *array, struct json *item);
/* Adds or replaces 'name'; takes 'value'. */
void json_object_put(struct json *object, const char *name,
                     struct json *value);
void json_object_put_string(struct json *object, const char *name,
                            const char *value);
/* Adds a member whose name must not be there; takes 'value'. */
void json_object_add(struct json *object, const char *name,
                     struct json *value);
/* The value of 'name', borrowed, or NULL; also NULL if 'object' is not an
 * object. */
struct json *json_object_find(const struct json *object, const char *name);
/* The same as a member. */
const struct json_member *json_object_find_member(const struct json *object,
                                                  const char *name);
/* Removes 'name' and returns its value, owned by the caller; or NULL. */
struct json *json_object_remove(struct json *object, const char *name);

static inline bool
json_is_boolean(const struct json *json)
{
    return json->type == JSON_TRUE || json->type == JSON_FALSE;
}

/* The text of a string, borrowed. */
static inline const char *
json_text(const struct json *string)
{
    return string->string.text;
}

static inline const struct json *
json_item(const struct json *array, size_t i)
{
    return array->array.items[i];
}

/* A number as a double. */
static inline double
json_number(const struct json *number)
{
    return number->type == JSON_INTEGER ? (double) number->integer
                                        : number->real;
}

/* "null", "object", ... */
const char *json_type_name(enum json_type);

/* Same value, whatever the order of members. */
bool json_equal(const struct json *, const struct json *);
/* Equal values have equal hashes, in this process. */
uint32_t json_hash(const struct json *, uint32_t basis);

enum json_print_flags {
    JSON_COMPACT = 0,
    JSON_PRETTY = 1 << 0, /* One item a line, two spaces per level. */
    JSON_SORT = 1 << 1,   /* Members by name, in byte order. */
};

/* Appends the text of 'json'. */
void json_put(struct str *, const struct json *, enum json_print_flags);

/* Who takes long serialized values instead of having them copied. */
struct json_parts {
    size_t min; /* Bytes of a value that is long. */
    /* All that comes before 'text' has been appended; takes 'text'. */
    void (*take)(void *aux, struct json *text);
    void *aux;
};

/* json_put() with 'parts', which may be NULL. */
void json_put_parts(struct str *, const struct json *, enum json_print_flags,
                    const struct json_parts *parts);
/* The text of 'json', which the caller must free(). */
char *json_print(const struct json *, enum json_print_flags) WARN_UNUSED;
/* Appends 'text' as a JSON string with its quotes. */
void json_put_string(struct str *, const char *text, size_t len);
/* Begins a member of the object that is being appended: its name and the
 * colon, after a comma unless it is the first. */
void json_put_name(struct str *, const char *name, size_t len);
/* Appends 'value' with the fewest digits that read back as the same. */
void json_put_real(struct str *, double value);

/* Parses exactly one value with white space around it. */
struct error *json_parse(const char *text, size_t size,
                         struct json **) WARN_UNUSED;
struct error *json_parse_string(const char *text, struct json **) WARN_UNUSED;
/* Parses the content of a file, "-" for standard input. */
struct error *json_parse_file(const char *name, struct json **) WARN_UNUSED;
