/* Mutexes and conditions over pthreads; any failure is a mistake of ours. */

#include "sys/thread/mutex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
check(int error, const char *what)
{
    if (UNLIKELY(error)) {
        fprintf(stderr, "%s failed (%s)\n", what, strerror(error));
        abort();
    }
}

void
mutex_init(struct mutex *mutex)
{
    pthread_mutexattr_t attr;
    check(pthread_mutexattr_init(&attr), "pthread_mutexattr_init");
    check(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK),
          "pthread_mutexattr_settype");
    check(pthread_mutex_init(&mutex->lock, &attr), "pthread_mutex_init");
    pthread_mutexattr_destroy(&attr);
}

void
mutex_uninit(struct mutex *mutex)
{
    check(pthread_mutex_destroy(&mutex->lock), "pthread_mutex_destroy");
}

void NO_THREAD_ANALYSIS
mutex_lock(struct mutex *mutex)
{
    check(pthread_mutex_lock(&mutex->lock), "pthread_mutex_lock");
}

void NO_THREAD_ANALYSIS
mutex_unlock(struct mutex *mutex)
{
    check(pthread_mutex_unlock(&mutex->lock), "pthread_mutex_unlock");
}

bool NO_THREAD_ANALYSIS
mutex_try_lock(struct mutex *mutex)
{
    int error = pthread_mutex_trylock(&mutex->lock);
    if (error != EBUSY) {
        check(error, "pthread_mutex_trylock");
    }
    return !error;
}

void
condition_init(struct condition *condition)
{
    pthread_condattr_t attr;
    check(pthread_condattr_init(&attr), "pthread_condattr_init");
    check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC),
          "pthread_condattr_setclock");
    check(pthread_cond_init(&condition->cond, &attr), "pthread_cond_init");
    pthread_condattr_destroy(&attr);
}

void
condition_uninit(struct condition *condition)
{
    check(pthread_cond_destroy(&condition->cond), "pthread_cond_destroy");
}

void
condition_signal(struct condition *condition)
{
    check(pthread_cond_signal(&condition->cond), "pthread_cond_signal");
}

void
condition_broadcast(struct condition *condition)
{
    check(pthread_cond_broadcast(&condition->cond), "pthread_cond_broadcast");
}

void
condition_wait(struct condition *condition, struct mutex *mutex)
{
    check(pthread_cond_wait(&condition->cond, &mutex->lock),
          "pthread_cond_wait");
}

bool
condition_wait_for(struct condition *condition, struct mutex *mutex,
                   long long timeout_ms)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    long long nsec = ts.tv_nsec + timeout_ms % 1000 * 1000000;
    ts.tv_sec += timeout_ms / 1000 + nsec / 1000000000;
    ts.tv_nsec = nsec % 1000000000;
    int error = pthread_cond_timedwait(&condition->cond, &mutex->lock, &ts);
    if (error != ETIMEDOUT) {
        check(error, "pthread_cond_timedwait");
    }
    return !error;
}
