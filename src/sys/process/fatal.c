/* Clean-up at the end of the program.
 *
 * Signal handlers may do next to nothing, so there is none: the signals are
 * blocked everywhere, and a thread of its own waits for them. */

#include "sys/process/fatal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "sys/log/log.h"
#include "sys/thread/mutex.h"
#include "sys/thread/thread.h"

LOG_MODULE(fatal_signal);

struct hook {
    void (*function)(void *arg);
    void *arg;
    bool run_at_exit;
};

static const int fatal_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM };

static struct mutex mutex = MUTEX_INITIALIZER;
static struct strset files GUARDED_BY(mutex) = STRSET_INITIALIZER(&files);
static VEC(struct hook) hooks GUARDED_BY(mutex);
static bool cleaned GUARDED_BY(mutex); /* Clean-up was done. */
static bool started; /* The thread runs; first thread only. */
static int excluded; /* Signal left to others, or 0. */

static void
clean_up(bool at_exit)
{
    mutex_lock(&mutex);
    if (cleaned) {
        mutex_unlock(&mutex);
        return;
    }
    cleaned = true;
    const struct strmap_node *file;
    STRSET_FOR_EACH (file, &files) {
        unlink(file->name);
    }
    /* Hooks run unlocked, last one first; nobody adds any now. */
    size_t n = hooks.n;
    struct hook *todo = hooks.items;
    mutex_unlock(&mutex);
    while (n--) {
        if (todo[n].run_at_exit || !at_exit) {
            todo[n].function(todo[n].arg);
        }
    }
}

static void
clean_up_at_exit(void)
{
    clean_up(true);
}

static void
make_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++) {
        struct sigaction action;
        int signo = fatal_signals[i];
        /* What the parent had us ignore stays ignored: nohup. */
        if (signo != excluded && !sigaction(signo, NULL, &action)
            && action.sa_handler != SIG_IGN) {
            sigaddset(set, signo);
        }
    }
}

static void *
wait_for_signal(void *name)
{
    sigset_t set;
    int signo;
    make_set(&set);
    pthread_setname_np(pthread_self(), "signals");
    /* Its record is one of the thread that started it. */
    if (*(const char *) name) {
        thread_set_name(name);
    }
    free(name);
    while (sigwait(&set, &signo)) {
        continue;
    }
    log_warn("terminating with signal %d (%s)", signo, strsignal(signo));
    clean_up(false);
    fatal_raise(signo);
}

void
fatal_raise(int signo)
{
    sigset_t set;
    signal(signo, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(signo);
    _exit(128 + signo);
}

void
fatal_start(void)
{
    static bool at_exit;
    if (started) {
        return;
    }
    started = true;
    if (!at_exit) {
        at_exit = true;
        atexit(clean_up_at_exit);
    }
    sigset_t set;
    make_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    /* Plain: not one of the program's threads, never joined. */
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attr, wait_for_signal,
                               xstrdup(thread_name()));
    pthread_attr_destroy(&attr);
    if (error) {
        log_fatal("cannot create the signal thread (%s)", strerror(error));
    }
}

void
fatal_exclude(int signo)
{
    excluded = signo;
}

void
fatal_add_file(const char *name)
{
    fatal_start();
    mutex_lock(&mutex);
    strset_add(&files, name);
    mutex_unlock(&mutex);
}

void
fatal_remove_file(const char *name)
{
    mutex_lock(&mutex);
    strset_remove(&files, name);
    mutex_unlock(&mutex);
}

int
fatal_unlink_now(const char *name)
{
    fatal_remove_file(name);
    return unlink(name) ? errno : 0;
}

void
fatal_add_hook(void (*function)(void *arg), void *arg, bool run_at_exit)
{
    struct hook hook = { function, arg, run_at_exit };
    fatal_start();
    mutex_lock(&mutex);
    vec_push(&hooks, hook);
    mutex_unlock(&mutex);
}

void
fatal_after_fork(void)
{
    mutex_lock(&mutex);
    strset_clear(&files);
    vec_clear(&hooks);
    mutex_unlock(&mutex);
    if (started) {
        started = false;
        fatal_start();
    }
}

void
fatal_reset_for_exec(void)
{
    sigset_t set;
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++) {
        struct sigaction action;
        if (!sigaction(fatal_signals[i], NULL, &action)
            && action.sa_handler != SIG_IGN) {
            signal(fatal_signals[i], SIG_DFL);
        }
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
}
