/* When to connect, to probe, and to try again: a pure state machine.
 *
 * The owner reports what happens (reconnect_connected(), ...), asks
 * reconnect_run() what to do, and reconnect_deadline() when to ask again.
 * All times are in ms on one clock of the owner's. */

#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/compiler.h"

struct reconnect;

/* No limit on the number of attempts. */
#define RECONNECT_NO_LIMIT UINT_MAX

enum reconnect_action {
    RECONNECT_NOTHING,
    RECONNECT_CONNECT,    /* Start a connection (or listen, if passive). */
    RECONNECT_DISCONNECT, /* Drop the connection or attempt. */
    RECONNECT_PROBE,      /* Send something that the peer will answer. */
};

struct reconnect_stats {
    long long creation_ms;
    long long last_activity_ms;
    long long last_connected_ms;    /* LLONG_MAX: never. */
    long long last_disconnected_ms; /* LLONG_MAX: never. */
    long long backoff_ms;
    unsigned int seqno;        /* Connections and disconnections so far. */
    unsigned int n_attempted;  /* Connection attempts. */
    unsigned int n_successful; /* Of these. */
    unsigned long long total_connected_ms;
    long long connected_ms;    /* Of the present connection. */
    long long disconnected_ms; /* Since the last one ended. */
    const char *state;         /* "ACTIVE", "BACKOFF", ... */
    bool is_connected;
};

struct reconnect *reconnect_create(long long now);
/* NULL is legal. */
void reconnect_destroy(struct reconnect *);

/* Name in log records. */
void reconnect_set_name(struct reconnect *, const char *name);
const char *reconnect_name(const struct reconnect *);
/* Log at DBG what else goes at INFO; for short-lived or local connections. */
void reconnect_set_quiet(struct reconnect *, bool quiet);
/* First and longest pause between attempts; 1000 and 8000 at first. */
void reconnect_set_backoff(struct reconnect *, int min_ms, int max_ms);
int reconnect_max_backoff(const struct reconnect *);
/* Idle time after which to probe; 0: never; 5000 at first. */
void reconnect_set_probe_interval(struct reconnect *, int probe_ms);
int reconnect_probe_interval(const struct reconnect *);
/* Attempts left; RECONNECT_NO_LIMIT at first. */
void reconnect_set_max_tries(struct reconnect *, unsigned int);
unsigned int reconnect_max_tries(const struct reconnect *);
/* Whether we wait for the peer to connect instead of connecting. */
void reconnect_set_passive(struct reconnect *, bool passive, long long now);
/* So many attempts come without any pause: one per remote. */
void reconnect_set_backoff_free_tries(struct reconnect *, unsigned int);

void reconnect_enable(struct reconnect *, long long now);
void reconnect_disable(struct reconnect *, long long now);
/* Drops the connection now and connects again. */
void reconnect_force(struct reconnect *, long long now);
/* Does not back off when the present connection goes away. */
void reconnect_skip_backoff(struct reconnect *);

/* Events.  'error': 0 for an orderly end, EOF for the peer's end, or an
 * errno. */
void reconnect_connecting(struct reconnect *, long long now);
void reconnect_connect_failed(struct reconnect *, long long now, int error);
void reconnect_listening(struct reconnect *, long long now);
void reconnect_listen_failed(struct reconnect *, long long now, int error);
void reconnect_connected(struct reconnect *, long long now);
void reconnect_disconnected(struct reconnect *, long long now, int error);
/* Data arrived. */
void reconnect_activity(struct reconnect *, long long now);

/* What to do now. */
enum reconnect_action reconnect_run(struct reconnect *, long long now);
/* When to ask again; LLONG_MAX: not before an event. */
long long reconnect_deadline(const struct reconnect *);

bool reconnect_is_enabled(const struct reconnect *);
bool reconnect_is_connected(const struct reconnect *);
struct reconnect_stats reconnect_stats(const struct reconnect *,
                                       long long now);
