/* Errors of the database: an RFC 7047 error tag, details for people, and the
 * JSON that caused it.
 *
 * NULL is success.  Servers send db_error_to_json(); tools print
 * db_error_to_text(). */

#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "rpc/json/json.h"

struct db_error;

/* An error with 'tag', "constraint violation" for example (RFC 7047 §3.1,
 * §4.1.3, §5.2), and details.  A NULL 'tag' is a plain message. */
struct db_error *db_error_create(const char *tag, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;
/* "syntax error" about 'json' (optional), which is quoted in 'syntax'. */
struct db_error *db_error_syntax(const struct json *json, const char *format,
                                 ...) PRINTF_FORMAT(2, 3) WARN_UNUSED;
/* The same with a 'tag' of one's own; NULL means "syntax error". */
struct db_error *db_error_syntax_tag(const struct json *json, const char *tag,
                                     const char *format, ...)
    PRINTF_FORMAT(3, 4) WARN_UNUSED;
/* "I/O error": DETAILS with strerror(errnum); 'errnum' may be 0. */
struct db_error *db_error_io(int errnum, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;
/* A message without a tag that takes 'error'. */
struct db_error *db_error_from_error(struct error *error) WARN_UNUSED;

/* Puts "FORMATTED: " before the details of 'error' (not NULL), which it takes
 * and returns. */
struct db_error *db_error_prefix(struct db_error *, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;

/* NULL is legal. */
void db_error_destroy(struct db_error *);
/* For CLEANUP. */
void db_error_cleanup(struct db_error **);
struct db_error *db_error_clone(const struct db_error *) WARN_UNUSED;

/* "syntax error" etc.; NULL if it has none. */
const char *db_error_tag(const struct db_error *);
/* NULL if it has none. */
const char *db_error_details(const struct db_error *);
/* {"error": TAG, "details": ..., "syntax": ...}. */
struct json *db_error_to_json(const struct db_error *) WARN_UNUSED;
/* [syntax "...": ]TAG: DETAILS; the caller frees it. */
char *db_error_to_text(const struct db_error *) WARN_UNUSED;
/* Frees 'error' (NULL stays NULL) and returns its text as an error. */
struct error *db_error_to_error(struct db_error *) WARN_UNUSED;
