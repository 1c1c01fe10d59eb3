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
