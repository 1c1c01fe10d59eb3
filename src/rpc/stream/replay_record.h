/* The file of --record and --replay: a line that says what it is, then records
 * of what came in and went wrong,
 *
 *     MS KIND NUMBER ERROR SIZE\n
 *     SIZE bytes of data\n
 *
 * where NUMBER is that of a stream or listener. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum record_kind {
    RECORD_OPEN,   /* stream_open(): name. */
    RECORD_LISTEN, /* stream_listen(): name with the port. */
    RECORD_ACCEPT, /* By the listener: name of the stream. */
    RECORD_STATE,  /* Connected, or failed: who the peer is. */
    RECORD_RECV,   /* Data, or the end or failure if there are none. */
    RECORD_SEND,   /* Failed, or works again. */
    N_RECORD_KINDS
};

struct record {
    long long ms; /* Since the beginning. */
    enum record_kind kind;
    unsigned int number;
    int error;
    const char *data; /* Borrowed. */
    size_t size;
};

const char *replay_kind_name(enum record_kind);

/* 'seed' of what is random in the session. */
void replay_put_head(struct str *, uint64_t seed);
/* False if 'text' does not begin so; '*usedp' is where the records begin. */
bool replay_parse_head(const char *text, size_t size, uint64_t *seedp,
                       size_t *usedp);

void replay_put_record(struct str *, const struct record *);
/* The record that 'text' begins with, whose data points into it; false if it
 * is damaged. */
bool replay_parse_record(const char *text, size_t size, struct record *,
                         size_t *usedp);
