/* Helper programs: fork, exec, collect. */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

/* Descriptors that the child gets: its standard ones, -1 for /dev/null. */
struct child_fds {
    int in;
    int out;
    int err;
};

/* Runs 'argv' (NULL-terminated; found on PATH) with 'fds' (NULL: inherits
 * them) and all other descriptors closed. */
struct error *child_start(const char *const *argv, const struct child_fds *fds,
                          pid_t *pidp) WARN_UNUSED;
/* Waits for the child; its wait status. */
int child_wait(pid_t);
/* "exit status 1", "killed (Segmentation fault), core dumped"; the caller
 * frees it. */
char *child_status_text(int status) WARN_UNUSED;
/* Runs 'argv' with 'input' (may be NULL) as its standard input and collects
 * at most 'max_output' bytes of its standard output. */
struct error *child_capture(const char *const *argv, const char *input,
                            size_t max_output, struct str *output,
                            int *statusp) WARN_UNUSED;

/* Runs 'function(arg)' in a copy of this program, which sees everything as it
 * is now, keeps the descriptor 'keep_fd' alone, and dies with this one.  It
 * must not log nor take locks that other threads may have.  '*fdp' becomes
 * readable when it is done: then child_copy_finish() takes both. */
struct error *child_copy_start(struct error *(*function)(void *arg), void *arg,
                               int keep_fd, pid_t *pidp, int *fdp) WARN_UNUSED;
/* Waits for the copy; what 'function' returned, or how the copy died. */
struct error *child_copy_finish(pid_t, int fd) WARN_UNUSED;
/* Kills the copy. */
void child_copy_cancel(pid_t, int fd);
