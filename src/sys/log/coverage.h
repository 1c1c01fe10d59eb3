/* Event counters: "coverage/show" prints how often each event happened.
 *
 *     COVERAGE(mac_moved);
 *     coverage_inc(mac_moved);
 *
 * Counting touches only the calling thread's memory. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

struct coverage_counter {
    const char *name;
    struct coverage_counter *next; /* In the list of all. */
    unsigned int index;            /* In each thread's array. */
};

/* Counts of the calling thread, or NULL before its first. */
extern _Thread_local uint64_t *coverage_counts;

/* Declares counter 'NAME' for this file. */
#define COVERAGE(NAME)                                                   \
    static struct coverage_counter coverage_##NAME = { #NAME, NULL, 0 }; \
    static void CONSTRUCTOR coverage_register_##NAME(void)               \
    {                                                                    \
        coverage_register(&coverage_##NAME);                             \
    }                                                                    \
    struct coverage_counter /* swallows a semicolon */

#define coverage_add(NAME, n) coverage_count(&coverage_##NAME, n)
#define coverage_inc(NAME)    coverage_add(NAME, 1)

void coverage_register(struct coverage_counter *);
/* Makes the calling thread's array. */
uint64_t *coverage_start_thread(void);

static inline void
coverage_count(const struct coverage_counter *counter, uint64_t n)
{
    uint64_t *counts = coverage_counts;
    if (UNLIKELY(!counts)) {
        counts = coverage_start_thread();
    }
    uint64_t *p = &counts[counter->index];
    __atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + n,
                     __ATOMIC_RELAXED);
}

/* Total of the counter named 'name' over all threads; false if there is
 * none. */
bool coverage_read(const char *name, uint64_t *totalp);
/* Takes samples for the rates, if it is time: cheap, once per iteration of
 * the main loop. */
void coverage_run(void);
/* Appends what "coverage/show" prints. */
void coverage_put(struct str *);
