/* Time: a monotonic and a wall clock that simulations can stop and move.
 *
 * Both stop and move together.  Any thread may call these. */

#pragma once

#include <stdint.h>

/* Monotonic time: milliseconds and microseconds since some fixed moment. */
long long clock_msec(void);
long long clock_usec(void);
/* Milliseconds since 1970-01-01 00:00 UTC. */
long long clock_wall_msec(void);
/* Monotonic ms when the program started. */
long long clock_boot_msec(void);

/* A duration as messages have it. */
static inline void
clock_split_msec(long long ms, uint32_t *secp, uint32_t *nsecp)
{
    *secp = (uint32_t) (ms / 1000);
    *nsecp = (uint32_t) (ms % 1000) * 1000000;
}

/* From here on, time stands still except for clock_warp(). */
void clock_stop(void);
/* Moves both clocks ahead. */
void clock_warp(long long ms);
int clock_is_stopped(void);

/* Calls 'function' after each clock_stop() and clock_warp(), in the thread
 * that called it: whoever sleeps until a moment must look again.  There is
 * room for a few, added at start-up. */
void clock_add_observer(void (*function)(void));
