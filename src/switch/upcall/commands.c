/* Runtime commands "upcall/..." and "revalidator/...". */

#include "base/scan.h"
#include "rpc/appctl/appctl.h"
#include "switch/upcall/upcall_private.h"

#define FOR_EACH_UPCALL(u) LIST_FOR_EACH (u, node, &upcall_all)

static void
show(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc, (void) argv, (void) aux;
    struct str s = STR_INITIALIZER;
    const struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        upcall_format(u, &s);
    }
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

static void
set_flow_limit(struct appctl_conn *conn, int argc, const char *argv[],
               void *aux)
{
    (void) argc, (void) aux;
    uint32_t limit;
    if (!scan_u32(argv[1], 10, &limit)) {
        char *error = xasprintf("%s: flow limit is not a number", argv[1]);
        appctl_reply_error(conn, error);
        free(error);
        return;
    }
    struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        upcall_set_flow_limit(u, limit);
    }
    char *text = xasprintf("set flow_limit to %u\n", limit);
    appctl_reply(conn, text);
    free(text);
}

static void
set_megaflows(struct appctl_conn *conn, int argc, const char *argv[],
              void *enable)
{
    (void) argc, (void) argv;
    upcall_enable_megaflows(enable != NULL);
    struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        upcall_purge(u);
    }
    appctl_reply(conn, enable ? "megaflows enabled" : "megaflows disabled");
}

static void
set_ufid(struct appctl_conn *conn, int argc, const char *argv[], void *enable)
{
    (void) argc, (void) argv;
    upcall_ufids = enable != NULL;
    appctl_reply(conn, enable
                           ? "Datapath dumping tersely using UFID enabled for "
                             "supported datapaths"
                           : "Datapath dumping tersely using UFID disabled");
}

static void
wait_pass(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc, (void) argv, (void) aux;
    struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        upcall_revalidate_all(u);
        upcall_fold_stats(u);
    }
    appctl_reply(conn, NULL);
}

static void
purge(struct appctl_conn *conn, int argc, const char *argv[], void *aux)
{
    (void) argc, (void) argv, (void) aux;
    struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        upcall_purge(u);
    }
    appctl_reply(conn, NULL);
}

static void
set_pause(struct appctl_conn *conn, int argc, const char *argv[], void *pause)
{
    (void) argc, (void) argv;
    struct upcall *u;
    FOR_EACH_UPCALL(u)
    {
        if (pause) {
            upcall_pause(u);
        } else {
            upcall_resume(u);
        }
    }
    appctl_reply(conn, NULL);
}

void
upcall_register_commands(void)
{
    static int yes;
    appctl_register("upcall/show", "", 0, 0, show, NULL);
    appctl_register("upcall/set-flow-limit", "flow-limit-number", 1, 1,
                    set_flow_limit, NULL);
    appctl_register("upcall/disable-megaflows", "", 0, 0, set_megaflows, NULL);
    appctl_register("upcall/enable-megaflows", "", 0, 0, set_megaflows, &yes);
    appctl_register("upcall/disable-ufid", "", 0, 0, set_ufid, NULL);
    appctl_register("upcall/enable-ufid", "", 0, 0, set_ufid, &yes);
    appctl_register("revalidator/wait", "", 0, 0, wait_pass, NULL);
    appctl_register("revalidator/purge", "", 0, 0, purge, NULL);
    appctl_register("revalidator/pause", NULL, 0, 0, set_pause, &yes);
    appctl_register("revalidator/resume", NULL, 0, 0, set_pause, NULL);
}
