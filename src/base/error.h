/* Errors for people: NULL is success, anything else an owned message.
 *
 * Parsers, the database and tools return 'struct error *'.  Whoever handles
 * the error prints or logs error_text() once and frees it. */

#pragma once

#include "base/compiler.h"

struct error;

/* A new error with the formatted text. */
struct error *error_create(const char *format, ...)
    PRINTF_FORMAT(1, 2) WARN_UNUSED;
/* A new error "FORMATTED: strerror(errnum)". */
struct error *error_create_errno(int errnum, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;
/* Puts "FORMATTED: " before the text of 'error' (not NULL), which it takes
 * and returns. */
struct error *error_prefix(struct error *error, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;
/* Takes ownership of 'text', a heap string. */
struct error *error_create_take(char *text) WARN_UNUSED;

/* Borrowed; valid until 'error' is freed. */
const char *error_text(const struct error *error);
/* Frees 'error' and returns its text, which the caller must free(). */
char *error_steal_text(struct error *error) WARN_UNUSED;
struct error *error_clone(const struct error *error) WARN_UNUSED;
/* NULL is legal. */
void error_destroy(struct error *error);
/* For CLEANUP. */
void error_cleanup(struct error **errorp);
