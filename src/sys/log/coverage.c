/* Event counters: totals over threads, and rates from samples. */

#include "sys/log/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sys/clock/clock.h"
#include "sys/thread/mutex.h"

enum {
    SAMPLE_MS = 5000,
    N_MINUTE = 60 * 1000 / SAMPLE_MS, /* Samples that make a minute. */
    MINUTE_MS = 60 * 1000,
    N_HOUR = 60, /* Minutes that make an hour. */
};

/* Counts of one thread. */
struct thread_counts {
    struct list node; /* In 'threads'. */
    uint64_t *counts; /* Written by the thread alone, atomically. */
};

/* How often a counter moved in the last samples. */
struct history {
    uint64_t last;             /* Total at the last sample. */
    uint64_t minute[N_MINUTE]; /* Ring: events per sample. */
    uint64_t hour[N_HOUR];     /* Ring: events per minute. */
};

_Thread_local uint64_t *coverage_counts;

/* Filled by constructors; fixed afterwards. */
static struct coverage_counter *counters;
static unsigned int n_counters;

static struct mutex mutex = MUTEX_INITIALIZER;
static struct list threads GUARDED_BY(mutex) = LIST_INITIALIZER(&threads);
static uint64_t *ended GUARDED_BY(mutex); /* Of threads that ended. */
static struct history *histories GUARDED_BY(mutex); /* By index. */
static long long next_sample_ms;                    /* 0: not started. */
static unsigned int n_samples GUARDED_BY(mutex);    /* Taken so far. */
static pthread_key_t key; /* Struct thread_counts of each thread. */
static pthread_once_t once = PTHREAD_ONCE_INIT;

void
coverage_register(struct coverage_counter *counter)
{
    for (struct coverage_counter *c = counters; c; c = c->next) {
        if (!strcmp(c->name, counter->name)) {
            counter->index = c->index;
            return;
        }
    }
    counter->index = n_counters++;
    counter->next = counters;
    counters = counter;
}

static void
end_thread(void *thread_)
{
    struct thread_counts *thread = thread_;
    mutex_lock(&mutex);
    if (!ended) {
        ended = xcalloc(n_counters, sizeof *ended);
    }
    for (unsigned int i = 0; i < n_counters; i++) {
        ended[i] += thread->counts[i];
    }
    list_remove(&thread->node);
    mutex_unlock(&mutex);
    coverage_counts = NULL;
    free(thread->counts);
    free(thread);
}

static void
create_key(void)
{
    if (pthread_key_create(&key, end_thread)) {
        abort();
    }
}

uint64_t *
coverage_start_thread(void)
{
    pthread_once(&once, create_key);
    struct thread_counts *thread = xmalloc(sizeof *thread);
    /* Lines of its own, so that no other thread's writes disturb it. */
    thread->counts = xzalloc_aligned(
        CACHE_LINE, ROUND_UP(n_counters * sizeof *thread->counts, CACHE_LINE));
    mutex_lock(&mutex);
    list_push_back(&threads, &thread->node);
    mutex_unlock(&mutex);
    pthread_setspecific(key, thread);
    coverage_counts = thread->counts;
    return coverage_counts;
}

static uint64_t
total(unsigned int index) REQUIRES(mutex)
{
    uint64_t sum = ended ? ended[index] : 0;
    struct thread_counts *thread;
    LIST_FOR_EACH (thread, node, &threads) {
        sum += __atomic_load_n(&thread->counts[index], __ATOMIC_RELAXED);
    }
    return sum;
}

bool
coverage_read(const char *name, uint64_t *totalp)
{
    *totalp = 0;
    for (const struct coverage_counter *c = counters; c; c = c->next) {
        if (!strcmp(c->name, name)) {
            mutex_lock(&mutex);
            *totalp = total(c->index);
            mutex_unlock(&mutex);
            return true;
        }
    }
    return false;
}

/* Takes one sample of every counter.  After a long sleep, 'n' samples are due:
 * what happened is spread over them. */
static void
take_samples(unsigned int n) REQUIRES(mutex)
{
    for (unsigned int i = 0; i < n_counters; i++) {
        struct history *h = &histories[i];
        uint64_t now = total(i);
        uint64_t delta = now - h->last;
        h->last = now;
        for (unsigned int j = 0; j < n; j++) {
            uint64_t share = delta / (n - j);
            delta -= share;
            unsigned int sample = n_samples + j;
            unsigned int minute = sample / N_MINUTE % N_HOUR;
            if (!(sample % N_MINUTE)) {
                h->hour[minute] = 0;
            }
            h->minute[sample % N_MINUTE] = share;
            h->hour[minute] += share;
        }
    }
    n_samples += n;
}

void
coverage_run(void)
{
    long long now = clock_msec();
    if (now < next_sample_ms) {
        return;
    }
    mutex_lock(&mutex);
    if (!histories) {
        histories = xcalloc(n_counters ? n_counters : 1, sizeof *histories);
        next_sample_ms = now + SAMPLE_MS;
    } else {
        long long due = (now - next_sample_ms) / SAMPLE_MS + 1;
        next_sample_ms += due * SAMPLE_MS;
        /* Of more than an hour ago nothing is kept. */
        take_samples(MIN(due, (long long) N_MINUTE * N_HOUR));
    }
    mutex_unlock(&mutex);
}

static int
compare_counters(const void *a_, const void *b_)
{
    const struct coverage_counter *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static void
put_counter(struct str *s, const struct coverage_counter *c) REQUIRES(mutex)
{
    const struct history *h = &histories[c->index];
    uint64_t minute = 0, hour = 0;
    for (int i = 0; i < N_MINUTE; i++) {
        minute += h->minute[i];
    }
    for (int i = 0; i < N_HOUR; i++) {
        hour += h->hour[i];
    }
    uint64_t last = n_samples ? h->minute[(n_samples - 1) % N_MINUTE] : 0;
    str_putf(s, "%-24s %5.1f/sec %9.3f/sec %13.4f/sec   total: %llu\n",
             c->name, last * 1000.0 / SAMPLE_MS, minute / 60.0, hour / 3600.0,
             (unsigned long long) total(c->index));
}

void
coverage_put(struct str *s)
{
    VEC(const struct coverage_counter *) hit = VEC_INITIALIZER;
    uint32_t hash = 0;
    unsigned int n_never = 0;

    coverage_run();
    mutex_lock(&mutex);
    for (const struct coverage_counter *c = counters; c; c = c->next) {
        if (total(c->index)) {
            vec_push(&hit, c);
        } else {
            n_never++;
        }
    }
    if (hit.n) {
        qsort(hit.items, hit.n, sizeof *hit.items, compare_counters);
    }
    /* Identifies the set of events seen, whatever their numbers. */
    for (size_t i = 0; i < hit.n; i++) {
        hash = hash_string(hit.items[i]->name, hash);
    }
    str_putf(s,
             "Event coverage, avg rate over last: %d seconds, last minute, "
             "last hour,  hash=%08x:\n",
             SAMPLE_MS / 1000, hash);
    for (size_t i = 0; i < hit.n; i++) {
        put_counter(s, hit.items[i]);
    }
    str_putf(s, "%u events never hit\n", n_never);
    mutex_unlock(&mutex);
    vec_uninit(&hit);
}
