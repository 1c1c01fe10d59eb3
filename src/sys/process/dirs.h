/* Directories of the installation; the environment variables OVS_RUNDIR,
 * OVS_LOGDIR, OVS_DBDIR, OVS_SYSCONFDIR, OVS_PKGDATADIR, OVS_BINDIR and
 * OVS_SBINDIR override them.  Results live as long as the program. */

#pragma once

#include "base/compiler.h"

const char *dirs_rundir(void);
const char *dirs_logdir(void);
const char *dirs_dbdir(void);
const char *dirs_sysconfdir(void);
const char *dirs_pkgdatadir(void);
const char *dirs_bindir(void);
const char *dirs_sbindir(void);

/* 'name' if it is absolute, else 'directory'/'name'; the caller frees it.
 * 'directory' NULL is the working directory. */
char *dirs_absolute(const char *directory, const char *name) WARN_UNUSED;
