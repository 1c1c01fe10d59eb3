/* The registry of commands, for the server and the built-in commands. */

#pragma once

#include "base/strmap.h"
#include "rpc/appctl/appctl.h"

struct appctl_command {
    char *usage; /* NULL hides the command. */
    int min_args;
    int max_args;
    appctl_callback *callback;
    void *aux;
};

/* Commands by name: struct appctl_command. */
const struct strmap *appctl_commands(void);
/* Sets what appctl_wants_json() says for the requests of the client that
 * follow. */
void appctl_set_json(struct appctl_conn *, bool json);
/* Registers the commands that every daemon has. */
void appctl_register_builtins(void);
