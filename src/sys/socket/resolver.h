/* Host names to addresses, without blocking, through c-ares.  Numeric
 * addresses never come here.  Results are cached for as long as they may be.
 */

#pragma once

#include <netinet/in.h>

#include "sys/loop/loop.h"

struct resolver_query;

/* 'error' NULL: 'ss' is the address (port 0).  The query is gone after the
 * call. */
typedef void resolver_callback(void *arg, const char *error,
                               const struct sockaddr_storage *ss);

/* Starts looking up 'name'; calls back from the loop, never from inside. */
struct resolver_query *resolver_start(struct loop *, const char *name,
                                      resolver_callback *, void *arg);
/* Ends the query without a call; NULL is legal. */
void resolver_cancel(struct resolver_query *);
