/* The registry of runtime commands. */

#include "base/mem.h"
#include "rpc/appctl/appctl_private.h"

static struct strmap commands = STRMAP_INITIALIZER(&commands);

const struct strmap *
appctl_commands(void)
{
    return &commands;
}

void
appctl_register(const char *name, const char *usage, int min_args,
                int max_args, appctl_callback *callback, void *aux)
{
    if (strmap_find(&commands, name)) {
        return;
    }
    struct appctl_command *command = xmalloc(sizeof *command);
    *command = (struct appctl_command){
        .usage = xstrdup_nullable(usage),
        .min_args = min_args,
        .max_args = max_args,
        .callback = callback,
        .aux = aux,
    };
    strmap_add(&commands, name, command);
}
