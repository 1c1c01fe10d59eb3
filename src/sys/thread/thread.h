/* Threads with names, which log records and debuggers show.
 *
 * A thread ends by returning; it is joined by thread_join().  Signals that
 * the program handles elsewhere stay blocked in it. */

#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/compiler.h"

typedef void thread_function(void *arg);

/* Starts 'function(arg)' in a new thread that is registered with RCU.  Aborts
 * if the system has no thread to give.  'name' is "KIND" or "KIND%u", where
 * "%u" becomes the thread's number. */
pthread_t thread_create(const char *name, thread_function *function,
                        void *arg);
/* Waits for the end of the thread, offline. */
void thread_join(pthread_t);

/* Name of the calling thread; "" for the program's first one. */
const char *thread_name(void);
/* Renames the calling thread; copies 'name'. */
void thread_set_name(const char *name);
/* Small number of the calling thread, from 0 for the first one. */
unsigned int thread_number(void);
/* Whether another thread was ever started by thread_create(). */
bool thread_is_multithreaded(void);
