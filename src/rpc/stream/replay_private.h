/* What streams tell to, and get from, the record of a session. */

#pragma once

#include "rpc/stream/replay.h"
#include "rpc/stream/stream_private.h"

enum replay_mode {
    REPLAY_OFF,
    REPLAY_RECORD,
    REPLAY_PLAY,
};

extern enum replay_mode replay_mode;

/* Recording: after the fact. */
void replay_note_open(const struct stream *, const char *name, int error);
void replay_note_listen(const struct stream_listener *, int error);
void replay_note_accept(const struct stream_listener *, const struct stream *);
/* It connected, or failed to. */
void replay_note_state(const struct stream *);
void replay_note_recv(struct stream *, const void *data, ssize_t result);
void replay_note_send(struct stream *, ssize_t result);

/* Replaying: in the place of the real thing. */
int replay_open(struct loop *, const char *name, struct stream **);
int replay_listen(struct loop *, const char *name, struct stream_listener **);
int replay_accept(struct stream_listener *, struct stream **);
ssize_t replay_recv(struct stream *, void *buffer, size_t);
ssize_t replay_send(struct stream *, size_t);
