/* Reading a complete JSON text from front to back without building values.
 *
 * The reader knows what must come and asks for it.  Every function skips
 * white space, then either takes what it names and returns true, or returns
 * false; after false from any but json_cursor_next_is() the cursor is of no
 * use.  There are no error texts: whoever needs one gives the text to
 * json_parse(), which is the authority on what is wrong. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

struct json_cursor {
    const char *p;     /* What comes next. */
    const char *end;   /* Of the text. */
    struct str buffer; /* The last string, if it had escapes. */
};

/* A string in the text or in the cursor's buffer: valid until the next string
 * is read; not null-terminated. */
struct json_span {
    const char *text;
    size_t len;
};

/* 'text' must stay while the cursor is used. */
void json_cursor_init(struct json_cursor *, const char *text, size_t size);
void json_cursor_uninit(struct json_cursor *);

/* Whether 'c' comes next; takes nothing but white space. */
bool json_cursor_next_is(struct json_cursor *, char c);
/* A punctuation mark. */
bool json_cursor_take(struct json_cursor *, char punct) WARN_UNUSED;
bool json_cursor_string(struct json_cursor *, struct json_span *) WARN_UNUSED;
/* Exactly the string 'text', which needs no escapes. */
bool json_cursor_literal(struct json_cursor *, const char *text) WARN_UNUSED;
/* The name of a member and the colon. */
bool json_cursor_name(struct json_cursor *, struct json_span *) WARN_UNUSED;
bool json_cursor_integer(struct json_cursor *, int64_t *) WARN_UNUSED;
/* Any number. */
bool json_cursor_real(struct json_cursor *, double *) WARN_UNUSED;
bool json_cursor_boolean(struct json_cursor *, bool *) WARN_UNUSED;
bool json_cursor_null(struct json_cursor *) WARN_UNUSED;
/* A string, number or boolean that nobody needs. */
bool json_cursor_skip_scalar(struct json_cursor *) WARN_UNUSED;
/* Goes on in an array or object that 'close' ends, after an element or the
 * opening mark ('*firstp', which becomes false): '*morep' says whether
 * another element follows. */
bool json_cursor_next(struct json_cursor *, char close, bool *firstp,
                      bool *morep) WARN_UNUSED;
/* Nothing but white space is left. */
bool json_cursor_at_end(struct json_cursor *);
