/* Lock on a database file: the file ".NAME.~lock~" beside it, locked with
 * fcntl() for the life of the lock. */

#pragma once

#include <sys/types.h>

#include "base/compiler.h"

struct lockfile;

/* Name of the lock file of 'file'; the caller frees it. */
char *lockfile_name(const char *file) WARN_UNUSED;
/* Locks 'file' without waiting: 0, or EAGAIN and in '*holderp' the process
 * that has it (0 if unknown), EDEADLK if this program has it, or another
 * errno; logs failures. */
int lockfile_lock(const char *file, struct lockfile **lockp,
                  pid_t *holderp) WARN_UNUSED;
/* NULL is legal. */
void lockfile_unlock(struct lockfile *);
/* In a child after fork(): the locks are the parent's. */
void lockfile_after_fork(void);
