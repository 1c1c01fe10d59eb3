/* Runtime commands: what a daemon does on "ovs-appctl COMMAND ARG...".
 *
 * Modules register commands at start-up; the server, one per program, accepts
 * connections on RUNDIR/PROGRAM.PID.ctl and calls them in the main thread. */

#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "rpc/json/json.h"
#include "sys/loop/loop.h"

struct appctl_conn;
struct appctl_server;

/* A command called as 'argv[0]' with 'argc' - 1 arguments must reply once,
 * now or later. */
typedef void appctl_callback(struct appctl_conn *, int argc,
                             const char *argv[], void *aux);

/* No upper limit on the number of arguments. */
#define APPCTL_ANY INT_MAX

/* Registers command 'name'; 'usage' describes its arguments, NULL hides it
 * from "list-commands".  A name that exists keeps its first meaning. */
void appctl_register(const char *name, const char *usage, int min_args,
                     int max_args, appctl_callback *, void *aux);

/* Replies with 'text' (NULL: none); a newline is added if it ends in none. */
void appctl_reply(struct appctl_conn *, const char *text);
/* Replies with an error. */
void appctl_reply_error(struct appctl_conn *, const char *text);
/* Replies with 'json', which it takes; for clients that asked for JSON. */
void appctl_reply_json(struct appctl_conn *, struct json *json);
/* Whether the client asked for JSON ("ovs-appctl --format=json"). */
bool appctl_wants_json(const struct appctl_conn *);

/* Starts the server at 'path' (as --unixctl; NULL: the default place; "none":
 * no server and '*serverp' NULL) and registers the commands that every daemon
 * has. */
struct error *appctl_server_create(struct loop *, const char *path,
                                   struct appctl_server **serverp) WARN_UNUSED;
/* Replies that are queued go out first; NULL is legal. */
void appctl_server_destroy(struct appctl_server *);
/* Where the server listens, or NULL. */
const char *appctl_server_path(const struct appctl_server *);

/* Registers "exit" to call 'exit(arg)' after replying. */
void appctl_register_exit(loop_callback *exit, void *arg);
/* Registers "time/stop" and "time/warp", hidden or not: for simulation. */
void appctl_register_time(struct loop *, bool hidden);
/* Registers "memory/show". */
void appctl_register_memory(void);
