/* dpctl commands as runtime commands: dpctl/NAME. */

#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "datapath/ctl/ctl_private.h"
#include "rpc/appctl/appctl.h"

/* Options, which may stand anywhere. */
static bool
take_option(struct ctl *ctl, const char *arg)
{
    static const struct {
        const char *name;
        size_t member;
    } flags[] = {
        { "--statistics", offsetof(struct ctl, statistics) },
        { "-s", offsetof(struct ctl, statistics) },
        { "--clear", offsetof(struct ctl, zero_stats) },
        { "--may-create", offsetof(struct ctl, may_create) },
        { "--more", offsetof(struct ctl, more) },
        { "-m", offsetof(struct ctl, more) },
        { "--read-only", offsetof(struct ctl, read_only) },
        { "--names", offsetof(struct ctl, names) },
    };

    if (!strcmp(arg, "--no-names")) {
        ctl->names = false;
        ctl->names_set = true;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (!strcmp(arg, flags[i].name)) {
            *(bool *) ((char *) ctl + flags[i].member) = true;
            ctl->names_set |= !strcmp(arg, "--names");
            return true;
        }
    }
    return false;
}

static void
run(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    const char *name = aux;
    struct ctl ctl;
    VEC(const char *) args = VEC_INITIALIZER;

    ctl_init(&ctl);
    ctl.is_appctl = true;
    vec_push(&args, name);
    for (int i = 1; i < argc; i++) {
        if (take_option(&ctl, argv[i])) {
            continue;
        }
        if (argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "-")) {
            ctl_fail(&ctl, 0, "unrecognized option '%s'", argv[i]);
        }
        vec_push(&args, argv[i]);
    }
    if (!ctl.failed) {
        ctl_run(&ctl, args.n, args.items);
    }
    if (ctl.failed) {
        str_put(&ctl.out, str_text(&ctl.errors));
        appctl_reply_error(conn, str_text(&ctl.out));
    } else {
        appctl_reply(conn, str_text(&ctl.out));
    }
    vec_uninit(&args);
    ctl_uninit(&ctl);
}

void
ctl_register_commands(void)
{
    for (size_t i = 0; i < ctl_n_commands(); i++) {
        const char *name, *usage;
        bool listed = ctl_command(i, &name, &usage);
        char *full = xasprintf("dpctl/%s", name);
        bool is_list = !strcmp(name, "list-commands");
        appctl_register(full,
                        is_list  ? ""
                        : listed ? usage
                                 : NULL,
                        0, APPCTL_ANY, run, (void *) name);
        free(full);
    }
}
