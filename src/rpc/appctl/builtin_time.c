/* "time/stop", "time/warp" and "exit". */

#include <stdlib.h>

#include "base/mem.h"
#include "base/scan.h"
#include "rpc/appctl/appctl_private.h"
#include "sys/clock/clock.h"

/* A warp under way: time moves in steps, and between them the loops run. */
struct warp {
    struct loop *loop;
    struct loop_task task;
    struct appctl_conn *conn; /* To answer at the end. */
    long long left_ms;        /* To move in all. */
    long long step_ms;        /* At once. */
};

enum {
    /* Real time that other threads get to see a new time. */
    SETTLE_MS = 10,
};

static void
time_stop(struct appctl_conn *conn, int argc UNUSED, const char *argv[] UNUSED,
          void *aux UNUSED)
{
    clock_stop();
    appctl_reply(conn, NULL);
}

static void
warp_step(void *warp_)
{
    struct warp *warp = warp_;
    loop_settle_others(warp->loop, SETTLE_MS);
    if (warp->left_ms > 0) {
        long long step = MIN(warp->step_ms, warp->left_ms);
        clock_warp(step);
        warp->left_ms -= step;
        loop_task_schedule(&warp->task);
    } else {
        appctl_reply(warp->conn, "warped");
        free(warp);
    }
}

static void
time_warp(struct appctl_conn *conn, int argc, const char *argv[], void *loop)
{
    int64_t total, step;
    bool ok = scan_i64(argv[1], 0, &total) && total > 0;
    if (ok && argc > 2) {
        ok = scan_i64(argv[2], 0, &step) && step > 0;
    } else {
        step = total;
    }
    if (!ok) {
        appctl_reply_error(conn, "invalid MSECS");
        return;
    }

    struct warp *warp = xzalloc(sizeof *warp);
    warp->loop = loop;
    warp->conn = conn;
    warp->left_ms = total;
    warp->step_ms = step;
    loop_task_init(loop, &warp->task, warp_step, warp);
    loop_task_schedule(&warp->task);
}

void
appctl_register_time(struct loop *loop, bool hidden)
{
    appctl_register("time/stop", hidden ? NULL : "", 0, 0, time_stop, NULL);
    appctl_register("time/warp", hidden ? NULL : "[large_msecs] msecs", 1, 2,
                    time_warp, loop);
}

struct exit_hook {
    loop_callback *exit;
    void *arg;
};

static void
exit_command(struct appctl_conn *conn, int argc UNUSED,
             const char *argv[] UNUSED, void *hook_)
{
    const struct exit_hook *hook = hook_;
    appctl_reply(conn, NULL);
    hook->exit(hook->arg);
}

void
appctl_register_exit(loop_callback *exit, void *arg)
{
    struct exit_hook *hook = xmalloc(sizeof *hook);
    *hook = (struct exit_hook){ exit, arg };
    appctl_register("exit", "", 0, 0, exit_command, hook);
}
