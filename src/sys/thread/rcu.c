/* RCU over liburcu's QSBR flavour: the only file that knows it. */

#include "sys/thread/rcu.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <urcu/urcu-qsbr.h>

#include "base/mem.h"

/* ThreadSanitizer does not see into liburcu: it is told that what a thread did
 * before a quiescent state, or before it postponed a call, happens before what
 * follows a grace period. */
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
    return "called_from_lib:liburcu-qsbr.so";
}

static char grace_period;
#define BEFORE_GRACE_PERIOD() __tsan_release(&grace_period)
#define AFTER_GRACE_PERIOD()  __tsan_acquire(&grace_period)
#else
#define BEFORE_GRACE_PERIOD() ((void) 0)
#define AFTER_GRACE_PERIOD()  ((void) 0)
#endif

/* A function to call later. */
struct postponed {
    struct rcu_head head;
    void (*function)(void *arg);
    void *arg;
};

static _Thread_local bool registered;
static _Thread_local bool online;
static pthread_key_t end_key; /* Unregisters threads when they end. */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
unregister_at_end(void *unused UNUSED)
{
    rcu_unregister_thread();
}

static void
init_once(void)
{
    if (pthread_key_create(&end_key, unregister_at_end)) {
        abort();
    }
    pthread_atfork(urcu_qsbr_call_rcu_before_fork,
                   urcu_qsbr_call_rcu_after_fork_parent,
                   urcu_qsbr_call_rcu_after_fork_child);
}

void
rcu_register_thread(void)
{
    if (!registered) {
        pthread_once(&once, init_once);
        pthread_setspecific(end_key, &registered);
        urcu_qsbr_register_thread();
        registered = online = true;
    }
}

void
rcu_unregister_thread(void)
{
    if (registered) {
        BEFORE_GRACE_PERIOD();
        urcu_qsbr_unregister_thread();
        registered = online = false;
    }
}

void
rcu_quiesce(void)
{
    if (online) {
        BEFORE_GRACE_PERIOD();
        urcu_qsbr_quiescent_state();
    }
}

void
rcu_offline(void)
{
    if (online) {
        BEFORE_GRACE_PERIOD();
        urcu_qsbr_thread_offline();
        online = false;
    }
}

void
rcu_online(void)
{
    if (registered && !online) {
        urcu_qsbr_thread_online();
        online = true;
    }
}

static void
call_postponed(struct rcu_head *head)
{
    AFTER_GRACE_PERIOD();
    struct postponed *p = CONTAINER_OF(head, struct postponed, head);
    p->function(p->arg);
    free(p);
    BEFORE_GRACE_PERIOD(); /* For rcu_barrier(). */
}

void
rcu_postpone(void (*function)(void *arg), void *arg)
{
    rcu_register_thread();
    struct postponed *p = xmalloc(sizeof *p);
    p->function = function;
    p->arg = arg;
    BEFORE_GRACE_PERIOD();
    urcu_qsbr_call_rcu(&p->head, call_postponed);
}

void
rcu_synchronize(void)
{
    urcu_qsbr_synchronize_rcu();
    AFTER_GRACE_PERIOD();
}

void
rcu_barrier(void)
{
    urcu_qsbr_barrier();
    AFTER_GRACE_PERIOD();
}
