/* The event loop proper: what runs when, and how it sleeps. */

#include "sys/loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock/clock.h"
#include "sys/loop/loop_private.h"
#include "sys/thread/rcu.h"

enum {
    MAX_EVENTS = 64,
    EAGER_NS = 50 * 1000, /* How long eager loops look before they sleep. */
};

/* All loops, which a change of the clock wakes up. */
static struct mutex loops_mutex = MUTEX_INITIALIZER;
static struct list loops GUARDED_BY(loops_mutex) = LIST_INITIALIZER(&loops);

static void
wake_all_loops(void)
{
    struct loop *loop;
    mutex_lock(&loops_mutex);
    LIST_FOR_EACH (loop, node, &loops) {
        loop_wake(loop);
    }
    mutex_unlock(&loops_mutex);
}

static void
observe_clock_once(void)
{
    clock_add_observer(wake_all_loops);
}

struct loop *
loop_create(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, observe_clock_once);

    struct loop *loop = xzalloc(sizeof *loop);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    if (loop->epoll_fd < 0 || loop->event_fd < 0
        || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->event_fd, &event)) {
        fprintf(stderr, "cannot create an event loop (%s)\n", strerror(errno));
        abort();
    }
    heap_init(&loop->timers);
    list_init(&loop->tasks);
    list_init(&loop->always_ready);
    list_init(&loop->signals);
    mutex_init(&loop->mutex);
    mutex_lock(&loop->mutex);
    list_init(&loop->latches);
    mutex_unlock(&loop->mutex);

    mutex_lock(&loops_mutex);
    list_push_back(&loops, &loop->node);
    mutex_unlock(&loops_mutex);
    return loop;
}

void
loop_destroy(struct loop *loop)
{
    if (!loop) {
        return;
    }
    loop_forget_signals(loop);
    mutex_lock(&loops_mutex);
    list_remove(&loop->node);
    mutex_unlock(&loops_mutex);
    close(loop->epoll_fd);
    close(loop->event_fd);
    heap_uninit(&loop->timers);
    mutex_uninit(&loop->mutex);
    free(loop);
}

static int
fire_timers(struct loop *loop)
{
    if (heap_is_empty(&loop->timers)) {
        return 0;
    }
    /* Timers that callbacks set to a moment in the past must wait for the next
     * iteration, or they could keep descriptors from being served. */
    long long now = clock_msec();
    int n = 0;
    size_t limit = loop->timers.n;
    while ((size_t) n < limit && !heap_is_empty(&loop->timers)) {
        struct heap_node *top = heap_top(&loop->timers);
        if (top->priority < LOOP_PRIORITY(now)) {
            break;
        }
        heap_pop(&loop->timers);
        top->index = 0;
        struct loop_timer *timer = CONTAINER_OF(top, struct loop_timer, node);
        timer->callback(timer->arg);
        n++;
    }
    return n;
}

static int
run_tasks(struct loop *loop)
{
    struct list due;
    int n = 0;
    list_move(&due, &loop->tasks);
    list_init(&loop->tasks);
    while (!list_is_empty(&due)) {
        struct loop_task *task =
            CONTAINER_OF(list_pop_front(&due), struct loop_task, node);
        list_init(&task->node);
        task->callback(task->arg);
        n++;
    }
    return n;
}

/* Takes set latches one at a time: a callback may set or uninit others. */
static void
run_latches(struct loop *loop)
{
    mutex_lock(&loop->mutex);
    size_t n = list_size(&loop->latches);
    while (n-- && !list_is_empty(&loop->latches)) {
        struct loop_latch *latch = CONTAINER_OF(list_pop_front(&loop->latches),
                                                struct loop_latch, node);
        list_init(&latch->node);
        __atomic_store_n(&latch->is_set, 0, __ATOMIC_SEQ_CST);
        mutex_unlock(&loop->mutex);
        latch->callback(latch->arg);
        mutex_lock(&loop->mutex);
    }
    if (!list_is_empty(&loop->latches)) {
        loop_wake(loop);
    }
    mutex_unlock(&loop->mutex);
}

/* How long the loop may sleep: the shorter of 'timeout_ms' and the time until
 * the first timer.  Stopped time brings no timer nearer. */
static int
sleep_time(struct loop *loop, int timeout_ms)
{
    if (!list_is_empty(&loop->tasks) || !list_is_empty(&loop->always_ready)
        || __atomic_load_n(&loop->signal_pending, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    if (!heap_is_empty(&loop->timers)) {
        uint64_t priority = heap_top(&loop->timers)->priority;
        long long left = LOOP_TIME(priority) - clock_msec();
        if (left <= 0) {
            return 0;
        }
        if (!clock_is_stopped() && (timeout_ms < 0 || left < timeout_ms)) {
            return left < INT_MAX ? (int) left : INT_MAX;
        }
    }
    return timeout_ms;
}

static int64_t
now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* Looks for events without sleeping, for as long as eager loops do. */
static int
look_around(struct loop *loop, struct epoll_event *events)
{
    int64_t end = now_ns() + EAGER_NS;
    int n;
    do {
        n = epoll_wait(loop->epoll_fd, events, MAX_EVENTS, 0);
    } while (!n && now_ns() < end);
    loop->was_short_wait = n > 0;
    return n;
}

/* Waits for events; for an eager loop, finds out whether being eager pays. */
static int
wait_for_events(struct loop *loop, struct epoll_event *events, int timeout)
{
    if (!loop->is_eager || !timeout) {
        return epoll_wait(loop->epoll_fd, events, MAX_EVENTS, timeout);
    }
    int n = loop->was_short_wait ? look_around(loop, events) : 0;
    if (!n) {
        int64_t start = now_ns();
        n = epoll_wait(loop->epoll_fd, events, MAX_EVENTS, timeout);
        int error = errno;
        loop->was_short_wait = n > 0 && now_ns() - start < EAGER_NS;
        errno = error;
    }
    return n;
}

void
loop_set_eager(struct loop *loop, bool eager)
{
    cpu_set_t cpus;
    loop->is_eager = eager && !sched_getaffinity(0, sizeof cpus, &cpus)
                     && CPU_COUNT(&cpus) > 1;
}

static void
sleep_until_ready(struct loop *loop, struct epoll_event *events,
                  int timeout_ms)
{
    int timeout = sleep_time(loop, timeout_ms);
    if (timeout) {
        __atomic_store_n(&loop->is_asleep, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_add_fetch(&loop->n_sleeps, 1, __ATOMIC_SEQ_CST);
    if (timeout) {
        rcu_offline();
    } else {
        rcu_quiesce();
    }
    int n = wait_for_events(loop, events, timeout);
    int error = errno;
    if (timeout) {
        rcu_online();
        __atomic_store_n(&loop->is_asleep, 0, __ATOMIC_SEQ_CST);
    }
    if (n < 0) {
        if (error != EINTR) {
            fprintf(stderr, "epoll_wait failed (%s)\n", strerror(error));
            abort();
        }
        n = 0;
    }
    loop->ready = events;
    loop->n_ready = n;
    loop->next_ready = 0;
}

static void
run_descriptors(struct loop *loop)
{
    while (loop->next_ready < loop->n_ready) {
        struct epoll_event *event = &loop->ready[loop->next_ready++];
        struct loop_fd *watch = event->data.ptr;
        if (watch) {
            watch->callback(watch->arg, event->events);
        } else {
            uint64_t count;
            ssize_t n UNUSED = read(loop->event_fd, &count, sizeof count);
        }
    }
    loop->ready = NULL;
    loop->n_ready = loop->next_ready = 0;

    size_t n = list_size(&loop->always_ready);
    while (n-- && !list_is_empty(&loop->always_ready)) {
        struct list *node = list_pop_front(&loop->always_ready);
        list_push_back(&loop->always_ready, node);
        struct loop_fd *watch = CONTAINER_OF(node, struct loop_fd, node);
        watch->callback(watch->arg, watch->events & (EPOLLIN | EPOLLOUT));
    }
}

void
loop_run_once(struct loop *loop, int timeout_ms)
{
    struct epoll_event events[MAX_EVENTS];

    rcu_register_thread();
    if (loop->prepare) {
        loop->prepare(loop->prepare_arg);
    }
    sleep_until_ready(loop, events, timeout_ms);
    run_descriptors(loop);
    run_latches(loop);
    loop_run_signals(loop);
    fire_timers(loop);
    run_tasks(loop);
}

void
loop_run(struct loop *loop)
{
    __atomic_store_n(&loop->is_running, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&loop->quit, __ATOMIC_ACQUIRE)) {
        loop_run_once(loop, -1);
    }
    __atomic_store_n(&loop->is_running, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&loop->quit, 0, __ATOMIC_RELEASE);
}

void
loop_quit(struct loop *loop)
{
    __atomic_store_n(&loop->quit, 1, __ATOMIC_RELEASE);
    loop_wake(loop);
}

void
loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    int saved_errno = errno;
    /* A full counter wakes it up, too. */
    ssize_t n UNUSED = write(loop->event_fd, &one, sizeof one);
    errno = saved_errno;
}

void
loop_set_prepare(struct loop *loop, loop_callback *function, void *arg)
{
    loop->prepare = function;
    loop->prepare_arg = arg;
}

/* Whether 'loop' went to sleep (again) since it had slept 'n_sleeps' times. */
static bool
has_settled(const struct loop *loop, unsigned int n_sleeps)
{
    if (!__atomic_load_n(&loop->is_running, __ATOMIC_SEQ_CST)) {
        return true;
    }
    unsigned int now = __atomic_load_n(&loop->n_sleeps, __ATOMIC_SEQ_CST);
    return now - n_sleeps >= 2
           || (now != n_sleeps
               && __atomic_load_n(&loop->is_asleep, __ATOMIC_SEQ_CST));
}

void
loop_settle_others(struct loop *self, int timeout_ms)
{
    enum { MAX_OTHERS = 64, STEP_US = 50 };
    struct loop *loop;
    unsigned int n_sleeps[MAX_OTHERS];
    const struct loop *others[MAX_OTHERS];
    int n = 0;

    mutex_lock(&loops_mutex);
    LIST_FOR_EACH (loop, node, &loops) {
        if (loop != self && n < MAX_OTHERS) {
            others[n] = loop;
            n_sleeps[n++] = __atomic_load_n(&loop->n_sleeps, __ATOMIC_SEQ_CST);
            loop_wake(loop);
        }
    }
    mutex_unlock(&loops_mutex);

    /* Sleeping takes longer than asked for: 'timeout_ms' is about right. */
    for (int left_us = timeout_ms * 1000; n && left_us > 0;
         left_us -= 2 * STEP_US) {
        nanosleep(&(struct timespec){ 0, STEP_US * 1000 }, NULL);
        mutex_lock(&loops_mutex);
        int n_busy = 0;
        LIST_FOR_EACH (loop, node, &loops) {
            for (int i = 0; i < n; i++) {
                n_busy += others[i] == loop && !has_settled(loop, n_sleeps[i]);
            }
        }
        mutex_unlock(&loops_mutex);
        if (!n_busy) {
            return;
        }
    }
}
