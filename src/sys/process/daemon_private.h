/* What the files of daemonizing share. */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "sys/process/daemon.h"

/* What the options asked for. */
struct daemon_config {
    bool detach;
    bool no_chdir;
    bool monitor;
    bool overwrite_pidfile;
    bool no_self_confinement;
    char *pidfile; /* Absolute, or NULL. */
    bool switch_user;
    char *user_name; /* NULL: the present one. */
    uid_t uid;
    gid_t gid;
};

extern struct daemon_config daemon_config;

/* pidfile.c: exits with a message if another process runs. */
void pidfile_check(void);
/* Makes and locks the pid file of this process; exits if it cannot. */
void pidfile_create(void);
/* In a child: the file is another process's. */
void pidfile_forget(void);

/* monitor.c: starts the daemon and returns in it; in the process that watches
 * it, never returns.  'start' forks, see daemon.c. */
void monitor_run(pid_t daemon_pid, int *notify_fdp);

/* daemon.c: forks; in the parent, waits for the child to serve and returns its
 * id; returns 0 in the child with '*notify_fdp' to tell it.  Exits if the
 * child fails. */
pid_t daemon_fork_and_wait(int *notify_fdp, bool exit_on_failure);

/* user.c */
struct error *user_parse(const char *spec) WARN_UNUSED;
void user_switch(bool keep_net_caps);
