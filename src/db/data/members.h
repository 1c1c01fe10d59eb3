/* Strict reading of JSON objects: which members must or may be there, of
 * which types, and none besides.
 *
 *     struct members m;
 *     members_init(&m, json, "Parsing %s", what);
 *     const struct json *name = members_get(&m, "name", MEMBER_ID);
 *     const struct json *max = members_find(&m, "max", MEMBER_INTEGER);
 *     error = members_finish(&m);
 *
 * The first problem found is the error. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "db/data/db_error.h"
#include "rpc/json/json.h"

/* Sets of types, by bit. */
enum {
    MEMBER_NULL = 1 << JSON_NULL,
    MEMBER_BOOLEAN = 1 << JSON_FALSE | 1 << JSON_TRUE,
    MEMBER_OBJECT = 1 << JSON_OBJECT,
    MEMBER_ARRAY = 1 << JSON_ARRAY,
    MEMBER_INTEGER = 1 << JSON_INTEGER,
    MEMBER_REAL = 1 << JSON_REAL,
    MEMBER_NUMBER = MEMBER_INTEGER | MEMBER_REAL,
    MEMBER_STRING = 1 << JSON_STRING,
    MEMBER_ID = 1 << 16, /* A string that is an <id>. */
    MEMBER_ANY = (1 << 16) - 1,
};

struct members {
    char *what;         /* What is parsed, for messages; owned. */
    const char *format; /* Makes 'what' of 'i' and 'n'; or NULL. */
    size_t i, n;
    const struct json *json; /* Borrowed. */
    uint64_t used;           /* Bitmap of the first 64 members asked for. */
    unsigned long *used_all; /* Bitmap of all if there are more; owned. */
    struct db_error *error;  /* The first one. */
};

/* 'format' says what is parsed: "Parsing %s" gives "Parsing X failed: ...". */
void members_init(struct members *, const struct json *, const char *format,
                  ...) PRINTF_FORMAT(3, 4);
/* The same for a 'format', which must stay, with a %zu each for 'i' and 'n':
 * it is used only if there is an error. */
void members_init_nth(struct members *, const struct json *,
                      const char *format, size_t i, size_t n);
/* The member 'name', which must be there and of one of 'types'; NULL after
 * an error. */
const struct json *members_get(struct members *, const char *name, int types);
/* The same, NULL without an error if it is not there. */
const struct json *members_find(struct members *, const char *name, int types);
/* Whether something failed so far. */
bool members_failed(const struct members *);
/* Reports an error of one's own, after "... failed: ". */
void members_fail(struct members *, const char *format, ...)
    PRINTF_FORMAT(2, 3);
/* Frees and gives the first error; members never asked for are one. */
struct db_error *members_finish(struct members *) WARN_UNUSED;

/* RFC 7047 §3.1 <id>: [A-Za-z_][A-Za-z0-9_]*. */
bool members_is_id(const char *);
