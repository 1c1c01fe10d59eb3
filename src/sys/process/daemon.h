/* Daemons: --detach, --monitor, --pidfile, --user.
 *
 * main(): parse options with daemon_option_group; daemon_start(); open
 * sockets, databases, runtime commands; daemon_complete() when the program
 * serves; run.  Everything before daemon_start() happens in the process that
 * the user started and must not make threads. */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "sys/process/options.h"

extern const struct option_group daemon_option_group;
/* Their part of --help. */
void daemon_print_help(void);

/* Forks as the options say, makes the pid file and locks it, changes user,
 * raises the limit of descriptors as far as it may.
 * 'keep_net_caps': keep the capabilities that a datapath needs.  Prints the
 * reason and exits with status 1 if something fails; the original process
 * exits with the daemon's status once that calls daemon_complete() or ends. */
void daemon_start(bool keep_net_caps);
/* The program serves: the original process may exit with status 0. */
void daemon_complete(void);

/* Whether --detach was given. */
bool daemon_is_detached(void);
/* Asks for --detach / a default pid file, as the options would. */
void daemon_set_detach(void);
void daemon_set_pidfile(const char *name);
/* Path of the pid file, or NULL. */
const char *daemon_pidfile(void);

/* The process that holds pid file 'name' locked: its positive id, or
 * -errno: ENOENT no file, ESRCH nobody runs. */
pid_t daemon_read_pidfile(const char *name);

/* The --user's ids, for files made before the change; false if none. */
bool daemon_user(uid_t *uidp, gid_t *gidp);
/* Whether --no-self-confinement was not given: commands may then only name
 * files below the run directory. */
bool daemon_is_confined(void);
/* Whether a command may use a socket or file called 'name' as 'name' of an
 * active or passive connection. */
bool daemon_may_use_path(const char *name);
