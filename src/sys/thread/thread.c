/* Threads: creation, names and numbers. */

#include "sys/thread/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/thread/rcu.h"

/* What a new thread needs to begin. */
struct start {
    char *name;
    unsigned int number;
    thread_function *function;
    void *arg;
};

static _Thread_local char *this_name;
static _Thread_local unsigned int this_number;
static unsigned int n_threads; /* Threads ever created; atomic. */
static pthread_key_t name_key; /* Frees the name when the thread ends. */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init_once(void)
{
    if (pthread_key_create(&name_key, free)) {
        abort();
    }
}

static void
take_name(char *name)
{
    pthread_once(&once, init_once);
    free(this_name);
    this_name = name;
    pthread_setspecific(name_key, name);

    char kernel_name[16];
    snprintf(kernel_name, sizeof kernel_name, "%s", name);
    if (this_number) {
        pthread_setname_np(pthread_self(), kernel_name);
    }
}

static void *
thread_main(void *start_)
{
    struct start start = *(struct start *) start_;
    free(start_);
    this_number = start.number;
    take_name(start.name);
    rcu_register_thread();
    start.function(start.arg);
    rcu_unregister_thread();
    return NULL;
}

static char *
format_name(const char *name, unsigned int number)
{
    const char *directive = strstr(name, "%u");
    if (!directive) {
        return xstrdup(name);
    }
    return xasprintf("%.*s%u%s", (int) (directive - name), name, number,
                     directive + 2);
}

pthread_t
thread_create(const char *name, thread_function *function, void *arg)
{
    struct start *start = xmalloc(sizeof *start);
    start->number = __atomic_add_fetch(&n_threads, 1, __ATOMIC_RELAXED);
    start->name = format_name(name, start->number);
    start->function = function;
    start->arg = arg;

    pthread_t thread;
    int error = pthread_create(&thread, NULL, thread_main, start);
    if (error) {
        fprintf(stderr, "cannot create thread %s (%s)\n", start->name,
                strerror(error));
        abort();
    }
    return thread;
}

void
thread_join(pthread_t thread)
{
    rcu_offline();
    int error = pthread_join(thread, NULL);
    rcu_online();
    if (error) {
        fprintf(stderr, "cannot join thread (%s)\n", strerror(error));
        abort();
    }
}

const char *
thread_name(void)
{
    return this_name ? this_name : "";
}

void
thread_set_name(const char *name)
{
    take_name(xstrdup(name));
}

unsigned int
thread_number(void)
{
    return this_number;
}

bool
thread_is_multithreaded(void)
{
    return __atomic_load_n(&n_threads, __ATOMIC_RELAXED) > 0;
}
