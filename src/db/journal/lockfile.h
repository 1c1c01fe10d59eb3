/* Locks that keep two programs, or two places of one program, from writing
 * the same file: an fcntl() lock on ".NAME.~lock~" beside it. */

#pragma once

#include "base/compiler.h"

struct lockfile;

/* Locks 'name' (the file to protect).  Returns 0 or a positive errno: EAGAIN
 * or EACCES if another process has it ('*ownerp' is then its process id),
 * EDEADLK if this process has. */
int lockfile_lock(const char *name, struct lockfile **,
                  int *ownerp) WARN_UNUSED;
/* NULL is legal. */
void lockfile_unlock(struct lockfile *);
/* Name of the lock file of 'name'; the caller must free() it. */
char *lockfile_name(const char *name);
