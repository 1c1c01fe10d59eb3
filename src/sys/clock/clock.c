/* The clocks: the system's, plus what was warped, or frozen. */

#include "sys/clock/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/compiler.h"
#include "sys/thread/mutex.h"

enum { MAX_OBSERVERS = 4 };

/* Readers come often and from everywhere; changes are rare.  A reader that
 * races with a change gets the time before or after it. */
static int64_t warped_ns;      /* Added to the system's clocks. */
static int64_t frozen_ns;      /* Monotonic system time when stopped. */
static int64_t frozen_wall_ns; /* Wall time when stopped. */
static int stopped;

static struct mutex mutex = MUTEX_INITIALIZER; /* For changes. */
static void (*observers[MAX_OBSERVERS])(void);
static int n_observers;
static long long boot_ms;

static int64_t
system_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int64_t
now_ns(clockid_t id, const int64_t *frozen)
{
    int64_t base = __atomic_load_n(&stopped, __ATOMIC_ACQUIRE)
                       ? __atomic_load_n(frozen, __ATOMIC_RELAXED)
                       : system_ns(id);
    return base + __atomic_load_n(&warped_ns, __ATOMIC_RELAXED);
}

long long
clock_msec(void)
{
    return now_ns(CLOCK_MONOTONIC, &frozen_ns) / 1000000;
}

long long
clock_usec(void)
{
    return now_ns(CLOCK_MONOTONIC, &frozen_ns) / 1000;
}

long long
clock_wall_msec(void)
{
    return now_ns(CLOCK_REALTIME, &frozen_wall_ns) / 1000000;
}

static void CONSTRUCTOR
set_boot_time(void)
{
    boot_ms = clock_msec();
}

long long
clock_boot_msec(void)
{
    return boot_ms;
}

static void
call_observers(void)
{
    int n = __atomic_load_n(&n_observers, __ATOMIC_ACQUIRE);
    for (int i = 0; i < n; i++) {
        observers[i]();
    }
}

void
clock_stop(void)
{
    mutex_lock(&mutex);
    if (!stopped) {
        __atomic_store_n(&frozen_ns, system_ns(CLOCK_MONOTONIC),
                         __ATOMIC_RELAXED);
        __atomic_store_n(&frozen_wall_ns, system_ns(CLOCK_REALTIME),
                         __ATOMIC_RELAXED);
        __atomic_store_n(&stopped, 1, __ATOMIC_RELEASE);
    }
    mutex_unlock(&mutex);
    call_observers();
}

void
clock_warp(long long ms)
{
    __atomic_fetch_add(&warped_ns, (int64_t) ms * 1000000, __ATOMIC_RELAXED);
    call_observers();
}

int
clock_is_stopped(void)
{
    return __atomic_load_n(&stopped, __ATOMIC_ACQUIRE);
}

void
clock_add_observer(void (*function)(void))
{
    mutex_lock(&mutex);
    if (n_observers >= MAX_OBSERVERS) {
        abort();
    }
    observers[n_observers] = function;
    __atomic_store_n(&n_observers, n_observers + 1, __ATOMIC_RELEASE);
    mutex_unlock(&mutex);
}
