/* Event loop: calls back when descriptors are ready, timers expire, signals
 * come, or other threads set latches.
 *
 * One loop belongs to one thread; all functions are for that thread, except
 * loop_latch_set(), loop_quit() and loop_wake().  Owners embed the watchers;
 * a watcher must be removed or cancelled before its storage goes away, and may
 * be from any callback.
 *
 * Each iteration: descriptors, latches and signals, then due timers, then the
 * tasks scheduled until then.  An idle loop sleeps without waking up.
 * Timers follow sys/clock: while it is stopped, only clock_warp() makes them
 * expire.  The thread reports an RCU quiescent state once per iteration and
 * is offline while it sleeps. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/heap.h"
#include "base/list.h"

struct loop;

typedef void loop_fd_callback(void *arg, uint32_t events);
typedef void loop_callback(void *arg);

/* All members of the watchers are private to the loop. */
struct loop_fd {
    struct loop *loop; /* NULL when not added. */
    int fd;
    uint32_t events;
    bool always_ready; /* A file that epoll cannot watch. */
    struct list node;  /* In the loop's list of always ready ones. */
    loop_fd_callback *callback;
    void *arg;
};

struct loop_timer {
    struct loop *loop;
    struct heap_node node; /* In the loop's heap; index 0 when not set. */
    loop_callback *callback;
    void *arg;
};

struct loop_task {
    struct loop *loop;
    struct list node; /* In the loop's list; empty when not scheduled. */
    loop_callback *callback;
    void *arg;
};

struct loop_latch {
    struct loop *loop;
    struct list node; /* In the loop's list of latches. */
    int is_set;       /* Atomic. */
    loop_callback *callback;
    void *arg;
};

struct loop *loop_create(void);
/* All watchers must be gone; NULL is legal. */
void loop_destroy(struct loop *);
/* Runs until loop_quit(). */
void loop_run(struct loop *);
/* Runs one iteration, sleeping at most 'timeout_ms' of real time for it; -1
 * is no limit. */
void loop_run_once(struct loop *, int timeout_ms);
/* Makes loop_run() return after the current iteration; any thread. */
void loop_quit(struct loop *);
/* Makes the loop begin a new iteration soon; any thread. */
void loop_wake(struct loop *);
/* Calls 'function' at the start of every iteration: NULL for none. */
void loop_set_prepare(struct loop *, loop_callback *function, void *arg);
/* An eager loop looks around for 50 us before it sleeps, as long as that is
 * worth it: while peers answer faster than the system wakes up a thread.  It
 * is meant for servers whose clients wait for each reply; not for simple
 * machines, where peers have no processor of their own to answer on. */
void loop_set_eager(struct loop *, bool);

/* Watches 'fd' (still the caller's) for EPOLL* 'events', level-triggered;
 * EPOLLERR and EPOLLHUP always count. */
void loop_fd_add(struct loop *, struct loop_fd *, int fd, uint32_t events,
                 loop_fd_callback *, void *arg);
void loop_fd_modify(struct loop_fd *, uint32_t events);
/* No effect if not added (zeroed).  Must precede close() of the fd. */
void loop_fd_remove(struct loop_fd *);

void loop_timer_init(struct loop *, struct loop_timer *, loop_callback *,
                     void *arg);
/* Expires once, when clock_msec() reaches 'at_msec'; replaces an earlier
 * setting. */
void loop_timer_set(struct loop_timer *, long long at_msec);
void loop_timer_cancel(struct loop_timer *);
bool loop_timer_is_set(const struct loop_timer *);
/* When the first of all timers fires, in '*at_msecp'; false if none is set. */
bool loop_next_timer(const struct loop *, long long *at_msecp);

void loop_task_init(struct loop *, struct loop_task *, loop_callback *,
                    void *arg);
/* Runs the task once before the loop sleeps; a task scheduled by a task runs
 * in the next iteration, which then comes at once. */
void loop_task_schedule(struct loop_task *);
void loop_task_cancel(struct loop_task *);
bool loop_task_is_scheduled(const struct loop_task *);

void loop_latch_init(struct loop *, struct loop_latch *, loop_callback *,
                     void *arg);
/* Waits for no loop: the owner makes sure that nobody sets it any more. */
void loop_latch_uninit(struct loop_latch *);
/* Makes the loop call back, once for any number of settings before that; any
 * thread. */
void loop_latch_set(struct loop_latch *);

/* Calls back in the loop's thread after 'signo' came; for the life of the
 * loop. */
void loop_signal_add(struct loop *, int signo, loop_callback *, void *arg);

/* For simulated time: lets every other loop of the program pass an iteration,
 * up to 'timeout_ms' of real time. */
void loop_settle_others(struct loop *, int timeout_ms);
