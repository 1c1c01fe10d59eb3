/* Registration of what a loop watches. */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/loop/loop.h"
#include "sys/loop/loop_private.h"

/* For signal handlers: which signals came, and the loop that serves each. */
static int signal_came[LOOP_MAX_SIGNAL + 1];
static struct loop *signal_loop[LOOP_MAX_SIGNAL + 1];

static void
change_epoll(struct loop_fd *watch, int operation)
{
    struct epoll_event event = { .events = watch->events, .data.ptr = watch };
    if (!epoll_ctl(watch->loop->epoll_fd, operation, watch->fd, &event)) {
        return;
    }
    if (errno == EPERM && operation == EPOLL_CTL_ADD) {
        /* A regular file: always ready. */
        watch->always_ready = true;
        list_push_back(&watch->loop->always_ready, &watch->node);
        return;
    }
    fprintf(stderr, "epoll_ctl of descriptor %d failed (%s)\n", watch->fd,
            strerror(errno));
    abort();
}

void
loop_fd_add(struct loop *loop, struct loop_fd *watch, int fd, uint32_t events,
            loop_fd_callback *callback, void *arg)
{
    *watch = (struct loop_fd){
        .loop = loop,
        .fd = fd,
        .events = events,
        .callback = callback,
        .arg = arg,
    };
    change_epoll(watch, EPOLL_CTL_ADD);
}

void
loop_fd_modify(struct loop_fd *watch, uint32_t events)
{
    if (watch->events != events) {
        watch->events = events;
        if (!watch->always_ready) {
            change_epoll(watch, EPOLL_CTL_MOD);
        } else if (events & (EPOLLIN | EPOLLOUT)) {
            list_remove(&watch->node);
            list_push_back(&watch->loop->always_ready, &watch->node);
        } else {
            list_remove(&watch->node);
            list_init(&watch->node);
        }
    }
}

void
loop_fd_remove(struct loop_fd *watch)
{
    struct loop *loop = watch->loop;
    if (!loop) {
        return;
    }
    if (watch->always_ready) {
        list_remove(&watch->node);
    } else {
        change_epoll(watch, EPOLL_CTL_DEL);
    }
    /* Events of it that wait for delivery are moot. */
    for (int i = loop->next_ready; i < loop->n_ready; i++) {
        if (loop->ready[i].data.ptr == watch) {
            loop->ready[i] = loop->ready[--loop->n_ready];
            i--;
        }
    }
    watch->loop = NULL;
}

void
loop_timer_init(struct loop *loop, struct loop_timer *timer,
                loop_callback *callback, void *arg)
{
    *timer = (struct loop_timer){ loop, { 0, 0 }, callback, arg };
}

void
loop_timer_set(struct loop_timer *timer, long long at_msec)
{
    uint64_t priority = LOOP_PRIORITY(at_msec > 0 ? at_msec : 0);
    if (timer->node.index) {
        heap_change(&timer->loop->timers, &timer->node, priority);
    } else {
        heap_add(&timer->loop->timers, &timer->node, priority);
    }
}

void
loop_timer_cancel(struct loop_timer *timer)
{
    if (timer->node.index) {
        heap_remove(&timer->loop->timers, &timer->node);
        timer->node.index = 0;
    }
}

bool
loop_timer_is_set(const struct loop_timer *timer)
{
    return timer->node.index != 0;
}

bool
loop_next_timer(const struct loop *loop, long long *at_msecp)
{
    if (heap_is_empty(&loop->timers)) {
        return false;
    }
    *at_msecp = LOOP_TIME(heap_top(&loop->timers)->priority);
    return true;
}

void
loop_task_init(struct loop *loop, struct loop_task *task,
               loop_callback *callback, void *arg)
{
    *task = (struct loop_task){
        .loop = loop,
        .callback = callback,
        .arg = arg,
    };
    list_init(&task->node);
}

void
loop_task_schedule(struct loop_task *task)
{
    if (list_is_empty(&task->node)) {
        list_push_back(&task->loop->tasks, &task->node);
    }
}

void
loop_task_cancel(struct loop_task *task)
{
    if (task->loop && !list_is_empty(&task->node)) {
        list_remove(&task->node);
        list_init(&task->node);
    }
}

bool
loop_task_is_scheduled(const struct loop_task *task)
{
    return !list_is_empty(&task->node);
}

void
loop_latch_init(struct loop *loop, struct loop_latch *latch,
                loop_callback *callback, void *arg)
{
    *latch = (struct loop_latch){
        .loop = loop,
        .callback = callback,
        .arg = arg,
    };
    list_init(&latch->node);
}

void
loop_latch_uninit(struct loop_latch *latch)
{
    if (latch->loop) {
        mutex_lock(&latch->loop->mutex);
        if (!list_is_empty(&latch->node)) {
            list_remove(&latch->node);
            list_init(&latch->node);
        }
        mutex_unlock(&latch->loop->mutex);
    }
}

void
loop_latch_set(struct loop_latch *latch)
{
    if (__atomic_exchange_n(&latch->is_set, 1, __ATOMIC_SEQ_CST)) {
        return;
    }
    mutex_lock(&latch->loop->mutex);
    if (list_is_empty(&latch->node)) {
        list_push_back(&latch->loop->latches, &latch->node);
    }
    mutex_unlock(&latch->loop->mutex);
    loop_wake(latch->loop);
}

static void
signal_handler(int signo)
{
    struct loop *loop = __atomic_load_n(&signal_loop[signo], __ATOMIC_ACQUIRE);
    if (loop) {
        __atomic_store_n(&signal_came[signo], 1, __ATOMIC_RELEASE);
        __atomic_store_n(&loop->signal_pending, 1, __ATOMIC_RELEASE);
        loop_wake(loop);
    }
}

void
loop_signal_add(struct loop *loop, int signo, loop_callback *callback,
                void *arg)
{
    assert(signo > 0 && signo <= LOOP_MAX_SIGNAL);
    struct loop_signal *signal = xmalloc(sizeof *signal);
    signal->signo = signo;
    signal->callback = callback;
    signal->arg = arg;
    list_push_back(&loop->signals, &signal->node);
    __atomic_store_n(&signal_loop[signo], loop, __ATOMIC_RELEASE);

    struct sigaction action = {
        .sa_handler = signal_handler,
        .sa_flags = SA_RESTART,
    };
    sigemptyset(&action.sa_mask);
    sigaction(signo, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void
loop_run_signals(struct loop *loop)
{
    if (!__atomic_exchange_n(&loop->signal_pending, 0, __ATOMIC_ACQ_REL)) {
        return;
    }
    struct loop_signal *signal, *next;
    LIST_FOR_EACH_SAFE (signal, next, node, &loop->signals) {
        if (__atomic_exchange_n(&signal_came[signal->signo], 0,
                                __ATOMIC_ACQ_REL)) {
            signal->callback(signal->arg);
        }
    }
}

void
loop_forget_signals(struct loop *loop)
{
    struct loop_signal *watch, *next;
    LIST_FOR_EACH_SAFE (watch, next, node, &loop->signals) {
        signal(watch->signo, SIG_DFL);
        __atomic_store_n(&signal_loop[watch->signo], NULL, __ATOMIC_RELEASE);
        list_remove(&watch->node);
        free(watch);
    }
}
