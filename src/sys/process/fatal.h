/* Clean-up when the program ends, in order or by SIGTERM, SIGINT, SIGHUP or
 * SIGALRM: files to unlink and hooks to call.
 *
 * A signal is taken by a thread of its own, logged, and then ends the program
 * as if it had not been caught.  That thread starts with the first
 * registration.  Any thread may call these. */

#pragma once

#include <stdbool.h>

/* Starts catching signals, if not done yet: blocks them in the calling thread
 * and thus in those that it starts from now on.  For the first thread, before
 * there are others. */
void fatal_start(void);
/* Leaves 'signo' to somebody else (loop_signal_add()); before any
 * registration. */
void fatal_exclude(int signo);

/* 'name' will be unlinked at the end. */
void fatal_add_file(const char *name);
void fatal_remove_file(const char *name);
/* Unlinks now; 0 or errno. */
int fatal_unlink_now(const char *name);

/* Calls 'hook(arg)' at the end, from exit() or the signal's thread; it must
 * neither block nor take locks that code could hold for long.  If
 * 'run_at_exit' is false, only for signals. */
void fatal_add_hook(void (*hook)(void *arg), void *arg, bool run_at_exit);

/* In a child after fork(): forgets the files and hooks, which are the
 * parent's, and catches signals again. */
void fatal_after_fork(void);
/* In a child that will exec(): default signal handling, nothing blocked. */
void fatal_reset_for_exec(void);
/* Ends the program as 'signo' would. */
void fatal_raise(int signo) __attribute__((noreturn));
