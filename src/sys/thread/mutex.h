/* Mutexes with clang's thread-safety annotations.
 *
 * Misuse (unlocking somebody else's mutex, locking twice) aborts. */

#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/compiler.h"

struct LOCKABLE mutex {
    pthread_mutex_t lock; /* Error-checking. */
};

#define MUTEX_INITIALIZER                       \
    {                                           \
        PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP \
    }

void mutex_init(struct mutex *);
/* The mutex must be unlocked. */
void mutex_uninit(struct mutex *);
void mutex_lock(struct mutex *mutex) ACQUIRES(mutex);
void mutex_unlock(struct mutex *mutex) RELEASES(mutex);
/* Whether it got the lock. */
bool mutex_try_lock(struct mutex *mutex) TRY_ACQUIRES(true, mutex);

/* A condition, always used with one mutex. */
struct condition {
    pthread_cond_t cond; /* On the monotonic clock. */
};

void condition_init(struct condition *);
void condition_uninit(struct condition *);
void condition_signal(struct condition *);
void condition_broadcast(struct condition *);
/* Releases 'mutex' while it waits.  Wakes up without cause at times. */
void condition_wait(struct condition *, struct mutex *mutex) REQUIRES(mutex);
/* As condition_wait(), for at most 'timeout_ms' of real time; false if it
 * timed out. */
bool condition_wait_for(struct condition *, struct mutex *mutex,
                        long long timeout_ms) REQUIRES(mutex);
