/* What the files of the event loop share. */

#pragma once

#include <pthread.h>

#include "sys/loop/loop.h"
#include "sys/thread/mutex.h"

enum { LOOP_MAX_SIGNAL = 64 };

/* Priority of a timer in a heap whose largest is on top. */
#define LOOP_PRIORITY(at_msec) (UINT64_MAX - (uint64_t) (at_msec))
#define LOOP_TIME(priority)    ((long long) (UINT64_MAX - (priority)))

struct loop_signal {
    struct list node; /* In the loop's list. */
    int signo;
    loop_callback *callback;
    void *arg;
};

struct loop {
    /* The loop's thread. */
    int epoll_fd;
    struct heap timers;       /* Of struct loop_timer. */
    struct list tasks;        /* Of struct loop_task. */
    struct list always_ready; /* Of struct loop_fd. */
    struct list signals;      /* Of struct loop_signal. */
    loop_callback *prepare;   /* May be NULL. */
    void *prepare_arg;
    struct epoll_event *ready; /* Events being delivered, from 'next_ready'. */
    int n_ready;
    int next_ready;
    bool is_eager;       /* loop_set_eager() */
    bool was_short_wait; /* Being eager would have paid last time. */

    /* Any thread; atomic. */
    int event_fd; /* Readable when the loop must look around. */
    int quit;
    int signal_pending;    /* Some signal came. */
    unsigned int n_sleeps; /* Times it went to sleep or looked. */
    int is_asleep;         /* Blocks in epoll_wait(). */
    int is_running;        /* Inside loop_run(). */

    struct mutex mutex;
    struct list latches; /* Of set struct loop_latch; under 'mutex'. */

    struct list node; /* In the list of all loops, under its mutex. */
};

/* Calls back for the signals that came since the last call. */
void loop_run_signals(struct loop *);
void loop_forget_signals(struct loop *);
