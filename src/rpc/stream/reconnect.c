/* When to connect, to probe, and to try again. */

#include "rpc/stream/reconnect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/log/log.h"

LOG_MODULE(reconnect);

enum {
    DEFAULT_MIN_BACKOFF_MS = 1000,
    DEFAULT_MAX_BACKOFF_MS = 8000,
    DEFAULT_PROBE_MS = 5000,
    MIN_CONNECT_MS = 1000, /* An attempt gets at least this. */
};

enum state {
    STATE_VOID,       /* Disabled, or out of tries. */
    STATE_BACKOFF,    /* Pausing before an attempt. */
    STATE_CONNECTING, /* Attempting. */
    STATE_ACTIVE,     /* Connected, and the peer talks. */
    STATE_IDLE,       /* Connected, a probe is under way. */
    STATE_RECONNECT,  /* Asked to drop the connection. */
    STATE_LISTENING,  /* Waiting for the peer. */
};

static const char *const state_names[] = {
    [STATE_VOID] = "VOID",
    [STATE_BACKOFF] = "BACKOFF",
    [STATE_CONNECTING] = "CONNECTING",
    [STATE_ACTIVE] = "ACTIVE",
    [STATE_IDLE] = "IDLE",
    [STATE_RECONNECT] = "RECONNECT",
    [STATE_LISTENING] = "LISTENING",
};

struct reconnect {
    char *name;
    bool quiet;
    bool passive;
    enum state state;
    long long state_entered_ms;
    long long backoff_ms;
    int min_backoff_ms;
    int max_backoff_ms;
    int probe_ms;
    unsigned int max_tries;
    unsigned int free_tries; /* Attempts that come without a pause. */
    bool skip_backoff;
    long long last_activity_ms;
    struct reconnect_stats stats; /* What is derived is filled on demand. */
};

struct reconnect *
reconnect_create(long long now)
{
    struct reconnect *r = xzalloc(sizeof *r);
    r->name = xstrdup("void");
    r->state_entered_ms = now;
    r->min_backoff_ms = DEFAULT_MIN_BACKOFF_MS;
    r->max_backoff_ms = DEFAULT_MAX_BACKOFF_MS;
    r->probe_ms = DEFAULT_PROBE_MS;
    r->max_tries = RECONNECT_NO_LIMIT;
    r->last_activity_ms = now;
    r->stats.creation_ms = now;
    r->stats.last_connected_ms = LLONG_MAX;
    r->stats.last_disconnected_ms = LLONG_MAX;
    return r;
}

void
reconnect_destroy(struct reconnect *r)
{
    if (r) {
        free(r->name);
        free(r);
    }
}

void
reconnect_set_name(struct reconnect *r, const char *name)
{
    free(r->name);
    r->name = xstrdup(name ? name : "void");
}

const char *
reconnect_name(const struct reconnect *r)
{
    return r->name;
}

void
reconnect_set_quiet(struct reconnect *r, bool quiet)
{
    r->quiet = quiet;
}

void
reconnect_set_backoff(struct reconnect *r, int min_ms, int max_ms)
{
    r->min_backoff_ms = MAX(min_ms, 1000);
    r->max_backoff_ms = MAX(max_ms ? max_ms : DEFAULT_MAX_BACKOFF_MS, 1000);
    if (r->min_backoff_ms > r->max_backoff_ms) {
        r->max_backoff_ms = r->min_backoff_ms;
    }
    if (r->state == STATE_BACKOFF && r->backoff_ms > r->max_backoff_ms) {
        r->backoff_ms = r->max_backoff_ms;
    }
}

int
reconnect_max_backoff(const struct reconnect *r)
{
    return r->max_backoff_ms;
}

void
reconnect_set_probe_interval(struct reconnect *r, int probe_ms)
{
    r->probe_ms = probe_ms ? MAX(1000, probe_ms) : 0;
}

int
reconnect_probe_interval(const struct reconnect *r)
{
    return r->probe_ms;
}

void
reconnect_set_max_tries(struct reconnect *r, unsigned int max_tries)
{
    r->max_tries = max_tries;
}

unsigned int
reconnect_max_tries(const struct reconnect *r)
{
    return r->max_tries;
}

void
reconnect_set_backoff_free_tries(struct reconnect *r, unsigned int n)
{
    r->free_tries = n;
}

void
reconnect_skip_backoff(struct reconnect *r)
{
    r->skip_backoff = true;
}

static bool
is_connected_state(enum state state)
{
    return state == STATE_ACTIVE || state == STATE_IDLE;
}

static void
enter(struct reconnect *r, long long now, enum state state)
{
    if (state == STATE_CONNECTING) {
        r->stats.n_attempted++;
    }
    if (is_connected_state(r->state) && !is_connected_state(state)) {
        r->stats.last_disconnected_ms = now;
        r->stats.total_connected_ms += now - r->stats.last_connected_ms;
        r->stats.seqno++;
    } else if (!is_connected_state(r->state) && is_connected_state(state)) {
        r->stats.last_connected_ms = now;
        r->stats.n_successful++;
        r->stats.seqno++;
    }
    log_dbg("%s: entering %s", r->name, state_names[state]);
    r->state = state;
    r->state_entered_ms = now;
}

/* Logs an ordinary event, at DBG if we are to be quiet. */
static void PRINTF_FORMAT(2, 3)
    tell(const struct reconnect *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    if (r->quiet) {
        log_dbg("%s: %s", r->name, text);
    } else {
        log_info("%s: %s", r->name, text);
    }
    free(text);
}

/* Uses up a try, if there is one. */
static bool
take_try(struct reconnect *r)
{
    if (!r->max_tries) {
        return false;
    }
    r->max_tries -= r->max_tries != RECONNECT_NO_LIMIT;
    return true;
}

void
reconnect_set_passive(struct reconnect *r, bool passive, long long now)
{
    if (r->passive != passive) {
        r->passive = passive;
        if (passive ? r->state == STATE_CONNECTING
                    : r->state == STATE_LISTENING) {
            r->backoff_ms = 0;
            enter(r, now, STATE_BACKOFF);
        }
    }
}

void
reconnect_enable(struct reconnect *r, long long now)
{
    if (r->state == STATE_VOID && take_try(r)) {
        enter(r, now, STATE_BACKOFF);
        r->backoff_ms = 0;
    }
}

void
reconnect_disable(struct reconnect *r, long long now)
{
    if (r->state != STATE_VOID) {
        enter(r, now, STATE_VOID);
    }
}

void
reconnect_force(struct reconnect *r, long long now)
{
    if (r->state == STATE_CONNECTING || is_connected_state(r->state)) {
        enter(r, now, STATE_RECONNECT);
    }
}

/* Says why the attempt or connection came to its end. */
static void
tell_end(const struct reconnect *r, int error)
{
    if (is_connected_state(r->state)) {
        if (error > 0) {
            log_warn("%s: connection dropped (%s)", r->name, strerror(error));
        } else if (error == EOF) {
            tell(r, "connection closed by peer");
        } else {
            tell(r, "connection dropped");
        }
    } else if (r->state == STATE_LISTENING) {
        if (error > 0) {
            log_warn("%s: error listening for connections (%s)", r->name,
                     strerror(error));
        } else {
            tell(r, "error listening for connections");
        }
    } else if (r->state != STATE_RECONNECT
               && r->backoff_ms < r->max_backoff_ms) {
        const char *what = r->passive ? "listening" : "connection";
        if (error > 0) {
            tell(r, "%s attempt failed (%s)", what, strerror(error));
        } else {
            tell(r, "%s attempt timed out", what);
        }
    }
}

/* The pause that follows a failure: none, the shortest, or twice the last. */
static void
back_off(struct reconnect *r)
{
    const char *what = r->passive ? "trying to listen again" : "reconnect";
    if (r->skip_backoff) {
        r->skip_backoff = false;
        r->backoff_ms = 0;
    } else if (r->free_tries > 1) {
        r->free_tries--;
        r->backoff_ms = 0;
    } else if (is_connected_state(r->state)
               && (r->passive
                   || r->last_activity_ms - r->stats.last_connected_ms
                          >= r->backoff_ms)) {
        /* The connection was good for longer than the last pause. */
        r->backoff_ms = r->passive ? 0 : r->min_backoff_ms;
    } else if (r->backoff_ms < r->min_backoff_ms) {
        r->backoff_ms = r->min_backoff_ms;
    } else if (r->backoff_ms < r->max_backoff_ms / 2) {
        r->backoff_ms *= 2;
        tell(r, "waiting %.3g seconds before %s", r->backoff_ms / 1000.0,
             what);
    } else {
        if (r->backoff_ms < r->max_backoff_ms) {
            tell(r,
                 "continuing to %s in the background but suppressing "
                 "further logging",
                 what);
        }
        r->backoff_ms = r->max_backoff_ms;
    }
}

void
reconnect_disconnected(struct reconnect *r, long long now, int error)
{
    if (r->state == STATE_BACKOFF || r->state == STATE_VOID) {
        return;
    }
    tell_end(r, error);
    if (!take_try(r)) {
        enter(r, now, STATE_VOID);
        return;
    }
    back_off(r);
    enter(r, now, STATE_BACKOFF);
}

void
reconnect_connecting(struct reconnect *r, long long now)
{
    if (r->state == STATE_CONNECTING) {
        return;
    }
    if (r->backoff_ms < r->max_backoff_ms) {
        tell(r, "%s...", r->passive ? "listening" : "connecting");
    }
    enter(r, now, STATE_CONNECTING);
}

void
reconnect_connect_failed(struct reconnect *r, long long now, int error)
{
    reconnect_connecting(r, now);
    reconnect_disconnected(r, now, error);
}

void
reconnect_listening(struct reconnect *r, long long now)
{
    if (r->state != STATE_LISTENING) {
        tell(r, "listening...");
        enter(r, now, STATE_LISTENING);
    }
}

void
reconnect_listen_failed(struct reconnect *r, long long now, int error)
{
    r->state = STATE_LISTENING;
    reconnect_disconnected(r, now, error);
}

void
reconnect_connected(struct reconnect *r, long long now)
{
    if (!is_connected_state(r->state)) {
        if (r->state != STATE_LISTENING) {
            reconnect_connecting(r, now);
        }
        tell(r, "connected");
        enter(r, now, STATE_ACTIVE);
        r->last_activity_ms = now;
    }
}

void
reconnect_activity(struct reconnect *r, long long now)
{
    if (r->state == STATE_IDLE) {
        enter(r, now, STATE_ACTIVE);
    }
    r->last_activity_ms = now;
}

long long
reconnect_deadline(const struct reconnect *r)
{
    switch (r->state) {
    case STATE_VOID:
    case STATE_LISTENING:
        return LLONG_MAX;
    case STATE_BACKOFF:
        return r->state_entered_ms + r->backoff_ms;
    case STATE_CONNECTING:
        return r->state_entered_ms + MAX(MIN_CONNECT_MS, r->backoff_ms);
    case STATE_ACTIVE:
        return r->probe_ms ? MAX(r->last_activity_ms, r->state_entered_ms)
                                 + r->probe_ms
                           : LLONG_MAX;
    case STATE_IDLE:
        return r->probe_ms ? r->state_entered_ms + r->probe_ms : LLONG_MAX;
    case STATE_RECONNECT:
        return r->state_entered_ms;
    }
    NOT_REACHED();
}

enum reconnect_action
reconnect_run(struct reconnect *r, long long now)
{
    if (now < reconnect_deadline(r)) {
        return RECONNECT_NOTHING;
    }
    switch (r->state) {
    case STATE_VOID:
    case STATE_LISTENING:
        return RECONNECT_NOTHING;
    case STATE_BACKOFF:
        return RECONNECT_CONNECT;
    case STATE_CONNECTING:
    case STATE_RECONNECT:
        return RECONNECT_DISCONNECT;
    case STATE_ACTIVE:
        log_dbg("%s: idle %lld ms, sending inactivity probe", r->name,
                now - MAX(r->last_activity_ms, r->state_entered_ms));
        enter(r, now, STATE_IDLE);
        return RECONNECT_PROBE;
    case STATE_IDLE:
        log_err("%s: no response to inactivity probe after %.3g seconds, "
                "disconnecting",
                r->name, (now - r->state_entered_ms) / 1000.0);
        return RECONNECT_DISCONNECT;
    }
    NOT_REACHED();
}

bool
reconnect_is_enabled(const struct reconnect *r)
{
    return r->state != STATE_VOID;
}

bool
reconnect_is_connected(const struct reconnect *r)
{
    return is_connected_state(r->state);
}

struct reconnect_stats
reconnect_stats(const struct reconnect *r, long long now)
{
    struct reconnect_stats stats = r->stats;
    stats.is_connected = is_connected_state(r->state);
    stats.last_activity_ms = r->last_activity_ms;
    stats.backoff_ms = r->backoff_ms;
    stats.state = state_names[r->state];
    stats.connected_ms = stats.last_connected_ms == LLONG_MAX
                             ? LLONG_MAX
                             : now - stats.last_connected_ms;
    stats.disconnected_ms = stats.last_disconnected_ms == LLONG_MAX
                                ? LLONG_MAX
                                : now - stats.last_disconnected_ms;
    if (stats.is_connected) {
        stats.total_connected_ms += now - stats.last_connected_ms;
    }
    return stats;
}
