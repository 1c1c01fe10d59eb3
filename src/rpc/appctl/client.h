/* Client of runtime commands: ovs-appctl and programs that ask daemons. */

#pragma once

#include "base/error.h"
#include "rpc/json/json.h"
#include "sys/loop/loop.h"

struct appctl_client;

/* Path of the control socket of 'target': a path, or a program whose pid file
 * is in the run directory. */
struct error *appctl_client_find(const char *target, char **pathp) WARN_UNUSED;
/* Connects to the socket 'path': 0 or errno. */
int appctl_client_connect(struct loop *, const char *path,
                          struct appctl_client **clientp) WARN_UNUSED;
/* NULL is legal. */
void appctl_client_close(struct appctl_client *);
/* Runs 'command' and waits for its end: 0 and either '*resultp' or '*errorp'
 * (owned by the caller, the other NULL), or EOF or an errno. */
int appctl_client_call(struct appctl_client *, const char *command, int argc,
                       char *const argv[], struct json **resultp,
                       char **errorp) WARN_UNUSED;
