/* Streaming JSON parser: bytes in as they arrive, one value out.
 *
 * It finds the end of each value itself, so that messages may follow each
 * other without framing:
 *
 *     while (n) {
 *         size_t used = json_parser_feed(parser, data, n);
 *         data += used, n -= used;
 *         if (json_parser_is_done(parser)) {
 *             error = json_parser_finish(parser, &json);
 *             ...
 *         }
 *     }
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rpc/json/json.h"

struct json_parser;

/* If 'trailer' is true, a value may be followed by more: parsing is done
 * right after its last byte.  Otherwise, anything but white space after the
 * value is an error. */
struct json_parser *json_parser_create(bool trailer);
/* NULL is legal. */
void json_parser_destroy(struct json_parser *);
/* A value may take at most 'max_size' bytes, and hold at most a 16th as many
 * values; 0, the default, is no limit. */
void json_parser_set_max_size(struct json_parser *, size_t max_size);

/* Takes up to 'size' bytes and returns how many it used: fewer when a value or
 * an error ended before. */
size_t json_parser_feed(struct json_parser *, const char *data, size_t size);
/* Whether a value is complete or an error was found. */
bool json_parser_is_done(const struct json_parser *);
/* Whether no byte of a value (white space aside) was fed since it began. */
bool json_parser_is_idle(const struct json_parser *);
/* Ends the input and yields the value, owned by the caller, or the error.
 * The parser is then ready for the next value. */
struct error *json_parser_finish(struct json_parser *,
                                 struct json **jsonp) WARN_UNUSED;
