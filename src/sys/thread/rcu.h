/* Read-copy-update: readers take no locks, writers publish new versions and
 * free old ones once no reader can still see them.
 *
 * A registered thread counts as reading all the time between two quiescent
 * states.  A loop reports them by itself, once per iteration, and is offline
 * while it sleeps; other threads call rcu_quiesce() where they hold no
 * pointers from rcu_get(), and bracket blocking calls with rcu_offline() and
 * rcu_online().  Threads of thread_create() and threads that run a loop are
 * registered; any other reader calls rcu_register_thread() first. */

#pragma once

#include "base/compiler.h"

/* A pointer that readers load with rcu_get() and one writer at a time sets. */
#define RCU_PTR(T) \
    struct {       \
        T p;       \
    }
#define RCU_PTR_INITIALIZER(value) \
    {                              \
        value                      \
    }

/* The current value; stays valid until the thread's next quiescent state. */
#define rcu_get(ptr) __atomic_load_n(&(ptr)->p, __ATOMIC_ACQUIRE)
/* For the writer, who holds the lock that protects updates. */
#define rcu_get_protected(ptr) __atomic_load_n(&(ptr)->p, __ATOMIC_RELAXED)
/* Publishes 'value': everything written to it before is visible to readers. */
#define rcu_set(ptr, value) \
    __atomic_store_n(&(ptr)->p, value, __ATOMIC_RELEASE)
/* For objects that no reader sees yet. */
#define rcu_init(ptr, value) \
    __atomic_store_n(&(ptr)->p, value, __ATOMIC_RELAXED)
/* Publishes 'value' and returns what was there. */
#define rcu_exchange(ptr, value) \
    __atomic_exchange_n(&(ptr)->p, value, __ATOMIC_ACQ_REL)

/* Registers the calling thread, online, until it ends or unregisters; again
 * is harmless. */
void rcu_register_thread(void);
void rcu_unregister_thread(void);
/* The calling thread holds no RCU pointers at this moment.  Does nothing in a
 * thread that is not registered. */
void rcu_quiesce(void);
/* Between these two the calling thread holds no RCU pointers. */
void rcu_offline(void);
void rcu_online(void);

/* Calls 'function(arg)' in a background thread once every thread registered
 * now has passed a quiescent state.  Never blocks. */
void rcu_postpone(void (*function)(void *arg), void *arg);
/* Waits until every thread has passed a quiescent state; the caller must hold
 * no RCU pointers. */
void rcu_synchronize(void);
/* Waits until all functions postponed before have returned. */
void rcu_barrier(void);
