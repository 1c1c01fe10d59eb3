/* Worker threads: serve the ports' queues.
 *
 * A worker polls its queues while packets come and for SPIN_US after the last
 * one, then sleeps in epoll_wait().  Descriptors are level-triggered, so that
 * no packet can be overlooked: one that came between the last poll and the
 * sleep makes epoll_wait() return at once. */

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "datapath/forward/forward_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/thread/thread.h"

LOG_MODULE(dpif_netdev_worker);

enum {
    SPIN_US = 50,    /* Polls so long after the last packet. */
    MAX_BATCHES = 8, /* Of one queue before the next one's turn. */
    MAX_EVENTS = 1,
    MAX_SKIP = 8, /* Rounds without a system call on a quiet queue. */
};

static void
wake(struct worker *w)
{
    uint64_t one = 1;
    while (write(w->event_fd, &one, sizeof one) < 0 && errno == EINTR) {
        continue;
    }
}

static long long
now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static bool
poll_queue(struct worker *w, struct context *c, struct worker_queue *q)
{
    bool any = false;
    if (q->skip_left) {
        q->skip_left--;
        return false;
    }
    for (int i = 0; i < MAX_BATCHES; i++) {
        struct packet_batch batch;
        packet_batch_init(&batch);
        if (netdev_rxq_recv(q->rxq, &batch)) {
            break;
        }
        any = true;
        q->skip = 0;
        size_t n = batch.n;
        q->n_packets += n;
        forward_count(c, &w->counters.n_packets, n);
        forward_count(c, &w->counters.n_batches, 1);
        context_receive(c, &batch, q->port);
        context_flush(c);
        if (n < PACKET_BATCH_MAX) {
            break;
        }
    }
    if (!any && q->costs_call) {
        q->skip = MIN(q->skip * 2 + 1, MAX_SKIP);
        q->skip_left = q->skip;
    }
    return any;
}

/* Waits until packets come or somebody wakes it up. */
static void
sleep_until_work(struct worker *w)
{
    struct epoll_event events[MAX_EVENTS];
    rcu_offline();
    int n = epoll_wait(w->epoll_fd, events, MAX_EVENTS, -1);
    if (n > 0 && !events[0].data.ptr) {
        uint64_t x;
        (void) !read(w->event_fd, &x, sizeof x);
    }
    rcu_online();
}

/* Stays here while the main thread changes the queues; false to end. */
static bool
attend_main(struct worker *w)
{
    bool go_on;
    rcu_offline();
    mutex_lock(&w->mutex);
    while (w->park && !w->quit) {
        w->parked = true;
        condition_broadcast(&w->condition);
        condition_wait(&w->condition, &w->mutex);
    }
    w->parked = false;
    go_on = !w->quit;
    mutex_unlock(&w->mutex);
    rcu_online();
    return go_on;
}

static void
worker_main(void *w_)
{
    struct worker *w = w_;
    struct context *c = xzalloc_aligned(CACHE_LINE, sizeof *c);
    long long last_us = 0;

    context_init(c, w->forward, w);
    for (;;) {
        bool any = false;
        if (__atomic_load_n(&w->park, __ATOMIC_ACQUIRE)
            || __atomic_load_n(&w->quit, __ATOMIC_ACQUIRE)) {
            if (!attend_main(w)) {
                break;
            }
        }
        c->now_ms = clock_msec();
        for (size_t i = 0; i < w->queues.n; i++) {
            any |= poll_queue(w, c, &w->queues.items[i]);
        }
        rcu_quiesce();
        long long t = now_us();
        if (any) {
            last_us = t;
        } else if (t - last_us > SPIN_US) {
            sleep_until_work(w);
            last_us = now_us();
        }
    }
    free(c);
}

static struct worker *
worker_create(struct forward *f, int id)
{
    struct worker *w = xzalloc_aligned(CACHE_LINE, sizeof *w);
    struct epoll_event event = { .events = EPOLLIN };

    w->forward = f;
    w->id = id;
    w->cache = signature_cache_create();
    mutex_init(&w->mutex);
    condition_init(&w->condition);
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->epoll_fd < 0 || w->event_fd < 0
        || epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->event_fd, &event)) {
        log_fatal("cannot make a worker: %s", strerror(errno));
    }
    w->thread = thread_create("worker%u", worker_main, w);
    return w;
}

void
workers_start(struct forward *f)
{
    if (f->n_workers) {
        return;
    }
    cpu_set_t cpus;
    size_t n = 1;
    if (!sched_getaffinity(0, sizeof cpus, &cpus)) {
        n = MAX(CPU_COUNT(&cpus) - 1, 1);
    }
    n = MIN(n, FORWARD_MAX_WORKERS);
    for (size_t i = 0; i < n; i++) {
        f->workers[i] = worker_create(f, i);
        f->n_workers++;
    }
}

void
workers_stop(struct forward *f)
{
    for (size_t i = 0; i < f->n_workers; i++) {
        struct worker *w = f->workers[i];
        mutex_lock(&w->mutex);
        __atomic_store_n(&w->quit, true, __ATOMIC_RELEASE);
        condition_broadcast(&w->condition);
        mutex_unlock(&w->mutex);
        wake(w);
        thread_join(w->thread);
        close(w->epoll_fd);
        close(w->event_fd);
        condition_uninit(&w->condition);
        mutex_uninit(&w->mutex);
        vec_uninit(&w->queues);
        signature_cache_destroy(w->cache);
        free(w);
    }
    f->n_workers = 0;
}

void
workers_park(struct forward *f)
{
    for (size_t i = 0; i < f->n_workers; i++) {
        struct worker *w = f->workers[i];
        mutex_lock(&w->mutex);
        __atomic_store_n(&w->park, true, __ATOMIC_RELEASE);
        mutex_unlock(&w->mutex);
        wake(w);
    }
    rcu_offline();
    for (size_t i = 0; i < f->n_workers; i++) {
        struct worker *w = f->workers[i];
        mutex_lock(&w->mutex);
        while (!w->parked) {
            condition_wait(&w->condition, &w->mutex);
        }
        mutex_unlock(&w->mutex);
    }
    rcu_online();
}

void
workers_unpark(struct forward *f)
{
    for (size_t i = 0; i < f->n_workers; i++) {
        struct worker *w = f->workers[i];
        mutex_lock(&w->mutex);
        __atomic_store_n(&w->park, false, __ATOMIC_RELEASE);
        condition_broadcast(&w->condition);
        mutex_unlock(&w->mutex);
    }
}

static int
queue_fd(const struct worker_queue *q)
{
    return q->rxq->netdev->driver->rxq_fd(q->rxq);
}

/* Lets a worker serve a queue, which is copied. */
static void
adopt(struct worker *w, const struct worker_queue *q)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = q->port };
    vec_push(&w->queues, *q);
    w->queues.items[w->queues.n - 1].worker = w->id;
    if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, queue_fd(q), &event)) {
        log_err("%s: cannot wait for packets: %s", q->port->netdev->name,
                strerror(errno));
    }
}

/* Takes queue number 'i' from the worker. */
static struct worker_queue
give_up(struct worker *w, size_t i)
{
    struct worker_queue q = w->queues.items[i];
    (void) epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, queue_fd(&q), NULL);
    vec_remove(&w->queues, i);
    return q;
}

void
worker_add_queue(struct forward *f, struct forward_port *port,
                 struct netdev_rxq *rxq)
{
    const struct worker_queue q = {
        .port = port,
        .rxq = rxq,
        .costs_call = netdev_type(port->netdev)
                      && strcmp(netdev_type(port->netdev), "system"),
    };
    adopt(f->workers[f->next_worker++ % f->n_workers], &q);
}

void
workers_remove_port(struct forward *f, struct forward_port *port)
{
    for (size_t i = 0; i < f->n_workers; i++) {
        struct worker *w = f->workers[i];
        for (size_t k = 0; k < w->queues.n;) {
            if (w->queues.items[k].port == port) {
                (void) give_up(w, k);
            } else {
                k++;
            }
        }
    }
}

static int
compare_loads(const void *a_, const void *b_)
{
    const struct worker_queue *a = a_, *b = b_;
    uint64_t x = a->n_packets - a->n_placed, y = b->n_packets - b->n_placed;
    return x < y ? 1 : x > y ? -1 : 0;
}

void
workers_rebalance(struct forward *f)
{
    VEC(struct worker_queue) queues = VEC_INITIALIZER;
    uint64_t loads[FORWARD_MAX_WORKERS] = { 0 };

    workers_park(f);
    for (size_t i = 0; i < f->n_workers; i++) {
        while (f->workers[i]->queues.n) {
            vec_push(&queues, give_up(f->workers[i], 0));
        }
    }
    /* The busiest first, each to the worker that has the least so far. */
    if (queues.n) {
        qsort(queues.items, queues.n, sizeof *queues.items, compare_loads);
    }
    for (size_t i = 0; i < queues.n; i++) {
        struct worker_queue *q = &queues.items[i];
        size_t best = 0;
        for (size_t k = 1; k < f->n_workers; k++) {
            best = loads[k] < loads[best] ? k : best;
        }
        loads[best] += q->n_packets - q->n_placed + 1;
        q->n_placed = q->n_packets;
        adopt(f->workers[best], q);
    }
    workers_unpark(f);
    vec_uninit(&queues);
}
